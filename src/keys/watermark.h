/* What the store must hold, in one number: the sum, modulo 2^256, of a keyed hash of kind, tenant, id
 * and newest version of every sealed record that decides anything. It is a sealed record itself,
 * whose version grows with every put and which changes in the same transaction. A newest row that was
 * deleted, or taken back so that an older one is the newest again, gives another sum (THREATS 21).
 * A store that was put back whole has the sum of its day: that is seen by a process that was running
 * meanwhile, by a counter (service/state/rollback.h), and by what the service has signed of its version
 * (service/state/rollback_checkpoint.h). */
#ifndef QUOTH_KEYS_WATERMARK_H
#define QUOTH_KEYS_WATERMARK_H

#include "keys/keyring.h"
#include "store/store.h"

#define KIND_WATERMARK "watermark" /* kind and id */
#define WATERMARK_KEPT 16          /* older ones, for a check while others write */

/* Not counted are marks and clock, which are put all the time and whose going back is tolerated, and
 * the keyring with its slots, whose versions are bound elsewhere. */
bool watermark_counts(const char *kind);

struct watermark_change { /* context of the tally of a put */
    const struct master_key *master;
    const struct store_put *puts;
    size_t count;
    int64_t version; /* that it got */
};

/* store_also.tally. QUOTH_STORE_ROLLED_BACK when the store has an older watermark than this process
 * has seen. */
bool watermark_tally(void *change, const int64_t *newest, int64_t version, struct bytes there,
                     struct buffer *ret_value, struct quoth_error *err);

/* Compares with what the store holds: QUOTH_STORE_ROLLED_BACK, which names the record if one alone
 * was put back by a few versions. *ret_version is that of the watermark; 0: nothing was ever put. */
bool watermark_check(struct store *store, const struct master_key *master, int64_t *ret_version,
                     struct quoth_error *err);

/* The version in the store at this moment, without adding up. QUOTH_STORE_ROLLED_BACK when this
 * process has seen a later one. */
bool watermark_version(struct store *store, const struct master_key *master, int64_t *ret_version,
                       struct quoth_error *err);

#endif
