/* quoth-bench VERB [--OPTION VALUE]...: measurements that bench/run.sh puts together. A verb gets
 * the arguments after its name and returns an exit status. */
#ifndef QUOTH_BENCH_BENCH_H
#define QUOTH_BENCH_BENCH_H

#include "base/bytes.h"

struct arguments {
    int count;
    char **at;
};

/* The value after "--name", or otherwise. Nothing behind "--" is looked at. */
const char *argument(const struct arguments *a, const char *name, const char *otherwise);
double argument_number(const struct arguments *a, const char *name, double otherwise);
const char *argument_need(const struct arguments *a, const char *name); /* or exits with 2 */

int verb_library(const struct arguments *a);
int verb_bound(const struct arguments *a);
int verb_floor(const struct arguments *a);
int verb_load(const struct arguments *a);
int verb_evidence(const struct arguments *a);
int verb_idle(const struct arguments *a);
int verb_start(const struct arguments *a);
int verb_table(const struct arguments *a);

/* A measurement that cannot be made says why and ends the program with status 1. */
void give_up(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
void give_up_if(const struct quoth_error *err); /* unless it is QUOTH_OK */

#endif
