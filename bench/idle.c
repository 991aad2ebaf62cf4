/* Connections that were used once and stay: what each costs the server in memory. */
#include "base/time.h"
#include "bench/bench.h"
#include "bench/figures.h"
#include "bench/process.h"
#include "bench/wire.h"

#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#define AT_ONCE 32 /* connections on their way */
#define SPARE_FILES 200
#define PATIENCE_US 120000000u

/* What both sides' limits of descriptors leave room for. */
static size_t possible(size_t wanted, int pid)
{
    struct rlimit own;
    getrlimit(RLIMIT_NOFILE, &own);
    own.rlim_cur = own.rlim_max;
    setrlimit(RLIMIT_NOFILE, &own);
    const size_t theirs = process_max_files(pid);
    size_t least = theirs < own.rlim_cur ? theirs : (size_t)own.rlim_cur;
    least = least > SPARE_FILES ? least - SPARE_FILES : 1;
    return wanted < least ? wanted : least;
}

/* Opens all and sends one request on each; returns how many were answered. */
static size_t hold(struct wire *wires, size_t count, const struct wire_target *target,
                   struct bytes request)
{
    struct epoll_event ready[64];
    const uint64_t until = time_monotonic_us() + PATIENCE_US;
    size_t opened = 0, done = 0, lost = 0;
    while (done + lost < count && time_monotonic_us() < until) {
        while (opened < count && opened - done - lost < AT_ONCE)
            wire_open(&wires[opened++], target);
        const int events = epoll_wait(target->epoll, ready, COUNT(ready), 100);
        for (int i = 0; i < events; i++) {
            struct wire *w = ready[i].data.ptr;
            const bool connecting = w->state == WIRE_CONNECTING;
            done += wire_step(w);
            if (connecting && w->state == WIRE_IDLE)
                wire_send(w, request);
            if (w->state == WIRE_BROKEN) {
                wire_close(w);
                lost++;
            }
        }
    }
    return done;
}

/* quoth-bench idle --url URL [--ca FILE] --pid PID --name NAME [--connections N] [--path PATH]
 *                  [--figures FILE] */
int verb_idle(const struct arguments *a)
{
    const char *name = argument_need(a, "name"), *figures = argument(a, "figures", NULL);
    const int pid = (int)strtol(argument_need(a, "pid"), NULL, 10);
    const size_t count = possible((size_t)argument_number(a, "connections", 10000), pid);
    struct wire *wires = calloc(count, sizeof *wires);
    struct wire_target target;
    AUTO(buffer) struct buffer request = {0};
    char figure[64];

    wire_target_open(argument_need(a, "url"), argument(a, "ca", NULL), &target);
    wire_request(&target, "GET", argument(a, "path", "/livez"), (struct bytes){0}, &request);
    const size_t before = process_rss(pid);
    const size_t held = hold(wires, count, &target, buffer_bytes(&request));
    const size_t after = process_rss(pid);
    if (held == 0)
        give_up("%s: no connection was held", name);
    const double each = after > before ? (double)(after - before) / (double)held : 0;
    printf("  %-24s %8.1f %12.1f %10zu %14.0f\n", name, (double)before / 1e6, (double)after / 1e6,
           held, each);
    snprintf(figure, sizeof figure, "%s_connection_bytes", name);
    figure_add(figures, figure, each);
    for (size_t i = 0; i < count; i++)
        wire_close(&wires[i]);
    wire_target_close(&target);
    free(wires);
    return 0;
}
