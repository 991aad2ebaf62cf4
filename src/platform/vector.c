#include "platform/vector.h"

void vector_clear(struct vector *v)
{
    for (size_t i = 0; i < v->count; i++)
        free(v->items[i]);
    free(v->items);
}

bool vector_open(struct vector *v, size_t count, struct quoth_error *err)
{
    v->items = calloc(count + 1, sizeof *v->items);
    return v->items || quoth_fail(err, QUOTH_MEMORY, "arguments", QUOTH_NO_OFFSET, "out of memory");
}

bool vector_add(struct vector *v, const char *name, const char *separator, const char *value,
                struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    buffer_printf(&text, "%s%s%s", name, separator, value);
    char *item = buffer_take_text(&text, err);
    if (item)
        v->items[v->count++] = item;
    return item != NULL;
}

bool vector_arguments(struct vector *v, const char *exe, const char *const *args,
                      struct quoth_error *err)
{
    size_t count = 0;
    while (args[count])
        count++;
    if (!vector_open(v, count + 1, err) || !vector_add(v, exe, "", "", err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!vector_add(v, args[i], "", "", err))
            return false;
    return true;
}
