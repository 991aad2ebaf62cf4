#include "service/access/access.h"

#include "tests/administrators.h"

#define BODY "\"iss\":\"" PROVIDER "\",\"aud\":\"" TENANT "\",\"sub\":\"alice\""

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
        /* nothing of this has to be asked for: it is known before */
        err = (struct quoth_error){0};
        assert_int_equal(access_may_pass(a, &token, &cases[i].shown, cases[i].needed, NOW, &err),
                         cases[i].code == QUOTH_OK);
        assert_int_equal(err.code, cases[i].code);
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

/* Before a provider was asked, a token is turned away for what it says of itself alone. */
static void what_a_provider_is_not_asked_about(void **state)
{
    (void)state;
    static const struct {
        const char *name, *header, *payload;
        enum quoth_code code;
    } cases[] = {
        {"a token that may be good", HEADER,                              "{" BODY TIMES ",\"roles\":\"contributor\"}",
         QUOTH_OK                                                                                                                                  },
        {"another key",              "{\"alg\":\"RS256\",\"kid\":\"l\"}",
         "{" BODY TIMES ",\"roles\":\"contributor\"}",                                                                  QUOTH_OK                   },
        {"another role",             HEADER,                              "{" BODY TIMES ",\"roles\":[\"reader\"]}",    QUOTH_ADMIN_FORBIDDEN      },
        {"no key",                   "{\"alg\":\"RS256\"}",               "{" BODY TIMES ",\"roles\":\"contributor\"}",
         QUOTH_ADMIN_UNAUTHENTICATED                                                                                                               },
        {"expired",                  HEADER,                              "{" BODY ",\"exp\":1}",                       QUOTH_ADMIN_UNAUTHENTICATED},
        {"another issuer",           HEADER,                              "{\"iss\":\"https://a\"" TIMES "}",           QUOTH_ADMIN_UNAUTHENTICATED},
    };
    struct quoth_error err = {0};
    char provider[] = PROVIDER, claim[] = "roles", contributor[] = "contributor",
         reader[] = "reader";
    const struct tenant_settings settings = {.oidc_issuer = provider,
                                             .oidc_role_claim = claim,
                                             .oidc_reader = reader,
                                             .oidc_contributor = contributor};
    const struct admin_token none = {0};
    AUTO(access) struct access *a = opened(&settings, &err);
    assert_non_null(a);
    for (size_t i = 0; i < COUNT(cases); i++) {
        AUTO(buffer) struct buffer text = {0};
        print_message("  %s\n", cases[i].name);
        err = (struct quoth_error){0};
        forge(&text, cases[i].header, cases[i].payload, key);
        const struct credentials shown = {.bearer = buffer_bytes(&text)};
        assert_int_equal(access_may_pass(a, &none, &shown, ROLE_CONTRIBUTOR, NOW, &err),
                         cases[i].code == QUOTH_OK);
        assert_int_equal(err.code, cases[i].code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(either_way_is_enough_and_each_must_hold),
        cmocka_unit_test(each_role_is_refused_what_it_has_not),
        cmocka_unit_test(one_token_is_good_for_one_tenant),
        cmocka_unit_test(settings_that_cannot_be_are_refused),
        cmocka_unit_test(a_provider_that_does_not_answer_is_no_refusal),
        cmocka_unit_test(what_a_provider_is_not_asked_about),
    };
    return cmocka_run_group_tests(tests, make_key, free_key);
}
