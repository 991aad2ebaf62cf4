#include "crypto/x509.h"

#include "codec/pem.h"
#include "crypto/x509_make.h"
#include "tests/unit.h"

#define FROM 1751624924
#define UNTIL 1783160924

static const uint8_t serial[] = {1};

struct made {
    struct private_key *key;
    struct x509_cert *cert;
    struct buffer name;
};

static void made_clear(struct made *m)
{
    private_key_free(m->key);
    x509_cert_free(m->cert);
    buffer_clear(&m->name);
}
DEFINE_AUTO_VALUE(made, struct made, made_clear)

/* A certificate for a new key, issued by another or by itself. */
static void make(struct made *m, enum key_type type, const char *cn, const struct made *issuer)
{
    const struct x509_name_part name[] = {
        {"CN", cn                  },
        {"O",  "Quoth, \xC3\x9Cnit"}
    };
    struct quoth_error err = {0};
    AUTO(public_key) struct public_key *public = NULL;
    AUTO(buffer) struct buffer der = {0};
    *m = (struct made){0};
    if (!private_key_generate(type, &m->key, &err) || !private_key_public(m->key, &public, &err) ||
        !x509_name_write(name, COUNT(name), &m->name, &err))
        fail_msg("%s", err.message);
    const struct x509_spec spec = {
        .serial = BYTES_OF(serial),
        .issuer = issuer ? buffer_bytes(&issuer->name) : (struct bytes){0},
        .subject = buffer_bytes(&m->name),
        .not_before = FROM,
        .not_after = UNTIL,
    };
    if (!x509_make(&spec, public, issuer ? issuer->key : m->key, &der, &err) ||
        !x509_cert_from_der(buffer_bytes(&der), &m->cert, &err))
        fail_msg("%s", err.message);
}

static void a_certificate_tells_its_fields(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(made) struct made m;
    AUTO(buffer) struct buffer text = {0};
    AUTO(public_key) struct public_key *a = NULL, *b = NULL;
    make(&m, KEY_TYPE_RSA_2048, "a", NULL);
    assert_int_equal(x509_cert_not_before(m.cert), FROM);
    assert_int_equal(x509_cert_not_after(m.cert), UNTIL);
    assert_true(bytes_equal(x509_cert_subject(m.cert), buffer_bytes(&m.name)));
    assert_true(bytes_equal(x509_cert_issuer(m.cert), buffer_bytes(&m.name)));
    assert_true(x509_cert_subject_text(m.cert, &text, &err));
    assert_true(bytes_equal(buffer_bytes(&text), bytes_of_text("O=Quoth\\, \xC3\x9Cnit,CN=a")));
    assert_true(x509_cert_public_key(m.cert, &a, &err));
    assert_true(private_key_public(m.key, &b, &err));
    assert_true(public_key_equal(a, b));
}

static void pem_gives_the_same(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(made) struct made m;
    AUTO(buffer) struct buffer pem = {0};
    AUTO(x509_cert) struct x509_cert *again = NULL;
    make(&m, KEY_TYPE_P256, "a", NULL);
    pem_encode("CERTIFICATE", x509_cert_der(m.cert), &pem);
    assert_true(x509_cert_from_pem(buffer_bytes(&pem), &again, &err));
    assert_true(bytes_equal(x509_cert_der(m.cert), x509_cert_der(again)));
}

static void issuers_are_told_apart(void **state)
{
    (void)state;
    AUTO(made) struct made ca, same_name, leaf, other;
    make(&ca, KEY_TYPE_P256, "ca", NULL);
    make(&same_name, KEY_TYPE_P256, "ca", NULL);
    make(&other, KEY_TYPE_RSA_2048, "other", NULL);
    make(&leaf, KEY_TYPE_P256, "leaf", &ca);
    assert_true(x509_cert_signed_by(ca.cert, ca.cert));
    assert_true(x509_cert_signed_by(other.cert, other.cert));
    assert_true(x509_cert_signed_by(leaf.cert, ca.cert));
    assert_false(x509_cert_signed_by(leaf.cert, same_name.cert)); /* another key */
    assert_false(x509_cert_signed_by(leaf.cert, other.cert));     /* another name */
    assert_false(x509_cert_signed_by(leaf.cert, leaf.cert));
    assert_false(x509_cert_signed_by(ca.cert, leaf.cert));
}

static void a_certificate_matches_its_key_only(void **state)
{
    (void)state;
    AUTO(made) struct made a, b, c;
    make(&a, KEY_TYPE_P256, "a", NULL);
    make(&b, KEY_TYPE_P256, "a", NULL);
    make(&c, KEY_TYPE_RSA_2048, "a", NULL);
    assert_true(x509_cert_matches(a.cert, a.key));
    assert_false(x509_cert_matches(a.cert, b.key));
    assert_false(x509_cert_matches(a.cert, c.key));
    assert_true(x509_cert_matches(c.cert, c.key));
}

static void what_is_no_certificate_is_refused(void **state)
{
    (void)state;
    AUTO(made) struct made m;
    AUTO(buffer) struct buffer longer = {0};
    struct x509_cert *none = NULL;
    make(&m, KEY_TYPE_P256, "a", NULL);
    const struct bytes der = x509_cert_der(m.cert);
    for (size_t len = 0; len < der.len; len++) {
        struct quoth_error err = {0};
        assert_false(x509_cert_from_der(bytes_slice(der, 0, len), &none, &err));
        assert_int_equal(err.code, QUOTH_CERTIFICATE_MALFORMED);
    }
    struct quoth_error err = {0}, second = {0}, third = {0};
    buffer_add(&longer, der);
    buffer_u8(&longer, 0);
    assert_false(x509_cert_from_der(buffer_bytes(&longer), &none, &err));
    assert_false(x509_cert_from_pem(der, &none, &second));
    buffer_fill(&longer, X509_SIZE_MAX, 0);
    assert_false(x509_cert_from_der(buffer_bytes(&longer), &none, &third));
    assert_int_equal(third.code, QUOTH_TOO_LARGE);
    assert_null(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_tells_its_fields),
        cmocka_unit_test(pem_gives_the_same),
        cmocka_unit_test(issuers_are_told_apart),
        cmocka_unit_test(a_certificate_matches_its_key_only),
        cmocka_unit_test(what_is_no_certificate_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
