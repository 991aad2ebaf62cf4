/* Everything there is of a name, for the one who will lose the store (docs/formats.md):
 *
 *     "QVB1", kind (1), length and name (1, n), length and tenant (2, n)       in clear
 *     item (item_record.h), then length (4) and secret part of each version    sealed with the above
 *
 * It opens under the master key alone, for the tenant and the name that it was made of, and never
 * brings back a policy that was changed since (THREATS 33). */
#include "release/policy.h"
#include "vault/item_record.h"
#include "vault/shelf.h"

#define MAGIC "QVB1"

static bool refuse(struct quoth_error *err, const char *where, const char *what)
{
    return quoth_fail(err, QUOTH_VAULT_BACKUP, where, QUOTH_NO_OFFSET, "%s", what);
}

static struct seal_place place_of(const struct vault *v, const char *id, struct bytes clear)
{
    return (struct seal_place){
        .use = "vault.backup", .issuer = v->tenant, .id = id, .version = 1, .beside = clear};
}

/* ---- making one */

static void write_clear(const struct vault *v, enum vault_kind kind, const char *id,
                        struct buffer *to)
{
    buffer_text(to, MAGIC);
    buffer_u8(to, (uint8_t)kind);
    buffer_u8(to, (uint8_t)strlen(id));
    buffer_text(to, id);
    buffer_u16le(to, (uint16_t)strlen(v->tenant));
    buffer_text(to, v->tenant);
}

static bool write_parts(const struct vault *v, const struct vault_item *item, struct buffer *to,
                        struct quoth_error *err)
{
    for (size_t i = 0; i < item->version_count; i++) {
        AUTO(buffer) struct buffer part = {0};
        if (!shelf_part(v, item, &item->versions[i], &part, err))
            return false;
        buffer_u32le(to, (uint32_t)part.len);
        buffer_add(to, buffer_bytes(&part));
        if (to->len > VAULT_BACKUP_MAX)
            return quoth_fail(err, QUOTH_VAULT_BACKUP_SIZE, item->name, QUOTH_NO_OFFSET,
                              "would be more than %u bytes", VAULT_BACKUP_MAX);
    }
    return buffer_ok(to, err);
}

static bool seal_backup(const struct vault *v, const char *id, struct bytes clear,
                        struct bytes plain, struct buffer *ret_backup, struct quoth_error *err)
{
    AUTO(buffer) struct buffer backup = {0};
    const struct seal_place place = place_of(v, id, clear);
    buffer_add(&backup, clear);
    if (!seal_lasting(v->master, &place, plain, &backup, err) || !buffer_ok(&backup, err))
        return false;
    buffer_add(ret_backup, buffer_bytes(&backup));
    return buffer_ok(ret_backup, err);
}

bool vault_backup(const struct vault *v, enum vault_kind kind, struct bytes name,
                  struct buffer *ret_backup, struct quoth_error *err)
{
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(buffer) struct buffer clear = {0}, plain = {0};
    char id[VAULT_NAME_MAX + 1];
    if (!vault_find(v, kind, name, &item, err) ||
        !vault_name_copy(bytes_of_text(item.name), id, err))
        return false;
    vault_name_fold(id);
    write_clear(v, kind, id, &clear);
    return buffer_ok(&clear, err) && item_write(&item, &plain, err) &&
           write_parts(v, &item, &plain, err) &&
           seal_backup(v, id, buffer_bytes(&clear), buffer_bytes(&plain), ret_backup, err);
}

/* ---- bringing it back */

/* What stands in clear: whose it is, and of what. id: of VAULT_NAME_MAX + 1. */
static bool read_clear(const struct vault *v, enum vault_kind kind, struct reader *r, char *id)
{
    struct quoth_error *err = r->err;
    const struct bytes magic = reader_take(r, strlen(MAGIC), "magic");
    const unsigned of_kind = reader_u8(r, "kind");
    const struct bytes name = reader_take(r, reader_u8(r, "name"), "name");
    const struct bytes tenant = reader_take(r, reader_u16le(r, "tenant"), "tenant");
    if (!reader_ok(r) || !bytes_equal(magic, BYTES_LITERAL(MAGIC)))
        return refuse(err, "backup", "is none that was made here, or is cut off");
    if (of_kind != kind)
        return refuse(err, "backup.kind",
                      kind == VAULT_KEY ? "is not that of a key" : "is not that of a secret");
    if (!bytes_equal(tenant, bytes_of_text(v->tenant)))
        return refuse(err, "backup.tenant", "was made of another tenant");
    if (!vault_name_copy(name, id, err))
        return false;
    vault_name_fold(id);
    return true;
}

bool vault_backup_name(const struct vault *v, enum vault_kind kind, struct bytes backup,
                       char ret_name[VAULT_NAME_MAX + 1], struct quoth_error *err)
{
    struct quoth_error why = {0};
    struct reader r = {.in = backup, .err = &why};
    return read_clear(v, kind, &r, ret_name) || refuse(err, why.where, why.message);
}

static bool open_sealed(const struct vault *v, const char *id, struct bytes clear,
                        struct bytes sealed, struct buffer *ret_plain, struct quoth_error *err)
{
    const struct seal_place place = place_of(v, id, clear);
    struct quoth_error why = {0};
    if (unseal(v->master, &place, sealed, ret_plain, &why))
        return true;
    if (why.code == QUOTH_SEAL_BROKEN || why.code == QUOTH_SEAL_TERM)
        return refuse(err, "backup", "was altered or cut off, or another master key sealed it");
    *err = why;
    return false;
}

struct restoring {
    const struct vault *v;
    struct bytes plain;
};

/* It may come back only as what it was, under a policy that nothing has replaced since. */
static bool check_item(const struct vault *v, const struct vault_item *item,
                       const struct vault_item *there, struct quoth_error *err)
{
    AUTO(release_policy) struct release_policy policy = {0};
    if (item->kind != there->kind || vault_item_state(item) != VAULT_LIVE ||
        !text_equal_fold(bytes_of_text(item->name), bytes_of_text(there->name)))
        return refuse(err, "backup", "holds something else than it says");
    if (item->policy_number < there->policy_number)
        return quoth_fail(err, QUOTH_VAULT_BACKUP, "backup.policy", QUOTH_NO_OFFSET,
                          "has release policy number %lld of the name, which has had number %lld",
                          (long long)item->policy_number, (long long)there->policy_number);
    if (item->policy.len == 0)
        return true;
    if (v->immutable_only && !item->policy_immutable)
        return quoth_fail(err, QUOTH_VAULT_POLICY_MUTABLE, "backup.policy", QUOTH_NO_OFFSET,
                          "is not immutable");
    return release_policy_read(buffer_bytes(&item->policy), &policy, err);
}

static bool add_parts(struct reader *r, struct vault_item *item, struct shelf_parts *parts)
{
    for (size_t i = 0; i < item->version_count; i++) {
        AUTO(buffer) struct buffer part = {0};
        const struct sha256 digest = item->versions[i].secret;
        buffer_add(&part, reader_take(r, reader_u32le(r, "part"), "part"));
        if (!reader_ok(r) || !buffer_ok(&part, r->err) ||
            !shelf_add(parts, item, &item->versions[i], &part, r->err))
            return false;
        if (!sha256_equal(&digest, &item->versions[i].secret))
            return refuse(r->err, "backup", "has a secret part that is not its version's");
    }
    return reader_end(r, "backup");
}

static bool restore(void *context, struct vault_item *item, struct shelf_parts *parts,
                    struct quoth_error *err)
{
    const struct restoring *s = context;
    AUTO(vault_item) struct vault_item back = {0};
    struct quoth_error why = {0};
    struct reader r = {.in = s->plain, .err = &why};
    if (vault_item_state(item) != VAULT_GONE)
        return quoth_fail(err, QUOTH_VAULT_EXISTS, item->name, QUOTH_NO_OFFSET,
                          "there is %s of that name already, deleted or not",
                          item->kind == VAULT_KEY ? "a key" : "a secret");
    if (!item_read(&r, &back) || !add_parts(&r, &back, parts))
        return refuse(err, why.where, why.message);
    if (!check_item(s->v, &back, item, err))
        return false;
    back.record = item->record;
    if (back.policy_since < item->policy_since)
        back.policy_since = item->policy_since;
    vault_item_clear(item);
    *item = take_value(back);
    return true;
}

bool vault_restore(const struct vault *v, enum vault_kind kind, struct bytes backup,
                   struct vault_item *ret_item, struct quoth_error *err)
{
    AUTO(buffer) struct buffer plain = {0};
    struct quoth_error why = {0};
    struct reader r = {.in = backup, .err = &why};
    char id[VAULT_NAME_MAX + 1];
    if (!read_clear(v, kind, &r, id))
        return refuse(err, why.where, why.message);
    const struct bytes clear = bytes_slice(backup, 0, r.pos);
    struct restoring s = {.v = v};
    if (!open_sealed(v, id, clear, bytes_slice(backup, r.pos, backup.len), &plain, err))
        return false;
    s.plain = buffer_bytes(&plain);
    return shelf_change(v, kind, bytes_of_text(id), restore, &s, ret_item, err);
}
