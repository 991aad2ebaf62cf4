/* PostgreSQL where it can go wrong: ways that are not safe, servers that are none of ours, that
 * stand still, or whose answer to COMMIT never came. */
#include "base/time.h"
#include "tests/store_things.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define SECOND 1000000u

static bool put_next(struct store *s, int64_t version, struct quoth_error *err)
{
    return put(s, "a", version, "value", 0, err);
}

/* ---- ways */

/* clang-format off */
static const struct {
    const char *name, *at;
    enum quoth_code code;
} ways[] = {
    {"a network",              "postgresql://quoth:S3CRET@192.0.2.1/q",                     QUOTH_STORE_INSECURE},
    {"the older form",         "postgres://quoth:S3CRET@192.0.2.1/q",                       QUOTH_STORE_INSECURE},
    {"TLS that trusts anyone", "postgresql://quoth:S3CRET@192.0.2.1/q?sslmode=require",     QUOTH_STORE_INSECURE},
    {"TLS for any name",       "postgresql://quoth:S3CRET@192.0.2.1/q?sslmode=verify-ca",   QUOTH_STORE_INSECURE},
    {"an address aside",       "postgresql://quoth:S3CRET@localhost/q?hostaddr=192.0.2.1",  QUOTH_STORE_INSECURE},
    {"a name with an address", "postgresql://quoth:S3CRET@db.example/q?hostaddr=127.0.0.1", QUOTH_STORE_INSECURE},
    {"half the addresses",     "postgresql://quoth:S3CRET@localhost,192.0.2.1/q?hostaddr=127.0.0.1,", QUOTH_STORE_INSECURE},
    {"a second host",          "postgresql://quoth:S3CRET@localhost,192.0.2.1/q",           QUOTH_STORE_INSECURE},
    {"a host as parameter",    "postgresql:///q?host=192.0.2.1&password=S3CRET",            QUOTH_STORE_INSECURE},
    {"a name like loopback",   "postgresql://quoth:S3CRET@127.example.invalid/q",           QUOTH_STORE_INSECURE},
    {"a number like loopback", "postgresql://quoth:S3CRET@[::2]/q",                         QUOTH_STORE_INSECURE},
    {"no such parameter",      "postgresql://quoth:S3CRET@localhost/q?sslmod=verify-full",  QUOTH_USAGE},
    {"an open bracket",        "postgresql://quoth:S3CRET@[::1/q",                          QUOTH_USAGE},
    {"a bad escape",           "postgresql://quoth:S3CRET%zz@localhost/q",                  QUOTH_USAGE},
    {"no such mode", "postgresql://quoth:S3CRET@localhost/q?sslmode=verify",         QUOTH_STORE_UNAVAILABLE},
    {"nobody there",           "postgresql://quoth:S3CRET@127.0.0.1:1/q",                   QUOTH_STORE_UNAVAILABLE},
    {"no socket",              "postgresql://quoth:S3CRET@/q?host=/nonexistent",            QUOTH_STORE_UNAVAILABLE},
    {"no root for TLS",        "postgresql://quoth:S3CRET@192.0.2.1/q?sslmode=verify-full&sslrootcert=/nonexistent", QUOTH_STORE_UNAVAILABLE},
};
/* clang-format on */

static void other_ways_are_refused_and_no_password_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ways); i++) {
        struct quoth_error err = {0};
        struct store *s = NULL;
        print_message("  %s\n", ways[i].name);
        const uint64_t start = time_monotonic_us();
        assert_false(store_open(ways[i].at, &s, &err));
        print_message("    %s\n", err.message);
        assert_int_equal(err.code, ways[i].code);
        assert_null(strstr(err.message, "S3CRET"));
        assert_null(strstr(err.where, "S3CRET"));
        assert_null(strstr(err.found, "S3CRET"));
        assert_true(time_monotonic_us() - start < 30 * SECOND);
    }
}

static void the_environment_does_not_change_the_way(void **state)
{
    (void)state;
    struct quoth_error err = {0}, second = {0};
    struct store *s = NULL;
    setenv("PGHOST", "192.0.2.1", 1);
    assert_false(store_open("postgresql:///q", &s, &err));
    assert_int_equal(err.code, QUOTH_STORE_INSECURE);
    unsetenv("PGHOST");
    setenv("PGHOSTADDR", "192.0.2.1", 1);
    assert_false(store_open("postgresql://localhost/q", &s, &second));
    assert_int_equal(second.code, QUOTH_STORE_INSECURE);
    unsetenv("PGHOSTADDR");
}

/* ---- servers that are none of ours */

/* Listens on a port of this machine; what it says to whoever comes, before it waits. */
struct stranger {
    int listener;
    char at[64];
    const char *says;
    pthread_t thread;
};

static void *be_strange(void *context)
{
    const struct stranger *s = context;
    for (;;) {
        const int peer = accept(s->listener, NULL, NULL);
        char heard[256];
        if (peer < 0)
            return NULL;
        if (s->says && read(peer, heard, sizeof heard) > 0)
            (void)!write(peer, s->says, strlen(s->says));
        struct pollfd fd = {.fd = s->says ? -1 : peer, .events = POLLIN};
        while (!s->says && poll(&fd, 1, 60000) > 0 && read(peer, heard, sizeof heard) > 0)
            continue;
        close(peer);
    }
}

static void stranger_begin(struct stranger *s, const char *says)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof here;
    s->says = says;
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->listener, (struct sockaddr *)&here, len), 0);
    assert_int_equal(listen(s->listener, 8), 0);
    assert_int_equal(getsockname(s->listener, (struct sockaddr *)&here, &len), 0);
    snprintf(s->at, sizeof s->at, "postgresql://quoth@127.0.0.1:%u/q", ntohs(here.sin_port));
    assert_int_equal(pthread_create(&s->thread, NULL, be_strange, s), 0);
}

static void stranger_end(struct stranger *s)
{
    shutdown(s->listener, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->listener);
}

/* clang-format off */
static const struct {
    const char *name, *says;
} strangers[] = {
    {"silence",       NULL},
    {"a web server",  "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"},
    {"a mail server", "220 mail.example.org ESMTP\r\n"},
    {"control codes", "E\x1b[31mred\x07\x1b[0m\n"},
};
/* clang-format on */

static void a_server_that_is_no_postgresql_is_refused_in_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(strangers); i++) {
        struct quoth_error err = {0};
        struct stranger other;
        struct store *s = NULL;
        print_message("  %s\n", strangers[i].name);
        stranger_begin(&other, strangers[i].says);
        const uint64_t start = time_monotonic_us();
        assert_false(store_open(other.at, &s, &err));
        print_message("    %s\n", err.message);
        assert_true(time_monotonic_us() - start < 30 * SECOND);
        assert_int_equal(err.code, QUOTH_STORE_UNAVAILABLE);
        assert_null(strchr(err.message, '\x1b'));
        stranger_end(&other);
    }
}

/* clang-format off */
static const struct {
    const char *name, *sql;
    enum quoth_code code, create;
} schemas[] = {
    {"no schema",           "DROP SCHEMA quoth CASCADE",        QUOTH_STORE_MISSING, QUOTH_OK},
    {"somebody's schema",   "DROP TABLE store, record",         QUOTH_STORE_BROKEN,  QUOTH_STORE_BROKEN},
    {"somebody's table",    "ALTER TABLE store DROP COLUMN version", QUOTH_STORE_BROKEN, QUOTH_STORE_EXISTS},
    {"another type",        "ALTER TABLE store ALTER COLUMN version TYPE text", QUOTH_STORE_VERSION, QUOTH_STORE_EXISTS},
};
/* clang-format on */

static void a_database_that_is_not_ours_is_refused(void **state)
{
    for (size_t i = 0; i < COUNT(schemas); i++) {
        struct quoth_error err = {0}, again = {0};
        struct store *s = NULL;
        print_message("  %s\n", schemas[i].name);
        new_store(state);
        place_sql(schemas[i].sql);
        assert_false(store_open(place.at, &s, &err));
        assert_int_equal(err.code, schemas[i].code);
        assert_int_equal(store_create(place.at, &again), schemas[i].create == QUOTH_OK);
        assert_int_equal(again.code, schemas[i].create);
    }
}

/* What lies in other schemas is not taken for ours, whatever the user's search path says. */
static void tables_of_others_are_not_seen(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    int64_t revision;
    place_sql("CREATE TABLE public.store AS SELECT 1 AS version, 777 AS revision");
    place_sql("ALTER ROLE quoth SET search_path = public");
    AUTO(store) struct store *s = opened_at(place.at);
    assert_true(put_next(s, 1, &err));
    assert_true(store_revision(s, &revision, &err));
    assert_int_equal(revision, 1);
    place_sql("ALTER ROLE quoth RESET search_path");
    place_sql("DROP TABLE public.store");
}

static void a_server_that_only_reads_is_unavailable(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    int64_t revision;
    place_sql("ALTER ROLE quoth SET default_transaction_read_only = on");
    AUTO(store) struct store *s = opened_at(place.at);
    assert_false(put_next(s, 1, &err));
    assert_int_equal(err.code, QUOTH_STORE_UNAVAILABLE);
    err = (struct quoth_error){0};
    assert_true(store_revision(s, &revision, &err)); /* it still tells what it has */
    place_sql("ALTER ROLE quoth RESET default_transaction_read_only");
}

static void what_is_acknowledged_is_on_disk_whatever_the_role_says(void **state)
{
    (void)state;
    place_sql("ALTER ROLE quoth SET synchronous_commit = off");
    AUTO(store) struct store *s = opened_at(place.at);
    struct quoth_error err = {0};
    assert_true(put_next(s, 1, &err));
    assert_int_equal(place_server("kill"), 0); /* at once: nothing is written later */
    assert_int_equal(place_server("start"), 0);
    assert_int_equal(place_sql("SELECT count(*) FROM record"), 1);
    place_sql("ALTER ROLE quoth RESET synchronous_commit");
}

/* ---- servers that come and go */

static void a_lost_connection_is_not_noticed(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(store) struct store *s = opened_at(place.at);
    for (int64_t version = 1; version <= 3; version++) {
        place_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                  " WHERE application_name = 'quothd'");
        if (!put_next(s, version, &err))
            fail_msg("%s", err.message);
    }
    assert_int_equal(place_server("stop"), 0);
    assert_int_equal(place_server("start"), 0);
    assert_true(put_next(s, 4, &err));
}

static void a_server_that_is_down_is_unavailable_and_then_back(void **state)
{
    (void)state;
    struct quoth_error err = {0}, none = {0};
    AUTO(store) struct store *s = opened_at(place.at);
    assert_int_equal(place_server("stop"), 0);
    const uint64_t start = time_monotonic_us();
    assert_false(put_next(s, 1, &err));
    assert_int_equal(err.code, QUOTH_STORE_UNAVAILABLE);
    assert_true(time_monotonic_us() - start < 4 * SECOND); /* less than a server may take */
    assert_int_equal(place_server("start"), 0);
    assert_true(put_next(s, 1, &none));
}

static pid_t our_backend(void)
{
    return (pid_t)place_sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'quothd'");
}

static void a_server_that_stands_still_is_given_up_in_time(void **state)
{
    (void)state;
    struct quoth_error err = {0}, rest = {0}, none = {0};
    AUTO(store) struct store *s = opened_at(place.at);
    const pid_t backend = our_backend();
    assert_int_equal(kill(backend, SIGSTOP), 0);
    const uint64_t start = time_monotonic_us();
    assert_false(put_next(s, 1, &err));
    assert_int_equal(err.code, QUOTH_STORE_UNAVAILABLE);
    const uint64_t then = time_monotonic_us();
    assert_true(then - start < 30 * SECOND);
    assert_false(put_next(s, 1, &rest)); /* nobody else waits in vain */
    assert_int_equal(rest.code, QUOTH_STORE_UNAVAILABLE);
    assert_true(time_monotonic_us() - then < 3 * SECOND);
    kill(backend, SIGCONT);
    sleep(3);
    assert_true(put_next(s, 1, &none));
}

/* A process of ours that was stopped within a put must not stop the others for good. */
static void a_writer_that_stands_still_is_thrown_out(void **state)
{
    (void)state;
    struct quoth_error err = {0}, none = {0};
    AUTO(store) struct store *s = opened_at(place.at);
    PGconn *stuck = PQconnectdb(place.at);
    PQclear(PQexec(stuck, "SET idle_in_transaction_session_timeout = 3000; BEGIN;"
                          "UPDATE quoth.store SET revision = revision + 1"));
    const uint64_t start = time_monotonic_us();
    if (!put_next(s, 1, &err)) {
        assert_int_equal(err.code, QUOTH_STORE_UNAVAILABLE);
        sleep(3);
        assert_true(put_next(s, 1, &none));
    }
    assert_true(time_monotonic_us() - start < 30 * SECOND);
    PQfinish(stuck);
}

/* ---- COMMIT without an answer: a socket between us and the server that cuts it off */

struct between {
    char folder[64], at[160], to[128];
    int listener;
    bool pass_on;  /* whether the server gets to hear of the COMMIT */
    unsigned cuts; /* how many more are cut off */
    pthread_t thread;
};

static int unix_socket(const char *path, struct sockaddr_un *ret_address)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(ret_address->sun_path, sizeof ret_address->sun_path, "%s", path);
    assert_true(fd >= 0);
    return fd;
}

/* Carries bytes both ways until an end closes or a COMMIT shall be cut off. */
static void carry(struct between *b, int client, int server)
{
    struct pollfd fds[] = {
        {.fd = client, .events = POLLIN},
        {.fd = server, .events = POLLIN}
    };
    char bytes[8192];
    while (poll(fds, 2, -1) > 0) {
        const int from = fds[0].revents ? client : server, to = fds[0].revents ? server : client;
        const ssize_t len = read(from, bytes, sizeof bytes);
        const bool cut = from == client && b->cuts > 0 && len > 0 &&
                         memmem(bytes, (size_t)len, "COMMIT", 6) != NULL;
        if (len <= 0)
            return;
        if (!cut || b->pass_on)
            (void)!write(to, bytes, (size_t)len);
        if (cut) {
            b->cuts--;
            if (b->pass_on)
                (void)!read(server, bytes, sizeof bytes); /* it is done, and nobody is told */
            return;
        }
    }
}

static void *stand_between(void *context)
{
    struct between *b = context;
    for (;;) {
        struct sockaddr_un address;
        const int client = accept(b->listener, NULL, NULL);
        if (client < 0)
            return NULL;
        const int server = unix_socket(b->to, &address);
        if (connect(server, (struct sockaddr *)&address, sizeof address) == 0)
            carry(b, client, server);
        close(client);
        close(server);
    }
}

static void between_begin(struct between *b, bool pass_on, unsigned cuts)
{
    struct sockaddr_un address;
    char path[96];
    *b = (struct between){.pass_on = pass_on, .cuts = cuts};
    snprintf(b->folder, sizeof b->folder, "%s/between", place.folder);
    snprintf(b->to, sizeof b->to, "%s/socket/.s.PGSQL.5432", place.folder);
    snprintf(b->at, sizeof b->at, "postgresql://quoth@/postgres?host=%s", b->folder);
    snprintf(path, sizeof path, "%s/.s.PGSQL.5432", b->folder);
    mkdir(b->folder, 0700);
    unlink(path);
    b->listener = unix_socket(path, &address);
    assert_int_equal(bind(b->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(b->listener, 8), 0);
    assert_int_equal(pthread_create(&b->thread, NULL, stand_between, b), 0);
}

static void between_end(struct between *b)
{
    shutdown(b->listener, SHUT_RDWR);
    pthread_join(b->thread, NULL);
    close(b->listener);
}

static void is_put_once(int64_t expected_revision)
{
    assert_int_equal(place_sql("SELECT count(*) FROM record"), 1);
    assert_int_equal(place_sql("SELECT max(version) FROM record"), 1);
    assert_int_equal(place_sql("SELECT revision FROM store"), expected_revision);
}

static void a_commit_whose_answer_was_lost_is_found(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct between b;
    between_begin(&b, true, 1);
    AUTO(store) struct store *s = opened_at(b.at);
    if (!put_next(s, 1, &err))
        fail_msg("%s", err.message);
    store_close(take(s));
    between_end(&b);
    assert_int_equal(b.cuts, 0);
    assert_true(place_sql("SELECT revision FROM store") >= 1);
    is_put_once(place_sql("SELECT revision FROM store"));
}

static void a_commit_that_was_lost_is_done_again(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct between b;
    between_begin(&b, false, 1);
    AUTO(store) struct store *s = opened_at(b.at);
    if (!put_next(s, 1, &err))
        fail_msg("%s", err.message);
    store_close(take(s));
    between_end(&b);
    assert_int_equal(b.cuts, 0);
    is_put_once(1);
}

static void a_commit_that_is_never_answered_is_unavailable(void **state)
{
    (void)state;
    struct quoth_error err = {0}, again = {0};
    struct between b;
    between_begin(&b, true, 2);
    AUTO(store) struct store *s = opened_at(b.at);
    assert_false(put_next(s, 1, &err));
    assert_int_equal(err.code, QUOTH_STORE_UNAVAILABLE);
    assert_false(
        put_next(s, 1, &again)); /* it had been done: the caller reads again, and sees it */
    assert_int_equal(again.code, QUOTH_STORE_CONFLICT);
    store_close(take(s));
    between_end(&b);
    assert_int_equal(place_sql("SELECT count(*) FROM record"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_store(other_ways_are_refused_and_no_password_is_told),
        with_store(the_environment_does_not_change_the_way),
        with_store(a_server_that_is_no_postgresql_is_refused_in_time),
        with_store(a_database_that_is_not_ours_is_refused),
        with_store(tables_of_others_are_not_seen),
        with_store(a_server_that_only_reads_is_unavailable),
        with_store(what_is_acknowledged_is_on_disk_whatever_the_role_says),
        with_store(a_lost_connection_is_not_noticed),
        with_store(a_server_that_is_down_is_unavailable_and_then_back),
        with_store(a_server_that_stands_still_is_given_up_in_time),
        with_store(a_writer_that_stands_still_is_thrown_out),
        with_store(a_commit_whose_answer_was_lost_is_found),
        with_store(a_commit_that_was_lost_is_done_again),
        with_store(a_commit_that_is_never_answered_is_unavailable),
    };
    return place_run_on(true, "PostgreSQL", tests, COUNT(tests));
}
