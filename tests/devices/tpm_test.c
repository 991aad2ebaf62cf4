/* A key that a TPM has sealed. */
#include "swtpm.h"

static struct swtpm tpm, other;
static char source[128], with_pcrs[128];

static int begin(void **state)
{
    (void)state;
    if (!swtpm_open(&tpm) || !swtpm_open(&other))
        return 0;
    snprintf(source, sizeof source, "tpm:%s", tpm.tcti);
    snprintf(with_pcrs, sizeof with_pcrs, "tpm:%s?pcrs=sha256:7,11", tpm.tcti);
    return 0;
}

static int end(void **state)
{
    (void)state;
    swtpm_close(&tpm);
    swtpm_close(&other);
    return 0;
}

static struct opened device(const char *text)
{
    if (!tpm.folder[0])
        without("swtpm");
    return open_with(&device_tpm, text, "/nowhere");
}

static void extend_pcr(unsigned number)
{
    AUTO(visitor) struct visitor v = visitor_of(&tpm);
    const TPML_DIGEST_VALUES values = {.count = 1, .digests[0] = {.hashAlg = TPM2_ALG_SHA256}};
    assert_int_equal(Esys_PCR_Extend(v.esys, ESYS_TR_PCR0 + number, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                     ESYS_TR_NONE, &values),
                     TSS2_RC_SUCCESS);
}

static void leaves_nothing_behind(void)
{
    assert_int_equal(handles_of(&tpm, TPM2_HT_TRANSIENT), 0);
    assert_int_equal(handles_of(&tpm, TPM2_HT_LOADED_SESSION), 0);
}

static void what_is_wrapped_comes_back(void **state)
{
    (void)state;
    AUTO(opened) struct opened o = device(source);
    AUTO(buffer) struct buffer wrapped = {0};
    prepares(&o);
    wraps(&o, &wrapped);
    print_message("  %s, %zu bytes\n", o.name, wrapped.len);
    unwraps(&o, buffer_bytes(&wrapped));
    swtpm_stop(&tpm);
    refuses_to_unwrap(&o, LABEL, buffer_bytes(&wrapped), QUOTH_DEVICE_UNAVAILABLE,
                      "does not answer");
    refuses_to_wrap(&o, QUOTH_DEVICE_UNAVAILABLE, "does not answer");
    swtpm_start(&tpm);
    unwraps(&o, buffer_bytes(&wrapped));
    AUTO(opened) struct opened again = device(source);
    assert_string_equal(again.name, o.name);
    unwraps(&again, buffer_bytes(&wrapped));
    leaves_nothing_behind();
}

static void a_hundred_visits_leave_nothing_behind(void **state)
{
    (void)state;
    AUTO(opened) struct opened o = device(with_pcrs);
    AUTO(buffer) struct buffer wrapped = {0};
    for (int i = 0; i < 100; i++) {
        buffer_clear(&wrapped);
        wraps(&o, &wrapped);
    }
    unwraps(&o, buffer_bytes(&wrapped));
    leaves_nothing_behind();
}

static void what_was_altered_does_not_open(void **state)
{
    (void)state;
    AUTO(opened) struct opened o = device(source);
    AUTO(buffer) struct buffer wrapped = {0};
    wraps(&o, &wrapped);
    for (size_t i = 0; i < wrapped.len; i++) {
        struct quoth_error err = {0};
        uint8_t out[DEVICE_SECRET_SIZE] = {0};
        wrapped.data[i] ^= 0x01;
        assert_false(o.driver->unwrap(o.self, LABEL, buffer_bytes(&wrapped), out, &err));
        /* bytes 4 to 7 are the PCRs, which the setting has to name */
        expect_refusal(&err, out,
                       i == 7 || i == 5 || i == 6 ? QUOTH_DEVICE_REFUSED : QUOTH_SEAL_BROKEN, "");
        wrapped.data[i] ^= 0x01;
    }
    for (size_t len = 0; len < wrapped.len; len += 7)
        refuses_to_unwrap(&o, LABEL, bytes_slice(buffer_bytes(&wrapped), 0, len), QUOTH_SEAL_BROKEN,
                          "");
    buffer_u8(&wrapped, 0);
    refuses_to_unwrap(&o, LABEL, buffer_bytes(&wrapped), QUOTH_SEAL_BROKEN, "");
    wrapped.len--;
    refuses_to_unwrap(&o, BYTES_LITERAL("quoth kevring"), buffer_bytes(&wrapped), QUOTH_SEAL_BROKEN,
                      "another purpose");
    unwraps(&o, buffer_bytes(&wrapped));
    leaves_nothing_behind();
}

static void other_pcrs_do_not_open_it(void **state)
{
    (void)state;
    char text[128];
    AUTO(opened) struct opened o = device(with_pcrs);
    AUTO(opened) struct opened without_pcrs = device(source);
    AUTO(buffer) struct buffer wrapped = {0};
    extend_pcr(11);
    wraps(&o, &wrapped);
    extend_pcr(8);
    unwraps(&o, buffer_bytes(&wrapped));
    extend_pcr(7);
    refuses_to_unwrap(&o, LABEL, buffer_bytes(&wrapped), QUOTH_DEVICE_REFUSED, "PCRs are not what");
    leaves_nothing_behind();
    swtpm_stop(&tpm); /* and started: 11 is not what it was */
    swtpm_start(&tpm);
    refuses_to_unwrap(&o, LABEL, buffer_bytes(&wrapped), QUOTH_DEVICE_REFUSED, "PCRs are not what");
    extend_pcr(11);
    unwraps(&o, buffer_bytes(&wrapped));
    refuses_to_unwrap(&without_pcrs, LABEL, buffer_bytes(&wrapped), QUOTH_DEVICE_REFUSED,
                      "other PCRs than the setting");
    snprintf(text, sizeof text, "tpm:%s?pcrs=sha256:7", tpm.tcti);
    AUTO(opened) struct opened fewer = device(text);
    refuses_to_unwrap(&fewer, LABEL, buffer_bytes(&wrapped), QUOTH_DEVICE_REFUSED,
                      "other PCRs than the setting");
    wrapped.data[6] = 0, wrapped.data[7] = 0x80; /* the form says so too, but not the TPM */
    refuses_to_unwrap(&fewer, LABEL, buffer_bytes(&wrapped), QUOTH_DEVICE_REFUSED,
                      "PCRs are not what");
    leaves_nothing_behind();
}

/* Without PCRs in the setting nothing that was sealed to some is opened, nor the other way round. */
static void a_setting_with_pcrs_opens_nothing_without(void **state)
{
    (void)state;
    AUTO(opened) struct opened o = device(with_pcrs);
    AUTO(opened) struct opened without_pcrs = device(source);
    AUTO(buffer) struct buffer wrapped = {0};
    wraps(&without_pcrs, &wrapped);
    refuses_to_unwrap(&o, LABEL, buffer_bytes(&wrapped), QUOTH_DEVICE_REFUSED, "other PCRs");
    wrapped.data[6] = 0x08, wrapped.data[7] = 0x80;
    refuses_to_unwrap(&o, LABEL, buffer_bytes(&wrapped), QUOTH_DEVICE_REFUSED, "PCRs are not what");
}

static void another_tpm_does_not_open_it(void **state)
{
    (void)state;
    char text[128];
    AUTO(opened) struct opened o = device(source);
    AUTO(buffer) struct buffer wrapped = {0};
    wraps(&o, &wrapped);
    snprintf(text, sizeof text, "tpm:%s", other.tcti);
    AUTO(opened) struct opened stranger = device(text);
    assert_string_not_equal(stranger.name, o.name);
    refuses_to_unwrap(&stranger, LABEL, buffer_bytes(&wrapped), QUOTH_SEAL_BROKEN, "another TPM");
    /* nor when somebody writes the stranger's name over it */
    AUTO(buffer) struct buffer own = {0};
    wraps(&stranger, &own);
    bytes_copy(wrapped.data + 8, bytes_slice(buffer_bytes(&own), 8, 32));
    refuses_to_unwrap(&stranger, LABEL, buffer_bytes(&wrapped), QUOTH_SEAL_BROKEN, "altered");
}

/* The same address, but another TPM behind it: what is sealed would never come back. */
static void an_exchanged_tpm_is_seen(void **state)
{
    (void)state;
    char text[128];
    AUTO(opened) struct opened o = device(source);
    AUTO(buffer) struct buffer wrapped = {0};
    wraps(&o, &wrapped);
    {
        AUTO(visitor) struct visitor v = visitor_of(&tpm);
        assert_int_equal(
            Esys_Clear(v.esys, ESYS_TR_RH_PLATFORM, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE),
            TSS2_RC_SUCCESS);
    }
    refuses_to_unwrap(&o, LABEL, buffer_bytes(&wrapped), QUOTH_DEVICE_REFUSED, "another TPM than");
    refuses_to_wrap(&o, QUOTH_DEVICE_REFUSED, "another TPM than");
    snprintf(text, sizeof text, "tpm:%s", tpm.tcti);
    AUTO(opened) struct opened cleared = device(text);
    refuses_to_unwrap(&cleared, LABEL, buffer_bytes(&wrapped), QUOTH_SEAL_BROKEN, "another TPM");
}

static void set_owner_password(const char *old, const char *new)
{
    AUTO(visitor) struct visitor v = visitor_of(&tpm);
    TPM2B_AUTH before = {.size = (UINT16)strlen(old)}, after = {.size = (UINT16)strlen(new)};
    bytes_copy(before.buffer, bytes_of_text(old));
    bytes_copy(after.buffer, bytes_of_text(new));
    assert_int_equal(Esys_TR_SetAuth(v.esys, ESYS_TR_RH_OWNER, &before), TSS2_RC_SUCCESS);
    assert_int_equal(Esys_HierarchyChangeAuth(v.esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD,
                                              ESYS_TR_NONE, ESYS_TR_NONE, &after),
                     TSS2_RC_SUCCESS);
}

static void an_owner_with_a_password_is_told(void **state)
{
    (void)state;
    AUTO(opened) struct opened o = device(source);
    set_owner_password("", "owned");
    refuses_to_wrap(&o, QUOTH_DEVICE_REFUSED, "owner hierarchy has a password");
    set_owner_password("owned", "");
    AUTO(buffer) struct buffer wrapped = {0};
    wraps(&o, &wrapped);
    leaves_nothing_behind();
}

/* PCRs that the TPM does not keep would be left out of the policy without a word. */
static void a_bank_that_is_off_is_seen(void **state)
{
    (void)state;
    AUTO(opened) struct opened o = device(with_pcrs);
    {
        AUTO(visitor) struct visitor v = visitor_of(&tpm);
        const TPML_PCR_SELECTION banks = {
            .count = 2,
            .pcrSelections = {
                              {.hash = TPM2_ALG_SHA256, .sizeofSelect = 3, .pcrSelect = {0x7f}},
                              {.hash = TPM2_ALG_SHA384, .sizeofSelect = 3, .pcrSelect = {0xff, 0xff, 0xff}}}
        };
        TPMI_YES_NO done = 0;
        UINT32 max, needed, available;
        assert_int_equal(Esys_PCR_Allocate(v.esys, ESYS_TR_RH_PLATFORM, ESYS_TR_PASSWORD,
                                           ESYS_TR_NONE, ESYS_TR_NONE, &banks, &done, &max, &needed,
                                           &available),
                         TSS2_RC_SUCCESS);
        assert_true(done);
    }
    swtpm_stop(&tpm);
    swtpm_start(&tpm);
    refuses_to_wrap(&o, QUOTH_DEVICE_REFUSED, "no SHA-256 bank for these PCRs");
    leaves_nothing_behind();
}

static void a_tpm_that_is_not_there_is_told(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    void *self = NULL;
    char name[DEVICE_NAME_SIZE];
    assert_false(device_tpm.open("tpm:device:/dev/quoth-no-tpm", "/nowhere", &self, name, &err));
    assert_int_equal(err.code, QUOTH_DEVICE_UNAVAILABLE);
    assert_null(self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrapped_comes_back),
        cmocka_unit_test(a_hundred_visits_leave_nothing_behind),
        cmocka_unit_test(what_was_altered_does_not_open),
        cmocka_unit_test(other_pcrs_do_not_open_it),
        cmocka_unit_test(a_setting_with_pcrs_opens_nothing_without),
        cmocka_unit_test(another_tpm_does_not_open_it),
        cmocka_unit_test(an_owner_with_a_password_is_told),
        cmocka_unit_test(an_exchanged_tpm_is_seen),
        cmocka_unit_test(a_bank_that_is_off_is_seen),
        cmocka_unit_test(a_tpm_that_is_not_there_is_told),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
