/* Text from outside, made harmless for logs, terminals and error bodies. */
#ifndef QUOTH_BASE_TEXT_H
#define QUOTH_BASE_TEXT_H

#include "base/bytes.h"

/* Copies in to to as NUL-terminated printable UTF-8: C0 and C1 controls, DEL, bidirectional
 * overrides, line separators and bytes that are not UTF-8 become \xHH; what does not fit is cut at
 * a character and marked "...". size is the room at to, at least 4. Returns to. */
char *text_escape(char *to, size_t size, struct bytes in);

/* Length in bytes of the well-formed UTF-8 character (RFC 3629) at the front of in, or 0. */
size_t text_utf8_len(struct bytes in);

/* Where an offset lies in a text, for people: both count from 1, columns in characters. */
struct text_place {
    size_t line, column;
};
struct text_place text_place(struct bytes text, size_t offset);

/* Without the blanks, tabs and line ends around it. */
struct bytes text_trim(struct bytes text);

/* ASCII only, whatever the locale says. */
bool text_equal_fold(struct bytes a, struct bytes b);

#endif
