/* A stream under load and misfortune: full disks, slow ones, many writers, and kill. */
#include "audit/audit.h"

#include "tests/audit_stream.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

static void a_full_disk_fails_closed_and_leaves_nothing_behind(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct stat before, after;
    signal(SIGXFSZ, SIG_IGN);
    struct audit *a = opened();
    write_some(a, 2);
    assert_int_equal(stat(path, &before), 0);
    limit_files((rlim_t)before.st_size + 50); /* room for half a line */
    assert_false(written(a, 3, &err));
    assert_int_equal(err.code, QUOTH_AUDIT_UNAVAILABLE);
    assert_int_equal(quoth_code_http(err.code), 503);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(after.st_size, before.st_size);
    /* what is posted meanwhile is lost, counted, and told once there is room */
    for (int i = 0; i < 5; i++) {
        struct audit_line line = line_of(i);
        audit_post(a, &line);
    }
    for (int i = 0; i < 300 && audit_lost(a) < 5; i++)
        usleep(10000);
    assert_int_equal(audit_lost(a), 5);
    limit_files(RLIM_INFINITY);
    write_some(a, 1);
    audit_close(a);
    const struct audit_report r = verified();
    assert_int_equal(r.lost, 5);
    assert_int_equal(r.last.head.count, 5); /* begun, two, the gap, one */
}

static void what_is_posted_comes_in_order_and_is_there_at_the_end(void **state)
{
    (void)state;
    struct audit *a = opened();
    for (int i = 0; i < 10000; i++) {
        struct audit_line line = line_of(i);
        audit_post(a, &line);
    }
    write_some(a, 1);
    audit_close(a);
    const struct audit_report r = verified();
    assert_int_equal(r.last.head.count, 10002);
    assert_int_equal(r.lost, 0);
}

static void a_thread_that_falls_behind_costs_lines_and_says_so(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer long_text = {0};
    AUTO(audit_line) struct audit_line model = audit_begin("attested", 0);
    buffer_fill(&long_text, 300, 'a');
    for (int i = 0; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof name, "text%d", i);
        audit_bytes(&model, name, buffer_bytes(&long_text));
    }
    struct audit *a = opened();
    for (int i = 0; i < 100000 && audit_lost(a) == 0; i++) { /* more than may wait */
        struct audit_line line = {0};
        buffer_add(&line.text, buffer_bytes(&model.text));
        audit_post(a, &line);
    }
    const uint64_t lost = audit_lost(a);
    assert_true(lost > 0);
    write_some(a, 1);
    audit_close(a);
    assert_int_equal(verified().lost, lost);
}

static void *write_many(void *arg)
{
    struct audit *a = arg;
    struct quoth_error err = {0};
    for (int i = 0; i < 50; i++) {
        struct audit_line posted = line_of(i);
        audit_post(a, &posted);
        if (!written(a, i, &err))
            return (void *)"failed";
    }
    return NULL;
}

static void threads_share_a_stream(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct audit *a = NULL;
    pthread_t threads[4];
    assert_true(open_as(STREAM, 0, &a, &err));
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, a), 0);
    for (size_t i = 0; i < COUNT(threads); i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    audit_close(a);
    assert_int_equal(verified().last.head.count, 1 + 4 * 100);
}

#define SHARERS 8
#define SHARED 200

struct sharer {
    pthread_t thread;
    struct audit *audit;
    int64_t first;
    bool written[SHARED];
};

static atomic_int sharing, fitted, turned_away;

static void *write_what_fits(void *arg)
{
    struct sharer *s = arg;
    for (int i = 0; i < SHARED; i++) {
        struct quoth_error err = {0};
        s->written[i] = written(s->audit, s->first + i, &err);
        if (!s->written[i] && err.code != QUOTH_AUDIT_UNAVAILABLE)
            fail_msg("%s: %s", err.where, err.message);
        atomic_fetch_add(s->written[i] ? &fitted : &turned_away, 1);
        if (!s->written[i])
            usleep(500); /* some are left for when there is room again */
    }
    atomic_fetch_sub(&sharing, 1);
    return NULL;
}

/* How often a line of this number is in the trail. */
static int lines_of(struct bytes trail, int64_t number)
{
    char text[48];
    snprintf(text, sizeof text, "\"number\":%lld}", (long long)number);
    int found = 0;
    const uint8_t *at = trail.data, *const end = at + trail.len;
    while ((at = memmem(at, (size_t)(end - at), text, strlen(text)))) {
        found++;
        at++;
    }
    return found;
}

static void limit_to_some_more(void)
{
    struct stat now;
    assert_int_equal(stat(path, &now), 0);
    limit_files((rlim_t)now.st_size + 700); /* three lines and a half */
}

/* Waits for one more, while there is somebody of whom it may come. */
static void await_more(const atomic_int *counter)
{
    const int before = atomic_load(counter);
    while (atomic_load(&sharing) > 0 && atomic_load(counter) == before)
        usleep(200);
}

/* Some fit on the disk and some do not, whoever shares a sync with whom: what was acknowledged is
 * there once, what was refused is not, and the chain holds. */
static void a_disk_that_fills_up_is_fair_to_those_who_share(void **state)
{
    (void)state;
    static struct sharer sharers[SHARERS];
    AUTO(buffer) struct buffer trail = {0};
    struct quoth_error err = {0};
    int refused = 0;
    signal(SIGXFSZ, SIG_IGN);
    struct audit *a = opened();
    atomic_store(&sharing, SHARERS);
    limit_to_some_more();
    for (int i = 0; i < SHARERS; i++) {
        sharers[i] = (struct sharer){.audit = a, .first = 1000 * (i + 1)};
        assert_int_equal(pthread_create(&sharers[i].thread, NULL, write_what_fits, &sharers[i]), 0);
    }
    while (atomic_load(&sharing) > 0) {
        await_more(&turned_away);
        limit_files(RLIM_INFINITY);
        await_more(&fitted);
        limit_to_some_more();
    }
    limit_files(RLIM_INFINITY);
    for (int i = 0; i < SHARERS; i++)
        pthread_join(sharers[i].thread, NULL);
    audit_close(a);
    assert_int_equal(verified().lost, 0);
    assert_true(file_read(path, 16u << 20, &trail, &err));
    for (int i = 0; i < SHARERS; i++)
        for (int j = 0; j < SHARED; j++) {
            assert_int_equal(lines_of(buffer_bytes(&trail), sharers[i].first + j),
                             sharers[i].written[j]);
            refused += !sharers[i].written[j];
        }
    print_message("  %d of %d were refused\n", refused, SHARERS * SHARED);
    assert_true(refused > 0 && refused < SHARERS * SHARED);
}

/* Writes lines, posts others, and tells of each that was written. */
static void storm(int to)
{
    struct audit *a = NULL;
    struct quoth_error err = {0};
    if (!open_as(STREAM, 64000, &a, &err)) /* some dozen files, also where syncing costs nothing */
        _exit(3);
    for (int64_t i = 0;; i++) {
        struct audit_line posted = line_of(i);
        audit_post(a, &posted);
        if (!written(a, i, &err))
            _exit(4);
        const uint64_t count = audit_checkpoint(a).head.count;
        if (write(to, &count, sizeof count) != sizeof count)
            _exit(5);
    }
}

static void what_was_written_survives_kill(void **state)
{
    (void)state;
    static char names[2000][400];
    uint64_t told = 0;
    for (int round = 0; round < 40; round++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        const pid_t child = fork();
        if (child == 0) {
            close(ends[0]);
            storm(ends[1]);
        }
        close(ends[1]);
        struct pollfd said = {.fd = ends[0], .events = POLLIN};
        if (round % 2 == 0) /* in the middle of it, or else perhaps before */
            assert_int_equal(poll(&said, 1, 60000), 1);
        usleep((useconds_t)(4000 + round * 1731 % 40000));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        uint64_t count;
        while (read(ends[0], &count, sizeof count) == sizeof count)
            told = count;
        close(ends[0]);
    }
    struct audit *a = opened();
    const struct audit_checkpoint now = audit_checkpoint(a);
    audit_close(a);
    assert_true(now.head.count >= told && told > 0);
    const size_t count = list_files(names, 1999);
    assert_true(count < 1999);
    const char *paths[2000];
    for (size_t i = 0; i < count; i++)
        paths[i] = names[i];
    struct audit_report r;
    struct quoth_error err = {0};
    if (!audit_verify(paths, count, &now, 1, &r, &err))
        fail_msg("%s: %s", err.where, err.message);
    assert_int_equal(r.first, 1);
    print_message("  %llu lines in %zu files, %llu torn\n", (unsigned long long)now.head.count,
                  count, (unsigned long long)r.torn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_full_disk_fails_closed_and_leaves_nothing_behind),
        CASE(what_is_posted_comes_in_order_and_is_there_at_the_end),
        CASE(a_thread_that_falls_behind_costs_lines_and_says_so),
        CASE(threads_share_a_stream),
        CASE(a_disk_that_fills_up_is_fair_to_those_who_share),
        CASE(what_was_written_survives_kill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
