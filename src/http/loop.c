#include "http/loop.h"

#include "base/file.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

DEFINE_AUTO(event_config, struct event_config *, event_config_free)

struct loop {
    struct event_base *base;
    struct event *woken;
    int wake; /* an eventfd, readable while tasks wait */
    pthread_mutex_t lock;
    struct loop_task *first, **last; /* under lock */
};

static struct loop_task *take_tasks(struct loop *l)
{
    pthread_mutex_lock(&l->lock);
    struct loop_task *tasks = take(l->first);
    l->last = &l->first;
    pthread_mutex_unlock(&l->lock);
    return tasks;
}

void loop_flush(struct loop *l)
{
    for (struct loop_task *task = take_tasks(l), *next; task; task = next) {
        next = task->next; /* run may free the task */
        task->run(task->arg);
    }
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    eventfd_t count;
    if (eventfd_read(fd, &count) == 0)
        loop_flush(arg);
}

/* Our sockets are never duplicated, so kernel changes may be batched; threads never share a base,
 * so it needs no lock. */
static struct event_base *new_base(void)
{
    AUTO(event_config) struct event_config *config = event_config_new();
    if (!config || event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK |
                                                     EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST) != 0)
        return NULL;
    return event_base_new_with_config(config);
}

struct loop *loop_open(struct quoth_error *err)
{
    AUTO(loop) struct loop *l = calloc(1, sizeof *l);
    if (!l) {
        quoth_fail(err, QUOTH_MEMORY, "loop", QUOTH_NO_OFFSET, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&l->lock, NULL);
    l->last = &l->first;
    l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    l->base = new_base();
    l->woken = l->base && l->wake >= 0
                   ? event_new(l->base, l->wake, EV_READ | EV_PERSIST, on_wake, l)
                   : NULL;
    if (!l->woken || event_add(l->woken, NULL) != 0) {
        quoth_fail(err, QUOTH_UNAVAILABLE, "loop", QUOTH_NO_OFFSET, "no event base: %s",
                   strerror(errno));
        return NULL;
    }
    return take(l);
}

void loop_close(struct loop *l)
{
    if (!l)
        return;
    if (l->woken)
        event_free(l->woken);
    if (l->base)
        event_base_free(l->base);
    fd_close(l->wake);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

struct event_base *loop_base(const struct loop *l)
{
    return l->base;
}

void loop_post(struct loop *l, struct loop_task *task)
{
    task->next = NULL;
    pthread_mutex_lock(&l->lock);
    *l->last = task;
    l->last = &task->next;
    (void)eventfd_write(l->wake, 1);
    pthread_mutex_unlock(&l->lock);
}

void loop_run(struct loop *l)
{
    event_base_loop(l->base, EVLOOP_NO_EXIT_ON_EMPTY);
}

void loop_stop(struct loop *l)
{
    /* after what is due now: a bufferevent closes its socket the next time round */
    event_base_loopexit(l->base, NULL);
}
