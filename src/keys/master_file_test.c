#include "keys/master_file.h"

#include "tests/unit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct stat synced; /* what was synced last */

/* In the place of libc's: whether it lasts is not seen otherwise. */
int fsync(int fd)
{
    return fstat(fd, &synced) == 0 ? (int)syscall(SYS_fsync, fd) : -1;
}

static char folder[] = "/tmp/quoth-master-XXXXXX";
static char state_folder[96], inside[128], outside[128], link_in[128];

static int begin(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(state_folder, sizeof state_folder, "%s/state", folder);
    snprintf(inside, sizeof inside, "%s/master.key", state_folder);
    snprintf(outside, sizeof outside, "%s/master.key", folder);
    snprintf(link_in, sizeof link_in, "%s/link", folder);
    return mkdir(state_folder, 0700);
}

static int end(void **state)
{
    (void)state;
    unlink(inside);
    unlink(outside);
    unlink(link_in);
    rmdir(state_folder);
    rmdir(folder);
    snprintf(folder, sizeof folder, "/tmp/quoth-master-XXXXXX");
    return 0;
}

static void refuses(const char *path)
{
    struct quoth_error err = {0};
    struct master_file key = {0};
    assert_false(master_file_read(path, state_folder, &key, &err));
    assert_int_equal(err.code, QUOTH_MASTER_KEY);
    assert_true(bytes_all_zero(BYTES_OF(key.bytes)));
    print_message("  %s\n", err.message);
}

static void a_key_that_was_made_is_read(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct master_file key = {0}, again = {0};
    assert_true(master_file_create(outside, state_folder, &err));
    assert_true(master_file_read(outside, state_folder, &key, &err));
    assert_false(bytes_all_zero(BYTES_OF(key.bytes)));
    assert_false(master_file_create(outside, state_folder, &err)); /* never written over */
    assert_int_equal(err.code, QUOTH_IO);
    err = (struct quoth_error){0};
    assert_true(master_file_read(outside, state_folder, &again, &err));
    assert_memory_equal(key.bytes, again.bytes, sizeof key.bytes);
}

/* A store that outlives a power cut is nothing without its master key: the file's name must be on the
 * disk as well as its bytes, and so must the folders that were made for it. */
static void a_key_that_was_made_lasts(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct stat st;
    char below[112], deep[128];
    assert_true(master_file_create(outside, state_folder, &err));
    assert_int_equal(stat(folder, &st), 0);
    assert_true(synced.st_dev == st.st_dev && synced.st_ino == st.st_ino);
    snprintf(below, sizeof below, "%s/below", folder);
    snprintf(deep, sizeof deep, "%s/deep", below);
    assert_true(file_make_folders(deep, &err));
    assert_int_equal(stat(below, &st), 0);
    assert_true(synced.st_dev == st.st_dev && synced.st_ino == st.st_ino);
    assert_int_equal(rmdir(deep) | rmdir(below), 0);
}

static void a_key_beside_what_it_protects_is_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    assert_false(master_file_create(inside, state_folder, &err));
    assert_int_equal(err.code, QUOTH_MASTER_KEY);
    assert_int_equal(access(inside, F_OK), -1);
    assert_true(master_file_create(inside, "/usr", &(struct quoth_error){0}));
    refuses(inside);
    assert_int_equal(symlink(inside, link_in), 0);
    refuses(link_in);
}

static void a_state_folder_reached_by_a_link_is_seen_through(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct master_file key;
    assert_true(master_file_create(inside, "/usr", &err));
    assert_int_equal(symlink(state_folder, link_in), 0);
    assert_false(master_file_read(inside, link_in, &key, &err));
    assert_int_equal(err.code, QUOTH_MASTER_KEY);
}

static void a_folder_with_a_longer_name_is_another(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct master_file key;
    char beside[128], file[160];
    snprintf(beside, sizeof beside, "%s-keys", state_folder);
    snprintf(file, sizeof file, "%s/master.key", beside);
    assert_int_equal(mkdir(beside, 0700), 0);
    assert_true(master_file_create(file, state_folder, &err) &&
                master_file_read(file, state_folder, &key, &err));
    unlink(file);
    rmdir(beside);
}

static void a_key_that_others_can_reach_is_refused(void **state)
{
    (void)state;
    static const mode_t modes[] = {0640, 0604, 0620, 0610, 0666};
    struct quoth_error err = {0};
    assert_true(master_file_create(outside, state_folder, &err));
    for (size_t i = 0; i < COUNT(modes); i++) {
        chmod(outside, modes[i]);
        refuses(outside);
    }
}

static void a_credential_of_systemd_is_taken(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct master_file key;
    if (geteuid() != 0)
        skip();
    assert_true(master_file_create(outside, state_folder, &err));
    chmod(outside, 0440);
    assert_true(master_file_read(outside, state_folder, &key, &err));
    assert_int_equal(chown(outside, 0, 1), 0); /* a group of others */
    refuses(outside);
    assert_int_equal(chown(outside, 1, 0), 0);
    refuses(outside);
}

static void what_is_no_key_is_refused(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 31, 33, 64};
    struct quoth_error err = {0};
    refuses(outside); /* not there */
    refuses(state_folder);
    refuses("/dev/zero");
    for (size_t i = 0; i < COUNT(sizes); i++) {
        static const uint8_t zeros[64];
        assert_true(file_write(outside, (struct bytes){zeros, sizes[i]}, 0600, &err));
        refuses(outside);
    }
}

#define with_folder(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_folder(a_key_that_was_made_is_read),
        with_folder(a_key_that_was_made_lasts),
        with_folder(a_key_beside_what_it_protects_is_refused),
        with_folder(a_state_folder_reached_by_a_link_is_seen_through),
        with_folder(a_folder_with_a_longer_name_is_another),
        with_folder(a_key_that_others_can_reach_is_refused),
        with_folder(a_credential_of_systemd_is_taken),
        with_folder(what_is_no_key_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
