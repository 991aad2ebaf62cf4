/* A machine with configfs-tsm, played behind mkdir(), rmdir() and open(): folders and files of a
 * temporary root, which appear, change and go as configfs has them, and fail when a test says so. */
#include "attester/driver.h"

#include "base/file.h"
#include "crypto/digest.h"
#include "tests/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define REPORT_DATA_AT 568u /* 48 bytes of header, 520 of the TD report */

enum outblob { WHOLE, EMPTY, OTHER_DATA, SGX, TOO_NEW, CUT, ZEROS_BEHIND, NOISE_BEHIND, ENDLESS };

static struct {
    char root[64];
    const char *provider;   /* what its attribute reads */
    const char *generation; /* the same, where it is not counted */
    int make_error;         /* of mkdir() */
    int write_error;        /* of opening inblob */
    int read_error;         /* of opening outblob */
    unsigned read_failures; /* how many times */
    unsigned interferences; /* how many times somebody else writes to the item */
    enum outblob outblob;
    unsigned made, removed, pauses;
} machine;

int __wrap_mkdir(const char *path, mode_t mode);
int __wrap_rmdir(const char *path);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left);

static void put(const char *folder, const char *name, struct bytes data)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    const int fd = openat(AT_FDCWD, path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    assert_true(fd >= 0 && write(fd, data.data, data.len) == (ssize_t)data.len);
    close(fd);
}

static int refuse(int error)
{
    errno = error;
    return -1;
}

int __wrap_mkdir(const char *path, mode_t mode)
{
    if (machine.make_error)
        return refuse(machine.make_error);
    if (mkdirat(AT_FDCWD, path, mode) != 0)
        return -1;
    machine.made++;
    put(path, "provider", bytes_of_text(machine.provider));
    put(path, "generation", BYTES_LITERAL("41\n"));
    put(path, "inblob", (struct bytes){0});
    put(path, "outblob", (struct bytes){0});
    return 0;
}

int __wrap_rmdir(const char *path)
{
    static const char *const names[] = {"provider", "generation", "inblob", "outblob"};
    char file[256];
    for (size_t i = 0; i < COUNT(names); i++) {
        snprintf(file, sizeof file, "%s/%s", path, names[i]);
        assert_int_equal(unlink(file), 0);
    }
    machine.removed++;
    return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left)
{
    (void)left;
    assert_true(wanted->tv_sec < 2);
    machine.pauses++;
    return 0;
}

/* --- the quote --- */

static void td_quote(struct bytes report_data, struct buffer *to)
{
    static const uint8_t vendor[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                       0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};
    const size_t certified = 384 + 64 + 2 + 2 + 4 + 5; /* to the end of the certification data */
    buffer_u16le(to, machine.outblob == TOO_NEW ? 6 : 4);
    buffer_u16le(to, 2);
    buffer_u32le(to, machine.outblob == SGX ? 0 : 0x81);
    buffer_fill(to, 4, 0);
    buffer_add(to, BYTES_OF(vendor));
    buffer_fill(to, 20, 0);
    buffer_fill(to, machine.outblob == SGX ? 320 : 520, 0);
    buffer_add(to, report_data);
    buffer_u32le(to, (uint32_t)(64 + 64 + 2 + 4 + certified));
    buffer_fill(to, 64 + 64, 0x11);
    buffer_u16le(to, 6);
    buffer_u32le(to, (uint32_t)certified);
    buffer_fill(to, 384 + 64, 0);
    buffer_u16le(to, 0);
    buffer_u16le(to, 5);
    buffer_u32le(to, 5);
    buffer_add(to, BYTES_LITERAL("chain"));
}

static void outblob_make(const char *folder)
{
    char path[256];
    uint8_t inblob[100];
    AUTO(buffer) struct buffer out = {0};
    snprintf(path, sizeof path, "%s/inblob", folder);
    const int fd = openat(AT_FDCWD, path, O_RDONLY);
    assert_int_equal(read(fd, inblob, sizeof inblob), 64); /* the provider takes no other size */
    close(fd);
    if (machine.outblob == OTHER_DATA)
        inblob[31] ^= 1;
    td_quote((struct bytes){inblob, 64}, &out);
    if (machine.outblob == CUT)
        out.len--;
    if (machine.outblob == EMPTY)
        out.len = 0;
    if (machine.outblob == ZEROS_BEHIND || machine.outblob == NOISE_BEHIND)
        buffer_fill(&out, 3000, machine.outblob == NOISE_BEHIND ? 0x5a : 0);
    if (machine.outblob == ENDLESS)
        buffer_fill(&out, 300u << 10, 0);
    put(folder, "outblob", buffer_bytes(&out));
    put(folder, "generation", BYTES_LITERAL("42\n"));
    if (machine.interferences > 0) {
        machine.interferences--;
        put(folder, "generation", BYTES_LITERAL("43\n"));
    }
    if (machine.generation)
        put(folder, "generation", bytes_of_text(machine.generation));
}

static int attribute_open(const char *path, int flags, mode_t mode)
{
    char folder[256];
    const char *name = strrchr(path, '/');
    if (strstr(path, "/tsm/report/") && name) {
        snprintf(folder, sizeof folder, "%.*s", (int)(name - path), path);
        if (strcmp(name, "/inblob") == 0 && machine.write_error)
            return refuse(machine.write_error);
        if (strcmp(name, "/outblob") == 0 && machine.read_failures > 0) {
            machine.read_failures--;
            return refuse(machine.read_error);
        }
        if (strcmp(name, "/outblob") == 0)
            outblob_make(folder);
    }
    return openat(AT_FDCWD, path, flags, mode);
}

#define OPEN_MODE(flags, mode)                                                                     \
    do {                                                                                           \
        va_list args_;                                                                             \
        va_start(args_, flags);                                                                    \
        (mode) = ((flags)&O_CREAT) ? va_arg(args_, mode_t) : 0;                                    \
        va_end(args_);                                                                             \
    } while (0)

int __wrap_open(const char *path, int flags, ...)
{
    mode_t mode;
    OPEN_MODE(flags, mode);
    return attribute_open(path, flags, mode);
}

int __wrap_open64(const char *path, int flags, ...)
{
    mode_t mode;
    OPEN_MODE(flags, mode);
    return attribute_open(path, flags, mode);
}

/* --- the tests --- */

static const char *const folders[] = {"/sys", "/sys/kernel", "/sys/kernel/config",
                                      "/sys/kernel/config/tsm", "/sys/kernel/config/tsm/report"};

static int begin(void **state)
{
    (void)state;
    memset(&machine, 0, sizeof machine);
    machine.provider = "tdx_guest\n";
    snprintf(machine.root, sizeof machine.root, "/tmp/quoth-tsm-XXXXXX");
    if (!mkdtemp(machine.root))
        return -1;
    for (size_t i = 0; i < COUNT(folders); i++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", machine.root, folders[i]);
        if (mkdirat(AT_FDCWD, path, 0700) != 0)
            return -1;
    }
    return 0;
}

/* Whatever happened, nothing is left behind. */
static int end(void **state)
{
    (void)state;
    int left = machine.made == machine.removed ? 0 : -1;
    for (size_t i = COUNT(folders); i-- > 0;) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", machine.root, folders[i]);
        left |= unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
    }
    return left | unlinkat(AT_FDCWD, machine.root, AT_REMOVEDIR);
}

DEFINE_AUTO(attester, struct quoth_attester *, quoth_attester_close)

static enum quoth_code detect(const char *platform)
{
    AUTO(attester) struct quoth_attester *a = NULL;
    struct quoth_error err = {0};
    if (attester_open_at(machine.root, platform, &a, &err))
        assert_string_equal(quoth_attester_platform(a), "tdx");
    else
        print_message("    %s: %s\n", err.where, err.message);
    return err.code;
}

static const struct {
    const char *name, *provider;
    int make_error;
    enum quoth_code code;
} machines[] = {
    {"a TDX guest",                    "tdx_guest\n",                                                        0,      QUOTH_OK             },
    {"without a newline",              "tdx_guest",                                                          0,      QUOTH_OK             },
    {"a SEV-SNP guest",                "sev_guest\n",                                                        0,      QUOTH_TEE_ABSENT     },
    {"an Arm CCA guest",               "arm_cca_guest\n",                                                    0,      QUOTH_TEE_ABSENT     },
    {"more than the name",             "tdx_guest2\n",                                                       0,      QUOTH_TEE_ABSENT     },
    {"two lines",                      "tdx_guest\n\n",                                                      0,      QUOTH_TEE_ABSENT     },
    {"no name",                        "\n",                                                                 0,      QUOTH_EVIDENCE_FAILED},
    {"nothing",                        "",                                                                   0,      QUOTH_EVIDENCE_FAILED},
    {"a name that is too long",        "tdx_guest........................\n",                                0,      QUOTH_EVIDENCE_FAILED},
    {"a name without end",             "tdx_guest.......................................................\n", 0,
     QUOTH_EVIDENCE_FAILED                                                                                                                },
    {"no configfs",                    "",                                                                   ENOENT, QUOTH_TEE_ABSENT     },
    {"no provider",                    "",                                                                   ENXIO,  QUOTH_TEE_ABSENT     },
    {"an ordinary user",               "",                                                                   EACCES, QUOTH_EVIDENCE_FAILED},
    {"forbidden by a security module", "",                                                                   EPERM,  QUOTH_EVIDENCE_FAILED},
    {"no memory",                      "",                                                                   ENOMEM, QUOTH_EVIDENCE_FAILED},
};

/* A TEE that is there and cannot be used is told from no TEE, asked for by name or not. */
static void what_a_machine_offers_is_found_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(machines); i++) {
        print_message("  %s\n", machines[i].name);
        machine.provider = machines[i].provider;
        machine.make_error = machines[i].make_error;
        assert_int_equal(detect(NULL), machines[i].code);
        assert_int_equal(detect("tdx"), machines[i].code);
        assert_int_equal(detect("gramine"), QUOTH_TEE_ABSENT);
    }
}

static bool make(struct bytes data, uint8_t **ret_evidence, size_t *ret_len,
                 struct quoth_error *err)
{
    AUTO(attester) struct quoth_attester *a = NULL;
    struct quoth_error none = {0};
    assert_true(attester_open_with(&attester_tdx, machine.root, &a, &none));
    return quoth_attester_evidence(a, data.data, data.len, ret_evidence, ret_len, err);
}

static enum quoth_code try(void)
{
    struct quoth_error err = {0};
    uint8_t *evidence = NULL;
    size_t len = 0;
    if (make(BYTES_LITERAL("held data"), &evidence, &len, &err))
        free(evidence);
    else
        print_message("    %s: %s\n", err.where, err.message);
    return err.code;
}

/* The TDX driver of some kernels gives a buffer that is larger than the quote. */
static void evidence_is_the_quote_over_the_hash_and_ends_with_it(void **state)
{
    (void)state;
    static const enum outblob forms[] = {WHOLE, ZEROS_BEHIND, NOISE_BEHIND};
    const struct bytes data = BYTES_LITERAL("held data");
    const struct sha256 digest = sha256_of(data);
    uint8_t report_data[64] = {0};
    bytes_copy(report_data, BYTES_OF(digest.bytes));
    for (size_t i = 0; i < COUNT(forms); i++) {
        AUTO(buffer) struct buffer quote = {0};
        struct quoth_error err = {0};
        uint8_t *evidence = NULL;
        size_t len = 0;
        machine.outblob = forms[i];
        assert_true(make(data, &evidence, &len, &err));
        td_quote(BYTES_OF(report_data), &quote);
        assert_true(bytes_equal((struct bytes){evidence, len}, buffer_bytes(&quote)));
        assert_memory_equal(evidence + REPORT_DATA_AT, report_data, 64);
        free(evidence);
    }
    assert_int_equal(machine.pauses, 0);
}

static void what_is_no_quote_over_it_is_not_handed_on(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum outblob outblob;
    } rows[] = {
        {"the host made none",         EMPTY     },
        {"over other data",            OTHER_DATA},
        {"of an SGX enclave",          SGX       },
        {"of a version nobody knows",  TOO_NEW   },
        {"cut",                        CUT       },
        {"larger than any driver has", ENDLESS   },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("  %s\n", rows[i].name);
        machine.outblob = rows[i].outblob;
        assert_int_equal(try(), QUOTH_EVIDENCE_FAILED);
    }
    assert_int_equal(machine.pauses, 0); /* none of these passes */
}

static const struct {
    const char *name;
    int error;
    unsigned failures, interferences;
    unsigned pauses;
    enum quoth_code code;
} busy[] = {
    {"a quote is being made",       EBUSY,     2,  0,  2, QUOTH_OK             },
    {"a signal",                    EINTR,     1,  0,  1, QUOTH_OK             },
    {"the kernel is not ready",     EAGAIN,    5,  0,  5, QUOTH_OK             },
    {"somebody writes to it",       0,         0,  3,  3, QUOTH_OK             },
    {"for ever",                    EBUSY,     99, 0,  5, QUOTH_EVIDENCE_FAILED},
    {"somebody always writes",      0,         0,  99, 5, QUOTH_EVIDENCE_FAILED},
    {"the host does not answer",    ETIMEDOUT, 1,  0,  0, QUOTH_EVIDENCE_FAILED},
    {"the host says no",            EIO,       1,  0,  0, QUOTH_EVIDENCE_FAILED},
    {"the provider has gone",       ENXIO,     1,  0,  0, QUOTH_EVIDENCE_FAILED},
    {"report data of another size", EINVAL,    1,  0,  0, QUOTH_EVIDENCE_FAILED},
};

/* Each try has an item of its own, so what was half done before does not count. */
static void what_passes_is_waited_for_and_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(busy); i++) {
        print_message("  %s\n", busy[i].name);
        machine.read_error = busy[i].error;
        machine.read_failures = busy[i].failures;
        machine.interferences = busy[i].interferences;
        machine.pauses = machine.made = machine.removed = 0;
        assert_int_equal(try(), busy[i].code);
        assert_int_equal(machine.pauses, busy[i].pauses);
        assert_int_equal(machine.made, busy[i].pauses + 1);
        assert_int_equal(machine.removed, machine.made);
    }
}

static void a_count_that_is_none_is_not_believed(void **state)
{
    (void)state;
    static const char *const counts[] = {
        "", "\n", "x\n", "-42\n", " 42\n", "42x\n", "0x2a", "4 2\n", "99999999999999999999\n"};
    for (size_t i = 0; i < COUNT(counts); i++) {
        print_message("  \"%s\"\n", counts[i]);
        machine.generation = counts[i];
        assert_int_equal(try(), QUOTH_EVIDENCE_FAILED);
    }
}

static void report_data_that_cannot_be_written_is_told(void **state)
{
    (void)state;
    machine.write_error = EACCES;
    assert_int_equal(try(), QUOTH_EVIDENCE_FAILED);
    machine.write_error = EBUSY; /* the counter would come round */
    assert_int_equal(try(), QUOTH_EVIDENCE_FAILED);
    machine.make_error = EMFILE;
    assert_int_equal(try(), QUOTH_EVIDENCE_FAILED);
}

static void a_domain_has_no_sealing_keys(void **state)
{
    (void)state;
    AUTO(attester) struct quoth_attester *a = NULL;
    struct quoth_error err = {0}, none = {0};
    uint8_t key[16];
    assert_true(attester_open_with(&attester_tdx, machine.root, &a, &none));
    assert_false(quoth_attester_sealing_key(a, "mrsigner", key, &err));
    assert_int_equal(err.code, QUOTH_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_a_machine_offers_is_found_out, begin, end),
        cmocka_unit_test_setup_teardown(evidence_is_the_quote_over_the_hash_and_ends_with_it, begin,
                                        end),
        cmocka_unit_test_setup_teardown(what_is_no_quote_over_it_is_not_handed_on, begin, end),
        cmocka_unit_test_setup_teardown(what_passes_is_waited_for_and_nothing_else, begin, end),
        cmocka_unit_test_setup_teardown(a_count_that_is_none_is_not_believed, begin, end),
        cmocka_unit_test_setup_teardown(report_data_that_cannot_be_written_is_told, begin, end),
        cmocka_unit_test_setup_teardown(a_domain_has_no_sealing_keys, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
