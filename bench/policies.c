#include "bench/policies.h"

#include "base/file.h"
#include "bench/bench.h"
#include "policy/policy.h"

struct policies {
    struct claims *claims;
    struct judged {
        struct policies *of;
        struct policy *policy;
    } judged[POLICY_WORKS];
};

/* As many and as long as the verifier makes of an SGX quote. */
static struct claims *claims_of_enclave(void)
{
    static const uint8_t bytes[64] = {0x51};
    static const char hashes[] =
        "{\"qeidcertshash\":\"00\",\"qeidcrlhash\":\"00\",\"qeidhash\":\"00\",\"quotehash\":\"00\","
        "\"tcbinfocertshash\":\"00\",\"tcbinfocrlhash\":\"00\",\"tcbinfohash\":\"00\"}";
    const struct bytes half = bytes_slice(BYTES_OF(bytes), 0, 32);
    struct claims *c = claims_open();
    claims_add_text(c, CLAIM_FROM_EVIDENCE, "x-ms-attestation-type", BYTES_LITERAL("sgx"));
    claims_add_bool(c, CLAIM_FROM_EVIDENCE, "x-ms-sgx-is-debuggable", false);
    claims_add_hex(c, CLAIM_FROM_EVIDENCE, "x-ms-sgx-mrenclave", half);
    claims_add_hex(c, CLAIM_FROM_EVIDENCE, "x-ms-sgx-mrsigner", half);
    claims_add_int(c, CLAIM_FROM_EVIDENCE, "x-ms-sgx-product-id", 1234);
    claims_add_int(c, CLAIM_FROM_EVIDENCE, "x-ms-sgx-svn", 2);
    claims_add_hex(c, CLAIM_FROM_EVIDENCE, "x-ms-sgx-report-data", BYTES_OF(bytes));
    claims_add_json(c, CLAIM_FROM_COLLATERAL, "x-ms-sgx-collateral", bytes_of_text(hashes));
    claims_add_json(c, CLAIM_FROM_COLLATERAL, "maa-attestationcollateral", bytes_of_text(hashes));
    claims_add_bool(c, CLAIM_FROM_COLLATERAL, "x-quoth-simulated", false);
    claims_add_hex(c, CLAIM_FROM_EVIDENCE, "x-quoth-platform-id", half);
    claims_add_text(c, CLAIM_FROM_COLLATERAL, "x-quoth-tcb-status", BYTES_LITERAL("UpToDate"));
    claims_add_json(c, CLAIM_FROM_COLLATERAL, "x-quoth-tcb-advisories", BYTES_LITERAL("[]"));
    claims_add_int(c, CLAIM_FROM_COLLATERAL, "x-quoth-tcb-evaluation-number", 17);
    return c;
}

struct policies *policies_open(const char *file)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0};
    struct policies *p = calloc(1, sizeof *p);
    p->claims = claims_of_enclave();
    file_read(file, POLICY_TEXT_MAX, &text, &err);
    give_up_if(&err);
    const struct bytes texts[POLICY_WORKS] = {policy_default("SgxEnclave"), buffer_bytes(&text)};
    for (size_t i = 0; i < POLICY_WORKS; i++) {
        p->judged[i].of = p;
        policy_open(texts[i], &p->judged[i].policy, NULL, &err);
        give_up_if(&err);
    }
    return p;
}

static void judge(void *arg, size_t times)
{
    const struct judged *j = arg;
    for (size_t i = 0; i < times; i++) {
        struct quoth_error err = {0};
        AUTO(claims) struct claims *issued = claims_open();
        policy_decide(j->policy, j->of->claims, issued, &err);
        give_up_if(&err);
    }
}

struct work policies_work(struct policies *p, size_t which)
{
    static const char *const names[POLICY_WORKS] = {"the default, 7 rules",
                                                    "20 rules and 2 functions of version 1.2"};
    return (struct work){.name = names[which], .run = judge, .arg = &p->judged[which]};
}
