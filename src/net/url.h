/* Addresses of the form https://HOST[:PORT][/PATH][?QUERY] (RFC 3986), strictly: no other scheme,
 * no user information, no fragment, and only characters that RFC 3986 lets stand unescaped. */
#ifndef QUOTH_NET_URL_H
#define QUOTH_NET_URL_H

#include "base/bytes.h"

#define URL_MAX 2048
#define URL_HOST_MAX 254 /* a name of 253 characters and a NUL */

struct url {
    char host[URL_HOST_MAX]; /* lower case, without brackets */
    bool numeric;            /* host is an IPv4 or IPv6 address */
    uint16_t port;           /* 443 if the text names none */
    struct bytes authority;  /* HOST[:PORT] as written, for the Host field; views the text */
    struct bytes target;     /* path and query, "/" if there is none; views the text */
};

/* False: QUOTH_URL at the offset of what is wrong. ret_url views text. */
bool url_read(struct bytes text, struct url *ret_url, struct quoth_error *err);

/* Same host and port (RFC 6454; the scheme is always https). */
bool url_same_origin(const struct url *a, const struct url *b);

/* Splits "HOST:PORT", "[V6]:PORT" (as a listening address or a server to call is written) and gives
 * the host as in struct url. Port 0 is allowed. */
bool url_read_authority(struct bytes text, struct url *ret_url, struct quoth_error *err);

/* Whether a path and query may stand in a request line: it begins with a slash and holds nothing
 * that RFC 3986 wants escaped. */
bool url_check_target(struct bytes target, struct quoth_error *err);

/* The value of a parameter in the query of a target, name and value percent-decoded ("+" is a
 * blank). False with err untouched if there is none; QUOTH_URL if its escapes are
 * broken or the name stands twice. */
bool url_query(struct bytes target, const char *name, struct buffer *ret_value,
               struct quoth_error *err);

/* Appends text percent-encoded so that it may stand in a query: all but the unreserved characters.
 */
void url_encode(struct bytes text, struct buffer *to);

#endif
