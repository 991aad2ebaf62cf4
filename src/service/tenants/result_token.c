#include "service/tenants/result_token.h"

#include "codec/json_write.h"
#include "crypto/digest.h"
#include "token/jws.h"
#include "token/token.h"

void result_add_token_hash(struct claims *result, struct bytes jws)
{
    const struct sha256 hash = sha256_of(jws);
    claims_add_base64url(result, CLAIM_FROM_SERVICE, "x-ms-policy-token-hash",
                         BYTES_OF(hash.bytes));
}

void result_add_signer(struct claims *result, struct bytes certificate_der)
{
    AUTO(buffer) struct buffer signer = {0};
    struct quoth_error why = {0};
    if (certificate_der.len == 0)
        return;
    jws_signer_write(&signer, certificate_der, &why);
    signer.failed |= why.code != QUOTH_OK; /* it was read before: memory has run out */
    claims_add_written(result, CLAIM_FROM_SERVICE, "x-ms-policy-signer", &signer);
}

bool result_answer_token(struct http_response *r, const struct buffer *token,
                         struct quoth_error *err)
{
    r->content_type = "application/json; charset=utf-8";
    json_object_begin(&r->body);
    json_named_string(&r->body, "token", buffer_bytes(token));
    json_object_end(&r->body);
    return buffer_ok(&r->body, err) && http_response_field(r, "Cache-Control", "no-store", err);
}

bool result_answer(struct http_exchange *x, const struct tenant *t,
                   const struct tenant_snapshot *snapshot, struct claims *result, int64_t now,
                   struct quoth_error *err)
{
    const enum claim_origin from = CLAIM_FROM_SERVICE;
    AUTO(private_key) struct private_key *key = NULL;
    AUTO(buffer) struct buffer token = {0};
    claims_add_text(result, from, "iss", bytes_of_text(t->issuer));
    claims_add_int(result, from, "iat", now);
    claims_add_int(result, from, "nbf", now);
    claims_add_int(result, from, "exp", now + RESULT_LIFETIME);
    return claims_ok(result, err) && private_key_dup(snapshot->active->key, &key, err) &&
           token_sign(result, key, snapshot->active->id, t->jku, &token, err) &&
           result_answer_token(&x->response, &token, err);
}
