/* A slot in a file: what it wraps opens with that file, in that place and unchanged only. */
#include "keys/device.h"
#include "tests/unit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/quoth-device-XXXXXX";
static char state_folder[96], one[128], two[128], inside[128];

static int begin(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(state_folder, sizeof state_folder, "%s/state", folder);
    snprintf(one, sizeof one, "%s/one.key", folder);
    snprintf(two, sizeof two, "%s/two.key", folder);
    snprintf(inside, sizeof inside, "%s/in.key", state_folder);
    return mkdir(state_folder, 0700);
}

static int end(void **state)
{
    (void)state;
    unlink(one);
    unlink(two);
    unlink(inside);
    rmdir(state_folder);
    rmdir(folder);
    snprintf(folder, sizeof folder, "/tmp/quoth-device-XXXXXX");
    return 0;
}

static struct device *opened(const char *path)
{
    struct quoth_error err = {0};
    struct device *d = NULL;
    if (!device_open(path, state_folder, &d, &err) || !device_prepare(d, &err))
        fail_msg("%s: %s", err.where, err.message);
    return d;
}

static const uint8_t secret[DEVICE_SECRET_SIZE] = {1, 2, 3};

static void wrapped(struct device *d, struct buffer *to)
{
    struct quoth_error err = {0};
    assert_true(device_wrap(d, BYTES_LITERAL("slot of a store"), secret, to, &err));
}

static void a_secret_comes_back(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0}, again = {0};
    uint8_t back[DEVICE_SECRET_SIZE] = {0};
    AUTO(device) struct device *d = opened(one);
    wrapped(d, &text);
    wrapped(d, &again);
    assert_false(bytes_equal(buffer_bytes(&text), buffer_bytes(&again)));
    AUTO(device) struct device *later = opened(one);
    assert_true(
        device_unwrap(later, BYTES_LITERAL("slot of a store"), buffer_bytes(&text), back, &err));
    assert_memory_equal(back, secret, sizeof back);
}

static void the_name_is_that_of_the_key(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(device) struct device *empty = NULL;
    assert_true(device_open(one, state_folder, &empty, &err));
    assert_string_equal(device_name(empty), "file:");
    AUTO(device) struct device *a = opened(one), *b = opened(two);
    assert_int_equal(strlen(device_name(a)), strlen("file:") + 16);
    assert_string_not_equal(device_name(a), device_name(b));
    assert_int_equal(rename(one, two), 0);
    AUTO(device) struct device *moved = opened(two);
    assert_string_equal(device_name(moved), device_name(a));
}

static void refuses(struct device *d, struct bytes label, struct bytes text)
{
    struct quoth_error err = {0};
    uint8_t back[DEVICE_SECRET_SIZE] = {0};
    assert_false(device_unwrap(d, label, text, back, &err));
    assert_int_equal(err.code, QUOTH_SEAL_BROKEN);
    assert_true(bytes_all_zero(BYTES_OF(back)));
}

static void nothing_else_opens(void **state)
{
    (void)state;
    const struct bytes label = BYTES_LITERAL("slot of a store");
    AUTO(buffer) struct buffer text = {0};
    AUTO(device) struct device *d = opened(one), *other = opened(two);
    wrapped(d, &text);
    refuses(other, label, buffer_bytes(&text));
    refuses(d, BYTES_LITERAL("slot of a storf"), buffer_bytes(&text));
    for (size_t i = 0; i < text.len; i++) {
        refuses(d, label, bytes_slice(buffer_bytes(&text), 0, i));
        text.data[i] ^= 0x10;
        refuses(d, label, buffer_bytes(&text));
        text.data[i] ^= 0x10;
    }
    buffer_fill(&text, DEVICE_WRAPPED_MAX, 0);
    refuses(d, label, buffer_bytes(&text));
}

static void a_file_beside_what_it_protects_is_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0}, there = {0};
    AUTO(device) struct device *d = NULL, *again = NULL;
    assert_true(device_open(inside, state_folder, &d, &err)); /* nothing is there yet */
    assert_false(device_prepare(d, &err));
    assert_int_equal(err.code, QUOTH_MASTER_KEY);
    assert_int_equal(access(inside, F_OK), -1);
    assert_true(file_write(inside, BYTES_OF(secret), 0600, &there));
    assert_false(device_open(inside, state_folder, &again, &there));
    assert_int_equal(there.code, QUOTH_MASTER_KEY);
}

static void a_file_that_is_gone_is_said_to_be(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0};
    uint8_t back[DEVICE_SECRET_SIZE];
    AUTO(device) struct device *d = opened(one);
    wrapped(d, &text);
    assert_int_equal(unlink(one), 0);
    assert_false(
        device_unwrap(d, BYTES_LITERAL("slot of a store"), buffer_bytes(&text), back, &err));
    assert_int_equal(err.code, QUOTH_MASTER_KEY);
}

#define with_folder(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_folder(a_secret_comes_back),
        with_folder(the_name_is_that_of_the_key),
        with_folder(nothing_else_opens),
        with_folder(a_file_beside_what_it_protects_is_refused),
        with_folder(a_file_that_is_gone_is_said_to_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
