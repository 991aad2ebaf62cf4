/* What was measured beside what we owe (gate) and what we want to be able to say (goal). */
#include "bench/bench.h"
#include "bench/figures.h"
#include "bench/stats.h"

#include <stdio.h>

/* A row shows a figure, or the quotient of two, times a factor. */
struct row {
    const char *text, *unit;
    const char *figure, *by; /* by may be NULL */
    double factor;
    double gate, goal; /* 0: there is none */
    bool more_is_better;
};

static const struct row rows[] = {
    {"verification, cold",                    "V",  "cold",                     NULL,                 1,    14,   11,   false},
    {"verification, new platform",            "V",  "fresh",                    NULL,                 1,    4.2,  3.5,  false},
    {"verification, known platform",          "V",  "known",                    NULL,                 1,    1.6,  1.3,  false},
    {"two threads against the control, cold", "",   "cold_threads",             NULL,                 1,    0.9,  0.95, true },
    {"two threads, new platform",             "",   "fresh_threads",            NULL,                 1,    0.9,  0.95, true },
    {"two threads, known platform",           "",   "known_threads",            NULL,                 1,    0.9,  0.95, true },
    {"service, share of the bound",           "",   "service_max_rate",         "bound_rate",         1,    0.65, 0.8,  true },
    {"p99 at half load, of the floor's",      "",   "service_half_p99_ms",      "floor_half_p99_ms",  1,    1.5,  0,
     false                                                                                                                   },
    {"p99 at half load, in CPU per request",  "",   "service_half_p99_ms",      "service_max_cpu_us", 1000,
     0,                                                                                                           4,    false},
    {"releases, share of their bound",        "",   "sqlite_release_rate",      "bound_release_rate", 1,    0,    0,
     true                                                                                                                    },
    {"resident memory, idle",                 "MB", "service_rss_mb",           NULL,                 1,    24,   12,   false},
    {"resident memory per idle connection",   "KB", "service_connection_bytes", NULL,                 1e-3, 22,   18,
     false                                                                                                                   },
    {"start to first answer",                 "ms", "start_ms",                 NULL,                 1,    100,  30,   false},
    {"quothd, stripped",                      "KB", "stripped_bytes",           NULL,                 1e-3, 1200, 700,  false},
};

static bool measured(const char *figures, const struct row *r, double *ret_value)
{
    double value, by = 1;
    if (!figure_get(figures, r->figure, &value) || (r->by && !figure_get(figures, r->by, &by)))
        return false;
    *ret_value = value / by * r->factor;
    return true;
}

static bool reaches(const struct row *r, double value, double target)
{
    return r->more_is_better ? value >= target : value <= target;
}

static const char *mark(const struct row *r, double value)
{
    if (r->goal > 0 && reaches(r, value, r->goal))
        return "goal";
    if (r->gate > 0 && !reaches(r, value, r->gate))
        return "SHORT";
    return r->gate > 0 ? "pass" : r->goal > 0 ? "short of the goal" : "";
}

static void print_target(double target)
{
    if (target > 0)
        printf(" %9g", target);
    else
        printf(" %9s", "-");
}

/* quoth-bench table --figures FILE */
int verb_table(const struct arguments *a)
{
    const char *figures = argument_need(a, "figures");
    printf("\n%-46s %9s %9s %9s\n", "Targets", "measured", "gate", "goal");
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[64];
        double value = 0;
        const bool has = measured(figures, &rows[i], &value);
        snprintf(text, sizeof text, "%s%s%s", rows[i].text, rows[i].unit[0] ? ", " : "",
                 rows[i].unit);
        printf(has ? "  %-44s %9.2f" : "  %-44s         -", text, value);
        print_target(rows[i].gate);
        print_target(rows[i].goal);
        printf("   %s\n", has ? mark(&rows[i], value) : "not measured");
    }
    return 0;
}
