#include "service/state/rollback_checkpoint.h"

#include "audit/checkpoint.h"
#include "base/file.h"
#include "keys/signing_key.h"
#include "keys/watermark.h"
#include "token/token.h"

struct exported { /* owned; the token has views into text */
    struct buffer text;
    struct token token;
    int64_t watermark;
};

static void exported_clear(struct exported *e)
{
    token_clear(&e->token);
    buffer_clear(&e->text);
}
DEFINE_AUTO_VALUE(exported, struct exported, exported_clear)

/* e is zeroed. Both members are asked for: no other token of the service has the list. */
static bool read_exported(const char *path, struct exported *e, struct quoth_error *err)
{
    AUTO(buffer) struct buffer file = {0};
    struct audit_checkpoint streams[CHECKPOINTS_MAX];
    size_t count;
    return file_read(path, CHECKPOINT_FILE_MAX, &file, err) &&
           checkpoint_token(buffer_bytes(&file), &e->text, err) &&
           token_read(buffer_bytes(&e->text), &e->token, err) &&
           checkpoints_read(json_root(&e->token.payload), streams, &count, err) &&
           checkpoint_watermark(json_root(&e->token.payload), &e->watermark, err);
}

static bool find_issuer(const struct exported *e, const struct state *state,
                        const struct state_tenant **ret_tenant, struct quoth_error *err)
{
    struct json iss;
    const bool there = json_member(json_root(&e->token.payload), "iss", &iss);
    for (size_t i = 0; there && i < state->tenant_count; i++)
        if (json_text_is(iss, state->tenants[i].issuer)) {
            *ret_tenant = &state->tenants[i];
            return true;
        }
    return quoth_fail(err, QUOTH_TOKEN_ISSUER, "iss", QUOTH_NO_OFFSET,
                      "is no tenant of this service");
}

/* A distrusted key may be another's: he could say that the store had hardly begun. */
static bool check_signature(const struct exported *e, const struct kept_keys *keys,
                            struct quoth_error *err)
{
    AUTO(public_key) struct public_key *key = NULL;
    size_t i = 0;
    while (i < keys->count && strcmp(keys->keys[i].id, e->token.kid) != 0)
        i++;
    if (i == keys->count)
        return quoth_fail(err, QUOTH_TOKEN_KEY_UNKNOWN, "kid", QUOTH_NO_OFFSET,
                          "is no key that the store keeps: it was put away (export a new "
                          "checkpoint), or the store is older than the key");
    if (keys->keys[i].distrusted)
        return quoth_fail(err, QUOTH_TOKEN_KEY_UNKNOWN, "kid", QUOTH_NO_OFFSET,
                          "is a distrusted key: export a new checkpoint");
    return private_key_public(keys->keys[i].key, &key, err) && token_signed_by(&e->token, key, err);
}

static bool check_exported(const struct exported *e, const struct state *state,
                           const struct master_key *master, struct quoth_error *err)
{
    AUTO(kept_keys) struct kept_keys keys = {.count = 0};
    const struct state_tenant *tenant = NULL;
    int64_t version;
    if (!find_issuer(e, state, &tenant, err) ||
        !keys_load(state->store, master, tenant->issuer, KEY_FOR_TOKENS, &keys, err) ||
        !check_signature(e, &keys, err) || !watermark_version(state->store, master, &version, err))
        return false;
    return version >= e->watermark ||
           quoth_fail(err, QUOTH_STORE_ROLLED_BACK, CHECKPOINT_WATERMARK, QUOTH_NO_OFFSET,
                      "is %lld, the store has come to %lld: it was put back",
                      (long long)e->watermark, (long long)version);
}

bool rollback_checkpoint_check(const char *path, const struct state *state,
                               const struct master_key *master, struct quoth_error *err)
{
    AUTO(exported) struct exported e = {.watermark = 0};
    return (read_exported(path, &e, err) && check_exported(&e, state, master, err)) ||
           quoth_within(err, "rollback-checkpoint");
}

bool rollback_checkpoint_examine(const char *path, struct quoth_error *err)
{
    AUTO(exported) struct exported e = {.watermark = 0};
    return read_exported(path, &e, err);
}
