/* What a policy adds to a verification: its evaluation over the claims of an enclave. */
#ifndef QUOTH_BENCH_POLICIES_H
#define QUOTH_BENCH_POLICIES_H

#include "bench/stats.h"

#define POLICY_WORKS 2

struct policies; /* opaque; lives as long as the program */

/* The default policy of enclaves, and that in the file. Ends the program if it cannot. */
struct policies *policies_open(const char *file);
struct work policies_work(struct policies *p, size_t which);

#endif
