#include "crypto/x509_chain.h"

#include "crypto/x509_make.h"
#include "tests/unit.h"

#define FROM 1751624924
#define UNTIL 1783160924
#define NOW 1760000000

/* A small world: two roots of one name, what they issued, and certificates that must not count. */
enum {
    ROOT,
    TWIN,   /* another key under the name of the root */
    MIDDLE, /* a CA of the root */
    LEAF,   /* of the middle */
    ALONE,  /* self-signed, no CA */
    NO_CA,  /* of the root; no CA by its constraints */
    UNDER_NO_CA,
    BARE, /* of the root; says nothing about CA */
    UNDER_BARE,
    OLD_LEAF, /* of the middle; has expired */
    SHORT,    /* a CA of the root with path length 0 */
    SHORT_CA, /* a CA of SHORT: too long */
    UNDER_SHORT,
    CRITICAL, /* of the root, with a critical extension that nobody knows */
    ALL
};

static const struct plan {
    const char *cn;
    int issuer; /* itself if it is its own */
    enum { CA, ISSUES_NOTHING, SILENT } constraint;
    int path_len;
    bool expired, critical;
} plans[ALL] = {
    [ROOT] = {"root",   ROOT,     CA,             CERT_NO_PATH_LEN, false, false},
    [TWIN] = {"root",   TWIN,     CA,             CERT_NO_PATH_LEN, false, false},
    [MIDDLE] = {"middle", ROOT,     CA,             CERT_NO_PATH_LEN, false, false},
    [LEAF] = {"leaf",   MIDDLE,   ISSUES_NOTHING, CERT_NO_PATH_LEN, false, false},
    [ALONE] = {"alone",  ALONE,    ISSUES_NOTHING, CERT_NO_PATH_LEN, false, false},
    [NO_CA] = {"no ca",  ROOT,     ISSUES_NOTHING, CERT_NO_PATH_LEN, false, false},
    [UNDER_NO_CA] = {"leaf",   NO_CA,    ISSUES_NOTHING, CERT_NO_PATH_LEN, false, false},
    [BARE] = {"bare",   ROOT,     SILENT,         CERT_NO_PATH_LEN, false, false},
    [UNDER_BARE] = {"leaf",   BARE,     ISSUES_NOTHING, CERT_NO_PATH_LEN, false, false},
    [OLD_LEAF] = {"old",    MIDDLE,   ISSUES_NOTHING, CERT_NO_PATH_LEN, true,  false},
    [SHORT] = {"short",  ROOT,     CA,             0,                false, false},
    [SHORT_CA] = {"long",   SHORT,    CA,             CERT_NO_PATH_LEN, false, false},
    [UNDER_SHORT] = {"leaf",   SHORT_CA, ISSUES_NOTHING, CERT_NO_PATH_LEN, false, false},
    [CRITICAL] = {"odd",    ROOT,     ISSUES_NOTHING, CERT_NO_PATH_LEN, false, true },
};

static struct x509_cert *world[ALL];
static struct private_key *keys[ALL];
static struct buffer names[ALL];

static void make(int i)
{
    const struct plan *p = &plans[i];
    const struct x509_name_part name = {"CN", p->cn};
    struct quoth_error err = {0};
    AUTO(public_key) struct public_key *public = NULL;
    AUTO(buffer) struct buffer der = {0};
    const uint8_t serial[] = {(uint8_t)(i + 1)};
    struct x509_extension extensions[2] = {0};
    size_t count = 0;
    if (p->constraint != SILENT)
        extensions[count++] = (struct x509_extension){.kind = X509_BASIC_CONSTRAINTS,
                                                      .critical = true,
                                                      .is_ca = p->constraint == CA,
                                                      .path_len = p->path_len};
    if (p->critical)
        extensions[count++] = (struct x509_extension){.kind = X509_OTHER,
                                                      .critical = true,
                                                      .oid = "1.3.6.1.4.1.99999.1",
                                                      .value = BYTES_LITERAL("\x05\x00")};
    if (!private_key_generate(KEY_TYPE_P256, &keys[i], &err) ||
        !private_key_public(keys[i], &public, &err) || !x509_name_write(&name, 1, &names[i], &err))
        fail_msg("%s", err.message);
    const struct x509_spec spec = {.serial = BYTES_OF(serial),
                                   .issuer = buffer_bytes(&names[p->issuer]),
                                   .subject = buffer_bytes(&names[i]),
                                   .not_before = FROM,
                                   .not_after = p->expired ? NOW - 1 : UNTIL,
                                   .extensions = extensions,
                                   .extension_count = count};
    if (!x509_make(&spec, public, keys[p->issuer], &der, &err) ||
        !x509_cert_from_der(buffer_bytes(&der), &world[i], &err))
        fail_msg("%s: %s", p->cn, err.message);
}

static int make_all(void **state)
{
    (void)state;
    for (int i = 0; i < ALL; i++)
        make(i);
    return 0;
}

static int clear_all(void **state)
{
    (void)state;
    for (int i = 0; i < ALL; i++) {
        x509_cert_free(world[i]);
        private_key_free(keys[i]);
        buffer_clear(&names[i]);
    }
    return 0;
}

#define END (-1)

static bool judge(const int *chain, const int *trusted, int64_t at, struct quoth_error *err)
{
    struct x509_cert *c[X509_CHAIN_MAX + 1], *t[ALL];
    size_t count = 0, trusted_count = 0;
    for (; chain[count] != END; count++)
        c[count] = world[chain[count]];
    for (; trusted[trusted_count] != END; trusted_count++)
        t[trusted_count] = world[trusted[trusted_count]];
    return x509_chain_trusted(c, count, t, trusted_count, at, err);
}

static const struct accepted {
    const char *name;
    int chain[10], trusted[4];
} accepted[] = {
    {"the trusted one itself",             {ALONE, END},              {ROOT, ALONE, END}},
    {"a leaf that is trusted by itself",   {LEAF, END},               {LEAF, END}       },
    {"of a chain whose rest nobody needs", {LEAF, MIDDLE, END},       {LEAF, END}       },
    {"up to the root, which is sent too",  {LEAF, MIDDLE, ROOT, END}, {ROOT, END}       },
    {"up to the root, which is not sent",  {LEAF, MIDDLE, END},       {ALONE, ROOT, END}},
    {"up to a CA in the middle",           {LEAF, END},               {MIDDLE, END}     },
    {"two roots of one name",              {LEAF, MIDDLE, END},       {TWIN, ROOT, END} },
    {"the same, the other way round",      {LEAF, MIDDLE, END},       {ROOT, TWIN, END} },
    {"a CA of path length 0",              {SHORT_CA, SHORT, END},    {ROOT, END}       },
};

static void these_are_trusted(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(accepted); i++) {
        struct quoth_error err = {0};
        print_message("  %s\n", accepted[i].name);
        if (!judge(accepted[i].chain, accepted[i].trusted, NOW, &err))
            fail_msg("%s: %s", err.where, err.message);
    }
}

static const struct refused {
    const char *name;
    int chain[10], trusted[4];
    int64_t at;
    const char *why;
} refused[] = {
    {"nobody is trusted",                            {ALONE, END},               {END},           NOW,       "unable to find issuer certificate"},
    {"no chain",                                     {END},                      {ROOT, END},     NOW,       "1 to 8"                           },
    {"nine certificates",
     {LEAF, MIDDLE, ROOT, ROOT, ROOT, ROOT, ROOT, ROOT, ROOT, END},
     {ROOT, END},
     NOW,                                                                                                    "1 to 8"                           },
    {"another self-signed one",                      {ALONE, END},               {ROOT, END},     NOW,       "CN=alone"                         },
    {"another key under the root's name",
     {LEAF, MIDDLE, END},
     {TWIN, END},
     NOW,                                                                                                    "unable to find issuer certificate"},
    {"the twin itself",                              {TWIN, END},                {ROOT, END},     NOW,       "unable to find issuer certificate"},
    {"the middle is not sent",                       {LEAF, END},                {ROOT, END},     NOW,       "CN=middle"                        },
    {"the root first",                               {ROOT, MIDDLE, LEAF, END},  {MIDDLE, END},   NOW,       "did not issue"                    },
    {"a stranger in between",                        {LEAF, ALONE, MIDDLE, END}, {ROOT, END},     NOW,       "did not issue"                    },
    {"a stranger at the end",                        {LEAF, MIDDLE, ALONE, END}, {ROOT, END},     NOW,       "did not issue"                    },
    {"issued by what is no CA",                      {UNDER_NO_CA, NO_CA, END},  {ROOT, END},     NOW,       "invalid CA"                       },
    {"issued by a trusted one that is no CA",        {UNDER_NO_CA, END},         {NO_CA, END},    NOW,       "CA"                               },
    {"issued by what does not say CA",               {UNDER_BARE, BARE, END},    {ROOT, END},     NOW,       "CA"                               },
    {"issued by a trusted one that does not say CA", {UNDER_BARE, END},          {BARE, END},     NOW,       "CA"                               },
    {"longer than the path length",
     {UNDER_SHORT, SHORT_CA, SHORT, END},
     {ROOT, END},
     NOW,                                                                                                    "path length"                      },
    {"expired",                                      {OLD_LEAF, MIDDLE, END},    {ROOT, END},     NOW,       "expired"                          },
    {"expired, though trusted by itself",            {OLD_LEAF, END},            {OLD_LEAF, END}, NOW,       "expired"                          },
    {"not yet valid",                                {LEAF, MIDDLE, END},        {ROOT, END},     FROM - 1,  "not yet valid"                    },
    {"the trusted one has expired",                  {ROOT, END},                {ROOT, END},     UNTIL + 1, "expired"                          },
    {"a critical extension",                         {CRITICAL, END},            {ROOT, END},     NOW,       "critical extension"               },
};

static void these_are_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct quoth_error err = {0};
        print_message("  %s\n", refused[i].name);
        assert_false(judge(refused[i].chain, refused[i].trusted, refused[i].at, &err));
        assert_int_equal(err.code, QUOTH_CERTIFICATE_UNTRUSTED);
        if (!strstr(err.message, refused[i].why))
            fail_msg("%s: %s", err.where, err.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(these_are_trusted),
        cmocka_unit_test(these_are_not),
    };
    return cmocka_run_group_tests_name("crypto/x509_chain", tests, make_all, clear_all);
}
