#include "service/vault/release_bundle.h"

#include "service/vault/vault_json.h"
#include "service/vault/vault_path.h"

/* Everything that is written for one answer. */
struct bundle { /* owned */
    struct buffer kid, requested, attributes, policy;
    struct bytes key_ops[VAULT_KEY_OPS];
    size_t key_op_count;
};

static void bundle_clear(struct bundle *b)
{
    buffer_clear(&b->kid);
    buffer_clear(&b->requested);
    buffer_clear(&b->attributes);
    buffer_clear(&b->policy);
}
DEFINE_AUTO_VALUE(bundle, struct bundle, bundle_clear)

/* The key as it is called, and as it was asked for: without a version if none was named. */
static void write_names(struct bundle *b, const struct vault *v, const struct release_case *c)
{
    vault_path_write_id(&b->kid, v->tenant, c->kind, false, c->subject.item.name,
                        c->subject.version->id);
    buffer_printf(&b->requested, "%s/%s/", v->tenant, vault_path_of(c->kind, false));
    buffer_add(&b->requested, c->name);
    if (c->version.len > 0)
        buffer_u8(&b->requested, '/');
    buffer_add(&b->requested, c->version);
}

static void list_operations(struct bundle *b, const struct vault_version *v)
{
    for (unsigned op = 0; op < VAULT_KEY_OPS; op++)
        if (v->key_ops >> op & 1)
            b->key_ops[b->key_op_count++] =
                bytes_of_text(vault_operation_name((enum vault_operation)op));
}

bool release_bundle_answer(struct release_signing *signing, const struct vault *v,
                           const struct release_case *c, const char *api_version,
                           struct bytes wrapped, struct buffer *ret_body, struct quoth_error *err)
{
    AUTO(bundle) struct bundle b = {0};
    const struct vault_version *version = c->subject.version;
    write_names(&b, v, c);
    list_operations(&b, version);
    vault_json_attributes(&b.attributes, v, &c->subject.item, version);
    vault_json_policy(&b.policy, &c->subject.item);
    if (!buffer_ok(&b.kid, err) || !buffer_ok(&b.requested, err) ||
        !buffer_ok(&b.attributes, err) || !buffer_ok(&b.policy, err))
        return false;
    const struct release_answer a = {
        .api_version = api_version,
        .algorithm = c->request.algorithm,
        .requested = buffer_bytes(&b.requested),
        .has_nonce = c->request.has_nonce,
        .nonce = buffer_bytes(&c->request.nonce),
        .kid = buffer_bytes(&b.kid),
        .is_secret = c->kind == VAULT_SECRET,
        .content_type = buffer_bytes(&version->content_type),
        .kty = bytes_of_text(vault_json_type(version->type, version->hsm)),
        .key_ops = b.key_ops,
        .key_op_count = b.key_op_count,
        .curve = version->curve,
        .a = buffer_bytes(&version->a),
        .b = buffer_bytes(&version->b),
        .recipient_kid = buffer_bytes(&c->verdict.recipient.kid),
        .wrapped = wrapped,
        .attributes = buffer_bytes(&b.attributes),
        .tags = buffer_bytes(&version->tags),
        .release_policy = buffer_bytes(&b.policy),
    };
    return release_signing_answer(signing, &a, ret_body, err);
}
