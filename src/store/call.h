/* What the parts of the store share: a call holds the store and has a connection. */
#ifndef QUOTH_STORE_CALL_H
#define QUOTH_STORE_CALL_H

#include "store/database.h"
#include "store/store.h"

typedef bool store_task_fn(struct database *db, void *context, struct quoth_error *err);

/* Does it, a second time on another connection if the first was lost. */
bool store_call(struct store *s, store_task_fn *task, void *context, struct quoth_error *err);

/* Kind, tenant and id as the next three values. */
void store_name_place(struct statement *s, const struct store_record *r);

/* Of r->version, or of 0, the newest: r->version becomes that which was found, 0: none. Appends. */
bool store_read_newest(struct database *db, struct store_record *r, struct buffer *ret_value,
                       struct quoth_error *err);

#endif
