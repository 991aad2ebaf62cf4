/* A keyring for tests that seal: each has keys of its own, and lies in no store. */
#ifndef QUOTH_TESTS_MASTER_H
#define QUOTH_TESTS_MASTER_H

#include "keys/master.h"
#include "tests/unit.h"

/* master_key_clear frees it. */
static inline struct master_key master_for_test(void)
{
    struct quoth_error err = {0};
    struct master_key master = {NULL};
    if (!master_key_make(1750000000, &master, &err))
        fail_msg("%s", err.message);
    return master;
}

/* Another one in its place: a keyring knows how far its store had come, and a new store has not. */
static inline void master_renew(struct master_key *master)
{
    master_key_clear(master);
    *master = master_for_test();
}

#endif
