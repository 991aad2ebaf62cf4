/* Memory that is taken bit by bit and given back at once, up to a limit: for trees whose size a
 * stranger chooses. */
#ifndef QUOTH_BASE_ARENA_H
#define QUOTH_BASE_ARENA_H

#include "base/bytes.h"

struct arena_block;

/* {.limit = N} is an empty arena that gives up to N bytes. The first request that it cannot meet
 * sticks: later ones give NULL as well, so a builder may ask once, at the end, how it went. */
struct arena {
    size_t limit; /* bytes in all */
    size_t taken;
    bool full;   /* the limit was reached: the input asks for too much */
    bool failed; /* the system had no memory */
    struct arena_block *blocks;
};

void arena_clear(struct arena *a); /* frees everything that was taken; the limit stays */
DEFINE_AUTO_VALUE(arena, struct arena, arena_clear)

/* Zeroed memory for count elements of size bytes, aligned for any type; NULL when full or failed.
 * Lives until arena_clear. */
void *arena_take(struct arena *a, size_t count, size_t size);

#define arena_new(a, type) ((type *)arena_take(a, 1, sizeof(type)))
#define arena_array(a, type, count) ((type *)arena_take(a, count, sizeof(type)))

/* A copy with a NUL behind it that is not counted; an empty view when full or failed. */
struct bytes arena_copy(struct arena *a, struct bytes b);

#endif
