#include "net/url.h"

#include "base/text.h"
#include "codec/hex.h"

#include <arpa/inet.h>

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_unreserved(uint8_t c) /* RFC 3986 section 2.3 */
{
    return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

static bool is_target_char(uint8_t c) /* pchar, "/" and "?" (section 3.3, 3.4), escapes apart */
{
    return is_unreserved(c) || (c != '\0' && strchr("!$&'()*+,;=:@/?", c) != NULL);
}

/* Lower case, as hosts are compared (section 6.2.2.1). */
static void keep_host(struct url *u, struct bytes host)
{
    bytes_copy((uint8_t *)u->host, host);
    u->host[host.len] = '\0';
    for (char *c = u->host; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + ('a' - 'A'));
}

static bool is_name(struct bytes host)
{
    bool number = true; /* a last label of digits alone is an address that did not parse */
    size_t label = 0;
    for (size_t i = 0; i < host.len; i++) {
        const uint8_t c = host.data[i];
        if (c == '.') {
            if (label == 0)
                return false;
            label = 0;
            number = true;
            continue;
        }
        if (!is_letter(c) && !is_digit(c) && c != '-' && c != '_')
            return false;
        if (++label > 63)
            return false;
        number = number && is_digit(c);
    }
    return label > 0 && !number;
}

static bool read_host(struct reader *r, struct url *u)
{
    const size_t start = r->pos;
    const struct bytes rest = bytes_slice(r->in, start, r->in.len);
    const bool bracket = rest.len > 0 && rest.data[0] == '[';
    size_t len = 0;
    while (len < rest.len && rest.data[len] != '/' && rest.data[len] != '?' &&
           (bracket ? rest.data[len] != ']' : rest.data[len] != ':'))
        len++;
    const struct bytes host = bracket ? bytes_slice(rest, 1, len - 1) : bytes_slice(rest, 0, len);
    if (host.len == 0 || host.len >= URL_HOST_MAX)
        return quoth_fail(r->err, QUOTH_URL, "url.host", start,
                          "a host has 1 to %d characters, this one %zu", URL_HOST_MAX - 1,
                          host.len);
    keep_host(u, host);
    if (bracket && (len == rest.len || rest.data[len] != ']'))
        return quoth_fail(r->err, QUOTH_URL, "url.host", start, "the bracket is not closed");
    uint8_t address[16];
    u->numeric = strlen(u->host) == host.len && /* inet_pton would stop at a NUL */
                 inet_pton(bracket ? AF_INET6 : AF_INET, u->host, address) == 1;
    if (!u->numeric && (bracket || !is_name(host)))
        return quoth_fail(r->err, QUOTH_URL, "url.host", start,
                          "\"%s\" is neither a name nor an address", u->host);
    r->pos += len + (bracket ? 1 : 0);
    return true;
}

static bool read_port(struct reader *r, struct url *u, unsigned least)
{
    const size_t start = r->pos;
    unsigned port = 0;
    size_t digits = 0;
    for (; r->pos < r->in.len && is_digit(r->in.data[r->pos]) && digits < 6; r->pos++, digits++)
        port = port * 10 + (unsigned)(r->in.data[r->pos] - '0');
    if (digits == 0 || port > 65535 || port < least)
        return quoth_fail(r->err, QUOTH_URL, "url.port", start, "a port is a number up to 65535");
    u->port = (uint16_t)port;
    return true;
}

static bool at(const struct reader *r, char c)
{
    return r->pos < r->in.len && r->in.data[r->pos] == (uint8_t)c;
}

bool url_check_target(struct bytes target, struct quoth_error *err)
{
    if (target.len == 0 || target.data[0] != '/')
        return quoth_fail(err, QUOTH_URL, "url.path", 0, "a path begins with a slash");
    for (size_t i = 0; i < target.len; i++) {
        const uint8_t c = target.data[i];
        const bool escape = c == '%' && i + 2 < target.len && hex_digit(target.data[i + 1]) >= 0 &&
                            hex_digit(target.data[i + 2]) >= 0;
        if (!escape && !is_target_char(c))
            return quoth_fail(err, QUOTH_URL, "url.path", i,
                              "this character cannot stand there unescaped");
    }
    return true;
}

/* "https://host?x" has an empty path, which no request line can say, and is refused with the rest.
 */
static bool read_target(struct reader *r, struct url *u)
{
    static const struct bytes root = BYTES_INIT("/");
    u->target = reader_left(r) ? bytes_slice(r->in, r->pos, r->in.len) : root;
    if (url_check_target(u->target, r->err))
        return true;
    r->err->offset += r->pos; /* from the start of the URL */
    return false;
}

static bool check_length(struct bytes text, struct quoth_error *err)
{
    return text.len <= URL_MAX || quoth_fail(err, QUOTH_URL, "url", URL_MAX,
                                             "has %zu characters, limit is %d", text.len, URL_MAX);
}

bool url_read_authority(struct bytes text, struct url *ret_url, struct quoth_error *err)
{
    struct reader r = {.in = text, .err = err};
    struct url u = {.authority = text};
    if (!check_length(text, err) || !read_host(&r, &u))
        return false;
    if (!at(&r, ':'))
        return quoth_fail(err, QUOTH_URL, "url.port", r.pos, "HOST:PORT needs a port");
    r.pos++;
    if (!read_port(&r, &u, 0))
        return false;
    if (reader_left(&r) > 0)
        return quoth_fail(err, QUOTH_URL, "url.port", r.pos, "characters follow the port");
    *ret_url = u;
    return true;
}

bool url_read(struct bytes text, struct url *ret_url, struct quoth_error *err)
{
    static const struct bytes scheme = BYTES_INIT("https://");
    if (!check_length(text, err))
        return false;
    if (!text_equal_fold(bytes_slice(text, 0, scheme.len), scheme))
        return quoth_fail(err, QUOTH_URL, "url.scheme", 0, "only https:// is spoken");

    struct reader r = {.in = text, .pos = scheme.len, .err = err};
    struct url u = {.port = 443};
    if (!read_host(&r, &u))
        return false;
    if (at(&r, ':')) {
        r.pos++;
        if (!read_port(&r, &u, 1))
            return false;
    }
    u.authority = bytes_slice(text, scheme.len, r.pos - scheme.len);
    if (!read_target(&r, &u))
        return false;
    *ret_url = u;
    return true;
}

bool url_same_origin(const struct url *a, const struct url *b)
{
    return a->port == b->port && strcmp(a->host, b->host) == 0;
}

static bool decode(struct bytes text, struct buffer *to)
{
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t c = text.data[i];
        if (c != '%') {
            buffer_u8(to, c == '+' ? ' ' : c);
            continue;
        }
        const int high = i + 2 < text.len ? hex_digit(text.data[i + 1]) : -1;
        const int low = i + 2 < text.len ? hex_digit(text.data[i + 2]) : -1;
        if (high < 0 || low < 0)
            return false;
        buffer_u8(to, (uint8_t)(high << 4 | low));
        i += 2;
    }
    return true;
}

static size_t find(struct bytes in, size_t from, uint8_t c)
{
    while (from < in.len && in.data[from] != c)
        from++;
    return from;
}

/* Names may be escaped too: "api%2Dversion". */
static bool is_named(struct bytes written, const char *name)
{
    AUTO(buffer) struct buffer plain = {0};
    return decode(written, &plain) && bytes_equal(buffer_bytes(&plain), bytes_of_text(name));
}

bool url_query(struct bytes target, const char *name, struct buffer *ret_value,
               struct quoth_error *err)
{
    bool found = false;
    for (size_t start = find(target, 0, '?') + 1; start < target.len;) {
        const size_t end = find(target, start, '&');
        const struct bytes pair = bytes_slice(target, start, end - start);
        const size_t equals = find(pair, 0, '=');
        if (is_named(bytes_slice(pair, 0, equals), name)) {
            if (found)
                return quoth_fail(err, QUOTH_URL, name, start, "stands twice in the query");
            if (!decode(bytes_slice(pair, equals + 1, pair.len), ret_value))
                return quoth_fail(err, QUOTH_URL, name, start, "has a broken percent escape");
            found = true;
        }
        start = end + 1;
    }
    return found && buffer_ok(ret_value, err);
}

void url_encode(struct bytes text, struct buffer *to)
{
    for (size_t i = 0; i < text.len; i++)
        if (is_unreserved(text.data[i]))
            buffer_u8(to, text.data[i]);
        else
            buffer_printf(to, "%%%02X", text.data[i]);
}
