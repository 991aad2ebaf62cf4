#include "service/policies/stored_policy.h"

#include "codec/base64.h"
#include "codec/json_write.h"
#include "codec/pem.h"
#include "keys/records.h"
#include "service/policies/signer_change.h"

void stored_signers_clear(struct stored_signers *s)
{
    for (size_t i = 0; i < s->count; i++)
        buffer_clear(&s->certificates[i]);
    *s = (struct stored_signers){0};
}

bool stored_signers_write(const struct stored_signers *s, struct buffer *to,
                          struct quoth_error *err)
{
    json_object_begin(to);
    json_named_cstring(to, "operation", s->operation);
    json_named_cstring(to, "who", s->who);
    json_named_int(to, "time", s->time);
    json_named_int(to, "iat", s->iat);
    json_name(to, "certificates");
    json_array_begin(to);
    for (size_t i = 0; i < s->count; i++)
        json_base64url(to, buffer_bytes(&s->certificates[i]));
    json_array_end(to);
    json_object_end(to);
    return buffer_ok(to, err);
}

static bool read_certificate(struct json value, struct buffer *ret_der, struct quoth_error *err)
{
    struct bytes text;
    return json_get_plain(value, &text, err) && base64url_decode(text, ret_der, err);
}

static bool read_certificates(struct json list, struct stored_signers *s, struct quoth_error *err)
{
    for (struct json item = json_first(list); json_exists(item); item = json_next(item)) {
        if (s->count == TENANT_SIGNERS_MAX)
            return quoth_fail(err, QUOTH_STORE_BROKEN, "certificates", QUOTH_NO_OFFSET,
                              "there are more than %u", TENANT_SIGNERS_MAX);
        if (!read_certificate(item, &s->certificates[s->count++], err))
            return false;
    }
    return s->count > 0 ||
           quoth_fail(err, QUOTH_STORE_BROKEN, "certificates", QUOTH_NO_OFFSET, "there is none");
}

static bool read_value(struct bytes value, struct stored_signers *s, struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    struct json list = {0};
    if (!json_parse(value, NULL, &doc, err))
        return false;
    const struct json root = json_root(&doc);
    return stored_text(root, "operation", s->operation, sizeof s->operation, err) &&
           stored_text(root, "who", s->who, sizeof s->who, err) &&
           json_need_int(root, "time", 0, INT64_MAX, &s->time, err) &&
           json_need_int(root, "iat", 0, INT64_MAX, &s->iat, err) &&
           json_need_array(root, "certificates", &list, err) && read_certificates(list, s, err);
}

bool stored_signers_load(struct store *store, const struct master_key *master, const char *issuer,
                         int64_t version, struct stored_signers *ret_signers,
                         struct quoth_error *err)
{
    AUTO(buffer) struct buffer value = {0};
    AUTO(stored_signers) struct stored_signers s = {0};
    if (!record_load(store, master, RECORD_SIGNERS, issuer, SIGNERS_ID, version, &s.version, &value,
                     err) ||
        (s.version > 0 && !read_value(buffer_bytes(&value), &s, err)))
        return quoth_within(err, RECORD_SIGNERS);
    *ret_signers = take_value(s);
    return true;
}

/* ---- for init */

static bool has(const struct stored_signers *s, struct bytes der)
{
    for (size_t i = 0; i < s->count; i++)
        if (bytes_equal(buffer_bytes(&s->certificates[i]), der))
            return true;
    return false;
}

static bool add_block(struct reader *pem, struct stored_signers *s, struct quoth_error *err)
{
    AUTO(buffer) struct buffer der = {0};
    if (!pem_next_lenient(pem, "CERTIFICATE", &der) || !signer_is_fit(buffer_bytes(&der), err))
        return false;
    if (has(s, buffer_bytes(&der)))
        return true;
    if (s->count == TENANT_SIGNERS_MAX)
        return quoth_fail(err, QUOTH_SIGNER_LIMIT, "signers", pem->pos, "there are more than %u",
                          TENANT_SIGNERS_MAX);
    s->certificates[s->count++] = take_value(der);
    return true;
}

bool stored_signers_from_pem(struct bytes pem, struct stored_signers *ret_signers,
                             struct quoth_error *err)
{
    AUTO(stored_signers) struct stored_signers s = {0};
    struct reader r = {.in = pem, .err = err};
    do
        if (!add_block(&r, &s, err))
            return false;
    while (reader_left(&r) > 0);
    *ret_signers = take_value(s);
    return true;
}
