#include "release/authority.h"

bool release_authority_read(struct bytes text, struct release_authority *ret_authority,
                            struct quoth_error *err)
{
    struct release_authority a;
    if (!url_read(text, &a.url, err))
        return false;
    const struct bytes target = a.url.target;
    if (target.len > 0 && memchr(target.data, '?', target.len))
        return quoth_fail(err, QUOTH_URL, "url.query", text.len - target.len,
                          "an authority has no query");
    const bool slash = target.len > 0 && target.data[target.len - 1] == '/';
    a.path = bytes_slice(target, 0, target.len - slash);
    *ret_authority = a;
    return true;
}

bool release_authority_equal(const struct release_authority *a, const struct release_authority *b)
{
    return url_same_origin(&a->url, &b->url) && bytes_equal(a->path, b->path);
}
