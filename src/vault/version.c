#include "vault/version.h"

#include "codec/hex.h"
#include "crypto/random.h"

#include <stdio.h>

static bool make_id(char ret_id[VAULT_VERSION_SIZE], struct quoth_error *err)
{
    uint8_t id[(VAULT_VERSION_SIZE - 1) / 2];
    if (!random_fill(id, sizeof id, err))
        return false;
    hex_text(BYTES_OF(id), ret_id, VAULT_VERSION_SIZE);
    return true;
}

bool version_begin(struct vault_item *item, struct bytes name, int64_t now,
                   struct vault_version **ret_version, struct quoth_error *err)
{
    if (vault_item_state(item) == VAULT_DELETED)
        return quoth_fail(err, QUOTH_VAULT_DELETED, item->name, QUOTH_NO_OFFSET,
                          "is deleted and can be recovered until its time is over");
    if (vault_item_state(item) == VAULT_GONE && !vault_name_copy(name, item->name, err))
        return false;
    struct vault_version *version = vault_item_extend(item, err);
    if (!version || !make_id(version->id, err))
        return false;
    version->enabled = true;
    version->created = version->updated = now;
    *ret_version = version;
    return true;
}

bool version_set_key(const struct material *m, const struct vault_item *item,
                     struct vault_version *version, struct shelf_parts *parts,
                     struct quoth_error *err)
{
    AUTO(pkcs8_public) struct pkcs8_public public = {0};
    AUTO(buffer) struct buffer part = {0};
    version->type = material_type(m);
    version->bits = material_bits(m);
    if (version->type != MATERIAL_OCT && !material_public(m, &public, err))
        return false;
    version->curve = public.curve;
    version->a = take_value(public.a);
    version->b = take_value(public.b);
    return material_export(m, &part, err) && shelf_add(parts, item, version, &part, err);
}

bool version_set_value(struct bytes value, const struct vault_item *item,
                       struct vault_version *version, struct shelf_parts *parts,
                       struct quoth_error *err)
{
    AUTO(buffer) struct buffer part = {0};
    buffer_add(&part, value);
    return buffer_ok(&part, err) && shelf_add(parts, item, version, &part, err);
}

static uint64_t number_of(const struct buffer *big_endian)
{
    uint64_t number = 0;
    for (size_t i = 0; i < big_endian->len && i < sizeof number; i++)
        number = number << 8 | big_endian->data[i];
    return number;
}

struct material_spec version_spec(const struct vault_version *version)
{
    return (struct material_spec){
        .type = version->type,
        .bits = version->bits,
        .curve = version->curve ? bytes_of_text(version->curve) : (struct bytes){0},
        .exponent = version->type == MATERIAL_RSA ? number_of(&version->b) : 0,
    };
}
