#include "cli/help.h"

#define TEXT_COLUMN 30 /* where explanations begin */

static const struct option_row common_rows[] = {
    {0,   "output=text|json", OPT_CHOICE, offsetof(struct cli_common, output),
     "form of the result (text)"                                                                    },
    {'h', "help",             OPT_FLAG,   offsetof(struct cli_common, help),   "explain the command"},
};

const struct cli_option_table cli_common_options = CLI_OPTIONS(common_rows, 0);

static void line(FILE *to, const char *left, const char *right)
{
    if (strlen(left) > TEXT_COLUMN - 4)
        fprintf(to, "  %s\n%*s%s\n", left, TEXT_COLUMN, "", right);
    else
        fprintf(to, "  %-*s%s\n", TEXT_COLUMN - 2, left, right);
}

/* Help texts of nouns and verbs begin small, as they stand in lists. */
static void sentence(FILE *to, const char *help)
{
    fprintf(to, "\n\n%c%s.\n", help[0] >= 'a' && help[0] <= 'z' ? help[0] - 'a' + 'A' : help[0],
            help + 1);
}

/* "-t, --at TIME", or "FILE". */
static void row_line(FILE *to, const struct option_row *row)
{
    const struct bytes name = option_name(row);
    const char *variable = option_is_operand(row) ? NULL : option_variable(name);
    char left[96], right[256];
    if (option_is_operand(row))
        snprintf(left, sizeof left, "%s", row->name);
    else
        snprintf(left, sizeof left, "%c%c%c --%.*s%s%s", row->letter ? '-' : ' ',
                 row->letter ? row->letter : ' ', row->letter ? ',' : ' ', (int)name.len,
                 (const char *)name.data, option_takes_value(row) ? " " : "",
                 option_value_name(row));
    snprintf(right, sizeof right, "%s%s%s%s%s", row->help,
             row->kind & OPT_REQUIRED && !option_is_operand(row) ? " (required)" : "",
             variable ? " [" : "", variable ? variable : "", variable ? "]" : "");
    line(to, left, right);
}

/* " EXE", " [KEY]", " [ARGUMENT...]", " [-- COMMAND...]" */
static void add_operand(void *to, const struct option_row *row)
{
    const unsigned kind = row->kind & OPT_KIND_MASK;
    const bool required = row->kind & OPT_REQUIRED;
    const bool many = kind == OPT_LIST || kind == OPT_REST || kind == OPT_COMMAND;
    buffer_printf(to, " %s%s%s%s%s", required ? "" : "[", kind == OPT_COMMAND ? "-- " : "",
                  row->name, many ? "..." : "", required ? "" : "]");
}

const char help_what[] =
    "Remote attestation: evidence, the collateral that judges it, and the tokens\n"
    "that say so.";
const char help_exit_status[] =
    "0 accepted or done, 1 refused, 2 wrong usage, 3 something needed is\n"
    "unavailable, 4 the input is malformed.";

void help_each(const struct cli_verb *verb, bool operands, help_each_fn *each, void *context)
{
    for (size_t t = 0; t < CLI_TABLES_MAX; t++)
        for (size_t i = 0; i < verb->options[t].count; i++)
            if (option_is_operand(&verb->options[t].rows[i]) == operands)
                each(context, &verb->options[t].rows[i]);
}

static void print_row(void *to, const struct option_row *row)
{
    row_line(to, row);
}

static void count_row(void *count, const struct option_row *row)
{
    (void)row;
    ++*(size_t *)count;
}

void help_usage(struct buffer *to, const struct cli_noun *noun, const struct cli_verb *verb)
{
    buffer_printf(to, "quoth %s %s [OPTIONS]", noun->name, verb->name);
    help_each(verb, true, add_operand, to);
}

void help_program(FILE *to, const struct cli_noun *const *nouns)
{
    fprintf(to, "Usage: quoth NOUN VERB [OPTIONS] [FILE]\n\n%s\n\nNouns:\n", help_what);
    for (; *nouns; nouns++)
        line(to, (*nouns)->name, (*nouns)->help);
    fprintf(to, "\nOptions:\n");
    line(to, "-h, --help", "explain a command: after the program, a noun or a verb");
    line(to, "    --version", "print the version");
    fprintf(to, "\nExit status: %s\n", help_exit_status);
}

void help_noun(FILE *to, const struct cli_noun *noun)
{
    fprintf(to, "Usage: quoth %s VERB [OPTIONS] [FILE]", noun->name);
    sentence(to, noun->help);
    fprintf(to, "\nVerbs:\n");
    for (size_t i = 0; i < noun->verb_count; i++)
        line(to, noun->verbs[i].name, noun->verbs[i].help);
}

void help_verb(FILE *to, const struct cli_noun *noun, const struct cli_verb *verb)
{
    AUTO(buffer) struct buffer usage = {0};
    size_t operands = 0;
    help_usage(&usage, noun, verb);
    fprintf(to, "Usage: %.*s", (int)usage.len, (const char *)usage.data);
    sentence(to, verb->help);
    help_each(verb, true, count_row, &operands);
    if (operands > 0)
        fprintf(to, "\nArguments:\n");
    help_each(verb, true, print_row, to);
    fprintf(to, "\nOptions:\n");
    help_each(verb, false, print_row, to);
    for (size_t i = 0; i < cli_common_options.count; i++)
        row_line(to, &cli_common_options.rows[i]);
}
