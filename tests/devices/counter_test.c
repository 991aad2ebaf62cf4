/* A counter in a TPM. */
#include "swtpm.h"

#define INDEX 0x01800017
#define COUNTER_ATTRIBUTES                                                                         \
    ((TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT) | TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE |           \
     TPMA_NV_OWNERREAD | TPMA_NV_NO_DA)

static struct swtpm tpm;
static char source[128];

static int begin(void **state)
{
    (void)state;
    if (swtpm_open(&tpm))
        snprintf(source, sizeof source, "tpm:%s?nv=0x%08x", tpm.tcti, INDEX);
    return 0;
}

static int end(void **state)
{
    (void)state;
    swtpm_close(&tpm);
    return 0;
}

static struct counter *counter(void)
{
    struct quoth_error err = {0};
    struct counter *c = NULL;
    if (!tpm.folder[0])
        without("swtpm");
    if (!counter_open(source, &c, &err))
        fail_msg("%s", err.message);
    return c;
}

typedef bool call_fn(struct counter *c, uint64_t *ret_value, struct quoth_error *err);

static uint64_t gives(call_fn *call, struct counter *c)
{
    struct quoth_error err = {0};
    uint64_t value = 0;
    if (!call(c, &value, &err))
        fail_msg("%s: %s", err.where, err.message);
    return value;
}

static void refuses(call_fn *call, struct counter *c, enum quoth_code code, const char *says)
{
    struct quoth_error err = {0};
    uint64_t value = 77;
    assert_false(call(c, &value, &err));
    if (err.code != code || !strstr(err.message, says))
        fail_msg("%s: %s", quoth_code_dotted(err.code), err.message);
    assert_int_equal(value, 77);
}

static void remove_index(void)
{
    AUTO(visitor) struct visitor v = visitor_of(&tpm);
    ESYS_TR index;
    assert_int_equal(
        Esys_TR_FromTPMPublic(v.esys, INDEX, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &index),
        TSS2_RC_SUCCESS);
    assert_int_equal(Esys_NV_UndefineSpace(v.esys, ESYS_TR_RH_OWNER, index, ESYS_TR_PASSWORD,
                                           ESYS_TR_NONE, ESYS_TR_NONE),
                     TSS2_RC_SUCCESS);
}

static void define_index(TPMA_NV attributes, UINT16 size)
{
    AUTO(visitor) struct visitor v = visitor_of(&tpm);
    const TPM2B_AUTH password = {0};
    const TPM2B_NV_PUBLIC nv = {
        .nvPublic = {.nvIndex = INDEX,
                     .nameAlg = TPM2_ALG_SHA256,
                     .attributes = attributes,
                     .dataSize = size}
    };
    ESYS_TR index;
    assert_int_equal(Esys_NV_DefineSpace(v.esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                         ESYS_TR_NONE, &password, &nv, &index),
                     TSS2_RC_SUCCESS);
}

static void it_counts(void **state)
{
    (void)state;
    AUTO(counter) struct counter *c = counter();
    refuses(counter_read, c, QUOTH_DEVICE_REFUSED, "no such counter");
    refuses(counter_raise, c, QUOTH_DEVICE_REFUSED, "no such counter");
    const uint64_t first = gives(counter_create, c);
    assert_int_equal(gives(counter_create, c), first); /* is there already */
    assert_int_equal(gives(counter_read, c), first);
    assert_int_equal(gives(counter_raise, c), first + 1);
    assert_int_equal(gives(counter_raise, c), first + 2);

    AUTO(counter) struct counter *again = counter();
    assert_int_equal(gives(counter_read, again), first + 2);
    swtpm_stop(&tpm);
    refuses(counter_read, c, QUOTH_DEVICE_UNAVAILABLE, "does not answer");
    refuses(counter_raise, c, QUOTH_DEVICE_UNAVAILABLE, "does not answer");
    swtpm_start(&tpm);
    assert_int_equal(gives(counter_read, c), first + 2);
    assert_int_equal(gives(counter_raise, c), first + 3);
    kill(tpm.pid, SIGKILL); /* and without a farewell */
    swtpm_stop(&tpm);
    swtpm_start(&tpm);
    assert_int_equal(gives(counter_read, c), first + 3);
}

/* A counter that somebody removes is missed; and the next one begins above it. */
static void it_does_not_begin_anew(void **state)
{
    (void)state;
    AUTO(counter) struct counter *c = counter();
    gives(counter_create, c);
    const uint64_t last = gives(counter_raise, c);
    remove_index();
    refuses(counter_read, c, QUOTH_DEVICE_REFUSED, "no such counter");
    refuses(counter_raise, c, QUOTH_DEVICE_REFUSED, "no such counter");
    define_index(COUNTER_ATTRIBUTES, 8); /* without a value yet */
    refuses(counter_read, c, QUOTH_DEVICE_REFUSED, "no such counter");
    assert_true(gives(counter_create, c) > last);
}

static void another_index_is_no_counter(void **state)
{
    static const struct {
        const char *name;
        TPMA_NV attributes;
        UINT16 size;
    } others[] = {
        {"ordinary memory",
         TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE | TPMA_NV_OWNERREAD | TPMA_NV_NO_DA,                                             8 },
        {"bits",                             COUNTER_ATTRIBUTES ^ ((TPM2_NT_COUNTER ^ TPM2_NT_BITS) << TPMA_NV_TPM2_NT_SHIFT),
         8                                                                                                                       },
        {"a hash",
         COUNTER_ATTRIBUTES ^ ((TPM2_NT_COUNTER ^ TPM2_NT_EXTEND) << TPMA_NV_TPM2_NT_SHIFT),                                   32},
        {"a counter that a crash sets back", COUNTER_ATTRIBUTES | TPMA_NV_ORDERLY,                                             8 },
        {"a counter of somebody else's",     COUNTER_ATTRIBUTES | TPMA_NV_OWNERWRITE,                                          8 },
    };
    (void)state;
    AUTO(counter) struct counter *c = counter();
    remove_index();
    for (size_t i = 0; i < COUNT(others); i++) {
        print_message("  %s\n", others[i].name);
        define_index(others[i].attributes, others[i].size);
        refuses(counter_create, c, QUOTH_DEVICE_REFUSED, "no counter of ours");
        refuses(counter_read, c, QUOTH_DEVICE_REFUSED, "no counter of ours");
        refuses(counter_raise, c, QUOTH_DEVICE_REFUSED, "no counter of ours");
        remove_index();
    }
    assert_int_equal(handles_of(&tpm, TPM2_HT_TRANSIENT), 0);
}

static void a_source_of_another_kind_is_refused(void **state)
{
    static const char *const sources[] = {
        "", "/etc/passwd", "tpm:", "tpm:?pcrs=sha256:7", "pkcs11:token=t;object=k", "tpm:?nv=1"};
    (void)state;
    for (size_t i = 0; i < COUNT(sources); i++) {
        struct quoth_error err = {0};
        struct counter *c = NULL;
        assert_false(counter_open(sources[i], &c, &err));
        assert_int_equal(err.code, QUOTH_USAGE);
        assert_null(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_counts),
        cmocka_unit_test(it_does_not_begin_anew),
        cmocka_unit_test(another_index_is_no_counter),
        cmocka_unit_test(a_source_of_another_kind_is_refused),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
