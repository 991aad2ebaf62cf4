#include "audit/group.h"

#include "tests/unit.h"

#include <stdio.h>
#include <unistd.h>

#define THREADS 8
#define LINES 100
#define ALL ((size_t)5 * THREADS * LINES)

/* A disk that takes its time, and fails when it is told to. */
struct disk {
    struct group group;
    struct buffer text;
    int fail_each; /* 0: never */
    int writes;
    bool busy;
};

static bool write_slowly(void *context, struct bytes lines, struct quoth_error *err)
{
    struct disk *d = context;
    assert_false(d->busy);
    d->busy = true;
    usleep(3000);
    d->busy = false;
    if (d->fail_each && ++d->writes % d->fail_each == 0)
        return quoth_fail(err, QUOTH_IO, "disk", 7, "is full");
    d->writes += !d->fail_each;
    buffer_add(&d->text, lines);
    return true;
}

struct writer {
    pthread_t thread;
    struct disk *disk;
    char name;
    bool written[LINES];
};

static void *write_lines(void *arg)
{
    struct writer *w = arg;
    for (int i = 0; i < LINES; i++) {
        struct quoth_error err = {0};
        char line[16];
        snprintf(line, sizeof line, "%c%03d\n", w->name, i);
        w->written[i] = group_write(&w->disk->group, bytes_of_text(line), &err);
        if (w->written[i]
                ? err.code != QUOTH_OK
                : err.code != QUOTH_IO || err.offset != 7 || strcmp(err.message, "is full") != 0)
            return (void *)"the error is not that of the disk";
    }
    return NULL;
}

static void run(struct disk *d, struct writer writers[THREADS])
{
    group_init(&d->group, write_slowly, d);
    for (int i = 0; i < THREADS; i++) {
        writers[i] = (struct writer){.disk = d, .name = (char)('a' + i)};
        assert_int_equal(pthread_create(&writers[i].thread, NULL, write_lines, &writers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *failed;
        pthread_join(writers[i].thread, &failed);
        assert_null(failed);
    }
    group_clear(&d->group);
}

/* Each line that was acknowledged is there once, in the order of its writer; no other is. */
static void check(const struct disk *d, const struct writer writers[THREADS])
{
    int next[THREADS] = {0};
    size_t expected = 0;
    for (size_t at = 0; at < d->text.len; at += 5) {
        const size_t who = (size_t)d->text.data[at] - 'a';
        int which;
        assert_in_range(who, 0, THREADS - 1);
        for (which = next[who]; which < LINES && !writers[who].written[which]; which++)
            ;
        char line[8];
        snprintf(line, sizeof line, "%c%03d\n", writers[who].name, which);
        assert_memory_equal(d->text.data + at, line, 5);
        next[who] = which + 1;
    }
    for (int i = 0; i < THREADS; i++)
        for (int j = 0; j < LINES; j++)
            expected += writers[i].written[j] ? 5 : 0;
    assert_int_equal(d->text.len, expected);
}

static void callers_share_what_is_slow(void **state)
{
    (void)state;
    struct disk d = {0};
    struct writer writers[THREADS];
    run(&d, writers);
    check(&d, writers);
    assert_int_equal(d.text.len, ALL);
    print_message("  %d lines in %d writes\n", THREADS * LINES, d.writes);
    assert_true(d.writes < THREADS * LINES / 2);
    buffer_clear(&d.text);
}

static void a_failure_is_everybodys_who_shared_it(void **state)
{
    (void)state;
    for (int each = 1; each <= 3; each++) {
        struct disk d = {.fail_each = each};
        struct writer writers[THREADS];
        run(&d, writers);
        check(&d, writers);
        assert_true(d.text.len < ALL);
        buffer_clear(&d.text);
    }
}

static void one_alone_waits_for_nobody(void **state)
{
    (void)state;
    struct disk d = {0};
    struct quoth_error err = {0};
    group_init(&d.group, write_slowly, &d);
    for (int i = 1; i <= 10; i++) {
        assert_true(group_write(&d.group, BYTES_LITERAL("line\n"), &err));
        assert_int_equal(d.writes, i);
        assert_int_equal(d.text.len, 5 * i);
    }
    group_clear(&d.group);
    buffer_clear(&d.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(callers_share_what_is_slow),
        cmocka_unit_test(a_failure_is_everybodys_who_shared_it),
        cmocka_unit_test(one_alone_waits_for_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
