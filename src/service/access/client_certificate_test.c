#include "service/access/client_certificate.h"

#include "tests/administrators.h"

static void a_certificate_is_known_by_its_hash(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer der = {0}, old = {0}, other = {0};
    char hex[65], old_hex[65], other_hex[65], items[2][80];
    make_certificate(NOW - 10, NOW + 10, &der, hex);
    make_certificate(NOW - 20, NOW - 10, &old, old_hex);
    make_certificate(NOW - 10, NOW + 10, &other, other_hex);
    snprintf(items[0], sizeof items[0], "reader:%s", hex);
    snprintf(items[1], sizeof items[1], "contributor:%s", old_hex);
    char *list[] = {items[0], items[1]};
    const struct setting_list named = {list, 2};
    struct admin who = {0};
    assert_true(client_certificate_check(&named, &err));
    assert_true(client_certificate_admin(&named, buffer_bytes(&der), NOW, &who, &err));
    assert_int_equal(who.roles, ROLE_READER);
    assert_memory_equal(who.name, "cert:", 5);
    assert_string_equal(who.name + 5, hex);
    const struct {
        const char *name;
        struct bytes der;
        int64_t now;
    } refused[] = {
        {"expired",       buffer_bytes(&old),             NOW     },
        {"not yet valid", buffer_bytes(&der),             NOW - 11},
        {"just expired",  buffer_bytes(&der),             NOW + 11},
        {"unknown",       buffer_bytes(&other),           NOW     },
        {"cut",           bytes_slice(buffer_bytes(&der), 0,        100), NOW},
        {"nothing",            {0},                                          NOW                                         },
    };
    for (size_t i = 0; i < COUNT(refused); i++) {
        print_message("  %s\n", refused[i].name);
        err = (struct quoth_error){0};
        assert_false(client_certificate_admin(&named, refused[i].der, refused[i].now, &who, &err));
        assert_int_equal(err.code, QUOTH_ADMIN_UNAUTHENTICATED);
    }
}

static void names_of_certificates_are_checked(void **state)
{
    (void)state;
#define HEX "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
    char owner[] = "owner:" HEX, bare[] = HEX, cut[] = "reader:2bb8", blank[] = "reader: " HEX,
         long_one[] = "reader:" HEX "00", nothing[] = "", fine[] = "reader:" HEX,
         again[] = "contributor:" HEX;
    char end[] = "officer+:" HEX, front[] = "+user:" HEX, middle[] = "officer++user:" HEX,
         one[] = "officer+owner:" HEX, capital[] = "Officer:" HEX, comma[] = "officer,user:" HEX,
         role_alone[] = "officer:", none[] = ":" HEX;
    char *bad[] = {owner, bare,   cut, blank,   long_one, nothing,    end,
                   front, middle, one, capital, comma,    role_alone, none};
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct quoth_error err = {0};
        const struct setting_list named = {&bad[i], 1};
        assert_false(client_certificate_check(&named, &err));
        assert_int_equal(err.code, QUOTH_USAGE);
    }
    struct quoth_error err = {0};
    struct sha256 hash;
    unsigned roles = 0;
    assert_true(client_certificate_read("officer+user:" HEX, &hash, &roles, &err));
    assert_int_equal(roles, ROLE_OFFICER | ROLE_USER);
    assert_true(client_certificate_read("contributor:" HEX, &hash, &roles, &err));
    assert_int_equal(roles, CONTRIBUTOR);
    char *twice[] = {fine, again};
    assert_true(client_certificate_check(&(struct setting_list){twice, 1}, &err));
    assert_false(client_certificate_check(&(struct setting_list){twice, 2}, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_is_known_by_its_hash),
        cmocka_unit_test(names_of_certificates_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
