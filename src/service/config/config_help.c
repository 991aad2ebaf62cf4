#include "codec/roff.h"
#include "service/config/config_rows.h"

#include <stdio.h>

#define TEXT_COLUMN 33

static const struct {
    const char *line, *what;
} uses[] = {
    {"quothd init --issuer URL [OPTION]...",     "make keys, local CA and store"             },
    {"quothd init --add-tenant URL [OPTION]...", "add a tenant to them"                      },
    {"quothd [OPTION]...",                       "serve"                                     },
    {"quothd --check-config [OPTION]...",        "read everything, say what is wrong"        },
    {"quothd sidecar [OPTION]...",               "serve programs in one TEE with it (--help)"},
    {"quothd --help, quothd --version",          "tell about it"                             },
};

static const char precedence[] =
    "Each option may also be given as an environment variable (--master-key as\n"
    "QUOTH_MASTER_KEY) or as a member of the configuration file; the first that is\n"
    "given counts, in this order. What is marked + is read again at SIGHUP; what is\n"
    "marked * is said of one tenant, and may stand under its issuer in the member\n"
    "\"tenants\" of the file, too.";

static const struct {
    const char *signal, *what;
} signals[] = {
    {"SIGHUP",          "read the configuration and the TLS files again: all of it, or, if anything is "
               "wrong, nothing"                              },
    {"SIGTERM, SIGINT", "accept no more, answer what is in flight, and end"},
};

static const struct {
    const char *status, *what;
} statuses[] = {
    {"0", "ended as it was told to"                                        },
    {"1", "refused: the store or a key is not what it should be"           },
    {"2", "wrong usage or settings"                                        },
    {"3", "something needed is unavailable: a file, an address, a database"},
    {"4", "something read is malformed"                                    },
};

/* "+*": see precedence. */
static const char *marks(const struct setting_row *row)
{
    const bool live = !(row->use & (SETTING_AT_START | SETTING_AT_INIT));
    const bool tenant = row->use & SETTING_OF_TENANT;
    return live ? tenant ? "+*" : "+" : tenant ? "*" : "";
}

static void add_row(struct buffer *to, const struct setting_row *row)
{
    char option[64];
    snprintf(option, sizeof option, "  --%s%s%s", row->name, row->value ? " " : "",
             row->value ? row->value : "");
    if (strlen(option) > TEXT_COLUMN - 2)
        buffer_printf(to, "%s\n%*s", option, TEXT_COLUMN, "");
    else
        buffer_printf(to, "%-*s", TEXT_COLUMN, option);
    buffer_printf(to, "%s%s%s", row->help, marks(row)[0] ? " " : "", marks(row));
    if (row->standard)
        buffer_printf(to, " (default: %s)", row->standard);
    buffer_text(to, "\n");
}

void config_help(struct buffer *to)
{
    for (size_t i = 0; i < COUNT(uses); i++)
        buffer_printf(to, "%s %-42s %s\n", i == 0 ? "usage:" : "      ", uses[i].line,
                      uses[i].what);
    buffer_printf(to, "\n%s\n", precedence);
    for (unsigned topic = 0; topic < TOPICS; topic++) {
        buffer_printf(to, "\n%s:\n", setting_topic_name((enum setting_topic)topic));
        for (size_t i = 0; i < setting_count; i++)
            if (setting_rows[i].topic == topic)
                add_row(to, &setting_rows[i]);
    }
}

/* ---- the manual */

static void add_item(struct buffer *to, const char *term, const char *what)
{
    roff_item(to);
    roff_bold(to, term);
    roff_meaning(to, what);
}

static void add_setting(struct buffer *to, const struct setting_row *row)
{
    char option[64], more[160];
    snprintf(option, sizeof option, "--%s", row->name);
    roff_item(to);
    roff_bold(to, option);
    buffer_text(to, " ");
    if (row->value)
        roff_italic(to, row->value);
    buffer_printf(to, " %s", marks(row));
    roff_meaning(to, row->help);
    if (!row->standard)
        return;
    snprintf(more, sizeof more, "(default: %s)", row->standard);
    roff_more(to, more);
}

void config_man(struct buffer *to)
{
    roff_begin(to, "quothd", "8", "verifier of remote attestation");
    roff_heading(to, "SYNOPSIS");
    for (size_t i = 0; i < COUNT(uses); i++)
        add_item(to, uses[i].line, uses[i].what);
    roff_heading(to, "SETTINGS");
    roff_more(to, precedence);
    for (unsigned topic = 0; topic < TOPICS; topic++) {
        roff_subheading(to, setting_topic_name((enum setting_topic)topic));
        for (size_t i = 0; i < setting_count; i++)
            if (setting_rows[i].topic == topic)
                add_setting(to, &setting_rows[i]);
    }
    roff_heading(to, "SIGNALS");
    for (size_t i = 0; i < COUNT(signals); i++)
        add_item(to, signals[i].signal, signals[i].what);
    roff_heading(to, "EXIT STATUS");
    for (size_t i = 0; i < COUNT(statuses); i++)
        add_item(to, statuses[i].status, statuses[i].what);
    roff_heading(to, "SEE ALSO");
    roff_bold(to, "quoth");
    buffer_text(to, "(1)\n");
}

/* ---- completion */

static void add_value_case(struct buffer *to, const struct setting_row *row)
{
    if (row->kind == SETTING_FLAG)
        return;
    buffer_printf(to, "    --%s) words=\"", row->name);
    for (const char *c = row->kind == SETTING_CHOICE ? row->value : ""; *c; c++)
        buffer_u8(to, (uint8_t)(*c == '|' ? ' ' : *c));
    buffer_text(to, "\" ;;\n");
}

void config_bash(struct buffer *to)
{
    buffer_text(to,
                "# Completion of quothd for bash. What it does not know is completed as a file.\n"
                "_quothd()\n{\n"
                "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
                "    local words=\"--check-config --help --version");
    for (size_t i = 0; i < setting_count; i++)
        buffer_printf(to, " --%s", setting_rows[i].name);
    buffer_text(to, "\"\n    ((COMP_CWORD == 1)) && words+=\" init\"\n    case $before in\n");
    for (size_t i = 0; i < setting_count; i++)
        add_value_case(to, &setting_rows[i]);
    buffer_text(to, "    esac\n"
                    "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
                    "}\n"
                    "complete -o bashdefault -o default -F _quothd quothd\n");
}

/* ---- docs/settings.md */

void config_markdown(struct buffer *to)
{
    buffer_text(to,
                "# Settings of quothd\n\n"
                "Printed from the table that `quothd --help` and quothd(8) are printed from.\n\n");
    buffer_printf(to, "%s\n", precedence);
    for (unsigned topic = 0; topic < TOPICS; topic++) {
        buffer_printf(to, "\n## %s\n\n| setting | | default | meaning |\n|---|---|---|---|\n",
                      setting_topic_name((enum setting_topic)topic));
        for (size_t i = 0; i < setting_count; i++) {
            const struct setting_row *row = &setting_rows[i];
            if (row->topic == topic)
                buffer_printf(to, "| `%s` | %s | %s%s%s | %s |\n", row->name, marks(row),
                              row->standard ? "`" : "", row->standard ? row->standard : "",
                              row->standard ? "`" : "", row->help);
        }
    }
}
