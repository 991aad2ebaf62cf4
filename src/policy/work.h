/* What an evaluation may cost, whatever the policy and the claims are: steps, which stand for time,
 * and memory. Everything that a policy can make long asks here first. */
#ifndef QUOTH_POLICY_WORK_H
#define QUOTH_POLICY_WORK_H

#include "base/arena.h"

/* A step is a comparison, a node of a query or of a document, WORK_BYTES bytes read or written, or
 * WORK_JSON_BYTES bytes of JSON parsed. All steps together take some milliseconds at worst
 * (THREATS 25), which cost_test.c measures. */
#define WORK_STEPS 200000u
#define WORK_MEMORY (8u << 20)
#define WORK_BYTES 16u
#define WORK_JSON_BYTES 4u /* of JSON that is parsed */

struct work {
    struct arena arena;
    size_t steps; /* left */
    bool spent;   /* more were wanted */
};

#define WORK_INIT                                                                                  \
    {                                                                                              \
        .arena = {.limit = WORK_MEMORY}, .steps = WORK_STEPS                                       \
    }

void work_clear(struct work *w);
DEFINE_AUTO_VALUE(work, struct work, work_clear)

/* False once there are no steps left, which sticks. */
static inline bool work_spend(struct work *w, size_t steps)
{
    if (steps > w->steps || w->spent) {
        w->spent = true;
        w->steps = 0;
        return false;
    }
    w->steps -= steps;
    return true;
}

static inline bool work_spend_bytes(struct work *w, size_t len)
{
    return work_spend(w, 1 + len / WORK_BYTES);
}

/* False with QUOTH_POLICY_COST or QUOTH_MEMORY if steps or memory ran out. */
bool work_ok(const struct work *w, struct quoth_error *err);

#endif
