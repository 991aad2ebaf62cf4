#include "service/policies/admission.h"

#include "tests/unit.h"

#include <stdio.h>

#define ID "aa11bb22aa11bb22aa11bb22aa11bb22aa11bb22aa11bb22aa11bb22aa11bb22"
#define OTHER "0000000000000000000000000000000000000000000000000000000000000000"

/* Lists of at most two. */
static struct setting_list list_of(const char *first, const char *second)
{
    static char texts[8][80], *items[8];
    static size_t used;
    struct setting_list list = {0};
    const char *const given[] = {first, second};
    if (used + 2 > COUNT(items))
        used = 0;
    list.items = &items[used];
    for (size_t i = 0; i < 2 && given[i]; i++, used++, list.count++) {
        snprintf(texts[used], sizeof texts[used], "%s", given[i]);
        items[used] = texts[used];
    }
    return list;
}

static const struct {
    const char *name, *allow[2], *deny[2], *id;
    enum quoth_code code;
} platforms[] = {
    {"no lists",                    {NULL},       {NULL},                  ID,   QUOTH_OK                },
    {"no lists, no id",             {NULL},       {NULL},                  NULL, QUOTH_OK                },
    {"denied",                      {NULL},       {ID},                    ID,   QUOTH_ATTEST_DENIED     },
    {"denied as the second",        {NULL},       {OTHER, ID},             ID,   QUOTH_ATTEST_DENIED     },
    {"another is denied",           {NULL},       {OTHER},                 ID,   QUOTH_OK                },
    {"denied, in capitals",
     {NULL},
     {"AA11BB22AA11BB22AA11BB22AA11BB22AA11BB22AA11BB22AA11BB22AA11BB22"},
     ID,                                                                         QUOTH_ATTEST_DENIED     },
    {"some are denied, and no id",  {NULL},       {OTHER},                 NULL, QUOTH_OK                },
    {"allowed",                     {ID},         {NULL},                  ID,   QUOTH_OK                },
    {"allowed as the second",       {OTHER, ID},  {NULL},                  ID,   QUOTH_OK                },
    {"another is allowed",          {OTHER},      {NULL},                  ID,   QUOTH_ATTEST_NOT_ALLOWED},
    {"some are allowed, and no id", {OTHER},      {NULL},                  NULL, QUOTH_ATTEST_NOT_ALLOWED},
    {"an empty id is none",         {""},         {NULL},                  "",   QUOTH_ATTEST_NOT_ALLOWED},
    {"allowed and denied",          {ID},         {ID},                    ID,   QUOTH_ATTEST_DENIED     },
    {"the beginning of one",        {"aa11bb22"}, {NULL},                  ID,   QUOTH_ATTEST_NOT_ALLOWED},
    {"no part denies",              {NULL},       {"aa11"},                ID,   QUOTH_OK                },
};

static void platforms_are_allowed_and_denied(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(platforms); i++) {
        struct quoth_error err = {0};
        AUTO(claims) struct claims *claims = claims_open();
        const struct tenant_settings s = {
            .platform_allow = list_of(platforms[i].allow[0], platforms[i].allow[1]),
            .platform_deny = list_of(platforms[i].deny[0], platforms[i].deny[1])};
        print_message("  %s\n", platforms[i].name);
        if (platforms[i].id)
            claims_add_text(claims, CLAIM_FROM_EVIDENCE, "x-quoth-platform-id",
                            bytes_of_text(platforms[i].id));
        assert_int_equal(admission_platform(&s, claims, &err), platforms[i].code == QUOTH_OK);
        assert_int_equal(err.code, platforms[i].code);
        if (err.code == QUOTH_ATTEST_DENIED)
            assert_string_equal(err.found, ID);
    }
}

static const struct {
    const char *name, *siblings, *closed;
    bool own[ATTEST_TYPES]; /* has a policy that was set */
    enum attest_type type;
    enum quoth_code code;
} types[] = {
    {"SGX",                          "warn",   NULL,         {0}, ATTEST_SGX_ENCLAVE,  QUOTH_OK                },
    {"OpenEnclave",                  "warn",   NULL,         {0}, ATTEST_OPEN_ENCLAVE, QUOTH_OK                },
    {"TDX",                          "warn",   NULL,         {0}, ATTEST_TDX_VM,       QUOTH_OK                },
    {"SNP",                          "warn",   NULL,         {0}, ATTEST_SEV_SNP_VM,   QUOTH_ATTEST_UNSUPPORTED},
    {"TPM",                          "warn",   NULL,         {0}, ATTEST_TPM,          QUOTH_ATTEST_UNSUPPORTED},
    {"AzureGuest",                   "warn",   NULL,         {0}, ATTEST_AZURE_GUEST,  QUOTH_ATTEST_UNSUPPORTED},
    {"closed",                       "warn",   "SgxEnclave", {0}, ATTEST_SGX_ENCLAVE,  QUOTH_ATTEST_CLOSED     },
    {"closed in another case",       "warn",   "sgxenclave", {0}, ATTEST_SGX_ENCLAVE,  QUOTH_ATTEST_CLOSED     },
    {"the other is closed",          "warn",   "SgxEnclave", {0}, ATTEST_OPEN_ENCLAVE, QUOTH_OK                },
    {"strict, both default",         "strict", NULL,         {0}, ATTEST_SGX_ENCLAVE,  QUOTH_OK                },
    {"strict, the one with its own",
     "strict",                                 NULL,
     {[ATTEST_SGX_ENCLAVE] = true},
     ATTEST_SGX_ENCLAVE,                                                               QUOTH_OK                },
    {"strict, the one without",
     "strict",                                 NULL,
     {[ATTEST_SGX_ENCLAVE] = true},
     ATTEST_OPEN_ENCLAVE,                                                              QUOTH_ATTEST_SIBLING    },
    {"strict, the other way round",
     "strict",                                 NULL,
     {[ATTEST_OPEN_ENCLAVE] = true},
     ATTEST_SGX_ENCLAVE,                                                               QUOTH_ATTEST_SIBLING    },
    {"strict, both have their own",
     "strict",                                 NULL,
     {[ATTEST_SGX_ENCLAVE] = true, [ATTEST_OPEN_ENCLAVE] = true},
     ATTEST_OPEN_ENCLAVE,                                                              QUOTH_OK                },
    {"strict, TDX has no sibling",
     "strict",                                 NULL,
     {[ATTEST_SGX_ENCLAVE] = true},
     ATTEST_TDX_VM,                                                                    QUOTH_OK                },
    {"warned about only",
     "warn",                                   NULL,
     {[ATTEST_SGX_ENCLAVE] = true},
     ATTEST_OPEN_ENCLAVE,                                                              QUOTH_OK                },
};

static void types_are_open_or_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        struct quoth_error err = {0};
        char siblings[8];
        struct tenant_policy policies[ATTEST_TYPES] = {0};
        const struct tenant_settings s = {.siblings = siblings,
                                          .closed_type = list_of(types[i].closed, NULL)};
        snprintf(siblings, sizeof siblings, "%s", types[i].siblings);
        for (size_t t = 0; t < ATTEST_TYPES; t++)
            policies[t].is_default = !types[i].own[t];
        print_message("  %s\n", types[i].name);
        assert_int_equal(admission_type(&s, policies, types[i].type, &err),
                         types[i].code == QUOTH_OK);
        assert_int_equal(err.code, types[i].code);
    }
}

static void a_tenant_takes_so_many_a_second(void **state)
{
    (void)state;
    const struct tenant_settings s = {.rate = 10}, any = {0};
    atomic_uint_fast64_t next = 0;
    const uint64_t start = 5000000;
    struct quoth_error err = {0};
    for (int i = 0; i < 10; i++)
        assert_true(admission_turn(&s, &next, start, &err));
    assert_false(admission_turn(&s, &next, start, &err));
    assert_int_equal(err.code, QUOTH_ATTEST_RATE);
    assert_true(admission_turn(&s, &next, start + 100000, &err));
    assert_false(admission_turn(&s, &next, start + 150000, &err));
    for (int i = 0; i < 1000; i++)
        assert_true(admission_turn(&any, &next, start, &err));
    int taken = 0; /* in ten seconds, whatever is asked for */
    atomic_store(&next, 0);
    for (uint64_t now = start; now < start + 10000000; now += 1000)
        taken += admission_turn(&s, &next, now, &err);
    assert_in_range(taken, 100, 110);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(platforms_are_allowed_and_denied),
        cmocka_unit_test(types_are_open_or_not),
        cmocka_unit_test(a_tenant_takes_so_many_a_second),
    };
    return cmocka_run_group_tests_name("service/admission", tests, NULL, NULL);
}
