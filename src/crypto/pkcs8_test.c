#include "crypto/pkcs8.h"

#include "crypto/key.h"
#include "tests/key_vectors.h"
#include "tests/unit.h"

/* openssl genpkey -algorithm EC | openssl pkcs8 -topk8 -nocrypt -outform DER, made for this test. */
/* clang-format off */
static const struct {
    const char *curve, *der, *x;
} made[] = {
    {"P-384",
     "3081b6020100301006072a8648ce3d020106052b8104002204819e30819b02010104305b758dce5083e73f29"
     "d16a64f95074c608e9b075091f47f061438f68b535dd83645b094c4be17bd772e23e10527af390a164036200"
     "041700a25b3ed87aeb2257c8b592118045ea9a77758c0cb491bce40500307f6938804ec1645e31e33debf5b1"
     "dd7f9d01057c8e0e32ff31e2e034617c38a7062531cb67c8fd89b368230fda89f82327eef84ec3ed3c1bdd86"
     "0774b5932790bfc7ee",
     "1700a25b3ed87aeb2257c8b592118045ea9a77758c0cb491bce40500307f6938804ec1645e31e33debf5b1dd"
     "7f9d0105"},
    {"P-521",
     "3081ee020100301006072a8648ce3d020106052b810400230481d63081d30201010442013e10c4d170e49392"
     "a353bb855fc22f9abe987c5548f1dbdcb5216744f22e140d52a768483bcc64dc22742125797d201fcdde96a8"
     "79d126a289cd5b871f4317e649a18189038186000401780e5ce88021864ef4166ae97a783e92ab4e7b68cf27"
     "5100aa8d60de4ed6b2f13a35509974169f992a7ad41a4fc8d96fc82897395e116e8f87c6ce5d2cc722eb1301"
     "858c7129845f3075763d041dfecb61fd96de09862cdf1728d31f4548bc11118cf847a3031afc57d68efcf021"
     "9d2ef3700b2a6e16d34bd2da60598d9f379a4aa115",
     "01780e5ce88021864ef4166ae97a783e92ab4e7b68cf275100aa8d60de4ed6b2f13a35509974169f992a7ad4"
     "1a4fc8d96fc82897395e116e8f87c6ce5d2cc722eb13"},
    {"P-256K",
     "308184020100301006072a8648ce3d020106052b8104000a046d306b0201010420c6bb43bdb17e918597ffca"
     "0ab7f36aa7cc78d8729a7ebebd6004c7e9eae1e9dea1440342000444b06f89b1c10df5ee189465aa5a883bd8"
     "883640133227d63ce135d16e2953840e4aeebefaa5760b4ee8365ce754411c91bee981939bd747dd72005277"
     "b0284c",
     "44b06f89b1c10df5ee189465aa5a883bd8883640133227d63ce135d16e295384"},
};
/* clang-format on */

static void pem_to_der(const char *pem, struct buffer *to)
{
    struct quoth_error err = {0};
    AUTO(private_key) struct private_key *key = NULL;
    assert_true(private_key_from_pem(bytes_of_text(pem), &key, &err));
    assert_true(private_key_to_der(key, to, &err));
}

static void the_numbers_of_rfc_7515(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer rsa = {0}, ec = {0}, n = {0}, x = {0}, y = {0};
    AUTO(pkcs8_public) struct pkcs8_public r = {0}, e = {0};
    pem_to_der(rfc7515_rsa_pem, &rsa);
    pem_to_der(rfc7515_ec_pem, &ec);
    assert_true(pkcs8_public_read(buffer_bytes(&rsa), &r, &err));
    assert_null(r.curve);
    assert_true(bytes_equal(buffer_bytes(&r.a), unit_hex(rfc7515_rsa_n, &n)));
    assert_true(bytes_equal(buffer_bytes(&r.b), BYTES_LITERAL("\1\0\1")));
    assert_true(pkcs8_public_read(buffer_bytes(&ec), &e, &err));
    assert_string_equal(e.curve, "P-256");
    assert_true(bytes_equal(buffer_bytes(&e.a), unit_hex(RFC7515_X, &x)));
    assert_true(bytes_equal(buffer_bytes(&e.b), unit_hex(RFC7515_Y, &y)));
}

static void every_curve_of_vaults_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(made); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer der = {0}, x = {0};
        AUTO(pkcs8_public) struct pkcs8_public p = {0};
        print_message("  %s\n", made[i].curve);
        assert_true(pkcs8_public_read(unit_hex(made[i].der, &der), &p, &err));
        assert_string_equal(p.curve, made[i].curve);
        assert_true(bytes_equal(buffer_bytes(&p.a), unit_hex(made[i].x, &x)));
        assert_int_equal(p.b.len, p.a.len);
    }
}

static void what_is_no_such_key_is_refused(void **state)
{
    (void)state;
    struct quoth_error whole = {0}, more = {0}, ed25519 = {0}, split = {0}, size = {0};
    static const uint8_t large[PKCS8_MAX + 1];
    AUTO(buffer) struct buffer der = {0}, hold = {0};
    AUTO(pkcs8_public) struct pkcs8_public p = {0};
    pem_to_der(rfc7515_ec_pem, &der);
    for (size_t len = 0; len < der.len; len++) {
        struct quoth_error err = {0};
        assert_false(pkcs8_public_read((struct bytes){der.data, len}, &p, &err));
        assert_int_equal(err.code, QUOTH_KEY_MALFORMED);
    }
    der.data[der.len - 1] ^= 1; /* the point is no longer that of the scalar, or none at all */
    assert_false(pkcs8_public_read(buffer_bytes(&der), &p, &split));
    assert_int_equal(split.code, QUOTH_KEY_MALFORMED);
    der.data[der.len - 1] ^= 1;
    assert_true(pkcs8_public_read(buffer_bytes(&der), &p, &whole));
    buffer_u8(&der, 0);
    pkcs8_public_clear(&p);
    assert_false(pkcs8_public_read(buffer_bytes(&der), &p, &more));
    assert_int_equal(more.code, QUOTH_KEY_MALFORMED);
    assert_false(pkcs8_public_read(BYTES_OF(large), &p, &size));
    assert_int_equal(size.code, QUOTH_TOO_LARGE);
    /* RFC 8410 10.3 */
    assert_false(
        pkcs8_public_read(unit_hex("302e020100300506032b657004220420d4ee72dbf913584ad5b6d8f1f7"
                                   "69f8ad3afe7c28cbf1d4fbe097a88f44755842",
                                   &hold),
                          &p, &ed25519));
    assert_int_equal(ed25519.code, QUOTH_KEY_UNSUPPORTED);
    assert_null(p.a.data);
}

/* Another key's point in place of its own: each half is whole, and they do not belong together. */
static void two_halves_of_two_keys_are_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(private_key) struct private_key *other = NULL;
    AUTO(buffer) struct buffer der = {0}, theirs = {0};
    AUTO(pkcs8_public) struct pkcs8_public p = {0};
    pem_to_der(rfc7515_ec_pem, &der);
    assert_true(private_key_generate(KEY_TYPE_P256, &other, &err));
    assert_true(private_key_to_der(other, &theirs, &err));
    assert_int_equal(der.len, theirs.len);
    bytes_copy(der.data + der.len - 64, bytes_slice(buffer_bytes(&theirs), theirs.len - 64, 64));
    assert_false(pkcs8_public_read(buffer_bytes(&der), &p, &err));
    assert_int_equal(err.code, QUOTH_KEY_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_numbers_of_rfc_7515),
        cmocka_unit_test(every_curve_of_vaults_is_read),
        cmocka_unit_test(what_is_no_such_key_is_refused),
        cmocka_unit_test(two_halves_of_two_keys_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
