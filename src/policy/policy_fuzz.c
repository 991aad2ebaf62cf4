/* A policy over fixed claims: parsed or refused with a place, judged within its bounds, and judged
 * the same with a trace. */
#include "policy/check.h"
#include "policy/explain.h"
#include "tests/fuzz/fuzz.h"

static void add(struct claims *c)
{
    claims_add_bool(c, CLAIM_FROM_EVIDENCE, "x-ms-sgx-is-debuggable", false);
    claims_add_int(c, CLAIM_FROM_EVIDENCE, "x-ms-sgx-svn", 2);
    claims_add_text(c, CLAIM_FROM_EVIDENCE, "x-ms-sgx-mrsigner", BYTES_LITERAL("ab"));
    claims_add_json(c, CLAIM_FROM_REQUEST, "x-ms-runtime",
                    BYTES_LITERAL("{\"a\":[1,{\"b\":\"c\"}]}"));
}

static enum quoth_code judge(const struct policy *policy, const struct claims *in, bool traced)
{
    AUTO(policy_evaluation) struct policy_evaluation e = POLICY_EVALUATION_INIT;
    AUTO(claims) struct claims *issued = claims_open();
    AUTO(buffer) struct buffer text = {0};
    struct quoth_error err = {0};
    e.traced = traced;
    policy_add_claims(&e, in);
    policy_evaluate(policy, &e);
    if (e.error.code == QUOTH_OK)
        require(policy_issued(&e, issued, &err));
    else
        require(e.error.message[0] != '\0');
    if (traced) {
        policy_explain_text(&text, policy, &e);
        buffer_clear(&text);
        policy_explain_json(&text, policy, &e);
        require(!text.failed);
    }
    return e.error.code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    AUTO(policy) struct policy *policy = NULL;
    AUTO(claims) struct claims *in = claims_open();
    struct policy_fault fault = {0};
    struct quoth_error err = {0};
    static struct policy_finding findings[POLICY_FINDINGS_MAX];
    if (!policy_open((struct bytes){data, len}, &policy, &fault, &err)) {
        require(err.code == QUOTH_POLICY_SYNTAX || err.code == QUOTH_POLICY_LIMIT);
        require(len > POLICY_TEXT_MAX || (fault.offset <= len && fault.message[0] != '\0'));
        return 0;
    }
    add(in);
    require(policy_check(policy, findings) <= POLICY_FINDINGS_MAX);
    require(judge(policy, in, false) == judge(policy, in, true));
    return 0;
}
