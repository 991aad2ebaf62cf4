/* How Quoth explains a failure. One type, owned by the caller, filled by the first thing that goes
 * wrong and kept against later ones. Libraries neither log nor exit: they explain here, and the
 * outermost layer turns the explanation into a log line, an HTTP body or an exit status. */
#ifndef QUOTH_ERROR_H
#define QUOTH_ERROR_H

#include <quoth/codes.h>
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define QUOTH_CODE_ENUM(name, dotted, http, exit, hint) QUOTH_##name,
enum quoth_code { QUOTH_OK, QUOTH_CODES(QUOTH_CODE_ENUM) QUOTH_CODE_COUNT };
#undef QUOTH_CODE_ENUM

#define QUOTH_NO_OFFSET ((size_t)-1)

/* A zeroed struct is "no error". No secret ever enters one: any of its texts may be pasted into a
 * public bug report. All texts are NUL-terminated printable ASCII or UTF-8 without controls. */
struct quoth_error {
    enum quoth_code code;
    size_t offset; /* of the first offending byte, or QUOTH_NO_OFFSET */
    unsigned line,
        column;         /* of a text for people, from 1, columns in characters; 0: no such text */
    char where[96];     /* dotted path of the field, claim or rule, or empty */
    char message[192];  /* a sentence about this input */
    char found[136];    /* what was found, in the units of the specification, or empty */
    char expected[136]; /* what was expected, or empty */
};

/* Records the first failure, keeps it against later ones, and returns false. where may be NULL. */
bool quoth_fail(struct quoth_error *err, enum quoth_code code, const char *where, size_t offset,
                const char *format, ...) __attribute__((format(printf, 5, 6)));

/* As quoth_fail, for a value that is not the one wanted: the message becomes "found F, expected E".
 */
bool quoth_mismatch(struct quoth_error *err, enum quoth_code code, const char *where, size_t offset,
                    const char *found, const char *expected);

/* Says where in a text the failure stands that was recorded last. Returns false. */
bool quoth_at(struct quoth_error *err, unsigned line, unsigned column);

/* Extends the path on the way up: "header.version" within "quote" becomes "quote.header.version".
 * Returns false. */
bool quoth_within(struct quoth_error *err, const char *outer);

/* Facts about a code, from the table in <quoth/codes.h>. Never NULL. */
const char *quoth_code_dotted(enum quoth_code code);
const char *quoth_code_hint(enum quoth_code code);
int quoth_code_http(enum quoth_code code);
int quoth_code_exit(enum quoth_code code);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
