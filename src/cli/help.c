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

static void table_lines(FILE *to, const struct cli_option_table *table, bool operands)
{
    for (size_t i = 0; i < table->count; i++)
        if (option_is_operand(&table->rows[i]) == operands)
            row_line(to, &table->rows[i]);
}

static bool has_operands(const struct cli_verb *verb)
{
    for (size_t t = 0; t < CLI_TABLES_MAX; t++)
        for (size_t i = 0; i < verb->options[t].count; i++)
            if (option_is_operand(&verb->options[t].rows[i]))
                return true;
    return false;
}

/* " EXE [KEY] [ARGUMENT...]" */
static void usage_operands(FILE *to, const struct cli_verb *verb)
{
    for (size_t t = 0; t < CLI_TABLES_MAX; t++)
        for (size_t i = 0; i < verb->options[t].count; i++) {
            const struct option_row *row = &verb->options[t].rows[i];
            const unsigned kind = row->kind & OPT_KIND_MASK;
            const bool required = row->kind & OPT_REQUIRED;
            const bool many = kind == OPT_LIST || kind == OPT_REST;
            if (option_is_operand(row))
                fprintf(to, " %s%s%s%s", required ? "" : "[", row->name, many ? "..." : "",
                        required ? "" : "]");
        }
}

void help_program(FILE *to, const struct cli_noun *const *nouns)
{
    fprintf(to, "Usage: quoth NOUN VERB [OPTIONS] [FILE]\n\n"
                "Remote attestation: evidence, the collateral that judges it, and the tokens\n"
                "that say so.\n\nNouns:\n");
    for (; *nouns; nouns++)
        line(to, (*nouns)->name, (*nouns)->help);
    fprintf(to, "\nOptions:\n");
    line(to, "-h, --help", "explain a command: after the program, a noun or a verb");
    line(to, "    --version", "print the version");
    fprintf(to,
            "\nExit status: 0 accepted or done, 1 refused, 2 wrong usage, 3 something needed is\n"
            "unavailable, 4 the input is malformed.\n");
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
    fprintf(to, "Usage: quoth %s %s [OPTIONS]", noun->name, verb->name);
    usage_operands(to, verb);
    sentence(to, verb->help);
    if (has_operands(verb)) {
        fprintf(to, "\nArguments:\n");
        for (size_t t = 0; t < CLI_TABLES_MAX; t++)
            table_lines(to, &verb->options[t], true);
    }
    fprintf(to, "\nOptions:\n");
    for (size_t t = 0; t < CLI_TABLES_MAX; t++)
        table_lines(to, &verb->options[t], false);
    table_lines(to, &cli_common_options, false);
}
