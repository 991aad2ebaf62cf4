/* Small things that programs on the library need: bytes as text and back, text made harmless, and
 * randomness. */
#ifndef QUOTH_TEXT_H
#define QUOTH_TEXT_H

#include <quoth/error.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Exactly 2 * len hexadecimal digits, of either case. QUOTH_HEX otherwise. */
bool quoth_hex_read(const char *text, uint8_t *ret_bytes, size_t len, struct quoth_error *err);

/* Bytes as base64url without padding, NUL-terminated, malloc'd. */
bool quoth_base64url(const uint8_t *bytes, size_t len, char **ret_text, struct quoth_error *err);

/* Outside bytes for a log or a terminal: printable UTF-8 stays, controls and everything that is not
 * UTF-8 become \xHH, what does not fit in size (at least 4) is cut and marked "...". Returns to. */
char *quoth_escape(char *to, size_t size, const uint8_t *bytes, size_t len);

/* Unpredictable bytes, for a challenge. QUOTH_UNAVAILABLE if the kernel gives none. */
bool quoth_random(uint8_t *ret_bytes, size_t len, struct quoth_error *err);

/* One line for people, NUL-terminated: "where: message (hint: ...)". Returns to. */
char *quoth_explain(const struct quoth_error *err, char *to, size_t size);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
