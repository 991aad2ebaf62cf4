/* /dev/attestation as a program in an enclave finds it. */
#include "tests/enclave/stage.h"

#include "base/file.h"
#include "codec/hex.h"
#include "platform/identity.h"
#include "tee/dcap/quote.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
/* cmocka wants setjmp.h and stdarg.h first */
#include <cmocka.h>

static const char names_expected[] =
    "write to quote: EACCES\ndirectory: EACCES\nunknown: ENOENT\npath: EACCES\n"
    "by another spelling: done\ncreat: done\nbad address: EFAULT\n";

/* Without a root of the enclave's own, only open() finds the names (docs/enclave.md). */
static void expect_names(unsigned lacking)
{
    const bool own_root = machine_walls(lacking, 0) & JAIL_MOUNT;
    expect(probe_lacking(lacking, "names", NULL), 0, names_expected);
    expect(probe_lacking(lacking, "looks", NULL), 0,
           own_root ? "stat: done\naccess: done\n" : "stat: ENOENT\naccess: ENOENT\n");
}

static void names_are_gramines(void **state)
{
    (void)state;
    stage_sign("");
    expect_names(0);
    if (machine_runs_enclaves(LACK_NAMESPACES, 0))
        expect_names(LACK_NAMESPACES);
    expect(probe("dump", "/dev/attestation/attestation_type"), 0, "64636170\n");
    expect(probe("dump", "/dev/attestation/user_report_data"), 0, "\n");
}

/* The quote that probe printed in hex; hold keeps its bytes. */
static struct dcap_quote quote_of(const char *text, struct buffer *hold)
{
    struct quoth_error err = {0};
    struct dcap_quote quote = {0};
    buffer_clear(hold);
    if (!hex_decode((struct bytes){(const uint8_t *)text, strcspn(text, "\n")}, hold, &err) ||
        !quote_read(buffer_bytes(hold), &quote, &err))
        fail_msg("no quote: %s: %s", err.message, text);
    return quote;
}

static void assert_report_data(const struct dcap_quote *quote, const char *expected)
{
    uint8_t padded[64] = {0};
    bytes_copy(padded, bytes_slice(bytes_of_text(expected), 0, sizeof padded));
    assert_true(bytes_equal(quote_report_data(quote), BYTES_OF(padded)));
}

static void quotes_bind_what_was_written(void **state)
{
    static const char long_text[] =
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef and more";
    static const struct {
        const char *name, *written;
        unsigned lack;
    } cases[] = {
        {"padded",             "short",   0              },
        {"cut",                long_text, 0              },
        {"without namespaces", "short",   LACK_NAMESPACES},
        {"without landlock",   "short",   LACK_LANDLOCK  },
    };

    (void)state;
    stage_sign("\"productID\":1234,\"securityVersion\":2");
    AUTO(outcome) struct outcome id = stage_quoth("enclave", "uniqueid", "probe", NULL);
    for (size_t i = 0; i < COUNT(cases); i++) {
        AUTO(buffer) struct buffer hold = {0};
        char unique[66];
        print_message("  %s\n", cases[i].name);
        if (!machine_runs_enclaves(cases[i].lack, 0))
            continue;
        AUTO(outcome) struct outcome o = probe_lacking(cases[i].lack, "quote", cases[i].written);
        const struct dcap_quote quote = quote_of(o.out, &hold);
        assert_report_data(&quote, cases[i].written);
        const struct bytes body = bytes_slice(buffer_bytes(&hold), 48, 384);
        hex_text(bytes_slice(body, 64, 32), unique, sizeof unique);
        assert_memory_equal(unique, id.out, 64);
        assert_int_equal(bytes_u16le(body, 256), 1234);
        assert_int_equal(bytes_u16le(body, 258), 2);
        assert_int_equal(bytes_u64le(body, 48), SGX_FLAG_INIT | SGX_FLAG_MODE64BIT);
    }
}

static void each_process_has_its_own_report_data(void **state)
{
    AUTO(buffer) struct buffer hold = {0};

    (void)state;
    stage_sign("");
    AUTO(outcome) struct outcome o = probe("fork-quotes", NULL);
    const struct dcap_quote childs = quote_of(o.out, &hold);
    assert_report_data(&childs, "");
    const struct dcap_quote parents = quote_of(strchr(o.out, '\n') + 1, &hold);
    assert_report_data(&parents, "parent");
}

static void a_name_that_changes_meanwhile_opens_nothing_else(void **state)
{
    static const unsigned lacks[] = {0, LACK_NAMESPACES};

    (void)state;
    stage_sign("");
    for (size_t i = 0; i < COUNT(lacks); i++)
        if (machine_runs_enclaves(lacks[i], 0))
            expect(probe_lacking(lacks[i], "race", NULL), 0, "some quotes, 0 odd\n");
}

static void callers_may_die_any_time(void **state)
{
    (void)state;
    expect(probe("die-opening", NULL), 0, "quote: done\n");
}

static void sealing_keys_follow_program_and_signer(void **state)
{
    static const char enclave[] = "/dev/attestation/keys/_sgx_mrenclave";
    static const char signer[] = "/dev/attestation/keys/_sgx_mrsigner";

    (void)state;
    stage_sign("");
    AUTO(outcome) struct outcome e1 = probe("dump", enclave);
    AUTO(outcome) struct outcome e2 = probe("dump", enclave);
    AUTO(outcome) struct outcome s1 = probe("dump", signer);
    assert_int_equal(strlen(e1.out), 33);
    assert_string_equal(e1.out, e2.out);
    assert_string_not_equal(e1.out, s1.out);
    stage_sign("\"env\":[{\"name\":\"A\",\"value\":\"1\"}]"); /* another enclave, same signer */
    AUTO(outcome) struct outcome e3 = probe("dump", enclave);
    AUTO(outcome) struct outcome s3 = probe("dump", signer);
    assert_string_not_equal(e1.out, e3.out);
    assert_string_equal(s1.out, s3.out);
    stage_sign("\"debug\":true");
    AUTO(outcome) struct outcome s4 = probe("dump", signer);
    assert_string_not_equal(s1.out, s4.out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_gramines),
        cmocka_unit_test(quotes_bind_what_was_written),
        cmocka_unit_test(each_process_has_its_own_report_data),
        cmocka_unit_test(a_name_that_changes_meanwhile_opens_nothing_else),
        cmocka_unit_test(callers_may_die_any_time),
        cmocka_unit_test(sealing_keys_follow_program_and_signer),
    };
    return cmocka_run_group_tests(tests, stage_open, stage_close);
}
