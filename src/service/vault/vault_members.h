/* Members of the JSON that clients of the vault send. Names are matched in any case, null is as good as
 * nothing (key-release.md 1.3), and what is not read is ignored as Azure ignores it: but for the members of
 * "attributes" and "release_policy", where a word that nobody knows may be a restriction that
 * somebody believes in: QUOTH_VAULT_MEMBER. */
#ifndef QUOTH_SERVICE_VAULT_MEMBERS_H
#define QUOTH_SERVICE_VAULT_MEMBERS_H

#include "codec/json.h"
#include "vault/item.h"

/* An object, with names that differ in case alone refused as the duplicates they are (THREATS 13).
 * QUOTH_JSON*. */
bool vault_members_parse(struct bytes body, size_t max_len, struct json_doc *ret_doc,
                         struct quoth_error *err);

/* False if there is none, or it is null. */
bool vault_member(struct json object, const char *name, struct json *ret_value);

/* Each appends or sets nothing if there is no such member. QUOTH_JSON_VALUE, QUOTH_BASE64. Octets:
 * either alphabet of base64, padded or not. */
bool vault_member_text(struct json object, const char *name, struct buffer *ret_text,
                       struct quoth_error *err);
bool vault_member_octets(struct json object, const char *name, struct buffer *ret_octets,
                         struct quoth_error *err);
bool vault_member_number(struct json object, const char *name, int64_t most, int64_t *ret_number,
                         bool *ret_has, struct quoth_error *err);
bool vault_member_flag(struct json object, const char *name, bool *ret_flag, bool *ret_has,
                       struct quoth_error *err);

/* The octets of one that must be there and not be empty. */
bool vault_member_need(struct json object, const char *name, struct buffer *ret_octets,
                       struct quoth_error *err);

/* What a body asks to be otherwise: attributes, tags, release_policy, key_ops, contentType. */
struct vault_asked { /* owned; changes has views of the rest and of the body's text */
    struct vault_changes changes;
    struct buffer policy, policy_type, content_type;
};

void vault_asked_clear(struct vault_asked *a);
DEFINE_AUTO_VALUE(vault_asked, struct vault_asked, vault_asked_clear)

/* ret_asked must be zeroed. key_ops of a key stand in `operations`: the body, or the JWK of an import.
 * QUOTH_VAULT_MEMBER, QUOTH_VAULT_KEY_OPS, QUOTH_JSON_VALUE, QUOTH_BASE64. */
bool vault_asked_read(struct json body, struct json operations, enum vault_kind kind,
                      struct vault_asked *ret_asked, struct quoth_error *err);

#endif
