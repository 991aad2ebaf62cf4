/* sslmode=verify-full against a PostgreSQL that speaks TLS, with the right certificate and with
 * wrong ones, and against one that does not. */
#include "store/store.h"

#include "tests/store_place.h"

#include <arpa/inet.h>
#include <sys/socket.h>

static unsigned port;

static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void run(const char *format, ...)
{
    char command[1200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    if (system(command) != 0)
        fail_msg("%s", command);
}

static unsigned free_port(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof here;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&here, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&here, &len), 0);
    close(fd);
    return ntohs(here.sin_port);
}

/* A certificate of its own, which is its own root: NAME.pem. The server serves it after restart. */
static void serve_as(const char *name, const char *host)
{
    run("cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
        " -subj /CN=%s -addext subjectAltName=DNS:%s -keyout data/%s.key -out %s.pem 2>req.log &&"
        " cp %s.pem data/%s.pem && chown --reference=data data/%s.* && chmod 600 data/%s.key",
        place.folder, host, host, name, name, name, name, name, name);
    run("printf \"listen_addresses = '127.0.0.1'\\nport = %u\\nssl = on\\n"
        "ssl_cert_file = '%s.pem'\\nssl_key_file = '%s.key'\\n\" >> %s/data/postgresql.conf",
        port, name, name, place.folder);
    run("echo 'host all quoth 127.0.0.1/32 trust' >> %s/data/pg_hba.conf", place.folder);
    assert_int_equal(place_server("stop"), 0);
    assert_int_equal(place_server("start"), 0);
    snprintf(place.at, sizeof place.at, "postgresql://quoth@/postgres?host=%s/socket&port=%u",
             place.folder, port);
}

static enum quoth_code opening(const char *host, const char *root, const char *more,
                               struct quoth_error *err)
{
    char at[256];
    struct store *s = NULL;
    snprintf(at, sizeof at,
             "postgresql://quoth@%s:%u/postgres?sslmode=verify-full&sslrootcert=%s/%s%s", host,
             port, place.folder, root, more);
    *err = (struct quoth_error){0};
    if (store_open(at, &s, err))
        store_close(s);
    print_message("  %s\n", err->message);
    return err->code;
}

static void the_right_certificate_opens_and_no_other(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    port = free_port();
    place_reset();
    assert_true(store_create(place.at, &err));
    assert_int_equal(opening("localhost", "right.pem", "&hostaddr=127.0.0.1", &err),
                     QUOTH_STORE_UNAVAILABLE); /* nobody is there yet */
    serve_as("other", "other.example.org");
    serve_as("right", "localhost");
    assert_int_equal(opening("localhost", "right.pem", "&hostaddr=127.0.0.1", &err), QUOTH_OK);
    assert_int_equal(opening("127.0.0.1", "right.pem", "", &err), QUOTH_STORE_UNAVAILABLE);
    assert_int_equal(opening("db.example.org", "right.pem", "&hostaddr=127.0.0.1", &err),
                     QUOTH_STORE_UNAVAILABLE);
    assert_int_equal(opening("localhost", "other.pem", "&hostaddr=127.0.0.1", &err),
                     QUOTH_STORE_UNAVAILABLE);
    serve_as("right", "other.example.org"); /* another key, and another name */
    assert_int_equal(opening("localhost", "right.pem", "&hostaddr=127.0.0.1", &err),
                     QUOTH_STORE_UNAVAILABLE);
    assert_int_equal(opening("other.example.org", "right.pem", "&hostaddr=127.0.0.1", &err),
                     QUOTH_OK);
    run("echo 'ssl = off' >> %s/data/postgresql.conf", place.folder);
    assert_int_equal(place_server("stop"), 0);
    assert_int_equal(place_server("start"), 0);
    assert_int_equal(opening("other.example.org", "right.pem", "&hostaddr=127.0.0.1", &err),
                     QUOTH_STORE_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_right_certificate_opens_and_no_other),
    };
    return place_run_on(true, "PostgreSQL over TLS", tests, COUNT(tests));
}
