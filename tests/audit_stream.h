/* What the tests of a stream share: a folder for it, and lines in it. */
#ifndef QUOTH_TESTS_AUDIT_STREAM_H
#define QUOTH_TESTS_AUDIT_STREAM_H

#include "audit/audit.h"
#include "tests/unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define STREAM "https://a.example administration"

static char folder[] = "/tmp/quoth-audit-XXXXXX";
static char path[64];

static inline int64_t noon(void)
{
    return 1767268800;
}

static inline int begin(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/trail", folder);
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    char name[400];
    DIR *d = opendir(folder);
    for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
        snprintf(name, sizeof name, "%s/%s", folder, e->d_name);
        unlink(name);
    }
    closedir(d);
    rmdir(folder);
    snprintf(folder, sizeof folder, "/tmp/quoth-audit-XXXXXX");
    return 0;
}

static inline bool open_as(const char *stream, uint64_t rotate, struct audit **ret,
                           struct quoth_error *err)
{
    const struct audit_options o = {
        .path = path, .stream = stream, .clock = noon, .rotate = rotate};
    return audit_open(&o, ret, err);
}

static inline struct audit *opened(void)
{
    struct quoth_error err = {0};
    struct audit *a = NULL;
    if (!open_as(STREAM, 0, &a, &err))
        fail_msg("%s: %s", err.where, err.message);
    return a;
}

static inline struct audit_line line_of(int64_t number)
{
    struct audit_line line = audit_begin("policy.set", noon());
    audit_number(&line, "number", number);
    return line;
}

static inline bool written(struct audit *a, int64_t number, struct quoth_error *err)
{
    struct audit_line line = line_of(number);
    const bool good = audit_write(a, &line, err);
    assert_null(line.text.data); /* used up, either way */
    return good;
}

static inline void write_some(struct audit *a, int count)
{
    struct quoth_error err = {0};
    for (int i = 0; i < count; i++)
        if (!written(a, i, &err))
            fail_msg("%s: %s", err.where, err.message);
}

static inline struct audit_report verified(void)
{
    struct quoth_error err = {0};
    struct audit_report r = {0};
    const char *const paths[] = {path};
    if (!audit_verify(paths, 1, NULL, 0, &r, &err))
        fail_msg("%s: %s", err.where, err.message);
    return r;
}

static inline void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The files of the stream, the oldest first. */
static inline size_t list_files(char names[][400], size_t max)
{
    struct dirent **entries;
    size_t count = 0;
    const int found = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < found; i++) {
        if (strncmp(entries[i]->d_name, "trail.0", 7) == 0 && count < max)
            snprintf(names[count++], 400, "%s/%s", folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    snprintf(names[count++], 400, "%s", path);
    return count;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
