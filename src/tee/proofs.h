/* What was proven once and need not be proven again: signatures over bytes that do not change, and
 * the documents read from them (DESIGN decision 4).
 *
 * A proof is found again only by the very same bytes, in the same role, for the same TEE and the
 * same set of trust anchors, at an instant inside its window; whoever keeps one vouches that it
 * holds for every such request (THREATS 7). Each document has a proof of its own, so a refreshed
 * CRL voids nothing else. Revocation and times are judged anew for every request by the caller. */
#ifndef QUOTH_TEE_PROOFS_H
#define QUOTH_TEE_PROOFS_H

#include "crypto/digest.h"

struct proofs; /* serves one thread */

#define PROOFS_BYTES_DEFAULT (8u << 20)

/* Holds up to about max_bytes of keys and values; what was not used for longest goes first. */
bool proofs_open(size_t max_bytes, struct proofs **ret_proofs, struct quoth_error *err);
void proofs_close(struct proofs *p); /* accepts NULL */
DEFINE_AUTO(proofs, struct proofs *, proofs_close)

/* Begins a request: may drop old proofs. What find and keep give stays valid until the next. */
void proofs_begin(struct proofs *p);

#define PROOF_PARTS_MAX 6

struct proof_key {
    const char *role;           /* what the bytes were proven to be: "pck.chain" */
    unsigned tee;               /* of TRUST_FOR_ */
    const struct sha256 *trust; /* id of the set of anchors */
    struct bytes parts[PROOF_PARTS_MAX];
    size_t count;
};

/* The value kept for this key, or NULL. */
const void *proofs_find(struct proofs *p, const struct proof_key *key, int64_t at);

/* Keeps value, which is owned from here on, also on failure, and released with release. size is
 * what it occupies, roughly. from and until bound the instants, both included. False with
 * QUOTH_MEMORY. */
bool proofs_keep(struct proofs *p, const struct proof_key *key, int64_t from, int64_t until,
                 void *value, size_t size, void (*release)(void *), struct quoth_error *err);

size_t proofs_count(const struct proofs *p);

#endif
