/* Tells of what others have put into a store, on a thread and a connection of its own. A
 * notification of the database is only a hint; asking for the revision every second is the backstop
 * (THREATS 21). */
#ifndef QUOTH_STORE_WATCH_H
#define QUOTH_STORE_WATCH_H

#include "base/bytes.h"

struct store_watcher { /* called on the thread of the watch */
    /* The revision is another than the last that was told; also once in the beginning. At most
     * about a second after the put, whoever made it. */
    void (*changed)(void *context, int64_t revision);
    /* The database has answered, after changed if there was a change: about every second. Its owner
     * knows by that how old its snapshot may be. */
    void (*heard)(void *context);
    /* It has not, and will be asked again soon; every time. */
    void (*failed)(void *context, const struct quoth_error *why);
    void *context;
};

struct store_watch; /* opaque */

/* at as for store_open. Begins at once and fails only for want of memory or threads. */
bool store_watch_open(const char *at, const struct store_watcher *watcher,
                      struct store_watch **ret_watch, struct quoth_error *err);
/* Waits for the thread to end: for a few seconds at most, if the database does not answer. */
void store_watch_close(struct store_watch *w);
DEFINE_AUTO(store_watch, struct store_watch *, store_watch_close)

#endif
