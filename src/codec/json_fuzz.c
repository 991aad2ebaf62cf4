/* Any text: what is accepted has its values inside the text, finds every member by its name, and
 * gives the same value again after re-emission; what is refused says where. */
#include "codec/json_write.h"
#include "tests/fuzz/fuzz.h"

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the reader let the document be */
static void check_value(struct json value, struct bytes within)
{
    const struct bytes span = json_span(value);
    require(span.len > 0 && span.data >= within.data);
    require(span.data + span.len <= within.data + within.len);
    for (struct json v = json_first(value); json_exists(v); v = json_next(v)) {
        AUTO(buffer) struct buffer name = {0};
        struct json found;
        json_text(json_member_name(v), &name);
        buffer_u8(&name, 0);
        if (json_type(value) == JSON_OBJECT) {
            require(json_member(value, (const char *)name.data, &found));
            require(found.index == v.index);
            require(json_member_fold(value, (const char *)name.data, &found));
        }
        check_value(v, span);
    }
}

static void check_re_emission(struct json root)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer once = {0}, twice = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    json_write_canonical(root, &once);
    require(json_parse(buffer_bytes(&once), NULL, &doc, &err));
    require(doc.count == root.doc->count);
    json_write_canonical(json_root(&doc), &twice);
    require(bytes_equal(buffer_bytes(&once), buffer_bytes(&twice)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct bytes in = {data, len};
    const struct json_limits fold = {.fold_names = true};
    struct quoth_error err = {0}, fold_err = {0};
    AUTO(json_doc) struct json_doc doc = {0}, folded = {0};
    const bool ok = json_parse(in, NULL, &doc, &err);

    require(!json_parse(in, &fold, &folded, &fold_err) || ok);
    if (ok) {
        check_value(json_root(&doc), in);
        check_re_emission(json_root(&doc));
        require(fold_err.code == QUOTH_OK || fold_err.code == QUOTH_JSON_DUPLICATE);
    } else {
        require(err.code != QUOTH_OK && err.offset <= len && err.message[0] != '\0');
        require(doc.nodes == NULL);
    }
    return 0;
}
