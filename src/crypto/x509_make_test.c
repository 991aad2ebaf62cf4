#include "crypto/x509_make.h"

#include "crypto/x509.h"
#include "tests/unit.h"
#include "tests/x509_oracle.h"

#include <openssl/x509_vfy.h>

#define FROM 1751624924   /* 2025-07-04T10:28:44Z */
#define UNTIL 1783160924  /* a year later */
#define DURING 1760000000 /* 2025-10-09 */

static const struct x509_name_part ca_name[] = {
    {"CN", "Quoth local CA"},
    {"O",  "Quoth Ünit"   }
};
static const struct x509_name_part leaf_name[] = {
    {"CN", "quoth.example"}
};
static const uint8_t serial[] = {0xAB, 1, 2, 3};

/* A name, a key and what identifies it. */
struct party {
    struct buffer name;
    struct private_key *key;
    struct public_key *public;
    struct sha1 id;
};

static void party_init(struct party *p, enum key_type type, const struct x509_name_part *name,
                       size_t count)
{
    struct quoth_error err = {0};
    *p = (struct party){0};
    if (!x509_name_write(name, count, &p->name, &err) ||
        !private_key_generate(type, &p->key, &err) ||
        !private_key_public(p->key, &p->public, &err) || !x509_key_id(p->public, &p->id, &err))
        fail_msg("%s", err.message);
}

static void party_clear(struct party *p)
{
    buffer_clear(&p->name);
    private_key_free(p->key);
    public_key_free(p->public);
}
DEFINE_AUTO_VALUE(party, struct party, party_clear)

static const char *const permitted_dns[] = {"quoth.example", NULL};
static const char *const permitted_ips[] = {"127.0.0.1", "::1", NULL};

static void make_ca(const struct party *ca, const char *const *dns, const char *const *ips,
                    struct buffer *ret_der)
{
    struct quoth_error err = {0};
    const struct x509_extension extensions[] = {
        {.kind = X509_BASIC_CONSTRAINTS, .critical = true, .is_ca = true,                              .path_len = 0},
        {.kind = X509_KEY_USAGE,         .critical = true, .bits = CERT_KEY_CERT_SIGN | CERT_CRL_SIGN},
        {.kind = X509_SUBJECT_KEY_ID,  .id = BYTES_OF(ca->id.bytes)                },
        {.kind = X509_NAME_CONSTRAINTS,                    .critical = true,                                    .dns = dns,               .ips = ips             },
    };
    const struct x509_spec spec = {
        .serial = BYTES_OF(serial),
        .subject = buffer_bytes(&ca->name),
        .not_before = FROM,
        .not_after = UNTIL,
        .extensions = extensions,
        .extension_count = COUNT(extensions),
    };
    if (!x509_make(&spec, ca->public, ca->key, ret_der, &err))
        fail_msg("%s", err.message);
}

static void make_leaf(const struct party *ca, const struct party *leaf, const char *const *dns,
                      const char *const *ips, struct buffer *ret_der)
{
    static const char *const server[] = {X509_SERVER_AUTH, NULL};
    struct quoth_error err = {0};
    /* clang-format off */
    const struct x509_extension extensions[] = {
        {.kind = X509_AUTHORITY_KEY_ID, .id = BYTES_OF(ca->id.bytes)},
        {.kind = X509_SUBJECT_ALT_NAME, .dns = dns, .ips = ips},
        {.kind = X509_EXTENDED_KEY_USAGE, .oids = server},
        {.kind = X509_KEY_USAGE, .critical = true, .bits = CERT_DIGITAL_SIGNATURE},
        {.kind = X509_BASIC_CONSTRAINTS, .critical = true},
        {.kind = X509_CRL_DISTRIBUTION_POINT, .uri = "https://quoth.example/crl"},
        {.kind = X509_OTHER, .oid = "1.2.3.4.5", .value = BYTES_LITERAL("\x05\x00")},
    };
    /* clang-format on */
    const struct x509_spec spec = {
        .serial = BYTES_OF(serial),
        .issuer = buffer_bytes(&ca->name),
        .subject = buffer_bytes(&leaf->name),
        .not_before = FROM,
        .not_after = UNTIL,
        .extensions = extensions,
        .extension_count = COUNT(extensions),
    };
    if (!x509_make(&spec, leaf->public, ca->key, ret_der, &err))
        fail_msg("%s", err.message);
}

/* OpenSSL's verdict on the chain, as a TLS client would reach it. */
static int verdict(struct bytes ca_der, struct bytes leaf_der)
{
    AUTO(oracle_cert) X509 *ca = oracle_cert_read(ca_der), *leaf = oracle_cert_read(leaf_der);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    assert_true(ca && leaf && store && ctx);
    X509_STORE_add_cert(store, ca);
    X509_STORE_CTX_init(ctx, store, leaf, NULL);
    X509_STORE_CTX_set_default(ctx, "ssl_server");
    X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT);
    X509_STORE_CTX_set_time(ctx, 0, DURING);
    const int result = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    return result;
}

static const char *const none[] = {NULL};
static const char *const inside_dns[] = {"quoth.example", "a.quoth.example", NULL};
static const char *const outside_dns[] = {"quoth.example", "evil.example", NULL};
static const char *const suffix_dns[] = {"notquoth.example", NULL};
static const char *const inside_ips[] = {"127.0.0.1", "::1", NULL};
static const char *const outside_ips[] = {"127.0.0.2", NULL};
static const char *const outside_ips6[] = {"::2", NULL};

static const struct {
    const char *name;
    const char *const *ca_dns, *const *ca_ips, *const *dns, *const *ips;
    int verdict;
} chains[] = {
    {"names as permitted",           permitted_dns, permitted_ips, inside_dns,  inside_ips,   X509_V_OK},
    {"another DNS name",             permitted_dns, permitted_ips, outside_dns, none,
     X509_V_ERR_PERMITTED_VIOLATION                                                                    },
    {"a name that only ends alike",  permitted_dns, permitted_ips, suffix_dns,  none,
     X509_V_ERR_PERMITTED_VIOLATION                                                                    },
    {"another address",              permitted_dns, permitted_ips, inside_dns,  outside_ips,
     X509_V_ERR_PERMITTED_VIOLATION                                                                    },
    {"another IPv6 address",         permitted_dns, permitted_ips, inside_dns,  outside_ips6,
     X509_V_ERR_PERMITTED_VIOLATION                                                                    },
    {"DNS alone as permitted",       permitted_dns, NULL,          inside_dns,  none,         X509_V_OK},
    {"an address where none may be", permitted_dns, NULL,          inside_dns,  outside_ips,
     X509_V_ERR_EXCLUDED_VIOLATION                                                                     },
    {"IPv6 where none may be",       permitted_dns, NULL,          inside_dns,  outside_ips6,
     X509_V_ERR_EXCLUDED_VIOLATION                                                                     },
    {"addresses alone as permitted", NULL,          permitted_ips, none,        inside_ips,   X509_V_OK},
    {"a DNS name where none may be", NULL,          permitted_ips, outside_dns, inside_ips,
     X509_V_ERR_EXCLUDED_VIOLATION                                                                     },
};

static void openssl_judges_chains_as_meant(void **state)
{
    (void)state;
    static const enum key_type types[] = {KEY_TYPE_P256, KEY_TYPE_RSA_2048};
    static const struct x509_name_part plain[] = {
        {"O", "leaf"}
    }; /* a CN would count as DNS */
    for (size_t t = 0; t < COUNT(types); t++) {
        AUTO(party) struct party ca, leaf;
        party_init(&ca, types[t], ca_name, COUNT(ca_name));
        party_init(&leaf, types[1 - t], plain, COUNT(plain));
        for (size_t i = 0; i < COUNT(chains); i++) {
            AUTO(buffer) struct buffer ca_der = {0}, leaf_der = {0};
            make_ca(&ca, chains[i].ca_dns, chains[i].ca_ips, &ca_der);
            make_leaf(&ca, &leaf, chains[i].dns, chains[i].ips, &leaf_der);
            const int found = verdict(buffer_bytes(&ca_der), buffer_bytes(&leaf_der));
            print_message("  %s: %s\n", chains[i].name, X509_verify_cert_error_string(found));
            assert_int_equal(found, chains[i].verdict);
        }
    }
}

/* Our own strict reader takes what the vendor's profile allows, in the order given. */
static void what_is_made_reads_back(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct cert cert;
    AUTO(party) struct party ca, leaf;
    AUTO(buffer) struct buffer der = {0};
    AUTO(p256_public) struct p256_public *key = NULL, *other = NULL;
    uint8_t point[P256_POINT_SIZE];
    party_init(&ca, KEY_TYPE_P256, ca_name, COUNT(ca_name));
    party_init(&leaf, KEY_TYPE_P256, leaf_name, COUNT(leaf_name));
    make_leaf(&ca, &leaf, inside_dns, inside_ips, &der);
    if (!cert_read(buffer_bytes(&der), &cert, &err))
        fail_msg("%s: %s", err.where, err.message);
    oracle_agrees_on_cert(buffer_bytes(&der), &cert);
    assert_true(bytes_equal(cert.serial, BYTES_OF(serial)));
    assert_true(bytes_equal(cert.issuer_cn, bytes_of_text("Quoth local CA")));
    assert_true(bytes_equal(cert.subject_cn, bytes_of_text("quoth.example")));
    assert_int_equal(cert.not_before, FROM);
    assert_int_equal(cert.not_after, UNTIL);
    assert_int_equal(cert.key_usage, CERT_DIGITAL_SIGNATURE);
    assert_true(cert.has_basic_constraints && !cert.is_ca);
    assert_true(bytes_equal(cert.aki, BYTES_OF(ca.id.bytes)));
    assert_true(public_key_to_point(ca.public, point, &err));
    assert_true(p256_public_from_point(BYTES_OF(point), &key, &err));
    assert_true(p256_public_from_point(cert.point, &other, &err));
    assert_true(cert_signed_by(&cert, key));
    assert_false(cert_signed_by(&cert, other));
}

static const struct {
    const char *text, *encoded;
} times[] = {
    {"1950-01-01T00:00:00Z", "170d3530303130313030303030305a"    },
    {"2049-12-31T23:59:59Z", "170d3439313233313233353935395a"    },
    {"2050-01-01T00:00:00Z", "180f32303530303130313030303030305a"},
    {"1949-12-31T23:59:59Z", "180f31393439313233313233353935395a"},
    {"0001-01-01T00:00:00Z", "180f30303031303130313030303030305a"},
    {"9999-12-31T23:59:59Z", "180f39393939313233313233353935395a"},
};

static void times_take_the_form_of_their_century(void **state)
{
    (void)state;
    AUTO(party) struct party p;
    party_init(&p, KEY_TYPE_P256, leaf_name, COUNT(leaf_name));
    for (size_t i = 0; i < COUNT(times); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer der = {0}, expected = {0};
        AUTO(x509_cert) struct x509_cert *cert = NULL;
        int64_t time = 0;
        print_message("  %s\n", times[i].text);
        assert_true(time_parse(bytes_of_text(times[i].text), &time, &err));
        const struct x509_spec spec = {.serial = BYTES_OF(serial),
                                       .subject = buffer_bytes(&p.name),
                                       .not_before = time,
                                       .not_after = time};
        assert_true(x509_make(&spec, p.public, p.key, &der, &err));
        const struct bytes form = unit_hex(times[i].encoded, &expected);
        assert_non_null(memmem(der.data, der.len, form.data, form.len));
        assert_true(x509_cert_from_der(buffer_bytes(&der), &cert, &err));
        assert_int_equal(x509_cert_not_before(cert), time);
        assert_int_equal(x509_cert_not_after(cert), time);
    }
}

static void a_revocation_list_reads_back(void **state)
{
    (void)state;
    static const struct x509_revoked revoked[] = {
        {BYTES_INIT("\xAB\x01"), FROM    },
        {BYTES_INIT("\x00\x7F"), FROM + 1},
    };
    AUTO(party) struct party ca;
    party_init(&ca, KEY_TYPE_P256, ca_name, COUNT(ca_name));
    for (size_t count = 0; count <= COUNT(revoked); count++) {
        struct quoth_error err = {0};
        struct crl crl;
        AUTO(buffer) struct buffer der = {0};
        const struct x509_crl_spec spec = {.issuer = buffer_bytes(&ca.name),
                                           .authority_key_id = BYTES_OF(ca.id.bytes),
                                           .number = 1,
                                           .this_update = FROM,
                                           .next_update = UNTIL,
                                           .revoked = revoked,
                                           .revoked_count = count};
        assert_true(x509_make_crl(&spec, ca.key, &der, &err));
        if (!crl_read(buffer_bytes(&der), &crl, &err))
            fail_msg("%s: %s", err.where, err.message);
        oracle_agrees_on_crl(buffer_bytes(&der), &crl);
        assert_int_equal(crl.revoked_count, count);
        assert_int_equal(crl_lists(&crl, BYTES_LITERAL("\xAB\x01")), count > 0);
        assert_int_equal(crl_lists(&crl, BYTES_LITERAL("\x7F")), count > 1);
        assert_false(crl_lists(&crl, BYTES_LITERAL("\x01")));
    }
}

static bool makes(struct bytes number, struct bytes subject, const struct x509_extension *e)
{
    struct quoth_error err = {0};
    AUTO(party) struct party p;
    AUTO(buffer) struct buffer der = {0};
    party_init(&p, KEY_TYPE_P256, leaf_name, COUNT(leaf_name));
    const struct x509_spec spec = {.serial = number,
                                   .subject = subject.len ? subject : buffer_bytes(&p.name),
                                   .not_before = FROM,
                                   .not_after = UNTIL,
                                   .extensions = e,
                                   .extension_count = e ? 1 : 0};
    const bool ok = x509_make(&spec, p.public, p.key, &der, &err);
    assert_int_equal(err.code, ok ? QUOTH_OK : QUOTH_INTERNAL);
    assert_true(ok || der.len == 0);
    return ok;
}

static void what_cannot_be_written_is_refused(void **state)
{
    (void)state;
    static const uint8_t zeros[20], long_serial[21] = {1};
    static const char *const bad_ip[] = {"127.0.0.256", NULL}, *const bad_oid[] = {"1.x", NULL};
    const struct x509_extension ip = {.kind = X509_SUBJECT_ALT_NAME, .ips = bad_ip};
    const struct x509_extension usage = {.kind = X509_EXTENDED_KEY_USAGE, .oids = bad_oid};
    const struct x509_extension other = {.kind = X509_OTHER, .oid = "3.1", .value = {0}};
    const struct bytes one = BYTES_LITERAL("\x01"), default_subject = {0};
    assert_true(makes(one, default_subject, NULL));
    assert_false(makes((struct bytes){0}, default_subject, NULL));
    assert_false(makes(BYTES_OF(zeros), default_subject, NULL));
    assert_false(makes(BYTES_OF(long_serial), default_subject, NULL));
    assert_false(makes(one, default_subject, &ip));
    assert_false(makes(one, default_subject, &usage));
    assert_false(makes(one, default_subject, &other));

    static const struct x509_name_part unknown = {"XX", "x"}, empty = {"CN", ""};
    struct quoth_error err = {0}, second = {0};
    AUTO(buffer) struct buffer name = {0};
    assert_false(x509_name_write(&unknown, 1, &name, &err));
    assert_false(x509_name_write(&empty, 1, &name, &second));
    assert_int_equal(name.len, 0);
}

static void serials_are_random_and_positive(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    for (int i = 0; i < 2000; i++) {
        uint8_t a[16] = {0}, b[20] = {0};
        assert_true(x509_random_serial(a, sizeof a, &err));
        assert_true(x509_random_serial(b, sizeof b, &err));
        assert_true(a[0] > 0 && a[0] < 0x80 && b[0] > 0 && b[0] < 0x80);
        assert_memory_not_equal(a, b, sizeof a);
    }
}

static const struct x509_name_part intel_root[] = {
    {"CN", "Intel SGX Root CA"},
    {"O",  "Intel Corporation"},
    {"L",  "Santa Clara"      },
    {"ST", "CA"               },
    {"C",  "US"               }
};

/* The vendor's profile to the byte: Intel's own root, made again from its fields. */
static void intels_root_is_made_again(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct cert theirs, ours;
    struct sha1 id;
    AUTO(buffer) struct buffer der = {0}, name = {0}, made = {0};
    AUTO(private_key) struct private_key *key = NULL;
    AUTO(public_key) struct public_key *public = NULL;
    assert_true(cert_read(unit_vector("dcap/roots/intel-sgx-root-ca.der", &der), &theirs, &err));
    assert_true(public_key_from_spki(theirs.spki, &public, &err));
    assert_true(x509_name_write(intel_root, COUNT(intel_root), &name, &err));
    assert_true(x509_key_id_intel(public, &id, &err));
    assert_true(bytes_equal(theirs.ski, BYTES_OF(id.bytes)));
    assert_true(private_key_generate(KEY_TYPE_P256, &key, &err));
    /* clang-format off */
    const struct x509_extension extensions[] = {
        {.kind = X509_AUTHORITY_KEY_ID, .id = BYTES_OF(id.bytes)},
        {.kind = X509_CRL_DISTRIBUTION_POINT,
         .uri = "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der"},
        {.kind = X509_SUBJECT_KEY_ID, .id = BYTES_OF(id.bytes)},
        {.kind = X509_KEY_USAGE, .critical = true, .bits = CERT_KEY_CERT_SIGN | CERT_CRL_SIGN},
        {.kind = X509_BASIC_CONSTRAINTS, .critical = true, .is_ca = true, .path_len = 1},
    };
    /* clang-format on */
    const struct x509_spec spec = {
        .serial = BYTES_OF(id.bytes),
        .subject = buffer_bytes(&name),
        .not_before = theirs.not_before,
        .not_after = theirs.not_after,
        .extensions = extensions,
        .extension_count = COUNT(extensions),
    };
    assert_true(x509_make(&spec, public, key, &made, &err));
    assert_true(cert_read(buffer_bytes(&made), &ours, &err));
    assert_true(bytes_equal(ours.tbs, theirs.tbs));
}

/* A genuine list with entries, made again from them. */
static void intels_list_is_made_again(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct crl theirs, ours;
    struct x509_revoked revoked[100];
    AUTO(buffer) struct buffer der = {0}, made = {0};
    AUTO(private_key) struct private_key *key = NULL;
    unit_vector("dcap/collateral/2026-03/pck_crl_platform.der", &der);
    assert_true(crl_read(buffer_bytes(&der), &theirs, &err));
    AUTO(oracle_crl) X509_CRL *oracle = oracle_crl_read(buffer_bytes(&der));
    const STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(oracle);
    assert_true(theirs.revoked_count > 40 && theirs.revoked_count < COUNT(revoked));
    for (size_t i = 0; i < theirs.revoked_count; i++) {
        const ASN1_INTEGER *number =
            X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(entries, (int)i));
        revoked[i].serial =
            (struct bytes){ASN1_STRING_get0_data(number), (size_t)ASN1_STRING_length(number)};
        revoked[i].time = theirs.this_update;
    }
    assert_true(private_key_generate(KEY_TYPE_P256, &key, &err));
    const struct x509_crl_spec spec = {.issuer = theirs.issuer,
                                       .authority_key_id = theirs.aki,
                                       .number = 1,
                                       .this_update = theirs.this_update,
                                       .next_update = theirs.next_update,
                                       .revoked = revoked,
                                       .revoked_count = theirs.revoked_count};
    assert_true(x509_make_crl(&spec, key, &made, &err));
    assert_true(crl_read(buffer_bytes(&made), &ours, &err));
    assert_true(bytes_equal(ours.tbs, theirs.tbs));
}

static void hosts_are_named_by_the_alternative_names_alone(void **state)
{
    (void)state;
    static const char *const dns[] = {"quoth.example", "*.wild.example", "part*.example", NULL};
    static const char *const ips[] = {"127.0.0.1", "::1", NULL};
    static const struct {
        const char *host;
        bool named;
    } rows[] = {
        {"quoth.example",    true },
        {"QUOTH.example",    true },
        {"a.wild.example",   true },
        {"127.0.0.1",        true },
        {"::1",              true },
        {"0:0:0:0:0:0:0:1",  true },
        {"",                 false},
        {"example",          false},
        {"a.quoth.example",  false},
        {".quoth.example",   false},
        {"wild.example",     false},
        {"a.b.wild.example", false},
        {"partial.example",  false},
        {"127.0.0.2",        false},
        {"127.1",            false},
        {"Quoth leaf",       false},
    };
    struct quoth_error err = {0};
    AUTO(party) struct party ca, leaf;
    AUTO(buffer) struct buffer der = {0}, bare = {0};
    AUTO(x509_cert) struct x509_cert *cert = NULL, *unnamed = NULL;
    party_init(&ca, KEY_TYPE_P256, ca_name, COUNT(ca_name));
    party_init(&leaf, KEY_TYPE_P256, leaf_name, COUNT(leaf_name));
    make_leaf(&ca, &leaf, dns, ips, &der);
    assert_true(x509_cert_from_der(buffer_bytes(&der), &cert, &err));
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("  %s\n", rows[i].host);
        assert_int_equal(x509_cert_names_host(cert, rows[i].host), rows[i].named);
    }
    make_ca(&ca, permitted_dns, permitted_ips, &bare); /* has a common name, and no other */
    assert_true(x509_cert_from_der(buffer_bytes(&bare), &unnamed, &err));
    assert_false(x509_cert_names_host(unnamed, "Quoth local CA"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openssl_judges_chains_as_meant),
        cmocka_unit_test(what_is_made_reads_back),
        cmocka_unit_test(hosts_are_named_by_the_alternative_names_alone),
        cmocka_unit_test(times_take_the_form_of_their_century),
        cmocka_unit_test(a_revocation_list_reads_back),
        cmocka_unit_test(what_cannot_be_written_is_refused),
        cmocka_unit_test(serials_are_random_and_positive),
        cmocka_unit_test(intels_root_is_made_again),
        cmocka_unit_test(intels_list_is_made_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
