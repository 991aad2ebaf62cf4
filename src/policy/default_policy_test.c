#include "base/file.h"
#include "policy/policy.h"

#define HASH "bROrN897ZfWmWY2V0FLUlu3uwk5xatGnKYHn3zBbSlw"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* cmocka wants the three above first */
#include <cmocka.h>

static void the_hash_is_the_one_that_azure_tokens_carry(void **state)
{
    (void)state;
    char hash[POLICY_HASH_SIZE];
    const struct bytes text = policy_default("SgxEnclave");
    struct quoth_error err = {0};
    assert_true(policy_hash(text, hash, &err));
    assert_string_equal(hash, HASH);
    assert_true(bytes_equal(text, policy_default("OpenEnclave")));
    assert_true(policy_hash(policy_default("SevSnpVm"), hash, &err));
    assert_string_equal(hash, "9NY0VnTQ-IiBriBplVUpFbczcDaEBUwsiFYAzHu_gco");
    assert_true(bytes_equal(policy_default("TdxVm"), policy_default("SevSnpVm")));
    assert_true(bytes_equal(policy_default("AzureGuest"), policy_default("SevSnpVm")));
    assert_int_equal(policy_default("Tpm").len, 0);
    assert_int_equal(policy_default("sgxenclave").len, 0);
    assert_int_equal(policy_default("").len, 0);
}

static struct policy *open_default(const char *type)
{
    struct quoth_error err = {0};
    struct policy *p = NULL;
    if (!policy_open(policy_default(type), &p, NULL, &err))
        fail_msg("%s: %s", err.where, err.message);
    return p;
}

static void it_permits_and_says_six_facts_again(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(claims) struct claims *in = claims_open(), *issued = claims_open();
    claims_add_bool(in, CLAIM_FROM_EVIDENCE, "x-ms-sgx-is-debuggable", true);
    claims_add_text(in, CLAIM_FROM_EVIDENCE, "x-ms-sgx-mrsigner", BYTES_LITERAL("aa"));
    claims_add_text(in, CLAIM_FROM_EVIDENCE, "x-ms-sgx-mrenclave", BYTES_LITERAL("bb"));
    claims_add_int(in, CLAIM_FROM_EVIDENCE, "x-ms-sgx-product-id", 1);
    claims_add_int(in, CLAIM_FROM_EVIDENCE, "x-ms-sgx-svn", 8888);
    claims_add_text(in, CLAIM_FROM_EVIDENCE, "x-ms-attestation-type", BYTES_LITERAL("sgx"));
    claims_add_text(in, CLAIM_FROM_EVIDENCE, "x-ms-sgx-report-data", BYTES_LITERAL("cc"));
    AUTO(policy) struct policy *p = open_default("SgxEnclave");
    assert_true(policy_decide(p, in, issued, &err));
    assert_int_equal(claims_count(issued), 6);
    assert_true(claims_find(issued, "is-debuggable")->boolean);
    assert_int_equal(claims_find(issued, "svn")->integer, 8888);
    assert_int_equal(claims_find(issued, "svn")->origin, CLAIM_FROM_POLICY);
    assert_true(bytes_equal(claims_find(issued, "tee")->text, BYTES_LITERAL("sgx")));
}

static void absent_facts_are_not_said(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(claims) struct claims *in = claims_open(), *issued = claims_open();
    AUTO(policy) struct policy *p = open_default("OpenEnclave");
    assert_true(policy_decide(p, in, issued, &err));
    assert_int_equal(claims_count(issued), 0);
}

static void what_is_applied_is_what_tokens_say(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(claims) struct claims *c = claims_open();
    AUTO(policy) struct policy *p = open_default("SgxEnclave");
    claims_add_bool(c, CLAIM_FROM_EVIDENCE, "x-ms-sgx-is-debuggable", true);
    claims_add_int(c, CLAIM_FROM_EVIDENCE, "svn", 7);
    claims_add_int(c, CLAIM_FROM_EVIDENCE, "x-ms-sgx-svn", 8);
    assert_true(policy_apply(p, c, &err));
    assert_true(bytes_equal(claims_find(c, "x-ms-policy-hash")->text, BYTES_LITERAL(HASH)));
    assert_true(bytes_equal(claims_find(c, "x-ms-policy")->text,
                            BYTES_LITERAL("{\"is-debuggable\":true,\"svn\":8}")));
    assert_true(claims_find(c, "is-debuggable")->boolean);
    assert_int_equal(claims_find(c, "svn")->integer, 7); /* taken */
}

static void the_text_is_azures_to_the_byte(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0};
    const char *vectors = getenv("QUOTH_VECTORS");
    if (!vectors) {
        print_message("QUOTH_VECTORS is not set: not compared with the recorded text\n");
        skip();
    }
    AUTO(text) char *path = path_join(vectors, "maa/policies/svc/default-sgx-2022.txt", &err);
    assert_true(file_read(path, 65536, &text, &err));
    assert_true(bytes_equal(buffer_bytes(&text), policy_default("SgxEnclave")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_is_the_one_that_azure_tokens_carry),
        cmocka_unit_test(it_permits_and_says_six_facts_again),
        cmocka_unit_test(absent_facts_are_not_said),
        cmocka_unit_test(what_is_applied_is_what_tokens_say),
        cmocka_unit_test(the_text_is_azures_to_the_byte),
    };
    return cmocka_run_group_tests_name("policy/default_policy", tests, NULL, NULL);
}
