/* The key that signs tokens: RSA-2048 for RS256, with the self-signed certificate that goes into
 * the key set, as Azure Attestation has it (maa.md 3). */
#ifndef QUOTH_KEYS_SIGNING_KEY_H
#define QUOTH_KEYS_SIGNING_KEY_H

#include "keys/keep.h"

#define KEY_FOR_TOKENS "token"

/* Makes a key of version 1. Subject and issuer of its certificate are CN=issuer, its serial is 1
 * (maa.md 3.2). Takes a while: RSA. */
bool signing_key_make(const char *issuer, int64_t now, int64_t signs_from, struct kept_key *ret_key,
                      struct quoth_error *err);

/* A key is shown from the moment it is made and signs later, so that nobody meets a token whose key
 * is not in the set that he has; and it is shown for as long as a token may live that it signed
 * just before the next one took over: eight hours, and one for clocks and for those who sign a
 * little longer. */
#define SIGNING_KEY_SHOWN_AFTER (9 * INT64_C(3600))

/* The key that signs at now: of those that are trusted and sign already, the latest. NULL when no key
 * is trusted. */
const struct kept_key *signing_key_active(const struct kept_keys *set, int64_t now);

/* Until when a key of the set is shown: INT64_MAX while no other follows it; 0 when it is distrusted.
 */
int64_t signing_key_shown_until(const struct kept_keys *set, const struct kept_key *k);

/* The next instant at which another key signs, or one is shown no more; INT64_MAX: none. */
int64_t signing_key_next_change(const struct kept_keys *set, int64_t now);

/* kid: base 64, padded, of SHA-256 over the PEM text of the public key and a NUL (maa.md 3.1). */
bool signing_key_id(const struct private_key *key, char ret_id[64], struct quoth_error *err);

#endif
