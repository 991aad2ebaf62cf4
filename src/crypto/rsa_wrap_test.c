#include "crypto/rsa_wrap.h"

#include "crypto/key_wrap.h"
#include "tests/key_vectors.h"
#include "tests/rsa_jwk.h"
#include "tests/unit.h"

#define VECTORS "key-release/generated/rsa-aes-key-wrap.json"

static struct private_key *rfc_key(void)
{
    struct quoth_error err = {0};
    struct private_key *key = NULL;
    assert_true(private_key_from_pem(bytes_of_text(rfc7515_rsa_pem), &key, &err));
    return key;
}

static struct public_key *public_of(const struct private_key *key)
{
    struct quoth_error err = {0};
    struct public_key *public = NULL;
    assert_true(private_key_public(key, &public, &err));
    return public;
}

static void names_are_those_of_the_interface(void **state)
{
    (void)state;
    static const char *const others[] = {"", "RSA_AES_KEY_WRAP", "rsa_aes_key_wrap_256", "RSA-OAEP",
                                         "RSA_AES_KEY_WRAP_512"};
    enum rsa_wrap found = RSA_WRAP_COUNT;
    for (size_t i = 0; i < RSA_WRAP_COUNT; i++) {
        assert_true(rsa_wrap_find(bytes_of_text(rsa_wrap_name((enum rsa_wrap)i)), &found));
        assert_int_equal(found, i);
    }
    for (size_t i = 0; i < COUNT(others); i++)
        assert_false(rsa_wrap_find(bytes_of_text(others[i]), &found));
}

static void base64url_member(struct json object, const char *name, struct buffer *to)
{
    struct quoth_error err = {0};
    struct bytes text;
    assert_true(json_need_plain(object, name, &text, &err));
    assert_true(base64url_decode(text, to, &err));
}

/* One vector under all three algorithms: one opens it. */
static void check_vector(struct json v, const struct private_key *key)
{
    enum rsa_wrap algorithm = RSA_WRAP_COUNT;
    struct quoth_error err = {0};
    struct bytes name;
    AUTO(buffer) struct buffer k = {0}, plain = {0}, wrapped = {0}, by_k = {0};
    assert_true(json_need_plain(v, "enc", &name, &err));
    assert_true(rsa_wrap_find(name, &algorithm));
    base64url_member(v, "aes_key", &k);
    base64url_member(v, "plaintext", &plain);
    base64url_member(v, "ciphertext", &wrapped);
    for (size_t i = 0; i < RSA_WRAP_COUNT; i++) {
        struct quoth_error refused = {0};
        AUTO(buffer) struct buffer out = {0};
        const bool ok = rsa_unwrap((enum rsa_wrap)i, key, buffer_bytes(&wrapped), &out, &refused);
        assert_int_equal(ok, i == algorithm);
        assert_int_equal(refused.code, ok ? QUOTH_OK : QUOTH_KEY_WRAP_BROKEN);
        if (ok)
            assert_true(bytes_equal(buffer_bytes(&out), buffer_bytes(&plain)));
        else
            assert_int_equal(out.len, 0);
    }
    /* The second half is deterministic: ours is the vector's, byte for byte. */
    assert_true(key_wrap(buffer_bytes(&k), buffer_bytes(&plain), &by_k, &err));
    assert_true(
        bytes_equal(buffer_bytes(&by_k), bytes_slice(buffer_bytes(&wrapped), 256, wrapped.len)));
}

static void the_twelve_vectors(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    struct json jwk, vectors;
    assert_true(json_parse(unit_vector(VECTORS, &text), NULL, &doc, &err));
    assert_true(json_need_object(json_root(&doc), "recipient_private_jwk", &jwk, &err));
    assert_true(json_need_array(json_root(&doc), "vectors", &vectors, &err));
    assert_int_equal(json_count(vectors), 12);
    AUTO(private_key) struct private_key *key = rsa_jwk_private(jwk);
    for (struct json v = json_first(vectors); json_exists(v); v = json_next(v))
        check_vector(v, key);
}

static const struct bytes secret = BYTES_INIT("a secret of some length");

static void what_is_wrapped_comes_back_and_never_looks_the_same(void **state)
{
    (void)state;
    AUTO(private_key) struct private_key *key = rfc_key();
    AUTO(public_key) struct public_key *public = public_of(key);
    for (size_t i = 0; i < RSA_WRAP_COUNT; i++) {
        struct quoth_error err = {0};
        const enum rsa_wrap algorithm = (enum rsa_wrap)i;
        AUTO(buffer) struct buffer one = {0}, two = {0}, back = {0};
        assert_true(rsa_wrap(algorithm, public, secret, &one, &err));
        assert_true(rsa_wrap(algorithm, public, secret, &two, &err));
        assert_int_equal(one.len, 256 + key_wrap_len(secret.len));
        assert_false(bytes_equal(buffer_bytes(&one), buffer_bytes(&two)));
        assert_true(rsa_unwrap(algorithm, key, buffer_bytes(&one), &back, &err));
        assert_true(bytes_equal(buffer_bytes(&back), secret));
    }
}

/* No oracle: a broken block, a broken rest and another recipient's text are told in one sentence. */
static void every_change_is_refused_in_the_same_words(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(private_key) struct private_key *key = rfc_key();
    AUTO(public_key) struct public_key *public = public_of(key);
    AUTO(buffer) struct buffer wrapped = {0};
    assert_true(rsa_wrap(RSA_WRAP_SHA256, public, secret, &wrapped, &err));
    for (size_t i = 0; i < wrapped.len; i += i < 250 ? 31 : 1) {
        struct quoth_error refused = {0};
        AUTO(buffer) struct buffer out = {0};
        wrapped.data[i] ^= 1;
        assert_false(rsa_unwrap(RSA_WRAP_SHA256, key, buffer_bytes(&wrapped), &out, &refused));
        wrapped.data[i] ^= 1;
        assert_int_equal(refused.code, QUOTH_KEY_WRAP_BROKEN);
        assert_string_equal(refused.message, "was wrapped under another key, or was changed");
        assert_int_equal(out.len, 0);
    }
    for (size_t len = 0; len < wrapped.len; len += 16) {
        struct quoth_error refused = {0};
        AUTO(buffer) struct buffer out = {0};
        assert_false(
            rsa_unwrap(RSA_WRAP_SHA256, key, (struct bytes){wrapped.data, len}, &out, &refused));
        assert_int_equal(refused.code, QUOTH_KEY_WRAP_BROKEN);
    }
}

static void keys_for_signatures_on_curves_do_not_wrap(void **state)
{
    (void)state;
    struct quoth_error err = {0}, unwrapping = {0};
    AUTO(private_key) struct private_key *key = NULL;
    AUTO(buffer) struct buffer out = {0};
    assert_true(private_key_from_pem(bytes_of_text(rfc7515_ec_pem), &key, &err));
    AUTO(public_key) struct public_key *public = public_of(key);
    assert_false(rsa_wrap(RSA_WRAP_SHA256, public, secret, &out, &err));
    assert_int_equal(err.code, QUOTH_KEY_UNSUPPORTED);
    assert_false(rsa_unwrap(RSA_WRAP_SHA256, key, secret, &out, &unwrapping));
    assert_int_equal(unwrapping.code, QUOTH_KEY_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_those_of_the_interface),
        cmocka_unit_test(the_twelve_vectors),
        cmocka_unit_test(what_is_wrapped_comes_back_and_never_looks_the_same),
        cmocka_unit_test(every_change_is_refused_in_the_same_words),
        cmocka_unit_test(keys_for_signatures_on_curves_do_not_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
