/* One thread's event loop, and the one way that other threads reach it. libevent runs without
 * locks here: what a base owns is touched by its own thread only. */
#ifndef QUOTH_HTTP_LOOP_H
#define QUOTH_HTTP_LOOP_H

#include "base/bytes.h"

struct event_base;
struct loop; /* opaque */

/* A piece of work for a loop's thread. Its owner keeps it until run was called. */
struct loop_task {
    struct loop_task *next;
    void (*run)(void *arg);
    void *arg;
};

struct loop *loop_open(struct quoth_error *err);
void loop_close(struct loop *l); /* not while it runs */
DEFINE_AUTO(loop, struct loop *, loop_close)

struct event_base *loop_base(const struct loop *l);

/* From any thread: the task runs on the loop's thread, after those posted before it. */
void loop_post(struct loop *l, struct loop_task *task);

/* Runs until loop_stop, which is called on the loop's own thread. */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);

/* Runs what was posted and has not run, on the calling thread: for a loop that has ended. */
void loop_flush(struct loop *l);

#endif
