#include "crypto/bignum.h"

#include "crypto/key.h"
#include "tests/unit.h"

/* A signature over text by a fresh SIGSTRUCT key, in SIGSTRUCT's byte order. */
struct signed_text {
    uint8_t signature[SIGSTRUCT_NUMBER_SIZE], modulus[SIGSTRUCT_NUMBER_SIZE];
    struct sha256 digest;
};

static void reversed(struct bytes in, uint8_t out[SIGSTRUCT_NUMBER_SIZE])
{
    assert_int_equal(in.len, SIGSTRUCT_NUMBER_SIZE);
    for (size_t i = 0; i < in.len; i++)
        out[i] = in.data[in.len - 1 - i];
}

static int sign(void **state)
{
    static struct signed_text s;
    struct quoth_error err = {0};
    AUTO(private_key) struct private_key *key = NULL;
    AUTO(public_key) struct public_key *public = NULL;
    AUTO(buffer) struct buffer n = {0}, e = {0}, signature = {0};
    s.digest = sha256_of(BYTES_LITERAL("text"));
    if (!private_key_generate(KEY_TYPE_RSA_3072_E3, &key, &err) ||
        !private_key_public(key, &public, &err) || !public_key_to_rsa(public, &n, &e, &err) ||
        !private_key_sign_digest(key, &s.digest, &signature, &err))
        return 1;
    reversed(buffer_bytes(&n), s.modulus);
    reversed(buffer_bytes(&signature), s.signature);
    *state = &s;
    return 0;
}

static bool valid(const struct signed_text *s)
{
    return sigstruct_signature_valid(BYTES_OF(s->signature), BYTES_OF(s->modulus), &s->digest);
}

static void a_signature_is_its_cube(void **state)
{
    struct signed_text s = *(struct signed_text *)*state;
    assert_true(valid(&s));
    for (size_t bit = 0; bit < 8 * SIGSTRUCT_NUMBER_SIZE; bit += 7) {
        s.signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(valid(&s));
        s.signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
        s.modulus[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(valid(&s));
        s.modulus[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    s.digest.bytes[0] ^= 1;
    assert_false(valid(&s));
}

/* Padding is compared whole: a cube that only begins and ends like one is not a signature. With
 * exponent 3 such cubes are easy to make (Bleichenbacher's forgery of 2006). */
static void a_perfect_cube_is_no_signature(void **state)
{
    struct signed_text s = *(struct signed_text *)*state;
    memset(s.signature, 0, sizeof s.signature);
    assert_false(valid(&s));
    s.signature[0] = 1;
    assert_false(valid(&s));
    memset(s.signature, 0xFF, 127); /* its cube is below the modulus */
    assert_false(valid(&s));
}

static void multiply_add(uint8_t *product, const uint8_t *a, const uint8_t *b)
{
    for (size_t i = 0; i < SIGSTRUCT_NUMBER_SIZE; i++) {
        unsigned carry = 0;
        for (size_t j = 0; j < SIGSTRUCT_NUMBER_SIZE || carry; j++) {
            carry += product[i + j] + (j < SIGSTRUCT_NUMBER_SIZE ? a[i] * (unsigned)b[j] : 0);
            product[i + j] = (uint8_t)carry;
            carry >>= 8;
        }
    }
}

static bool less(const uint8_t *a, const uint8_t *b)
{
    for (size_t i = SIGSTRUCT_NUMBER_SIZE; i-- > 0;)
        if (a[i] != b[i])
            return a[i] < b[i];
    return false;
}

/* x * S - q * M, which is what remains and must be less than M. */
static void remainder_of(const uint8_t *x, const struct signed_text *s, const uint8_t *q,
                         uint8_t rest[SIGSTRUCT_NUMBER_SIZE])
{
    uint8_t whole[2 * SIGSTRUCT_NUMBER_SIZE + 1] = {0}, part[2 * SIGSTRUCT_NUMBER_SIZE + 1] = {0};
    int borrow = 0;
    multiply_add(whole, x, s->signature);
    multiply_add(part, q, s->modulus);
    for (size_t i = 0; i < sizeof whole; i++) {
        const int digit = whole[i] - part[i] - borrow;
        borrow = digit < 0;
        whole[i] = (uint8_t)digit;
    }
    assert_int_equal(borrow, 0);
    assert_true(
        bytes_all_zero((struct bytes){whole + SIGSTRUCT_NUMBER_SIZE, SIGSTRUCT_NUMBER_SIZE + 1}));
    memcpy(rest, whole, SIGSTRUCT_NUMBER_SIZE);
    assert_true(less(rest, s->modulus));
}

/* By schoolbook: S S = Q1 M + R and R S = Q2 M + EM. */
static void quotients_leave_the_encoded_digest(void **state)
{
    const struct signed_text *s = *state;
    struct quoth_error err = {0};
    uint8_t q1[SIGSTRUCT_NUMBER_SIZE], q2[SIGSTRUCT_NUMBER_SIZE];
    uint8_t rest[SIGSTRUCT_NUMBER_SIZE], em[SIGSTRUCT_NUMBER_SIZE];
    assert_true(sigstruct_q1_q2(BYTES_OF(s->signature), BYTES_OF(s->modulus), q1, q2, &err));
    remainder_of(s->signature, s, q1, rest);
    remainder_of(rest, s, q2, em);
    for (size_t i = 0; i < sizeof s->digest.bytes; i++)
        assert_int_equal(em[i], s->digest.bytes[31 - i]);
    assert_int_equal(em[SIGSTRUCT_NUMBER_SIZE - 1], 0);
    assert_int_equal(em[SIGSTRUCT_NUMBER_SIZE - 2], 1);
}

static void bad_numbers_are_refused(void **state)
{
    const struct signed_text *s = *state;
    uint8_t even[SIGSTRUCT_NUMBER_SIZE], small[SIGSTRUCT_NUMBER_SIZE];
    memcpy(even, s->modulus, sizeof even);
    memcpy(small, s->modulus, sizeof small);
    even[0] &= 0xFE;
    small[SIGSTRUCT_NUMBER_SIZE - 1] = 0;
    const struct {
        const char *name;
        struct bytes signature, modulus;
    } rows[] = {
        {"signature too short",             bytes_slice(BYTES_OF(s->signature), 0,                                   383), BYTES_OF(s->modulus)},
        {"modulus too short",             BYTES_OF(s->signature),                                               bytes_slice(BYTES_OF(s->modulus),                                                                0, 383)},
        {"signature is the modulus", BYTES_OF(s->modulus),BYTES_OF(s->modulus)},
        {"even modulus",        BYTES_OF(s->signature),                      BYTES_OF(even)                                                 },
        {"modulus of 3064 bits",                    BYTES_OF(s->signature),                         BYTES_OF(small)                        },
        {"nothing",            {0},     {0}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0};
        uint8_t q1[SIGSTRUCT_NUMBER_SIZE], q2[SIGSTRUCT_NUMBER_SIZE];
        print_message("  %s\n", rows[i].name);
        assert_false(sigstruct_q1_q2(rows[i].signature, rows[i].modulus, q1, q2, &err));
        assert_int_equal(err.code, QUOTH_MALFORMED);
        assert_false(sigstruct_signature_valid(rows[i].signature, rows[i].modulus, &s->digest));
    }
}

/* The genuine SIGSTRUCTs: offsets of attester.md 1.1. */
static void genuine_sigstructs_agree(void **state)
{
    (void)state;
    static const char *const files[] = {"sgx-identity/le_prod_css.bin",
                                        "sgx-identity/sig1.sigstruct.bin",
                                        "sgx-identity/test_enclave.sig"};
    for (size_t i = 0; i < COUNT(files); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer data = {0};
        uint8_t q1[SIGSTRUCT_NUMBER_SIZE], q2[SIGSTRUCT_NUMBER_SIZE];
        const struct bytes all = unit_vector(files[i], &data);
        const struct bytes modulus = bytes_slice(all, 128, 384), sig = bytes_slice(all, 516, 384);
        const struct bytes parts[] = {bytes_slice(all, 0, 128), bytes_slice(all, 900, 128)};
        const struct sha256 digest = sha256_of_parts(parts, 2);
        print_message("  %s\n", files[i]);
        assert_int_equal(all.len, 1808);
        assert_true(sigstruct_signature_valid(sig, modulus, &digest));
        assert_true(sigstruct_q1_q2(sig, modulus, q1, q2, &err));
        assert_true(bytes_equal(BYTES_OF(q1), bytes_slice(all, 1040, 384)));
        assert_true(bytes_equal(BYTES_OF(q2), bytes_slice(all, 1424, 384)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_is_its_cube),
        cmocka_unit_test(a_perfect_cube_is_no_signature),
        cmocka_unit_test(quotients_leave_the_encoded_digest),
        cmocka_unit_test(bad_numbers_are_refused),
        cmocka_unit_test(genuine_sigstructs_agree),
    };
    return cmocka_run_group_tests(tests, sign, NULL);
}
