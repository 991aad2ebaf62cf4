/* What keeps time and collateral from going back, as sealed records that several processes raise
 * together: high-water marks (THREATS 9) and the latest instant seen (THREATS 11). They do not move
 * the revision of the store: each is read when it is needed. All calls block. */
#ifndef QUOTH_KEYS_MARKS_H
#define QUOTH_KEYS_MARKS_H

#include "collateral/marks.h"
#include "keys/records.h"

struct sealed_marks { /* a plain value; both are borrowed */
    struct store *store;
    const struct master_key *master;
    bool may_sink; /* a mark is kept as given; else as the newest that anybody has given */
};

/* m is borrowed. */
struct collateral_marks sealed_marks(struct sealed_marks *m);

/* 0 when none was kept. */
bool instant_load(struct store *store, const struct master_key *master, int64_t *ret_instant,
                  struct quoth_error *err);

/* Keeps it unless a later one is kept already; with may_sink in any case. */
bool instant_keep(struct store *store, const struct master_key *master, int64_t instant,
                  bool may_sink, struct quoth_error *err);

#endif
