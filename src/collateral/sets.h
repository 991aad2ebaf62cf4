/* The immutable table of sets behind a source: a new set makes a new table, which shares the others
 * with the old one; each lives as long as somebody holds it. Counting is atomic, so any thread may
 * hold and release. */
#ifndef QUOTH_COLLATERAL_SETS_H
#define QUOTH_COLLATERAL_SETS_H

#include "collateral/source.h"

struct set_table; /* opaque; NULL is the empty table */

/* A table with this set added, or in place of the one of the same key. Takes over what *set owns,
 * leaving it empty; NULL (and *set as it was) when out of memory. old stays as it is. */
struct set_table *set_table_with(struct set_table *old, struct collateral_set *set);

/* A table without the set of that key, which was there; NULL when out of memory. */
struct set_table *set_table_without(struct set_table *old, const struct collateral_key *key);

struct set_table *set_table_hold(struct set_table *t); /* returns t; accepts NULL */
void set_table_release(struct set_table *t);           /* accepts NULL */
DEFINE_AUTO(set_table, struct set_table *, set_table_release)

const struct collateral_set *set_table_find(const struct set_table *t,
                                            const struct collateral_key *key); /* or NULL */
size_t set_table_count(const struct set_table *t);
const struct collateral_set *set_table_at(const struct set_table *t, size_t index);

#endif
