/* The claims of an attestation token as typed facts (maa.md 2.2, 2.3; DESIGN 11). */
#ifndef QUOTH_RELYING_FACTS_H
#define QUOTH_RELYING_FACTS_H

#include <quoth/relying.h>

#include "codec/json.h"

/* Fills everything of struct quoth_verified but what times say. QUOTH_TOKEN_CLAIM names a claim
 * that is missing, of another type or out of its bounds. ret_verified must be zeroed; after a
 * failure the caller clears it. */
bool facts_read(struct json claims, struct quoth_verified *ret_verified, struct quoth_error *err);

/* Reads one claim, typed: QUOTH_TOKEN_CLAIM otherwise. */
bool claim_int(struct json claims, const char *name, int64_t max, int64_t *ret_number,
               struct quoth_error *err);
bool claim_bool(struct json claims, const char *name, bool *ret_value, struct quoth_error *err);
bool claim_text(struct json claims, const char *name, char *ret_text, size_t size,
                struct quoth_error *err); /* at most size - 1 bytes, and no escapes */

#endif
