/* The bound: the arithmetic that an attestation cannot do without, by the same libcrypto that Quoth
 * links with, in its cheapest form. Everything else is held against it. */
#ifndef QUOTH_BENCH_CRYPTO_H
#define QUOTH_BENCH_CRYPTO_H

#include "bench/stats.h"

/* Keys, signatures and contexts, for one thread. */
struct crypto;

struct crypto *crypto_open(void);
void crypto_close(struct crypto *c);

enum crypto_work {
    CRYPTO_V,        /* one P-256 verification, key and signature read already: the unit */
    CRYPTO_RS256,    /* RSA-2048 over 3 KB */
    CRYPTO_ES256,    /* P-256 over 3 KB */
    CRYPTO_VERIFY_1, /* what a known platform needs: a key from its point, hashes, 1 verification */
    CRYPTO_VERIFY_3, /* a new platform below known collateral: 3 of these */
    CRYPTO_VERIFY_9, /* everything below the root: 9 */
    CRYPTO_ATTEST,   /* CRYPTO_VERIFY_1 and CRYPTO_RS256: the least an attestation can cost */
    CRYPTO_RELEASE, /* the least that a release can cost: RSA-2048 and OAEP over a key of 32 bytes, one
                       RS256 signature, one RS256 verification */
    CRYPTO_WORKS
};

/* The work of this kind on c, which must outlive it. */
struct work crypto_work(struct crypto *c, enum crypto_work kind);

/* One CRYPTO_ATTEST. */
void crypto_attest(struct crypto *c);

/* A line on the processor and one on the library. */
void crypto_print_machine(void);

#endif
