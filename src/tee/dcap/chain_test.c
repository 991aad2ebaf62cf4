#include "tee/dcap/chain.h"

#include "tests/dcap_forge.h"

static const int pck_order[] = {FORGE_LEAF, FORGE_CA, FORGE_ROOT, -1};
static const int signer_order[] = {FORGE_SIGNER, FORGE_ROOT, -1};

/* A chain with one fact wrong, and what is said of it. */
static const struct {
    const char *name;
    int which;
    struct forge_cert wrong; /* what is not zero replaces what is right */
    const char *where;
} profiles[] = {
    {"a leaf's name with more in it",     FORGE_LEAF,   {.cn = "X SGX PCK Certificate"},                        "leaf"        },
    {"a leaf's name with less in it",     FORGE_LEAF,   {.cn = "Intel SGX PCK"},                                "leaf"        },
    {"another intermediate",              FORGE_CA,     {.cn = "Intel SGX PCK CA"},                             "intermediate"},
    {"another root",                      FORGE_ROOT,   {.cn = "Intel SGX Root CA 2"},                          "root"        },
    {"a signer's name",                   FORGE_SIGNER, {.cn = "Intel SGX TCB Signing CA"},                     "signer"      },
    {"a leaf that may sign certificates",
     FORGE_LEAF,                                        {.usage = CERT_DIGITAL_SIGNATURE | CERT_KEY_CERT_SIGN},
     "leaf"                                                                                                                   },
    {"a leaf that may not sign",          FORGE_LEAF,   {.usage = CERT_NON_REPUDIATION},                        "leaf"        },
    {"a leaf that is a CA",               FORGE_LEAF,   {.is_ca = true},                                        "leaf"        },
    {"a signer that is a CA",             FORGE_SIGNER, {.is_ca = true},                                        "signer"      },
    {"an intermediate that may not sign", FORGE_CA,     {.usage = CERT_CRL_SIGN},                               "intermediate"},
    {"an intermediate without CRLs",      FORGE_CA,     {.usage = CERT_KEY_CERT_SIGN},                          "intermediate"},
    {"no key usage",                      FORGE_CA,     {.omit = 1u << X509_KEY_USAGE},                         "intermediate"},
    {"key usage that may be ignored",     FORGE_LEAF,   {.not_critical = 1u << X509_KEY_USAGE},                 "leaf"        },
    {"no constraints",                    FORGE_LEAF,   {.omit = 1u << X509_BASIC_CONSTRAINTS},                 "leaf"        },
    {"constraints that may be ignored",
     FORGE_CA,                                          {.not_critical = 1u << X509_BASIC_CONSTRAINTS},
     "intermediate"                                                                                                           },
    {"no authority key identifier",       FORGE_LEAF,   {.omit = 1u << X509_AUTHORITY_KEY_ID},                  "leaf"        },
    {"no subject key identifier",         FORGE_SIGNER, {.omit = 1u << X509_SUBJECT_KEY_ID},                    "signer"      },
    {"no distribution point",             FORGE_ROOT,   {.omit = 1u << X509_CRL_DISTRIBUTION_POINT},            "root"        },
    {"no SGX extension",                  FORGE_LEAF,   {.omit = 1u << X509_OTHER},                             "leaf"        },
    {"a signer with an SGX extension",    FORGE_SIGNER, {.has_sgx = true},                                      "signer"      },
    {"a key identifier of another",       FORGE_LEAF,   {.aki_of = FORGE_SIGNER},                               "leaf"        },
    {"a root that names another key",     FORGE_ROOT,   {.aki_of = FORGE_CA},                                   "root"        },
};

static void change(struct forge_cert *to, const struct forge_cert *wrong)
{
    if (wrong->cn)
        to->cn = wrong->cn;
    if (wrong->usage)
        to->usage = wrong->usage;
    if (wrong->is_ca) {
        to->is_ca = true;
        to->path_len = 0;
    }
    if (wrong->aki_of)
        to->aki_of = wrong->aki_of;
    to->omit |= wrong->omit;
    to->not_critical |= wrong->not_critical;
    to->has_sgx |= wrong->has_sgx;
}

static bool read_checked(const struct forge *f, enum chain_kind kind, struct quoth_error *err)
{
    AUTO(buffer) struct buffer pem = {0};
    AUTO(chain) struct chain c = {0};
    forge_pem(f, kind == CHAIN_PCK ? pck_order : signer_order, &pem);
    return chain_read(buffer_bytes(&pem), kind, true, &c, err) && chain_check_profile(&c, err);
}

static void every_place_has_its_profile(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(profiles); i++) {
        struct quoth_error err = {0};
        AUTO(forge) struct forge f;
        print_message("  %s\n", profiles[i].name);
        forge_init(&f);
        change(&f.certs[profiles[i].which], &profiles[i].wrong);
        forge_make_certs(&f);
        assert_false(
            read_checked(&f, profiles[i].which == FORGE_SIGNER ? CHAIN_SIGNER : CHAIN_PCK, &err));
        assert_int_equal(err.code, QUOTH_CHAIN_INVALID);
        assert_string_equal(err.where, profiles[i].where);
    }
}

static void a_path_length_bounds_the_chain(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(forge) struct forge f;
    forge_init(&f);
    f.certs[FORGE_ROOT].path_len = 0; /* no intermediate below */
    forge_make_certs(&f);
    assert_false(read_checked(&f, CHAIN_PCK, &err));
    assert_string_equal(err.where, "root");
    err = (struct quoth_error){0};
    assert_true(read_checked(&f, CHAIN_SIGNER, &err));
    f.certs[FORGE_ROOT].path_len = CERT_NO_PATH_LEN;
    forge_make_certs(&f);
    assert_true(read_checked(&f, CHAIN_PCK, &err));
}

static const struct {
    const char *name;
    int order[6];
    bool good;
} orders[] = {
    {"leaf, intermediate, root", {FORGE_LEAF, FORGE_CA, FORGE_ROOT, -1},               true },
    {"leaf, root, intermediate", {FORGE_LEAF, FORGE_ROOT, FORGE_CA, -1},               true },
    {"root first",               {FORGE_ROOT, FORGE_CA, FORGE_LEAF, -1},               true },
    {"two",                      {FORGE_LEAF, FORGE_CA, -1},                           false},
    {"nothing",                  {-1},                                                 false},
    {"four",                     {FORGE_LEAF, FORGE_CA, FORGE_ROOT, FORGE_SIGNER, -1}, false},
    {"the leaf twice",           {FORGE_LEAF, FORGE_LEAF, FORGE_ROOT, -1},             false},
    {"the leaf twice and all",   {FORGE_LEAF, FORGE_LEAF, FORGE_CA, FORGE_ROOT, -1},   false},
    {"the root twice",           {FORGE_LEAF, FORGE_ROOT, FORGE_ROOT, -1},             false},
    {"the intermediate twice",   {FORGE_CA, FORGE_CA, FORGE_ROOT, -1},                 false},
    {"another leaf",             {FORGE_SIGNER, FORGE_CA, FORGE_ROOT, -1},             false},
};

static void the_order_is_found_and_must_be_one(void **state)
{
    (void)state;
    AUTO(forge) struct forge f;
    forge_init(&f);
    forge_make_certs(&f);
    for (size_t i = 0; i < COUNT(orders); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer pem = {0};
        AUTO(chain) struct chain c = {0};
        print_message("  %s\n", orders[i].name);
        forge_pem(&f, orders[i].order, &pem);
        const bool read = chain_read(buffer_bytes(&pem), CHAIN_PCK, true, &c, &err);
        assert_int_equal(read, orders[i].good);
        if (!read)
            continue;
        assert_true(chain_check_profile(&c, &err));
        assert_true(
            bytes_equal(chain_leaf(&c)->subject_cn, BYTES_LITERAL("Intel SGX PCK Certificate")));
        assert_false(chain_is_platform(&c));
    }
}

/* What stands around and inside the PEM text. */
static const struct {
    const char *name, *before, *after;
    bool canonical, lenient;
} texts[] = {
    {"nothing around",     "",      "",   true,  true },
    {"a line feed before", "\n",    "",   false, true },
    {"a line feed after",  "",      "\n", false, true },
    {"a comment before",   "Bag\n", "",   false, false},
    {"a comment after",    "",      "x",  false, false},
};

static void evidence_is_canonical(void **state)
{
    (void)state;
    AUTO(forge) struct forge f;
    AUTO(buffer) struct buffer pem = {0};
    forge_init(&f);
    forge_make_certs(&f);
    forge_pem(&f, pck_order, &pem);
    for (size_t i = 0; i < COUNT(texts); i++) {
        AUTO(buffer) struct buffer text = {0};
        print_message("  %s\n", texts[i].name);
        buffer_text(&text, texts[i].before);
        buffer_add(&text, buffer_bytes(&pem));
        buffer_text(&text, texts[i].after);
        for (int canonical = 0; canonical < 2; canonical++) {
            struct quoth_error err = {0};
            AUTO(chain) struct chain c = {0};
            assert_int_equal(chain_read(buffer_bytes(&text), CHAIN_PCK, canonical, &c, &err),
                             canonical ? texts[i].canonical : texts[i].lenient);
        }
    }
    for (size_t nuls = 1; nuls < 4; nuls++) { /* one may follow, and no more */
        struct quoth_error err = {0};
        AUTO(chain) struct chain c = {0};
        buffer_u8(&pem, 0);
        assert_int_equal(chain_read(buffer_bytes(&pem), CHAIN_PCK, true, &c, &err), nuls == 1);
    }
}

static void times_are_those_of_all_certificates(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    int64_t from, until;
    AUTO(forge) struct forge f;
    AUTO(buffer) struct buffer pem = {0};
    AUTO(chain) struct chain c = {0};
    forge_init(&f);
    f.certs[FORGE_CA].not_before = FORGE_NOW - 10;
    f.certs[FORGE_LEAF].not_after = FORGE_NOW + 10;
    forge_make_certs(&f);
    forge_pem(&f, pck_order, &pem);
    assert_true(chain_read(buffer_bytes(&pem), CHAIN_PCK, true, &c, &err));
    chain_window(&c, &from, &until);
    assert_int_equal(from, FORGE_NOW - 10);
    assert_int_equal(until, FORGE_NOW + 10);
    assert_true(chain_check_time(&c, FORGE_NOW - 10, &err));
    assert_true(chain_check_time(&c, FORGE_NOW + 10, &err));
    assert_false(chain_check_time(&c, FORGE_NOW - 11, &err));
    assert_int_equal(err.code, QUOTH_CHAIN_NOT_YET_VALID);
    assert_string_equal(err.where, "intermediate");
    err = (struct quoth_error){0};
    assert_false(chain_check_time(&c, FORGE_NOW + 11, &err));
    assert_int_equal(err.code, QUOTH_CHAIN_EXPIRED);
    assert_string_equal(err.where, "leaf");
    assert_string_equal(err.expected, "not after 2026-11-21T12:00:10Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_place_has_its_profile),
        cmocka_unit_test(a_path_length_bounds_the_chain),
        cmocka_unit_test(the_order_is_found_and_must_be_one),
        cmocka_unit_test(evidence_is_canonical),
        cmocka_unit_test(times_are_those_of_all_certificates),
    };
    return cmocka_run_group_tests_name("tee/dcap/chain", tests, NULL, NULL);
}
