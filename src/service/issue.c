#include "service/issue.h"

#include "crypto/random.h"
#include "token/token.h"

static void add_issued(struct claims *c, const struct claims *issued)
{
    AUTO(buffer) struct buffer object = {0};
    if (claims_count(issued) == 0)
        return;
    claims_write(&object, issued);
    claims_add_written(c, CLAIM_FROM_POLICY, "x-ms-policy", &object);
    for (size_t i = 0; i < claims_count(issued); i++) {
        const struct claim *claim = claims_at(issued, i);
        if (!claim_name_is_reserved(bytes_of_text(claim->name)) && !claims_find(c, claim->name))
            claims_add(c, claim);
    }
}

static bool add_policy_claims(const struct issue *how, struct claims *c,
                              const struct claims *issued, struct quoth_error *err)
{
    char hash[POLICY_HASH_SIZE];
    if (!policy_hash(how->policy, hash, err))
        return false;
    claims_add_text(c, CLAIM_FROM_SERVICE, "x-ms-policy-hash", bytes_of_text(hash));
    add_issued(c, issued);
    return true;
}

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
    if (how->nonce)
        claims_add_text(c, CLAIM_FROM_REQUEST, "nonce", buffer_bytes(how->nonce));
    return true;
}

bool issue_token(const struct issue *how, struct appraisal *a, struct buffer *ret_token,
                 struct quoth_error *err)
{
    AUTO(claims) struct claims *issued = claims_open();
    if (!issued)
        return quoth_fail(err, QUOTH_MEMORY, "token", QUOTH_NO_OFFSET, "out of memory");
    if (!policy_decide(how->policy, a->claims, issued, err))
        return false;
    if (!add_service_claims(how, a->claims, err) || !add_policy_claims(how, a->claims, issued, err))
        return false;
    return claims_ok(a->claims, err) &&
           token_sign(a->claims, how->key, how->kid, how->jku, ret_token, err);
}
