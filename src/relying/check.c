#include <quoth/relying.h>

#include "base/bytes.h"
#include "codec/hex.h"
#include "relying/judge.h"

#include <stdio.h>

static bool check_id(const char *claim, const uint8_t found[32], const uint8_t *expected,
                     struct quoth_error *err)
{
    char is[65], should_be[65];
    if (!expected || memcmp(found, expected, 32) == 0)
        return true;
    return quoth_mismatch(err, QUOTH_IDENTITY_MISMATCH, claim, QUOTH_NO_OFFSET,
                          hex_text((struct bytes){found, 32}, is, sizeof is),
                          hex_text((struct bytes){expected, 32}, should_be, sizeof should_be));
}

static bool check_numbers(const struct quoth_verified *v, const struct quoth_expected *e,
                          struct quoth_error *err)
{
    char found[8], expected[24];
    if (e->has_product_id && v->product_id != e->product_id) {
        snprintf(found, sizeof found, "%u", v->product_id);
        snprintf(expected, sizeof expected, "%u", e->product_id);
        return quoth_mismatch(err, QUOTH_IDENTITY_MISMATCH, "x-ms-sgx-product-id", QUOTH_NO_OFFSET,
                              found, expected);
    }
    if (v->security_version < e->security_version) {
        snprintf(found, sizeof found, "%u", v->security_version);
        snprintf(expected, sizeof expected, "at least %u", e->security_version);
        return quoth_mismatch(err, QUOTH_IDENTITY_MISMATCH, "x-ms-sgx-svn", QUOTH_NO_OFFSET, found,
                              expected);
    }
    return true;
}

/* The challenge counts only where the evidence has hashed it (THREATS 1). */
static bool check_nonce(const struct quoth_verified *v, const struct quoth_expected *e,
                        struct quoth_error *err)
{
    if (!e->nonce)
        return true;
    if (v->nonce_len == 0)
        return quoth_fail(err, QUOTH_TOKEN_NONCE, "x-ms-runtime.nonce", QUOTH_NO_OFFSET,
                          "the hashed data carries no challenge");
    return bytes_equal((struct bytes){v->nonce, v->nonce_len},
                       (struct bytes){e->nonce, e->nonce_len}) ||
           quoth_fail(err, QUOTH_TOKEN_NONCE, "x-ms-runtime.nonce", QUOTH_NO_OFFSET,
                      "the hashed data carries another challenge than the one given");
}

static bool list_has(const char *list, const char *word)
{
    const size_t len = strlen(word);
    for (const char *at = list; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, word, len) == 0 && (at[len] == ',' || at[len] == '\0'))
            return true;
    }
    return false;
}

static bool check_verdict(const struct quoth_verified *v, const struct quoth_expected *e,
                          struct quoth_error *err)
{
    char is[65], should_be[65];
    if (e->tcb_statuses && (!v->tcb_status[0] || !list_has(e->tcb_statuses, v->tcb_status)))
        return quoth_mismatch(err, QUOTH_IDENTITY_MISMATCH, "x-quoth-tcb-status", QUOTH_NO_OFFSET,
                              v->tcb_status[0] ? v->tcb_status : "nothing", e->tcb_statuses);
    if (e->policy_hash && strcmp(e->policy_hash, v->policy_hash) != 0)
        return quoth_mismatch(err, QUOTH_IDENTITY_MISMATCH, "x-ms-policy-hash", QUOTH_NO_OFFSET,
                              v->policy_hash[0] ? v->policy_hash : "nothing", e->policy_hash);
    if (!e->policy_signer ||
        (v->has_policy_signer && memcmp(e->policy_signer, v->policy_signer, 32) == 0))
        return true;
    hex_text(BYTES_OF(v->policy_signer), is, sizeof is);
    hex_text((struct bytes){e->policy_signer, 32}, should_be, sizeof should_be);
    return quoth_mismatch(err, QUOTH_IDENTITY_MISMATCH, "x-ms-policy-signer", QUOTH_NO_OFFSET,
                          v->has_policy_signer ? is : "an unsigned policy", should_be);
}

bool quoth_relying_check(const struct quoth_verified *v, const struct quoth_expected *e,
                         int64_t now, struct quoth_error *err)
{
    if (!e->unique_id && !e->signer_id)
        return quoth_fail(err, QUOTH_USAGE, "expected", QUOTH_NO_OFFSET,
                          "name a unique id or a signer id: any enclave at all is no expectation");
    if (v->debug && !e->allow_debug)
        return quoth_fail(err, QUOTH_IDENTITY_DEBUG, "x-ms-sgx-is-debuggable", QUOTH_NO_OFFSET,
                          "the enclave runs in debug mode");
    if (!check_id("x-ms-sgx-mrenclave", v->unique_id, e->unique_id, err) ||
        !check_id("x-ms-sgx-mrsigner", v->signer_id, e->signer_id, err) ||
        !check_numbers(v, e, err) || !check_verdict(v, e, err) || !check_nonce(v, e, err))
        return false;
    if (e->max_age > 0 && now - v->issued_at > e->max_age + JUDGE_LEEWAY_S)
        return quoth_fail(err, QUOTH_TOKEN_EXPIRED, "iat", QUOTH_NO_OFFSET,
                          "the token is %lld seconds old, at most %lld are allowed",
                          (long long)(now - v->issued_at), (long long)e->max_age);
    return true;
}
