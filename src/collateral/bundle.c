#include "collateral/bundle.h"

#include "codec/hex.h"
#include "codec/json.h"
#include "codec/json_write.h"
#include "collateral/endorsements.h"
#include "collateral/part.h"

#include <stdio.h>

/* Each member of form A is named after its part; the two signed ones have a second member. */
static const struct {
    enum collateral_part part;
    const char *signature;
} members[] = {
    {COLLATERAL_PCK_CRL_CHAIN,     NULL                   },
    {COLLATERAL_ROOT_CRL,          NULL                   },
    {COLLATERAL_PCK_CRL,           NULL                   },
    {COLLATERAL_TCB_INFO_CHAIN,    NULL                   },
    {COLLATERAL_TCB_INFO,          "tcb_info_signature"   },
    {COLLATERAL_QE_IDENTITY_CHAIN, NULL                   },
    {COLLATERAL_QE_IDENTITY,       "qe_identity_signature"},
    {COLLATERAL_PCK_CHAIN,         NULL                   },
};

static bool read_member(struct json object, size_t i, struct collateral_builder *to,
                        struct quoth_error *err)
{
    const char *name = collateral_part_name(members[i].part), *second = members[i].signature;
    AUTO(buffer) struct buffer value = {0}, signature = {0};
    struct json there;
    if (!json_member(object, name, &there))
        return !second || !json_member(object, second, &there) ||
               quoth_fail(err, QUOTH_BUNDLE, name, QUOTH_NO_OFFSET, "is missing beside its %s",
                          second);
    if (!json_get_text(there, &value, err))
        return false;
    if (!second)
        return collateral_add(to, members[i].part, buffer_bytes(&value), err);
    return json_need_text(object, second, &signature, err) &&
           collateral_add_signed(to, members[i].part, buffer_bytes(&value),
                                 buffer_bytes(&signature), err);
}

static bool read_json(struct bytes data, struct collateral_builder *to, struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    const struct json_limits limits = {.max_len = BUNDLE_SIZE_MAX, .max_depth = 4};
    if (!json_parse(data, &limits, &doc, err))
        return false;
    for (size_t i = 0; i < COUNT(members); i++)
        if (!read_member(json_root(&doc), i, to, err))
            return false;
    if (to->memory.len == 0)
        return quoth_fail(err, QUOTH_BUNDLE, NULL, 0, "has no part of collateral");
    return true;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_json(struct bytes data)
{
    size_t at = 0;
    while (at < data.len && is_space(data.data[at]))
        at++;
    return at < data.len && data.data[at] == '{';
}

static bool read_any(struct bytes data, struct collateral_builder *to, struct quoth_error *err)
{
    if (is_json(data))
        return read_json(data, to, err);
    if (endorsements_are_sgx(data))
        return endorsements_read_sgx(data, to, err);
    if (endorsements_are_tdx(data))
        return endorsements_read_tdx(data, to, err);
    if (endorsements_are_flat(data))
        return endorsements_read_flat(data, to, err);
    return quoth_fail(err, QUOTH_BUNDLE, NULL, 0, "is of no known form");
}

bool bundle_read(struct bytes data, struct collateral *ret_collateral, struct quoth_error *err)
{
    AUTO(collateral_builder) struct collateral_builder b = {0};
    if (data.len > BUNDLE_SIZE_MAX)
        return quoth_fail(err, QUOTH_TOO_LARGE, NULL, BUNDLE_SIZE_MAX,
                          "has %zu bytes, the limit is %u", data.len, BUNDLE_SIZE_MAX);
    return read_any(data, &b, err) && collateral_finish(&b, ret_collateral, err);
}

/* A body as served is split into the exact bytes that are signed, and the signature. */
static bool write_signed(const struct collateral *c, size_t i, struct buffer *to,
                         struct quoth_error *err)
{
    const enum collateral_part part = members[i].part;
    AUTO(json_doc) struct json_doc doc = {0};
    struct json object;
    struct bytes signature;
    if (!json_parse(c->part[part], NULL, &doc, err) ||
        !json_need_object(json_root(&doc), collateral_signed_member(part), &object, err) ||
        !json_need_plain(json_root(&doc), "signature", &signature, err))
        return quoth_within(err, collateral_part_name(part));
    json_named_string(to, collateral_part_name(part), json_span(object));
    json_named_string(to, members[i].signature, signature);
    return true;
}

static bool write_member(const struct collateral *c, size_t i, struct buffer *to,
                         struct quoth_error *err)
{
    const enum collateral_part part = members[i].part;
    if (c->part[part].len == 0)
        return true;
    if (members[i].signature)
        return write_signed(c, i, to, err);
    json_name(to, collateral_part_name(part));
    if (part == COLLATERAL_ROOT_CRL || part == COLLATERAL_PCK_CRL)
        json_hex(to, c->part[part]);
    else
        json_string(to, c->part[part]);
    return true;
}

bool bundle_write(const struct collateral *c, struct buffer *to, struct quoth_error *err)
{
    AUTO(buffer) struct buffer json = {0};
    json_object_begin(&json);
    for (size_t i = 0; i < COUNT(members); i++)
        if (!write_member(c, i, &json, err))
            return false;
    json_object_end(&json);
    buffer_add(to, buffer_bytes(&json));
    return buffer_ok(&json, err) && buffer_ok(to, err);
}
