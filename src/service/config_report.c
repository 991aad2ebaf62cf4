#include "service/config_report.h"

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

void config_report_setting(struct config_report *r, const struct config *s, size_t tenant,
                           const struct setting_row *row, const struct quoth_error *err)
{
    const struct setting_said said = r->said[tenant][setting_index(row)];
    struct quoth_error named = *err;
    char variable[SETTING_VARIABLE_SIZE];
    named.where[0] = '\0';
    if (said.by == SAID_BY_OPTION)
        snprintf(named.where, sizeof named.where, "--%s", row->name);
    else if (said.by == SAID_BY_VARIABLE)
        snprintf(named.where, sizeof named.where, "%s", setting_variable(row, variable));
    else if (s->tenants[tenant].issuer)
        snprintf(named.where, sizeof named.where, "tenants.%s.%s", s->tenants[tenant].issuer,
                 row->name);
    else
        snprintf(named.where, sizeof named.where, "%s", row->name);
    config_report_add(r, said.by == SAID_IN_FILE ? said.offset : QUOTH_NO_OFFSET, &named);
}
