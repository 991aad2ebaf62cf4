#include "service/config_rows.h"

#include <stdio.h>

#define TEXT_COLUMN 33

static void add_row(struct buffer *to, const struct setting_row *row)
{
    char option[64];
    snprintf(option, sizeof option, "  --%s%s%s", row->name, row->value ? " " : "",
             row->value ? row->value : "");
    if (strlen(option) > TEXT_COLUMN - 2)
        buffer_printf(to, "%s\n%*s", option, TEXT_COLUMN, "");
    else
        buffer_printf(to, "%-*s", TEXT_COLUMN, option);
    buffer_text(to, row->help);
    if (row->standard)
        buffer_printf(to, " (default: %s)", row->standard);
    buffer_text(to, "\n");
}

void config_help(struct buffer *to)
{
    buffer_text(to,
                "usage: quothd init --issuer URL [OPTION]...       make keys, local CA and store\n"
                "       quothd init --add-tenant URL [OPTION]...   add a tenant to them\n"
                "       quothd [OPTION]...                         serve\n"
                "       quothd --check-config [OPTION]...          read everything, say what is "
                "wrong\n\n"
                "Each option may also be given as an environment variable (--master-key as\n"
                "QUOTH_MASTER_KEY) or as a member of the configuration file; the first that is\n"
                "given counts, in this order.\n");
    for (unsigned topic = 0; topic < TOPICS; topic++) {
        buffer_printf(to, "\n%s:\n", setting_topic_name((enum setting_topic)topic));
        for (size_t i = 0; i < setting_count; i++)
            if (setting_rows[i].topic == topic)
                add_row(to, &setting_rows[i]);
    }
}
