#include "service/release/release_request.h"

#include "tests/unit.h"

static const struct {
    const char *name, *body;
    enum quoth_code code;
    enum rsa_wrap algorithm;
    const char *nonce; /* NULL: none */
} rows[] = {
    {"a token alone",         "{\"target\":\"a.b.c\"}",                                                  QUOTH_OK,             RSA_WRAP_SHA1,   NULL                                    },
    {"all there is",          "{\"target\":\"a.b.c\",\"nonce\":\"n\",\"enc\":\"RSA_AES_KEY_WRAP_256\"}",
     QUOTH_OK,                                                                                                                 RSA_WRAP_SHA256, "n"                                     },
    {"by the name of SHA-1",  "{\"target\":\"t\",\"enc\":\"CKM_RSA_AES_KEY_WRAP\"}",                     QUOTH_OK,
     RSA_WRAP_SHA1,                                                                                                                             NULL                                    },
    {"SHA-384",               "{\"target\":\"t\",\"enc\":\"RSA_AES_KEY_WRAP_384\"}",                     QUOTH_OK,             RSA_WRAP_SHA384,
     NULL                                                                                                                                                                               },
    {"nulls",                 "{\"target\":\"t\",\"nonce\":null,\"enc\":null}",                          QUOTH_OK,             RSA_WRAP_SHA1,   NULL                                    },
    {"an empty nonce",        "{\"target\":\"t\",\"nonce\":\"\"}",                                       QUOTH_OK,             RSA_WRAP_SHA1,   ""                                      },
    {"a nonce of all kinds",
     "{\"target\":\"t\",\"nonce\":\"\xef\xbf\xbd\\ud83d\\ude00\\n\xc3\xa4\"}",                           QUOTH_OK,
     RSA_WRAP_SHA1,                                                                                                                             "\xef\xbf\xbd\xf0\x9f\x98\x80\n\xc3\xa4"},
    {"what nobody knows",     "{\"target\":\"t\",\"x\":[1]}",                                            QUOTH_OK,             RSA_WRAP_SHA1,   NULL                                    },
    {"nothing",               "",                                                                        QUOTH_JSON,           0,               NULL                                    },
    {"no JSON",               "target=a.b.c",                                                            QUOTH_JSON,           0,               NULL                                    },
    {"a list",                "[]",                                                                      QUOTH_JSON_VALUE,     0,               NULL                                    },
    {"no token",              "{\"nonce\":\"n\"}",                                                       QUOTH_JSON_VALUE,     0,               NULL                                    },
    {"a token that is null",  "{\"target\":null}",                                                       QUOTH_JSON_VALUE,     0,               NULL                                    },
    {"an empty token",        "{\"target\":\"\"}",                                                       QUOTH_JSON_VALUE,     0,               NULL                                    },
    {"a token in a list",     "{\"target\":[\"t\"]}",                                                    QUOTH_JSON_VALUE,     0,               NULL                                    },
    {"two tokens",            "{\"target\":\"t\",\"target\":\"u\"}",                                     QUOTH_JSON_DUPLICATE, 0,               NULL                                    },
    {"another member's name", "{\"Target\":\"t\"}",                                                      QUOTH_JSON_VALUE,     0,               NULL                                    },
    {"a nonce that is none",  "{\"target\":\"t\",\"nonce\":1}",                                          QUOTH_JSON_VALUE,     0,               NULL                                    },
    {"a nonce that is bytes", "{\"target\":\"t\",\"nonce\":\"\xff\"}",                                   QUOTH_JSON,           0,               NULL                                    },
    {"an unknown algorithm",  "{\"target\":\"t\",\"enc\":\"RSA_AES_KEY_WRAP_512\"}",
     QUOTH_JSON_VALUE,                                                                                                         0,               NULL                                    },
    {"in small letters",      "{\"target\":\"t\",\"enc\":\"rsa_aes_key_wrap_256\"}",                     QUOTH_JSON_VALUE,     0,
     NULL                                                                                                                                                                               },
    {"no algorithm's name",   "{\"target\":\"t\",\"enc\":\"\"}",                                         QUOTH_JSON_VALUE,     0,               NULL                                    },
    {"a number",              "{\"target\":\"t\",\"enc\":256}",                                          QUOTH_JSON_VALUE,     0,               NULL                                    },
};

static void each_is_read_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0};
        AUTO(release_request) struct release_request r = {0};
        print_message("  %s\n", rows[i].name);
        const bool good = release_request_read(bytes_of_text(rows[i].body), &r, &err);
        assert_int_equal(err.code, rows[i].code);
        assert_int_equal(good, err.code == QUOTH_OK);
        assert_int_equal(r.target.len > 0, good);
        if (!good)
            continue;
        assert_int_equal(r.algorithm, rows[i].algorithm);
        assert_int_equal(r.has_nonce, rows[i].nonce != NULL);
        if (rows[i].nonce)
            assert_true(bytes_equal(buffer_bytes(&r.nonce), bytes_of_text(rows[i].nonce)));
    }
}

static void a_nonce_may_hold_any_character(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(release_request) struct release_request r = {0};
    assert_true(release_request_read(BYTES_LITERAL("{\"target\":\"t\",\"nonce\":\"a\\u0000b\"}"),
                                     &r, &err));
    assert_true(bytes_equal(buffer_bytes(&r.nonce), BYTES_LITERAL("a\0b")));
}

static void a_nonce_has_an_end(void **state)
{
    (void)state;
    for (size_t over = 0; over < 2; over++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer body = {0};
        AUTO(release_request) struct release_request r = {0};
        buffer_text(&body, "{\"target\":\"t\",\"nonce\":\"");
        buffer_fill(&body, RELEASE_NONCE_MAX + over, 'n');
        buffer_text(&body, "\"}");
        assert_int_equal(release_request_read(buffer_bytes(&body), &r, &err), over == 0);
        assert_int_equal(err.code, over ? QUOTH_JSON_VALUE : QUOTH_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_read_or_refused),
        cmocka_unit_test(a_nonce_may_hold_any_character),
        cmocka_unit_test(a_nonce_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
