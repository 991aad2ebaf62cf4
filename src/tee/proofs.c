#include "tee/proofs.h"

#include <stdlib.h>

#define BUCKETS 1024u

struct proof {
    struct proof *next;          /* in its bucket */
    struct proof *newer, *older; /* by last use */
    uint64_t hash;
    const char *role;
    unsigned tee;
    struct sha256 trust;
    int64_t from, until;
    void *value;
    void (*release)(void *);
    size_t size; /* what it counts for */
    size_t count, lens[PROOF_PARTS_MAX];
    uint8_t bytes[]; /* the parts, one after the other */
};

struct proofs {
    size_t max_bytes, bytes, count;
    struct proof *newest, *oldest;
    struct proof *buckets[BUCKETS];
};

bool proofs_open(size_t max_bytes, struct proofs **ret_proofs, struct quoth_error *err)
{
    struct proofs *p = calloc(1, sizeof *p);
    if (!p)
        return quoth_fail(err, QUOTH_MEMORY, "proofs", QUOTH_NO_OFFSET, "out of memory");
    p->max_bytes = max_bytes;
    *ret_proofs = p;
    return true;
}

static void unlink_use(struct proofs *p, struct proof *x)
{
    *(x->newer ? &x->newer->older : &p->newest) = x->older;
    *(x->older ? &x->older->newer : &p->oldest) = x->newer;
}

static void link_newest(struct proofs *p, struct proof *x)
{
    x->newer = NULL;
    x->older = p->newest;
    *(p->newest ? &p->newest->newer : &p->oldest) = x;
    p->newest = x;
}

static void drop(struct proofs *p, struct proof *x)
{
    struct proof **at = &p->buckets[x->hash % BUCKETS];
    while (*at != x)
        at = &(*at)->next;
    *at = x->next;
    unlink_use(p, x);
    p->bytes -= x->size;
    p->count--;
    x->release(x->value);
    free(x);
}

void proofs_begin(struct proofs *p)
{
    while (p->oldest && p->bytes > p->max_bytes)
        drop(p, p->oldest);
}

void proofs_close(struct proofs *p)
{
    if (!p)
        return;
    while (p->oldest)
        drop(p, p->oldest);
    free(p);
}

/* Spreads keys over buckets; says nothing about equality. Only proofs of genuine things are kept,
 * so nobody can choose many keys that meet. Samples, as parts may be long. */
static uint64_t spread(const struct proof_key *key)
{
    uint64_t h = key->tee;
    for (size_t i = 0; i < key->count; i++) {
        const struct bytes part = key->parts[i];
        const size_t step = part.len / 8 > 8 ? part.len / 8 : 8;
        h = (h ^ part.len) * UINT64_C(0x9E3779B97F4A7C15);
        for (size_t at = 0; at < part.len; at += step)
            h = (h ^ h >> 29 ^ bytes_word(part, at)) * UINT64_C(0xBF58476D1CE4E5B9);
    }
    return h ^ h >> 32;
}

static bool is_for(const struct proof *x, const struct proof_key *key)
{
    if (x->tee != key->tee || x->count != key->count || strcmp(x->role, key->role) != 0 ||
        !sha256_equal(&x->trust, key->trust))
        return false;
    size_t at = 0;
    for (size_t i = 0; i < key->count; i++) {
        if (!bytes_equal((struct bytes){x->bytes + at, x->lens[i]}, key->parts[i]))
            return false;
        at += x->lens[i];
    }
    return true;
}

static struct proof *find(struct proofs *p, const struct proof_key *key, uint64_t hash)
{
    struct proof *x = p->buckets[hash % BUCKETS];
    while (x && (x->hash != hash || !is_for(x, key)))
        x = x->next;
    return x;
}

const void *proofs_find(struct proofs *p, const struct proof_key *key, int64_t at)
{
    struct proof *x = find(p, key, spread(key));
    if (!x || at < x->from || at > x->until)
        return NULL;
    if (x != p->newest) {
        unlink_use(p, x);
        link_newest(p, x);
    }
    return x->value;
}

static struct proof *make(const struct proof_key *key)
{
    size_t len = 0;
    for (size_t i = 0; i < key->count; i++)
        len += key->parts[i].len;
    struct proof *x = malloc(sizeof *x + len);
    if (!x)
        return NULL;
    *x = (struct proof){.hash = spread(key),
                        .role = key->role,
                        .tee = key->tee,
                        .trust = *key->trust,
                        .size = sizeof *x + len,
                        .count = key->count};
    size_t at = 0;
    for (size_t i = 0; i < key->count; i++) {
        x->lens[i] = key->parts[i].len;
        bytes_copy(x->bytes + at, key->parts[i]);
        at += x->lens[i];
    }
    return x;
}

bool proofs_keep(struct proofs *p, const struct proof_key *key, int64_t from, int64_t until,
                 void *value, size_t size, void (*release)(void *), struct quoth_error *err)
{
    struct proof *x = make(key);
    if (!x) {
        release(value);
        return quoth_fail(err, QUOTH_MEMORY, "proofs", QUOTH_NO_OFFSET, "out of memory");
    }
    x->from = from;
    x->until = until;
    x->value = value;
    x->release = release;
    x->size += size;
    x->next = p->buckets[x->hash % BUCKETS];
    p->buckets[x->hash % BUCKETS] = x;
    link_newest(p, x);
    p->bytes += x->size;
    p->count++;
    return true;
}

size_t proofs_count(const struct proofs *p)
{
    return p->count;
}
