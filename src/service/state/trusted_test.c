/* Trust that cannot be turned. */
#include "service/state/trusted.h"

#include "tests/state_folder.h"

#include <sys/stat.h>

static void set_trust(const char *class, int n, const char *file)
{
    static char trust[256], path[64], *paths[] = {path};
    snprintf(trust, sizeof trust, "%s%s%s", class, n < 0 ? "" : ":", n < 0 ? "" : root_hex[n]);
    snprintf(path, sizeof path, "%s", file ? file : "");
    config.tenants[TENANT_FIRST].trust = class[0] ? trust : NULL;
    config.tenants[TENANT_FIRST].trust_root = (struct setting_list){paths, file ? 1 : 0};
}

static void a_class_is_for_ever(void **state)
{
    (void)state;
    static const struct {
        const char *made;
        int made_root;
        const char *said;
        int said_root;
        enum quoth_code code;
        bool simulated;
    } cases[] = {
        {"",          -1, "",          -1, QUOTH_OK,          false},
        {"hardware",  -1, "hardware",  -1, QUOTH_OK,          false},
        {"hardware",  -1, "hardware",  0,  QUOTH_OK,          false}, /* a lab's root for this run */
        {"hardware",  0,  "",          -1, QUOTH_OK,          false},
        {"simulated", 0,  "",          -1, QUOTH_OK,          true }, /* as recorded */
        {"simulated", 0,  "simulated", 0,  QUOTH_OK,          true },
        {"simulated", 0,  "simulated", 1,  QUOTH_OK,          true }, /* another simulator */
        {"simulated", 0,  "hardware",  -1, QUOTH_TRUST_MIXED, false},
        {"simulated", 0,  "hardware",  0,  QUOTH_TRUST_MIXED, false},
        {"hardware",  -1, "simulated", 0,  QUOTH_TRUST_MIXED, false},
        {"",          -1, "simulated", 0,  QUOTH_TRUST_MIXED, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct quoth_error err = {0};
        AUTO(trusted) struct trusted made = {0}, chosen = {0};
        AUTO(buffer) struct buffer recorded = {0};
        print_message("  made for \"%s\", said \"%s\"\n", cases[i].made, cases[i].said);
        set_trust(cases[i].made, cases[i].made_root, cases[i].made_root < 0 ? NULL : root_path);
        assert_true(trusted_from_config(&config.tenants[TENANT_FIRST], &made, &err));
        assert_true(trusted_write(&made, &recorded, &err));
        set_trust(cases[i].said, cases[i].said_root,
                  cases[i].said_root < 0    ? NULL
                  : cases[i].said_root == 0 ? root_path
                                            : second_path);
        assert_int_equal(
            trusted_choose(&config.tenants[TENANT_FIRST], buffer_bytes(&recorded), &chosen, &err),
            cases[i].code == QUOTH_OK);
        assert_int_equal(err.code, cases[i].code);
        if (cases[i].code == QUOTH_OK) {
            assert_int_equal(chosen.simulated, cases[i].simulated);
            assert_int_equal(chosen.trust.count, 1);
        }
    }
}

static void roots_are_named_and_there(void **state)
{
    (void)state;
    char two[256], upper[256];
    static char name_only[] = "simulated", nothing[] = "simulated:", other[] = "lab",
                short_hex[] = "simulated:abcd", odd[] = "simulated:zz";
    struct {
        const char *name;
        char *trust, *file;
    } cases[] = {
        {"a class without a root",        name_only, root_path  },
        {"an empty list",                 nothing,   root_path  },
        {"an unknown class",              other,     root_path  },
        {"a short fingerprint",           short_hex, root_path  },
        {"no hex",                        odd,       root_path  },
        {"no certificate",                upper,     NULL       },
        {"another certificate",           upper,     second_path},
        {"one of two",                    two,       root_path  },
        {"a root that nobody named",      NULL,      root_path  },
        {"a file that is not there",      upper,     state_path },
        {"a file that is no certificate", upper,     key_path   },
    };
    struct quoth_error made = {0};
    snprintf(upper, sizeof upper, "simulated:%s", root_hex[0]);
    snprintf(two, sizeof two, "simulated:%s,%s", root_hex[0], root_hex[1]);
    char keys[64];
    snprintf(keys, sizeof keys, "%s/keys", folder);
    mkdir(keys, 0700);
    assert_true(file_write(key_path, BYTES_LITERAL("not a certificate"), 0600, &made));
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct quoth_error err = {0};
        struct trusted t = {0};
        print_message("  %s\n", cases[i].name);
        config.tenants[TENANT_FIRST].trust = cases[i].trust;
        config.tenants[TENANT_FIRST].trust_root =
            (struct setting_list){&cases[i].file, cases[i].file ? 1 : 0};
        assert_false(trusted_from_config(&config.tenants[TENANT_FIRST], &t, &err));
        assert_int_equal(t.trust.count, 0);
    }
}

static void several_roots_may_be_named(void **state)
{
    (void)state;
    char trust[256];
    struct quoth_error err = {0};
    AUTO(trusted) struct trusted t = {0}, again = {0};
    AUTO(buffer) struct buffer text = {0};
    snprintf(trust, sizeof trust, "simulated:%s,%s", root_hex[1], root_hex[0]);
    config.tenants[TENANT_FIRST].trust = trust;
    char *paths[] = {root_path, second_path};
    config.tenants[TENANT_FIRST].trust_root = (struct setting_list){paths, COUNT(paths)};
    assert_true(trusted_from_config(&config.tenants[TENANT_FIRST], &t, &err));
    assert_int_equal(t.trust.count, 2);
    assert_true(trusted_write(&t, &text, &err) && trusted_read(buffer_bytes(&text), &again, &err));
    assert_true(sha256_equal(&t.trust.id, &again.trust.id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_folder(a_class_is_for_ever),
        with_folder(roots_are_named_and_there),
        with_folder(several_roots_may_be_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
