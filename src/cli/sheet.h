/* A sheet of facts: written once, it becomes indented text for people or a JSON object for
 * programs, as the command was told. */
#ifndef QUOTH_CLI_SHEET_H
#define QUOTH_CLI_SHEET_H

#include "cli/cli.h"

struct sheet { /* owned: sheet_clear; a zeroed one but for json is ready */
    bool json;
    struct buffer out;
    unsigned depth; /* of sections, for the indentation of text */
};

struct sheet sheet_for(const struct cli *cli);
void sheet_clear(struct sheet *s);
DEFINE_AUTO_VALUE(sheet, struct sheet, sheet_clear)

void sheet_begin(struct sheet *s, const char *name); /* a section: an object in JSON */
void sheet_end(struct sheet *s);

/* Lists: in text each entry is a section with its number; in JSON an array of objects. */
void sheet_list_begin(struct sheet *s, const char *name);
void sheet_entry_begin(struct sheet *s, size_t number);
void sheet_entry_end(struct sheet *s);
void sheet_list_end(struct sheet *s);

void sheet_text(struct sheet *s, const char *name, struct bytes value); /* escaped for people */
void sheet_cstring(struct sheet *s, const char *name, const char *value);
void sheet_hex(struct sheet *s, const char *name, struct bytes value);
void sheet_uint(struct sheet *s, const char *name, uint64_t value);
void sheet_bool(struct sheet *s, const char *name, bool value);
void sheet_time(struct sheet *s, const char *name, int64_t value);

/* Prints it on standard output. */
bool sheet_print(struct sheet *s, struct quoth_error *err);

#endif
