/* The policy that Azure Attestation applies to enclaves while a tenant has set none: everybody may
 * have a token, and six facts are said again under short names. The text is Azure's, recorded 2022,
 * blank after "version=" included: its hash stands in every token (maa.md 4.8). */
#include "codec/base64.h"
#include "crypto/digest.h"
#include "policy/policy.h"

#include <stdio.h>

#define SGX_TEXT                                                                                   \
    "version= 1.0;"                                                                                \
    "authorizationrules{=> permit();};"                                                            \
    "issuancerules{"                                                                               \
    "c:[type==\"x-ms-sgx-is-debuggable\"] => issue(type=\"is-debuggable\", value=c.value);"        \
    "c:[type==\"x-ms-sgx-mrsigner\"] => issue(type=\"sgx-mrsigner\", value=c.value);"              \
    "c:[type==\"x-ms-sgx-mrenclave\"] => issue(type=\"sgx-mrenclave\", value=c.value);"            \
    "c:[type==\"x-ms-sgx-product-id\"] => issue(type=\"product-id\", value=c.value);"              \
    "c:[type==\"x-ms-sgx-svn\"] => issue(type=\"svn\", value=c.value);"                            \
    "c:[type==\"x-ms-attestation-type\"] => issue(type=\"tee\", value=c.value);"                   \
    "};"

/* The issuance rules of the text. */
static const struct {
    const char *type, *issued;
} sgx_rules[] = {
    {"x-ms-sgx-is-debuggable", "is-debuggable"},
    {"x-ms-sgx-mrsigner",      "sgx-mrsigner" },
    {"x-ms-sgx-mrenclave",     "sgx-mrenclave"},
    {"x-ms-sgx-product-id",    "product-id"   },
    {"x-ms-sgx-svn",           "svn"          },
    {"x-ms-attestation-type",  "tee"          },
};

static bool decide_sgx(const struct policy *policy, const struct claims *in,
                       struct claims *ret_issued, struct quoth_error *err)
{
    (void)policy;
    for (size_t i = 0; i < COUNT(sgx_rules); i++) {
        const struct claim *c = claims_find(in, sgx_rules[i].type);
        if (!c)
            continue;
        struct claim issued = *c;
        issued.name = sgx_rules[i].issued;
        issued.origin = CLAIM_FROM_POLICY;
        claims_add(ret_issued, &issued);
    }
    return claims_ok(ret_issued, err);
}

static const struct policy sgx_default = {
    .text = BYTES_INIT(SGX_TEXT),
    .decide = decide_sgx,
};

bool policy_decide(const struct policy *policy, const struct claims *in, struct claims *ret_issued,
                   struct quoth_error *err)
{
    return policy->decide(policy, in, ret_issued, err);
}

bool policy_hash(const struct policy *policy, char ret_hash[POLICY_HASH_SIZE],
                 struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0}, hash = {0};
    base64url_encode(policy->text, &text);
    if (!buffer_ok(&text, err))
        return false;
    const struct sha256 digest = sha256_of(buffer_bytes(&text));
    base64url_encode(BYTES_OF(digest.bytes), &hash);
    if (!buffer_ok(&hash, err))
        return false;
    snprintf(ret_hash, POLICY_HASH_SIZE, "%.*s", (int)hash.len, (const char *)hash.data);
    return true;
}

const struct policy *policy_default(const char *attestation_type)
{
    static const char *const enclaves[] = {"SgxEnclave", "OpenEnclave"};
    for (size_t i = 0; i < COUNT(enclaves); i++)
        if (strcmp(enclaves[i], attestation_type) == 0)
            return &sgx_default;
    return NULL;
}
