/* What keeps time and collateral from going back, as sealed records that several processes raise
 * together: high-water marks (THREATS 9) and instants (THREATS 11). They do not move
 * the revision of the store: each is read when it is needed. All calls block. */
#ifndef QUOTH_KEYS_MARKS_H
#define QUOTH_KEYS_MARKS_H

#include "collateral/marks.h"
#include "keys/records.h"

#define KIND_MARK "mark"
#define KIND_CLOCK "clock"

struct sealed_marks { /* a plain value; both are borrowed */
    struct store *store;
    const struct master_key *master;
    bool may_sink;          /* a mark is kept as given; else as the newest that anybody has given */
    int64_t (*clock)(void); /* for recoveries; NULL: none are noted */
};

/* m is borrowed. */
struct collateral_marks sealed_marks(struct sealed_marks *m);

/* A TCB recovery: the vendor has raised the number of its TCB information. What was attested by an
 * older number before that was seen says less than it did (THREATS 31). */
struct recovery {
    uint32_t evaluation_number; /* the greatest that was seen */
    int64_t since;              /* when a document was last seen to have a greater one; 0: never */
};

/* tee: "sgx", "tdx". Noted with the mark of a "tcb_info" that grows. Zeroed when there was none. */
bool recovery_load(struct store *store, const struct master_key *master, const struct sha256 *root,
                   const char *tee, struct recovery *ret_recovery, struct quoth_error *err);

#define INSTANT_LATEST "latest" /* that a clock has shown */
#define INSTANT_WITNESSED                                                                          \
    "witnessed" /* until which time was seen to go by (service/state/clock.h) */

/* which: one of these. 0 when none was kept. */
bool instant_load(struct store *store, const struct master_key *master, const char *which,
                  int64_t *ret_instant, struct quoth_error *err);

/* Keeps it unless a later one is kept already; with may_sink in any case. */
bool instant_keep(struct store *store, const struct master_key *master, const char *which,
                  int64_t instant, bool may_sink, struct quoth_error *err);

#endif
