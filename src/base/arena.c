#include "base/arena.h"

#include <stdalign.h>

#define BLOCK_SIZE 8192u

struct arena_block {
    struct arena_block *next;
    size_t size, used;
    alignas(max_align_t) uint8_t memory[];
};

void arena_clear(struct arena *a)
{
    while (a->blocks) {
        struct arena_block *next = a->blocks->next;
        free(a->blocks);
        a->blocks = next;
    }
    *a = (struct arena){.limit = a->limit};
}

/* Puts a block in front that has room for size bytes. */
static bool grow(struct arena *a, size_t size)
{
    const size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
    struct arena_block *block = calloc(1, sizeof *block + room);
    if (!block) {
        a->failed = true;
        return false;
    }
    block->size = room;
    block->next = a->blocks;
    a->blocks = block;
    return true;
}

void *arena_take(struct arena *a, size_t count, size_t size)
{
    const size_t align = alignof(max_align_t);
    size_t total;
    if (a->full || a->failed)
        return NULL;
    if (__builtin_mul_overflow(count, size, &total) || total > a->limit - a->taken) {
        a->full = true;
        return NULL;
    }
    const size_t padded = (total + align - 1) / align * align;
    if ((!a->blocks || padded > a->blocks->size - a->blocks->used) && !grow(a, padded))
        return NULL;
    void *given = a->blocks->memory + a->blocks->used;
    a->blocks->used += padded;
    a->taken += padded < a->limit - a->taken ? padded : a->limit - a->taken;
    return given;
}

struct bytes arena_copy(struct arena *a, struct bytes b)
{
    uint8_t *to = arena_take(a, b.len + 1, 1);
    if (!to)
        return (struct bytes){0};
    bytes_copy(to, b);
    return (struct bytes){to, b.len};
}
