#include "audit/audit.h"

#include "base/time.h"
#include "tests/unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define STREAM "https://a.example administration"

static char folder[] = "/tmp/quoth-audit-XXXXXX";
static char path[64];

static int64_t noon(void)
{
    return 1767268800;
}

static int begin(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/trail", folder);
    return 0;
}

static int end(void **state)
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

static bool open_as(const char *stream, uint64_t rotate, struct audit **ret,
                    struct quoth_error *err)
{
    const struct audit_options o = {
        .path = path, .stream = stream, .clock = noon, .rotate = rotate};
    return audit_open(&o, ret, err);
}

static struct audit *opened(void)
{
    struct quoth_error err = {0};
    struct audit *a = NULL;
    if (!open_as(STREAM, 0, &a, &err))
        fail_msg("%s: %s", err.where, err.message);
    return a;
}

static struct audit_line line_of(int64_t number)
{
    struct audit_line line = audit_begin("policy.set", noon());
    audit_number(&line, "number", number);
    return line;
}

static bool written(struct audit *a, int64_t number, struct quoth_error *err)
{
    struct audit_line line = line_of(number);
    const bool good = audit_write(a, &line, err);
    assert_null(line.text.data); /* used up, either way */
    return good;
}

static void write_some(struct audit *a, int count)
{
    struct quoth_error err = {0};
    for (int i = 0; i < count; i++)
        if (!written(a, i, &err))
            fail_msg("%s: %s", err.where, err.message);
}

static struct audit_report verified(void)
{
    struct quoth_error err = {0};
    struct audit_report r = {0};
    const char *const paths[] = {path};
    if (!audit_verify(paths, 1, NULL, 0, &r, &err))
        fail_msg("%s: %s", err.where, err.message);
    return r;
}

static void append_raw(const char *bytes, size_t len)
{
    const int fd = open(path, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
}

static void a_stream_goes_on_where_it_ended(void **state)
{
    (void)state;
    struct stat st;
    struct audit *a = opened();
    write_some(a, 3);
    const struct audit_checkpoint before = audit_checkpoint(a);
    assert_int_equal(before.head.count, 4); /* the first says whose trail it is */
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    audit_close(a);
    a = opened();
    write_some(a, 2);
    assert_string_equal(audit_checkpoint(a).id, before.id);
    audit_close(a);
    struct audit_report r;
    struct quoth_error err = {0};
    const char *const paths[] = {path};
    assert_true(audit_verify(paths, 1, &before, 1, &r, &err));
    assert_int_equal(r.last.head.count, 6);
    assert_string_equal(r.stream, STREAM);
}

static void a_stream_has_one_writer(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct audit *a = opened(), *other = NULL;
    assert_false(open_as(STREAM, 0, &other, &err));
    assert_int_equal(err.code, QUOTH_STATE_IN_USE);
    audit_close(a);
}

static void a_stream_is_nobody_elses(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct audit *a = opened(), *other = NULL;
    audit_close(a);
    assert_false(open_as("https://b.example administration", 0, &other, &err));
    assert_int_equal(err.code, QUOTH_AUDIT_BROKEN);
}

static void a_torn_line_is_moved_aside_and_told(void **state)
{
    (void)state;
    static const struct {
        const char *name, *bytes;
        size_t len;
    } tails[] = {
        {"half a line",                  "{\"seq\":3,\"prev\":\"ab", 19},
        {"zeros, as a power cut leaves", "\0\0\0\0\0\0\0\0",         8 },
        {"half a line again",            "{",                        1 },
    };
    char torn[80];
    struct stat st;
    struct audit *a = opened();
    write_some(a, 1);
    audit_close(a);
    for (size_t i = 0; i < COUNT(tails); i++) {
        print_message("  %s\n", tails[i].name);
        append_raw(tails[i].bytes, tails[i].len);
        a = opened();
        write_some(a, 1);
        audit_close(a);
        assert_int_equal(verified().torn, i + 1);
    }
    snprintf(torn, sizeof torn, "%s.torn", path);
    assert_int_equal(stat(torn, &st), 0);
    assert_int_equal(st.st_size, 19 + 8 + 1 + 3);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void a_stream_of_which_nothing_but_half_a_line_is_left_begins_anew(void **state)
{
    (void)state;
    const int fd = open(path, O_WRONLY | O_CREAT, 0600);
    close(fd);
    append_raw("{\"seq\":1", 8);
    struct audit *a = opened();
    audit_close(a);
    const struct audit_report r = verified();
    assert_int_equal(r.last.head.count, 2);
    assert_int_equal(r.torn, 1);
}

static void a_changed_trail_is_not_gone_on_with(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct audit *a = opened(), *again = NULL;
    write_some(a, 3);
    audit_close(a);
    const int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "Z", 1, 300), 1);
    close(fd);
    assert_false(open_as(STREAM, 0, &again, &err));
    assert_int_equal(err.code, QUOTH_AUDIT_BROKEN);
    assert_non_null(strstr(err.where, "line "));
}

static void what_somebody_else_appends_or_moves_stops_the_stream(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct audit *a = opened();
    append_raw("x", 1);
    assert_false(written(a, 1, &err));
    assert_int_equal(err.code, QUOTH_AUDIT_UNAVAILABLE);
    audit_close(a);
    a = opened(); /* the tail is moved aside */
    char elsewhere[80];
    snprintf(elsewhere, sizeof elsewhere, "%s.moved", path);
    assert_int_equal(rename(path, elsewhere), 0);
    err = (struct quoth_error){0};
    assert_false(written(a, 1, &err));
    assert_int_equal(rename(elsewhere, path), 0);
    err = (struct quoth_error){0};
    assert_false(written(a, 1, &err)); /* until it is opened again */
    audit_close(a);
    a = opened();
    write_some(a, 1);
    audit_close(a);
    verified();
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

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

static void a_line_that_is_too_long_is_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct audit *a = opened();
    struct audit_line line = audit_begin("x", 0), posted = audit_begin("x", 0);
    for (int i = 0; i < 200; i++) {
        AUTO(buffer) struct buffer text = {0};
        buffer_fill(&text, 300, 'a');
        audit_bytes(&line, "name", buffer_bytes(&text));
        audit_bytes(&posted, "name", buffer_bytes(&text));
    }
    assert_false(audit_write(a, &line, &err));
    assert_int_equal(err.code, QUOTH_AUDIT_UNAVAILABLE);
    audit_post(a, &posted);
    assert_int_equal(audit_lost(a), 1);
    audit_close(a);
}

/* The files of the stream, the oldest first. */
static size_t list_files(char names[][400], size_t max)
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

static void a_file_that_has_grown_is_put_aside_and_the_chain_goes_on(void **state)
{
    (void)state;
    static char names[20][400];
    struct quoth_error err = {0};
    struct audit *a = NULL;
    assert_true(open_as(STREAM, 2000, &a, &err));
    write_some(a, 40);
    audit_close(a);
    size_t count = list_files(names, 19);
    assert_true(count > 3);
    /* a crash between putting aside and making anew */
    char aside[80];
    const struct audit_report last = verified();
    snprintf(aside, sizeof aside, "%s.%015llu", path, (unsigned long long)last.last.head.count);
    assert_int_equal(rename(path, aside), 0);
    assert_true(open_as(STREAM, 2000, &a, &err));
    write_some(a, 1);
    const struct audit_checkpoint end_of_all = audit_checkpoint(a);
    audit_close(a);
    count = list_files(names, 19);
    const char *paths[20];
    for (size_t i = 0; i < count; i++)
        paths[i] = names[i];
    struct audit_report r;
    if (!audit_verify(paths, count, &end_of_all, 1, &r, &err))
        fail_msg("%s: %s", err.where, err.message);
    assert_int_equal(r.first, 1);
    assert_true(r.last.head.count > 41);
    /* one in the middle is gone; the oldest may be */
    const char *paths_without[20];
    size_t left = 0;
    for (size_t i = 0; i < count; i++)
        if (i != 1)
            paths_without[left++] = paths[i];
    assert_false(audit_verify(paths_without, left, NULL, 0, &r, &err));
    assert_int_equal(err.code, QUOTH_AUDIT_BROKEN);
    err = (struct quoth_error){0};
    assert_true(audit_verify(&paths[1], count - 1, &end_of_all, 1, &r, &err));
    assert_true(r.first > 1);
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

static atomic_int sharing;

static void *write_what_fits(void *arg)
{
    struct sharer *s = arg;
    for (int i = 0; i < SHARED; i++) {
        struct quoth_error err = {0};
        s->written[i] = written(s->audit, s->first + i, &err);
        if (!s->written[i] && err.code != QUOTH_AUDIT_UNAVAILABLE)
            fail_msg("%s: %s", err.where, err.message);
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

/* Some fit on the disk and some do not, whoever shares a sync with whom: what was acknowledged is
 * there once, what was refused is not, and the chain holds. */
static void a_disk_that_fills_up_is_fair_to_those_who_share(void **state)
{
    (void)state;
    static struct sharer sharers[SHARERS];
    AUTO(buffer) struct buffer trail = {0};
    struct quoth_error err = {0};
    struct stat now;
    int refused = 0;
    signal(SIGXFSZ, SIG_IGN);
    struct audit *a = opened();
    atomic_store(&sharing, SHARERS);
    for (int i = 0; i < SHARERS; i++) {
        sharers[i] = (struct sharer){.audit = a, .first = 1000 * (i + 1)};
        assert_int_equal(pthread_create(&sharers[i].thread, NULL, write_what_fits, &sharers[i]), 0);
    }
    while (atomic_load(&sharing) > 0) {
        assert_int_equal(stat(path, &now), 0);
        limit_files((rlim_t)now.st_size + 700); /* three lines and a half */
        usleep(2000);
        limit_files(RLIM_INFINITY);
        usleep(1000);
    }
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

static void where_no_file_can_be_there_is_no_stream(void **state)
{
    (void)state;
    static const char *const places[] = {"/nowhere/trail", "/dev/null", "/tmp"};
    for (size_t i = 0; i < COUNT(places); i++) {
        struct quoth_error err = {0};
        struct audit *a = NULL;
        const struct audit_options o = {.path = places[i], .stream = STREAM, .clock = noon};
        assert_false(audit_open(&o, &a, &err));
        assert_int_equal(err.code, QUOTH_IO);
    }
    struct quoth_error err = {0};
    struct audit *a = NULL;
    assert_int_equal(symlink("/tmp/quoth-audit-elsewhere", path), 0);
    assert_false(open_as(STREAM, 0, &a, &err));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_stream_goes_on_where_it_ended),
        CASE(a_stream_has_one_writer),
        CASE(a_stream_is_nobody_elses),
        CASE(a_torn_line_is_moved_aside_and_told),
        CASE(a_stream_of_which_nothing_but_half_a_line_is_left_begins_anew),
        CASE(a_changed_trail_is_not_gone_on_with),
        CASE(what_somebody_else_appends_or_moves_stops_the_stream),
        CASE(a_full_disk_fails_closed_and_leaves_nothing_behind),
        CASE(what_is_posted_comes_in_order_and_is_there_at_the_end),
        CASE(a_thread_that_falls_behind_costs_lines_and_says_so),
        CASE(a_line_that_is_too_long_is_refused),
        CASE(a_file_that_has_grown_is_put_aside_and_the_chain_goes_on),
        CASE(threads_share_a_stream),
        CASE(a_disk_that_fills_up_is_fair_to_those_who_share),
        CASE(what_was_written_survives_kill),
        CASE(where_no_file_can_be_there_is_no_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
