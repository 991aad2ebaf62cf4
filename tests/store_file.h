/* A store in a file of SQLite, for tests: three files, as long as it is in use. */
#ifndef QUOTH_TESTS_STORE_FILE_H
#define QUOTH_TESTS_STORE_FILE_H

#include "tests/unit.h"

#include <stdio.h>
#include <unistd.h>

/* What is not there is not missed. */
static inline void store_file_remove(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < COUNT(ends); i++) {
        char name[200];
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

#endif
