/* One line of an audit trail, built on the caller's stack:
 *
 *     struct audit_line line = audit_begin("policy.set", now);
 *     audit_text(&line, "who", name);
 *     if (!audit_write(a, &line, err)) refuse
 *
 * Every outside string is capped and escaped (THREATS 24). No secret enters a line: of what is
 * secret or long, its hash does. */
#ifndef QUOTH_AUDIT_LINE_H
#define QUOTH_AUDIT_LINE_H

#include "base/bytes.h"

#define AUDIT_TEXT_MAX 384u        /* bytes of one value, escaped, and a NUL */
#define AUDIT_LINE_MAX (32u << 10) /* bytes of a whole line */

struct audit_line { /* used up by audit_write or audit_post; else audit_line_clear */
    struct buffer text;
};

struct audit_line audit_begin(const char *event, int64_t now);
void audit_text(struct audit_line *line, const char *name, const char *value); /* NULL: left out */
void audit_bytes(struct audit_line *line, const char *name, struct bytes value);
void audit_hex(struct audit_line *line, const char *name, struct bytes value);
void audit_number(struct audit_line *line, const char *name, int64_t value);
void audit_bool(struct audit_line *line, const char *name, bool value);
void audit_failure(struct audit_line *line, const struct quoth_error *why); /* NULL: nothing */
void audit_line_clear(struct audit_line *line);
DEFINE_AUTO_VALUE(audit_line, struct audit_line, audit_line_clear)

#endif
