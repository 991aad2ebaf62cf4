/* The one JSON reader: strict RFC 8259, bounded, in place.
 *
 * Refused, beyond what the grammar refuses: anything but white space after the value; text that is
 * not UTF-8; a byte order mark; the escape \u0000 (unless limits say otherwise); escapes of lone surrogates; two members of one
 * object with the same name (compared after unescaping), at every depth; what exceeds the limits.
 * Numbers stay text. Errors carry the byte offset into the text. */
#ifndef QUOTH_CODEC_JSON_H
#define QUOTH_CODEC_JSON_H

#include "base/bytes.h"

struct json_limits {  /* zero means the default */
    size_t max_len;   /* bytes of text: 1 MiB */
    size_t max_depth; /* arrays and objects inside each other: 32; 256 is the most */
    size_t max_nodes; /* values and member names: 65536 */
    bool nul_escapes; /* \u0000 is taken: for texts that are only handed on, and none that is
                         compared or ends where C's do */
    bool fold_names;  /* names that are equal once ASCII letters lose their case are duplicates */
};

enum json_type {
    JSON_NONE, /* no value: not found, past the end */
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

struct json_node;

/* A parsed text. It borrows the text, which must outlive it; it owns the nodes. A zeroed struct is
 * empty. Handles point at it: do not move it while they are in use. */
struct json_doc {
    struct bytes text;
    struct json_node *nodes;
    size_t count;
};

void json_doc_clear(struct json_doc *doc);
DEFINE_AUTO_VALUE(json_doc, struct json_doc, json_doc_clear)

/* limits may be NULL. ret_doc must be empty. False: QUOTH_JSON (not JSON), QUOTH_JSON_DUPLICATE,
 * QUOTH_JSON_LIMIT, QUOTH_TOO_LARGE (max_len) or QUOTH_MEMORY. */
bool json_parse(struct bytes text, const struct json_limits *limits, struct json_doc *ret_doc,
                struct quoth_error *err);

/* A value in a document; a zeroed struct is JSON_NONE. Passed by value; lives as long as the
 * document. Every function takes JSON_NONE and the wrong type and then gives nothing. */
struct json {
    const struct json_doc *doc;
    uint32_t index, end; /* of its node, and where the nodes of its parent end */
};

struct json json_root(const struct json_doc *doc);
enum json_type json_type(struct json value);
bool json_exists(struct json value); /* not JSON_NONE */
bool json_is_null(struct json value);

/* "a string", "an object" ...: for messages. */
const char *json_type_text(enum json_type type);

/* Members of an object, elements of an array, in the order of the text:
 *     for (struct json v = json_first(parent); json_exists(v); v = json_next(v)) */
struct json json_first(struct json parent);
struct json json_next(struct json value);
size_t json_count(struct json parent);

/* The name of a member that iteration gave, as a JSON_STRING for json_plain, json_text and
 * json_text_is; JSON_NONE for an element of an array. */
struct json json_member_name(struct json member);

/* False if there is none, leaving ret_value alone. The second ignores the case of ASCII letters and
 * gives the first match: parse with fold_names so that there is only one. */
bool json_member(struct json object, const char *name, struct json *ret_value);
bool json_member_fold(struct json object, const char *name, struct json *ret_value);

/* The exact bytes of a value in the text, quotes and brackets included; for a number all there is.
 */
struct bytes json_span(struct json value);

/* Where the value begins in the text, for errors about it. */
size_t json_offset(struct json value);

/* A view of the contents of a string without escapes. data is NULL if it has escapes or is no
 * string (an empty string has data). */
struct bytes json_plain(struct json string);

/* Appends the contents of a string, unescaped, to text; nothing for other types. */
void json_text(struct json string, struct buffer *text);

/* Whether a string, unescaped, is this text. */
bool json_text_is(struct json string, const char *text);

/* Writes the path of a value as "tcbInfo.tcbLevels[3].tcb", NUL-terminated and escaped for people;
 * cut and marked "..." if size is short. The root is "". Returns to. */
char *json_path(struct json value, char *to, size_t size);

/* Judging a value. False: QUOTH_JSON_VALUE with its path, offset, what was found and what was
 * expected. */
bool json_get_plain(struct json value, struct bytes *ret_view, struct quoth_error *err);
bool json_get_text(struct json value, struct buffer *ret_text,
                   struct quoth_error *err); /* appends */
bool json_get_uint(struct json value, uint64_t max, uint64_t *ret_number, struct quoth_error *err);
bool json_get_int(struct json value, int64_t min, int64_t max, int64_t *ret_number,
                  struct quoth_error *err); /* neither takes fractions, exponents or -0 */
bool json_get_bool(struct json value, bool *ret_value, struct quoth_error *err);
bool json_get_time(struct json value, int64_t *ret_time, struct quoth_error *err); /* time_parse */
bool json_get_hex(struct json value, uint8_t *ret_data, size_t len, struct quoth_error *err);

/* The same for a member that must be there: QUOTH_JSON_VALUE also if parent is no object or has no
 * such member. Names match exactly. plain refuses strings with escapes: what is compared or copied
 * bytewise has no need of them. */
bool json_need(struct json parent, const char *name, struct json *ret_value,
               struct quoth_error *err);
bool json_need_object(struct json parent, const char *name, struct json *ret_object,
                      struct quoth_error *err);
bool json_need_array(struct json parent, const char *name, struct json *ret_array,
                     struct quoth_error *err);
bool json_need_plain(struct json parent, const char *name, struct bytes *ret_view,
                     struct quoth_error *err);
bool json_need_text(struct json parent, const char *name, struct buffer *ret_text,
                    struct quoth_error *err);
bool json_need_uint(struct json parent, const char *name, uint64_t max, uint64_t *ret_number,
                    struct quoth_error *err);
bool json_need_int(struct json parent, const char *name, int64_t min, int64_t max,
                   int64_t *ret_number, struct quoth_error *err);
bool json_need_bool(struct json parent, const char *name, bool *ret_value, struct quoth_error *err);
bool json_need_time(struct json parent, const char *name, int64_t *ret_time,
                    struct quoth_error *err);
bool json_need_hex(struct json parent, const char *name, uint8_t *ret_data, size_t len,
                   struct quoth_error *err);

#endif
