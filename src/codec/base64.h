/* Base 64 of RFC 4648: the standard alphabet (section 4, padded) and the one for URLs (section 5,
 * unpadded as RFC 7515 uses it). Every decoder refuses white space, characters outside its
 * alphabet, padding in the wrong place, and unused last bits that are not zero, so that one
 * sequence of bytes has one text per form. */
#ifndef QUOTH_CODEC_BASE64_H
#define QUOTH_CODEC_BASE64_H

#include "base/bytes.h"

/* Append to a buffer; ask buffer_ok() when everything is written. */
void base64_encode(struct bytes data, struct buffer *to);    /* A-Z a-z 0-9 + / and padding */
void base64url_encode(struct bytes data, struct buffer *to); /* A-Z a-z 0-9 - _, no padding */

/* Append the decoded bytes to ret_data. False: QUOTH_BASE64 at the offset of the first offending
 * character, and ret_data keeps its contents. Empty text is no bytes. */
bool base64_decode(struct bytes text, struct buffer *ret_data, struct quoth_error *err);
bool base64url_decode(struct bytes text, struct buffer *ret_data, struct quoth_error *err);

/* For what clients send: either alphabet, though never both in one text, padded in full or not at
 * all. */
bool base64_decode_any(struct bytes text, struct buffer *ret_data, struct quoth_error *err);

#endif
