/* The tables, as one list of steps: a store at step n becomes one of step n+1 by the n-th entry.
 * Entries are added, never changed. */
#ifndef QUOTH_STORE_SCHEMA_H
#define QUOTH_STORE_SCHEMA_H

#include <stddef.h>

#define SCHEMA_APPLICATION 0x51756f74 /* "Quot", in the file's header */

extern const char *const schema_steps[];
extern const size_t schema_version; /* the number of steps */

#endif
