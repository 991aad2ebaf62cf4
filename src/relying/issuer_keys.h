/* The signing keys of one issuer, from its metadata over verified TLS, kept for an hour at most. */
#ifndef QUOTH_RELYING_ISSUER_KEYS_H
#define QUOTH_RELYING_ISSUER_KEYS_H

#include "token/token.h"

struct issuer_keys; /* opaque; one thread at a time */

/* ca_file as in struct tls_client_options; timeout_ms is that of each request. */
bool issuer_keys_open(const char *issuer, const char *ca_file, unsigned timeout_ms,
                      struct issuer_keys **ret_keys, struct quoth_error *err);

/* The set in a file, for good. */
bool issuer_keys_open_file(const char *issuer, const char *path, struct issuer_keys **ret_keys,
                           struct quoth_error *err);
void issuer_keys_close(struct issuer_keys *k); /* accepts NULL */
DEFINE_AUTO(issuer_keys, struct issuer_keys *, issuer_keys_close)

/* Finds a key by its kid, fetching the set if there is none yet, if it is an hour old, or, once a
 * minute, if the kid is unknown: whoever sends us tokens must not decide how often we call.
 * QUOTH_TOKEN_KEY_UNKNOWN, or what went wrong on the way to the set. */
bool issuer_keys_find(struct issuer_keys *k, const char *kid, const struct public_key **ret_key,
                      struct quoth_error *err);

#endif
