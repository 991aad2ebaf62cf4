#include "base/file.h"
#include "policy/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* cmocka wants the three above first */
#include <cmocka.h>

static void the_hash_is_the_one_that_azure_tokens_carry(void **state)
{
    (void)state;
    char hash[POLICY_HASH_SIZE];
    struct quoth_error err = {0};
    const struct policy *p = policy_default("SgxEnclave");
    assert_non_null(p);
    assert_true(policy_hash(p, hash, &err));
    assert_string_equal(hash, "bROrN897ZfWmWY2V0FLUlu3uwk5xatGnKYHn3zBbSlw");
    assert_ptr_equal(p, policy_default("OpenEnclave"));
    assert_null(policy_default("Tpm"));
    assert_null(policy_default("sgxenclave"));
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
    assert_true(policy_decide(policy_default("SgxEnclave"), in, issued, &err));
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
    assert_true(policy_decide(policy_default("OpenEnclave"), in, issued, &err));
    assert_int_equal(claims_count(issued), 0);
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
    assert_true(bytes_equal(buffer_bytes(&text), policy_default("SgxEnclave")->text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_is_the_one_that_azure_tokens_carry),
        cmocka_unit_test(it_permits_and_says_six_facts_again),
        cmocka_unit_test(absent_facts_are_not_said),
        cmocka_unit_test(the_text_is_azures_to_the_byte),
    };
    return cmocka_run_group_tests_name("policy/default_policy", tests, NULL, NULL);
}
