/* Hexadecimal text, two digits per byte, no separators and no prefix. */
#ifndef QUOTH_CODEC_HEX_H
#define QUOTH_CODEC_HEX_H

#include "base/bytes.h"

/* Append to a buffer; ask buffer_ok() when everything is written. */
void hex_encode(struct bytes data, struct buffer *to);       /* 0-9 a-f */
void hex_encode_upper(struct bytes data, struct buffer *to); /* 0-9 A-F */

/* Appends the decoded bytes to ret_data. Digits of either case; an odd length or any other
 * character is QUOTH_HEX at its offset, and ret_data keeps its contents. Empty text is no bytes. */
bool hex_decode(struct bytes text, struct buffer *ret_data, struct quoth_error *err);

/* As hex_decode, into a field of exactly len bytes: QUOTH_HEX if text is not 2 * len digits. */
bool hex_decode_fixed(struct bytes text, uint8_t *ret_data, size_t len, struct quoth_error *err);

/* The value of one digit of either case, -1 for any other character. */
int hex_digit(uint8_t c);

/* Lower-case digits for an error's found and expected, NUL-terminated; what does not fit in size
 * (at least 4) is cut at a whole byte and marked "...". Returns to. */
char *hex_text(struct bytes data, char *to, size_t size);

#endif
