/* Load on a server, from one thread: as much as it takes (closed loop: each connection sends again
 * when it was answered), or at a rate, with requests due at random instants whatever the server
 * does (open loop: exponential distances, and what finds no free connection waits in line, its time
 * running). Latencies run from the instant at which a request was due. */
#include "base/time.h"
#include "bench/bench.h"
#include "bench/call.h"
#include "bench/figures.h"
#include "bench/process.h"
#include "bench/scene.h"
#include "bench/stats.h"
#include "bench/wire.h"
#include "codec/base64.h"
#include "crypto/digest.h"

#include <math.h>
#include <stdio.h>
#include <sys/epoll.h>

#define REQUESTS 8    /* different ones, sent in turn */
#define HELD_SIZE 512 /* bytes of runtime data, as large as a certificate of an enclave */
#define WARM_UP_US 500000u
#define WAITING_MAX (1u << 16) /* requests that wait for a connection */

struct load {
    struct wire_target target;
    struct wire *wires;
    size_t count;
    struct buffer requests[REQUESTS];
    struct call
        call; /* sent in their place, if it has a path; each connection's in a buffer of its own */
    struct buffer *called;
    uint64_t next_request;
    double rate;                /* of the open loop; 0: closed */
    uint64_t next_us;           /* when the next request of the open loop is due */
    uint64_t line[WAITING_MAX]; /* due instants that no connection has taken yet */
    size_t line_first, line_len;
    struct wire **idle; /* of the open loop */
    size_t idle_count;
    uint64_t random;
    uint64_t from_us, until_us;       /* what is answered in between counts */
    int pid;                          /* of the server */
    double server_cpu_us, own_cpu_us; /* in that time; negative at its start */
    double *latencies;                /* milliseconds */
    size_t answered, cap, refused, broken;
};

/* What clients post: the quote alone, or in Open Enclave's report header, with the runtime data
 * that its report data vouches for. */
static void make_request(const char *platform, bool tdx, size_t which,
                         const struct wire_target *target, struct buffer *to)
{
    uint8_t held[HELD_SIZE], report_data[64] = {0};
    const bool report = which % 2 && !tdx;
    AUTO(buffer) struct buffer quote = {0};
    AUTO(buffer) struct buffer evidence = {0};
    AUTO(buffer) struct buffer body = {0};
    memset(held, (int)which, sizeof held);
    const struct sha256 digest = sha256_of(BYTES_OF(held));
    memcpy(report_data, digest.bytes, sizeof digest.bytes);
    (tdx ? scene_td_quote : scene_quote)(platform, BYTES_OF(report_data), &quote);
    if (report) {
        buffer_u32le(&evidence, 1);
        buffer_u32le(&evidence, 2);
        buffer_u64le(&evidence, quote.len);
    }
    buffer_add(&evidence, buffer_bytes(&quote));
    buffer_printf(&body, "{\"%s\":\"", report ? "report" : "quote");
    base64url_encode(buffer_bytes(&evidence), &body);
    buffer_text(&body, "\",\"runtimeData\":{\"data\":\"");
    base64url_encode(BYTES_OF(held), &body);
    buffer_text(&body, "\",\"dataType\":\"Binary\"}}");
    wire_request(target, "POST",
                 report ? "/attest/OpenEnclave?api-version=2025-06-01"
                 : tdx  ? "/attest/TdxVm?api-version=2025-06-01"
                        : "/attest/SgxEnclave?api-version=2025-06-01",
                 buffer_bytes(&body), to);
}

/* Uniform in (0, 1]; xorshift64*, always the same sequence. */
static double draw(struct load *l)
{
    l->random ^= l->random >> 12;
    l->random ^= l->random << 25;
    l->random ^= l->random >> 27;
    return (double)((l->random * UINT64_C(2685821657736338717) >> 11) + 1) / 9007199254740992.0;
}

static void send_next(struct load *l, struct wire *w, uint64_t due_us)
{
    struct buffer *request = &l->requests[l->next_request % REQUESTS];
    if (l->call.path) {
        request = &l->called[w - l->wires];
        buffer_clear(request);
        call_write(&l->call, &l->target, l->next_request, request);
    }
    l->next_request++;
    w->mark_us = due_us;
    wire_send(w, buffer_bytes(request));
}

static void record(struct load *l, const struct wire *w, uint64_t now)
{
    if (now < l->from_us || now >= l->until_us)
        return;
    if (w->status != 200) {
        l->refused++;
        return;
    }
    if (l->answered == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 4096;
        l->latencies = reallocarray(l->latencies, l->cap, sizeof *l->latencies);
        if (!l->latencies)
            give_up("out of memory");
    }
    l->latencies[l->answered++] = (double)(now - w->mark_us) / 1e3;
}

/* Whoever waits longest is sent first; the connection is any of those that are free, as one that
 * was always the last to become free would favour one thread of the server. */
static void send_line(struct load *l)
{
    while (l->line_len > 0 && l->idle_count > 0) {
        const size_t which = (size_t)(draw(l) * (double)l->idle_count) % l->idle_count;
        struct wire *w = l->idle[which];
        l->idle[which] = l->idle[--l->idle_count];
        send_next(l, w, l->line[l->line_first % WAITING_MAX]);
        l->line_first++;
        l->line_len--;
    }
}

static void add_due(struct load *l, uint64_t now)
{
    for (; l->next_us <= now; l->next_us += (uint64_t)(-log(draw(l)) * 1e6 / l->rate)) {
        if (l->line_len == WAITING_MAX)
            give_up("the server does not keep up with %.0f requests per second", l->rate);
        l->line[(l->line_first + l->line_len++) % WAITING_MAX] = l->next_us;
    }
}

static void freed(struct load *l, struct wire *w, uint64_t now)
{
    if (l->rate > 0)
        l->idle[l->idle_count++] = w;
    else
        send_next(l, w, now);
}

static void step(struct load *l, struct wire *w)
{
    const bool connecting = w->state == WIRE_CONNECTING;
    const bool answered = wire_step(w);
    const uint64_t now = time_monotonic_us();
    if (answered)
        record(l, w, now);
    if (answered || (connecting && w->state == WIRE_IDLE))
        freed(l, w, now);
    if (w->state == WIRE_BROKEN) {
        l->broken++;
        wire_close(w);
        wire_open(w, &l->target);
    }
}

/* Sleeps until something happens, or until the next request is due. */
static int await(struct load *l, struct epoll_event *ready, int max)
{
    const uint64_t now = time_monotonic_us();
    uint64_t us = l->until_us > now ? l->until_us - now : 0;
    if (l->rate > 0 && l->next_us < now + us)
        us = l->next_us > now ? l->next_us - now : 0;
    const struct timespec in = {.tv_sec = (time_t)(us / 1000000),
                                .tv_nsec = (long)(us % 1000000) * 1000};
    return epoll_pwait2(l->target.epoll, ready, max, &in, NULL);
}

static void account(struct load *l, double sign)
{
    l->server_cpu_us += sign * process_cpu_us(l->pid);
    l->own_cpu_us += sign * thread_cpu_us();
}

static void run(struct load *l, double seconds)
{
    struct epoll_event ready[64];
    const uint64_t start = time_monotonic_us();
    l->next_us = start + WARM_UP_US / 2;
    l->from_us = start + WARM_UP_US;
    l->until_us = l->from_us + (uint64_t)(seconds * 1e6);
    bool warm = false;
    while (time_monotonic_us() < l->until_us) {
        if (!warm && time_monotonic_us() >= l->from_us) {
            account(l, -1);
            warm = true;
        }
        const int count = await(l, ready, COUNT(ready));
        for (int i = 0; i < count; i++)
            step(l, ready[i].data.ptr);
        if (l->rate > 0) {
            add_due(l, time_monotonic_us());
            send_line(l);
        }
        if (l->broken > l->count)
            give_up("the server breaks connections");
    }
    account(l, 1);
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double percentile(const struct load *l, double share)
{
    return l->latencies[(size_t)((double)(l->answered - 1) * share)];
}

static void keep(const struct arguments *a, const char *what, double value)
{
    char name[64];
    snprintf(name, sizeof name, "%s_%s", argument_need(a, "name"), what);
    figure_add(argument(a, "figures", NULL), name, value);
}

static void report(struct load *l, const struct arguments *a, double seconds)
{
    const char *name = argument_need(a, "name");
    const double done = (double)l->answered;
    if (l->answered == 0)
        give_up("%s: nothing was answered (%zu refused, %zu broken)", name, l->refused, l->broken);
    qsort(l->latencies, l->answered, sizeof *l->latencies, by_value);
    const double p50 = percentile(l, 0.5), p99 = percentile(l, 0.99);
    printf("  %-24s %8.0f %9.2f %9.2f %10.0f %10.0f", name, done / seconds, p50, p99,
           l->server_cpu_us / done, l->own_cpu_us / done);
    printf(l->refused + l->broken ? "   %zu refused, %zu broken\n" : "\n", l->refused, l->broken);
    keep(a, "rate", done / seconds);
    keep(a, "p50_ms", p50);
    keep(a, "p99_ms", p99);
    keep(a, "cpu_us", l->server_cpu_us / done);
}

/* quoth-bench load --url URL [--ca FILE] --platform DIR --name NAME --pid PID [--connections N]
 *                  [--seconds S] [--rate R] [--tee sgx|tdx] [--figures FILE]
 * or, in place of --platform and --tee, the options of bench/call.h and [--first NUMBER] */
int verb_load(const struct arguments *a)
{
    const double seconds = argument_number(a, "seconds", 2);
    struct load *l = calloc(1, sizeof *l);
    l->random = 0x9E3779B97F4A7C15u ^ time_monotonic_us();
    l->pid = (int)argument_number(a, "pid", 0);
    l->count = (size_t)argument_number(a, "connections", 64);
    l->rate = argument_number(a, "rate", 0);
    l->wires = calloc(l->count, sizeof *l->wires);
    l->idle = calloc(l->count, sizeof(struct wire *));
    wire_target_open(argument_need(a, "url"), argument(a, "ca", NULL), &l->target);
    const bool tdx = strcmp(argument(a, "tee", "sgx"), "tdx") == 0;
    l->next_request = (uint64_t)argument_number(a, "first", 0);
    l->called = calloc(l->count, sizeof *l->called);
    for (size_t i = 0; !call_open(a, &l->call) && i < REQUESTS; i++)
        make_request(argument_need(a, "platform"), tdx, i, &l->target, &l->requests[i]);
    for (size_t i = 0; i < l->count; i++)
        wire_open(&l->wires[i], &l->target);

    run(l, seconds);
    report(l, a, seconds);
    return 0;
}
