#include "service/stored_policy.h"

#include "codec/base64.h"
#include "codec/json.h"
#include "codec/json_write.h"

void tenant_policy_clear(struct tenant_policy *p)
{
    policy_close(p->policy);
    buffer_clear(&p->jws);
    buffer_clear(&p->signer);
    *p = (struct tenant_policy){0};
}

bool stored_policy_default(enum attest_type type, struct tenant_policy *ret_policy,
                           struct quoth_error *err)
{
    AUTO(tenant_policy) struct tenant_policy p = {.is_default = true};
    const struct bytes text = policy_default(attest_type_name(type));
    if (text.len > 0 && !policy_open(text, &p.policy, NULL, err))
        return quoth_within(err, attest_type_name(type));
    *ret_policy = take_value(p);
    return true;
}

static bool read_certificate(struct json value, struct buffer *ret_der, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    return json_get_text(value, &text, err) && base64url_decode(buffer_bytes(&text), ret_der, err);
}

bool stored_signers_read(struct bytes value, struct buffer *ret_signers, size_t *ret_count,
                         struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    struct json list;
    size_t count = 0;
    if (!json_parse(value, NULL, &doc, err) ||
        !json_need_array(json_root(&doc), "certificates", &list, err))
        return quoth_within(err, RECORD_SIGNERS);
    for (struct json item = json_first(list); json_exists(item); item = json_next(item)) {
        if (count == TENANT_SIGNERS_MAX)
            return quoth_fail(err, QUOTH_STORE_BROKEN, RECORD_SIGNERS, QUOTH_NO_OFFSET,
                              "there are more than %u", TENANT_SIGNERS_MAX);
        if (!read_certificate(item, &ret_signers[count++], err))
            return quoth_within(err, RECORD_SIGNERS);
    }
    *ret_count = count;
    return true;
}

bool stored_signers_write(const struct buffer *signers, size_t count, struct buffer *to,
                          struct quoth_error *err)
{
    json_object_begin(to);
    json_name(to, "certificates");
    json_array_begin(to);
    for (size_t i = 0; i < count; i++)
        json_base64url(to, buffer_bytes(&signers[i]));
    json_array_end(to);
    json_object_end(to);
    return buffer_ok(to, err);
}
