#include "cli/options.h"

#include "base/suggest.h"
#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>

/* The settings that have an environment variable, whichever command they appear in. What decides
 * whom we trust (roots, statuses, policies) has none: the command line must show it. */
static const struct {
    const char *option, *variable;
} variables[] = {
    {"platform",   "QUOTH_PLATFORM"  },
    {"verifier",   "QUOTH_VERIFIER"  },
    {"ca",         "QUOTH_CA"        },
    {"token-file", "QUOTH_TOKEN_FILE"},
};

const char *option_variable(struct bytes name)
{
    for (size_t i = 0; i < COUNT(variables); i++)
        if (bytes_equal(name, bytes_of_text(variables[i].option)))
            return variables[i].variable;
    return NULL;
}

static enum option_kind kind_of(const struct option_row *row)
{
    return (enum option_kind)(row->kind & OPT_KIND_MASK);
}

bool option_is_operand(const struct option_row *row)
{
    return row->name[0] >= 'A' && row->name[0] <= 'Z';
}

bool option_takes_value(const struct option_row *row)
{
    return kind_of(row) != OPT_FLAG;
}

struct bytes option_name(const struct option_row *row)
{
    return (struct bytes){(const uint8_t *)row->name, strcspn(row->name, "=")};
}

const char *option_value_name(const struct option_row *row)
{
    static const char *const names[] = {
        [OPT_FLAG] = "",           [OPT_TEXT] = "TEXT",   [OPT_FILE] = "FILE", [OPT_FOLDER] = "DIR",
        [OPT_URL] = "URL",         [OPT_UINT] = "NUMBER", [OPT_TIME] = "TIME", [OPT_LIST] = "TEXT",
        [OPT_SOURCE] = "PATH|URL", [OPT_CHOICE] = "",     [OPT_REST] = "",     [OPT_COMMAND] = "",
    };
    const char *own = strchr(row->name, '=');
    return own ? own + 1 : names[kind_of(row)];
}

/* How an error names the row: "--at" or "FILE". */
static const char *spelled(const struct option_row *row, char text[64])
{
    const struct bytes name = option_name(row);
    snprintf(text, 64, "%s%.*s", option_is_operand(row) ? "" : "--", (int)name.len,
             (const char *)name.data);
    return text;
}

static bool refuse(const struct option_row *row, const char *value, const char *expected,
                   struct quoth_error *err)
{
    char name[64], found[64];
    text_escape(found, sizeof found, bytes_of_text(value));
    return quoth_mismatch(err, QUOTH_USAGE, spelled(row, name), QUOTH_NO_OFFSET,
                          found[0] ? found : "nothing", expected);
}

static bool is_choice(const char *choices, const char *value)
{
    const size_t len = strlen(value);
    for (const char *at = choices; *at; at += strcspn(at, "|"), at += *at == '|')
        if (strcspn(at, "|") == len && strncmp(at, value, len) == 0)
            return true;
    return false;
}

static bool is_url(const char *value)
{
    return strncmp(value, "https://", 8) == 0 || strncmp(value, "http://", 7) == 0;
}

static bool put_uint(const struct option_row *row, struct option_uint *to, const char *value,
                     struct quoth_error *err)
{
    uint64_t number = 0;
    for (const char *c = value; *c; c++) {
        if (*c < '0' || *c > '9' || number > (UINT64_MAX - 9) / 10)
            return refuse(row, value, "a decimal number", err);
        number = number * 10 + (uint64_t)(*c - '0');
    }
    *to = (struct option_uint){.given = true, .value = number};
    return true;
}

static bool put_time(const struct option_row *row, struct option_time *to, const char *value,
                     struct quoth_error *err)
{
    struct quoth_error why = {0};
    int64_t time;
    if (!time_parse_rfc3339(bytes_of_text(value), &time, &why))
        return refuse(row, value, "a time as 2025-07-04T10:28:44Z", err);
    *to = (struct option_time){.given = true, .value = time};
    return true;
}

static bool put_item(const struct option_row *row, struct option_list *to, const char *value,
                     struct quoth_error *err)
{
    char name[64];
    if (to->count == OPTION_LIST_MAX)
        return quoth_fail(err, QUOTH_USAGE, spelled(row, name), QUOTH_NO_OFFSET,
                          "stands more than %u times", OPTION_LIST_MAX);
    to->items[to->count++] = value;
    return true;
}

/* Judges a value and stores it where the row says. */
static bool put(const struct option_set *set, const struct option_row *row, const char *value,
                struct quoth_error *err)
{
    void *to = (char *)set->to + row->offset;
    const enum option_kind kind = kind_of(row);
    if (value[0] == '\0' && kind != OPT_REST && kind != OPT_COMMAND)
        return refuse(row, value, "a value", err);
    switch (kind) {
    case OPT_FLAG:
        *(bool *)to = true;
        return true;
    case OPT_UINT:
        return put_uint(row, to, value, err);
    case OPT_TIME:
        return put_time(row, to, value, err);
    case OPT_LIST:
    case OPT_REST:
    case OPT_COMMAND:
        return put_item(row, to, value, err);
    case OPT_CHOICE:
        if (!is_choice(option_value_name(row), value))
            return refuse(row, value, option_value_name(row), err);
        break;
    case OPT_URL:
        if (!is_url(value))
            return refuse(row, value, "https:// or http://", err);
        break;
    default:
        break;
    }
    *(const char **)to = value;
    return true;
}

#define SETS_MAX 5u
#define ROWS_MAX 64u

struct parser {
    const struct option_set *sets;
    size_t set_count;
    int argc;
    char *const *argv;
    int next;                       /* argument to read */
    bool options_ended;             /* "--" was read */
    bool given[SETS_MAX][ROWS_MAX]; /* by set and row */
    struct quoth_error *err;
};

/* A row and where it stands; row is NULL when there is none. */
struct place {
    const struct option_row *row;
    size_t set, index;
};

static struct place find_option(const struct parser *p, struct bytes name, char letter)
{
    for (size_t s = 0; s < p->set_count; s++)
        for (size_t i = 0; i < p->sets[s].count; i++) {
            const struct option_row *row = &p->sets[s].rows[i];
            if (option_is_operand(row))
                continue;
            if (letter ? row->letter == letter : bytes_equal(option_name(row), name))
                return (struct place){row, s, i};
        }
    return (struct place){0};
}

/* The first operand that may still take a value. */
static struct place next_operand(const struct parser *p)
{
    for (size_t s = 0; s < p->set_count; s++)
        for (size_t i = 0; i < p->sets[s].count; i++) {
            const struct option_row *row = &p->sets[s].rows[i];
            const bool many =
                kind_of(row) == OPT_LIST || kind_of(row) == OPT_REST || kind_of(row) == OPT_COMMAND;
            const bool awaited = kind_of(row) == OPT_COMMAND && !p->options_ended;
            if (option_is_operand(row) && !awaited && (many || !p->given[s][i]))
                return (struct place){row, s, i};
        }
    return (struct place){0};
}

static bool accept(struct parser *p, struct place at, const char *value)
{
    p->given[at.set][at.index] = true;
    return put(&p->sets[at.set], at.row, value, p->err);
}

static bool unknown(const struct parser *p, const char *argument, struct bytes name)
{
    struct suggestion best = suggestion_for(name);
    for (size_t s = 0; s < p->set_count; s++)
        for (size_t i = 0; i < p->sets[s].count; i++)
            if (!option_is_operand(&p->sets[s].rows[i]))
                suggestion_offer(&best, option_name(&p->sets[s].rows[i]));
    char text[SUGGESTION_TEXT_SIZE];
    return quoth_fail(p->err, QUOTH_USAGE, NULL, QUOTH_NO_OFFSET, "there is no option %s%s",
                      argument, suggestion_text(&best, "--", text));
}

/* "--name", "--name=value" or "-n", with the value in the next argument where it is not here. */
static bool read_option(struct parser *p)
{
    const char *argument = p->argv[p->next++];
    const bool is_long = argument[1] == '-';
    const char *equals = is_long ? strchr(argument, '=') : NULL;
    const size_t len = equals ? (size_t)(equals - argument) : strlen(argument);
    const struct bytes name = bytes_slice(bytes_of_text(argument), 2, is_long ? len - 2 : 0);
    const bool is_letter = !is_long && len == 2;
    const struct place at = is_long || is_letter
                                ? find_option(p, name, (char)(is_long ? 0 : argument[1]))
                                : (struct place){0};
    char spelling[64];

    if (!at.row)
        return unknown(p, argument, name);
    spelled(at.row, spelling);
    if (p->given[at.set][at.index] && kind_of(at.row) != OPT_LIST)
        return quoth_fail(p->err, QUOTH_USAGE, spelling, QUOTH_NO_OFFSET, "is given twice");
    if (!option_takes_value(at.row)) {
        if (equals)
            return quoth_fail(p->err, QUOTH_USAGE, spelling, QUOTH_NO_OFFSET, "takes no value");
        return accept(p, at, "yes");
    }
    if (equals)
        return accept(p, at, equals + 1);
    if (p->next == p->argc)
        return quoth_fail(p->err, QUOTH_USAGE, spelling, QUOTH_NO_OFFSET, "needs a value: %s",
                          option_value_name(at.row));
    return accept(p, at, p->argv[p->next++]);
}

static bool read_operand(struct parser *p)
{
    const struct place at = next_operand(p);
    const char *value = p->argv[p->next++];
    return at.row ? accept(p, at, value)
                  : quoth_fail(p->err, QUOTH_USAGE, NULL, QUOTH_NO_OFFSET,
                               "nothing more was expected, found %s", value);
}

static bool looks_like_option(const char *argument)
{
    return argument[0] == '-' && argument[1] != '\0';
}

/* An argument of a program that we start is not ours to read. */
static bool rest_has_begun(const struct parser *p)
{
    const struct place at = next_operand(p);
    return at.row && kind_of(at.row) == OPT_REST;
}

static bool read_arguments(struct parser *p)
{
    while (p->next < p->argc) {
        const char *argument = p->argv[p->next];
        const bool raw = p->options_ended || rest_has_begun(p);
        if (!raw && strcmp(argument, "--") == 0) {
            p->options_ended = true;
            p->next++;
        } else if (!raw && looks_like_option(argument)) {
            if (!read_option(p))
                return false;
        } else if (!read_operand(p)) {
            return false;
        }
    }
    return true;
}

/* Takes an option that was not given from the environment, and says what is still missing. */
static bool complete(struct parser *p, struct place at, bool check_required)
{
    if (p->given[at.set][at.index])
        return true;
    char name[64];
    spelled(at.row, name);
    const char *variable = option_is_operand(at.row) ? NULL : option_variable(option_name(at.row));
    const char *value = variable ? getenv(variable) : NULL;
    if (value && value[0])
        return accept(p, at, value) || quoth_within(p->err, variable);
    if (!check_required || !(at.row->kind & OPT_REQUIRED))
        return true;
    return quoth_fail(p->err, QUOTH_USAGE, name, QUOTH_NO_OFFSET, "is missing%s%s",
                      variable ? ", and so is the variable " : "", variable ? variable : "");
}

bool options_parse(const struct option_set *sets, size_t count, const bool *stop, int argc,
                   char *const *argv, struct quoth_error *err)
{
    struct parser p = {.sets = sets, .set_count = count, .argc = argc, .argv = argv, .err = err};
    if (count > COUNT(p.given))
        return quoth_fail(err, QUOTH_INTERNAL, NULL, QUOTH_NO_OFFSET, "too many option tables");
    if (!read_arguments(&p))
        return false;
    for (size_t s = 0; s < count; s++)
        for (size_t i = 0; i < sets[s].count; i++)
            if (!complete(&p, (struct place){&sets[s].rows[i], s, i}, !stop || !*stop))
                return false;
    return true;
}
