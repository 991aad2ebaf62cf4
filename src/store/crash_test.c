/* What a store keeps when processes and servers are killed, and when many write at once. */
#include "tests/store_things.h"

#include <poll.h>
#include <signal.h>

#define CROWD 4

enum outcome { DONE, EXISTS, FAILED, OUTCOMES };

/* What becomes of it when CROWD processes do the same at once. */
static void at_once(bool (*act)(struct quoth_error *err), int counts[OUTCOMES])
{
    for (int i = 0; i < CROWD; i++)
        if (fork() == 0) {
            struct quoth_error err = {0};
            _exit(act(&err) ? DONE : err.code == QUOTH_STORE_EXISTS ? EXISTS : FAILED);
        }
    for (int i = 0; i < CROWD; i++) {
        int status;
        assert_true(wait(&status) > 0 && WIFEXITED(status));
        counts[WEXITSTATUS(status)]++;
    }
}

static bool create(struct quoth_error *err)
{
    return store_create(place.at, err);
}

static bool open_and_close(struct quoth_error *err)
{
    AUTO(store) struct store *s = NULL;
    return store_open(place.at, &s, err);
}

static void of_many_who_make_a_store_one_does(void **state)
{
    (void)state;
    int counts[OUTCOMES] = {0};
    place_reset();
    at_once(create, counts);
    assert_int_equal(counts[DONE], 1);
    assert_int_equal(counts[EXISTS], CROWD - 1);
}

static void many_bring_a_store_up_to_date_at_once(void **state)
{
    (void)state;
    int counts[OUTCOMES] = {0};
    place_sql("DROP TABLE record");
    place_sql("UPDATE store SET version = 0");
    at_once(open_and_close, counts);
    assert_int_equal(counts[DONE], CROWD);
    assert_int_equal(place_sql("SELECT version FROM store"), 2);
}

/* Puts version after version and says each one's number once it is acknowledged, until killed. */
static void storm(int to)
{
    struct quoth_error err = {0};
    struct store *s = NULL;
    char value[24];
    if (!store_open(place.at, &s, &err))
        _exit(1);
    for (int64_t version = newest(s, "a") + 1;; version++) {
        snprintf(value, sizeof value, "value %lld", (long long)version);
        if (!put(s, "a", version, value, 3, &err) ||
            write(to, &version, sizeof version) != sizeof version)
            _exit(1);
    }
}

static pid_t storm_begin(int *ret_from)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        storm(ends[1]);
    }
    close(ends[1]);
    struct pollfd said = {.fd = ends[0], .events = POLLIN};
    assert_int_equal(poll(&said, 1, 60000), 1); /* it is in the middle of it */
    *ret_from = ends[0];
    return child;
}

/* All numbers that were said; the last of them. */
static int64_t last_said(int from)
{
    int64_t said = 0, next;
    while (read(from, &next, sizeof next) == sizeof next)
        said = next;
    close(from);
    return said;
}

static void holds_what_was_said(int64_t said)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer value = {0};
    AUTO(store) struct store *s = opened();
    const int64_t there = newest(s, "a");
    int64_t version;
    char expected[24];
    assert_true(there == said || there == said + 1); /* the last was perhaps not heard any more */
    snprintf(expected, sizeof expected, "value %lld", (long long)said);
    assert_true(store_get(s, "thing", "https://a", "a", said, &version, &value, &err));
    assert_int_equal(version, said);
    is_text(&value, expected);
    assert_int_equal(revision_of(s), there);
}

static void what_was_acknowledged_survives_a_kill(void **state)
{
    (void)state;
    for (int round = 0; round < 8; round++) {
        int from;
        const pid_t child = storm_begin(&from);
        usleep(10000 + (useconds_t)round * 7919);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        place_settle();
        const int64_t said = last_said(from);
        assert_true(said > 0);
        holds_what_was_said(said);
    }
}

/* The server dies in the middle of it and comes back. */
static void what_was_acknowledged_survives_a_crash_of_the_server(void **state)
{
    (void)state;
    if (!place.shared)
        return;
    for (int round = 0; round < 3; round++) {
        int from;
        const pid_t child = storm_begin(&from);
        usleep(200000);
        assert_int_equal(place_server("kill"), 0);
        waitpid(child, NULL, 0); /* its store has become unavailable */
        assert_int_equal(place_server("start"), 0);
        holds_what_was_said(last_said(from));
    }
}

#define EACH 40

/* Raises one record EACH times, whatever the others do. */
static void raise_until_done(char name)
{
    struct quoth_error err = {0};
    struct store *s = NULL;
    const char value[] = {name, '\0'};
    int64_t seen = 0;
    if (!store_open(place.at, &s, &err))
        _exit(1);
    for (int done = 0; done < EACH;) {
        struct quoth_error why = {0};
        if (put(s, "crowd", newest(s, "crowd") + 1, value, STORE_KEEP_ALL, &why)) {
            done++;
        } else if (why.code == QUOTH_STORE_UNAVAILABLE) { /* it had to wait for too long */
            sleep(2);
            continue;
        } else if (why.code != QUOTH_STORE_CONFLICT) {
            _exit(2);
        }
        const int64_t revision = revision_of(s);
        if (revision < seen)
            _exit(3);
        seen = revision;
    }
    _exit(0);
}

static bool count_names(void *context, const struct store_record *r, struct quoth_error *err)
{
    (void)err;
    int *counts = context;
    assert_int_equal(r->value.len, 1);
    counts[r->value.data[0] - 'a']++;
    return true;
}

static void a_crowd_of_writers_loses_nothing(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    int counts[CROWD] = {0};
    for (int i = 0; i < CROWD; i++)
        if (fork() == 0)
            raise_until_done((char)('a' + i));
    for (int i = 0; i < CROWD; i++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    AUTO(store) struct store *s = opened();
    assert_true(
        store_history(s, "thing", "https://a", "crowd", SIZE_MAX, count_names, counts, &err));
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(counts[i], EACH);
    assert_int_equal(newest(s, "crowd"), CROWD * EACH);
    assert_int_equal(revision_of(s), CROWD * EACH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_store(of_many_who_make_a_store_one_does),
        with_store(many_bring_a_store_up_to_date_at_once),
        with_store(what_was_acknowledged_survives_a_kill),
        with_store(what_was_acknowledged_survives_a_crash_of_the_server),
        with_store(a_crowd_of_writers_loses_nothing),
    };
    return place_run(tests);
}
