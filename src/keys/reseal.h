/* Sealing anew, under the latest term, what older terms have sealed. Each value is replaced in its
 * place and version, if it is still the one that was read: nobody notices, and it may be done while
 * all nodes serve, by several at once, and be broken off at any moment. */
#ifndef QUOTH_KEYS_RESEAL_H
#define QUOTH_KEYS_RESEAL_H

#include "keys/records.h"

#define RESEAL_AT_ONCE 64u

struct reseal { /* how far it has come; begins as zeros. Whoever begins again misses nothing */
    char kind[STORE_KIND_MAX + 1], tenant[STORE_TENANT_MAX + 1], id[STORE_ID_MAX + 1];
    int64_t version;
    uint64_t resealed, broken; /* records since the beginning; broken ones do not open */
};

/* Whether there are older terms, in memory. */
bool reseal_is_due(const struct master_key *master);

/* The next RESEAL_AT_ONCE records. At the end *ret_end is true: then the terms that nothing is
 * sealed under any more were dropped, and it begins again. Blocks. */
bool reseal_step(struct store *store, const struct master_key *master, struct reseal *r,
                 bool *ret_end, struct quoth_error *err);

#endif
