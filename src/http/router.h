/* Which handler a request belongs to. A route is a row; a table ends with a row of zeros. */
#ifndef QUOTH_HTTP_ROUTER_H
#define QUOTH_HTTP_ROUTER_H

#include "http/message.h"

struct http_exchange;

enum http_outcome {
    HTTP_DONE,    /* the response is filled */
    HTTP_REFUSED, /* err says why */
    HTTP_LATER    /* the exchange was kept; somebody resumes it, once */
};

typedef enum http_outcome http_handler(struct http_exchange *x, struct quoth_error *err);

#define HTTP_ROLE_ANYONE 0

struct http_route {
    enum http_method method; /* HTTP_GET answers HEAD too */
    const char *path;        /* "/policies/{type}:reset": braces take any value without ':' */
    int role;                /* HTTP_ROLE_ANYONE, or what http_config.admit knows */
    size_t body_limit;       /* bytes; 0: the request has no body, see HTTP_BODY_OVERLOOKED */
    http_handler *handler;
    const char *summary; /* for people and for the OpenAPI document */
    const char *accepts; /* media types of the body: "text/plain, application/json"; NULL: any */
};

#define HTTP_PARAMS_MAX 4
#define HTTP_SEGMENTS_MAX 8 /* no row has more, and no path with more has a row */

/* Bytes of a body that are read over where none belongs: on lenient paths, where a method but GET
 * would have one. There are clients that send "{}" with every request. */
#define HTTP_BODY_OVERLOOKED 1024

struct http_match {
    const struct http_route *route;
    struct bytes params[HTTP_PARAMS_MAX]; /* values of what is in braces, in their order */
    size_t param_count;
    bool lenient; /* the path is one of those below */
};

/* Finds the row for a request: paths are compared without regard to case (maa.md 0, item 10), and a
 * percent sign is a character like any other. tables is a list that ends with NULL, and so is lenient:
 * names of first segments, of paths in which empty segments count for nothing ("//keys/a//" is
 * "/keys/a"); it may be NULL. Where several rows with braces fit, those with the fewest do.
 * QUOTH_HTTP_ROUTE_UNKNOWN when no path fits, QUOTH_HTTP_METHOD when only the method does not;
 * ret_allow then holds the value of the Allow field. */
bool http_route_find(const struct http_route *const *tables, const char *const *lenient,
                     const struct http_head *head, struct http_match *ret_match, char ret_allow[64],
                     struct quoth_error *err);

/* QUOTH_HTTP_CONTENT_TYPE unless the body is of a media type of the route (parameters such as charset
 * are not looked at) and not compressed. A body without a Content-Type passes. */
bool http_route_accepts(const struct http_route *route, const struct http_head *head,
                        struct quoth_error *err);

#endif
