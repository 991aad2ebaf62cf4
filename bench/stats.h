/* Measuring on machines whose speed drifts and that others share: works are timed in turn, round
 * after round, so that what disturbs one disturbs its neighbours, and medians are taken over
 * rounds. Ratios are medians of the ratios inside rounds, never ratios of medians. */
#ifndef QUOTH_BENCH_STATS_H
#define QUOTH_BENCH_STATS_H

#include <stddef.h>
#include <stdint.h>

#define ROUNDS_MAX 64

struct work {
    const char *name;
    void (*run)(void *arg, size_t times);
    void (*prepare)(void *arg); /* before each slot, not timed; may be NULL */
    void *arg;
    size_t times; /* in a slot; 0: as many as fill it */
};

struct timing { /* microseconds for one, in each round */
    double us[ROUNDS_MAX];
    size_t rounds;
};

double median(const double *values, size_t count);
double timing_us(const struct timing *t);
double timing_ratio(const struct timing *of, const struct timing *unit);

/* CPU time of the calling thread, in microseconds. */
double thread_cpu_us(void);

/* Times every work in every round by the CPU time of this thread, which is pinned to one core. */
void measure(const struct work *works, struct timing *ret_timings, size_t count, size_t rounds);

/* How much more two threads get done than one, each on a core of its own and with an argument of
 * its own: throughput of both at once over the mean of each alone, by the wall clock. 2 is ideal.
 * The control is such a pair too. Gives the median ratio of each pair, and its share of the
 * control's in the same round. */
struct pair {
    struct work lane[2];
};

struct scaling {
    double ratio, of_control;
};

void measure_pairs(const struct pair *pairs, const struct pair *control, size_t count,
                   size_t rounds, struct scaling *ret_scalings, double *ret_control);

/* How many cores this process may run on; pins the calling thread to the index-th of them. */
size_t cores_usable(void);
void core_pin(size_t index);
void core_unpin(void);

#endif
