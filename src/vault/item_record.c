#include "vault/item_record.h"

#include "codec/hex.h"
#include "vault/item_parts.h"

#define FORM 1

enum item_flag { ITEM_EXPORTABLE = 1, ITEM_IMMUTABLE = 2, ITEM_FLAGS = 3 };

enum version_flag {
    VERSION_ENABLED = 1,
    VERSION_NBF = 2,
    VERSION_EXP = 4,
    VERSION_HSM = 8,
    VERSION_NOTIFIED = 16,
    VERSION_FLAGS = 31
};

enum action_flag { ACTION_SET = 1, ACTION_BEFORE = 2, ACTION_FLAGS = 3 };

/* 0 for none; the numbers are those of records */
static const char *const curves[] = {NULL, "P-256", "P-384", "P-521", "P-256K"};

#define ID_BYTES ((VAULT_VERSION_SIZE - 1) / 2)

/* ---- writing */

static void write_time(struct buffer *to, int64_t time)
{
    buffer_u64le(to, (uint64_t)time);
}

static void write_text(struct buffer *to, const char *text)
{
    buffer_u8(to, (uint8_t)strlen(text));
    buffer_text(to, text);
}

static void write_block(struct buffer *to, const struct buffer *block)
{
    buffer_u32le(to, (uint32_t)block->len);
    buffer_add(to, buffer_bytes(block));
}

static void write_rotation(const struct vault_rotation *r, struct buffer *to)
{
    write_text(to, r->expiry);
    for (size_t i = 0; i < VAULT_ACTIONS; i++) {
        buffer_u8(to, (uint8_t)((r->actions[i].is_set ? ACTION_SET : 0) |
                                (r->actions[i].before_expiry ? ACTION_BEFORE : 0)));
        write_text(to, r->actions[i].time);
    }
    write_time(to, r->created);
    write_time(to, r->updated);
}

static uint8_t curve_number(const char *curve)
{
    for (size_t i = 1; curve && i < COUNT(curves); i++)
        if (strcmp(curves[i], curve) == 0)
            return (uint8_t)i;
    return 0;
}

static void write_key(const struct vault_version *v, struct buffer *to)
{
    buffer_u8(to, (uint8_t)v->type);
    buffer_u8(to, curve_number(v->curve));
    buffer_u16le(to, (uint16_t)v->key_ops);
    buffer_u16le(to, (uint16_t)v->bits);
    write_block(to, &v->a);
    write_block(to, &v->b);
}

static bool write_version(enum vault_kind kind, const struct vault_version *v, struct buffer *to,
                          struct quoth_error *err)
{
    if (!hex_decode(bytes_of_text(v->id), to, err))
        return false;
    buffer_u8(to, (uint8_t)((v->enabled ? VERSION_ENABLED : 0) | (v->has_nbf ? VERSION_NBF : 0) |
                            (v->has_exp ? VERSION_EXP : 0) | (v->hsm ? VERSION_HSM : 0) |
                            (v->notified ? VERSION_NOTIFIED : 0)));
    write_time(to, v->nbf);
    write_time(to, v->exp);
    write_time(to, v->created);
    write_time(to, v->updated);
    write_block(to, &v->tags);
    buffer_add(to, BYTES_OF(v->secret.bytes));
    if (kind == VAULT_KEY)
        write_key(v, to);
    else
        write_block(to, &v->content_type);
    return true;
}

bool item_write(const struct vault_item *item, struct buffer *to, struct quoth_error *err)
{
    const size_t begin = to->len;
    buffer_u8(to, FORM);
    buffer_u8(to, (uint8_t)item->kind);
    write_text(to, item->name);
    write_time(to, item->deleted_at);
    write_time(to, item->purge_at);
    buffer_u8(to, (uint8_t)((item->exportable ? ITEM_EXPORTABLE : 0) |
                            (item->policy_immutable ? ITEM_IMMUTABLE : 0)));
    write_block(to, &item->policy);
    write_block(to, &item->policy_type);
    write_time(to, item->policy_number);
    write_time(to, item->policy_since);
    write_rotation(&item->rotation, to);
    buffer_u16le(to, (uint16_t)item->version_count);
    for (size_t i = 0; i < item->version_count; i++)
        if (!write_version(item->kind, &item->versions[i], to, err))
            return false;
    if (to->len - begin > ITEM_RECORD_MAX)
        return quoth_fail(err, QUOTH_VAULT_VERSIONS, item->name, QUOTH_NO_OFFSET,
                          "has no room for more: what its %zu versions say of themselves would be "
                          "%zu bytes, limit is %u",
                          item->version_count, to->len - begin, ITEM_RECORD_MAX);
    return buffer_ok(to, err);
}

/* ---- reading */

static int64_t read_time(struct reader *r, const char *field)
{
    return (int64_t)reader_u64le(r, field);
}

/* One of the bits that there are, or fewer. */
static unsigned read_flags(struct reader *r, unsigned all, const char *field)
{
    const size_t at = r->pos;
    const unsigned flags = reader_u8(r, field);
    if (reader_ok(r) && (flags & ~all) != 0)
        quoth_fail(r->err, QUOTH_MALFORMED, field, at, "has bits %#x, there are %#x", flags, all);
    return flags & all;
}

static unsigned read_below(struct reader *r, unsigned limit, const char *field)
{
    const size_t at = r->pos;
    const unsigned number = reader_u8(r, field);
    if (reader_ok(r) && number >= limit)
        quoth_fail(r->err, QUOTH_MALFORMED, field, at, "is %u, limit is %u", number, limit - 1);
    return number < limit ? number : 0;
}

static void read_text(struct reader *r, char *text, size_t size, const char *field)
{
    const size_t at = r->pos;
    const struct bytes b = reader_take(r, reader_u8(r, field), field);
    if (reader_ok(r) && (b.len >= size || (b.len > 0 && memchr(b.data, 0, b.len))))
        quoth_fail(r->err, QUOTH_MALFORMED, field, at, "has %zu bytes or a NUL, limit is %zu",
                   b.len, size - 1);
    if (!reader_ok(r))
        return;
    bytes_copy((uint8_t *)text, b);
    text[b.len] = '\0';
}

static void read_block(struct reader *r, struct buffer *block, const char *field)
{
    buffer_add(block, reader_take(r, reader_u32le(r, field), field));
    if (reader_ok(r))
        buffer_ok(block, r->err);
}

static void read_name(struct reader *r, struct vault_item *item)
{
    char name[VAULT_NAME_MAX + 1] = "";
    read_text(r, name, sizeof name, "name");
    if (reader_ok(r))
        vault_name_copy(bytes_of_text(name), item->name, r->err);
}

static void read_rotation(struct reader *r, struct vault_rotation *to)
{
    read_text(r, to->expiry, sizeof to->expiry, "rotation.expiry");
    for (size_t i = 0; i < VAULT_ACTIONS; i++) {
        const unsigned flags = read_flags(r, ACTION_FLAGS, "rotation.action");
        to->actions[i].is_set = flags & ACTION_SET;
        to->actions[i].before_expiry = flags & ACTION_BEFORE;
        read_text(r, to->actions[i].time, sizeof to->actions[i].time, "rotation.time");
    }
    to->created = read_time(r, "rotation.created");
    to->updated = read_time(r, "rotation.updated");
}

static void read_key(struct reader *r, struct vault_version *v)
{
    v->type = (enum material_type)read_below(r, MATERIAL_OCT + 1, "type");
    v->curve = curves[read_below(r, COUNT(curves), "curve")];
    const size_t at = r->pos;
    v->key_ops = reader_u16le(r, "key_ops");
    if (reader_ok(r) && v->key_ops >> VAULT_KEY_OPS != 0)
        quoth_fail(r->err, QUOTH_MALFORMED, "key_ops", at, "are %#x", v->key_ops);
    v->bits = reader_u16le(r, "bits");
    read_block(r, &v->a, "a");
    read_block(r, &v->b, "b");
}

static void read_version(struct reader *r, enum vault_kind kind, struct vault_version *v)
{
    hex_text(reader_take(r, ID_BYTES, "id"), v->id, sizeof v->id);
    const unsigned flags = read_flags(r, VERSION_FLAGS, "flags");
    v->enabled = flags & VERSION_ENABLED;
    v->has_nbf = flags & VERSION_NBF;
    v->has_exp = flags & VERSION_EXP;
    v->hsm = flags & VERSION_HSM;
    v->notified = flags & VERSION_NOTIFIED;
    v->nbf = read_time(r, "nbf");
    v->exp = read_time(r, "exp");
    v->created = read_time(r, "created");
    v->updated = read_time(r, "updated");
    read_block(r, &v->tags, "tags");
    bytes_copy(v->secret.bytes, reader_take(r, sizeof v->secret.bytes, "secret"));
    if (kind == VAULT_KEY)
        read_key(r, v);
    else
        read_block(r, &v->content_type, "content_type");
}

static void read_versions(struct reader *r, struct vault_item *item)
{
    const size_t at = r->pos;
    const unsigned count = reader_u16le(r, "versions");
    if (reader_ok(r) && count > VAULT_VERSIONS_MAX)
        quoth_fail(r->err, QUOTH_MALFORMED, "versions", at, "are %u, limit is %u", count,
                   VAULT_VERSIONS_MAX);
    for (unsigned i = 0; i < count && reader_ok(r); i++) {
        struct vault_version *v = vault_item_extend(item, r->err);
        if (v)
            read_version(r, item->kind, v);
    }
}

bool item_read(struct reader *r, struct vault_item *ret_item)
{
    AUTO(vault_item) struct vault_item item = {0};
    const size_t at = r->pos;
    const unsigned form = reader_u8(r, "form");
    if (reader_ok(r) && form != FORM)
        return quoth_fail(r->err, QUOTH_STORE_VERSION, "form", at, "is %u, this build knows %d",
                          form, FORM);
    item.kind = (enum vault_kind)read_below(r, VAULT_SECRET + 1, "kind");
    read_name(r, &item);
    item.deleted_at = read_time(r, "deleted_at");
    item.purge_at = read_time(r, "purge_at");
    const unsigned flags = read_flags(r, ITEM_FLAGS, "flags");
    item.exportable = flags & ITEM_EXPORTABLE;
    item.policy_immutable = flags & ITEM_IMMUTABLE;
    read_block(r, &item.policy, "policy");
    read_block(r, &item.policy_type, "policy_type");
    item.policy_number = read_time(r, "policy_number");
    item.policy_since = read_time(r, "policy_since");
    read_rotation(r, &item.rotation);
    read_versions(r, &item);
    if (!reader_ok(r))
        return false;
    *ret_item = take_value(item);
    return true;
}
