#include "store/watch.h"

#include "base/file.h"
#include "base/time.h"
#include "store/schema.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define EVERY_MS 1000
#define BACKOFF_MIN_MS 100
#define BACKOFF_MAX_MS 2000

struct store_watch {
    struct store_watcher watcher;
    const struct backend *backend;
    char *at;
    int stop; /* becomes readable when the thread shall end */
    pthread_t thread;
    struct database *db; /* NULL while there is no connection */
    int64_t revision;    /* last told; -1: none */
    int pause_ms;        /* until the next attempt, while it does not answer */
};

static bool connect_and_listen(struct store_watch *w, struct quoth_error *err)
{
    AUTO(database) struct database *db = NULL;
    const uint64_t deadline_us = time_monotonic_us() + DATABASE_ANSWER_US;
    if (!w->backend->open(w->at, deadline_us, &db, err))
        return false;
    if (w->backend->listen && !database_execute(db, w->backend->listen, err))
        return false;
    w->db = take(db);
    return true;
}

static bool ask(struct store_watch *w, int64_t *ret_revision, struct quoth_error *err)
{
    if (!w->db && !connect_and_listen(w, err))
        return false;
    w->db->deadline_us = time_monotonic_us() + DATABASE_ANSWER_US;
    w->backend->drain(w->db); /* before asking: what is told from here on leads to another look */
    if (schema_revision(w->db, ret_revision, err))
        return true;
    database_close(take(w->db));
    return false;
}

/* Asks once and tells; gives how long to wait until the next time. */
static int look(struct store_watch *w)
{
    struct quoth_error err = {0};
    int64_t revision;
    if (!ask(w, &revision, &err)) {
        const int pause = w->pause_ms;
        w->watcher.failed(w->watcher.context, &err);
        w->pause_ms = pause * 2 < BACKOFF_MAX_MS ? pause * 2 : BACKOFF_MAX_MS;
        return pause;
    }
    w->pause_ms = BACKOFF_MIN_MS;
    if (revision != w->revision) {
        w->revision = revision;
        w->watcher.changed(w->watcher.context, revision);
    }
    w->watcher.heard(w->watcher.context);
    return EVERY_MS;
}

/* Until a notification, the end of the pause, or the end of all: then false. */
static bool wait_for_more(const struct store_watch *w, int pause_ms)
{
    struct pollfd fds[] = {
        {.fd = w->stop,                                    .events = POLLIN},
        {.fd = w->db ? w->backend->descriptor(w->db) : -1, .events = POLLIN},
    };
    const int ready = poll(fds, COUNT(fds), pause_ms);
    return ready <= 0 || fds[0].revents == 0;
}

static void *run(void *watch)
{
    struct store_watch *w = watch;
    while (wait_for_more(w, look(w)))
        continue;
    return NULL;
}

/* Signals are for the thread that waits for them. */
static bool start_thread(struct store_watch *w, struct quoth_error *err)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    const int failed = pthread_create(&w->thread, NULL, run, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed == 0 || quoth_fail(err, QUOTH_UNAVAILABLE, "store.watch", QUOTH_NO_OFFSET,
                                     "has no thread: %s", strerror(failed));
}

static void release(struct store_watch *w)
{
    database_close(w->db);
    fd_close(w->stop);
    free(w->at);
    free(w);
}

bool store_watch_open(const char *at, const struct store_watcher *watcher,
                      struct store_watch **ret_watch, struct quoth_error *err)
{
    struct store_watch *w = calloc(1, sizeof *w);
    if (!w)
        return quoth_fail(err, QUOTH_MEMORY, "store.watch", QUOTH_NO_OFFSET, "out of memory");
    *w = (struct store_watch){
        .watcher = *watcher,
        .backend = backend_of(at),
        .at = strdup(at),
        .stop = eventfd(0, EFD_CLOEXEC),
        .revision = -1,
        .pause_ms = BACKOFF_MIN_MS,
    };
    if (!w->at || w->stop < 0)
        quoth_fail(err, QUOTH_MEMORY, "store.watch", QUOTH_NO_OFFSET, "out of memory");
    if (err->code != QUOTH_OK || !start_thread(w, err)) {
        release(w);
        return false;
    }
    *ret_watch = w;
    return true;
}

void store_watch_close(struct store_watch *w)
{
    const uint64_t one = 1;
    if (!w)
        return;
    while (write(w->stop, &one, sizeof one) < 0 && errno == EINTR)
        continue;
    pthread_join(w->thread, NULL);
    release(w);
}
