/* The key of a tenant's challenges: 32 random bytes in a sealed record that all nodes read, so that
 * each knows the challenges of the others, and a change of the master key makes none of them void.
 *
 *     kind "challenge", tenant issuer, id "key"      32 bytes */
#ifndef QUOTH_SERVICE_VAULT_CHALLENGE_KEY_H
#define QUOTH_SERVICE_VAULT_CHALLENGE_KEY_H

#include "keys/records.h"
#include "service/release/release_challenge.h"

/* Makes it where there is none yet. Blocks. */
bool challenge_key_load(struct store *store, const struct master_key *master, const char *issuer,
                        struct release_challenge_key *ret_key, struct quoth_error *err);

#endif
