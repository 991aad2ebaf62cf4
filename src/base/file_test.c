#include "base/file.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
/* cmocka wants the above first */
#include <cmocka.h>

static int make_folder(void **state)
{
    char pattern[] = "/tmp/quoth-file-XXXXXX";
    *state = strdup(mkdtemp(pattern));
    return *state ? 0 : -1;
}

static int remove_folder(void **state)
{
    const int rc = rmdir(*state); /* fails, and so the test, if anything was left behind */
    free(*state);
    return rc;
}

static void what_was_written_is_read(void **state)
{
    struct quoth_error err = {0};
    AUTO(text) char *path = path_join(*state, "data", &err);
    AUTO(buffer) struct buffer data = {0};
    struct stat st;
    assert_true(file_write(path, BYTES_LITERAL("first"), 0600, &err));
    assert_true(file_write(path, BYTES_LITERAL("second"), 0640, &err));
    assert_true(file_read(path, 6, &data, &err));
    assert_true(bytes_equal(buffer_bytes(&data), BYTES_LITERAL("second")));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    unlink(path);
}

static void a_file_beyond_the_limit_is_refused(void **state)
{
    struct quoth_error err = {0};
    AUTO(text) char *path = path_join(*state, "data", &err);
    AUTO(buffer) struct buffer data = {0};
    assert_true(file_write(path, BYTES_LITERAL("0123456"), 0600, &err));
    assert_false(file_read(path, 6, &data, &err));
    assert_int_equal(err.code, QUOTH_TOO_LARGE);
    assert_int_equal(data.len, 0);
    unlink(path);
}

static void a_missing_file_and_folder_are_named(void **state)
{
    struct quoth_error err = {0};
    AUTO(text) char *path = path_join(*state, "no/such", &err);
    AUTO(buffer) struct buffer data = {0};
    assert_false(file_read(path, 6, &data, &err));
    assert_int_equal(err.code, QUOTH_IO);
    assert_string_equal(err.where, path);
    err = (struct quoth_error){0};
    assert_false(file_write(path, BYTES_LITERAL("x"), 0600, &err));
    assert_int_equal(err.code, QUOTH_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_written_is_read, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_file_beyond_the_limit_is_refused, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(a_missing_file_and_folder_are_named, make_folder,
                                        remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
