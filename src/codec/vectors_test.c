/* Intel's root certificate read to the last byte, and the PEM of genuine quotes, from
 * QUOTH_VECTORS. */
#include "base/file.h"
#include "codec/der.h"
#include "codec/pem.h"

#include <dirent.h>
#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the two above first */
#include <cmocka.h>

static bool load(const char *name, struct buffer *ret)
{
    const char *vectors = getenv("QUOTH_VECTORS");
    struct quoth_error err = {0};
    if (!vectors) {
        print_message("  skipped: QUOTH_VECTORS is not set: no %s\n", name);
        return false;
    }
    AUTO(text) char *path = path_join(vectors, name, &err);
    if (!file_read(path, 1u << 20, ret, &err))
        fail_msg("%s: %s", path, err.message);
    return true;
}

/* Name ::= SEQUENCE OF SET OF SEQUENCE { type, value }; gives the common name. */
static struct bytes common_name(struct reader *r)
{
    struct reader name, set, pair;
    struct bytes found = {0};
    der_take_tag(r, DER_SEQUENCE, &name, "name");
    while (reader_ok(r) && reader_left(&name) > 0) {
        der_take_tag(&name, DER_SET, &set, "set");
        der_take_tag(&set, DER_SEQUENCE, &pair, "attribute");
        const bool is_common = der_oid_is(der_oid(&pair, "type"), "2.5.4.3");
        const bool utf8 = der_peek_tag(&pair, DER_UTF8_STRING);
        const struct bytes value =
            der_content(&pair, utf8 ? DER_UTF8_STRING : DER_PRINTABLE_STRING, "value");
        found = is_common ? value : found;
        reader_end(&pair, "attribute");
        reader_end(&set, "set");
    }
    reader_end(&name, "name");
    return found;
}

static void read_key(struct reader *r)
{
    struct reader key, algorithm;
    der_take_tag(r, DER_SEQUENCE, &key, "key");
    der_take_tag(&key, DER_SEQUENCE, &algorithm, "algorithm");
    der_expect_oid(&algorithm, "1.2.840.10045.2.1", "ecPublicKey");
    der_expect_oid(&algorithm, "1.2.840.10045.3.1.7", "prime256v1");
    reader_end(&algorithm, "algorithm");
    const struct bytes point = der_bit_string(&key, "point");
    assert_int_equal(point.len, 65);
    assert_int_equal(point.data[0], 4);
    reader_end(&key, "key");
}

static size_t read_extensions(struct reader *r)
{
    struct reader context, list, extension;
    size_t count = 0;
    der_take_tag(r, DER_CONTEXT(3), &context, "extensions");
    der_take_tag(&context, DER_SEQUENCE, &list, "list");
    for (; reader_ok(r) && reader_left(&list) > 0; count++) {
        der_take_tag(&list, DER_SEQUENCE, &extension, "extension");
        (void)der_oid(&extension, "id");
        if (der_peek_tag(&extension, DER_BOOLEAN))
            assert_true(der_bool(&extension, "critical")); /* the default is not written in DER */
        assert_true(der_content(&extension, DER_OCTET_STRING, "value").len > 0);
        reader_end(&extension, "extension");
    }
    reader_end(&list, "list");
    reader_end(&context, "extensions");
    return count;
}

static void read_signature(struct reader *r)
{
    struct reader sequence;
    const struct bytes signature = der_bit_string(r, "signature");
    struct reader inside = {.in = signature, .err = r->err};
    der_take_tag(&inside, DER_SEQUENCE, &sequence, "ECDSA");
    assert_in_range(der_integer(&sequence, "r").len, 1, 32);
    assert_in_range(der_integer(&sequence, "s").len, 1, 32);
    reader_end(&sequence, "ECDSA");
    reader_end(&inside, "signature");
}

static void walk_root(struct bytes der, struct quoth_error *err)
{
    struct reader r = {.in = der, .err = err};
    struct reader certificate, tbs, version, algorithm, validity;
    der_take_tag(&r, DER_SEQUENCE, &certificate, "certificate");
    reader_end(&r, "certificate");
    assert_ptr_equal(der_peek_span(&certificate, "tbs").data, der.data + 4);
    der_take_tag(&certificate, DER_SEQUENCE, &tbs, "tbs");
    der_take_tag(&tbs, DER_CONTEXT(0), &version, "version");
    assert_int_equal(der_small_uint(&version, 2, "version"), 2);
    assert_int_equal(der_integer(&tbs, "serial").len, 20);
    const struct bytes inner = der_peek_span(&tbs, "algorithm");
    der_take_tag(&tbs, DER_SEQUENCE, &algorithm, "algorithm");
    der_expect_oid(&algorithm, "1.2.840.10045.4.3.2", "ecdsa-with-SHA256");
    const struct bytes issuer = der_peek_span(&tbs, "issuer");
    assert_true(bytes_equal(common_name(&tbs), BYTES_LITERAL("Intel SGX Root CA")));
    der_take_tag(&tbs, DER_SEQUENCE, &validity, "validity");
    assert_int_equal(der_time(&validity, "from"), 1526899510);  /* 2018-05-21T10:45:10Z */
    assert_int_equal(der_time(&validity, "until"), 2524607999); /* 2049-12-31T23:59:59Z */
    assert_true(bytes_equal(der_peek_span(&tbs, "subject"), issuer));
    common_name(&tbs);
    read_key(&tbs);
    assert_int_equal(read_extensions(&tbs), 5);
    reader_end(&tbs, "tbs");
    assert_true(bytes_equal(der_take_span(&certificate, "algorithm"), inner));
    read_signature(&certificate);
    reader_end(&certificate, "certificate");
}

static void intels_root_is_read_to_the_last_byte(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer der = {0}, pem = {0}, decoded = {0};
    if (!load("dcap/roots/intel-sgx-root-ca.der", &der) ||
        !load("dcap/roots/intel-sgx-root-ca.pem", &pem))
        skip();
    walk_root(buffer_bytes(&der), &err);
    assert_string_equal(err.message, "");
    struct reader r = {.in = buffer_bytes(&pem), .err = &err};
    assert_true(pem_next_lenient(&r, "CERTIFICATE", &decoded)); /* lacks its last line feed */
    assert_int_equal(reader_left(&r), 0);
    assert_true(bytes_equal(buffer_bytes(&decoded), buffer_bytes(&der)));
}

/* How many blocks stand one behind the other from the first on, read strictly. */
static size_t strict_blocks(struct bytes file)
{
    struct quoth_error err = {0};
    const char *first = memmem(file.data, file.len, "-----BEGIN", 10);
    AUTO(buffer) struct buffer der = {0};
    struct reader r = {.in = file, .err = &err};
    size_t count = 0;
    if (!first)
        return 0;
    r.pos = (size_t)((const uint8_t *)first - file.data);
    while (reader_left(&r) > 0 && r.in.data[r.pos] == '-' && pem_next(&r, "CERTIFICATE", &der))
        count++;
    return count;
}

/* THREATS asks for canonical PEM in evidence: what genuine quotes carry is. The two exceptions
 * write each certificate in one line. */
static void genuine_quotes_carry_canonical_pem(void **state)
{
    (void)state;
    const char *vectors = getenv("QUOTH_VECTORS");
    if (!vectors) {
        print_message("  skipped: QUOTH_VECTORS is not set: no quotes\n");
        skip();
    }
    struct quoth_error err = {0};
    AUTO(text) char *folder = path_join(vectors, "dcap/quotes", &err);
    size_t canonical = 0, others = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        AUTO(text) char *path = path_join(folder, e->d_name, &err);
        AUTO(buffer) struct buffer file = {0};
        if (e->d_type != DT_REG || strstr(e->d_name, ".hex") || strstr(e->d_name, "certtype"))
            continue;
        assert_true(file_read(path, 1u << 20, &file, &err));
        const bool ok = strict_blocks(buffer_bytes(&file)) == 3;
        canonical += ok;
        others += !ok;
        if (!ok)
            print_message("  not canonical: %s\n", e->d_name);
    }
    closedir(dir);
    assert_true(canonical > 0);
    assert_true(others <= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intels_root_is_read_to_the_last_byte),
        cmocka_unit_test(genuine_quotes_carry_canonical_pem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
