/* A request as it was read and a response to be written: HTTP/1.1 (RFC 9110, RFC 9112) and, for
 * clients that ask so, HTTP/1.0 without keep-alive. */
#ifndef QUOTH_HTTP_MESSAGE_H
#define QUOTH_HTTP_MESSAGE_H

#include "base/bytes.h"

#define HTTP_HEAD_MAX 8192 /* bytes of request line and header fields together */
#define HTTP_FIELDS_MAX 64 /* header fields of a request */

/* The methods that are known: to a path that has not the method, 405 is the answer and not 501. */
enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_PATCH,
    HTTP_TRACE,
    HTTP_QUERY,
    HTTP_METHOD_COUNT
};

const char *http_method_name(enum http_method method);

struct http_field {
    struct bytes name, value; /* the value without the blanks around it */
};

/* The head of a request. Its views point into the block it was read from. */
struct http_head {
    enum http_method method;
    struct bytes target;   /* as sent: begins with '/' */
    struct bytes path;     /* of the target: without the query */
    unsigned minor;        /* of HTTP/1.minor: 0 or 1 */
    bool close;            /* the client wants the connection closed afterwards */
    bool expects_continue; /* Expect: 100-continue */
    bool chunked;          /* the body has chunks; else it has length bytes */
    uint64_t length;       /* Content-Length, or 0 without one */
    struct http_field fields[HTTP_FIELDS_MAX];
    size_t field_count;
};

/* The first field of that name (ASCII, any case), or NULL. */
const struct http_field *http_head_find(const struct http_head *head, const char *name);

/* What a handler fills. A zeroed struct is 200 without a body. */
struct http_response {
    int status;               /* 0 means 200 */
    const char *content_type; /* static; NULL without a body */
    struct buffer body;
    struct buffer extras; /* additional fields, each "Name: value\r\n" */
    unsigned retry_after; /* seconds; 0: no such field */
};

void http_response_clear(struct http_response *r);

/* Adds a field. Name and value are ours, never copied from outside. QUOTH_INTERNAL with a control
 * character. */
bool http_response_field(struct http_response *r, const char *name, const char *value,
                         struct quoth_error *err);

/* Writes status line and fields, and the body unless omit_body (the answer to HEAD). date is the
 * value of the Date field, id that of x-ms-request-id. */
void http_response_write(const struct http_response *r, const char *date, const char *id,
                         bool close, bool omit_body, struct buffer *to);

#endif
