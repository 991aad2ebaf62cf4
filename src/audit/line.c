#include "audit/line.h"

#include "base/text.h"
#include "base/time.h"
#include "codec/json_write.h"

struct audit_line audit_begin(const char *event, int64_t now)
{
    char time[TIME_TEXT_SIZE];
    struct audit_line line = {0};
    buffer_reserve(&line.text, 1024);
    json_object_begin(&line.text);
    json_name(&line.text, "time");
    json_cstring(&line.text, time_format(now, time));
    json_name(&line.text, "event");
    json_cstring(&line.text, event);
    return line;
}

void audit_bytes(struct audit_line *line, const char *name, struct bytes value)
{
    char text[AUDIT_TEXT_MAX];
    json_name(&line->text, name);
    json_cstring(&line->text, text_escape(text, sizeof text, value));
}

void audit_text(struct audit_line *line, const char *name, const char *value)
{
    if (value)
        audit_bytes(line, name, bytes_of_text(value));
}

void audit_hex(struct audit_line *line, const char *name, struct bytes value)
{
    json_name(&line->text, name);
    json_hex(&line->text, value);
}

void audit_number(struct audit_line *line, const char *name, int64_t value)
{
    json_name(&line->text, name);
    json_int(&line->text, value);
}

void audit_bool(struct audit_line *line, const char *name, bool value)
{
    json_name(&line->text, name);
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
