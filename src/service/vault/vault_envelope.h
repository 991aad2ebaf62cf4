/* The body of a refusal on the vault's routes: Azure Key Vault's envelope, codes and sentences, which
 * clients look for (key-release.md 1.5), with what we know besides in "details" as service/run/envelope.h
 * has it:
 *
 *     {"error":{"code":"Conflict","message":"...","innererror":{"code":"ObjectIsDeletedButRecoverable"},
 *       "details":[...]}} */
#ifndef QUOTH_SERVICE_VAULT_ENVELOPE_H
#define QUOTH_SERVICE_VAULT_ENVELOPE_H

#include "http/server.h"

/* Fills body, content type, x-ms-error-code, and what every answer of the vault says. */
void vault_envelope_fill(const struct http_exchange *x, const struct quoth_error *error,
                         struct http_response *ret_response);

#endif
