/* Sealing what the store keeps. A sealed text opens only with a term of the same keyring, in the
 * same place and for the same version: a row that is changed, moved to another issuer, exchanged
 * with another or given another version does not open (THREATS 21, 34). That an old row was put back
 * whole is seen by keys/watermark.h.
 *
 *     offset  size  field
 *     0       4     "QREC"
 *     4       1     version of this form: 1
 *     5       4     term, big-endian
 *     9       16    salt, random
 *     25      12    nonce, random
 *     37      n     encrypted
 *     37+n    16    tag
 *
 * Every text has a key of its own: HKDF-SHA-256 of the term's key and the salt, with label, use and
 * issuer. AES-256-GCM's limit of 2^32 texts for random nonces is one for each key, so nobody counts
 * what is sealed, and replicas need not share out a number of invocations among them (THREATS 34);
 * how many texts one term may seal is bounded by collisions of 128-bit salts alone. The additional
 * data are the head (offsets 0 to 24) and the whole place. */
#ifndef QUOTH_KEYS_SEAL_H
#define QUOTH_KEYS_SEAL_H

#include "crypto/aead.h"
#include "keys/master.h"

#define SEAL_TERM_AT 5
#define SEAL_SALT_SIZE 16
#define SEAL_HEAD_SIZE 25
#define SEAL_OVERHEAD (SEAL_HEAD_SIZE + AEAD_OVERHEAD)

struct seal_place {
    const char *use;    /* the table and purpose: "key.token", "setting" */
    const char *issuer; /* "" for what is not an issuer's */
    const char *id;
    int64_t version;
    struct bytes beside; /* what stands in clear beside it and must belong to it */
};

/* Appends. */
bool seal(const struct master_key *master, const struct seal_place *place, struct bytes plain,
          struct buffer *ret_sealed, struct quoth_error *err);

/* The same under a term that is never replaced or dropped: for what leaves the store, such as a
 * backup, which nobody can seal anew. unseal opens it. */
bool seal_lasting(const struct master_key *master, const struct seal_place *place,
                  struct bytes plain, struct buffer *ret_sealed, struct quoth_error *err);

/* Appends. QUOTH_SEAL_BROKEN; QUOTH_SEAL_TERM when the keyring does not have its term: another node
 * may have added it (keys/slots.h, slots_reload). */
bool unseal(const struct master_key *master, const struct seal_place *place, struct bytes sealed,
            struct buffer *ret_plain, struct quoth_error *err);

/* The first SEAL_SALT_AT bytes of what a term has sealed. */
#define SEAL_SALT_AT 9
void seal_head(uint32_t term, uint8_t ret_head[SEAL_SALT_AT]);

#endif
