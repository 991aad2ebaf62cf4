#include "service/access/oidc_token.h"

#include "tests/administrators.h"

#define BODY "\"iss\":\"" PROVIDER "\",\"aud\":\"" TENANT "\",\"sub\":\"alice\""
#define GOOD BODY TIMES ",\"roles\":[\"other\",\"contributor\"]"

static const struct oidc_rules rules = {
    .issuer = PROVIDER,
    .audience = TENANT,
    .role_claim = "roles",
    .values = {"reader", "contributor", "vault-officer", "vault-policy", "vault-user",
               "vault-auditor"}
};

static const struct {
    const char *name, *header, *payload;
    int roles; /* -1: refused */
} tokens[] = {
    {"a contributor",                    HEADER,                                                              "{" GOOD "}",                                                 CONTRIBUTOR },
    {"a reader",                         HEADER,                                                              "{" BODY TIMES ",\"roles\":[\"reader\"]}",                    ROLE_READER },
    {"both",                             HEADER,                                                              "{" BODY TIMES ",\"roles\":[\"reader\",\"contributor\"]}",    CONTRIBUTOR },
    {"an officer",                       HEADER,                                                              "{" BODY TIMES ",\"roles\":[\"vault-officer\"]}",             ROLE_OFFICER},
    {"who sets policies",                HEADER,                                                              "{" BODY TIMES ",\"roles\":[\"vault-policy\"]}",              ROLE_POLICY },
    {"a user",                           HEADER,                                                              "{" BODY TIMES ",\"roles\":[\"vault-user\"]}",                ROLE_USER   },
    {"an auditor",                       HEADER,                                                              "{" BODY TIMES ",\"roles\":\"vault-auditor\"}",               ROLE_AUDITOR},
    {"several of them",                  HEADER,
     "{" BODY TIMES ",\"roles\":[\"vault-officer\",\"vault-user\",\"reader\"]}",
     ROLE_OFFICER | ROLE_USER | ROLE_READER                                                                                                                                             },
    {"names that a setting has changed", HEADER,
     "{" BODY TIMES ",\"roles\":[\"user\",\"officer\",\"policy\"]}",                                                                                                        ROLE_ANYONE },
    {"all of them in one text",          HEADER,                                                              "{" BODY TIMES ",\"roles\":\"vault-officer+vault-user\"}",
     ROLE_ANYONE                                                                                                                                                                        },
    {"a text for a list",                HEADER,                                                              "{" BODY TIMES ",\"roles\":\"reader\"}",                      ROLE_READER },
    {"no role",                          HEADER,                                                              "{" BODY TIMES ",\"roles\":[]}",                              ROLE_ANYONE },
    {"no such claim",                    HEADER,                                                              "{" BODY TIMES "}",                                           ROLE_ANYONE },
    {"roles that are numbers",           HEADER,                                                              "{" BODY TIMES ",\"roles\":[1,{},null]}",                     ROLE_ANYONE },
    {"another case of a role",           HEADER,                                                              "{" BODY TIMES ",\"roles\":\"Contributor\"}",                 ROLE_ANYONE },
    {"part of a role",                   HEADER,                                                              "{" BODY TIMES ",\"roles\":\"contributor reader\"}",          ROLE_ANYONE },
    {"aud as a list",                    HEADER,
     "{\"iss\":\"" PROVIDER "\",\"aud\":[\"x\",\"" TENANT "\"],\"sub\":\"alice\"" TIMES "}",
     ROLE_ANYONE                                                                                                                                                                        },
    {"typ of RFC 9068",                  "{\"alg\":\"RS256\",\"kid\":\"k\",\"typ\":\"at+jwt\"}",              "{" GOOD "}",
     CONTRIBUTOR                                                                                                                                                                        },
    {"no typ",                           "{\"alg\":\"RS256\",\"kid\":\"k\"}",                                 "{" GOOD "}",                                                 CONTRIBUTOR },
    {"ES256",                            "{\"alg\":\"ES256\",\"kid\":\"k\"}",                                 "{" GOOD "}",                                                 CONTRIBUTOR },
    {"alg none",                         "{\"alg\":\"none\",\"kid\":\"k\"}",                                  "{" GOOD "}",                                                 -1          },
    {"alg None",                         "{\"alg\":\"None\",\"kid\":\"k\"}",                                  "{" GOOD "}",                                                 -1          },
    {"HS256",                            "{\"alg\":\"HS256\",\"kid\":\"k\"}",                                 "{" GOOD "}",                                                 -1          },
    {"RS512",                            "{\"alg\":\"RS512\",\"kid\":\"k\"}",                                 "{" GOOD "}",                                                 -1          },
    {"PS256",                            "{\"alg\":\"PS256\",\"kid\":\"k\"}",                                 "{" GOOD "}",                                                 -1          },
    {"no kid",                           "{\"alg\":\"RS256\"}",                                               "{" GOOD "}",                                                 -1          },
    {"a kid that is empty",              "{\"alg\":\"RS256\",\"kid\":\"\"}",                                  "{" GOOD "}",                                                 -1          },
    {"typ of a logout token",            "{\"alg\":\"RS256\",\"kid\":\"k\",\"typ\":\"logout+jwt\"}",
     "{" GOOD "}",                                                                                                                                                          -1          },
    {"typ of a DPoP proof",              "{\"alg\":\"RS256\",\"kid\":\"k\",\"typ\":\"dpop+jwt\"}",            "{" GOOD "}",
     -1                                                                                                                                                                                 },
    {"a jku, as ours have",              "{\"alg\":\"RS256\",\"kid\":\"k\",\"jku\":\"https://idp.example\"}",
     "{" GOOD "}",                                                                                                                                                          -1          },
    {"a jwk",                            "{\"alg\":\"RS256\",\"kid\":\"k\",\"jwk\":{}}",                      "{" GOOD "}",                                                 -1          },
    {"an x5c",                           "{\"alg\":\"RS256\",\"kid\":\"k\",\"x5c\":[]}",                      "{" GOOD "}",                                                 -1          },
    {"an X5U",                           "{\"alg\":\"RS256\",\"kid\":\"k\",\"X5U\":\"https://e\"}",           "{" GOOD "}",                                                 -1          },
    {"an attestation token",             HEADER,                                                              "{" GOOD ",\"x-ms-attestation-type\":\"sgx\"}",               -1          },
    {"a result about policies",          HEADER,                                                              "{" GOOD ",\"x-ms-policy-result\":\"Updated\"}",              -1          },
    {"a checkpoint",                     HEADER,                                                              "{" GOOD ",\"x-quoth-audit-count\":1}",                       -1          },
    {"the same in capitals",             HEADER,                                                              "{" GOOD ",\"X-MS-Ver\":\"1.0\"}",                            -1          },
    {"another issuer",                   HEADER,
     "{\"iss\":\"https://idp.example/other\",\"aud\":\"" TENANT "\",\"sub\":\"a\"" TIMES "}",                                                                               -1          },
    {"an issuer with a slash",           HEADER,
     "{\"iss\":\"" PROVIDER "/\",\"aud\":\"" TENANT "\",\"sub\":\"a\"" TIMES "}",                                                                                           -1          },
    {"no issuer",                        HEADER,                                                              "{\"aud\":\"" TENANT "\",\"sub\":\"a\"" TIMES "}",            -1          },
    {"an issuer in a list",              HEADER,
     "{\"iss\":[\"" PROVIDER "\"],\"aud\":\"" TENANT "\",\"sub\":\"a\"" TIMES "}",                                                                                          -1          },
    {"another audience",                 HEADER,
     "{\"iss\":\"" PROVIDER "\",\"aud\":\"https://other.example\",\"sub\":\"a\"" TIMES "}",                                                                                 -1          },
    {"other audiences",                  HEADER,
     "{\"iss\":\"" PROVIDER "\",\"aud\":[\"a\",[\"" TENANT "\"]],\"sub\":\"a\"" TIMES "}",                                                                                  -1          },
    {"no audience",                      HEADER,                                                              "{\"iss\":\"" PROVIDER "\",\"sub\":\"a\"" TIMES "}",          -1          },
    {"no end",                           HEADER,                                                              "{" BODY ",\"roles\":\"contributor\"}",                       -1          },
    {"expired",                          HEADER,                                                              "{" BODY ",\"exp\":1767268740}",                              -1          },
    {"within the slack",                 HEADER,                                                              "{" BODY ",\"exp\":1767268741}",                              ROLE_ANYONE },
    {"not yet valid",                    HEADER,                                                              "{" BODY ",\"exp\":1767269400,\"nbf\":1767268861}",           -1          },
    {"issued in the future",             HEADER,                                                              "{" BODY ",\"exp\":1767269400,\"iat\":1767268861}",           -1          },
    {"an end in a text",                 HEADER,                                                              "{" BODY ",\"exp\":\"1767269400\"}",                          -1          },
    {"an end beyond numbers",            HEADER,                                                              "{" BODY ",\"exp\":1e400}",                                   -1          },
    {"a negative end",                   HEADER,                                                              "{" BODY ",\"exp\":-1}",                                      -1          },
    {"no subject",                       HEADER,                                                              "{\"iss\":\"" PROVIDER "\",\"aud\":\"" TENANT "\"" TIMES "}", -1          },
    {"an empty subject",                 HEADER,
     "{\"iss\":\"" PROVIDER "\",\"aud\":\"" TENANT "\",\"sub\":\"\"" TIMES "}",                                                                                             -1          },
};

static void tokens_are_judged_by_what_they_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(tokens); i++) {
        struct quoth_error err = {0};
        struct admin who = {0};
        AUTO(buffer) struct buffer text = {0};
        AUTO(token) struct token t = {0};
        print_message("  %s\n", tokens[i].name);
        forge(&text, tokens[i].header, tokens[i].payload, key);
        assert_true(token_read(buffer_bytes(&text), &t, &err));
        const bool good =
            oidc_token_check(&t, &rules, NOW, &err) && oidc_token_admin(&t, &rules, &who, &err);
        assert_int_equal(good, tokens[i].roles >= 0);
        if (good) {
            assert_int_equal(who.roles, tokens[i].roles);
            assert_string_equal(who.name, "oidc:alice");
        } else {
            assert_int_equal(err.code, QUOTH_ADMIN_UNAUTHENTICATED);
            assert_int_equal(quoth_code_http(err.code), 401);
        }
    }
}

static unsigned roles_by(const char *claim, const char *payload)
{
    struct quoth_error err = {0};
    struct admin who = {0};
    struct oidc_rules r = rules;
    AUTO(buffer) struct buffer text = {0};
    AUTO(token) struct token t = {0};
    r.role_claim = claim;
    forge(&text, HEADER, payload, key);
    assert_true(token_read(buffer_bytes(&text), &t, &err));
    assert_true(oidc_token_admin(&t, &r, &who, &err));
    return who.roles;
}

static void the_claim_of_roles_may_lie_deeper(void **state)
{
    (void)state;
    static const char nested[] =
        "{" BODY ",\"realm_access\":{\"roles\":[\"contributor\"]},\"https://x.example/roles\":"
        "\"reader\",\"a\":{\"b.c\":\"reader\"}}";
    assert_int_equal(roles_by("realm_access.roles", nested), CONTRIBUTOR);
    assert_int_equal(roles_by("https://x.example/roles", nested), ROLE_READER);
    assert_int_equal(roles_by("a.b.c", nested), ROLE_READER);
    assert_int_equal(roles_by("realm_access", nested), ROLE_ANYONE);
    assert_int_equal(roles_by("realm_access.roles.0", nested), ROLE_ANYONE);
    assert_int_equal(roles_by(".", nested), ROLE_ANYONE);
}

static void a_subject_is_harmless(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct admin who = {0};
    AUTO(buffer) struct buffer text = {0}, payload = {0};
    AUTO(token) struct token t = {0};
    buffer_text(&payload, "{\"sub\":\"\\u001b[31m\\n\\u202e");
    buffer_fill(&payload, 500, 'a');
    buffer_text(&payload, "\"}");
    AUTO(text) char *body = buffer_take_text(&payload, &err);
    forge(&text, HEADER, body, key);
    assert_true(token_read(buffer_bytes(&text), &t, &err));
    assert_true(oidc_token_admin(&t, &rules, &who, &err));
    assert_true(strlen(who.name) < sizeof who.name);
    for (const char *c = who.name; *c; c++)
        assert_in_range(*c, 0x20, 0x7e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_are_judged_by_what_they_say),
        cmocka_unit_test(the_claim_of_roles_may_lie_deeper),
        cmocka_unit_test(a_subject_is_harmless),
    };
    return cmocka_run_group_tests(tests, make_key, free_key);
}
