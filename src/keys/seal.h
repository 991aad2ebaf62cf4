/* Sealing what the store keeps. A sealed text opens only with the same master key, in the same
 * place and for the same version: a row that is changed, moved to another issuer, exchanged with
 * another or given another version does not open (THREATS 21, 34). That an old row was put back
 * whole is not seen. */
#ifndef QUOTH_KEYS_SEAL_H
#define QUOTH_KEYS_SEAL_H

#include "keys/master.h"

struct seal_place {
    const char *use;    /* the table and purpose: "key.token", "setting" */
    const char *issuer; /* "" for what is not an issuer's */
    const char *id;
    int64_t version;
    struct bytes beside; /* what stands in clear beside it and must belong to it */
};

/* Appends. The key is derived from master, use and issuer (HKDF-SHA-256); AES-256-GCM with the
 * whole place as additional data. */
bool seal(const struct master_key *master, const struct seal_place *place, struct bytes plain,
          struct buffer *ret_sealed, struct quoth_error *err);

/* Appends. QUOTH_SEAL_BROKEN. */
bool unseal(const struct master_key *master, const struct seal_place *place, struct bytes sealed,
            struct buffer *ret_plain, struct quoth_error *err);

#endif
