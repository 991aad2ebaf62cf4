/* A new signing key in place of the one there is (DESIGN decision 8). */
#ifndef QUOTH_SERVICE_ROTATION_H
#define QUOTH_SERVICE_ROTATION_H

#include "keys/signing_key.h"

struct rotation {          /* what is to be put, all at once; owned: rotation_clear */
    struct kept_keys keys; /* all there are now; those that change have their next version */
    struct kept_key made;
    bool changes[KEPT_KEYS_MAX], goes[KEPT_KEYS_MAX]; /* of keys */
};

void rotation_clear(struct rotation *r);
DEFINE_AUTO_VALUE(rotation, struct rotation, rotation_clear)

/* Loads the keys of a tenant, makes one more, and decides what becomes of the others. The new key
 * signs after delay seconds, during which it is shown; at once if the key that signs is
 * distrusted: then tokens that nobody can verify for a moment are better than none that anybody
 * should. distrust: a kid, or NULL. Keys that are shown no more go. QUOTH_SIGNING_KEY_UNKNOWN;
 * QUOTH_SIGNING_KEY_LIMIT. Blocks, and takes a while: RSA. */
bool rotation_plan(struct store *store, const struct master_key *master, const char *issuer,
                   const char *distrust, int64_t now, int64_t delay, struct rotation *ret_rotation,
                   struct quoth_error *err);

/* QUOTH_STORE_CONFLICT when somebody else has changed a key since. */
bool rotation_put(struct rotation *r, struct store *store, const struct master_key *master,
                  const char *issuer, struct quoth_error *err);

#endif
