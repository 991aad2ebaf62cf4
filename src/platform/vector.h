/* NULL-terminated texts, as execve() wants them. */
#ifndef QUOTH_PLATFORM_VECTOR_H
#define QUOTH_PLATFORM_VECTOR_H

#include "base/bytes.h"

struct vector {
    char **items;
    size_t count;
};

/* Room for count texts. */
bool vector_open(struct vector *v, size_t count, struct quoth_error *err);
void vector_clear(struct vector *v);
DEFINE_AUTO_VALUE(vector, struct vector, vector_clear)

/* Adds the three in one. */
bool vector_add(struct vector *v, const char *name, const char *separator, const char *value,
                struct quoth_error *err);

/* Opens it for a program's name and its arguments (NULL-terminated). */
bool vector_arguments(struct vector *v, const char *exe, const char *const *args,
                      struct quoth_error *err);

#endif
