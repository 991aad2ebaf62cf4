#include "service/access/bearer.h"

#include "tests/administrators.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bearer_is_found),
        cmocka_unit_test(a_bearer_stands_once_and_nowhere_else),
        cmocka_unit_test(the_challenge_has_the_shape_that_clients_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
