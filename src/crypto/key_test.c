#include "crypto/key.h"

#include "tests/key_vectors.h"
#include "tests/unit.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#define RS256_INPUT RFC7515_RS256_HEADER "." RFC7515_PAYLOAD
#define ES256_INPUT RFC7515_ES256_HEADER "." RFC7515_PAYLOAD

static struct private_key *key_of(const char *pem)
{
    struct quoth_error err = {0};
    struct private_key *key = NULL;
    if (!private_key_from_pem(bytes_of_text(pem), &key, &err))
        fail_msg("%s", err.message);
    return key;
}

static struct public_key *public_of(const struct private_key *key)
{
    struct quoth_error err = {0};
    struct public_key *public = NULL;
    if (!private_key_public(key, &public, &err))
        fail_msg("%s", err.message);
    return public;
}

static void rs256_signs_as_rfc_7515_does(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(private_key) struct private_key *key = key_of(rfc7515_rsa_pem);
    AUTO(buffer) struct buffer signature = {0}, expected = {0};
    const struct bytes parts[] = {BYTES_LITERAL(RFC7515_RS256_HEADER), BYTES_LITERAL("."),
                                  BYTES_LITERAL(RFC7515_PAYLOAD)};
    assert_int_equal(private_key_kind(key), KEY_KIND_RSA);
    assert_int_equal(private_key_bits(key), 2048);
    assert_true(private_key_sign_rs256(key, parts, COUNT(parts), &signature, &err));
    assert_true(
        bytes_equal(buffer_bytes(&signature), unit_hex(rfc7515_rs256_signature, &expected)));
}

/* The parts join: the same text in one piece, by a duplicate, gives the same signature. */
static void a_duplicate_signs_alike(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(private_key) struct private_key *key = key_of(rfc7515_rsa_pem);
    AUTO(private_key) struct private_key *dup = NULL;
    AUTO(buffer) struct buffer signature = {0}, expected = {0};
    assert_true(private_key_dup(key, &dup, &err));
    private_key_free(take(key));
    const struct sha256 digest = sha256_of(BYTES_LITERAL(RS256_INPUT));
    buffer_u8(&signature, 7); /* what was there stays */
    assert_true(private_key_sign_digest(dup, &digest, &signature, &err));
    assert_int_equal(signature.data[0], 7);
    assert_true(bytes_equal(bytes_slice(buffer_bytes(&signature), 1, 256),
                            unit_hex(rfc7515_rs256_signature, &expected)));
}

static void es256_makes_r_and_s(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(private_key) struct private_key *key = key_of(rfc7515_ec_pem);
    AUTO(public_key) struct public_key *public = public_of(key);
    const struct bytes text = BYTES_LITERAL(ES256_INPUT), other = BYTES_LITERAL("other");
    for (int i = 0; i < 600; i++) { /* one in 256 has a short r or s */
        AUTO(buffer) struct buffer signature = {0};
        assert_true(private_key_sign_es256(key, &text, 1, &signature, &err));
        assert_int_equal(signature.len, 64);
        assert_true(public_key_verify_es256(public, &text, 1, buffer_bytes(&signature)));
        assert_false(public_key_verify_es256(public, &other, 1, buffer_bytes(&signature)));
    }
}

static void a_key_signs_in_its_own_algorithm_only(void **state)
{
    (void)state;
    AUTO(private_key) struct private_key *rsa = key_of(rfc7515_rsa_pem);
    AUTO(private_key) struct private_key *ec = key_of(rfc7515_ec_pem);
    AUTO(buffer) struct buffer signature = {0};
    const struct bytes text = BYTES_LITERAL("x");
    struct quoth_error err = {0};
    assert_false(private_key_sign_es256(rsa, &text, 1, &signature, &err));
    assert_int_equal(err.code, QUOTH_INTERNAL);
    err = (struct quoth_error){0};
    assert_false(private_key_sign_rs256(ec, &text, 1, &signature, &err));
    assert_int_equal(err.code, QUOTH_INTERNAL);
    assert_int_equal(signature.len, 0);
}

static const struct {
    const char *name;
    enum key_type type;
    enum key_kind kind;
    unsigned bits;
} types[] = {
    {"P-256",            KEY_TYPE_P256,        KEY_KIND_P256, 256 },
    {"RSA-2048",         KEY_TYPE_RSA_2048,    KEY_KIND_RSA,  2048},
    {"RSA-3072, e is 3", KEY_TYPE_RSA_3072_E3, KEY_KIND_RSA,  3072},
};

/* Out as PEM and DER and in again: the same key. */
static void made_keys_survive_writing_and_reading(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        struct quoth_error err = {0};
        AUTO(private_key) struct private_key *key = NULL, *from_pem = NULL, *from_der = NULL;
        AUTO(buffer) struct buffer pem = {0}, der = {0};
        print_message("  %s\n", types[i].name);
        assert_true(private_key_generate(types[i].type, &key, &err));
        assert_int_equal(private_key_kind(key), types[i].kind);
        assert_int_equal(private_key_bits(key), types[i].bits);
        assert_true(private_key_to_pem(key, &pem, &err));
        assert_true(private_key_to_der(key, &der, &err));
        assert_true(private_key_from_pem(buffer_bytes(&pem), &from_pem, &err));
        assert_true(private_key_from_der(buffer_bytes(&der), &from_der, &err));
        AUTO(public_key)
        struct public_key *a = public_of(key), *b = public_of(from_pem), *c = public_of(from_der);
        assert_true(public_key_equal(a, b) && public_key_equal(a, c));
    }
}

/* openssl genrsa -3 3072 gives this; its public half cannot enter as a token's key. */
static void a_sigstruct_key_stays_one(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(private_key) struct private_key *key = NULL;
    AUTO(buffer) struct buffer pem = {0}, n = {0}, e = {0};
    uint8_t modulus[SIGSTRUCT_KEY_SIZE];
    assert_true(private_key_generate(KEY_TYPE_RSA_3072_E3, &key, &err));
    AUTO(public_key) struct public_key *public = public_of(key);
    assert_true(public_key_to_pem(public, &pem, &err));
    assert_true(public_key_to_rsa(public, &n, &e, &err));
    assert_true(bytes_equal(buffer_bytes(&e), BYTES_LITERAL("\x03")));
    assert_true(sigstruct_modulus_from_pem(buffer_bytes(&pem), modulus, &err));
    for (size_t i = 0; i < sizeof modulus; i++)
        assert_int_equal(modulus[i], n.data[sizeof modulus - 1 - i]);
    struct public_key *none = NULL;
    assert_false(public_key_from_pem(buffer_bytes(&pem), &none, &err));
    assert_int_equal(err.code, QUOTH_KEY_UNSUPPORTED);
}

static char *pem_of(EVP_PKEY *pkey, bool traditional, const char *password, struct buffer *ret)
{
    struct quoth_error err = {0};
    BIO *out = BIO_new(BIO_s_mem());
    char *text = NULL;
    char secret[8] = "secret";
    assert_non_null(pkey);
    if (traditional)
        PEM_write_bio_PrivateKey_traditional(out, pkey, NULL, NULL, 0, NULL, NULL);
    else
        PEM_write_bio_PKCS8PrivateKey(out, pkey, password ? EVP_aes_256_cbc() : NULL,
                                      password ? secret : NULL, password ? 6 : 0, NULL, NULL);
    const long len = BIO_get_mem_data(out, &text);
    buffer_clear(ret);
    buffer_add(ret, (struct bytes){(const uint8_t *)text, (size_t)len});
    BIO_free(out);
    EVP_PKEY_free(pkey);
    char *copy = buffer_take_text(ret, &err);
    assert_non_null(copy);
    return copy;
}

static EVP_PKEY *rsa_with(int bits, unsigned long e)
{
    EVP_PKEY *pkey = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    BIGNUM *exponent = BN_new();
    BN_set_word(exponent, e);
    EVP_PKEY_keygen_init(ctx);
    EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, bits);
    EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, exponent);
    EVP_PKEY_keygen(ctx, &pkey);
    BN_free(exponent);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

static EVP_PKEY *p256_explicit(void)
{
    EVP_PKEY *pkey = EVP_EC_gen("P-256");
    EVP_PKEY_set_utf8_string_param(pkey, "encoding", "explicit");
    return pkey;
}

static void expect_refusal(const char *name, char *pem, enum quoth_code code)
{
    struct quoth_error err = {0};
    struct private_key *key = NULL;
    AUTO(text) char *owned = pem;
    const bool ok = private_key_from_pem(bytes_of_text(owned), &key, &err);
    print_message("  %s: %s\n", name, err.message);
    assert_false(ok);
    assert_int_equal(err.code, code);
    assert_null(key);
}

static void other_private_keys_are_refused(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer b = {0};
    const enum quoth_code unsupported = QUOTH_KEY_UNSUPPORTED, malformed = QUOTH_KEY_MALFORMED;
    expect_refusal("RSA-1024", pem_of(rsa_with(1024, 65537), false, NULL, &b), unsupported);
    expect_refusal("RSA-1024, PKCS #1", pem_of(rsa_with(1024, 65537), true, NULL, &b), unsupported);
    expect_refusal("RSA-2048, e is 3", pem_of(rsa_with(2048, 3), false, NULL, &b), unsupported);
    expect_refusal("RSA-2048, e is 17", pem_of(rsa_with(2048, 17), false, NULL, &b), unsupported);
    expect_refusal("RSA-3072, e is 5", pem_of(rsa_with(3072, 5), false, NULL, &b), unsupported);
    expect_refusal("P-384", pem_of(EVP_EC_gen("P-384"), false, NULL, &b), unsupported);
    expect_refusal("secp256k1", pem_of(EVP_EC_gen("secp256k1"), true, NULL, &b), unsupported);
    expect_refusal("P-256, explicit", pem_of(p256_explicit(), false, NULL, &b), unsupported);
    expect_refusal("Ed25519", pem_of(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), false, NULL, &b),
                   unsupported);
    expect_refusal("X25519", pem_of(EVP_PKEY_Q_keygen(NULL, NULL, "X25519"), false, NULL, &b),
                   unsupported);
    expect_refusal("encrypted", pem_of(EVP_EC_gen("P-256"), false, "secret", &b), unsupported);
    expect_refusal("nothing", strdup(""), malformed);
    expect_refusal("a public key", strdup("-----BEGIN PUBLIC KEY-----\nMA==\n"), malformed);
    expect_refusal("half a key", strndup(rfc7515_rsa_pem, 900), malformed);
}

/* The private half of RFC 7515 A.3 beside the public half of RFC 6979 A.2.5. */
static void halves_of_two_keys_are_refused(void **state)
{
    (void)state;
    expect_refusal("two halves",
                   strdup("-----BEGIN EC PRIVATE KEY-----\n"
                          "MHcCAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49\n"
                          "AwEHoUQDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Z5A/4QCLi8\n"
                          "maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==\n"
                          "-----END EC PRIVATE KEY-----\n"),
                   QUOTH_KEY_MALFORMED);
}

static void der_is_one_whole_pkcs8_key(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(private_key) struct private_key *key = key_of(rfc7515_ec_pem);
    AUTO(buffer) struct buffer der = {0};
    struct private_key *none = NULL;
    assert_true(private_key_to_der(key, &der, &err));
    const struct bytes whole = buffer_bytes(&der);
    for (size_t len = 0; len < whole.len; len++) {
        err = (struct quoth_error){0};
        assert_false(private_key_from_der((struct bytes){whole.data, len}, &none, &err));
        assert_int_equal(err.code, QUOTH_KEY_MALFORMED);
    }
    err = (struct quoth_error){0};
    buffer_u8(&der, 0);
    assert_false(private_key_from_der(buffer_bytes(&der), &none, &err));
    assert_int_equal(err.code, QUOTH_KEY_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rs256_signs_as_rfc_7515_does),
        cmocka_unit_test(a_duplicate_signs_alike),
        cmocka_unit_test(es256_makes_r_and_s),
        cmocka_unit_test(a_key_signs_in_its_own_algorithm_only),
        cmocka_unit_test(made_keys_survive_writing_and_reading),
        cmocka_unit_test(a_sigstruct_key_stays_one),
        cmocka_unit_test(other_private_keys_are_refused),
        cmocka_unit_test(halves_of_two_keys_are_refused),
        cmocka_unit_test(der_is_one_whole_pkcs8_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
