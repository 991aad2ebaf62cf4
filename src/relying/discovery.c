#include "relying/discovery.h"

#include "codec/json.h"
#include "net/url.h"

static bool check_origin(struct bytes uri, const char *issuer, struct quoth_error *err)
{
    struct quoth_error inner = {0};
    struct url keys, home;
    if (!url_read(uri, &keys, &inner) || !url_read(bytes_of_text(issuer), &home, &inner))
        return quoth_fail(err, QUOTH_DISCOVERY, "metadata.jwks_uri", inner.offset, "%s",
                          inner.message);
    return url_same_origin(&keys, &home) ||
           quoth_fail(err, QUOTH_DISCOVERY, "metadata.jwks_uri", QUOTH_NO_OFFSET,
                      "lies on %s port %u, not with the issuer", keys.host, keys.port);
}

bool discovery_read(struct bytes text, const char *issuer, char **ret_jwks_uri,
                    struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(buffer) struct buffer named = {0}, uri = {0};
    struct quoth_error inner = {0};
    if (!json_parse(text, NULL, &doc, &inner) ||
        !json_need_text(json_root(&doc), "issuer", &named, &inner) ||
        !json_need_text(json_root(&doc), "jwks_uri", &uri, &inner))
        return quoth_fail(err, QUOTH_DISCOVERY, "metadata", inner.offset, "%s", inner.message);
    if (!bytes_equal(buffer_bytes(&named), bytes_of_text(issuer))) {
        AUTO(text) char *found = buffer_take_text(&named, err);
        return found && quoth_mismatch(err, QUOTH_DISCOVERY, "metadata.issuer", QUOTH_NO_OFFSET,
                                       found, issuer);
    }
    if (!check_origin(buffer_bytes(&uri), issuer, err))
        return false;
    char *copy = buffer_take_text(&uri, err);
    if (copy)
        *ret_jwks_uri = copy;
    return copy != NULL;
}

bool discovery_announces(struct bytes text, const char *algorithm)
{
    AUTO(json_doc) struct json_doc doc = {0};
    struct quoth_error ignored = {0};
    struct json list;
    if (!json_parse(text, NULL, &doc, &ignored) ||
        !json_member(json_root(&doc), "id_token_signing_alg_values_supported", &list) ||
        json_type(list) != JSON_ARRAY)
        return false;
    for (struct json one = json_first(list); json_exists(one); one = json_next(one))
        if (json_text_is(one, algorithm))
            return true;
    return false;
}
