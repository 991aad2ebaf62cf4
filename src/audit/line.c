#include "audit/line.h"

#include "base/text.h"
#include "codec/json_write.h"

struct audit_line audit_begin(const char *event, int64_t now)
{
    struct audit_line line = {0};
    buffer_reserve(&line.text, 1024);
    json_object_begin(&line.text);
    json_named_time(&line.text, "time", now);
    json_named_cstring(&line.text, "event", event);
    return line;
}

/* Names are ours and need no escapes. A line always has members before: a comma is due. */
static void add_name(struct audit_line *line, const char *name)
{
    buffer_text(&line->text, ",\"");
    buffer_text(&line->text, name);
    buffer_text(&line->text, "\":");
}

/* What most values are: nothing in them has to be looked at twice. */
static bool is_plain(struct bytes value)
{
    if (value.len >= AUDIT_TEXT_MAX)
        return false;
    bool plain = true;
    for (size_t i = 0; i < value.len; i++) {
        const uint8_t c = value.data[i];
        plain &= (c >= 0x20) & (c < 0x7f) & (c != '"') & (c != '\\');
    }
    return plain;
}

void audit_bytes(struct audit_line *line, const char *name, struct bytes value)
{
    char text[AUDIT_TEXT_MAX];
    add_name(line, name);
    buffer_u8(&line->text, '"');
    if (is_plain(value)) {
        buffer_add(&line->text, value);
        buffer_u8(&line->text, '"');
        return;
    }
    line->text.len--;
    json_cstring(&line->text, text_escape(text, sizeof text, value));
}

void audit_text(struct audit_line *line, const char *name, const char *value)
{
    if (value)
        audit_bytes(line, name, bytes_of_text(value));
}

void audit_hex(struct audit_line *line, const char *name, struct bytes value)
{
    add_name(line, name);
    json_hex(&line->text, value);
}

void audit_number(struct audit_line *line, const char *name, int64_t value)
{
    add_name(line, name);
    json_int(&line->text, value);
}

void audit_bool(struct audit_line *line, const char *name, bool value)
{
    add_name(line, name);
    json_bool(&line->text, value);
}

void audit_failure(struct audit_line *line, const struct quoth_error *why)
{
    if (!why || why->code == QUOTH_OK)
        return;
    audit_text(line, "code", quoth_code_dotted(why->code));
    if (why->where[0])
        audit_text(line, "where", why->where);
    if (why->offset != QUOTH_NO_OFFSET)
        audit_number(line, "offset", (int64_t)why->offset);
    audit_text(line, "message", why->message);
}

void audit_line_clear(struct audit_line *line)
{
    buffer_clear(&line->text);
}
