#include "platform/attestation_files.h"

#include "platform/processor.h"
#include "tests/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define F(name) ATTESTATION_FOLDER "/" name

static const struct enclave_identity identity = {.mr_enclave = {0xE1}, .flags = 5};

/* A device that shows what it was asked for. */
struct seen {
    uint8_t target[SGX_TARGET_INFO_SIZE];
    bool broken;
};

static bool fake_report(void *platform, const struct enclave_identity *of, struct bytes target_info,
                        struct bytes report_data, uint8_t ret_report[SGX_REPORT_SIZE],
                        struct quoth_error *err)
{
    struct seen *seen = platform;
    if (seen->broken)
        return quoth_fail(err, QUOTH_UNAVAILABLE, "device", QUOTH_NO_OFFSET, "is broken");
    assert_int_equal(target_info.len, SGX_TARGET_INFO_SIZE);
    assert_int_equal(report_data.len, SGX_REPORT_DATA_SIZE);
    assert_ptr_equal(of, &identity);
    bytes_copy(seen->target, target_info);
    memset(ret_report, 0xEE, SGX_REPORT_SIZE);
    bytes_copy(ret_report + 320, report_data);
    return true;
}

static bool fake_quote(void *platform, const struct enclave_identity *of, struct bytes report_data,
                       struct buffer *ret_quote, struct quoth_error *err)
{
    const struct seen *seen = platform;
    if (seen->broken)
        return quoth_fail(err, QUOTH_UNAVAILABLE, "device", QUOTH_NO_OFFSET, "is broken");
    assert_ptr_equal(of, &identity);
    buffer_text(ret_quote, "quote over ");
    buffer_add(ret_quote, report_data);
    return buffer_ok(ret_quote, err);
}

static bool fake_key(void *platform, const struct enclave_identity *of, enum seal_policy policy,
                     uint8_t ret_key[SGX_KEY_SIZE], struct quoth_error *err)
{
    const struct seen *seen = platform;
    (void)of;
    if (seen->broken)
        return quoth_fail(err, QUOTH_UNAVAILABLE, "device", QUOTH_NO_OFFSET, "is broken");
    memset(ret_key, policy == SEAL_TO_SIGNER ? 0x51 : 0xE1, SGX_KEY_SIZE);
    return true;
}

struct bench {
    struct seen seen;
    struct device device;
    struct attestation_state process;
};

static struct bench *bench_make(void)
{
    static struct bench bench;
    bench = (struct bench){
        .device = {&bench.seen, fake_report, fake_quote, fake_key},
    };
    attestation_state_init(&bench.process);
    return &bench;
}

static int open_on(struct bench *b, const char *path, int flags, int *ret_fd)
{
    struct quoth_error err = {0};
    return attestation_open(&b->device, &identity, &b->process, path, flags, ret_fd, &err);
}

static void put(struct bench *b, const char *path, const void *data, size_t len)
{
    AUTO(fd) int fd = -1;
    assert_int_equal(open_on(b, path, O_WRONLY, &fd), 0);
    assert_int_equal(write(fd, data, len), len);
}

static struct bytes get(struct bench *b, const char *path, struct buffer *hold)
{
    struct quoth_error err = {0};
    AUTO(fd) int fd = -1;
    buffer_clear(hold);
    assert_int_equal(open_on(b, path, O_RDONLY, &fd), 0);
    assert_true(file_read_fd(fd, path, 8192, hold, &err));
    return buffer_bytes(hold);
}

static void paths_are_brought_to_one_form(void **state)
{
    static const struct {
        const char *path, *normal;
    } cases[] = {
        {"/",                                       "/"               },
        {"//a/",                                    "/a"              },
        {"/a/./b",                                  "/a/b"            },
        {"/a/../b",                                 "/b"              },
        {"/../../b/..",                             "/"               },
        {"/dev//attestation/../attestation/quote",  F("quote")        },
        {"/dev/attestation/keys/../../attestation", ATTESTATION_FOLDER},
        {"/a/...",                                  "/a/..."          },
    };
    char normal[64];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_true(attestation_path_normal(cases[i].path, normal, sizeof normal));
        assert_string_equal(normal, cases[i].normal);
    }
    assert_false(attestation_path_normal("a/b", normal, sizeof normal));
    assert_false(attestation_path_normal("", normal, sizeof normal));
    assert_true(attestation_path_normal("/abc", normal, 5));
    assert_false(attestation_path_normal("/abcd", normal, 5));
    assert_true(attestation_path_guarded(F("quote")));
    assert_true(attestation_path_guarded(ATTESTATION_FOLDER));
    assert_false(attestation_path_guarded("/dev/attestations"));
    assert_false(attestation_path_guarded("/dev"));
}

static void report_data_is_padded_and_cut(void **state)
{
    struct bench *b = bench_make();
    AUTO(buffer) struct buffer hold = {0};
    uint8_t expected[64] = {0}, much[100];

    (void)state;
    assert_memory_equal(get(b, F("quote"), &hold).data + 11, expected, 64);
    assert_int_equal(hold.len, 11 + 64);
    put(b, F("user_report_data"), "data", 4);
    memcpy(expected, "data", 4);
    assert_memory_equal(get(b, F("quote"), &hold).data + 11, expected, 64);
    memset(much, 'x', sizeof much);
    put(b, F("user_report_data"), much, sizeof much);
    assert_memory_equal(get(b, F("quote"), &hold).data + 11, much, 64);
    put(b, F("user_report_data"), "ab", 2); /* replaces, does not overlay */
    memset(expected, 0, sizeof expected);
    memcpy(expected, "ab", 2);
    assert_memory_equal(get(b, F("report"), &hold).data + 320, expected, 64);
    put(b, F("user_report_data"), "", 0); /* opened, nothing written: as before */
    assert_memory_equal(get(b, F("quote"), &hold).data + 11, expected, 64);
    assert_int_equal(get(b, F("user_report_data"), &hold).len, 0);
    attestation_state_clear(&b->process);
}

static void content_is_fixed_when_opened(void **state)
{
    struct bench *b = bench_make();
    AUTO(fd) int early = -1, write_end = -1;
    AUTO(buffer) struct buffer hold = {0};
    struct quoth_error err = {0};

    (void)state;
    put(b, F("user_report_data"), "one", 3);
    assert_int_equal(open_on(b, F("quote"), O_RDONLY, &early), 0);
    assert_int_equal(open_on(b, F("user_report_data"), O_WRONLY, &write_end), 0);
    assert_int_equal(write(write_end, "two", 3), 3);
    assert_memory_equal(get(b, F("quote"), &hold).data, "quote over two", 14);
    buffer_clear(&hold);
    assert_true(file_read_fd(early, "quote", 8192, &hold, &err));
    assert_memory_equal(hold.data, "quote over one", 14);
    assert_true(write(early, "x", 1) < 0 && errno == EBADF);
    /* a handle that stays open may write again from the start */
    assert_int_equal(pwrite(write_end, "2nd", 3, 0), 3);
    assert_memory_equal(get(b, F("quote"), &hold).data, "quote over 2nd", 14);
    attestation_state_clear(&b->process);
}

static void reports_go_to_the_target_or_to_the_enclave_itself(void **state)
{
    struct bench *b = bench_make();
    AUTO(buffer) struct buffer hold = {0};
    uint8_t own[SGX_TARGET_INFO_SIZE], other[SGX_TARGET_INFO_SIZE] = {7};

    (void)state;
    processor_target_info(&identity, own);
    assert_true(bytes_equal(get(b, F("my_target_info"), &hold), BYTES_OF(own)));
    assert_int_equal(get(b, F("report"), &hold).len, SGX_REPORT_SIZE);
    assert_memory_equal(b->seen.target, own, sizeof own);
    put(b, F("target_info"), other, sizeof other);
    get(b, F("report"), &hold);
    assert_memory_equal(b->seen.target, other, sizeof other);
    attestation_state_clear(&b->process);
}

static void keys_are_sixteen_bytes_or_none(void **state)
{
    struct bench *b = bench_make();
    AUTO(buffer) struct buffer hold = {0};
    AUTO(fd) int fd = -1;
    char name[80];

    (void)state;
    assert_int_equal(get(b, F("keys/_sgx_mrenclave"), &hold).len, 16);
    assert_int_equal(hold.data[0], 0xE1);
    assert_int_equal(get(b, F("keys/_sgx_mrsigner"), &hold).data[15], 0x51);
    assert_int_equal(get(b, F("keys/default"), &hold).len, 0);
    put(b, F("keys/default"), "0123456789abcdef", 16);
    assert_memory_equal(get(b, F("keys/default"), &hold).data, "0123456789abcdef", 16);
    put(b, F("keys/default"), "short", 5);
    assert_int_equal(open_on(b, F("keys/default"), O_RDONLY, &fd), EACCES);
    assert_memory_equal(get(b, F("keys/default"), &hold).data, "0123456789abcdef", 16);
    assert_int_equal(open_on(b, F("keys/_sgx_mrsigner"), O_WRONLY, &fd), EACCES);
    assert_int_equal(open_on(b, F("keys/_sgx_other"), O_RDONLY, &fd), ENOENT);
    assert_int_equal(open_on(b, F("keys/a/b"), O_RDONLY, &fd), ENOENT);
    assert_int_equal(open_on(b, F("keys/a\nb"), O_RDONLY, &fd), ENOENT);
    for (unsigned i = 1; i < ATTESTATION_KEYS_MAX; i++) {
        snprintf(name, sizeof name, F("keys/key%u"), i);
        assert_int_equal(get(b, name, &hold).len, 0);
    }
    assert_int_equal(open_on(b, F("keys/one-too-many"), O_RDONLY, &fd), ENOENT);
    attestation_state_clear(&b->process);
}

static void refusals_are_gramines(void **state)
{
    static const struct {
        const char *path;
        int flags, error;
    } cases[] = {
        {F("quote"),            O_WRONLY,                    EACCES },
        {F("quote"),            O_RDWR,                      EACCES },
        {F("report"),           O_WRONLY | O_TRUNC,          EACCES },
        {F("attestation_type"), O_RDWR | O_CREAT,            EACCES },
        {F("my_target_info"),   O_WRONLY,                    EACCES },
        {F("quote"),            O_PATH,                      EACCES },
        {F("quote"),            O_ACCMODE,                   EACCES },
        {F("quote"),            O_DIRECTORY,                 ENOTDIR},
        {F("user_report_data"), O_WRONLY | O_CREAT | O_EXCL, EEXIST },
        {F("nothing"),          O_RDONLY,                    ENOENT },
        {F("keys"),             O_RDONLY,                    EACCES },
        {ATTESTATION_FOLDER,    O_RDONLY,                    EACCES },
        {F("quote/x"),          O_RDONLY,                    ENOENT },
    };
    struct bench *b = bench_make();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int fd = -1;
        print_message("  %s %#x\n", cases[i].path, (unsigned)cases[i].flags);
        assert_int_equal(open_on(b, cases[i].path, cases[i].flags, &fd), cases[i].error);
        assert_int_equal(fd, -1);
    }
    attestation_state_clear(&b->process);
}

static void whatever_fails_behind_is_EACCES_and_explained(void **state)
{
    static const char *const paths[] = {F("quote"), F("report"), F("keys/_sgx_mrenclave")};
    struct bench *b = bench_make();

    (void)state;
    b->seen.broken = true;
    for (size_t i = 0; i < COUNT(paths); i++) {
        struct quoth_error err = {0};
        int fd = -1;
        assert_int_equal(
            attestation_open(&b->device, &identity, &b->process, paths[i], O_RDONLY, &fd, &err),
            EACCES);
        assert_string_equal(err.message, "is broken");
    }
    attestation_state_clear(&b->process);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_brought_to_one_form),
        cmocka_unit_test(report_data_is_padded_and_cut),
        cmocka_unit_test(content_is_fixed_when_opened),
        cmocka_unit_test(reports_go_to_the_target_or_to_the_enclave_itself),
        cmocka_unit_test(keys_are_sixteen_bytes_or_none),
        cmocka_unit_test(refusals_are_gramines),
        cmocka_unit_test(whatever_fails_behind_is_EACCES_and_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
