/* Trust anchors. The vendors' roots are built in; every other root is named by the operator, who
 * says what it stands for (THREATS 5, 6; DESIGN decision 1). */
#ifndef QUOTH_TEE_TRUST_H
#define QUOTH_TEE_TRUST_H

#include "base/bytes.h"
#include "crypto/cert.h"
#include "crypto/digest.h"
#include "crypto/p256.h"

enum trust_class { TRUST_BUILT_IN, TRUST_HARDWARE, TRUST_SIMULATED };

const char *trust_class_name(enum trust_class class); /* "built-in", "hardware", "simulated" */

/* What an anchor may vouch for. */
enum { TRUST_FOR_SGX = 1 << 0, TRUST_FOR_TDX = 1 << 1 };
#define TRUST_FOR_ALL (TRUST_FOR_SGX | TRUST_FOR_TDX)

struct trust_anchor {
    enum trust_class class;
    unsigned tees;                  /* of TRUST_FOR_ */
    struct sha256 fingerprint;      /* of the whole DER certificate */
    uint8_t point[P256_POINT_SIZE]; /* its key, 04 || X || Y */
};

#define TRUST_ANCHORS_MAX 16

/* A plain value. A zeroed struct trusts nothing. */
struct trust {
    struct trust_anchor anchors[TRUST_ANCHORS_MAX];
    size_t count;
    struct sha256 id; /* of the whole set: keys cached proofs (THREATS 7) */
};

/* Trusts the vendors' roots and nothing else: the Intel SGX Root CA, whose key signs everything
 * that DCAP verifies. */
void trust_init_built_in(struct trust *ret_trust);

/* Whether a root says itself, in its subject, that it is a simulator's (DESIGN decision 2). */
bool trust_is_marked(const struct cert *root);

/* Adds a root that the operator names: a self-signed CA certificate of the vendors' profile, DER.
 * QUOTH_TRUST_ROOT if it is not one; QUOTH_TRUST_MARKED if it says that it is a simulator's and is
 * named as another class; QUOTH_TRUST_MIXED if the set would then trust simulated roots beside
 * others (THREATS 5). Adding the same root again changes nothing. */
bool trust_add(struct trust *trust, enum trust_class class, unsigned tees, struct bytes der,
               struct quoth_error *err);

/* The anchor with this key that may vouch for tee, or NULL. Roots are compared by key: Intel has
 * issued several certificates for the one root key (dcap.md 2.1). */
const struct trust_anchor *trust_find(const struct trust *trust, unsigned tee, struct bytes point);

#endif
