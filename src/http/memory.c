#include "http/memory.h"

#include "base/bytes.h"

#include <event2/event.h>
#include <malloc.h>

static void wipe_and_free(void *at)
{
    if (at)
        bytes_wipe(at, malloc_usable_size(at));
    free(at);
}

/* What realloc moves it leaves behind as it was. */
static void *move(void *at, size_t size)
{
    const size_t had = at ? malloc_usable_size(at) : 0;
    uint8_t *to = malloc(size);
    if (!to)
        return NULL;
    bytes_copy(to, (struct bytes){at, had < size ? had : size});
    wipe_and_free(at);
    return to;
}

void http_memory_wiped(void)
{
    event_set_mem_functions(malloc, move, wipe_and_free);
}
