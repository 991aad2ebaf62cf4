#include "release/policy.h"

#include "codec/json_write.h"

void release_policy_clear(struct release_policy *p)
{
    buffer_clear(&p->text);
    arena_clear(&p->arena);
    *p = (struct release_policy){0};
}

struct release_place release_policy_place(const struct release_policy *p, size_t offset)
{
    struct release_place place = {1, 1};
    for (size_t i = 0; i < offset && i < p->text.len; i++) {
        const uint8_t c = p->text.data[i];
        place.column += (c & 0xC0) != 0x80; /* not inside a character */
        if (c == '\n')
            place = (struct release_place){place.line + 1, 1};
    }
    return place;
}

bool release_policy_canonical(const struct release_policy *p, struct buffer *to,
                              struct quoth_error *err)
{
    const struct json_limits limits = {.max_depth = 64};
    AUTO(json_doc) struct json_doc doc = {0};
    if (!json_parse(buffer_bytes(&p->text), &limits, &doc, err))
        return false;
    json_write_canonical(json_root(&doc), to);
    return buffer_ok(to, err);
}

bool release_policy_hash(const struct release_policy *p, struct sha256 *ret_hash,
                         struct quoth_error *err)
{
    AUTO(buffer) struct buffer canonical = {0};
    if (!release_policy_canonical(p, &canonical, err))
        return false;
    *ret_hash = sha256_of(buffer_bytes(&canonical));
    return true;
}

bool release_policy_names(const struct release_policy *p, struct bytes issuer)
{
    struct release_authority authority;
    struct quoth_error ignored = {0};
    if (!release_authority_read(issuer, &authority, &ignored))
        return false;
    for (size_t i = 0; i < p->entry_count; i++)
        if (release_authority_equal(&p->entries[i].authority, &authority))
            return true;
    return false;
}
