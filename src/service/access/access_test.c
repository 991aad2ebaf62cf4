#include "service/access/access.h"

#include "service/access/bearer.h"
#include "service/access/client_certificate.h"
#include "service/access/oidc_token.h"
#include "tests/forge.h"
#include "tests/unit.h"

#define NOW 1767268800
#define TENANT "https://attest.example"
#define PROVIDER "https://idp.example/realm"
#define CONTRIBUTOR (ROLE_READER | ROLE_CONTRIBUTOR)

static const struct oidc_rules rules = {
    .issuer = PROVIDER,
    .audience = TENANT,
    .role_claim = "roles",
    .values = {"reader", "contributor", "vault-officer", "vault-policy", "vault-user",
               "vault-auditor"}
};
static struct private_key *key;

static int make_key(void **state)
{
    (void)state;
    key = forge_key(KEY_TYPE_RSA_2048);
    return 0;
}

static int free_key(void **state)
{
    (void)state;
    private_key_free(key);
    return 0;
}

/* ---- the field Authorization */

static struct http_field field(const char *name, const char *value)
{
    return (struct http_field){bytes_of_text(name), bytes_of_text(value)};
}

static const struct {
    const char *name, *value, *token; /* NULL: refused */
} values[] = {
    {"as it is meant",      "Bearer abc.DEF-_~+/==", "abc.DEF-_~+/=="},
    {"another case",        "bEARER abc",            "abc"           },
    {"blanks between",      "Bearer   abc",          "abc"           },
    {"another scheme",      "Basic abc",             NULL            },
    {"a longer scheme",     "Bearerx abc",           NULL            },
    {"no scheme",           "abc",                   NULL            },
    {"nothing",             "",                      NULL            },
    {"no token",            "Bearer",                NULL            },
    {"a blank for a token", "Bearer  ",              NULL            },
    {"two tokens",          "Bearer abc def",        NULL            },
    {"two in a list",       "Bearer abc, Bearer d",  NULL            },
    {"a tab for a blank",   "Bearer\tabc",           NULL            },
    {"quotes",              "Bearer \"abc\"",        NULL            },
    {"beyond ASCII",        "Bearer ab\xc3\xa9",     NULL            },
};

static void a_bearer_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(values); i++) {
        struct quoth_error err = {0};
        struct bytes token = {0};
        struct http_head head = {.fields = {field("authorization", values[i].value)},
                                 .field_count = 1};
        print_message("  %s\n", values[i].name);
        assert_int_equal(bearer_find(&head, &token, &err), values[i].token != NULL);
        if (values[i].token)
            assert_true(bytes_equal(token, bytes_of_text(values[i].token)));
        else
            assert_int_equal(err.code, QUOTH_ADMIN_UNAUTHENTICATED);
    }
}

static void a_bearer_stands_once_and_nowhere_else(void **state)
{
    (void)state;
    static const char *const elsewhere[] = {"X-Forwarded-Authorization",
                                            "X-MS-CLIENT-PRINCIPAL",
                                            "X-MS-TOKEN-AAD-ACCESS-TOKEN",
                                            "Proxy-Authorization",
                                            "X-Authorization",
                                            "X-SSL-Client-Cert",
                                            "X-Forwarded-Client-Cert",
                                            "Forwarded"};
    struct quoth_error err = {0};
    struct bytes token = {0};
    struct http_head twice = {
        .fields = {field("Authorization", "Bearer a"), field("authorization", "Bearer a")},
        .field_count = 2
    };
    assert_false(bearer_find(&twice, &token, &err));
    assert_non_null(strstr(err.message, "twice"));
    for (size_t i = 0; i < COUNT(elsewhere); i++) {
        struct http_head head = {.fields = {field(elsewhere[i], "Bearer abc")}, .field_count = 1};
        err = (struct quoth_error){0};
        assert_true(bearer_find(&head, &token, &err));
        assert_int_equal(token.len, 0);
    }
}

static void the_challenge_has_the_shape_that_clients_read(void **state)
{
    (void)state;
    struct http_response r = {0};
    bearer_challenge(PROVIDER, TENANT, &r);
    assert_true(bytes_equal(buffer_bytes(&r.extras),
                            BYTES_LITERAL("WWW-Authenticate: Bearer authorization_uri=\"" PROVIDER
                                          "\", resource=\"" TENANT "\"\r\n")));
    http_response_clear(&r);
    bearer_challenge("https://a\", x=\"", TENANT, &r);
    assert_int_equal(r.extras.len, 0);
    http_response_clear(&r);
}

/* ---- tokens of the provider */

#define HEADER "{\"alg\":\"RS256\",\"kid\":\"k\",\"typ\":\"JWT\"}"
#define BODY "\"iss\":\"" PROVIDER "\",\"aud\":\"" TENANT "\",\"sub\":\"alice\""
#define TIMES ",\"exp\":1767269400,\"iat\":1767268700"
#define GOOD BODY TIMES ",\"roles\":[\"other\",\"contributor\"]"

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

/* ---- the admin token */

static struct admin_token token_of(const char *text, int64_t expires)
{
    return (struct admin_token){
        .exists = true, .hash = sha256_of(bytes_of_text(text)), .expires = expires};
}

static void the_admin_token_is_known_by_its_hash(void **state)
{
    (void)state;
    const struct admin_token token = token_of("secret", NOW + 1), none = {0};
    struct quoth_error err = {0};
    struct admin who = {0};
    assert_true(admin_token_admin(&token, BYTES_LITERAL("secret"), NOW, &who, &err));
    assert_int_equal(who.roles, ROLE_ALL);
    assert_string_equal(who.name, "token:2bb80d53");
    assert_false(admin_token_admin(&token, BYTES_LITERAL("secret"), NOW + 1, &who, &err));
    assert_non_null(strstr(err.message, "expired"));
    static const char *const wrong[] = {"", "secre", "secrets", "Secret", "secret\n"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        err = (struct quoth_error){0};
        assert_false(admin_token_admin(&token, bytes_of_text(wrong[i]), NOW, &who, &err));
        assert_int_equal(err.code, QUOTH_ADMIN_UNAUTHENTICATED);
    }
    err = (struct quoth_error){0};
    assert_false(admin_token_admin(&none, (struct bytes){0}, NOW, &who, &err));
    /* of a zeroed hash nobody knows a text, and a record that is not there has none */
    assert_int_equal(err.code, QUOTH_ADMIN_UNAUTHENTICATED);
}

static void a_record_of_a_token_is_read_whole_or_not(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "{}", "{\"sha256\":\"ab\",\"expires\":1}",
        "{\"sha256\":\"2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\"}",
        ("{\"sha256\":\"2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\","
         "\"expires\":\"never\"}")};
    struct quoth_error err = {0};
    struct admin_token token = {0};
    assert_true(admin_token_read(
        BYTES_LITERAL("{\"sha256\":"
                      "\"2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\","
                      "\"expires\":7}"),
        &token, &err));
    assert_int_equal(token.expires, 7);
    for (size_t i = 0; i < COUNT(bad); i++) {
        err = (struct quoth_error){0};
        assert_false(admin_token_read(bytes_of_text(bad[i]), &token, &err));
        assert_int_equal(err.code, QUOTH_STORE_BROKEN);
    }
}

/* ---- client certificates */

static void make_certificate(int64_t from, int64_t until, struct buffer *to, char hex[65])
{
    struct quoth_error err = {0};
    AUTO(private_key) struct private_key *own = forge_key(KEY_TYPE_P256);
    AUTO(public_key) struct public_key *public = forge_public(own);
    AUTO(buffer) struct buffer name = {0};
    const struct x509_name_part cn = {"CN", "operator"};
    assert_true(x509_name_write(&cn, 1, &name, &err));
    const struct x509_spec spec = {.serial = BYTES_LITERAL("\1"),
                                   .subject = buffer_bytes(&name),
                                   .not_before = from,
                                   .not_after = until};
    assert_true(x509_make(&spec, public, own, to, &err));
    const struct sha256 hash = sha256_of(buffer_bytes(to));
    hex_text(BYTES_OF(hash.bytes), hex, 65);
}

static void a_certificate_is_known_by_its_hash(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer der = {0}, old = {0}, other = {0};
    char hex[65], old_hex[65], other_hex[65], items[2][80];
    make_certificate(NOW - 10, NOW + 10, &der, hex);
    make_certificate(NOW - 20, NOW - 10, &old, old_hex);
    make_certificate(NOW - 10, NOW + 10, &other, other_hex);
    snprintf(items[0], sizeof items[0], "reader:%s", hex);
    snprintf(items[1], sizeof items[1], "contributor:%s", old_hex);
    char *list[] = {items[0], items[1]};
    const struct setting_list named = {list, 2};
    struct admin who = {0};
    assert_true(client_certificate_check(&named, &err));
    assert_true(client_certificate_admin(&named, buffer_bytes(&der), NOW, &who, &err));
    assert_int_equal(who.roles, ROLE_READER);
    assert_memory_equal(who.name, "cert:", 5);
    assert_string_equal(who.name + 5, hex);
    const struct {
        const char *name;
        struct bytes der;
        int64_t now;
    } refused[] = {
        {"expired",       buffer_bytes(&old),             NOW     },
        {"not yet valid", buffer_bytes(&der),             NOW - 11},
        {"just expired",  buffer_bytes(&der),             NOW + 11},
        {"unknown",       buffer_bytes(&other),           NOW     },
        {"cut",           bytes_slice(buffer_bytes(&der), 0,        100), NOW},
        {"nothing",            {0},                                          NOW                                         },
    };
    for (size_t i = 0; i < COUNT(refused); i++) {
        print_message("  %s\n", refused[i].name);
        err = (struct quoth_error){0};
        assert_false(client_certificate_admin(&named, refused[i].der, refused[i].now, &who, &err));
        assert_int_equal(err.code, QUOTH_ADMIN_UNAUTHENTICATED);
    }
}

static void names_of_certificates_are_checked(void **state)
{
    (void)state;
#define HEX "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
    char owner[] = "owner:" HEX, bare[] = HEX, cut[] = "reader:2bb8", blank[] = "reader: " HEX,
         long_one[] = "reader:" HEX "00", nothing[] = "", fine[] = "reader:" HEX,
         again[] = "contributor:" HEX;
    char end[] = "officer+:" HEX, front[] = "+user:" HEX, middle[] = "officer++user:" HEX,
         one[] = "officer+owner:" HEX, capital[] = "Officer:" HEX, comma[] = "officer,user:" HEX,
         role_alone[] = "officer:", none[] = ":" HEX;
    char *bad[] = {owner, bare,   cut, blank,   long_one, nothing,    end,
                   front, middle, one, capital, comma,    role_alone, none};
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct quoth_error err = {0};
        const struct setting_list named = {&bad[i], 1};
        assert_false(client_certificate_check(&named, &err));
        assert_int_equal(err.code, QUOTH_USAGE);
    }
    struct quoth_error err = {0};
    struct sha256 hash;
    unsigned roles = 0;
    assert_true(client_certificate_read("officer+user:" HEX, &hash, &roles, &err));
    assert_int_equal(roles, ROLE_OFFICER | ROLE_USER);
    assert_true(client_certificate_read("contributor:" HEX, &hash, &roles, &err));
    assert_int_equal(roles, CONTRIBUTOR);
    char *twice[] = {fine, again};
    assert_true(client_certificate_check(&(struct setting_list){twice, 1}, &err));
    assert_false(client_certificate_check(&(struct setting_list){twice, 2}, &err));
}

/* ---- together */

static struct access *opened(const struct tenant_settings *settings, struct quoth_error *err)
{
    struct access *a = NULL;
    const struct access_options options = {.issuer = TENANT, .settings = settings};
    return access_open(&options, &a, err) ? a : NULL;
}

static void either_way_is_enough_and_each_must_hold(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer der = {0};
    char hex[65], item[80];
    make_certificate(NOW - 10, NOW + 10, &der, hex);
    snprintf(item, sizeof item, "reader:%s", hex);
    char *list[] = {item};
    const struct tenant_settings settings = {
        .client_certificate = {list, 1}
    };
    const struct admin_token token = token_of("secret", NOW + 1);
    AUTO(access) struct access *a = opened(&settings, &err);
    assert_non_null(a);
    const struct bytes cert = buffer_bytes(&der), secret = BYTES_LITERAL("secret"),
                       wrong = BYTES_LITERAL("wrong"), jwt = BYTES_LITERAL("a.b.c"), none = {0};
    const struct {
        const char *name;
        struct credentials shown;
        unsigned needed;
        enum quoth_code code;
    } cases[] = {
        {"nothing",                  {none, none},    ROLE_READER,      QUOTH_ADMIN_UNAUTHENTICATED},
        {"the token",                {secret, none},  ROLE_CONTRIBUTOR, QUOTH_OK                   },
        {"a wrong token",            {wrong, none},   ROLE_READER,      QUOTH_ADMIN_UNAUTHENTICATED},
        {"a JWT without a provider", {jwt, none},     ROLE_READER,      QUOTH_ADMIN_UNAUTHENTICATED},
        {"the certificate",          {none, cert},    ROLE_READER,      QUOTH_OK                   },
        {"too little of a role",     {none, cert},    ROLE_CONTRIBUTOR, QUOTH_ADMIN_FORBIDDEN      },
        {"it, and any bearer",       {wrong, cert},   ROLE_READER,      QUOTH_OK                   },
        {"both, for more",           {secret, cert},  ROLE_CONTRIBUTOR, QUOTH_OK                   },
        {"neither for more",         {wrong, cert},   ROLE_CONTRIBUTOR, QUOTH_ADMIN_UNAUTHENTICATED},
        {"an unknown certificate",   {none, secret},  ROLE_READER,      QUOTH_ADMIN_UNAUTHENTICATED},
        {"one of no use, the token", {secret, wrong}, ROLE_CONTRIBUTOR, QUOTH_OK                   },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct admin who = {0};
        print_message("  %s\n", cases[i].name);
        err = (struct quoth_error){0};
        assert_int_equal(access_judge(a, &token, &cases[i].shown, cases[i].needed, NOW, &who, &err),
                         cases[i].code == QUOTH_OK);
        assert_int_equal(err.code, cases[i].code);
        assert_int_equal(who.name[0] != '\0', cases[i].code == QUOTH_OK);
    }
}

/* Whoever has one role and asks for what another one is needed for. */
static void each_role_is_refused_what_it_has_not(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer der = {0};
    char hex[65], item[80];
    make_certificate(NOW - 10, NOW + 10, &der, hex);
    char *list[] = {item};
    const struct tenant_settings settings = {
        .client_certificate = {list, 1}
    };
    const struct admin_token none = {0};
    const struct credentials shown = {.certificate = buffer_bytes(&der)};
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        struct quoth_error err = {0};
        snprintf(item, sizeof item, "%s:%s", role_rows[i].name, hex);
        AUTO(access) struct access *a = opened(&settings, &err);
        assert_non_null(a);
        for (unsigned needed = 1; needed <= ROLE_ALL; needed++) {
            const bool has = (role_rows[i].has & needed) != 0;
            struct admin who = {0};
            err = (struct quoth_error){0};
            assert_int_equal(access_judge(a, &none, &shown, needed, NOW, &who, &err), has);
            assert_int_equal(err.code, has ? QUOTH_OK : QUOTH_ADMIN_FORBIDDEN);
            assert_int_equal(who.roles, has ? role_rows[i].has : 0);
        }
    }
}

static void one_token_is_good_for_one_tenant(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    char idp[] = "https://idp.example", other[] = "https://other.example", quoth[] = "quoth",
         mine[] = TENANT;
    const struct tenant_settings rows[] = {
        {.oidc_issuer = idp,      .oidc_audience = quoth},
        {.oidc_issuer = other,                       .oidc_audience = quoth},
        {.oidc_issuer = idp},
        {.oidc_issuer = idp,      .oidc_audience = mine},
        {0     },
    };
    struct access *made[COUNT(rows)];
    for (size_t i = 0; i < COUNT(rows); i++)
        made[i] = opened(&rows[i], &err);
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t k = 0; k < i; k++) {
            err = (struct quoth_error){0};
            const bool shared = i == 3 && k == 2; /* the default is the tenant's own issuer */
            assert_int_equal(access_are_apart(made[i], made[k], &err), !shared);
            assert_int_equal(err.code, shared ? QUOTH_USAGE : QUOTH_OK);
        }
    for (size_t i = 0; i < COUNT(rows); i++)
        access_release(made[i]);
}

static void settings_that_cannot_be_are_refused(void **state)
{
    (void)state;
    char itself[] = TENANT, plain[] = "http://idp.example", query[] = "https://idp.example?x",
         text[] = "idp", user[] = "https://a@idp.example";
    char *bad[] = {itself, plain, query, text, user};
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct quoth_error err = {0};
        const struct tenant_settings settings = {.oidc_issuer = bad[i]};
        assert_null(opened(&settings, &err));
        assert_int_equal(err.code, QUOTH_USAGE);
    }
}

static void a_provider_that_does_not_answer_is_no_refusal(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    char provider[] = "https://127.0.0.1:9"; /* the port of discard: nobody listens */
    const struct tenant_settings settings = {.oidc_issuer = provider};
    const struct admin_token none = {0};
    AUTO(access) struct access *a = opened(&settings, &err);
    AUTO(buffer) struct buffer text = {0};
    struct admin who = {0};
    assert_non_null(a);
    forge(&text, HEADER,
          "{\"iss\":\"https://127.0.0.1:9\",\"aud\":\"" TENANT "\",\"sub\":\"a\"" TIMES "}", key);
    const struct credentials shown = {.bearer = buffer_bytes(&text)};
    for (int i = 0; i < 2; i++) {
        err = (struct quoth_error){0};
        assert_false(access_judge(a, &none, &shown, ROLE_READER, NOW, &who, &err));
        assert_int_equal(err.code, QUOTH_ADMIN_PROVIDER);
        assert_int_equal(quoth_code_http(err.code), 503);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bearer_is_found),
        cmocka_unit_test(a_bearer_stands_once_and_nowhere_else),
        cmocka_unit_test(the_challenge_has_the_shape_that_clients_read),
        cmocka_unit_test(tokens_are_judged_by_what_they_say),
        cmocka_unit_test(the_claim_of_roles_may_lie_deeper),
        cmocka_unit_test(a_subject_is_harmless),
        cmocka_unit_test(the_admin_token_is_known_by_its_hash),
        cmocka_unit_test(a_record_of_a_token_is_read_whole_or_not),
        cmocka_unit_test(a_certificate_is_known_by_its_hash),
        cmocka_unit_test(names_of_certificates_are_checked),
        cmocka_unit_test(either_way_is_enough_and_each_must_hold),
        cmocka_unit_test(each_role_is_refused_what_it_has_not),
        cmocka_unit_test(one_token_is_good_for_one_tenant),
        cmocka_unit_test(settings_that_cannot_be_are_refused),
        cmocka_unit_test(a_provider_that_does_not_answer_is_no_refusal),
    };
    return cmocka_run_group_tests(tests, make_key, free_key);
}
