#include "platform/td.h"

#include "crypto/digest.h"
#include "platform/test_bed.h"
#include "tee/dcap/report.h"

#include <sys/stat.h>
#include <unistd.h>

static const char *put(const struct bed *s, const char *name, const char *content, mode_t mode)
{
    static char path[80];
    struct quoth_error err = {0};
    snprintf(path, sizeof path, "%s/%s", s->folder, name);
    assert_true(file_write(path, bytes_of_text(content), 0600, &err));
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static struct td_identity measured(const char *exe, const char *const *args, const char *init_data,
                                   bool debug)
{
    const struct td_plan plan = {exe, args, init_data, debug};
    struct td_identity td;
    struct quoth_error err = {0};
    if (!td_measure(&plan, &td, &err))
        fail_msg("%s %s", err.where, err.message);
    return td;
}

static void assert_extended(const uint8_t rtmr[48], struct bytes event)
{
    const struct sha384 digest = sha384_of(event);
    uint8_t both[96] = {0};
    bytes_copy(both + 48, BYTES_OF(digest.bytes));
    const struct sha384 expected = sha384_of(BYTES_OF(both));
    assert_memory_equal(rtmr, expected.bytes, 48);
}

static const char *const none[] = {NULL};

static void program_and_arguments_are_measured_where_kernel_and_command_line_are(void **state)
{
    static const char *const args[] = {"-c", "a b", "", NULL};
    static const uint8_t zero[48];
    AUTO(bed) struct bed s = bed_empty();

    (void)state;
    const char *exe = put(&s, "exe", "#!/bin/sh\n", 0755);
    const struct td_identity td = measured(exe, args, NULL, false);
    assert_extended(td.rtmr[1], BYTES_LITERAL("#!/bin/sh\n"));
    assert_extended(td.rtmr[2], BYTES_LITERAL("-c\0a b\0\0"));
    assert_memory_equal(td.rtmr[0], zero, 48);
    assert_memory_equal(td.rtmr[3], zero, 48);
    assert_memory_equal(td.mr_config_id, zero, 48);
    assert_int_equal(td.attributes, TD_ATTRIBUTE_SEPT_VE_DISABLE);
    assert_int_equal(td.xfam & TD_XFAM_FIXED, TD_XFAM_FIXED);
    assert_int_equal(td.xfam & ~TD_XFAM_POSSIBLE, 0);
    assert_extended(measured(exe, none, NULL, false).rtmr[2], BYTES_LITERAL(""));
    assert_extended(measured(put(&s, "empty", "", 0755), none, NULL, false).rtmr[1],
                    BYTES_LITERAL(""));
}

/* What would be the same command line if the ends of arguments were not measured. */
static void other_arguments_measure_otherwise(void **state)
{
    /* clang-format off */
    static const char *const lines[][4] = {
        {NULL}, {"", NULL}, {"", "", NULL}, {"ab", NULL}, {"a", "b", NULL}, {"a b", NULL}, {"b", "a", NULL},
    };
    /* clang-format on */
    struct td_identity td[COUNT(lines)];
    AUTO(bed) struct bed s = bed_empty();

    (void)state;
    const char *exe = put(&s, "exe", "x", 0755);
    for (size_t i = 0; i < COUNT(lines); i++) {
        td[i] = measured(exe, lines[i], NULL, false);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(td[i].rtmr[2], td[j].rtmr[2], 48);
        assert_memory_equal(td[i].rtmr[1], td[0].rtmr[1], 48);
    }
}

static void init_data_and_debug_show(void **state)
{
    const struct sha256 digest = sha256_of(BYTES_LITERAL("initial"));
    static const uint8_t zero[16];
    AUTO(bed) struct bed s = bed_empty();

    (void)state;
    const char *file = put(&s, "data", "initial", 0600);
    const struct td_identity td = measured(file, none, file, true);
    assert_memory_equal(td.mr_config_id, digest.bytes, 32);
    assert_memory_equal(td.mr_config_id + 32, zero, 16);
    assert_int_equal(td.attributes, TD_ATTRIBUTE_SEPT_VE_DISABLE | TD_ATTRIBUTE_DEBUG);
}

static void programs_are_found_as_by_a_shell(void **state)
{
    AUTO(bed) struct bed s = bed_empty();
    AUTO(bed) struct bed second = bed_empty();
    struct quoth_error err = {0};
    char path[120], expected[80];

    (void)state;
    put(&s, "plain", "x", 0644);
    put(&second, "plain", "x", 0755);
    put(&s, "tool", "x", 0755);
    snprintf(path, sizeof path, "/nowhere:%s:%s", s.folder, second.folder);
    setenv("PATH", path, 1);
    static const struct {
        const char *name;
        bool second;
    } found[] = {
        {"tool",  false},
        {"plain", true }, /* that of the first folder is no program */
    };
    for (size_t i = 0; i < COUNT(found); i++) {
        AUTO(text) char *at = NULL;
        snprintf(expected, sizeof expected, "%s/%s", (found[i].second ? &second : &s)->folder,
                 found[i].name);
        assert_true(td_find(found[i].name, &at, &err));
        assert_string_equal(at, expected);
    }
    setenv("PATH", ":/nowhere", 1);
    assert_int_equal(chdir(s.folder), 0);
    AUTO(text) char *here = NULL;
    assert_true(td_find("tool", &here, &err));
    assert_string_equal(here, "./tool");
    assert_int_equal(chdir("/"), 0);
}

static void refusals_name_the_file(void **state)
{
    AUTO(bed) struct bed s = bed_empty();
    const char *folder, *file;

    (void)state;
    folder = s.folder;
    file = put(&s, "file", "x", 0755);
    const struct {
        const char *name, *exe, *init_data;
        enum quoth_code code;
    } cases[] = {
        {"no such path",     "/nowhere/at/all", NULL,        QUOTH_TD_EXE_ABSENT},
        {"below a file",     "/etc/passwd/x",   NULL,        QUOTH_TD_EXE_ABSENT},
        {"no such name",     "no-such-program", NULL,        QUOTH_TD_EXE_ABSENT},
        {"nothing",          "",                NULL,        QUOTH_TD_EXE_ABSENT},
        {"a folder",         folder,            NULL,        QUOTH_IO           },
        {"a device",         "/dev/null",       NULL,        QUOTH_IO           },
        {"no such data",     file,              "/nowhere",  QUOTH_IO           },
        {"data without end", file,              "/dev/zero", QUOTH_TOO_LARGE    },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct td_plan plan = {cases[i].exe, none, cases[i].init_data, false};
        struct td_identity td = {.attributes = 77};
        struct quoth_error err = {0};
        print_message("  %s\n", cases[i].name);
        assert_false(td_measure(&plan, &td, &err));
        assert_int_equal(err.code, cases[i].code);
        assert_int_equal(td.attributes, 77);
        assert_string_not_equal(err.message, "");
    }
    unsetenv("PATH");
    AUTO(text) char *path = NULL;
    struct quoth_error err = {0};
    assert_false(td_find("sh", &path, &err));
    assert_null(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(program_and_arguments_are_measured_where_kernel_and_command_line_are),
        cmocka_unit_test(other_arguments_measure_otherwise),
        cmocka_unit_test(init_data_and_debug_show),
        cmocka_unit_test(refusals_name_the_file),
        cmocka_unit_test(programs_are_found_as_by_a_shell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
