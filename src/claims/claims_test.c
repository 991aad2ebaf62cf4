#include "claims/claims.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
/* cmocka wants the first two above */
#include <cmocka.h>

static const uint8_t three[] = {0xAB, 0x00, 0xFF};

static void members_are_written_in_bytewise_order(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(claims) struct claims *c = claims_open();
    AUTO(buffer) struct buffer out = {0};
    claims_add_text(c, CLAIM_FROM_EVIDENCE, "tee", BYTES_LITERAL("sgx\n"));
    claims_add_int(c, CLAIM_FROM_EVIDENCE, "svn", -1);
    claims_add_bool(c, CLAIM_FROM_EVIDENCE, "Z", true);
    claims_add_hex(c, CLAIM_FROM_EVIDENCE, "hex", BYTES_OF(three));
    claims_add_base64url(c, CLAIM_FROM_REQUEST, "b64", BYTES_OF(three));
    claims_add_json(c, CLAIM_FROM_REQUEST, "obj", BYTES_LITERAL("{\"a\":[1]}"));
    assert_true(claims_ok(c, &err));
    claims_write(&out, c);
    assert_true(buffer_ok(&out, &err));
    const struct bytes expected =
        BYTES_LITERAL("{\"Z\":true,\"b64\":\"qwD_\",\"hex\":\"ab00ff\",\"obj\":{\"a\":[1]},"
                      "\"svn\":-1,\"tee\":\"sgx\\n\"}");
    assert_true(bytes_equal(buffer_bytes(&out), expected));
}

static void a_name_twice_is_a_fault_and_sticks(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(claims) struct claims *c = claims_open();
    claims_add_int(c, CLAIM_FROM_EVIDENCE, "svn", 1);
    claims_add_int(c, CLAIM_FROM_POLICY, "svn", 2);
    claims_add_int(c, CLAIM_FROM_POLICY, "other", 3);
    assert_false(claims_ok(c, &err));
    assert_int_equal(err.code, QUOTH_INTERNAL);
    assert_string_equal(err.where, "svn");
    assert_int_equal(claims_count(c), 1);
    assert_int_equal(claims_find(c, "svn")->integer, 1);
}

static void views_outlive_growth_and_the_giver(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(claims) struct claims *c = claims_open();
    char name[] = "first", value[] = "value";
    claims_add_text(c, CLAIM_FROM_EVIDENCE, name, bytes_of_text(value));
    const struct claim *first = claims_find(c, "first");
    name[0] = value[0] = 'X';
    for (int i = 0; i < 200; i++) {
        char other[16];
        snprintf(other, sizeof other, "c%d", i);
        claims_add_int(c, CLAIM_FROM_EVIDENCE, other, i);
    }
    assert_true(claims_ok(c, &err));
    assert_int_equal(claims_count(c), 201);
    assert_ptr_equal(first, claims_at(c, 0));
    assert_string_equal(first->name, "first");
    assert_true(bytes_equal(first->text, BYTES_LITERAL("value")));
    assert_null(claims_find(c, "firs"));
    assert_null(claims_at(c, 201));
}

static const struct {
    const char *name;
    bool reserved;
} reserved_names[] = {
    {"iss",               true },
    {"ISS",               true },
    {"x-ms-policy",       true },
    {"X-Ms-anything-new", true },
    {"x-quoth-simulated", true },
    {"tdx_mrtd",          true },
    {"maa-ehd",           true },
    {"aas-ehd",           true },
    {"nonce",             true },
    {"cnf",               true },
    {"is-debuggable",     false},
    {"sgx-mrenclave",     false},
    {"product-id",        false},
    {"tee",               false},
    {"x-m",               false},
    {"tdx",               false},
    {"issuer",            false},
    {"",                  false},
};

static void reserved_names_are_a_closed_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(reserved_names); i++) {
        print_message("  %s\n", reserved_names[i].name);
        assert_int_equal(claim_name_is_reserved(bytes_of_text(reserved_names[i].name)),
                         reserved_names[i].reserved);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_written_in_bytewise_order),
        cmocka_unit_test(a_name_twice_is_a_fault_and_sticks),
        cmocka_unit_test(views_outlive_growth_and_the_giver),
        cmocka_unit_test(reserved_names_are_a_closed_table),
    };
    return cmocka_run_group_tests_name("claims", tests, NULL, NULL);
}
