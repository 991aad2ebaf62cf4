#include "service/config/config_report.h"

#include "base/text.h"

#include <stdio.h>

void config_report_clear(struct config_report *r)
{
    buffer_clear(&r->path);
    buffer_clear(&r->file);
    buffer_clear(&r->problems);
    *r = (struct config_report){0};
}

void config_report_add(struct config_report *r, size_t offset, const struct quoth_error *err)
{
    if (offset != QUOTH_NO_OFFSET) {
        const struct text_place at = text_place(buffer_bytes(&r->file), offset);
        buffer_add(&r->problems, buffer_bytes(&r->path));
        buffer_printf(&r->problems, ":%zu:%zu: ", at.line, at.column);
    }
    buffer_printf(&r->problems, "%s%s%s\n", err->where, err->where[0] ? ": " : "", err->message);
    r->count++;
}

/* "--rate", "QUOTH_RATE", "rate" or "tenants.https://b.example.rate". */
static void name_setting(struct buffer *to, enum setting_source by, const char *issuer,
                         const struct setting_row *row)
{
    char variable[SETTING_VARIABLE_SIZE];
    if (by == SAID_BY_OPTION)
        buffer_printf(to, "--%s", row->name);
    else if (by == SAID_BY_VARIABLE)
        buffer_text(to, setting_variable(row, variable));
    else
        buffer_printf(to, "%s%s%s%s", issuer ? "tenants." : "", issuer ? issuer : "",
                      issuer ? "." : "", row->name);
}

void config_report_value(struct config_report *r, const struct config *s, size_t tenant,
                         const struct setting_row *row, const char *value,
                         const struct quoth_error *err)
{
    const struct setting_said said = r->said[tenant][setting_index(row)];
    struct quoth_error named = *err;
    AUTO(buffer) struct buffer where = {0};
    char shown[48];
    name_setting(&where, said.by, s->tenants[tenant].issuer, row);
    buffer_printf(&where, " %s", text_escape(shown, sizeof shown, bytes_of_text(value)));
    snprintf(named.where, sizeof named.where, "%.*s", (int)where.len, (const char *)where.data);
    config_report_add(r, said.by == SAID_IN_FILE ? said.offset : QUOTH_NO_OFFSET, &named);
}
