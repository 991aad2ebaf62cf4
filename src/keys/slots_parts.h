/* What slots.c and slots_change.c share: the forms of the two records. */
#ifndef QUOTH_KEYS_SLOTS_PARTS_H
#define QUOTH_KEYS_SLOTS_PARTS_H

#include "keys/slots.h"

#define SLOT_FORM_GONE 0 /* first byte of the record of a slot that was removed */
#define SLOTS_TRIES 8    /* of what is lost only to somebody else's change */

/* The value of the keyring's record in its place, and that of a slot of the device; appended. */
bool slots_seal_ring(const struct ring *ring, const struct ring_place *place, struct buffer *to,
                     struct quoth_error *err);
bool slots_write(struct device *d, const struct ring *ring, const struct ring_place *place,
                 struct buffer *to, struct quoth_error *err);

/* QUOTH_MASTER_KEY for a file that is not there. */
bool slots_is_present(const char *source, struct quoth_error *err);

/* l may be NULL. */
void slots_tell(const struct slots_listener *l, const char *source, const char *what,
                const struct quoth_error *why);

#endif
