#include "release/policy_signed.h"

#include "release/policy.h"
#include "tests/unit.h"
#include "tests/vault.h"

#define TENANT "https://vault.example"
#define TEXT                                                                                       \
    "{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"https://a.example\",\"allOf\":["           \
    "{\"claim\":\"a\",\"equals\":1}]}]}"
/* base64url of TEXT */
#define ENCODED                                                                                    \
    "eyJ2ZXJzaW9uIjoiMS4wLjAiLCJhbnlPZiI6W3siYXV0aG9yaXR5IjoiaHR0cHM6Ly9hLmV4YW1wbGUiLCJhbGxPZiI6" \
    "W3siY2xhaW0iOiJhIiwiZXF1YWxzIjoxfV19XX0"
#define GOOD                                                                                       \
    "\"ReleasePolicy\":\"" ENCODED "\",\"x-quoth-type\":\"release\",\"x-quoth-name\":\"keys/k\""

static struct vault vault;

static int begin(void **state)
{
    (void)state;
    vault_init(&vault, forge_key(KEY_TYPE_RSA_2048));
    return 0;
}

static int end(void **state)
{
    (void)state;
    vault_clear(&vault);
    return 0;
}

static void sign(const char *payload, bool unsecured, struct buffer *to)
{
    struct quoth_error err = {0};
    const struct bytes chain[] = {buffer_bytes(&vault.leaf), buffer_bytes(&vault.root)};
    assert_true(unsecured ? jws_write(bytes_of_text(payload), NULL, NULL, 0, to, &err)
                          : jws_write(bytes_of_text(payload), vault.key, chain, 2, to, &err));
}

static struct policy_signed_rules rules_of(const char *name)
{
    return (struct policy_signed_rules){.issuer = TENANT,
                                        .name = name,
                                        .signers = &vault.root,
                                        .signer_count = 1,
                                        .now = VAULT_NOW};
}

static const struct {
    const char *name, *payload, *of;
    enum quoth_code code;
} rows[] = {
    {"for this key",              "{" GOOD "}",                                                       "keys/k",    QUOTH_OK            },
    {"of another case",           "{" GOOD "}",                                                       "keys/K",    QUOTH_OK            },
    {"for this tenant",           "{" GOOD ",\"aud\":\"" TENANT "\"}",                                "keys/k",    QUOTH_OK            },
    {"made a while ago",          "{" GOOD ",\"iat\":1}",                                             "keys/k",    QUOTH_OK            },
    {"for another key",           "{" GOOD "}",                                                       "keys/l",    QUOTH_CHANGE_BINDING},
    {"for a longer name",         "{" GOOD "}",                                                       "keys/kk",   QUOTH_CHANGE_BINDING},
    {"for a secret of this name", "{" GOOD "}",                                                       "secrets/k", QUOTH_CHANGE_BINDING},
    {"for another tenant",        "{" GOOD ",\"aud\":\"https://other.example\"}",                     "keys/k",
     QUOTH_CHANGE_BINDING                                                                                                              },
    {"made in the future",        "{" GOOD ",\"iat\":1760000061}",                                    "keys/k",    QUOTH_CHANGE_BINDING},
    {"for nobody",                "{" GOOD ",\"aud\":null}",                                          "keys/k",    QUOTH_JWS_PAYLOAD   },
    {"an iat that is a text",     "{" GOOD ",\"iat\":\"1\"}",                                         "keys/k",    QUOTH_JWS_PAYLOAD   },
    {"of no type",                "{\"ReleasePolicy\":\"" ENCODED "\",\"x-quoth-name\":\"keys/k\"}",  "keys/k",
     QUOTH_JWS_PAYLOAD                                                                                                                 },
    {"of another type",
     "{\"ReleasePolicy\":\"" ENCODED
     "\",\"x-quoth-name\":\"keys/k\",\"x-quoth-type\":\"SgxEnclave\"}",                               "keys/k",    QUOTH_CHANGE_BINDING},
    {"of no name",                "{\"ReleasePolicy\":\"" ENCODED "\",\"x-quoth-type\":\"release\"}", "keys/k",
     QUOTH_JWS_PAYLOAD                                                                                                                 },
    {"two names",                 "{" GOOD ",\"X-Quoth-Name\":\"keys/l\"}",                           "keys/k",    QUOTH_JWS_PAYLOAD   },
};

static void it_is_for_one_name_of_one_tenant(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer jws = {0};
        const struct policy_signed_rules rules = rules_of(rows[i].of);
        print_message("  %s\n", rows[i].name);
        sign(rows[i].payload, false, &jws);
        (void)policy_signed_check(buffer_bytes(&jws), &rules, &err);
        if (err.code != rows[i].code)
            fail_msg("%s: %s: %s", quoth_code_dotted(err.code), err.where, err.message);
    }
}

static void somebody_trusted_must_have_signed_it(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer jws = {0}, bare = {0};
    const struct policy_signed_rules good = rules_of("keys/k");
    struct policy_signed_rules nobody = good, late = good;
    nobody.signer_count = 0;
    late.now = VAULT_NOW + 2 * TIME_DAY;
    sign("{" GOOD "}", false, &jws);
    sign("{" GOOD "}", true, &bare);
    const struct {
        const char *name;
        struct bytes given;
        const struct policy_signed_rules *rules;
        enum quoth_code code;
    } given[] = {
        {"by one of them",   buffer_bytes(&jws),      &good,   QUOTH_OK              },
        {"nobody may",       buffer_bytes(&jws),      &nobody, QUOTH_JWS_SIGNER      },
        {"expired",          buffer_bytes(&jws),      &late,   QUOTH_JWS_SIGNER      },
        {"by nobody",        buffer_bytes(&bare),     &good,   QUOTH_JWS_UNSIGNED    },
        {"a text",           BYTES_LITERAL(TEXT),     &good,   QUOTH_RELEASE_UNSIGNED},
        {"a text, indented", BYTES_LITERAL(" " TEXT), &good,   QUOTH_RELEASE_UNSIGNED},
        {"nothing",          {NULL, 0},               &good,   QUOTH_RELEASE_UNSIGNED},
    };
    for (size_t i = 0; i < COUNT(given); i++) {
        struct quoth_error err = {0};
        print_message("  %s\n", given[i].name);
        (void)policy_signed_check(given[i].given, given[i].rules, &err);
        if (err.code != given[i].code)
            fail_msg("%s: %s: %s", quoth_code_dotted(err.code), err.where, err.message);
    }
    jws.data[jws.len - 9] ^= 1;
    struct quoth_error err = {0};
    assert_false(policy_signed_check(buffer_bytes(&jws), &good, &err));
}

static void an_older_policy_does_not_come_back(void **state)
{
    (void)state;
    static const char undated[] = "{" GOOD "}", one[] = "{" GOOD ",\"iat\":1}",
                      two[] = "{" GOOD ",\"iat\":2}", broken[] = "{" GOOD ",\"iat\":-1}";
    static const struct {
        const char *given, *before; /* NULL: a text without signature */
        enum quoth_code code;
    } turns[] = {
        {two,     one,     QUOTH_OK             },
        {two,     two,     QUOTH_OK             },
        {two,     undated, QUOTH_OK             },
        {undated, undated, QUOTH_OK             },
        {one,     NULL,    QUOTH_OK             },
        {NULL,    two,     QUOTH_OK             },
        {one,     two,     QUOTH_CHANGE_REPLAYED},
        {undated, one,     QUOTH_CHANGE_REPLAYED},
        {broken,  one,     QUOTH_JWS_PAYLOAD    },
    };
    for (size_t i = 0; i < COUNT(turns); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer given = {0}, before = {0};
        print_message("  %s after %s\n", turns[i].given, turns[i].before);
        if (turns[i].given)
            sign(turns[i].given, false, &given);
        if (turns[i].before)
            sign(turns[i].before, false, &before);
        (void)policy_signed_replaces(buffer_bytes(&given), buffer_bytes(&before), &err);
        assert_int_equal(err.code, turns[i].code);
    }
}

static void a_policy_is_read_with_or_without_a_signature(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer jws = {0}, payload = {0}, bad = {0};
    AUTO(release_policy) struct release_policy one = {0}, two = {0}, none = {0};
    assert_true(policy_signed_payload(BYTES_LITERAL(TEXT), "keys/k", NULL, 0, &payload, &err));
    assert_true(bytes_equal(buffer_bytes(&payload), BYTES_LITERAL("{" GOOD "}")));
    sign("{" GOOD "}", false, &jws);
    assert_true(release_policy_read(buffer_bytes(&jws), &one, &err));
    assert_true(release_policy_read(BYTES_LITERAL(TEXT), &two, &err));
    struct sha256 a, b;
    assert_true(release_policy_hash(&one, &a, &err) && release_policy_hash(&two, &b, &err));
    assert_true(sha256_equal(&a, &b));
    sign("{\"ReleasePolicy\":\"e30\",\"x-quoth-type\":\"release\",\"x-quoth-name\":\"keys/k\"}",
         false, &bad);
    assert_false(release_policy_read(buffer_bytes(&bad), &none, &err));
    assert_int_equal(err.code, QUOTH_RELEASE_POLICY_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_for_one_name_of_one_tenant),
        cmocka_unit_test(somebody_trusted_must_have_signed_it),
        cmocka_unit_test(an_older_policy_does_not_come_back),
        cmocka_unit_test(a_policy_is_read_with_or_without_a_signature),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
