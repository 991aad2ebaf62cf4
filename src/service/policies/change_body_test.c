#include "service/policies/change_body.h"

#include "tests/unit.h"

#define JWS "eyJhbGciOiJub25lIn0.."

static const struct {
    const char *name, *body, *jws;
    enum quoth_code code;
} rows[] = {
    {"as it is",                JWS,                                                                   JWS,            QUOTH_OK        },
    {"with blanks",             "\r\n" JWS " ",                                                        "\r\n" JWS " ", QUOTH_OK        },
    {"a JSON string",           "\"" JWS "\"",                                                         JWS,            QUOTH_OK        },
    {"with blanks around",      " \"" JWS "\"\n",                                                      JWS,            QUOTH_OK        },
    {"an escaped string",       "\"eyJhbGciOiJub25lIn0\\u002e.\"",                                     JWS,            QUOTH_OK        },
    {"to add",                  "{\"policyCertificateToAdd\":\"" JWS "\"}",                            JWS,            QUOTH_OK        },
    {"to remove",               "{\"policyCertificateToRemove\":\"" JWS "\"}",                         JWS,            QUOTH_OK        },
    {"in any case",             "{\"POLICYCERTIFICATETOADD\":\"" JWS "\"}",                            JWS,            QUOTH_OK        },
    {"nothing",                 "",                                                                    "",             QUOTH_OK        },
    {"what its reader refuses", "hello",                                                               "hello",        QUOTH_OK        },
    {"no end",                  "\"" JWS,                                                              NULL,           QUOTH_JSON      },
    {"something behind",        "\"" JWS "\" x",                                                       NULL,           QUOTH_JSON      },
    {"a broken object",         "{\"policyCertificateToAdd\":",                                        NULL,           QUOTH_JSON      },
    {"an empty object",         "{}",                                                                  NULL,           QUOTH_JSON_VALUE},
    {"another member",          "{\"jws\":\"" JWS "\"}",                                               NULL,           QUOTH_JSON_VALUE},
    {"null",                    "{\"policyCertificateToAdd\":null}",                                   NULL,           QUOTH_JSON_VALUE},
    {"a number",                "{\"policyCertificateToAdd\":1}",                                      NULL,           QUOTH_JSON_VALUE},
    {"a list",                  "{\"policyCertificateToAdd\":[\"" JWS "\"]}",                          NULL,           QUOTH_JSON_VALUE},
    {"twice",                   "{\"policyCertificateToAdd\":\"a\",\"PolicyCertificateToAdd\":\"b\"}", NULL,
     QUOTH_JSON_DUPLICATE                                                                                                              },
    {"too deep",                "{\"a\":[[[[1]]]],\"policyCertificateToAdd\":\"" JWS "\"}",            NULL,
     QUOTH_JSON_LIMIT                                                                                                                  },
    {"no UTF-8",                "\"\xFF\"",                                                            NULL,           QUOTH_JSON      },
};

static void every_form_is_taken_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer jws = {0};
        print_message("  %s\n", rows[i].name);
        const bool good = change_body_jws(bytes_of_text(rows[i].body), &jws, &err);
        assert_int_equal(err.code, rows[i].code);
        assert_int_equal(good, rows[i].code == QUOTH_OK);
        if (good)
            assert_true(bytes_equal(buffer_bytes(&jws), bytes_of_text(rows[i].jws)));
    }
}

static void many_members_are_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer body = {0}, jws = {0};
    buffer_u8(&body, '{');
    for (unsigned i = 0; i < 1000; i++)
        buffer_printf(&body, "\"a%u\":1,", i);
    buffer_text(&body, "\"policyCertificateToAdd\":\"" JWS "\"}");
    assert_false(change_body_jws(buffer_bytes(&body), &jws, &err));
    assert_int_equal(err.code, QUOTH_JSON_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_is_taken_or_refused),
        cmocka_unit_test(many_members_are_refused),
    };
    return cmocka_run_group_tests_name("service/change_body", tests, NULL, NULL);
}
