#include "verifier/held.h"

#include "codec/hex.h"
#include "codec/json.h"
#include "codec/json_write.h"

#define HELD_JSON_DEPTH 16

bool held_data_bound(struct bytes data, struct bytes field, const char *where,
                     struct quoth_error *err)
{
    const struct sha256 digest = sha256_of(data);
    const struct bytes hash = BYTES_OF(digest.bytes), front = bytes_slice(field, 0, hash.len);
    char found[72], expected[72];
    if (!bytes_equal(front, hash))
        return quoth_mismatch(err, QUOTH_HELD_DATA_MISMATCH, where, QUOTH_NO_OFFSET,
                              hex_text(hash, found, sizeof found),
                              hex_text(front, expected, sizeof expected));
    if (!bytes_all_zero(bytes_slice(field, hash.len, field.len)))
        return quoth_fail(err, QUOTH_HELD_DATA_MISMATCH, where, QUOTH_NO_OFFSET,
                          "what follows the hash in the evidence is not zero");
    return true;
}

static bool read_object(struct bytes text, const char *where, struct buffer *to,
                        struct quoth_error *err)
{
    static const struct json_limits limits = {
        .max_len = HELD_DATA_MAX, .max_depth = HELD_JSON_DEPTH, .fold_names = true};
    AUTO(json_doc) struct json_doc doc = {0};
    if (!json_parse(text, &limits, &doc, err))
        return false;
    if (json_type(json_root(&doc)) != JSON_OBJECT)
        return quoth_fail(err, QUOTH_HELD_DATA_INVALID, where, 0, "is not a JSON object");
    json_write_canonical(json_root(&doc), to);
    return buffer_ok(to, err);
}

bool held_json_read(struct bytes data, const char *where, struct buffer *to,
                    struct quoth_error *err)
{
    if (data.len > 0 && data.data[data.len - 1] == '\0')
        data.len--;
    if (read_object(data, where, to, err))
        return true;
    if (quoth_code_http(err->code) < 500) {
        err->code = QUOTH_HELD_DATA_INVALID;
        if (strcmp(err->where, where) != 0)
            quoth_within(err, where);
    }
    return false;
}
