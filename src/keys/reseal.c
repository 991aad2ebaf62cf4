#include "keys/reseal.h"

#include "keys/slots.h"

#include <stdio.h>

bool reseal_is_due(const struct master_key *master)
{
    AUTO(ring) struct ring ring;
    AUTO(ring_place) struct ring_place place;
    keyring_get(master->keyring, &ring, &place);
    return ring.term_count > 1;
}

struct old { /* a record under an older term; owned */
    char kind[STORE_KIND_MAX + 1], tenant[STORE_TENANT_MAX + 1], id[STORE_ID_MAX + 1];
    int64_t version;
    struct buffer sealed;
};

struct batch {
    struct reseal *at;
    uint8_t latest[SEAL_SALT_AT]; /* the head of what need not be sealed anew */
    struct old old[RESEAL_AT_ONCE];
    size_t count, seen;
};

static void batch_clear(struct batch *b)
{
    for (size_t i = 0; i < b->count; i++)
        buffer_clear(&b->old[i].sealed);
}
DEFINE_AUTO_VALUE(batch, struct batch, batch_clear)

static bool is_old(const struct batch *b, struct bytes value)
{
    return bytes_equal(bytes_slice(value, 0, SEAL_TERM_AT), BYTES_LITERAL("QREC\1")) &&
           !bytes_equal(bytes_slice(value, 0, SEAL_SALT_AT), BYTES_OF(b->latest));
}

static bool gather(void *context, const struct store_record *r, struct quoth_error *err)
{
    struct batch *b = context;
    struct old *old = &b->old[b->count];
    b->seen++;
    snprintf(b->at->kind, sizeof b->at->kind, "%s", r->kind);
    snprintf(b->at->tenant, sizeof b->at->tenant, "%s", r->tenant);
    snprintf(b->at->id, sizeof b->at->id, "%s", r->id);
    b->at->version = r->version;
    if (!is_old(b, r->value))
        return true;
    snprintf(old->kind, sizeof old->kind, "%s", r->kind);
    snprintf(old->tenant, sizeof old->tenant, "%s", r->tenant);
    snprintf(old->id, sizeof old->id, "%s", r->id);
    old->version = r->version;
    buffer_add(&old->sealed, r->value);
    b->count++;
    return buffer_ok(&old->sealed, err);
}

static bool replace(struct store *store, const struct master_key *master, const struct old *old,
                    struct reseal *r, struct quoth_error *err)
{
    AUTO(buffer) struct buffer plain = {0}, sealed = {0};
    struct quoth_error why = {0};
    const struct seal_place place = {
        .use = old->kind, .issuer = old->tenant, .id = old->id, .version = old->version};
    const struct store_also also = {.guard_kind = KIND_KEYRING,
                                    .guard_id = KIND_KEYRING,
                                    .guard_version = keyring_version(master->keyring)};
    bool replaced = false;
    if (!unseal(master, &place, buffer_bytes(&old->sealed), &plain, &why)) {
        r->broken++; /* told when it is read; its term stays */
        return true;
    }
    if (!seal(master, &place, buffer_bytes(&plain), &sealed, err) || !buffer_ok(&sealed, err))
        return false;
    const struct store_record record = {.kind = old->kind,
                                        .tenant = old->tenant,
                                        .id = old->id,
                                        .version = old->version,
                                        .value = buffer_bytes(&sealed)};
    if (!store_replace(store, &record, buffer_bytes(&old->sealed), &also, &replaced, err))
        return false;
    r->resealed += replaced;
    return true;
}

/* A term that something is still sealed under stays until the next round. */
static bool drop_terms(struct store *store, const struct master_key *master,
                       struct quoth_error *err)
{
    AUTO(ring) struct ring ring;
    AUTO(ring_place) struct ring_place place;
    keyring_get(master->keyring, &ring, &place);
    for (size_t i = 0; i + 1 < ring.term_count; i++) {
        struct quoth_error why = {0};
        if (slots_drop_term(store, master, ring.terms[i].number, &why) ||
            why.code == QUOTH_STORE_STALE || why.code == QUOTH_STORE_CONFLICT)
            continue;
        *err = why;
        return false;
    }
    return true;
}

bool reseal_step(struct store *store, const struct master_key *master, struct reseal *r,
                 bool *ret_end, struct quoth_error *err)
{
    AUTO(batch) struct batch b = {.at = r};
    AUTO(term) struct term latest;
    struct reseal before = *r;
    const struct store_record after = {
        .kind = before.kind, .tenant = before.tenant, .id = before.id, .version = before.version};
    int64_t version;
    if (!slots_reload(store, master, err))
        return false;
    keyring_latest(master->keyring, &latest, &version);
    seal_head(latest.number, b.latest);
    if (!store_scan(store, &after, RESEAL_AT_ONCE, gather, &b, err))
        return false;
    for (size_t i = 0; i < b.count; i++)
        if (!replace(store, master, &b.old[i], r, err)) {
            *r = before;
            return false;
        }
    *ret_end = b.seen < RESEAL_AT_ONCE;
    if (!*ret_end)
        return true;
    *r = (struct reseal){.resealed = r->resealed, .broken = 0};
    return drop_terms(store, master, err);
}
