#include "cli/sheet.h"

#include "base/text.h"
#include "base/time.h"
#include "cli/output.h"
#include "codec/hex.h"
#include "codec/json_write.h"

#include <stdio.h>

#define NAME_COLUMN 22
#define TEXT_SHOWN 1024 /* bytes of a value that people are shown */

struct sheet sheet_for(const struct cli *cli)
{
    struct sheet s = {.json = cli->json};
    if (s.json)
        json_object_begin(&s.out);
    return s;
}

void sheet_clear(struct sheet *s)
{
    buffer_clear(&s->out);
}

static void indent(struct sheet *s)
{
    buffer_fill(&s->out, (size_t)2 * s->depth, ' ');
}

static void name(struct sheet *s, const char *text)
{
    indent(s);
    buffer_printf(&s->out, "%-*s ", NAME_COLUMN - 2 * (int)s->depth, text);
}

static void heading(struct sheet *s, const char *text)
{
    indent(s);
    buffer_printf(&s->out, "%s\n", text);
    s->depth++;
}

void sheet_begin(struct sheet *s, const char *title)
{
    if (!s->json) {
        heading(s, title);
        return;
    }
    json_name(&s->out, title);
    json_object_begin(&s->out);
}

void sheet_end(struct sheet *s)
{
    if (s->json)
        json_object_end(&s->out);
    else
        s->depth--;
}

void sheet_list_begin(struct sheet *s, const char *title)
{
    if (!s->json) {
        heading(s, title);
        return;
    }
    json_name(&s->out, title);
    json_array_begin(&s->out);
}

void sheet_entry_begin(struct sheet *s, size_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%zu", number);
    if (s->json)
        json_object_begin(&s->out);
    else
        heading(s, text);
}

void sheet_entry_end(struct sheet *s)
{
    sheet_end(s);
}

void sheet_list_end(struct sheet *s)
{
    if (s->json)
        json_array_end(&s->out);
    else
        s->depth--;
}

void sheet_text(struct sheet *s, const char *title, struct bytes value)
{
    char shown[TEXT_SHOWN];
    text_escape(shown, sizeof shown, value); /* JSON ends up on terminals as well */
    if (s->json) {
        json_named_cstring(&s->out, title, shown);
        return;
    }
    name(s, title);
    buffer_printf(&s->out, "%s\n", shown);
}

void sheet_cstring(struct sheet *s, const char *title, const char *value)
{
    sheet_text(s, title, bytes_of_text(value));
}

void sheet_hex(struct sheet *s, const char *title, struct bytes value)
{
    if (s->json) {
        json_named_hex(&s->out, title, value);
        return;
    }
    name(s, title);
    hex_encode(value, &s->out);
    buffer_text(&s->out, "\n");
}

void sheet_uint(struct sheet *s, const char *title, uint64_t value)
{
    if (s->json) {
        json_named_uint(&s->out, title, value);
        return;
    }
    name(s, title);
    buffer_printf(&s->out, "%llu\n", (unsigned long long)value);
}

void sheet_bool(struct sheet *s, const char *title, bool value)
{
    if (s->json) {
        json_named_bool(&s->out, title, value);
        return;
    }
    name(s, title);
    buffer_text(&s->out, value ? "yes\n" : "no\n");
}

void sheet_time(struct sheet *s, const char *title, int64_t value)
{
    char text[TIME_TEXT_SIZE];
    sheet_cstring(s, title, time_format(value, text));
}

bool sheet_print(struct sheet *s, struct quoth_error *err)
{
    if (!s->json)
        return output_write(&s->out, err);
    json_object_end(&s->out);
    return output_json(&s->out, err);
}
