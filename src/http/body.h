/* The framing of a request's body: a length, or chunks (RFC 9112, 6 and 7.1). Chunk extensions and
 * trailer fields are refused: nobody who posts to us needs them, and they hide bytes. */
#ifndef QUOTH_HTTP_BODY_H
#define QUOTH_HTTP_BODY_H

#include "http/message.h"

enum http_body_state {
    HTTP_BODY_DATA,     /* left bytes of content or chunk follow */
    HTTP_BODY_SIZE,     /* the digits of a chunk size */
    HTTP_BODY_SIZE_LF,  /* the LF behind them */
    HTTP_BODY_CHUNK_CR, /* the line end behind a chunk */
    HTTP_BODY_CHUNK_LF,
    HTTP_BODY_END_CR, /* the empty line behind the last chunk */
    HTTP_BODY_END_LF,
    HTTP_BODY_DONE
};

struct http_body { /* a plain value */
    enum http_body_state state;
    bool chunked;
    uint64_t left;   /* bytes until the content or the chunk ends */
    unsigned digits; /* of the chunk size so far */
    uint64_t total;  /* bytes of content so far */
    size_t limit;
};

/* QUOTH_TOO_LARGE when the head announces more than limit bytes. */
bool http_body_init(struct http_body *body, const struct http_head *head, size_t limit,
                    struct quoth_error *err);

/* Takes from in what belongs to the body and adds its content to to, or drops it when to is NULL.
 * *ret_used bytes were taken; what is left belongs to the next request. The body is complete when
 * state is HTTP_BODY_DONE. False: QUOTH_TOO_LARGE or QUOTH_HTTP_MALFORMED; the connection is then
 * good for nothing else. */
bool http_body_feed(struct http_body *body, struct bytes in, struct buffer *to, size_t *ret_used,
                    struct quoth_error *err);

#endif
