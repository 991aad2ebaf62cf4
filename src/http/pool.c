#include "http/pool.h"

#include <pthread.h>
#include <signal.h>

struct job {
    void (*run)(void *arg);
    void *arg;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    pthread_t *threads;
    size_t thread_count;
    struct job *jobs; /* a ring */
    size_t depth, first, count;
    bool closing;
};

static void *work(void *arg)
{
    struct pool *p = arg;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (p->count == 0 && !p->closing)
            pthread_cond_wait(&p->filled, &p->lock);
        if (p->count == 0)
            break;
        const struct job job = p->jobs[p->first];
        p->first = (p->first + 1) % p->depth;
        p->count--;
        pthread_mutex_unlock(&p->lock);
        job.run(job.arg);
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* Workers take no signals: those belong to the program's main thread. */
static bool start_thread(pthread_t *thread, struct pool *p)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = pthread_create(thread, NULL, work, p);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed == 0;
}

struct pool *pool_open(size_t threads, size_t depth, struct quoth_error *err)
{
    AUTO(pool) struct pool *p = calloc(1, sizeof *p);
    if (!p) {
        quoth_fail(err, QUOTH_MEMORY, "pool", QUOTH_NO_OFFSET, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->filled, NULL);
    p->depth = depth;
    p->jobs = calloc(depth, sizeof *p->jobs);
    p->threads = calloc(threads, sizeof *p->threads);
    if (!p->jobs || !p->threads) {
        quoth_fail(err, QUOTH_MEMORY, "pool", QUOTH_NO_OFFSET, "out of memory");
        return NULL;
    }
    for (; p->thread_count < threads; p->thread_count++)
        if (!start_thread(&p->threads[p->thread_count], p)) {
            quoth_fail(err, QUOTH_UNAVAILABLE, "pool", QUOTH_NO_OFFSET, "a thread cannot start");
            return NULL;
        }
    return take(p);
}

void pool_close(struct pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->closing = true;
    pthread_cond_broadcast(&p->filled);
    pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; i < p->thread_count; i++)
        pthread_join(p->threads[i], NULL);
    pthread_cond_destroy(&p->filled);
    pthread_mutex_destroy(&p->lock);
    free(p->threads);
    free(p->jobs);
    free(p);
}

bool pool_submit(struct pool *p, void (*run)(void *arg), void *arg, struct quoth_error *err)
{
    pthread_mutex_lock(&p->lock);
    const bool room = !p->closing && p->count < p->depth;
    if (room) {
        p->jobs[(p->first + p->count) % p->depth] = (struct job){.run = run, .arg = arg};
        p->count++;
        pthread_cond_signal(&p->filled);
    }
    pthread_mutex_unlock(&p->lock);
    return room || quoth_fail(err, QUOTH_HTTP_BUSY, "pool", QUOTH_NO_OFFSET,
                              "%zu jobs are waiting already", p->depth);
}
