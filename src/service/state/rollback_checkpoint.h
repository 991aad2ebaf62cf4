/* Finding a store that was put back whole while nobody ran, by a checkpoint that the service has
 * signed before (GET /audit/checkpoint) and that is kept where whoever puts the store back cannot
 * reach: it says how far the store had come (THREATS 21). What was written since is not protected,
 * and neither is a store that has grown past it after it was put back. Blocks: store and file. */
#ifndef QUOTH_SERVICE_ROLLBACK_CHECKPOINT_H
#define QUOTH_SERVICE_ROLLBACK_CHECKPOINT_H

#include "service/state/state.h"

/* True if the checkpoint at path is of a tenant in state, signed by a key for tokens that the store
 * still keeps of it and that is not distrusted, and the store has come as far. Puts nothing.
 * QUOTH_STORE_ROLLED_BACK; QUOTH_TOKEN_ISSUER; QUOTH_TOKEN_KEY_UNKNOWN, also when the store was put
 * back to before that key was made; QUOTH_TOKEN_SIGNATURE; else as rollback_checkpoint_examine. */
bool rollback_checkpoint_check(const char *path, const struct state *state,
                               const struct master_key *master, struct quoth_error *err);

/* Whether a checkpoint can be read at path, whoever has signed it. QUOTH_IO, QUOTH_TOO_LARGE,
 * QUOTH_TOKEN_MALFORMED; QUOTH_AUDIT_CHECKPOINT, also for one of an older build, which does not say
 * how far the store had come. */
bool rollback_checkpoint_examine(const char *path, struct quoth_error *err);

#endif
