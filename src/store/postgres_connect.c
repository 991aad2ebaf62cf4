/* The way to a PostgreSQL, and waiting on it. */
#include "base/text.h"
#include "base/time.h"
#include "store/postgres.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>

bool postgres_explain(enum quoth_code code, const char *what, const char *said,
                      struct quoth_error *err)
{
    char line[128];
    text_escape(line, sizeof line, (struct bytes){(const uint8_t *)said, strcspn(said, "\n")});
    return quoth_fail(err, code, "store", QUOTH_NO_OFFSET, "%s: %s", what, line);
}

static bool timed_out(struct server *s, struct quoth_error *err)
{
    s->lost = true;
    return quoth_fail(err, QUOTH_STORE_UNAVAILABLE, "store", QUOTH_NO_OFFSET,
                      "the database does not answer in time");
}

bool postgres_wait(struct server *s, short events, struct quoth_error *err)
{
    for (;;) {
        const uint64_t now = time_monotonic_us(), until = s->base.deadline_us;
        struct pollfd fd = {.fd = PQsocket(s->connection), .events = events};
        if (now >= until)
            return timed_out(s, err);
        const int ready = poll(&fd, 1, (int)((until - now) / 1000) + 1);
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return timed_out(s, err);
    }
}

static bool is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return strcmp(host, "localhost") == 0 ||
           (inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6));
}

/* A list with commas between; an empty one is the socket of this machine. */
static bool all_here(const char *hosts)
{
    char host[256];
    for (const char *at = hosts;; at++) {
        const size_t len = strcspn(at, ",");
        if (len >= sizeof host)
            return false;
        snprintf(host, sizeof host, "%.*s", (int)len, at);
        if (host[0] != '\0' && host[0] != '/' && host[0] != '@' && !is_loopback(host))
            return false;
        at += len;
        if (*at == '\0')
            return true;
    }
}

static void options_clear(PQconninfoOption *options)
{
    PQconninfoFree(options);
}
DEFINE_AUTO(options, PQconninfoOption *, options_clear)

static const char *option(const PQconninfoOption *options, const char *name)
{
    for (; options->keyword; options++)
        if (strcmp(options->keyword, name) == 0)
            return options->val ? options->val : "";
    return "";
}

/* Judges what libpq has made of URL, environment and service files, before it sends anything.
 * What does not leave this machine may do without TLS: whoever could listen there could read our
 * files. */
static bool is_safe_way(PGconn *connection, struct quoth_error *err)
{
    AUTO(options) PQconninfoOption *options = PQconninfo(connection);
    if (!options)
        return quoth_fail(err, QUOTH_MEMORY, "store", QUOTH_NO_OFFSET, "out of memory");
    const char *mode = option(options, "sslmode");
    return (all_here(option(options, "host")) && all_here(option(options, "hostaddr"))) ||
           strcmp(mode, "verify-full") == 0 ||
           quoth_mismatch(err, QUOTH_STORE_INSECURE, "store.sslmode", QUOTH_NO_OFFSET, mode,
                          "verify-full");
}

/* What the operator says stands between what is only our wish and what must be so. */
static PGconn *start(const char *at)
{
    static const char *const keywords[] = {
        "fallback_application_name", "tcp_user_timeout", "dbname",
        "client_encoding",           "gssencmode",       NULL};
    const char *const values[] = {"quothd", "1500", at, "UTF8", "disable", NULL};
    PQinitOpenSSL(0, 0); /* crypto/init.h has done it, without a configuration file */
    return PQconnectStartParams(keywords, values, 1);
}

static void ignore_notice(void *context, const PGresult *result)
{
    (void)context, (void)result;
}

/* libpq's words on a URL that it cannot read may repeat the password in it. */
bool postgres_connect(struct server *s, const char *at, struct quoth_error *err)
{
    AUTO(options) PQconninfoOption *readable = PQconninfoParse(at, NULL);
    if (!readable)
        return quoth_fail(err, QUOTH_USAGE, "store", QUOTH_NO_OFFSET,
                          "is no URL of PostgreSQL: postgresql://[USER@][HOST][:PORT]/DATABASE");
    s->connection = start(at);
    if (!s->connection)
        return quoth_fail(err, QUOTH_MEMORY, "store", QUOTH_NO_OFFSET, "out of memory");
    PQsetNoticeReceiver(s->connection, ignore_notice, NULL);
    if (!is_safe_way(s->connection, err))
        return false;
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    while (status != PGRES_POLLING_OK && PQstatus(s->connection) != CONNECTION_BAD) {
        if (!postgres_wait(s, status == PGRES_POLLING_READING ? POLLIN : POLLOUT, err))
            return false;
        status = PQconnectPoll(s->connection);
    }
    return PQstatus(s->connection) != CONNECTION_BAD ||
           postgres_explain(QUOTH_STORE_UNAVAILABLE, "cannot be reached",
                            PQerrorMessage(s->connection), err);
}
