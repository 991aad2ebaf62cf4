#include "collateral/sets.h"

#include <stdatomic.h>

struct shared_set {
    atomic_uint holders;
    struct collateral_set set;
};

struct set_table {
    atomic_uint holders;
    size_t count;
    struct {
        struct shared_set *set;
    } at[];
};

static void set_release(struct shared_set *s)
{
    if (atomic_fetch_sub_explicit(&s->holders, 1, memory_order_acq_rel) > 1)
        return;
    collateral_clear(&s->set.collateral);
    free(s);
}

struct set_table *set_table_hold(struct set_table *t)
{
    if (t)
        atomic_fetch_add_explicit(&t->holders, 1, memory_order_relaxed);
    return t;
}

void set_table_release(struct set_table *t)
{
    if (!t || atomic_fetch_sub_explicit(&t->holders, 1, memory_order_acq_rel) > 1)
        return;
    for (size_t i = 0; i < t->count; i++)
        set_release(t->at[i].set);
    free(t);
}

static struct set_table *table_alloc(size_t room)
{
    struct set_table *t = calloc(1, sizeof *t + room * sizeof t->at[0]);
    if (t)
        atomic_init(&t->holders, 1);
    return t;
}

/* All sets of old but that of the key, with room for one more. */
static struct set_table *copy_without(const struct set_table *old, const struct collateral_key *key)
{
    struct set_table *t = table_alloc(set_table_count(old) + 1);
    for (size_t i = 0; t && i < set_table_count(old); i++) {
        if (collateral_key_equal(&old->at[i].set->set.key, key))
            continue;
        atomic_fetch_add_explicit(&old->at[i].set->holders, 1, memory_order_relaxed);
        t->at[t->count++].set = old->at[i].set;
    }
    return t;
}

struct set_table *set_table_with(struct set_table *old, struct collateral_set *set)
{
    struct shared_set *shared = calloc(1, sizeof *shared);
    struct set_table *t = shared ? copy_without(old, &set->key) : NULL;
    if (!t) {
        free(shared);
        return NULL;
    }
    atomic_init(&shared->holders, 1);
    shared->set = take_value(*set);
    t->at[t->count++].set = shared;
    return t;
}

struct set_table *set_table_without(struct set_table *old, const struct collateral_key *key)
{
    return copy_without(old, key);
}

const struct collateral_set *set_table_find(const struct set_table *t,
                                            const struct collateral_key *key)
{
    for (size_t i = 0; i < set_table_count(t); i++)
        if (collateral_key_equal(&t->at[i].set->set.key, key))
            return &t->at[i].set->set;
    return NULL;
}

size_t set_table_count(const struct set_table *t)
{
    return t ? t->count : 0;
}

const struct collateral_set *set_table_at(const struct set_table *t, size_t index)
{
    return &t->at[index].set->set;
}
