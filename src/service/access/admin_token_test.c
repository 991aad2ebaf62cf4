#include "service/access/admin_token.h"

#include "tests/administrators.h"

static void the_admin_token_is_known_by_its_hash(void **state)
{
    (void)state;
    const struct admin_token token = token_of("secret", NOW + 1), none = {0};
    struct quoth_error err = {0};
    struct admin who = {0};
    assert_true(admin_token_admin(&token, BYTES_LITERAL("secret"), NOW, &who, &err));
    assert_int_equal(who.roles, ROLE_ALL);
    assert_string_equal(who.name, "token:2bb80d53");
    assert_false(admin_token_admin(&token, BYTES_LITERAL("secret"), NOW + 1, &who, &err));
    assert_non_null(strstr(err.message, "expired"));
    static const char *const wrong[] = {"", "secre", "secrets", "Secret", "secret\n"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        err = (struct quoth_error){0};
        assert_false(admin_token_admin(&token, bytes_of_text(wrong[i]), NOW, &who, &err));
        assert_int_equal(err.code, QUOTH_ADMIN_UNAUTHENTICATED);
    }
    err = (struct quoth_error){0};
    assert_false(admin_token_admin(&none, (struct bytes){0}, NOW, &who, &err));
    /* of a zeroed hash nobody knows a text, and a record that is not there has none */
    assert_int_equal(err.code, QUOTH_ADMIN_UNAUTHENTICATED);
}

static void a_record_of_a_token_is_read_whole_or_not(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "{}", "{\"sha256\":\"ab\",\"expires\":1}",
        "{\"sha256\":\"2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\"}",
        ("{\"sha256\":\"2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\","
         "\"expires\":\"never\"}")};
    struct quoth_error err = {0};
    struct admin_token token = {0};
    assert_true(admin_token_read(
        BYTES_LITERAL("{\"sha256\":"
                      "\"2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\","
                      "\"expires\":7}"),
        &token, &err));
    assert_int_equal(token.expires, 7);
    for (size_t i = 0; i < COUNT(bad); i++) {
        err = (struct quoth_error){0};
        assert_false(admin_token_read(bytes_of_text(bad[i]), &token, &err));
        assert_int_equal(err.code, QUOTH_STORE_BROKEN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_admin_token_is_known_by_its_hash),
        cmocka_unit_test(a_record_of_a_token_is_read_whole_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
