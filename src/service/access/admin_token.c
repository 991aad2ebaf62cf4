#include "service/access/admin_token.h"

#include "base/time.h"
#include "codec/hex.h"
#include "codec/json.h"

#include <stdio.h>

#define NAME_BYTES 4 /* of the hash */

bool admin_token_read(struct bytes record, struct admin_token *ret_token, struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    struct admin_token token = {.exists = true};
    struct quoth_error inner = {0};
    if (!json_parse(record, NULL, &doc, &inner) ||
        !json_need_hex(json_root(&doc), "sha256", token.hash.bytes, sizeof token.hash.bytes,
                       &inner) ||
        !json_need_int(json_root(&doc), "expires", 0, INT64_MAX, &token.expires, &inner))
        return quoth_fail(err, QUOTH_STORE_BROKEN, "store.admin", inner.offset, "%s",
                          inner.message);
    *ret_token = token;
    return true;
}

bool admin_token_load(struct store *store, const struct master_key *master, const char *issuer,
                      struct admin_token *ret_token, struct quoth_error *err)
{
    AUTO(buffer) struct buffer record = {0};
    int64_t version = 0;
    if (!record_load(store, master, KIND_ADMIN, issuer, ADMIN_TOKEN_ID, 0, &version, &record, err))
        return false;
    if (version > 0)
        return admin_token_read(buffer_bytes(&record), ret_token, err);
    *ret_token = (struct admin_token){0};
    return true;
}

char *admin_token_name(const struct admin_token *token, char text[ADMIN_TOKEN_NAME_SIZE])
{
    char hex[2 * NAME_BYTES + 1];
    hex_text(bytes_slice(BYTES_OF(token->hash.bytes), 0, NAME_BYTES), hex, sizeof hex);
    snprintf(text, ADMIN_TOKEN_NAME_SIZE, "token:%s", hex);
    return text;
}

bool admin_token_admin(const struct admin_token *token, struct bytes presented, int64_t now,
                       struct admin *ret_admin, struct quoth_error *err)
{
    char text[TIME_TEXT_SIZE];
    const struct sha256 hash = sha256_of(presented);
    if (!token->exists || !bytes_equal_secret(BYTES_OF(hash.bytes), BYTES_OF(token->hash.bytes)))
        return quoth_fail(err, QUOTH_ADMIN_UNAUTHENTICATED, "Authorization", QUOTH_NO_OFFSET,
                          "is not the admin token of this tenant");
    if (now >= token->expires)
        return quoth_fail(err, QUOTH_ADMIN_UNAUTHENTICATED, "Authorization", QUOTH_NO_OFFSET,
                          "the admin token expired at %s: quothd init --renew-admin-token",
                          time_format(token->expires, text));
    *ret_admin = (struct admin){.roles = ROLE_ALL};
    admin_token_name(token, ret_admin->name);
    return true;
}
