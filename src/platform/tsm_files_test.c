#include "platform/tsm_files.h"

#include "tests/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define R(name) TSM_REPORT "/" name

/* A host that counts, and remembers what each file was given. */
struct host {
    unsigned quotes, stores;
    bool broken, full;
    char path[400];
    struct buffer content;
};

static bool fake_quote(void *of, struct bytes report_data, struct buffer *ret_quote,
                       struct quoth_error *err)
{
    struct host *host = of;
    if (host->broken)
        return quoth_fail(err, QUOTH_UNAVAILABLE, "quote", QUOTH_NO_OFFSET, "is broken");
    assert_int_equal(report_data.len, 64);
    buffer_printf(ret_quote, "quote %u over ", ++host->quotes);
    buffer_add(ret_quote, report_data);
    return buffer_ok(ret_quote, err);
}

static bool fake_store(void *of, const char *path, struct bytes content, struct quoth_error *err)
{
    struct host *host = of;
    if (host->full)
        return quoth_fail(err, QUOTH_UNAVAILABLE, "store", QUOTH_NO_OFFSET, "is full");
    host->stores++;
    snprintf(host->path, sizeof host->path, "%s", path);
    buffer_clear(&host->content);
    buffer_add(&host->content, content);
    return buffer_ok(&host->content, err);
}

struct bench {
    struct host host;
    struct tsm_report *report;
};

static void bench_clear(struct bench *b)
{
    tsm_report_close(b->report);
    buffer_clear(&b->host.content);
}
DEFINE_AUTO_VALUE(bench, struct bench, bench_clear)

static void bench_make(struct bench *b)
{
    const struct tsm_host host = {&b->host, fake_quote, fake_store};
    struct quoth_error err = {0};
    assert_true(tsm_report_open(&host, &b->report, &err));
}

static void item(struct bench *b, const char *path)
{
    const char *name;
    assert_int_equal(tsm_mkdir(b->report, path, &name), 0);
    assert_string_equal(name, path + strlen(R("")));
}

static int open_on(struct bench *b, const char *path, int flags, int *ret_fd)
{
    struct quoth_error err = {0};
    return tsm_open(b->report, path, flags, ret_fd, &err);
}

static int writer(struct bench *b, const char *path)
{
    int fd = -1;
    assert_int_equal(open_on(b, path, O_WRONLY | O_CREAT | O_TRUNC, &fd), 0);
    assert_true(fd >= 0);
    return fd;
}

static void put(struct bench *b, const char *path, char value, size_t len)
{
    AUTO(fd) int fd = writer(b, path);
    for (size_t i = 0; i < len; i++)
        assert_int_equal(write(fd, &value, 1), 1);
}

/* The kernel opens the file, which has been given this if it was given anything. */
static void kernel_opens(struct bench *b, const char *path, const char *content)
{
    int fd = -1;
    b->host.path[0] = '\0';
    assert_int_equal(open_on(b, path, O_RDONLY, &fd), TSM_KERNEL);
    assert_int_equal(fd, -1);
    assert_string_equal(b->host.path, content ? path : "");
    if (!content)
        return;
    assert_true(b->host.content.len >= strlen(content));
    assert_memory_equal(b->host.content.data, content, strlen(content));
}

static void unreadable(struct bench *b, const char *path)
{
    AUTO(fd) int fd = -1;
    char byte;
    assert_int_equal(open_on(b, path, O_RDONLY, &fd), 0);
    assert_int_equal(read(fd, &byte, 1), -1);
    assert_int_equal(errno, EINVAL);
}

static void a_quote_is_had_as_from_the_kernel(void **state)
{
    AUTO(bench) struct bench b = {0};
    const char *name;

    (void)state;
    bench_make(&b);
    item(&b, R("a"));
    kernel_opens(&b, R("a/provider"), NULL);
    kernel_opens(&b, R("a/generation"), NULL);
    put(&b, R("a/inblob"), 'x', 64);
    kernel_opens(&b, R("a/generation"), "1\n");
    kernel_opens(&b, R("a/generation"), NULL); /* it says so already */
    kernel_opens(&b, R("a/outblob"), "quote 1 over xxxx");
    kernel_opens(&b, R("a/outblob"), NULL);
    assert_int_equal(b.host.quotes, 1);
    put(&b, R("a/inblob"), 'x', 64); /* the same once more is another generation */
    kernel_opens(&b, R("a/outblob"), "quote 2 over xxxx");
    kernel_opens(&b, R("a/generation"), "2\n");
    assert_int_equal(tsm_rmdir(b.report, R("a"), &name), 0);
    assert_string_equal(name, "a");
    assert_int_equal(tsm_rmdir(b.report, R("a"), &name), ENOENT);
    item(&b, R("a")); /* and knows nothing of the first */
    unreadable(&b, R("a/outblob"));
    kernel_opens(&b, R("a/generation"), NULL);
}

static void report_data_of_another_size_gives_EINVAL(void **state)
{
    static const size_t sizes[] = {1, 32, 63, 65, 128, 4096};
    AUTO(bench) struct bench b = {0};

    (void)state;
    bench_make(&b);
    item(&b, R("a"));
    unreadable(&b, R("a/outblob"));
    for (size_t i = 0; i < COUNT(sizes); i++) {
        print_message("  %zu bytes\n", sizes[i]);
        put(&b, R("a/inblob"), 'x', sizes[i]);
        unreadable(&b, R("a/outblob"));
        put(&b, R("a/inblob"), 'y', 64);
        kernel_opens(&b, R("a/outblob"), "quote");
        put(&b, R("a/inblob"), 'z', sizes[i]); /* no quote of before */
        unreadable(&b, R("a/outblob"));
    }
    assert_int_equal(b.host.quotes, COUNT(sizes));
}

static void what_is_written_counts_when_it_is_closed(void **state)
{
    AUTO(bench) struct bench b = {0};
    const uint8_t data[64] = {'d'};

    (void)state;
    bench_make(&b);
    item(&b, R("a"));
    AUTO(fd) int first = writer(&b, R("a/inblob"));
    AUTO(fd) int copy = dup(first);
    assert_int_equal(write(first, data, 64), 64);
    unreadable(&b, R("a/outblob"));
    kernel_opens(&b, R("a/generation"), NULL);
    fd_close(fd_take(&first));
    unreadable(&b, R("a/outblob")); /* a child still has it */
    fd_close(fd_take(&copy));
    kernel_opens(&b, R("a/outblob"), "quote 1 over d");
    put(&b, R("a/inblob"), 'x', 0); /* opened and closed */
    kernel_opens(&b, R("a/generation"), "1\n");
    kernel_opens(&b, R("a/outblob"), NULL);
    put(&b, R("a/inblob"), 'x', 64); /* twice without a look between */
    put(&b, R("a/inblob"), 'y', 64);
    kernel_opens(&b, R("a/generation"), "3\n");
    kernel_opens(&b, R("a/outblob"), "quote 2 over yy");
}

static void items_do_not_know_of_each_other(void **state)
{
    AUTO(bench) struct bench b = {0};
    const char *name;

    (void)state;
    bench_make(&b);
    item(&b, R("a"));
    item(&b, R("b"));
    AUTO(fd) int a = writer(&b, R("a/inblob"));
    AUTO(fd) int other = writer(&b, R("b/inblob"));
    const char x[64] = {'x'}, y[64] = {'y'};
    assert_int_equal(write(a, x, 64), 64);
    assert_int_equal(write(other, y, 64), 64);
    fd_close(fd_take(&a));
    fd_close(fd_take(&other));
    kernel_opens(&b, R("b/outblob"), "quote 1 over y");
    kernel_opens(&b, R("a/outblob"), "quote 2 over x");
    assert_int_equal(tsm_rmdir(b.report, R("b"), &name), 0);
    kernel_opens(&b, R("a/generation"), "1\n");
    assert_int_equal(open_on(&b, R("b/outblob"), O_RDONLY, &a), TSM_KERNEL); /* ENOENT */
}

static void the_host_s_failures_are_EIO_and_explained_and_not_kept(void **state)
{
    AUTO(bench) struct bench b = {0};
    struct quoth_error err = {0}, full = {0};
    int fd = -1;

    (void)state;
    bench_make(&b);
    item(&b, R("a"));
    put(&b, R("a/inblob"), 'x', 64);
    b.host.broken = true;
    assert_int_equal(tsm_open(b.report, R("a/outblob"), O_RDONLY, &fd, &err), EIO);
    assert_string_equal(err.message, "is broken");
    b.host.broken = false;
    b.host.full = true;
    assert_int_equal(tsm_open(b.report, R("a/outblob"), O_RDONLY, &fd, &full), EIO);
    assert_string_equal(full.message, "is full");
    assert_int_equal(open_on(&b, R("a/generation"), O_RDONLY, &fd), EIO);
    b.host.full = false;
    kernel_opens(&b, R("a/outblob"), "quote 2 over x");
    kernel_opens(&b, R("a/generation"), "1\n");
    assert_int_equal(fd, -1);
}

static void opens_are_refused_as_by_configfs(void **state)
{
    static const struct {
        const char *path;
        int flags, error;
    } cases[] = {
        {R("a/outblob"),    O_WRONLY,                     EACCES    },
        {R("a/outblob"),    O_RDWR,                       EACCES    },
        {R("a/outblob"),    O_WRONLY | O_CREAT | O_TRUNC, EACCES    },
        {R("a/outblob"),    O_DIRECTORY,                  ENOTDIR   },
        {R("a/outblob"),    O_CREAT | O_EXCL,             EEXIST    },
        {R("a/outblob"),    O_PATH,                       TSM_KERNEL},
        {R("a/inblob"),     O_RDONLY,                     EACCES    },
        {R("a/inblob"),     O_RDWR,                       EACCES    },
        {R("a/inblob"),     O_ACCMODE,                    EACCES    },
        {R("a/inblob"),     O_WRONLY | O_CREAT | O_EXCL,  EEXIST    },
        {R("a/provider"),   O_WRONLY,                     EACCES    },
        {R("a/generation"), O_RDWR | O_TRUNC,             EACCES    },
        {R("a/auxblob"),    O_RDONLY,                     TSM_KERNEL}, /* ENOENT */
        {R("a/auxblob"),    O_WRONLY | O_CREAT,           EACCES    },
        {R("a/privlevel"),  O_WRONLY | O_CREAT | O_TRUNC, EACCES    },
        {R("a/inblob/x"),   O_WRONLY | O_CREAT,           TSM_KERNEL}, /* ENOTDIR */
        {R("a/x/y"),        O_WRONLY | O_CREAT,           TSM_KERNEL}, /* ENOENT */
        {R("b"),            O_WRONLY | O_CREAT,           EACCES    },
        {R("b"),            O_RDONLY,                     TSM_KERNEL}, /* ENOENT */
        {R("b/inblob"),     O_WRONLY,                     TSM_KERNEL}, /* ENOENT */
        {R("b/inblob"),     O_WRONLY | O_CREAT,           TSM_KERNEL}, /* ENOENT */
        {R("a"),            O_RDONLY | O_DIRECTORY,       TSM_KERNEL},
        {R("a"),            O_WRONLY,                     TSM_KERNEL}, /* EISDIR */
        {TSM_REPORT,        O_RDONLY,                     TSM_KERNEL},
        {R("ab/outblob"),   O_RDONLY,                     TSM_KERNEL},
        {R("a/outblobs"),   O_RDONLY,                     TSM_KERNEL},
        {R("a/OUTBLOB"),    O_RDONLY,                     TSM_KERNEL},
    };
    AUTO(bench) struct bench b = {0};

    (void)state;
    bench_make(&b);
    item(&b, R("a"));
    for (size_t i = 0; i < COUNT(cases); i++) {
        int fd = -1;
        print_message("  %s %#x\n", cases[i].path, (unsigned)cases[i].flags);
        assert_int_equal(open_on(&b, cases[i].path, cases[i].flags, &fd), cases[i].error);
        assert_int_equal(fd, -1);
    }
    assert_int_equal(b.host.stores, 0);
}

static void folders_are_made_and_removed_as_in_configfs(void **state)
{
    static const struct {
        const char *path;
        int mkdir, rmdir, unlink;
    } cases[] = {
        {TSM_REPORT,       EEXIST,     EPERM,      EISDIR    },
        {R("a"),           EEXIST,     0,          EISDIR    },
        {R("a/inblob"),    EEXIST,     ENOTDIR,    EPERM     },
        {R("a/outblob"),   EEXIST,     ENOTDIR,    EPERM     },
        {R("a/more"),      EPERM,      ENOENT,     ENOENT    },
        {R("a/more/deep"), TSM_KERNEL, TSM_KERNEL, TSM_KERNEL},
        {R("b"),           0,          0,          ENOENT    },
        {R("b/more"),      TSM_KERNEL, TSM_KERNEL, TSM_KERNEL},
    };
    AUTO(bench) struct bench b = {0};
    const char *name;

    (void)state;
    bench_make(&b);
    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("  %s\n", cases[i].path);
        (void)tsm_rmdir(b.report, R("a"), &name);
        item(&b, R("a"));
        assert_int_equal(tsm_unlink(b.report, cases[i].path), cases[i].unlink);
        assert_int_equal(tsm_mkdir(b.report, cases[i].path, &name), cases[i].mkdir);
        assert_int_equal(tsm_rmdir(b.report, cases[i].path, &name), cases[i].rmdir);
    }
}

static void only_the_report_folder_is_ours(void **state)
{
    static const char *const others[] = {
        "/",
        "/sys/kernel/config",
        "/sys/kernel/config/tsm",
        TSM_REPORT "s",
        TSM_REPORT "s/a",
        "/x" TSM_REPORT "/a",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(others); i++)
        assert_false(tsm_guarded(others[i]));
    assert_true(tsm_guarded(TSM_REPORT));
    assert_true(tsm_guarded(R("a/../b")));
}

/* The longest name that Linux has, and no longer. */
static void names_and_numbers_are_bounded(void **state)
{
    AUTO(bench) struct bench b = {0};
    char path[sizeof R("") + TSM_NAME_MAX + 1];
    const char *name;
    int writers[TSM_WRITERS_MAX], fd = -1;

    (void)state;
    bench_make(&b);
    memset(path, 'n', sizeof path);
    bytes_copy((uint8_t *)path, BYTES_LITERAL(R("")));
    path[sizeof path - 1] = '\0';
    assert_int_equal(tsm_mkdir(b.report, path, &name), ENAMETOOLONG);
    path[sizeof path - 2] = '\0';
    item(&b, path);
    for (size_t i = 1; i < TSM_ITEMS_MAX; i++) {
        snprintf(path, sizeof path, R("%zu"), i);
        item(&b, path);
    }
    assert_int_equal(tsm_mkdir(b.report, R("more"), &name), ENOSPC);
    assert_int_equal(tsm_rmdir(b.report, R("17"), &name), 0);
    item(&b, R("more"));
    assert_int_equal(tsm_mkdir(b.report, R("17"), &name), ENOSPC);

    for (size_t i = 0; i < COUNT(writers); i++)
        writers[i] = writer(&b, R("more/inblob"));
    assert_int_equal(open_on(&b, R("more/inblob"), O_WRONLY, &fd), ENFILE);
    put(&b, R("1/inblob"), 'x', 64); /* another item has its own */
    assert_int_equal(write(writers[3], "x", 1), 1);
    for (size_t i = 0; i < COUNT(writers); i++)
        close(writers[i]);
    kernel_opens(&b, R("more/generation"), "1\n");
    put(&b, R("more/inblob"), 'x', 64);
    kernel_opens(&b, R("more/outblob"), "quote 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quote_is_had_as_from_the_kernel),
        cmocka_unit_test(report_data_of_another_size_gives_EINVAL),
        cmocka_unit_test(what_is_written_counts_when_it_is_closed),
        cmocka_unit_test(items_do_not_know_of_each_other),
        cmocka_unit_test(the_host_s_failures_are_EIO_and_explained_and_not_kept),
        cmocka_unit_test(opens_are_refused_as_by_configfs),
        cmocka_unit_test(folders_are_made_and_removed_as_in_configfs),
        cmocka_unit_test(only_the_report_folder_is_ours),
        cmocka_unit_test(names_and_numbers_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
