#include "vault/shelf.h"

#include "vault/item_record.h"
#include "vault/rotation.h"

#include <stdio.h>

#define TRIES 32 /* of a change, when others change the same name */

static const char *const item_kinds[] = {"vault.key", "vault.secret"};
static const char *const part_kinds[] = {"vault.key.part", "vault.secret.part"};
static const char *const mark_kinds[][SHELF_MARKS] = {
    {"vault.key.live",    "vault.key.deleted",    "vault.key.timed"   },
    {"vault.secret.live", "vault.secret.deleted", "vault.secret.timed"},
};

/* ---- reading */

/* It was sealed by one of us: what cannot be read is our fault, or another build's. */
static bool read_item(struct bytes record, struct vault_item *ret_item, struct quoth_error *err)
{
    struct quoth_error why = {0};
    struct reader r = {.in = record, .err = &why};
    if (item_read(&r, ret_item) && reader_end(&r, "item"))
        return true;
    return quoth_fail(
        err,
        why.code == QUOTH_STORE_VERSION || why.code == QUOTH_MEMORY ? why.code : QUOTH_STORE_BROKEN,
        why.where, why.offset, "%s", why.message);
}

bool shelf_load(const struct vault *v, enum vault_kind kind, struct bytes name,
                struct vault_item *ret_item, struct quoth_error *err)
{
    AUTO(vault_item) struct vault_item item = {.kind = kind};
    AUTO(buffer) struct buffer record = {0};
    char id[VAULT_NAME_MAX + 1];
    int64_t version;
    if (!vault_name_copy(name, id, err) || !vault_name_copy(name, item.name, err))
        return false;
    vault_name_fold(id);
    if (!record_load(v->store, v->master, item_kinds[kind], v->tenant, id, 0, &version, &record,
                     err))
        return false;
    if (version > 0 && !read_item(buffer_bytes(&record), &item, err))
        return quoth_within(err, item_kinds[kind]);
    item.record = version;
    *ret_item = take_value(item);
    return true;
}

static void part_id(const struct vault_item *item, const struct vault_version *version, char *id,
                    size_t size)
{
    snprintf(id, size, "%s/%s", item->name, version->id);
    vault_name_fold(id);
}

static bool is_there_still(const struct vault *v, const struct vault_item *item,
                           const struct vault_version *version, struct quoth_error *err)
{
    AUTO(vault_item) struct vault_item now = {0};
    return shelf_load(v, item->kind, bytes_of_text(item->name), &now, err) &&
           vault_version(&now, bytes_of_text(version->id), err);
}

bool shelf_part(const struct vault *v, const struct vault_item *item,
                const struct vault_version *version, struct buffer *ret_value,
                struct quoth_error *err)
{
    AUTO(buffer) struct buffer value = {0};
    char id[VAULT_NAME_MAX + 1 + VAULT_VERSION_SIZE];
    int64_t found;
    part_id(item, version, id, sizeof id);
    if (!record_load(v->store, v->master, part_kinds[item->kind], v->tenant, id, 0, &found, &value,
                     err))
        return false;
    if (found == 0 && !is_there_still(v, item, version, err))
        return false;
    const struct sha256 digest = sha256_of(buffer_bytes(&value));
    if (found != 1 || !sha256_equal(&digest, &version->secret))
        return quoth_fail(err, QUOTH_SEAL_BROKEN, id, QUOTH_NO_OFFSET,
                          found == 0 ? "the secret part is not there"
                                     : "the secret part is not the one that was put there");
    buffer_add(ret_value, buffer_bytes(&value));
    return buffer_ok(ret_value, err);
}

static bool note_name(void *context, const struct store_record *r, struct quoth_error *err)
{
    struct shelf_page *page = context;
    struct quoth_error ignored = {0};
    (void)err;
    if (vault_name_copy(bytes_of_text(r->id), page->names[page->count], &ignored))
        page->count++; /* else it is none of ours: marks are not sealed */
    return page->count < SHELF_PAGE;
}

bool shelf_list(const struct vault *v, enum vault_kind kind, enum shelf_mark mark,
                const char *after, size_t limit, struct shelf_page *ret_page,
                struct quoth_error *err)
{
    struct shelf_page page = {.count = 0};
    if (!store_page(v->store, mark_kinds[kind][mark], v->tenant, after, limit, note_name, &page,
                    err))
        return false;
    *ret_page = page;
    return true;
}

/* ---- changing */

static void shelf_parts_clear(struct shelf_parts *p)
{
    for (size_t i = 0; i < p->count; i++)
        buffer_clear(&p->parts[i].value);
    free(p->parts);
    *p = (struct shelf_parts){0};
}
DEFINE_AUTO_VALUE(shelf_parts, struct shelf_parts, shelf_parts_clear)

static struct shelf_part *add_part(struct shelf_parts *p, const struct vault_item *item,
                                   const struct vault_version *version, struct quoth_error *err)
{
    struct shelf_part *parts = realloc(p->parts, (p->count + 1) * sizeof *parts);
    if (!parts) {
        quoth_fail(err, QUOTH_MEMORY, item->name, QUOTH_NO_OFFSET, "out of memory");
        return NULL;
    }
    p->parts = parts;
    parts[p->count] = (struct shelf_part){0};
    part_id(item, version, parts[p->count].id, sizeof parts->id);
    return &parts[p->count++];
}

bool shelf_add(struct shelf_parts *parts, const struct vault_item *item,
               struct vault_version *version, struct buffer *value, struct quoth_error *err)
{
    struct shelf_part *part = add_part(parts, item, version, err);
    if (!part)
        return false;
    version->secret = sha256_of(buffer_bytes(value));
    part->value = take_value(*value);
    return true;
}

bool shelf_remove(struct shelf_parts *parts, const struct vault_item *item,
                  const struct vault_version *version, struct quoth_error *err)
{
    struct shelf_part *part = add_part(parts, item, version, err);
    if (part)
        part->remove = true;
    return part != NULL;
}

static unsigned marks_of(const struct vault_item *item)
{
    switch (vault_item_state(item)) {
    case VAULT_LIVE:
        return 1u << SHELF_LIVE | (rotation_watches(item) ? 1u << SHELF_TIMED : 0);
    case VAULT_DELETED:
        return 1u << SHELF_DELETED;
    case VAULT_GONE:
        break;
    }
    return 0;
}

struct puts {
    struct store_put list[RECORDS_AT_ONCE];
    size_t count;
};

/* The tenant's nodes look at the vault each time they are asked: none has to be told. */
static struct store_put *add_put(const struct vault *v, struct puts *p, const char *kind,
                                 const char *id, int64_t version)
{
    struct store_put *put = &p->list[p->count++];
    *put = (struct store_put){
        .record = {.kind = kind, .tenant = v->tenant, .id = id, .version = version},
        .quiet = true,
    };
    return put;
}

static void put_marks(const struct vault *v, enum vault_kind kind, const char *id, unsigned before,
                      unsigned after, struct puts *puts)
{
    for (unsigned i = 0; i < SHELF_MARKS; i++)
        if ((before ^ after) & 1u << i)
            add_put(v, puts, mark_kinds[kind][i], id, 1)->remove = before & 1u << i;
}

static bool put_all(const struct vault *v, const struct vault_item *item,
                    const struct shelf_parts *parts, unsigned marks, struct quoth_error *err)
{
    AUTO(buffer) struct buffer record = {0};
    char id[VAULT_NAME_MAX + 1];
    struct puts puts;
    puts.count = 0;
    snprintf(id, sizeof id, "%s", item->name);
    vault_name_fold(id);
    if (!item_write(item, &record, err))
        return false;
    for (size_t i = 0; i < parts->count; i++) {
        struct store_put *put = add_put(v, &puts, part_kinds[item->kind], parts->parts[i].id, 1);
        put->record.value = buffer_bytes(&parts->parts[i].value);
        put->remove = parts->parts[i].remove;
    }
    add_put(v, &puts, item_kinds[item->kind], id, item->record + 1)->record.value =
        buffer_bytes(&record);
    put_marks(v, item->kind, id, marks, marks_of(item), &puts);
    return record_keep_all(v->store, v->master, puts.list, puts.count, err);
}

static bool attempt(const struct vault *v, enum vault_kind kind, struct bytes name,
                    shelf_change_fn *change, void *context, struct vault_item *ret_item,
                    struct quoth_error *err)
{
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(shelf_parts) struct shelf_parts parts = {0};
    if (!shelf_load(v, kind, name, &item, err))
        return false;
    const unsigned marks = marks_of(&item);
    if (change(context, &item, &parts, err)) {
        if (!put_all(v, &item, &parts, marks, err))
            return false;
        item.record++;
    }
    if (err->code != QUOTH_OK)
        return false;
    *ret_item = take_value(item);
    return true;
}

bool shelf_change(const struct vault *v, enum vault_kind kind, struct bytes name,
                  shelf_change_fn *change, void *context, struct vault_item *ret_item,
                  struct quoth_error *err)
{
    for (int tries = 0; tries < TRIES; tries++) {
        struct quoth_error why = {0};
        if (attempt(v, kind, name, change, context, ret_item, &why))
            return true;
        if (why.code != QUOTH_STORE_CONFLICT) {
            *err = why;
            return false;
        }
    }
    return quoth_fail(err, QUOTH_VAULT_BUSY, "vault", QUOTH_NO_OFFSET,
                      "others changed it %d times meanwhile", TRIES);
}
