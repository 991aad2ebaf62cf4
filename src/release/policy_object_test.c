#include "release/policy_object.h"

#include "tests/unit.h"

/* {"version":"1.0.0","anyOf":[{"authority":"https://m.example","anyOf":[{"claim":"???","equals":"~>~>~>"}]}]}
 * in the three forms; "~>" and "?" make the alphabets differ. */
#define URL                                                                                        \
    "eyJ2ZXJzaW9uIjoiMS4wLjAiLCJhbnlPZiI6W3siYXV0aG9yaXR5IjoiaHR0cHM6Ly9tLmV4YW1wbGUiLCJhbnlPZiI6" \
    "W3siY2xhaW0iOiI_Pz8iLCJlcXVhbHMiOiJ-Pn4-fj4ifV19XX0"
#define STANDARD                                                                                   \
    "eyJ2ZXJzaW9uIjoiMS4wLjAiLCJhbnlPZiI6W3siYXV0aG9yaXR5IjoiaHR0cHM6Ly9tLmV4YW1wbGUiLCJhbnlPZiI6" \
    "W3siY2xhaW0iOiI/Pz8iLCJlcXVhbHMiOiJ+Pn4+fj4ifV19XX0="
#define TYPE "application/json; charset=utf-8"

static const struct {
    const char *name, *object;
    bool immutable;
} accepted[] = {
    {"as SDKs send it",   "{\"contentType\":\"" TYPE "\",\"immutable\":false,\"data\":\"" URL "\"}",
     false                                                                                                },
    {"immutable",         "{\"immutable\":true,\"data\":\"" URL "\"}",                               true },
    {"data alone",        "{\"data\":\"" URL "\"}",                                                  false},
    {"padded",            "{\"data\":\"" URL "=\"}",                                                 false},
    {"ordinary base 64",  "{\"data\":\"" STANDARD "\"}",                                             false},
    {"nulls",             "{\"contentType\":null,\"immutable\":null,\"data\":\"" URL "\"}",          false},
    {"without a charset", "{\"contentType\":\"Application/JSON\",\"data\":\"" URL "\"}",             false},
};

static const struct {
    const char *name, *object;
    enum quoth_code code;
} refused[] = {
    {"no object",         "\"" URL "\"",                                            QUOTH_JSON_VALUE           },
    {"null",              "null",                                                   QUOTH_JSON_VALUE           },
    {"empty",             "{}",                                                     QUOTH_JSON_VALUE           },
    {"no data",           "{\"immutable\":true}",                                   QUOTH_JSON_VALUE           },
    {"data is null",      "{\"data\":null}",                                        QUOTH_JSON_VALUE           },
    {"data is an object", "{\"data\":{\"version\":\"1.0.0\"}}",                     QUOTH_JSON_VALUE           },
    {"data is empty",     "{\"data\":\"\"}",                                        QUOTH_RELEASE_POLICY_SYNTAX},
    {"data is the text",  "{\"data\":\"{}\"}",                                      QUOTH_BASE64               },
    {"both alphabets",    "{\"data\":\"-_+/\"}",                                    QUOTH_BASE64               },
    {"half padded",       "{\"data\":\"e30==\"}",                                   QUOTH_BASE64               },
    {"no policy",         "{\"data\":\"e30\"}",                                     QUOTH_RELEASE_POLICY_SYNTAX},
    {"immutable is text", "{\"immutable\":\"true\",\"data\":\"" URL "\"}",          QUOTH_JSON_VALUE           },
    {"immutable is 1",    "{\"immutable\":1,\"data\":\"" URL "\"}",                 QUOTH_JSON_VALUE           },
    {"misspelt",          "{\"Immutable\":true,\"data\":\"" URL "\"}",              QUOTH_JSON_VALUE           },
    {"something more",    "{\"x\":1,\"data\":\"" URL "\"}",                         QUOTH_JSON_VALUE           },
    {"another type",      "{\"contentType\":\"text/plain\",\"data\":\"" URL "\"}",  QUOTH_JSON_VALUE           },
    {"another charset",
     "{\"contentType\":\"application/json; charset=utf-16\",\"data\":\"" URL "\"}",
     QUOTH_JSON_VALUE                                                                                          },
    {"type is a number",  "{\"contentType\":1,\"data\":\"" URL "\"}",               QUOTH_JSON_VALUE           },
};

static bool read_object(const char *text, struct release_policy *p, bool *ret_immutable,
                        struct quoth_error *err)
{
    struct quoth_error none = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    assert_true(json_parse(bytes_of_text(text), NULL, &doc, &none));
    return release_policy_object_read(json_root(&doc), p, ret_immutable, err);
}

static void what_clients_send_is_read_and_written_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(accepted); i++) {
        struct quoth_error err = {0};
        bool immutable = false;
        AUTO(release_policy) struct release_policy p = {0};
        AUTO(buffer) struct buffer text = {0}, wanted = {0};
        print_message("  %s\n", accepted[i].name);
        if (!read_object(accepted[i].object, &p, &immutable, &err))
            fail_msg("%s: %s", err.where, err.message);
        assert_int_equal(immutable, accepted[i].immutable);
        release_policy_object_write(&text, &p, immutable);
        buffer_printf(&wanted,
                      "{\"contentType\":\"" TYPE "\",\"data\":\"" URL "\",\"immutable\":%s}",
                      immutable ? "true" : "false");
        assert_true(bytes_equal(buffer_bytes(&text), buffer_bytes(&wanted)));
    }
}

static void other_objects_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct quoth_error err = {0};
        bool immutable = false;
        AUTO(release_policy) struct release_policy p = {0};
        print_message("  %s\n", refused[i].name);
        assert_false(read_object(refused[i].object, &p, &immutable, &err));
        assert_int_equal(err.code, refused[i].code);
        assert_true(!immutable && p.text.data == NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_clients_send_is_read_and_written_again),
        cmocka_unit_test(other_objects_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
