#include "service/policies/stored_policy.h"

#include "codec/json_write.h"
#include "keys/records.h"
#include "token/policy_jws.h"

void tenant_policy_clear(struct tenant_policy *p)
{
    policy_close(p->policy);
    buffer_clear(&p->jws);
    buffer_clear(&p->signer);
    buffer_clear(&p->signer_jwk);
    *p = (struct tenant_policy){0};
}

void stored_policy_clear(struct stored_policy *p)
{
    buffer_clear(&p->jws);
    *p = (struct stored_policy){0};
}

/* ---- the value of a record */

bool stored_policy_write(const struct stored_policy *p, struct buffer *to, struct quoth_error *err)
{
    json_object_begin(to);
    json_named_cstring(to, "operation", p->operation);
    json_named_string(to, "jws", buffer_bytes(&p->jws));
    json_named_cstring(to, "who", p->who);
    json_named_int(to, "time", p->time);
    json_named_int(to, "iat", p->iat);
    json_named_int(to, "signers", p->signers_version);
    json_object_end(to);
    return buffer_ok(to, err);
}

bool stored_text(struct json object, const char *name, char *to, size_t size,
                 struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    if (!json_need_text(object, name, &text, err))
        return false;
    if (text.len >= size)
        return quoth_fail(err, QUOTH_STORE_BROKEN, name, QUOTH_NO_OFFSET, "has %zu bytes",
                          text.len);
    bytes_copy((uint8_t *)to, buffer_bytes(&text)); /* JSON text of ours never holds NUL */
    to[text.len] = '\0';
    return true;
}

static bool read_value(struct json root, struct stored_policy *p, struct quoth_error *err)
{
    return stored_text(root, "operation", p->operation, sizeof p->operation, err) &&
           json_need_text(root, "jws", &p->jws, err) &&
           stored_text(root, "who", p->who, sizeof p->who, err) &&
           json_need_int(root, "time", 0, INT64_MAX, &p->time, err) &&
           json_need_int(root, "iat", 0, INT64_MAX, &p->iat, err) &&
           json_need_int(root, "signers", 0, INT64_MAX, &p->signers_version, err);
}

bool stored_policy_read(struct bytes value, struct stored_policy *ret_policy,
                        struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(stored_policy) struct stored_policy p = {0};
    struct quoth_error why = {0};
    if (!json_parse(value, NULL, &doc, &why) || !read_value(json_root(&doc), &p, &why))
        return quoth_fail(err, why.code == QUOTH_MEMORY ? why.code : QUOTH_STORE_BROKEN, why.where,
                          why.offset, "%s", why.message);
    *ret_policy = take_value(p);
    return true;
}

bool stored_policy_load(struct store *store, const struct master_key *master, const char *issuer,
                        enum attest_type type, int64_t *ret_version,
                        struct stored_policy *ret_policy, struct quoth_error *err)
{
    AUTO(buffer) struct buffer value = {0};
    int64_t version = 0;
    if (!record_load(store, master, RECORD_POLICY, issuer, attest_type_name(type), 0, &version,
                     &value, err) ||
        (version > 0 && !stored_policy_read(buffer_bytes(&value), ret_policy, err)))
        return quoth_within(err, RECORD_POLICY);
    *ret_version = version;
    return true;
}

/* ---- what is in force */

bool stored_policy_default(enum attest_type type, struct tenant_policy *ret_policy,
                           struct quoth_error *err)
{
    AUTO(tenant_policy) struct tenant_policy p = {.is_default = true};
    AUTO(buffer) struct buffer payload = {0};
    const struct bytes text = policy_default(attest_type_name(type));
    if ((text.len > 0 && !policy_open(text, &p.policy, NULL, err)) ||
        !policy_jws_payload(text, NULL, &payload, err) ||
        !jws_write(buffer_bytes(&payload), NULL, NULL, 0, &p.jws, err))
        return quoth_within(err, attest_type_name(type));
    *ret_policy = take_value(p);
    return true;
}

/* Where stored policies come from, and the signers that they were set under: usually all of one
 * version. */
struct loader {
    struct store *store;
    const struct master_key *master;
    const char *issuer;
    enum trust_model model;
    struct stored_signers signers;
};

/* As it was judged when it was set: by the signers of that version, as of that instant. */
static bool still_believed(struct loader *l, const struct stored_policy *stored,
                           const struct jws *jws, struct quoth_error *err)
{
    const bool isolated = l->model == MODEL_ISOLATED;
    if (jws->algorithm == JWS_NONE && !isolated)
        return true;
    if (!jws_verify(jws, err))
        return false;
    if (!isolated)
        return true;
    if (stored->signers_version == 0)
        return quoth_fail(err, QUOTH_STORE_BROKEN, "signers", QUOTH_NO_OFFSET,
                          "the policy names no version of signers");
    if (l->signers.version != stored->signers_version) {
        stored_signers_clear(&l->signers);
        if (!stored_signers_load(l->store, l->master, l->issuer, stored->signers_version,
                                 &l->signers, err))
            return false;
    }
    return jws_signer_trusted(jws, l->signers.certificates, l->signers.count, stored->time, err);
}

static bool open_set(const struct jws *jws, struct buffer *text, struct tenant_policy *p,
                     struct quoth_error *err)
{
    p->is_default = false;
    buffer_add(&p->jws, jws->text);
    if (jws->algorithm != JWS_NONE) {
        buffer_add(&p->signer, buffer_bytes(&jws->chain[0]));
        jws_signer_write(&p->signer_jwk, buffer_bytes(&p->signer), err);
    }
    return err->code == QUOTH_OK && policy_open(buffer_bytes(text), &p->policy, NULL, err) &&
           buffer_ok(&p->jws, err) && buffer_ok(&p->signer, err) && buffer_ok(&p->signer_jwk, err);
}

/* A reset has no text: the default is in force again. */
static bool open_stored(struct loader *l, enum attest_type type, const struct stored_policy *stored,
                        struct tenant_policy *p, struct quoth_error *err)
{
    AUTO(jws) struct jws jws = {0};
    AUTO(buffer) struct buffer text = {0};
    AUTO(policy_binding) struct policy_binding binding = {0};
    return jws_read(buffer_bytes(&stored->jws), &jws, err) &&
           still_believed(l, stored, &jws, err) && policy_jws_text(&jws, &text, &binding, err) &&
           (text.len > 0 ? open_set(&jws, &text, p, err) : stored_policy_default(type, p, err));
}

static bool load_one(struct loader *l, enum attest_type type, struct tenant_policy *ret_policy,
                     struct quoth_error *err)
{
    AUTO(stored_policy) struct stored_policy stored = {0};
    AUTO(tenant_policy) struct tenant_policy p = {0};
    int64_t version = 0;
    if (!stored_policy_load(l->store, l->master, l->issuer, type, &version, &stored, err) ||
        !(version > 0 ? open_stored(l, type, &stored, &p, err)
                      : stored_policy_default(type, &p, err)))
        return false;
    p.version = version;
    p.since = stored.time;
    *ret_policy = take_value(p);
    return true;
}

bool stored_policies_load(struct store *store, const struct master_key *master, const char *issuer,
                          enum trust_model model, struct tenant_policy ret_policies[ATTEST_TYPES],
                          struct quoth_error *err)
{
    struct loader l = {.store = store, .master = master, .issuer = issuer, .model = model};
    bool good = true;
    for (size_t i = 0; i < ATTEST_TYPES && good; i++)
        good = load_one(&l, (enum attest_type)i, &ret_policies[i], err) ||
               quoth_within(err, attest_type_name((enum attest_type)i));
    stored_signers_clear(&l.signers);
    return good;
}
