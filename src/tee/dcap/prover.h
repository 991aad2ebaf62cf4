/* One verification at work: what it may take as proven, what it proves, and the keys it made on the
 * way. Proofs that hold for anybody go to the shared cache; what is proven below a root that nobody
 * trusts, or outside its window, stays with this run and dies with it. */
#ifndef QUOTH_TEE_DCAP_PROVER_H
#define QUOTH_TEE_DCAP_PROVER_H

#include "crypto/p256.h"
#include "tee/tee.h"

#define PROVER_KEYS_MAX 8

struct prover {
    struct proofs *shared; /* or NULL */
    struct proofs *own;    /* opened when first needed */
    bool untrusted;        /* set once the evidence's root turns out to be nobody's anchor */
    unsigned tee;          /* of TRUST_FOR_ */
    const struct trust *trust;
    int64_t at;
    int64_t grace; /* for nextUpdate of lists and documents, within its maximum */
    struct p256_public *keys[PROVER_KEYS_MAX];
    size_t key_count;
};

/* Begins a request on the shared cache. The input must outlive the prover. */
void prover_init(struct prover *p, const struct tee_input *in, unsigned tee);
void prover_clear(struct prover *p);
DEFINE_AUTO_VALUE(prover, struct prover, prover_clear)

/* The key of a point that a certificate or quote holds, made once. NULL with QUOTH_KEY_MALFORMED.
 */
const struct p256_public *prover_key(struct prover *p, struct bytes point, struct quoth_error *err);

/* A key for proofs of this role over these parts. */
struct proof_key prover_proof(const struct prover *p, const char *role, const struct bytes *parts,
                              size_t count);

const void *prover_find(struct prover *p, const struct proof_key *key);

/* As proofs_keep. The value stays valid while the prover is in use. */
bool prover_keep(struct prover *p, const struct proof_key *key, int64_t from, int64_t until,
                 void *value, size_t size, void (*release)(void *), struct quoth_error *err);

#endif
