#include "keys/pkcs11_uri.h"

#include "tests/unit.h"

#define FILES "?module-path=/m.so&pin-source=/pin"

static const struct {
    const char *name, *text, *token, *object, *module_path, *pin_source, *id;
} read_well[] = {
    {"the plain form",               "pkcs11:token=quoth;object=kek" FILES,                                         "quoth",          "kek",  "/m.so", "/pin",     ""      },
    {"any order, and an id",
     "pkcs11:id=%01%00%ff;object=kek;token=quoth?pin-source=/p&module-path=/m",                                     "quoth",          "kek",
     "/m",                                                                                                                                             "/p",       "0100ff"},
    {"escapes",                      "pkcs11:token=My%20token%3b;object=a%2Fb%25?module-path=/m%20m&pin-source=/p",
     "My token;",                                                                                                                     "a/b%", "/m m",  "/p",       ""      },
    {"what may stand unescaped",
     "pkcs11:token=:[]@!$'()*+,=&;object=-._~?module-path=/a?|&pin-source=/p",                                      ":[]@!$'()*+,=&",
     "-._~",                                                                                                                                  "/a?|",  "/p",       ""      },
    {"UTF-8",                        "pkcs11:token=%c3%a4;object=k" FILES,                                          "\xc3\xa4",       "k",    "/m.so", "/pin",     ""      },
    {"a PIN's file as a URI",        "pkcs11:token=t;object=k?module-path=/m&pin-source=file:///run/pin",
     "t",                                                                                                                             "k",    "/m",    "/run/pin", ""      },
    {"the short form of that",       "pkcs11:token=t;object=k?module-path=/m&pin-source=file:/run/pin",
     "t",                                                                                                                             "k",    "/m",    "/run/pin", ""      },
    {"a label as long as its field", "pkcs11:token=12345678901234567890123456789012;object=k" FILES,
     "12345678901234567890123456789012",                                                                                              "k",    "/m.so", "/pin",     ""      },
};

static void sources_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(read_well); i++) {
        struct quoth_error err = {0};
        struct pkcs11_uri uri;
        AUTO(buffer) struct buffer id = {0};
        print_message("  %s\n", read_well[i].name);
        if (!pkcs11_uri_read(bytes_of_text(read_well[i].text), &uri, &err))
            fail_msg("%s: %s", err.where, err.message);
        assert_string_equal(uri.token, read_well[i].token);
        assert_string_equal(uri.object, read_well[i].object);
        assert_string_equal(uri.module_path, read_well[i].module_path);
        assert_string_equal(uri.pin_source, read_well[i].pin_source);
        unit_hex(read_well[i].id, &id);
        assert_true(bytes_equal(buffer_bytes(&id), (struct bytes){uri.id, uri.id_len}));
    }
}

static const struct {
    const char *name, *text, *where, *says;
} refusals[] = {
    {"nothing",                        "",                                                                  "source",      "begins with pkcs11:"},
    {"another scheme",                 "PKCS12:token=t",                                                    "source",      "begins with pkcs11:"},
    {"no attribute",                   "pkcs11:",                                                           "source",      "NAME=VALUE"         },
    {"an empty attribute",             "pkcs11:token=t;;object=k" FILES,                                    "source",      "NAME=VALUE"         },
    {"one at the end",                 "pkcs11:token=t;object=k;" FILES,                                    "source",      "NAME=VALUE"         },
    {"an empty query",                 "pkcs11:token=t;object=k?",                                          "source",      "NAME=VALUE"         },
    {"no token",                       "pkcs11:object=k" FILES,                                             "token",       "is missing"         },
    {"no object",                      "pkcs11:token=t" FILES,                                              "object",      "is missing"         },
    {"no module",                      "pkcs11:token=t;object=k?pin-source=/p",                             "module-path", "is missing"         },
    {"no PIN",                         "pkcs11:token=t;object=k?module-path=/m",                            "pin-source",  "is missing"         },
    {"an empty label",                 "pkcs11:token=;object=k" FILES,                                      "token",       "has 0 bytes"        },
    {"a label too long",               "pkcs11:token=123456789012345678901234567890123;object=k" FILES,     "token",
     "has 33 bytes"                                                                                                                             },
    {"an empty id",                    "pkcs11:token=t;object=k;id=" FILES,                                 "id",          "has 0 bytes"        },
    {"a label that ends with a blank", "pkcs11:token=t%20;object=k" FILES,                                  "token",       "blank"              },
    {"twice",                          "pkcs11:token=t;token=u;object=k" FILES,                             "token",       "twice"              },
    {"a PIN in the setting",           "pkcs11:token=t;object=k?module-path=/m&pin-value=1234",             "pin-value",
     "shown and logged"                                                                                                                         },
    {"a PIN before the mark",          "pkcs11:token=t;object=k;pin-value=1234" FILES,                      "pin-value",   "shown"              },
    {"a command for a PIN",            "pkcs11:token=t;object=k?module-path=/m&pin-source=|cat%20pin",
     "pin-source",                                                                                                         "no command"         },
    {"a PIN's file elsewhere",         "pkcs11:token=t;object=k?module-path=/m&pin-source=file://host/pin",
     "pin-source",                                                                                                         "absolute"           },
    {"a PIN's file without a path",
     "pkcs11:token=t;object=k?module-path=/m&pin-source=file:",                                             "pin-source",  "absolute"           },
    {"a relative PIN file",            "pkcs11:token=t;object=k?module-path=/m&pin-source=pin",             "pin-source",
     "absolute"                                                                                                                                 },
    {"a relative module",              "pkcs11:token=t;object=k?module-path=m.so&pin-source=/p",            "module-path",
     "absolute"                                                                                                                                 },
    {"a module by name",               "pkcs11:token=t;object=k?module-name=softhsm2&pin-source=/p",
     "module-name",                                                                                                        "module-path"        },
    {"a slot by number",               "pkcs11:slot-id=0;object=k" FILES,                                   "slot-id",     "label"              },
    {"an attribute that would narrow", "pkcs11:token=t;object=k;serial=1" FILES,                            "serial",
     "is not understood"                                                                                                                        },
    {"a vendor's attribute",           "pkcs11:token=t;object=k?module-path=/m&pin-source=/p&x-a=b",        "x-a",
     "is not understood"                                                                                                                        },
    {"a name in other letters",        "pkcs11:Token=t;object=k" FILES,                                     "Token",       "is not understood"  },
    {"an escaped name",                "pkcs11:%74oken=t;object=k" FILES,                                   "%74oken",     "is not understood"  },
    {"a path attribute in the query",  "pkcs11:token=t?object=k&module-path=/m&pin-source=/p",
     "object",                                                                                                             "before the ?"       },
    {"a query attribute in the path",  "pkcs11:token=t;object=k;module-path=/m?pin-source=/p",
     "module-path",                                                                                                        "behind the ?"       },
    {"a blank",                        "pkcs11:token=my token;object=k" FILES,                              "token",       "percent-encoded"    },
    {"a slash in a label",             "pkcs11:token=a/b;object=k" FILES,                                   "token",       "percent-encoded"    },
    {"a fragment",                     "pkcs11:token=t;object=k#a" FILES,                                   "object",      "percent-encoded"    },
    {"half an escape",                 "pkcs11:token=t%4;object=k" FILES,                                   "token",       "escape"             },
    {"a bare percent sign",            "pkcs11:token=t%;object=k" FILES,                                    "token",       "escape"             },
    {"an escape of other letters",     "pkcs11:token=%zz;object=k" FILES,                                   "token",       "escape"             },
    {"a NUL in a label",               "pkcs11:token=t%00u;object=k" FILES,                                 "token",       "control"            },
    {"an escape character",            "pkcs11:token=t%1b[0m;object=k" FILES,                               "token",       "control"            },
    {"half a UTF-8 character",         "pkcs11:token=t;object=%c3" FILES,                                   "object",      "UTF-8"              },
    {"a NUL in a path",                "pkcs11:token=t;object=k?module-path=/m%00n&pin-source=/p",          "module-path",
     "control"                                                                                                                                  },
};

static void refusals_say_what_and_where(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct quoth_error err = {0};
        struct pkcs11_uri uri;
        print_message("  %s\n", refusals[i].name);
        assert_false(pkcs11_uri_read(bytes_of_text(refusals[i].text), &uri, &err));
        assert_int_equal(err.code, QUOTH_USAGE);
        assert_string_equal(err.where, refusals[i].where);
        if (!strstr(err.message, refusals[i].says))
            fail_msg("\"%s\" does not say \"%s\"", err.message, refusals[i].says);
        assert_null(strstr(err.message, "1234"));
    }
}

static void a_source_has_a_limit(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct pkcs11_uri uri;
    AUTO(buffer) struct buffer text = {0};
    buffer_text(&text, "pkcs11:token=");
    buffer_fill(&text, PKCS11_URI_MAX, 'a');
    assert_false(pkcs11_uri_read(buffer_bytes(&text), &uri, &err));
    assert_non_null(strstr(err.message, "limit"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources_are_read),
        cmocka_unit_test(refusals_say_what_and_where),
        cmocka_unit_test(a_source_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
