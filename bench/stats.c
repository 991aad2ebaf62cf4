#include "bench/stats.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SLOT_US 15000.0

static double clock_us(clockid_t clock)
{
    struct timespec ts = {0};
    clock_gettime(clock, &ts);
    return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

double thread_cpu_us(void)
{
    return clock_us(CLOCK_THREAD_CPUTIME_ID);
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double median(const double *values, size_t count)
{
    double sorted[ROUNDS_MAX];
    memcpy(sorted, values, count * sizeof *values);
    qsort(sorted, count, sizeof *sorted, by_value);
    return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

double timing_us(const struct timing *t)
{
    return median(t->us, t->rounds);
}

double timing_ratio(const struct timing *of, const struct timing *unit)
{
    double ratios[ROUNDS_MAX];
    for (size_t i = 0; i < of->rounds; i++)
        ratios[i] = of->us[i] / unit->us[i];
    return median(ratios, of->rounds);
}

/* Cores. */

static cpu_set_t usable; /* before anybody was pinned */

size_t cores_usable(void)
{
    if (CPU_COUNT(&usable) == 0)
        sched_getaffinity(0, sizeof usable, &usable);
    return (size_t)CPU_COUNT(&usable);
}

void core_pin(size_t index)
{
    cpu_set_t one;
    index %= cores_usable();
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &usable) || index-- > 0)
            continue;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        pthread_setaffinity_np(pthread_self(), sizeof one, &one);
        return;
    }
}

void core_unpin(void)
{
    if (cores_usable() > 0)
        pthread_setaffinity_np(pthread_self(), sizeof usable, &usable);
}

/* One thread. */

static double run_slot(const struct work *w, size_t times, clockid_t clock)
{
    if (w->prepare)
        w->prepare(w->arg);
    const double start = clock_us(clock);
    w->run(w->arg, times);
    return (clock_us(clock) - start) / (double)times;
}

/* Also warms caches, of the processor and of the work. */
static size_t times_of(const struct work *w)
{
    if (w->times)
        return w->times;
    run_slot(w, 1, CLOCK_THREAD_CPUTIME_ID);
    const double us = run_slot(w, 4, CLOCK_THREAD_CPUTIME_ID);
    return us < SLOT_US ? (size_t)(SLOT_US / us) : 1;
}

void measure(const struct work *works, struct timing *ret_timings, size_t count, size_t rounds)
{
    core_pin(0);
    for (size_t r = 0; r < rounds; r++)
        for (size_t i = 0; i < count; i++) {
            const size_t times = times_of(&works[i]);
            ret_timings[i].us[r] = run_slot(&works[i], times, CLOCK_THREAD_CPUTIME_ID);
            ret_timings[i].rounds = rounds;
        }
    core_unpin();
}

/* Two threads. */

struct lane {
    const struct work *work;
    size_t core, times;
    pthread_barrier_t *start;
    double us;
};

static void *drive(void *arg)
{
    struct lane *l = arg;
    core_pin(l->core);
    if (l->work->prepare)
        l->work->prepare(l->work->arg);
    pthread_barrier_wait(l->start);
    const struct work unprepared = {.run = l->work->run, .arg = l->work->arg};
    l->us = run_slot(&unprepared, l->times, CLOCK_MONOTONIC);
    return NULL;
}

/* Runs lanes at once and gives what they do in a microsecond together. */
static double throughput(struct lane *lanes, size_t count)
{
    pthread_t threads[2];
    pthread_barrier_t start;
    double sum = 0;
    pthread_barrier_init(&start, NULL, (unsigned)count);
    for (size_t i = 0; i < count; i++) {
        lanes[i].start = &start;
        if (pthread_create(&threads[i], NULL, drive, &lanes[i]) != 0)
            abort();
    }
    for (size_t i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        sum += 1 / lanes[i].us;
    }
    pthread_barrier_destroy(&start);
    return sum;
}

static double scale(const struct pair *p)
{
    struct lane lanes[2];
    const size_t times = times_of(&p->lane[0]);
    for (size_t i = 0; i < 2; i++)
        lanes[i] = (struct lane){.work = &p->lane[i], .core = i, .times = times};
    const double alone = throughput(&lanes[0], 1) + throughput(&lanes[1], 1);
    return 2 * throughput(lanes, 2) / alone;
}

void measure_pairs(const struct pair *pairs, const struct pair *control, size_t count,
                   size_t rounds, struct scaling *ret_scalings, double *ret_control)
{
    double controls[ROUNDS_MAX], ratios[8][ROUNDS_MAX], shares[8][ROUNDS_MAX];
    for (size_t r = 0; r < rounds; r++) {
        controls[r] = scale(control);
        for (size_t i = 0; i < count; i++) {
            ratios[i][r] = scale(&pairs[i]);
            shares[i][r] = ratios[i][r] / controls[r];
        }
    }
    for (size_t i = 0; i < count; i++) {
        ret_scalings[i].ratio = median(ratios[i], rounds);
        ret_scalings[i].of_control = median(shares[i], rounds);
    }
    *ret_control = median(controls, rounds);
}
