#include "http/server.h"

#include "base/file.h"
#include "base/time.h"
#include "http/worker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/listener.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG 1024
#define ACCEPT_PAUSE_MS 100 /* after running out of descriptors */

struct thread { /* a worker and what it needs to start and stop */
    struct worker worker;
    struct evconnlistener *listener;
    struct event *pause; /* listens again */
    struct loop_task drain, stop;
    pthread_t id;
    bool runs;
};

struct http_server {
    struct http_config config;
    struct limit *limit;
    struct thread *threads;
    size_t thread_count;
    atomic_size_t turned_away;
    atomic_size_t running; /* threads */
    char address[HTTP_PEER_SIZE];
    pthread_mutex_t lock; /* for ended */
    pthread_cond_t ended; /* a thread has left its loop */
};

const struct http_times http_times_default = {
    .header = 5000,
    .body = 10000,
    .idle = 60000,
    .write = 10000,
    .linger = 2000,
    .queue = 250,
};

const char *worker_date(struct worker *w)
{
    const int64_t now = time_now();
    if (now != w->date_time) { /* IMF-fixdate, RFC 9110 5.6.7 */
        struct tm tm;
        const time_t t = (time_t)now;
        gmtime_r(&t, &tm);
        (void)strftime(w->date, sizeof w->date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
        w->date_time = now;
    }
    return w->date;
}

/* The loop's own idea of the time changes once for each round: the first request of a round sets
 * the clock for those behind it. */
uint64_t worker_waited_us(struct worker *w)
{
    struct timeval round;
    const uint64_t now = time_monotonic_us();
    event_base_gettimeofday_cached(loop_base(w->loop), &round);
    if (memcmp(&round, &w->round, sizeof round) != 0) {
        w->round = round;
        w->round_us = now;
    }
    return now - w->round_us;
}

void worker_ended_one(struct worker *w)
{
    if (w->draining && !w->connections && w->kept == 0)
        loop_stop(w->loop);
}

/* An accepted socket on its way to the thread that will serve it. */
struct arrival {
    struct loop_task task;
    struct worker *worker;
    struct limit_row *row;
    struct sockaddr_storage peer;
    int fd;
};

static void arrived(void *arg)
{
    struct arrival *a = arg;
    if (a->worker->draining) {
        close(a->fd);
        limit_leave(a->worker->limit, a->row);
        atomic_fetch_sub(&a->worker->open_count, 1);
    } else {
        connection_open(a->worker, a->fd, &a->peer, a->row);
    }
    free(a);
}

/* The kernel spreads connections over listeners by a hash, unevenly when there are few; the thread
 * with the fewest takes the next one. It is counted here, as many may arrive before the thread that
 * was chosen looks at the first of them. */
static struct worker *choose_worker(struct worker *mine)
{
    struct http_server *s = mine->server;
    struct worker *least = mine;
    for (size_t i = 0; i < s->thread_count; i++)
        if (atomic_load(&s->threads[i].worker.open_count) < atomic_load(&least->open_count))
            least = &s->threads[i].worker;
    atomic_fetch_add(&least->open_count, 1);
    return least;
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer,
                      int peer_len, void *arg)
{
    struct worker *w = &((struct thread *)arg)->worker;
    (void)listener;
    struct limit_row *row = limit_enter(w->limit, peer, time_monotonic_us());
    struct arrival *a = row ? calloc(1, sizeof *a) : NULL;
    if (!a) {
        atomic_fetch_add(&w->server->turned_away, 1);
        if (row)
            limit_leave(w->limit, row);
        close(fd);
        return;
    }
    *a = (struct arrival){.worker = choose_worker(w), .row = row, .fd = fd};
    a->task = (struct loop_task){.run = arrived, .arg = a};
    memcpy(&a->peer, peer, (size_t)peer_len);
    if (a->worker == w)
        arrived(a);
    else
        loop_post(a->worker->loop, &a->task);
}

/* Without descriptors accept fails at once and forever: wait until some have been given back. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
    const struct timeval in = {.tv_usec = (suseconds_t)ACCEPT_PAUSE_MS * 1000};
    struct thread *t = arg;
    evconnlistener_disable(listener);
    evtimer_add(t->pause, &in);
}

static void on_pause_over(evutil_socket_t fd, short what, void *arg)
{
    struct thread *t = arg;
    (void)fd, (void)what;
    if (t->listener)
        evconnlistener_enable(t->listener);
}

static void drain(void *arg)
{
    struct thread *t = arg;
    struct worker *w = &t->worker;
    w->draining = true;
    if (t->listener)
        evconnlistener_free(take(t->listener));
    for (struct connection *c = w->connections, *next; c; c = next) {
        next = connection_next(c);
        connection_drain(c);
    }
    worker_ended_one(w);
}

static void *serve(void *arg)
{
    struct thread *t = arg;
    struct http_server *s = t->worker.server;
    loop_run(t->worker.loop);
    pthread_mutex_lock(&s->lock);
    atomic_fetch_sub(&s->running, 1);
    pthread_cond_broadcast(&s->ended);
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static bool listen_failed(const struct http_config *config, const char *why,
                          struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_UNAVAILABLE, "listen", QUOTH_NO_OFFSET, "cannot listen on %s: %s",
                      config->listen, why);
}

static bool is_port(const char *text)
{
    char *end;
    return text[0] >= '0' && text[0] <= '9' && strtoul(text, &end, 10) <= 65535 && *end == '\0';
}

static bool set_address(const char *host, bool v6, uint16_t port,
                        struct sockaddr_storage *ret_address, socklen_t *ret_len)
{
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
    *ret_len = v6 ? sizeof in6 : sizeof in;
    if (v6)
        memcpy(ret_address, &in6, sizeof in6);
    else
        memcpy(ret_address, &in, sizeof in);
    return v6 ? inet_pton(AF_INET6, host, &((struct sockaddr_in6 *)ret_address)->sin6_addr) == 1
              : inet_pton(AF_INET, host, &((struct sockaddr_in *)ret_address)->sin_addr) == 1;
}

/* Numbers only: a name could mean several addresses, and resolving it needs libraries that a static
 * program does not have. "localhost" is 127.0.0.1. */
static bool read_address(const struct http_config *config, struct sockaddr_storage *ret_address,
                         socklen_t *ret_len, struct quoth_error *err)
{
    char host[INET6_ADDRSTRLEN];
    const char *begin = config->listen, *colon = strrchr(begin, ':');
    size_t len = colon ? (size_t)(colon - begin) : 0;
    const bool v6 = len >= 2 && begin[0] == '[' && begin[len - 1] == ']';
    if (v6) {
        begin++;
        len -= 2;
    }
    snprintf(host, sizeof host, "%.*s", (int)len, begin);
    if (strcmp(host, "localhost") == 0)
        snprintf(host, sizeof host, "127.0.0.1");
    if (len == 0 || len >= sizeof host || !is_port(colon + 1) ||
        !set_address(host, v6, (uint16_t)strtoul(colon + 1, NULL, 10), ret_address, ret_len))
        return quoth_fail(err, QUOTH_USAGE, "listen", QUOTH_NO_OFFSET,
                          "%s is not ADDRESS:PORT or [ADDRESS]:PORT", config->listen);
    return true;
}

static bool listen_on(struct http_server *s, struct thread *t, struct sockaddr_storage *address,
                      socklen_t len, struct quoth_error *err)
{
    struct event_base *base = loop_base(t->worker.loop);
    /* a lone thread shares its port with nobody, so that a second program is told that it is taken
     */
    const unsigned shared = s->config.threads > 1 ? LEV_OPT_REUSEABLE_PORT : 0;
    t->listener = evconnlistener_new_bind(base, on_accept, t,
                                          LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC |
                                              LEV_OPT_REUSEABLE | shared,
                                          BACKLOG, (struct sockaddr *)address, (int)len);
    if (!t->listener)
        return listen_failed(&s->config, strerror(errno), err);
    evconnlistener_set_error_cb(t->listener, on_accept_error);
    t->pause = evtimer_new(base, on_pause_over, t);
    /* with port 0 the first listener gets one, which the others share */
    if (!t->pause ||
        getsockname(evconnlistener_get_fd(t->listener), (struct sockaddr *)address, &len) != 0)
        return listen_failed(&s->config, strerror(errno), err);
    return true;
}

static bool open_thread(struct http_server *s, size_t index, struct quoth_error *err)
{
    struct thread *t = &s->threads[index];
    t->worker.server = s;
    t->worker.config = &s->config;
    t->worker.limit = s->limit;
    t->worker.loop = loop_open(err);
    t->drain = (struct loop_task){.run = drain, .arg = t};
    if (!t->worker.loop)
        return false;
    s->thread_count++;
    return !s->config.enter || s->config.enter(s->config.service, index, &t->worker.local, err);
}

bool http_server_open(const struct http_config *config, struct http_server **ret_server,
                      struct quoth_error *err)
{
    struct sockaddr_storage address;
    socklen_t len = 0;
    if (!read_address(config, &address, &len, err))
        return false;
    AUTO(http_server) struct http_server *s = calloc(1, sizeof *s);
    if (!s)
        return quoth_fail(err, QUOTH_MEMORY, "server", QUOTH_NO_OFFSET, "out of memory");
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
    s->config = *config;
    s->limit = limit_open(&config->limit, err);
    s->threads = calloc(config->threads, sizeof *s->threads);
    if (!s->limit)
        return false;
    if (!s->threads)
        return quoth_fail(err, QUOTH_MEMORY, "server", QUOTH_NO_OFFSET, "out of memory");
    for (size_t i = 0; i < config->threads; i++)
        if (!open_thread(s, i, err) || !listen_on(s, &s->threads[i], &address, len, err))
            return false;
    address_text(&address, s->address);
    *ret_server = take(s);
    return true;
}

const char *http_server_address(const struct http_server *s)
{
    return s->address;
}

bool http_server_start(struct http_server *s, struct quoth_error *err)
{
    sigset_t all, before; /* signals belong to the program's main thread */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (size_t i = 0; i < s->thread_count; i++) {
        struct thread *t = &s->threads[i];
        t->runs = pthread_create(&t->id, NULL, serve, t) == 0;
        if (t->runs)
            atomic_fetch_add(&s->running, 1);
        else
            quoth_fail(err, QUOTH_UNAVAILABLE, "server", QUOTH_NO_OFFSET, "a thread cannot start");
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return err->code == QUOTH_OK;
}

static void stop(void *arg)
{
    loop_stop(((struct thread *)arg)->worker.loop);
}

void http_server_drain(struct http_server *s, unsigned milliseconds)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(milliseconds / 1000);
    until.tv_nsec += (long)(milliseconds % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    for (size_t i = 0; i < s->thread_count; i++)
        loop_post(s->threads[i].worker.loop, &s->threads[i].drain);
    pthread_mutex_lock(&s->lock);
    while (atomic_load(&s->running) > 0 &&
           pthread_cond_timedwait(&s->ended, &s->lock, &until) != ETIMEDOUT)
        continue;
    pthread_mutex_unlock(&s->lock);
}

struct http_counts http_server_counts(const struct http_server *s)
{
    return (struct http_counts){
        .connections = limit_connections(s->limit),
        .turned_away = atomic_load(&s->turned_away),
    };
}

static void close_thread(struct http_server *s, struct thread *t)
{
    if (t->runs) {
        t->stop = (struct loop_task){.run = stop, .arg = t};
        loop_post(t->worker.loop, &t->stop);
        pthread_join(t->id, NULL);
    }
    loop_flush(t->worker.loop);
    while (t->worker.connections)
        connection_close(t->worker.connections);
    if (t->worker.local && s->config.leave)
        s->config.leave(s->config.service, t->worker.local);
    if (t->listener)
        evconnlistener_free(t->listener);
    if (t->pause)
        event_free(t->pause);
    loop_close(t->worker.loop);
}

void http_server_close(struct http_server *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->thread_count; i++)
        close_thread(s, &s->threads[i]);
    free(s->threads);
    limit_close(s->limit);
    pthread_cond_destroy(&s->ended);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
