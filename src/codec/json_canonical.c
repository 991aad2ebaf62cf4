#include "codec/json_node.h"
#include "codec/json_write.h"

/* As deep as the reader let the document be. NOLINTBEGIN(misc-no-recursion) */
static void write_value(struct json value, struct buffer *to);

static void write_object(struct json object, struct buffer *to)
{
    const size_t count = json_count(object);
    AUTO(buffer) struct buffer scratch = {0};
    struct json_name *names = json_names_sorted(object.doc, object.index, count, false, &scratch);
    to->failed |= !names;
    json_object_begin(to);
    for (size_t i = 0; names && i < count; i++) {
        const uint32_t value = names[i].index + 1;
        json_name_bytes(to, names[i].text);
        write_value((struct json){object.doc, value, value + 1}, to);
    }
    json_object_end(to);
    free(names);
}

static void write_string(struct json string, struct buffer *to)
{
    AUTO(buffer) struct buffer text = {0};
    json_text(string, &text);
    to->failed |= text.failed;
    json_string(to, buffer_bytes(&text));
}

static void write_array(struct json array, struct buffer *to)
{
    json_array_begin(to);
    for (struct json v = json_first(array); json_exists(v); v = json_next(v))
        write_value(v, to);
    json_array_end(to);
}

static void write_value(struct json value, struct buffer *to)
{
    switch (json_type(value)) {
    case JSON_OBJECT:
        write_object(value, to);
        break;
    case JSON_ARRAY:
        write_array(value, to);
        break;
    case JSON_STRING:
        write_string(value, to);
        break;
    default:
        json_raw(to, json_span(value));
    }
}

/* NOLINTEND(misc-no-recursion) */

void json_write_canonical(struct json value, struct buffer *to)
{
    write_value(value, to);
}
