#include "cli/pages.h"

#include "cli/help.h"
#include "codec/roff.h"

#include <stdio.h>

/* ---- manual pages */

/* What stands in lists without a capital and a full stop is a sentence here. */
static void sentence(struct buffer *to, const char *help)
{
    AUTO(buffer) struct buffer text = {0};
    struct quoth_error ignored = {0};
    buffer_u8(&text, (uint8_t)(help[0] >= 'a' && help[0] <= 'z' ? help[0] - 'a' + 'A' : help[0]));
    buffer_printf(&text, "%s.", help + 1);
    AUTO(text) char *line = buffer_take_text(&text, &ignored);
    if (line)
        roff_more(to, line);
}

static void add_row(void *context, const struct option_row *row)
{
    struct buffer *to = context;
    char name[64];
    const struct bytes bare = option_name(row);
    const char *variable = option_is_operand(row) ? NULL : option_variable(bare);
    snprintf(name, sizeof name, "%s%.*s", option_is_operand(row) ? "" : "--", (int)bare.len,
             (const char *)bare.data);
    roff_item(to);
    if (row->letter) {
        roff_bold(to, (const char[]){'-', row->letter, '\0'});
        buffer_text(to, ", ");
    }
    if (option_is_operand(row)) {
        roff_italic(to, name);
    } else {
        roff_bold(to, name);
        buffer_text(to, " ");
        roff_italic(to, option_value_name(row));
    }
    roff_meaning(to, row->help);
    if (row->kind & OPT_REQUIRED)
        roff_more(to, "(required)");
    if (variable) {
        AUTO(buffer) struct buffer text = {0};
        buffer_printf(&text, "[%s]%c", variable, 0);
        roff_more(to, buffer_ok(&text, &(struct quoth_error){0}) ? (char *)text.data : "");
    }
}

static void add_common(struct buffer *to)
{
    for (size_t i = 0; i < cli_common_options.count; i++)
        add_row(to, &cli_common_options.rows[i]);
}

static void add_status(struct buffer *to)
{
    roff_heading(to, "EXIT STATUS");
    roff_more(to, help_exit_status);
}

void pages_program(struct buffer *to, const struct cli_noun *const *nouns)
{
    roff_begin(to, "quoth", "1", "remote attestation from the command line");
    roff_heading(to, "SYNOPSIS");
    roff_bold(to, "quoth");
    roff_meaning(to, " NOUN VERB [OPTIONS] [FILE]");
    roff_heading(to, "DESCRIPTION");
    roff_more(to, help_what);
    roff_heading(to, "NOUNS");
    for (const struct cli_noun *const *noun = nouns; *noun; noun++) {
        char page[64];
        snprintf(page, sizeof page, "quoth-%s", (*noun)->name);
        roff_item(to);
        roff_bold(to, page);
        buffer_text(to, "(1)");
        roff_meaning(to, (*noun)->help);
    }
    roff_heading(to, "OPTIONS");
    add_common(to);
    add_status(to);
    roff_heading(to, "SEE ALSO");
    roff_bold(to, "quothd");
    buffer_text(to, "(8)\n");
}

static void add_verb(struct buffer *to, const struct cli_noun *noun, const struct cli_verb *verb)
{
    AUTO(buffer) struct buffer usage = {0};
    struct quoth_error ignored = {0};
    help_usage(&usage, noun, verb);
    AUTO(text) char *line = buffer_take_text(&usage, &ignored);
    roff_subheading(to, line ? line : verb->name);
    sentence(to, verb->help);
    help_each(verb, true, add_row, to);
    help_each(verb, false, add_row, to);
}

void pages_noun(struct buffer *to, const struct cli_noun *noun)
{
    char page[64];
    snprintf(page, sizeof page, "quoth-%s", noun->name);
    roff_begin(to, page, "1", noun->help);
    roff_heading(to, "COMMANDS");
    for (size_t i = 0; i < noun->verb_count; i++)
        add_verb(to, noun, &noun->verbs[i]);
    roff_heading(to, "COMMON OPTIONS");
    add_common(to);
    add_status(to);
    roff_heading(to, "SEE ALSO");
    roff_bold(to, "quoth");
    buffer_text(to, "(1), ");
    roff_bold(to, "quothd");
    buffer_text(to, "(8)\n");
}

/* ---- completion */

static void add_option_word(void *context, const struct option_row *row)
{
    const struct bytes name = option_name(row);
    buffer_printf(context, " --%.*s", (int)name.len, (const char *)name.data);
}

/* A choice completes its words; any other value is left to the shell, which knows files. */
static void add_value_case(void *context, const struct option_row *row)
{
    struct buffer *to = context;
    const struct bytes name = option_name(row);
    if (!option_takes_value(row))
        return;
    buffer_printf(to, "        --%.*s%s%c) words=", (int)name.len, (const char *)name.data,
                  row->letter ? "|-" : "", row->letter ? row->letter : ' ');
    if ((row->kind & OPT_KIND_MASK) == OPT_CHOICE) {
        buffer_u8(to, '"');
        for (const char *c = option_value_name(row); *c; c++)
            buffer_u8(to, (uint8_t)(*c == '|' ? ' ' : *c));
        buffer_u8(to, '"');
    }
    buffer_text(to, " ;;\n");
}

static void add_verb_case(struct buffer *to, const struct cli_noun *noun,
                          const struct cli_verb *verb)
{
    buffer_printf(to, "    '%s %s')\n        words=\"", noun->name, verb->name);
    help_each(verb, false, add_option_word, to);
    for (size_t i = 0; i < cli_common_options.count; i++)
        add_option_word(to, &cli_common_options.rows[i]);
    buffer_text(to, "\"\n        case $before in\n");
    help_each(verb, false, add_value_case, to);
    for (size_t i = 0; i < cli_common_options.count; i++)
        add_value_case(to, &cli_common_options.rows[i]);
    buffer_text(to, "        *) [[ $word == -* ]] || words= ;;\n        esac ;;\n");
}

void pages_bash(struct buffer *to, const struct cli_noun *const *nouns)
{
    buffer_text(to,
                "# Completion of quoth for bash. What it does not know is completed as a file.\n"
                "_quoth()\n{\n"
                "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} "
                "words=\n"
                "    local place=\"${COMP_WORDS[*]:1:2}\"\n"
                "    ((COMP_CWORD == 1)) && place=\n"
                "    ((COMP_CWORD == 2)) && place=${COMP_WORDS[1]}\n"
                "    case $place in\n    '') words=\"");
    for (const struct cli_noun *const *noun = nouns; *noun; noun++)
        buffer_printf(to, "%s ", (*noun)->name);
    buffer_text(to, "--help --version\" ;;\n");
    for (const struct cli_noun *const *noun = nouns; *noun; noun++) {
        buffer_printf(to, "    %s) words=\"", (*noun)->name);
        for (size_t i = 0; i < (*noun)->verb_count; i++)
            buffer_printf(to, "%s ", (*noun)->verbs[i].name);
        buffer_text(to, "--help\" ;;\n");
        for (size_t i = 0; i < (*noun)->verb_count; i++)
            add_verb_case(to, *noun, &(*noun)->verbs[i]);
    }
    buffer_text(to, "    esac\n"
                    "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
                    "}\n"
                    "complete -o bashdefault -o default -F _quoth quoth\n");
}
