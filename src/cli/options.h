/* Command-line options as tables: a new option is a row; parsing, help text, man page and shell
 * completion all read the rows.
 *
 *     const struct option_row evidence_verify_options[] = {
 *         {0,   "FILE",            OPT_FILE | OPT_REQUIRED, offsetof(struct args, file), "..."},
 *         {'t', "at",              OPT_TIME,                offsetof(struct args, at),   "..."},
 *         {0,   "trust-root=CERT", OPT_FILE,                offsetof(struct args, root), "..."},
 *     };
 *
 * A name in capitals is an operand, taken by position; any other is an option. What follows '=' in
 * the name is what help calls the value (or the choices of OPT_CHOICE); without it the kind says.
 */
#ifndef QUOTH_CLI_OPTIONS_H
#define QUOTH_CLI_OPTIONS_H

#include "base/bytes.h"

/* Each kind and the member that its offset points at. Texts are borrowed from the command line or
 * the environment; members that are not given stay as they are (zero). */
enum option_kind {
    OPT_FLAG,    /* bool; takes no value */
    OPT_TEXT,    /* const char *, not empty */
    OPT_FILE,    /* const char *, a path; "-" is standard input or output where that makes sense */
    OPT_FOLDER,  /* const char * */
    OPT_URL,     /* const char *, begins with https:// or http:// */
    OPT_SOURCE,  /* const char *, a path or a URL */
    OPT_CHOICE,  /* const char *, one of the choices, "text|json" */
    OPT_UINT,    /* struct option_uint: decimal digits */
    OPT_TIME,    /* struct option_time: RFC 3339 */
    OPT_LIST,    /* struct option_list: may be repeated; as an operand, all that are left */
    OPT_REST,    /* struct option_list: an operand; everything from here on, options of a program
                   that we start among it, is taken as it stands */
    OPT_COMMAND, /* struct option_list: an operand; what follows "--", as it stands */
    OPT_KIND_MASK = 0xFF,
    OPT_REQUIRED = 0x100, /* or'ed in: usage error when absent */
};

struct option_uint {
    bool given;
    uint64_t value;
};

struct option_time {
    bool given;
    int64_t value;
};

#define OPTION_LIST_MAX 256u

struct option_list {
    size_t count;
    const char *items[OPTION_LIST_MAX + 1]; /* ends with NULL, as execv wants it */
};

struct option_row {
    char letter;      /* 0: none */
    const char *name; /* "at", "trust-root=CERT", "FILE" */
    unsigned kind;
    size_t offset;
    const char *help; /* one line, no full stop */
};

/* Rows and the struct that their offsets point into. */
struct option_set {
    const struct option_row *rows;
    size_t count;
    void *to;
};

/* Fills the structs from the arguments (without the command's own name) and, for options that are
 * not given, from the environment (option_variable). "--" ends the options; "-" is an operand.
 * Every option but OPT_LIST may be given once. Unless *stop (a flag of the sets, such as that of
 * --help; may be NULL) is set, what is required must be there. False: QUOTH_USAGE, with a
 * suggestion if an option looks like a known one. */
bool options_parse(const struct option_set *sets, size_t count, const bool *stop, int argc,
                   char *const *argv, struct quoth_error *err);

/* Facts about a row, for parsing and for whatever is printed from the tables. */
bool option_is_operand(const struct option_row *row);
bool option_takes_value(const struct option_row *row);
struct bytes option_name(const struct option_row *row);      /* without '=' and what follows */
const char *option_value_name(const struct option_row *row); /* "FILE", "text|json"; "" for flags */

/* The environment variable that stands in for an option of this name, or NULL. */
const char *option_variable(struct bytes name);

#endif
