#include "crypto/bignum.h"

#include "crypto/init.h"

#include <openssl/bn.h>

/* A SIGSTRUCT's two numbers, checked, and room to calculate. */
struct numbers {
    BN_CTX *ctx;
    BIGNUM *s, *m; /* signature, modulus */
    BIGNUM *a, *b, *c;
};

static void numbers_clear(struct numbers *n)
{
    BN_free(n->s);
    BN_free(n->m);
    BN_free(n->a);
    BN_free(n->b);
    BN_free(n->c);
    BN_CTX_free(n->ctx);
}
DEFINE_AUTO_VALUE(numbers, struct numbers, numbers_clear)

static bool no_memory(struct quoth_error *err)
{
    crypto_forget_errors();
    return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
}

static bool numbers_init(struct numbers *n, struct bytes signature, struct bytes modulus,
                         struct quoth_error *err)
{
    if (signature.len != SIGSTRUCT_NUMBER_SIZE || modulus.len != SIGSTRUCT_NUMBER_SIZE)
        return quoth_fail(err, QUOTH_MALFORMED, "signature", QUOTH_NO_OFFSET,
                          "signature and modulus have %zu and %zu bytes, expected %d",
                          signature.len, modulus.len, SIGSTRUCT_NUMBER_SIZE);
    n->ctx = BN_CTX_new();
    n->s = BN_lebin2bn(signature.data, SIGSTRUCT_NUMBER_SIZE, NULL);
    n->m = BN_lebin2bn(modulus.data, SIGSTRUCT_NUMBER_SIZE, NULL);
    n->a = BN_new();
    n->b = BN_new();
    n->c = BN_new();
    if (!n->ctx || !n->s || !n->m || !n->a || !n->b || !n->c)
        return no_memory(err);
    if (BN_num_bits(n->m) != 8 * SIGSTRUCT_NUMBER_SIZE || !BN_is_odd(n->m))
        return quoth_fail(err, QUOTH_MALFORMED, "modulus", QUOTH_NO_OFFSET,
                          "is not an odd number of 3072 bits");
    if (BN_cmp(n->s, n->m) >= 0)
        return quoth_fail(err, QUOTH_MALFORMED, "signature", QUOTH_NO_OFFSET,
                          "is not less than the modulus");
    return true;
}

bool sigstruct_q1_q2(struct bytes signature, struct bytes modulus,
                     uint8_t ret_q1[SIGSTRUCT_NUMBER_SIZE], uint8_t ret_q2[SIGSTRUCT_NUMBER_SIZE],
                     struct quoth_error *err)
{
    AUTO(numbers) struct numbers n = {0};
    if (!numbers_init(&n, signature, modulus, err))
        return false;
    /* S^2 = Q1 M + R, S R = Q2 M + (S^3 mod M); both quotients are less than S */
    BIGNUM *square = n.a, *rest = n.b, *q = n.c;
    if (BN_sqr(square, n.s, n.ctx) != 1 || BN_div(q, rest, square, n.m, n.ctx) != 1 ||
        BN_bn2lebinpad(q, ret_q1, SIGSTRUCT_NUMBER_SIZE) < 0 ||
        BN_mul(square, rest, n.s, n.ctx) != 1 || BN_div(q, NULL, square, n.m, n.ctx) != 1 ||
        BN_bn2lebinpad(q, ret_q2, SIGSTRUCT_NUMBER_SIZE) < 0)
        return no_memory(err);
    return true;
}

/* EMSA-PKCS1-v1_5 for 384 bytes, big-endian: 00 01 FF.. 00 DigestInfo. */
static void encode(const struct sha256 *digest, uint8_t em[SIGSTRUCT_NUMBER_SIZE])
{
    static const uint8_t info[] = {0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                   0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
    const size_t tail = sizeof info + sizeof digest->bytes;
    memset(em, 0xFF, SIGSTRUCT_NUMBER_SIZE);
    em[0] = 0x00;
    em[1] = 0x01;
    em[SIGSTRUCT_NUMBER_SIZE - tail - 1] = 0x00;
    bytes_copy(em + SIGSTRUCT_NUMBER_SIZE - tail, BYTES_OF(info));
    bytes_copy(em + SIGSTRUCT_NUMBER_SIZE - sizeof digest->bytes, BYTES_OF(digest->bytes));
}

bool sigstruct_signature_valid(struct bytes signature, struct bytes modulus,
                               const struct sha256 *digest)
{
    uint8_t expected[SIGSTRUCT_NUMBER_SIZE], found[SIGSTRUCT_NUMBER_SIZE];
    struct quoth_error err = {0};
    AUTO(numbers) struct numbers n = {0};
    encode(digest, expected);
    return numbers_init(&n, signature, modulus, &err) && BN_mod_sqr(n.a, n.s, n.m, n.ctx) == 1 &&
           BN_mod_mul(n.b, n.a, n.s, n.m, n.ctx) == 1 &&
           BN_bn2binpad(n.b, found, sizeof found) == (int)sizeof found &&
           bytes_equal(BYTES_OF(found), BYTES_OF(expected));
}
