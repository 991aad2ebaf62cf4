#include "service/policies/stored_policy.h"

#include "codec/pem.h"
#include "keys/records.h"
#include "service/policies/signed_change.h"
#include "tests/forge.h"
#include "tests/master.h"
#include "tests/unit.h"

#define ISSUER "https://attest.example"
#define OTHER "https://other.example"
#define TEXT "version= 1.0;authorizationrules{=> permit();};"

/* A store in a folder of its own, with two who sign. */
struct bed {
    char folder[64], path[96];
    struct store *store;
    struct master_key master;
    struct private_key *keys[2];
    struct buffer certificates[2];
    int64_t now;
};

static int open_bed(void **state)
{
    struct quoth_error err = {0};
    struct bed *b = calloc(1, sizeof *b);
    if (!b)
        return -1;
    snprintf(b->folder, sizeof b->folder, "/tmp/quoth-stored-XXXXXX");
    forge_must(mkdtemp(b->folder));
    snprintf(b->path, sizeof b->path, "%s/quoth.db", b->folder);
    forge_must(store_create(b->path, &err) && store_open(b->path, &b->store, &err));
    b->master = master_for_test();
    b->now = time_now();
    for (size_t i = 0; i < 2; i++) {
        b->keys[i] = forge_key(KEY_TYPE_P256);
        forge_certificate(&b->certificates[i], b->keys[i]);
    }
    *state = b;
    return 0;
}

static int close_bed(void **state)
{
    struct bed *b = *state;
    char command[128];
    store_close(b->store);
    master_key_clear(&b->master);
    for (size_t i = 0; i < 2; i++) {
        private_key_free(b->keys[i]);
        buffer_clear(&b->certificates[i]);
    }
    snprintf(command, sizeof command, "rm -rf %s", b->folder);
    forge_must(system(command) == 0);
    free(b);
    return 0;
}

static void put(struct bed *b, const char *kind, const char *issuer, const char *id,
                int64_t version, const struct buffer *value)
{
    struct quoth_error err = {0};
    const struct store_record r = {
        .kind = kind, .tenant = issuer, .id = id, .version = version, .value = buffer_bytes(value)};
    if (!record_keep(b->store, &b->master, &r, STORE_KEEP_ALL, &err))
        fail_msg("%s: %s", err.where, err.message);
}

static void put_signers(struct bed *b, int64_t version, size_t from, size_t count)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer value = {0};
    AUTO(stored_signers) struct stored_signers s = {.operation = "init", .who = "test"};
    for (s.count = 0; s.count < count; s.count++)
        buffer_add(&s.certificates[s.count], buffer_bytes(&b->certificates[from + s.count]));
    assert_true(stored_signers_write(&s, &value, &err));
    put(b, RECORD_SIGNERS, ISSUER, SIGNERS_ID, version, &value);
}

/* signer -1: nobody. text "": a reset. */
static void put_policy(struct bed *b, const char *issuer, int64_t version, const char *text,
                       int signer, int64_t signers_version, int64_t time)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer payload = {0}, value = {0};
    AUTO(stored_policy)
    struct stored_policy p = {
        .who = "test", .operation = "set", .time = time, .signers_version = signers_version};
    struct bytes chain = {0};
    if (signer >= 0)
        chain = buffer_bytes(&b->certificates[signer]);
    assert_true(policy_jws_payload(bytes_of_text(text), NULL, &payload, &err));
    assert_true(jws_write(buffer_bytes(&payload), signer < 0 ? NULL : b->keys[signer], &chain,
                          signer >= 0, &p.jws, &err));
    assert_true(stored_policy_write(&p, &value, &err));
    put(b, RECORD_POLICY, issuer, "SgxEnclave", version, &value);
}

struct policies {
    struct tenant_policy of[ATTEST_TYPES];
};

static void policies_clear(struct policies *p)
{
    for (size_t i = 0; i < ATTEST_TYPES; i++)
        tenant_policy_clear(&p->of[i]);
}
DEFINE_AUTO_VALUE(policies, struct policies, policies_clear)

static bool load(struct bed *b, enum trust_model model, struct policies *ret,
                 struct quoth_error *err)
{
    return stored_policies_load(b->store, &b->master, ISSUER, model, ret->of, err);
}

static void without_records_the_defaults_hold(void **state)
{
    struct bed *b = *state;
    struct quoth_error err = {0};
    AUTO(policies) struct policies p = {0};
    AUTO(stored_signers) struct stored_signers s = {0};
    assert_true(load(b, MODEL_ISOLATED, &p, &err));
    for (size_t i = 0; i < ATTEST_TYPES; i++) {
        assert_true(p.of[i].is_default && p.of[i].version == 0 && p.of[i].since == 0);
        assert_int_equal(p.of[i].policy != NULL, i != ATTEST_TPM);
    }
    assert_true(
        bytes_equal(buffer_bytes(&p.of[ATTEST_TPM].jws), BYTES_LITERAL("eyJhbGciOiJub25lIn0..")));
    assert_true(stored_signers_load(b->store, &b->master, ISSUER, 0, &s, &err));
    assert_int_equal(s.version + (int64_t)s.count, 0);
}

static void the_default_is_told_as_azure_does(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer file = {0}, wanted = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(tenant_policy) struct tenant_policy p = {0};
    assert_true(json_parse(unit_vector("maa/admin/get-default-sgx-1-get.claims.json", &file), NULL,
                           &doc, &err));
    assert_true(json_need_text(json_root(&doc), "x-ms-policy", &wanted, &err));
    assert_true(stored_policy_default(ATTEST_SGX_ENCLAVE, &p, &err));
    assert_true(bytes_equal(buffer_bytes(&p.jws), buffer_bytes(&wanted)));
}

static void what_was_set_holds_until_it_is_reset(void **state)
{
    struct bed *b = *state;
    struct quoth_error err = {0};
    AUTO(policies) struct policies set = {0}, reset = {0};
    put_policy(b, ISSUER, 1, TEXT "// mine", -1, 0, 1000);
    assert_true(load(b, MODEL_AAD, &set, &err));
    assert_true(!set.of[0].is_default && set.of[0].version == 1 && set.of[0].since == 1000);
    assert_int_equal(set.of[0].signer.len, 0);
    assert_true(bytes_equal(policy_source(set.of[0].policy), BYTES_LITERAL(TEXT "// mine")));
    assert_true(set.of[ATTEST_OPEN_ENCLAVE].is_default);
    put_policy(b, ISSUER, 2, "", -1, 0, 2000);
    assert_true(load(b, MODEL_AAD, &reset, &err));
    assert_true(reset.of[0].is_default && reset.of[0].version == 2 && reset.of[0].since == 2000);
}

static void a_signed_one_is_verified_again(void **state)
{
    struct bed *b = *state;
    struct quoth_error err = {0};
    AUTO(policies) struct policies p = {0};
    put_signers(b, 1, 0, 1);
    put_policy(b, ISSUER, 1, TEXT, 0, 1, b->now);
    assert_true(load(b, MODEL_ISOLATED, &p, &err));
    assert_true(bytes_equal(buffer_bytes(&p.of[0].signer), buffer_bytes(&b->certificates[0])));
}

/* By whatever way it came in. */
static void what_no_trusted_signer_signed_does_not_load(void **state)
{
    struct bed *b = *state;
    static const struct {
        const char *name, *text;
        int signer;
        int64_t signers_version, time; /* time counts from now */
        enum quoth_code code;
    } rows[] = {
        {"nobody's",                        TEXT,     -1, 1, 0,     QUOTH_JWS_UNSIGNED },
        {"nobody's reset",                  "",       -1, 1, 0,     QUOTH_JWS_UNSIGNED },
        {"a stranger's",                    TEXT,     1,  1, 0,     QUOTH_JWS_SIGNER   },
        {"a stranger's reset",              "",       1,  1, 0,     QUOTH_JWS_SIGNER   },
        {"of no version of signers",        TEXT,     0,  0, 0,     QUOTH_STORE_BROKEN },
        {"of a version that is not there",  TEXT,     0,  9, 0,     QUOTH_JWS_SIGNER   },
        {"of before its signer was valid",  TEXT,     0,  1, -7200, QUOTH_JWS_SIGNER   },
        {"of after its signer had expired", TEXT,     0,  1, 7200,  QUOTH_JWS_SIGNER   },
        {"what is no policy",               "permit", 0,  1, 0,     QUOTH_POLICY_SYNTAX},
    };
    put_signers(b, 1, 0, 1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0};
        AUTO(policies) struct policies p = {0};
        print_message("  %s\n", rows[i].name);
        put_policy(b, ISSUER, (int64_t)i + 1, rows[i].text, rows[i].signer, rows[i].signers_version,
                   b->now + rows[i].time);
        assert_false(load(b, MODEL_ISOLATED, &p, &err));
        assert_int_equal(err.code, rows[i].code);
        assert_true(strncmp(err.where, "SgxEnclave", 10) == 0);
        assert_null(p.of[0].policy);
    }
}

static void it_stays_when_its_signer_has_gone(void **state)
{
    struct bed *b = *state;
    struct quoth_error err = {0};
    AUTO(policies) struct policies p = {0};
    put_signers(b, 1, 0, 2);
    put_policy(b, ISSUER, 1, TEXT, 0, 1, b->now);
    put_signers(b, 2, 1, 1);
    if (!load(b, MODEL_ISOLATED, &p, &err))
        fail_msg("%s: %s", err.where, err.message);
    assert_int_equal(p.of[0].version, 1);
}

static void a_broken_signature_does_not_load_on_any_tenant(void **state)
{
    struct bed *b = *state;
    struct quoth_error err = {0};
    AUTO(policies) struct policies p = {0};
    AUTO(buffer) struct buffer payload = {0}, value = {0};
    AUTO(stored_policy) struct stored_policy s = {.who = "test", .operation = "set"};
    const struct bytes chain = buffer_bytes(&b->certificates[0]); /* and another's key */
    assert_true(policy_jws_payload(BYTES_LITERAL(TEXT), NULL, &payload, &err));
    assert_true(jws_write(buffer_bytes(&payload), b->keys[1], &chain, 1, &s.jws, &err));
    assert_true(stored_policy_write(&s, &value, &err));
    put(b, RECORD_POLICY, ISSUER, "SgxEnclave", 1, &value);
    assert_false(load(b, MODEL_AAD, &p, &err));
    assert_int_equal(err.code, QUOTH_JWS_SIGNATURE);
}

static void values_that_are_torn_do_not_load(void **state)
{
    struct bed *b = *state;
    static const char *const values[] = {
        "",
        "{}",
        "[]",
        "{\"operation\":\"set\"}",
        "{\"operation\":\"set\",\"jws\":\"\",\"who\":\"a\",\"time\":1,\"iat\":0,\"signers\":0}",
        "{\"operation\":\"set\",\"jws\":1,\"who\":\"a\",\"time\":1,\"iat\":0,\"signers\":0}",
        "{\"operation\":\"set\",\"jws\":\"eyJhbGciOiJub25lIn0..\",\"who\":\"a\",\"time\":-1,"
        "\"iat\":0,\"signers\":0}",
        "{\"operation\":\"set\",\"jws\":\"eyJhbGciOiJub25lIn0..\",\"who\":\"a\",\"time\":1,\"iat\":"
        "0}",
        "{\"operation\":\"a name that is too "
        "long\",\"jws\":\"eyJhbGciOiJub25lIn0..\",\"who\":\"a\",\"time\":1,\"iat\":0,\"signers\":"
        "0}",
    };
    for (size_t i = 0; i < COUNT(values); i++) {
        struct quoth_error err = {0};
        AUTO(policies) struct policies p = {0};
        AUTO(buffer) struct buffer value = {0};
        print_message("  %s\n", values[i]);
        buffer_text(&value, values[i]);
        put(b, RECORD_POLICY, ISSUER, "SgxEnclave", (int64_t)i + 1, &value);
        assert_false(load(b, MODEL_AAD, &p, &err));
        assert_int_not_equal(err.code, QUOTH_OK);
    }
}

static void tenants_do_not_share(void **state)
{
    struct bed *b = *state;
    struct quoth_error err = {0};
    AUTO(policies) struct policies p = {0};
    put_policy(b, OTHER, 1, TEXT "// theirs", -1, 0, 1000);
    assert_true(load(b, MODEL_AAD, &p, &err));
    assert_true(p.of[0].is_default);
}

/* ---- signers */

static void signers_come_back_as_they_were(void **state)
{
    struct bed *b = *state;
    struct quoth_error err = {0};
    AUTO(stored_signers) struct stored_signers newest = {0}, first = {0};
    put_signers(b, 1, 0, 1);
    put_signers(b, 2, 0, 2);
    assert_true(stored_signers_load(b->store, &b->master, ISSUER, 0, &newest, &err));
    assert_true(stored_signers_load(b->store, &b->master, ISSUER, 1, &first, &err));
    assert_true(newest.version == 2 && newest.count == 2 && first.version == 1 && first.count == 1);
    assert_true(
        bytes_equal(buffer_bytes(&newest.certificates[1]), buffer_bytes(&b->certificates[1])));
    assert_string_equal(newest.operation, "init");
}

static void signers_for_init_come_from_pem(void **state)
{
    struct bed *b = *state;
    struct quoth_error err = {0}, none = {0}, weak = {0}, torn = {0};
    AUTO(buffer) struct buffer pem = {0};
    AUTO(stored_signers) struct stored_signers s = {0}, refused = {0};
    pem_encode("CERTIFICATE", buffer_bytes(&b->certificates[0]), &pem);
    pem_encode("CERTIFICATE", buffer_bytes(&b->certificates[1]), &pem);
    pem_encode("CERTIFICATE", buffer_bytes(&b->certificates[0]), &pem);
    assert_true(stored_signers_from_pem(buffer_bytes(&pem), &s, &err));
    assert_int_equal(s.count, 2);
    assert_false(stored_signers_from_pem((struct bytes){0}, &refused, &none));
    assert_int_equal(none.code, QUOTH_PEM);
    assert_false(
        stored_signers_from_pem(bytes_slice(buffer_bytes(&pem), 0, pem.len - 40), &refused, &torn));
    assert_int_equal(torn.code, QUOTH_PEM);
    buffer_clear(&pem);
    pem_encode("CERTIFICATE", BYTES_LITERAL("no certificate"), &pem);
    assert_false(stored_signers_from_pem(buffer_bytes(&pem), &refused, &weak));
    assert_int_equal(weak.code, QUOTH_SIGNER_UNFIT);
}

static void published_signers_are_fit(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        size_t count;
    } files[] = {
        {"maa/policies/docs/signer-create.pem",                                                      1},
        {"maa/policies/tools/api.version.ga-signed.data.for.test/signing.cert.pem",                  1},
        {"maa/policies/tools/api.version.ga-signed.data.for.test/cert.chain.pem",                    3},
        {"maa/policies/tools/api.version.ga-signed.data.for.test/ten.self.signed.signing.certs.pem",
         10                                                                                           },
    };
    for (size_t i = 0; i < COUNT(files); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer file = {0};
        AUTO(stored_signers) struct stored_signers s = {0};
        print_message("  %s\n", files[i].path);
        if (!stored_signers_from_pem(unit_vector(files[i].path, &file), &s, &err))
            fail_msg("%s: %s", err.where, err.message);
        assert_int_equal(s.count, files[i].count);
    }
}

#define IN_A_BED(test) cmocka_unit_test_setup_teardown(test, open_bed, close_bed)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_BED(without_records_the_defaults_hold),
        cmocka_unit_test(the_default_is_told_as_azure_does),
        IN_A_BED(what_was_set_holds_until_it_is_reset),
        IN_A_BED(a_signed_one_is_verified_again),
        IN_A_BED(what_no_trusted_signer_signed_does_not_load),
        IN_A_BED(it_stays_when_its_signer_has_gone),
        IN_A_BED(a_broken_signature_does_not_load_on_any_tenant),
        IN_A_BED(values_that_are_torn_do_not_load),
        IN_A_BED(tenants_do_not_share),
        IN_A_BED(signers_come_back_as_they_were),
        IN_A_BED(signers_for_init_come_from_pem),
        cmocka_unit_test(published_signers_are_fit),
    };
    return cmocka_run_group_tests_name("service/stored_policy", tests, NULL, NULL);
}
