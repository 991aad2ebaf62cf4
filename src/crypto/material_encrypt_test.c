#include "crypto/material.h"

#include "codec/base64.h"
#include "tests/material_vectors.h"
#include "tests/unit.h"

static struct bytes b64(const char *text, struct buffer *hold)
{
    struct quoth_error err = {0};
    buffer_clear(hold);
    assert_true(base64url_decode(bytes_of_text(text), hold, &err));
    return buffer_bytes(hold);
}

static void rsa_of(const char *n, const char *d, struct material **ret)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer nb = {0}, db = {0};
    const struct material_parts p = {
        .type = MATERIAL_RSA, .n = b64(n, &nb), .e = BYTES_LITERAL("\1\0\1"), .d = b64(d, &db)};
    if (!material_from_parts(&p, ret, &err))
        fail_msg("%s: %s", err.where, err.message);
}

static void the_texts_of_the_rfcs(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(material) struct material *oaep = NULL, *old = NULL;
    AUTO(buffer) struct buffer v = {0}, out = {0}, want = {0};
    const struct material_algorithm *a;
    rsa_of(RFC7516_OAEP_N, RFC7516_OAEP_D, &oaep);
    rsa_of(RFC7516_RSA1_5_N, RFC7516_RSA1_5_D, &old);
    assert_true(material_algorithm_for(oaep, BYTES_LITERAL("RSA-OAEP"), MATERIAL_WRAPS, &a, &err));
    struct material_text t = {.value = b64(RFC7516_OAEP_WRAPPED, &v)};
    if (!material_decrypt(oaep, a, &t, &out, &err))
        fail_msg("%s: %s", err.where, err.message);
    assert_true(bytes_equal(buffer_bytes(&out), b64(RFC7516_OAEP_KEY, &want)));
    buffer_clear(&out);
    assert_true(material_algorithm_for(old, BYTES_LITERAL("RSA1_5"), MATERIAL_WRAPS, &a, &err));
    t.value = b64(RFC7516_RSA1_5_WRAPPED, &v);
    assert_true(material_decrypt(old, a, &t, &out, &err));
    assert_true(bytes_equal(buffer_bytes(&out), b64(RFC7516_KEY, &want)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_texts_of_the_rfcs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
