/* What every compact JWS has in common, whoever signs it (RFC 7515 7.1): three parts of base64url
 * with two dots, the first of them a strict JSON object. For token.c and jws.c alone. */
#ifndef QUOTH_TOKEN_COMPACT_H
#define QUOTH_TOKEN_COMPACT_H

#include "codec/json.h"

struct compact { /* how it is called, in errors, when it is none, and its limit */
    const char *what;
    enum quoth_code malformed;
    size_t header_max; /* bytes */
};

struct compact_parts { /* views and buffers; the header document views header_text: do not copy */
    struct bytes signing_input;
    struct buffer *header_text, *payload, *signature; /* where they go */
    struct json_doc *header;
};

/* Takes the text apart. Members of the header that are equal after case folding are duplicates, and
 * "crit" and "b64" are refused, whatever they say (RFC 7515 4.1.11, RFC 7797). On failure the
 * caller clears what has been filled. */
bool compact_read(const struct compact *c, struct bytes text, struct compact_parts *parts,
                  struct quoth_error *err);

/* A fault inside, told as one of the whole: its path goes before the one that inner has. */
bool compact_fault(const struct compact *c, const struct quoth_error *inner, const char *part,
                   struct quoth_error *err);

/* One part, parsed: an object. offset counts from the start of the decoded text. */
bool compact_object(const struct compact *c, const struct buffer *text, const char *part,
                    const struct json_limits *limits, struct json_doc *ret_doc,
                    struct quoth_error *err);

#endif
