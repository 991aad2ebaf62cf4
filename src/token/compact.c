#include "token/compact.h"

#include "codec/base64.h"

bool compact_fault(const struct compact *c, const struct quoth_error *inner, const char *part,
                   struct quoth_error *err)
{
    const enum quoth_code code = inner->code == QUOTH_MEMORY ? QUOTH_MEMORY : c->malformed;
    quoth_fail(err, code, inner->where, inner->offset, "%s", inner->message);
    quoth_within(err, part);
    return quoth_within(err, c->what);
}

/* The text up to the next dot, or to the end; moves past the dot. */
static struct bytes part_before_dot(struct bytes *rest)
{
    size_t len = 0;
    while (len < rest->len && rest->data[len] != '.')
        len++;
    const struct bytes part = bytes_slice(*rest, 0, len);
    *rest = bytes_slice(*rest, len + 1, rest->len);
    return part;
}

static bool split(const struct compact *c, struct bytes text, struct bytes ret_parts[3],
                  struct quoth_error *err)
{
    size_t dots = 0;
    for (size_t i = 0; i < text.len; i++)
        dots += text.data[i] == '.';
    if (dots != 2)
        return quoth_fail(err, c->malformed, c->what, 0,
                          "has %zu dots, a compact JWS has two (RFC 7515 7.1)", dots);
    for (size_t i = 0; i < 3; i++)
        ret_parts[i] = part_before_dot(&text);
    return true;
}

static bool decode(const struct compact *c, struct bytes part, const char *name,
                   struct buffer *ret_data, struct quoth_error *err)
{
    struct quoth_error inner = {0};
    return base64url_decode(part, ret_data, &inner) || compact_fault(c, &inner, name, err);
}

bool compact_object(const struct compact *c, const struct buffer *text, const char *part,
                    const struct json_limits *limits, struct json_doc *ret_doc,
                    struct quoth_error *err)
{
    struct quoth_error inner = {0};
    if (!json_parse(buffer_bytes(text), limits, ret_doc, &inner))
        return compact_fault(c, &inner, part, err);
    if (json_type(json_root(ret_doc)) == JSON_OBJECT)
        return true;
    quoth_fail(err, c->malformed, part, 0, "is not a JSON object");
    return quoth_within(err, c->what);
}

static bool read_header(const struct compact *c, struct compact_parts *p, struct quoth_error *err)
{
    static const char *const refused[] = {"crit", "b64"};
    const struct json_limits limits = {
        .max_len = c->header_max, .max_depth = 4, .fold_names = true};
    if (!compact_object(c, p->header_text, "header", &limits, p->header, err))
        return false;
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct json member;
        if (json_member_fold(json_root(p->header), refused[i], &member)) {
            quoth_fail(err, c->malformed, "header", json_offset(member),
                       "\"%s\" asks for an extension, and none is understood", refused[i]);
            return quoth_within(err, c->what);
        }
    }
    return true;
}

bool compact_read(const struct compact *c, struct bytes text, struct compact_parts *parts,
                  struct quoth_error *err)
{
    struct bytes part[3] = {0};
    if (!split(c, text, part, err))
        return false;
    parts->signing_input = bytes_slice(text, 0, part[0].len + 1 + part[1].len);
    return decode(c, part[0], "header", parts->header_text, err) &&
           decode(c, part[1], "payload", parts->payload, err) &&
           decode(c, part[2], "signature", parts->signature, err) && read_header(c, parts, err);
}
