#include "service/policies/policy_change.h"

#include "crypto/x509.h"
#include "service/policies/signer_change.h"
#include "service/policies/stored_policy.h"
#include "tests/forge.h"
#include "tests/unit.h"

#define ISSUER "https://attest.example"
#define TEXT "version= 1.0;authorizationrules{=> permit();};"

/* Whoever signs here: one who is trusted, one who is not. */
static struct private_key *keys[3];
static struct buffer certificates[3];
static int64_t now;

enum who { NOBODY = -1, TRUSTED, STRANGER, SECOND };

static int make_all(void **state)
{
    (void)state;
    now = time_now();
    for (size_t i = 0; i < COUNT(keys); i++) {
        keys[i] = forge_key(KEY_TYPE_P256);
        forge_certificate(&certificates[i], keys[i]);
    }
    return 0;
}

static int clear_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(keys); i++) {
        private_key_free(keys[i]);
        buffer_clear(&certificates[i]);
    }
    return 0;
}

static void write_jws(struct bytes payload, enum who by, struct buffer *to)
{
    struct quoth_error err = {0};
    struct bytes chain = {0};
    if (by != NOBODY)
        chain = buffer_bytes(&certificates[by]);
    forge_must(jws_write(payload, by == NOBODY ? NULL : keys[by], &chain, by != NOBODY, to, &err));
}

static struct change_rules rules_of(enum trust_model model, bool strict, int64_t last_iat)
{
    return (struct change_rules){.model = model,
                                 .strict = strict,
                                 .issuer = ISSUER,
                                 .signers = certificates,
                                 .signer_count = model == MODEL_ISOLATED ? 1 : 0,
                                 .last_iat = last_iat,
                                 .now = now};
}

/* What a payload says beside; iat counts from now, and NO_IAT says none. */
#define NO_IAT INT64_MAX
struct said {
    const char *text, *aud, *type, *operation;
    int64_t iat;
};

static void write_policy(const struct said *said, enum who by, struct buffer *to)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer payload = {0};
    AUTO(policy_binding)
    struct policy_binding b = {.has_aud = said->aud,
                               .has_type = said->type,
                               .has_operation = said->operation,
                               .has_iat = said->iat != NO_IAT};
    const bool bound = b.has_aud || b.has_type || b.has_operation || b.has_iat;
    b.iat = b.has_iat ? now + said->iat : 0;
    buffer_text(&b.aud, said->aud ? said->aud : "");
    buffer_text(&b.type, said->type ? said->type : "");
    buffer_text(&b.operation, said->operation ? said->operation : "");
    forge_must(policy_jws_payload(bytes_of_text(said->text), bound ? &b : NULL, &payload, &err));
    write_jws(buffer_bytes(&payload), by, to);
}

#define PLAIN                                                                                      \
    {                                                                                              \
        TEXT, NULL, NULL, NULL, NO_IAT                                                             \
    }
#define RESET                                                                                      \
    {                                                                                              \
        "", NULL, NULL, NULL, NO_IAT                                                               \
    }
#define BOUND                                                                                      \
    {                                                                                              \
        TEXT, ISSUER, "SgxEnclave", "set", 0                                                       \
    }

/* clang-format off */
static const struct row {
    const char *name;
    enum trust_model model;
    bool strict;
    enum who by;
    enum change_operation operation;
    struct said said;
    int64_t last_iat; /* counts from now; NO_IAT: none is stored */
    bool spent;
    enum quoth_code code;
} rows[] = {
    {"aad: nobody's",               MODEL_AAD,      false, NOBODY,   CHANGE_SET,   PLAIN, NO_IAT, false, QUOTH_OK},
    {"aad: anybody's",              MODEL_AAD,      false, STRANGER, CHANGE_SET,   PLAIN, NO_IAT, false, QUOTH_OK},
    {"aad: one that was there",     MODEL_AAD,      false, NOBODY,   CHANGE_SET,   PLAIN, NO_IAT, true,  QUOTH_OK},
    {"aad: nobody's reset",         MODEL_AAD,      false, NOBODY,   CHANGE_RESET, RESET, NO_IAT, false, QUOTH_OK},
    {"aad: strictness is for isolated ones", MODEL_AAD, true, NOBODY, CHANGE_SET,  PLAIN, NO_IAT, false, QUOTH_OK},
    {"aad: bound",                  MODEL_AAD,      false, NOBODY,   CHANGE_SET,   BOUND, NO_IAT, false, QUOTH_OK},
    {"isolated: a trusted signer's", MODEL_ISOLATED, false, TRUSTED, CHANGE_SET,   PLAIN, NO_IAT, false, QUOTH_OK},
    {"isolated: its reset",         MODEL_ISOLATED, false, TRUSTED,  CHANGE_RESET, RESET, NO_IAT, false, QUOTH_OK},
    {"isolated: bound",             MODEL_ISOLATED, false, TRUSTED,  CHANGE_SET,   BOUND, NO_IAT, false, QUOTH_OK},
    {"strict: bound",               MODEL_ISOLATED, true,  TRUSTED,  CHANGE_SET,   BOUND, NO_IAT, false, QUOTH_OK},
    {"strict: of the very second",  MODEL_ISOLATED, true,  TRUSTED,  CHANGE_SET,   BOUND, 0,      false, QUOTH_OK},
    {"strict: a bound reset",       MODEL_ISOLATED, true,  TRUSTED,  CHANGE_RESET,
     {"", ISSUER, "SgxEnclave", "reset", 0},                                              -60,    false, QUOTH_OK},
    {"a type in other case",        MODEL_ISOLATED, true,  TRUSTED,  CHANGE_SET,
     {TEXT, ISSUER, "sgxenclave", "set", 0},                                              NO_IAT, false, QUOTH_OK},
    {"a clock a little ahead",      MODEL_AAD,      false, NOBODY,   CHANGE_SET,
     {TEXT, NULL, NULL, NULL, 60},                                                        NO_IAT, false, QUOTH_OK},

    {"shared: nobody's",            MODEL_SHARED,   false, NOBODY,   CHANGE_SET,   PLAIN, NO_IAT, false, QUOTH_CHANGE_SHARED},
    {"shared: signed",              MODEL_SHARED,   false, TRUSTED,  CHANGE_SET,   PLAIN, NO_IAT, false, QUOTH_CHANGE_SHARED},
    {"shared: a reset",             MODEL_SHARED,   false, NOBODY,   CHANGE_RESET, RESET, NO_IAT, false, QUOTH_CHANGE_SHARED},
    {"isolated: nobody's",          MODEL_ISOLATED, false, NOBODY,   CHANGE_SET,   PLAIN, NO_IAT, false, QUOTH_CHANGE_UNSIGNED},
    {"isolated: nobody's reset",    MODEL_ISOLATED, false, NOBODY,   CHANGE_RESET, RESET, NO_IAT, false, QUOTH_CHANGE_UNSIGNED},
    {"isolated: nobody's, well bound", MODEL_ISOLATED, true, NOBODY, CHANGE_SET,   BOUND, NO_IAT, false, QUOTH_CHANGE_UNSIGNED},
    {"isolated: a stranger's",      MODEL_ISOLATED, false, STRANGER, CHANGE_SET,   PLAIN, NO_IAT, false, QUOTH_JWS_SIGNER},
    {"isolated: a stranger's reset", MODEL_ISOLATED, false, STRANGER, CHANGE_RESET, RESET, NO_IAT, false, QUOTH_JWS_SIGNER},
    {"isolated: replayed",          MODEL_ISOLATED, false, TRUSTED,  CHANGE_SET,   PLAIN, NO_IAT, true,  QUOTH_CHANGE_REPLAYED},
    {"isolated: a reset replayed",  MODEL_ISOLATED, false, TRUSTED,  CHANGE_RESET, RESET, NO_IAT, true,  QUOTH_CHANGE_REPLAYED},
    {"strict: replayed",            MODEL_ISOLATED, true,  TRUSTED,  CHANGE_SET,   BOUND, NO_IAT, true,  QUOTH_CHANGE_REPLAYED},
    {"a policy to a reset",         MODEL_AAD,      false, NOBODY,   CHANGE_RESET, PLAIN, NO_IAT, false, QUOTH_CHANGE_OPERATION},
    {"nothing to a set",            MODEL_AAD,      false, NOBODY,   CHANGE_SET,   RESET, NO_IAT, false, QUOTH_CHANGE_OPERATION},
    {"a bound reset to a set",      MODEL_ISOLATED, false, TRUSTED,  CHANGE_SET,
     {"", NULL, NULL, "reset", 0},                                                        NO_IAT, false, QUOTH_CHANGE_OPERATION},
    {"for another tenant",          MODEL_ISOLATED, false, TRUSTED,  CHANGE_SET,
     {TEXT, "https://other.example", NULL, NULL, NO_IAT},                                 NO_IAT, false, QUOTH_CHANGE_BINDING},
    {"for the tenant with a slash", MODEL_ISOLATED, false, TRUSTED,  CHANGE_SET,
     {TEXT, ISSUER "/", NULL, NULL, NO_IAT},                                              NO_IAT, false, QUOTH_CHANGE_BINDING},
    {"for another tenant, unsigned", MODEL_AAD,     false, NOBODY,   CHANGE_SET,
     {TEXT, "https://other.example", NULL, NULL, NO_IAT},                                 NO_IAT, false, QUOTH_CHANGE_BINDING},
    {"for another type",            MODEL_ISOLATED, false, TRUSTED,  CHANGE_SET,
     {TEXT, NULL, "OpenEnclave", NULL, NO_IAT},                                           NO_IAT, false, QUOTH_CHANGE_BINDING},
    {"for another operation",       MODEL_ISOLATED, false, TRUSTED,  CHANGE_SET,
     {TEXT, NULL, NULL, "reset", NO_IAT},                                                 NO_IAT, false, QUOTH_CHANGE_BINDING},
    {"for an operation in capitals", MODEL_ISOLATED, false, TRUSTED, CHANGE_SET,
     {TEXT, NULL, NULL, "SET", NO_IAT},                                                   NO_IAT, false, QUOTH_CHANGE_BINDING},
    {"from the future",             MODEL_ISOLATED, false, TRUSTED,  CHANGE_SET,
     {TEXT, NULL, NULL, NULL, 61},                                                        NO_IAT, false, QUOTH_CHANGE_BINDING},
    {"older than what is stored",   MODEL_ISOLATED, false, TRUSTED,  CHANGE_SET,
     {TEXT, NULL, NULL, NULL, -2},                                                        -1,     false, QUOTH_CHANGE_BINDING},
    {"a reset older than what is stored", MODEL_ISOLATED, false, TRUSTED, CHANGE_RESET,
     {"", NULL, NULL, "reset", -2},                                                       -1,     false, QUOTH_CHANGE_BINDING},
    {"strict: plain",               MODEL_ISOLATED, true,  TRUSTED,  CHANGE_SET,   PLAIN, NO_IAT, false, QUOTH_CHANGE_BINDING},
    {"strict: a plain reset",       MODEL_ISOLATED, true,  TRUSTED,  CHANGE_RESET, RESET, NO_IAT, false, QUOTH_CHANGE_BINDING},
    {"strict: without aud",         MODEL_ISOLATED, true,  TRUSTED,  CHANGE_SET,
     {TEXT, NULL, "SgxEnclave", "set", 0},                                                NO_IAT, false, QUOTH_CHANGE_BINDING},
    {"strict: without type",        MODEL_ISOLATED, true,  TRUSTED,  CHANGE_SET,
     {TEXT, ISSUER, NULL, "set", 0},                                                      NO_IAT, false, QUOTH_CHANGE_BINDING},
    {"strict: without operation",   MODEL_ISOLATED, true,  TRUSTED,  CHANGE_SET,
     {TEXT, ISSUER, "SgxEnclave", NULL, 0},                                               NO_IAT, false, QUOTH_CHANGE_BINDING},
    {"strict: without iat",         MODEL_ISOLATED, true,  TRUSTED,  CHANGE_SET,
     {TEXT, ISSUER, "SgxEnclave", "set", NO_IAT},                                         NO_IAT, false, QUOTH_CHANGE_BINDING},
    {"no policy",                   MODEL_AAD,      false, NOBODY,   CHANGE_SET,
     {"version= 1.0;authorizationrules{=> permit()};", NULL, NULL, NULL, NO_IAT},         NO_IAT, false, QUOTH_POLICY_SYNTAX},
    {"no policy, signed",           MODEL_ISOLATED, false, TRUSTED,  CHANGE_SET,
     {"permit();", NULL, NULL, NULL, NO_IAT},                                             NO_IAT, false, QUOTH_POLICY_SYNTAX},
};
/* clang-format on */

static void every_row_is_decided(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *r = &rows[i];
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer text = {0};
        AUTO(policy_change) struct policy_change c = {0};
        const struct change_rules rules =
            rules_of(r->model, r->strict, r->last_iat == NO_IAT ? 0 : now + r->last_iat);
        const struct policy_standing standing = {.spent = r->spent};
        print_message("  %s\n", r->name);
        write_policy(&r->said, r->by, &text);
        const bool good = policy_change_judge(&rules, ATTEST_SGX_ENCLAVE, r->operation,
                                              buffer_bytes(&text), &standing, &c, &err);
        if (err.code != r->code)
            fail_msg("%s: %s: %s", quoth_code_dotted(err.code), err.where, err.message);
        assert_int_equal(good, r->code == QUOTH_OK);
        assert_int_equal(c.policy != NULL, good && r->operation == CHANGE_SET);
        assert_int_equal(c.signer.len > 0, good && r->by != NOBODY);
        assert_false(c.unchanged);
        if (good)
            assert_int_equal(c.iat, r->said.iat != NO_IAT ? now + r->said.iat : rules.last_iat);
    }
}

static void what_is_stored_now_may_be_sent_again(void **state)
{
    (void)state;
    const struct said said = PLAIN, reset = RESET;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer set = {0}, gone = {0}, padded = {0};
    AUTO(policy_change) struct policy_change again = {0}, blanks = {0}, reset_again = {0};
    const struct change_rules rules = rules_of(MODEL_ISOLATED, false, 0);
    write_policy(&said, TRUSTED, &set);
    write_policy(&reset, TRUSTED, &gone);
    const struct policy_standing is_set = {.jws = buffer_bytes(&set), .spent = true};
    const struct policy_standing is_reset = {.jws = buffer_bytes(&gone), .spent = true};
    assert_true(policy_change_judge(&rules, ATTEST_TPM, CHANGE_SET, buffer_bytes(&set), &is_set,
                                    &again, &err));
    assert_true(again.unchanged);
    buffer_text(&padded, "\r\n ");
    buffer_add(&padded, buffer_bytes(&set));
    buffer_text(&padded, "\n");
    assert_true(policy_change_judge(&rules, ATTEST_TPM, CHANGE_SET, buffer_bytes(&padded), &is_set,
                                    &blanks, &err));
    assert_true(blanks.unchanged && bytes_equal(blanks.jws, buffer_bytes(&set)));
    assert_true(policy_change_judge(&rules, ATTEST_TPM, CHANGE_RESET, buffer_bytes(&gone),
                                    &is_reset, &reset_again, &err));
    assert_true(reset_again.unchanged);
}

static void no_signature_of_a_stranger_is_replayed_as_ours(void **state)
{
    (void)state;
    const struct said said = PLAIN;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0};
    AUTO(policy_change) struct policy_change c = {0};
    const struct change_rules rules = rules_of(MODEL_ISOLATED, false, 0);
    write_policy(&said, STRANGER, &text); /* stored, by whatever way: still not his to send */
    const struct policy_standing standing = {.jws = buffer_bytes(&text), .spent = true};
    assert_false(policy_change_judge(&rules, ATTEST_TPM, CHANGE_SET, buffer_bytes(&text), &standing,
                                     &c, &err));
    assert_int_equal(err.code, QUOTH_JWS_SIGNER);
}

static void a_broken_signature_is_refused_everywhere(void **state)
{
    (void)state;
    static const enum trust_model models[] = {MODEL_AAD, MODEL_ISOLATED};
    const struct said said = PLAIN;
    const struct policy_standing standing = {0};
    AUTO(buffer) struct buffer text = {0};
    write_policy(&said, TRUSTED, &text);
    text.data[text.len - 5] = text.data[text.len - 5] == 'A' ? 'B' : 'A';
    for (size_t i = 0; i < COUNT(models); i++) {
        struct quoth_error err = {0};
        AUTO(policy_change) struct policy_change c = {0};
        const struct change_rules rules = rules_of(models[i], false, 0);
        assert_false(policy_change_judge(&rules, ATTEST_TPM, CHANGE_SET, buffer_bytes(&text),
                                         &standing, &c, &err));
        assert_int_equal(err.code, QUOTH_JWS_SIGNATURE);
    }
}

static void azures_sentence_is_told(void **state)
{
    (void)state;
    const struct said said = PLAIN;
    const struct policy_standing standing = {0};
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0};
    AUTO(policy_change) struct policy_change c = {0};
    const struct change_rules rules = rules_of(MODEL_ISOLATED, false, 0);
    write_policy(&said, NOBODY, &text);
    assert_false(policy_change_judge(&rules, ATTEST_TPM, CHANGE_SET, buffer_bytes(&text), &standing,
                                     &c, &err));
    assert_string_equal(
        err.message, "Unsigned JWS specified but enclave is configured with signing certificates.");
}

static void a_fault_of_the_policy_has_its_place(void **state)
{
    (void)state;
    const struct said said = {"version= 1.0;\nauthorizationrules{=> allow();};", NULL, NULL, NULL,
                              NO_IAT};
    const struct policy_standing standing = {0};
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0};
    AUTO(policy_change) struct policy_change c = {0};
    const struct change_rules rules = rules_of(MODEL_AAD, false, 0);
    write_policy(&said, NOBODY, &text);
    assert_false(policy_change_judge(&rules, ATTEST_TPM, CHANGE_SET, buffer_bytes(&text), &standing,
                                     &c, &err));
    assert_int_equal(err.code, QUOTH_POLICY_SYNTAX);
    assert_int_equal(err.line, 2);
    assert_int_equal(err.column, 23);
}

/* ---- signers */

static void write_signer(enum who of, enum who by, const struct policy_binding *binding,
                         struct buffer *to)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer payload = {0};
    forge_must(
        policy_jws_certificate_payload(buffer_bytes(&certificates[of]), binding, &payload, &err));
    write_jws(buffer_bytes(&payload), by, to);
}

/* clang-format off */
static const struct signer_row {
    const char *name;
    enum trust_model model;
    bool strict;
    size_t trusted; /* of TRUSTED, STRANGER, SECOND */
    enum who of, by;
    enum change_operation operation;
    bool unchanged;
    enum quoth_code code;
} signer_rows[] = {
    {"add",                      MODEL_ISOLATED, false, 1, SECOND,   TRUSTED,  CHANGE_ADD,    false, QUOTH_OK},
    {"add what is there",        MODEL_ISOLATED, false, 1, TRUSTED,  TRUSTED,  CHANGE_ADD,    true,  QUOTH_OK},
    {"remove",                   MODEL_ISOLATED, false, 3, SECOND,   TRUSTED,  CHANGE_REMOVE, false, QUOTH_OK},
    {"remove oneself",           MODEL_ISOLATED, false, 2, TRUSTED,  TRUSTED,  CHANGE_REMOVE, false, QUOTH_OK},
    {"remove what is not there", MODEL_ISOLATED, false, 1, SECOND,   TRUSTED,  CHANGE_REMOVE, true,  QUOTH_OK},
    {"the last one",             MODEL_ISOLATED, false, 1, TRUSTED,  TRUSTED,  CHANGE_REMOVE, false, QUOTH_SIGNER_LAST},
    {"by a stranger",            MODEL_ISOLATED, false, 1, STRANGER, STRANGER, CHANGE_ADD,    false, QUOTH_JWS_SIGNER},
    {"removed by a stranger",    MODEL_ISOLATED, false, 1, TRUSTED,  SECOND,   CHANGE_REMOVE, false, QUOTH_JWS_SIGNER},
    {"by nobody",                MODEL_ISOLATED, false, 1, SECOND,   NOBODY,   CHANGE_ADD,    false, QUOTH_CHANGE_UNSIGNED},
    {"aad",                      MODEL_AAD,      false, 0, SECOND,   TRUSTED,  CHANGE_ADD,    false, QUOTH_SIGNERS_NONE},
    {"aad, remove",              MODEL_AAD,      false, 0, SECOND,   TRUSTED,  CHANGE_REMOVE, false, QUOTH_SIGNERS_NONE},
    {"shared",                   MODEL_SHARED,   false, 0, SECOND,   TRUSTED,  CHANGE_ADD,    false, QUOTH_SIGNERS_NONE},
    {"strict, and not bound",    MODEL_ISOLATED, true,  1, SECOND,   TRUSTED,  CHANGE_ADD,    false, QUOTH_CHANGE_BINDING},
};
/* clang-format on */

static void every_signer_is_decided(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(signer_rows); i++) {
        const struct signer_row *r = &signer_rows[i];
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer text = {0};
        AUTO(signer_change) struct signer_change c = {0};
        struct change_rules rules = rules_of(r->model, r->strict, 0);
        rules.signer_count = r->trusted;
        print_message("  %s\n", r->name);
        write_signer(r->of, r->by, NULL, &text);
        const bool good = signer_change_judge(&rules, r->operation, buffer_bytes(&text), &c, &err);
        if (err.code != r->code)
            fail_msg("%s: %s: %s", quoth_code_dotted(err.code), err.where, err.message);
        assert_int_equal(good, r->code == QUOTH_OK);
        assert_int_equal(c.unchanged, r->unchanged);
        if (good)
            assert_true(
                bytes_equal(buffer_bytes(&c.certificate), buffer_bytes(&certificates[r->of])));
    }
}

static void a_bound_one_is_good_for_one_operation(void **state)
{
    (void)state;
    struct quoth_error err = {0}, other = {0}, type = {0};
    AUTO(buffer) struct buffer text = {0}, typed = {0};
    AUTO(signer_change) struct signer_change added = {0}, removed = {0}, of_type = {0};
    AUTO(policy_binding)
    struct policy_binding b = {.has_aud = true, .has_iat = true, .iat = now, .has_operation = true};
    struct change_rules rules = rules_of(MODEL_ISOLATED, true, 0);
    buffer_text(&b.aud, ISSUER);
    buffer_text(&b.operation, "add");
    write_signer(SECOND, TRUSTED, &b, &text);
    assert_true(signer_change_judge(&rules, CHANGE_ADD, buffer_bytes(&text), &added, &err));
    assert_int_equal(added.iat, now);
    rules.signer_count = 3;
    assert_false(signer_change_judge(&rules, CHANGE_REMOVE, buffer_bytes(&text), &removed, &other));
    assert_int_equal(other.code, QUOTH_CHANGE_BINDING);
    b.has_type = true;
    buffer_text(&b.type, "SgxEnclave");
    write_signer(SECOND, TRUSTED, &b, &typed);
    assert_false(signer_change_judge(&rules, CHANGE_ADD, buffer_bytes(&typed), &of_type, &type));
    assert_int_equal(type.code, QUOTH_CHANGE_BINDING);
}

static void there_is_room_for_32(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct buffer many[TENANT_SIGNERS_MAX];
    AUTO(buffer) struct buffer text = {0};
    AUTO(signer_change) struct signer_change c = {0};
    struct change_rules rules = rules_of(MODEL_ISOLATED, false, 0);
    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = certificates[TRUSTED];
    rules.signers = many;
    rules.signer_count = COUNT(many);
    write_signer(SECOND, TRUSTED, NULL, &text);
    assert_false(signer_change_judge(&rules, CHANGE_ADD, buffer_bytes(&text), &c, &err));
    assert_int_equal(err.code, QUOTH_SIGNER_LIMIT);
}

static void thumbprints_are_azures(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    char thumbprint[THUMBPRINT_SIZE];
    AUTO(buffer) struct buffer file = {0}, der = {0};
    AUTO(jws) struct jws j = {0};
    AUTO(policy_binding) struct policy_binding b = {0};
    const struct bytes body = unit_vector("maa/admin/certs-add-1-post.request.txt", &file);
    assert_true(jws_read(bytes_slice(body, 1, body.len - 2), &j, &err));
    assert_true(policy_jws_certificate(&j, &der, &b, &err));
    signer_thumbprint(buffer_bytes(&der), thumbprint);
    assert_string_equal(thumbprint, "7B5DB611BD249175A8E1DCE708164125D57FB66C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_decided),
        cmocka_unit_test(what_is_stored_now_may_be_sent_again),
        cmocka_unit_test(no_signature_of_a_stranger_is_replayed_as_ours),
        cmocka_unit_test(a_broken_signature_is_refused_everywhere),
        cmocka_unit_test(azures_sentence_is_told),
        cmocka_unit_test(a_fault_of_the_policy_has_its_place),
        cmocka_unit_test(every_signer_is_decided),
        cmocka_unit_test(a_bound_one_is_good_for_one_operation),
        cmocka_unit_test(there_is_room_for_32),
        cmocka_unit_test(thumbprints_are_azures),
    };
    return cmocka_run_group_tests_name("service/policy_change", tests, make_all, clear_all);
}
