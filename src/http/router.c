#include "http/router.h"

#include "base/text.h"

#include <stdio.h>

/* Of a path, or of the pattern of a row. */
struct segments {
    struct bytes items[HTTP_SEGMENTS_MAX];
    size_t count; /* HTTP_SEGMENTS_MAX + 1: there are more */
};

/* The first segment of a path that begins with '/', without it; path moves past it. */
static struct bytes next_segment(struct bytes *path)
{
    size_t len = 1;
    while (len < path->len && path->data[len] != '/')
        len++;
    const struct bytes segment = bytes_slice(*path, 1, len - 1);
    *path = bytes_slice(*path, len, path->len);
    return segment;
}

/* Lenient: without those that are empty. */
static struct segments split(struct bytes path, bool lenient)
{
    struct segments s = {.count = 0};
    while (path.len > 0 && s.count <= HTTP_SEGMENTS_MAX) {
        const struct bytes segment = next_segment(&path);
        if (lenient && segment.len == 0)
            continue;
        if (s.count < HTTP_SEGMENTS_MAX)
            s.items[s.count] = segment;
        s.count++;
    }
    return s;
}

static bool holds(struct bytes text, uint8_t wanted)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == wanted)
            return true;
    return false;
}

/* "{type}" takes any value, "{type}:reset" any that ends so; a colon begins a verb and stands in no
 * value. */
static bool segment_matches(struct bytes wanted, struct bytes segment, struct http_match *match)
{
    size_t brace = 0;
    if (wanted.len == 0 || wanted.data[0] != '{')
        return text_equal_fold(wanted, segment);
    while (brace < wanted.len && wanted.data[brace] != '}')
        brace++;
    const struct bytes tail = bytes_slice(wanted, brace + 1, wanted.len);
    if (segment.len <= tail.len || match->param_count == HTTP_PARAMS_MAX ||
        !text_equal_fold(tail, bytes_slice(segment, segment.len - tail.len, tail.len)))
        return false;
    const struct bytes value = bytes_slice(segment, 0, segment.len - tail.len);
    match->params[match->param_count++] = value;
    return !holds(value, ':');
}

static bool is_lenient(const char *const *lenient, struct bytes path)
{
    const struct segments s = split(path, true);
    for (; s.count > 0 && lenient && *lenient; lenient++)
        if (text_equal_fold(s.items[0], bytes_of_text(*lenient)))
            return true;
    return false;
}

static bool path_matches(const char *pattern, const struct segments *path, struct http_match *match)
{
    struct bytes wanted = bytes_of_text(pattern);
    size_t i = 0;
    match->param_count = 0;
    while (wanted.len > 0 && i < path->count)
        if (i == HTTP_SEGMENTS_MAX ||
            !segment_matches(next_segment(&wanted), path->items[i++], match))
            return false;
    return wanted.len == 0 && i == path->count;
}

static bool method_matches(enum http_method route, enum http_method asked)
{
    return route == asked || (route == HTTP_GET && asked == HTTP_HEAD);
}

static void allow(char list[64], enum http_method method)
{
    const size_t used = strlen(list);
    snprintf(list + used, 64 - used, "%s%s", used ? ", " : "",
             method == HTTP_GET ? "GET, HEAD" : http_method_name(method));
}

/* Of two rows that fit, the one with more words is meant: "/keys/{name}/versions" leaves no word of its
 * own to "/keys/{name}/{version}". A row without braces takes nothing from those that have some. */
static size_t fewest_params(const struct http_route *const *tables, const struct segments *path)
{
    size_t fewest = SIZE_MAX;
    for (; *tables; tables++)
        for (const struct http_route *route = *tables; route->path; route++) {
            struct http_match match;
            if (path_matches(route->path, path, &match) && match.param_count > 0 &&
                match.param_count < fewest)
                fewest = match.param_count;
        }
    return fewest;
}

bool http_route_find(const struct http_route *const *tables, const char *const *lenient,
                     const struct http_head *head, struct http_match *ret_match, char ret_allow[64],
                     struct quoth_error *err)
{
    const bool is_one = is_lenient(lenient, head->path);
    const struct segments path = split(head->path, is_one);
    size_t fewest = 0; /* asked for once a row with braces fits */
    char allowed[64] = "";
    for (const struct http_route *const *table = tables; *table; table++)
        for (const struct http_route *route = *table; route->path; route++) {
            struct http_match match = {.route = route, .lenient = is_one};
            if (!path_matches(route->path, &path, &match))
                continue;
            if (match.param_count > 0 && fewest == 0)
                fewest = fewest_params(tables, &path);
            if (match.param_count > 0 && match.param_count != fewest)
                continue;
            if (method_matches(route->method, head->method)) {
                *ret_match = match;
                return true;
            }
            allow(allowed, route->method);
        }
    snprintf(ret_allow, 64, "%s", allowed);
    char shown[64];
    text_escape(shown, sizeof shown, head->path);
    if (allowed[0])
        return quoth_mismatch(err, QUOTH_HTTP_METHOD, shown, QUOTH_NO_OFFSET,
                              http_method_name(head->method), allowed);
    return quoth_fail(err, QUOTH_HTTP_ROUTE_UNKNOWN, shown, QUOTH_NO_OFFSET,
                      "there is no such path");
}

static struct bytes media_type(struct bytes value)
{
    size_t len = 0;
    while (len < value.len && value.data[len] != ';' && value.data[len] != ' ')
        len++;
    return bytes_slice(value, 0, len);
}

/* Whether a list as "text/plain, application/json" names the type. */
static bool is_listed(const char *list, struct bytes type)
{
    struct bytes rest = bytes_of_text(list);
    while (rest.len > 0) {
        size_t len = 0;
        while (len < rest.len && rest.data[len] != ',')
            len++;
        if (text_equal_fold(bytes_slice(rest, 0, len), type))
            return true;
        rest = bytes_slice(rest, len + strlen(", "), rest.len);
    }
    return false;
}

bool http_route_accepts(const struct http_route *route, const struct http_head *head,
                        struct quoth_error *err)
{
    char found[64];
    const struct http_field *coding = http_head_find(head, "Content-Encoding");
    if (coding && !text_equal_fold(coding->value, BYTES_LITERAL("identity")))
        return quoth_mismatch(err, QUOTH_HTTP_CONTENT_TYPE, "Content-Encoding", QUOTH_NO_OFFSET,
                              text_escape(found, sizeof found, coding->value), "none");
    const struct http_field *type = http_head_find(head, "Content-Type");
    if (!type || !route->accepts || is_listed(route->accepts, media_type(type->value)))
        return true;
    return quoth_mismatch(err, QUOTH_HTTP_CONTENT_TYPE, "Content-Type", QUOTH_NO_OFFSET,
                          text_escape(found, sizeof found, type->value), route->accepts);
}
