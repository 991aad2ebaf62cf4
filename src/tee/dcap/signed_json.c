#include "tee/dcap/signed_json.h"

static bool read_members(struct signed_json *s, const char *name, struct quoth_error *err)
{
    const struct json root = json_root(&s->doc);
    if (!json_need_object(root, name, &s->inner, err) ||
        !json_need_hex(root, "signature", s->signature, sizeof s->signature, err))
        return false;
    if (json_count(root) != 2)
        return quoth_fail(err, QUOTH_JSON_VALUE, "", 0,
                          "has members beside \"%s\" and \"signature\"", name);
    s->signed_part = json_span(s->inner);
    return true;
}

bool signed_json_read(struct bytes text, const char *name, struct signed_json *ret,
                      struct quoth_error *err)
{
    static const struct json_limits limits = {.max_len = SIGNED_JSON_MAX};
    *ret = (struct signed_json){0};
    if (json_parse(text, &limits, &ret->doc, err) && read_members(ret, name, err))
        return true;
    signed_json_clear(ret);
    return false;
}

void signed_json_clear(struct signed_json *s)
{
    json_doc_clear(&s->doc);
    *s = (struct signed_json){0};
}

bool signed_json_signed_by(const struct signed_json *s, const struct p256_public *key)
{
    const struct sha256 digest = sha256_of(s->signed_part);
    return p256_verify(key, &digest, BYTES_OF(s->signature));
}
