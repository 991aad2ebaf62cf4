/* Compact JSON onto a buffer, commas included:
 *
 *     json_object_begin(&b);
 *     json_named_cstring(&b, "verdict", "accepted");
 *     json_object_end(&b);
 *
 * Whether a comma is due follows from the last byte of the buffer, so the buffer must be empty, or
 * end with a newline or with what was written here. Ask buffer_ok() at the end. Begin and end,
 * names and values must match; nothing checks that. */
#ifndef QUOTH_CODEC_JSON_WRITE_H
#define QUOTH_CODEC_JSON_WRITE_H

#include "base/bytes.h"
#include "codec/json.h"

void json_object_begin(struct buffer *to);
void json_object_end(struct buffer *to);
void json_array_begin(struct buffer *to);
void json_array_end(struct buffer *to);
void json_name(struct buffer *to, const char *name);
void json_name_bytes(struct buffer *to, struct bytes name); /* encoded as json_string does */

/* Only what must be escaped is: quote, backslash and controls below U+0020 (\b \f \n \r \t by
 * name). A byte that does not belong to well-formed UTF-8 becomes U+FFFD: the output is always
 * JSON (though json_parse refuses the \u0000 that a NUL becomes), and whoever must not lose a byte
 * checks before, or uses json_hex. */
void json_string(struct buffer *to, struct bytes text);
void json_cstring(struct buffer *to, const char *text);
void json_int(struct buffer *to, int64_t value);
void json_uint(struct buffer *to, uint64_t value);
void json_bool(struct buffer *to, bool value);
void json_null(struct buffer *to);
void json_hex(struct buffer *to, struct bytes data);       /* a string, lower case */
void json_base64url(struct buffer *to, struct bytes data); /* a string, unpadded */

/* A member of an object: its name, and such a value. */
void json_named_string(struct buffer *to, const char *name, struct bytes text);
void json_named_cstring(struct buffer *to, const char *name, const char *text);
void json_named_int(struct buffer *to, const char *name, int64_t value);
void json_named_uint(struct buffer *to, const char *name, uint64_t value);
void json_named_bool(struct buffer *to, const char *name, bool value);
void json_named_hex(struct buffer *to, const char *name, struct bytes data);
void json_named_base64url(struct buffer *to, const char *name, struct bytes data);
void json_named_time(struct buffer *to, const char *name, int64_t time); /* as time_format has it */

/* A value that is JSON already, byte for byte; white space around it is left out. */
void json_raw(struct buffer *to, struct bytes json);

/* An object of what the error says: code (dotted), where, offset (if it has one), line and
 * column (if it is of a text), message, found and expected (if they say something), hint. The form is part of the command-line contract. */
void json_error(struct buffer *to, const struct quoth_error *err);

/* Re-emits a value: no white space, members of each object in bytewise order of their unescaped
 * names, strings with the escapes of json_string, numbers as they were written. Equal values give
 * equal bytes, and parsing the result gives the value again. */
void json_write_canonical(struct json value, struct buffer *to);

#endif
