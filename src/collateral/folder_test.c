#include "collateral/folder.h"

#include "base/file.h"
#include "collateral/bundle.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the two above first */
#include <cmocka.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define CRL "\x30\x03\x02\x01\x05"

static char root[] = "/tmp/quoth-folder-XXXXXX";

static int make_root(void **state)
{
    (void)state;
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
    (void)state;
    char command[64];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command);
}

static const char *below(const char *name, char path[256])
{
    snprintf(path, 256, "%s/%s", root, name);
    return path;
}

static void put(const char *name, struct bytes data)
{
    char path[256];
    struct quoth_error err = {0};
    assert_true(file_write(below(name, path), data, 0600, &err));
}

static void make(const char *name)
{
    char path[256];
    assert_int_equal(mkdir(below(name, path), 0700), 0);
}

static const struct collateral_key key = {.tee = "sgx", .fmspc = "00906ed50000", .ca = "platform"};

static void missing_files_are_missing_parts(void **state)
{
    (void)state;
    char path[256];
    struct quoth_error err = {0};
    AUTO(collateral) struct collateral c = {0};
    make("one");
    put("one/tcb_info.json", BYTES_LITERAL("{}\n"));
    put("one/tcb_signing_chain.pem", BYTES_LITERAL("chain"));
    put("one/root_ca.crl", BYTES_LITERAL("3003020105"));
    assert_true(folder_read(below("one", path), &c, &err));
    assert_true(bytes_equal(c.part[COLLATERAL_TCB_INFO], BYTES_LITERAL("{}\n")));
    assert_true(bytes_equal(c.part[COLLATERAL_ROOT_CRL], BYTES_LITERAL(CRL)));
    assert_true(bytes_equal(c.part[COLLATERAL_QE_IDENTITY_CHAIN], BYTES_LITERAL("chain")));
    assert_int_equal(c.part[COLLATERAL_PCK_CRL].len, 0);
    assert_int_equal(c.part[COLLATERAL_QE_IDENTITY].len, 0);
}

static void what_was_written_is_read_again(void **state)
{
    (void)state;
    char path[256];
    struct quoth_error err = {0};
    AUTO(collateral) struct collateral c = {0}, again = {0}, fewer = {0};
    make("two");
    put("two/qe_identity.json", BYTES_LITERAL("{}"));
    put("two/qe_identity_chain.pem", BYTES_LITERAL("another"));
    put("two/tcb_signing_chain.pem", BYTES_LITERAL("chain"));
    put("two/pck.crl", BYTES_LITERAL(CRL));
    put("two/pck_crl_chain.pem", BYTES_LITERAL("crl chain"));
    put("two/pck_chain.pem", BYTES_LITERAL("pck"));
    assert_true(folder_read(below("two", path), &c, &err));
    assert_true(folder_write(below("three", path), &c, &err));
    assert_true(folder_read(path, &again, &err));
    for (size_t i = 0; i < COLLATERAL_PARTS; i++)
        assert_true(bytes_equal(c.part[i], again.part[i]));

    c.part[COLLATERAL_PCK_CHAIN] = (struct bytes){0};
    assert_true(folder_write(path, &c, &err));
    assert_true(folder_read(path, &fewer, &err));
    assert_int_equal(fewer.part[COLLATERAL_PCK_CHAIN].len, 0);
}

static void a_folder_may_hold_many_platforms(void **state)
{
    (void)state;
    char path[256];
    struct collateral_key other = key;
    struct quoth_error err = {0};
    AUTO(collateral) struct collateral file = {0}, folder = {0};
    make("many");
    put("many/sgx-00906ed50000-platform.json", BYTES_LITERAL("{\"pck_crl\":\"3003020105\"}"));
    assert_true(collateral_load(below("many", path), &key, &file, &err));
    assert_true(bytes_equal(file.part[COLLATERAL_PCK_CRL], BYTES_LITERAL(CRL)));

    make("many/tdx-00906ed50000-platform");
    put("many/tdx-00906ed50000-platform/tcb_info.json", BYTES_LITERAL("{}"));
    snprintf(other.tee, sizeof other.tee, "tdx");
    assert_true(collateral_load(path, &other, &folder, &err));
    assert_int_equal(folder.part[COLLATERAL_TCB_INFO].len, 2);
}

static void put_refused_folders(void)
{
    make("empty");
    make("strange");
    put("strange/tcb_info.pem", BYTES_LITERAL("x"));
    make("hollow");
    put("hollow/tcb_info.json", BYTES_LITERAL(""));
    make("bad-crl");
    put("bad-crl/tcb_info.json", BYTES_LITERAL("{}"));
    put("bad-crl/pck.crl", BYTES_LITERAL("<html>"));
    make("nul");
    put("nul/tcb_info.json", BYTES_LITERAL("{\0}"));
    put("bundle.json", BYTES_LITERAL("{\"pck_crl\":7}"));
    make("unreadable");
    make("unreadable/tcb_info.json");
}

static const struct {
    const char *name;
    bool for_key;
    enum quoth_code code;
} refusals[] = {
    {"absent",      false, QUOTH_IO            },
    {"empty",       false, QUOTH_BUNDLE        },
    {"empty",       true,  QUOTH_SOURCE_UNKNOWN},
    {"strange",     false, QUOTH_BUNDLE        },
    {"strange",     true,  QUOTH_SOURCE_UNKNOWN},
    {"hollow",      true,  QUOTH_BUNDLE        },
    {"bad-crl",     true,  QUOTH_HEX           },
    {"nul",         true,  QUOTH_BUNDLE        },
    {"bundle.json", true,  QUOTH_JSON_VALUE    },
    {"unreadable",  true,  QUOTH_IO            },
};

static void refusals_say_what_and_where(void **state)
{
    (void)state;
    put_refused_folders();
    for (size_t i = 0; i < COUNT(refusals); i++) {
        char path[256];
        struct quoth_error err = {0};
        AUTO(collateral) struct collateral c = {0};
        print_message("  %s\n", refusals[i].name);
        assert_false(collateral_load(below(refusals[i].name, path),
                                     refusals[i].for_key ? &key : NULL, &c, &err));
        assert_int_equal(err.code, refusals[i].code);
        assert_non_null(strstr(err.where, root));
    }
}

static const struct {
    const char *tee, *fmspc, *ca, *where;
} bad_keys[] = {
    {"snp", "00906ed50000",  "platform",    "tee"  },
    {"SGX", "00906ed50000",  "platform",    "tee"  },
    {"",    "00906ed50000",  "platform",    "tee"  },
    {"sgx", "00906ed5000",   "platform",    "fmspc"},
    {"sgx", "00906ed500000", "platform",    "fmspc"},
    {"sgx", "00906ED50000",  "platform",    "fmspc"},
    {"sgx", "../../../../e", "platform",    "fmspc"},
    {"sgx", "0090&ca=0000",  "platform",    "fmspc"},
    {"sgx", "00906ed50000",  "root",        "ca"   },
    {"sgx", "00906ed50000",  "platform&x=", "ca"   },
};

static void a_key_holds_nothing_that_a_path_or_url_minds(void **state)
{
    (void)state;
    const struct sha256 anchor = {{1}};
    char text[COLLATERAL_KEY_TEXT_SIZE];
    struct collateral_key good;
    struct quoth_error err = {0};
    for (size_t i = 0; i < COUNT(bad_keys); i++) {
        struct quoth_error why = {0};
        assert_false(collateral_key_make(&anchor, bad_keys[i].tee, bad_keys[i].fmspc,
                                         bad_keys[i].ca, &good, &why));
        assert_string_equal(why.where, bad_keys[i].where);
    }
    assert_true(collateral_key_make(&anchor, "tdx", "00906ed50000", "processor", &good, &err));
    assert_string_equal(collateral_key_text(&good, text), "tdx-00906ed50000-processor");
    assert_true(collateral_key_equal(&good, &good));
    assert_false(collateral_key_equal(&good, &key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_files_are_missing_parts),
        cmocka_unit_test(what_was_written_is_read_again),
        cmocka_unit_test(a_folder_may_hold_many_platforms),
        cmocka_unit_test(refusals_say_what_and_where),
        cmocka_unit_test(a_key_holds_nothing_that_a_path_or_url_minds),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
