/* The handle of what everything is sealed with: a keyring (keys/keyring.h). const: whoever has it
 * seals and unseals, from any thread, while terms are added to it. */
#ifndef QUOTH_KEYS_MASTER_H
#define QUOTH_KEYS_MASTER_H

#include "base/bytes.h"

struct keyring;

struct master_key {
    struct keyring *keyring; /* owned: master_key_clear; NULL: none */
};

void master_key_clear(struct master_key *master);
DEFINE_AUTO_VALUE(master_key, struct master_key, master_key_clear)

/* A keyring with one term, that lies in no store yet (keys/slots.h puts it there). QUOTH_UNAVAILABLE
 * if no memory can be locked. */
bool master_key_make(int64_t now, struct master_key *ret_master, struct quoth_error *err);

#endif
