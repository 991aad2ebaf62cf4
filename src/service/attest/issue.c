#include "service/attest/issue.h"

#include "crypto/random.h"
#include "token/token.h"

static bool add_service_claims(const struct issue *how, struct claims *c, struct quoth_error *err)
{
    const enum claim_origin from = CLAIM_FROM_SERVICE;
    uint8_t id[32];
    if (!random_fill(id, sizeof id, err))
        return false;
    claims_add_text(c, from, "iss", bytes_of_text(how->issuer));
    claims_add_int(c, from, "iat", how->now);
    claims_add_int(c, from, "nbf", how->now);
    claims_add_int(c, from, "exp", how->now + ISSUE_LIFETIME);
    claims_add_hex(c, from, "jti", BYTES_OF(id));
    claims_add_text(c, from, "x-ms-ver", BYTES_LITERAL("1.0"));
    if (how->signer && how->signer->len > 0)
        claims_add_written(c, from, "x-ms-policy-signer", how->signer);
    if (how->nonce)
        claims_add_text(c, CLAIM_FROM_REQUEST, "nonce", buffer_bytes(how->nonce));
    return true;
}

bool issue_token(const struct issue *how, struct appraisal *a, struct buffer *ret_token,
                 struct quoth_error *err)
{
    if (!policy_apply(how->policy, a->claims, err) || !add_service_claims(how, a->claims, err))
        return false;
    if (!claims_ok(a->claims, err))
        return false;
    return how->key ? token_sign(a->claims, how->key, how->kid, how->jku, ret_token, err)
                    : token_write_unsecured(a->claims, how->kid, how->jku, ret_token, err);
}
