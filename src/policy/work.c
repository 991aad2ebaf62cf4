#include "policy/work.h"

void work_clear(struct work *w)
{
    arena_clear(&w->arena);
}

bool work_ok(const struct work *w, struct quoth_error *err)
{
    if (w->arena.failed)
        return quoth_fail(err, QUOTH_MEMORY, "policy", QUOTH_NO_OFFSET, "out of memory");
    if (w->spent)
        return quoth_fail(err, QUOTH_POLICY_COST, NULL, QUOTH_NO_OFFSET,
                          "the evaluation takes more than %u steps", WORK_STEPS);
    if (w->arena.full)
        return quoth_fail(err, QUOTH_POLICY_COST, NULL, QUOTH_NO_OFFSET,
                          "the evaluation takes more than %u bytes of memory", WORK_MEMORY);
    return true;
}
