#include "audit/checkpoint.h"

#include "codec/json_write.h"

void checkpoint_write(struct buffer *to, const char *stream, const struct audit_checkpoint *c)
{
    json_object_begin(to);
    json_named_cstring(to, "stream", stream);
    json_named_cstring(to, "id", c->id);
    json_named_uint(to, "count", c->head.count);
    json_named_hex(to, "head", BYTES_OF(c->head.hash.bytes));
    json_object_end(to);
}

static bool read_one(struct json from, struct audit_checkpoint *ret, struct quoth_error *err)
{
    struct audit_checkpoint c = {0};
    struct bytes id;
    if (!json_need_plain(from, "id", &id, err) ||
        !json_need_uint(from, "count", INT64_MAX, &c.head.count, err) ||
        !json_need_hex(from, "head", c.head.hash.bytes, sizeof c.head.hash.bytes, err))
        return false;
    if (id.len != sizeof c.id - 1)
        return quoth_fail(err, QUOTH_AUDIT_CHECKPOINT, CHECKPOINT_CLAIM, json_offset(from),
                          "has an id that is none");
    bytes_copy((uint8_t *)c.id, id);
    *ret = c;
    return true;
}

bool checkpoints_read(struct json payload, struct audit_checkpoint ret_list[CHECKPOINTS_MAX],
                      size_t *ret_count, struct quoth_error *err)
{
    struct quoth_error inner = {0};
    struct json list;
    size_t count = 0;
    if (!json_need_array(payload, CHECKPOINT_CLAIM, &list, &inner))
        return quoth_fail(err, QUOTH_AUDIT_CHECKPOINT, CHECKPOINT_CLAIM, QUOTH_NO_OFFSET, "%s",
                          inner.message);
    for (struct json one = json_first(list); json_exists(one); one = json_next(one)) {
        if (count == CHECKPOINTS_MAX)
            return quoth_fail(err, QUOTH_AUDIT_CHECKPOINT, CHECKPOINT_CLAIM, QUOTH_NO_OFFSET,
                              "speaks of more than %u streams", CHECKPOINTS_MAX);
        if (!read_one(one, &ret_list[count++], &inner))
            return quoth_fail(err, QUOTH_AUDIT_CHECKPOINT, CHECKPOINT_CLAIM, inner.offset, "%s",
                              inner.message);
    }
    if (count == 0)
        return quoth_fail(err, QUOTH_AUDIT_CHECKPOINT, CHECKPOINT_CLAIM, QUOTH_NO_OFFSET,
                          "speaks of no stream");
    *ret_count = count;
    return true;
}

bool checkpoint_watermark(struct json payload, int64_t *ret_version, struct quoth_error *err)
{
    struct quoth_error inner = {0};
    return json_need_int(payload, CHECKPOINT_WATERMARK, 1, INT64_MAX, ret_version, &inner) ||
           quoth_fail(err, QUOTH_AUDIT_CHECKPOINT, CHECKPOINT_WATERMARK, inner.offset, "%s",
                      inner.message);
}

bool checkpoint_token(struct bytes file, struct buffer *ret_token, struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    while (file.len > 0 && strchr(" \t\r\n", file.data[file.len - 1]))
        file.len--;
    if (file.len > 0 && file.data[0] == '{')
        return json_parse(file, NULL, &doc, err) &&
               json_need_text(json_root(&doc), "token", ret_token, err);
    buffer_add(ret_token, file);
    return buffer_ok(ret_token, err);
}
