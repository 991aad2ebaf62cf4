#include "relying/judge.h"

#include "base/text.h"
#include "relying/facts.h"

#define TIME_MAX INT64_C(253402300799) /* the end of year 9999 */

/* What tokens may be about, and the types of TEE that this library understands. */
static const char *const types[] = {"sgx"};

bool judge_form(const struct token *t, struct quoth_error *err)
{
    if (strcmp(t->alg, "RS256") != 0)
        return quoth_mismatch(err, QUOTH_TOKEN_ALGORITHM, "token.header.alg", QUOTH_NO_OFFSET,
                              t->alg, "RS256");
    const struct bytes typ = bytes_of_text(t->typ); /* RFC 7515 4.1.9: case does not matter */
    if (!text_equal_fold(typ, BYTES_LITERAL("JWT")))
        return quoth_mismatch(err, QUOTH_TOKEN_CLAIM, "token.header.typ", QUOTH_NO_OFFSET,
                              t->typ[0] ? t->typ : "nothing", "JWT");
    return t->kid[0] || quoth_fail(err, QUOTH_TOKEN_KEY_UNKNOWN, "token.header.kid",
                                   QUOTH_NO_OFFSET, "the token does not name its key");
}

static bool check_issuer(struct json claims, const char *issuer, struct quoth_error *err)
{
    char iss[256];
    if (!claim_text(claims, "iss", iss, sizeof iss, err))
        return false;
    return strcmp(iss, issuer) == 0 ||
           quoth_mismatch(err, QUOTH_TOKEN_ISSUER, "iss", QUOTH_NO_OFFSET, iss, issuer);
}

/* RFC 7519 4.1.4 to 4.1.6. */
static bool check_times(struct json claims, int64_t now, struct quoth_verified *v,
                        struct quoth_error *err)
{
    int64_t not_before = 0;
    if (!claim_int(claims, "exp", TIME_MAX, &v->expires_at, err) ||
        !claim_int(claims, "nbf", TIME_MAX, &not_before, err) ||
        !claim_int(claims, "iat", TIME_MAX, &v->issued_at, err))
        return false;
    if (now >= v->expires_at + JUDGE_LEEWAY_S)
        return quoth_fail(err, QUOTH_TOKEN_EXPIRED, "exp", QUOTH_NO_OFFSET,
                          "ran out %lld seconds ago", (long long)(now - v->expires_at));
    const int64_t latest = not_before > v->issued_at ? not_before : v->issued_at;
    return latest <= now + JUDGE_LEEWAY_S ||
           quoth_fail(err, QUOTH_TOKEN_NOT_YET_VALID, latest == not_before ? "nbf" : "iat",
                      QUOTH_NO_OFFSET, "lies %lld seconds ahead", (long long)(latest - now));
}

/* An issuer signs other things with the same key: results of policy calls, tokens for somebody
 * (RFC 7519 4.1.3: who is not the audience must refuse). */
static bool check_purpose(struct json claims, struct quoth_verified *v, struct quoth_error *err)
{
    char version[8];
    struct json audience;
    if (json_member(claims, "aud", &audience))
        return quoth_fail(err, QUOTH_TOKEN_CLAIM, "aud", json_offset(audience),
                          "the token is meant for somebody else");
    if (!claim_text(claims, "x-ms-ver", version, sizeof version, err) ||
        !claim_text(claims, "x-ms-attestation-type", v->attestation_type,
                    sizeof v->attestation_type, err))
        return false;
    if (strcmp(version, "1.0") != 0)
        return quoth_mismatch(err, QUOTH_TOKEN_CLAIM, "x-ms-ver", QUOTH_NO_OFFSET, version, "1.0");
    for (size_t i = 0; i < COUNT(types); i++)
        if (strcmp(v->attestation_type, types[i]) == 0)
            return true;
    return quoth_mismatch(err, QUOTH_TOKEN_CLAIM, "x-ms-attestation-type", QUOTH_NO_OFFSET,
                          v->attestation_type, "sgx");
}

bool judge_token(const struct token *t, const struct public_key *key,
                 const struct judge_rules *rules, struct quoth_verified *ret_verified,
                 struct quoth_error *err)
{
    const struct json claims = json_root(&t->payload);
    AUTO(verified) struct quoth_verified v = {0};
    if (!judge_form(t, err) || !token_signed_by(t, key, err) ||
        !check_issuer(claims, rules->issuer, err) || !check_times(claims, rules->now, &v, err) ||
        !check_purpose(claims, &v, err) || !facts_read(claims, &v, err))
        return false;
    if (v.simulated && !rules->allow_simulated)
        return quoth_fail(err, QUOTH_TOKEN_SIMULATED, "x-quoth-simulated", QUOTH_NO_OFFSET,
                          "the evidence is simulated and --allow-simulated was not given");
    *ret_verified = take_value(v);
    return true;
}
