/* Callers that come at the same time share one write, and one sync with it: whoever comes while the
 * disk is busy joins those who wait, and one of them then writes for all of them. Nobody waits for
 * company: a caller who is alone writes at once. */
#ifndef QUOTH_AUDIT_GROUP_H
#define QUOTH_AUDIT_GROUP_H

#include "base/bytes.h"

#include <pthread.h>

/* Writes what several callers have brought, all of it or nothing. Never called twice at a time. */
typedef bool group_write_fn(void *context, struct bytes lines, struct quoth_error *err);

struct group { /* opaque */
    group_write_fn *write;
    void *context;
    pthread_mutex_t lock; /* over what follows, for a moment */
    pthread_cond_t written;
    struct group_batch *gathering; /* NULL: nobody waits */
    bool writing;
};

void group_init(struct group *g, group_write_fn *write, void *context);
void group_clear(struct group *g); /* nobody is inside any more */

/* Returns when the text is written, or is not: then err says what write said to all who shared it.
 * Texts of one caller, and of callers one after the other, keep their order. */
bool group_write(struct group *g, struct bytes text, struct quoth_error *err);

#endif
