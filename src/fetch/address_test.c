#include "fetch/address.h"

#include "tests/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static const struct {
    const char *address;
    bool is_public;
} rows[] = {
    {"1.1.1.1",                true },
    {"9.255.255.255",          true },
    {"11.0.0.0",               true },
    {"100.63.255.255",         true },
    {"100.128.0.0",            true },
    {"172.15.255.255",         true },
    {"172.32.0.0",             true },
    {"192.167.255.255",        true },
    {"223.255.255.255",        true },
    {"2606:4700::1111",        true },
    {"2002:101:101::1",        true },
    {"64:ff9b::1.1.1.1",       true },
    {"0.0.0.0",                false},
    {"10.0.0.1",               false},
    {"10.255.255.255",         false},
    {"100.64.0.0",             false},
    {"100.127.255.255",        false},
    {"127.0.0.1",              false},
    {"127.255.255.254",        false},
    {"169.254.169.254",        false},
    {"172.16.0.0",             false},
    {"172.31.255.255",         false},
    {"192.168.1.1",            false},
    {"198.19.255.255",         false},
    {"224.0.0.1",              false},
    {"255.255.255.255",        false},
    {"::",                     false},
    {"::1",                    false},
    {"::127.0.0.1",            false},
    {"::ffff:127.0.0.1",       false},
    {"::ffff:169.254.169.254", false},
    {"64:ff9b::10.0.0.1",      false},
    {"2002:7f00:1::1",         false},
    {"2001::1",                false},
    {"2001:db8::1",            false},
    {"fc00::1",                false},
    {"fdff::1",                false},
    {"fe80::1",                false},
    {"fec0::1",                false},
    {"ff02::1",                false},
};

static bool ask(const char *text)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
        return address_is_public((const struct sockaddr *)&in);
    assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
    return address_is_public((const struct sockaddr *)&in6);
}

static void only_what_is_given_out_is_public(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("  %s\n", rows[i].address);
        assert_int_equal(ask(rows[i].address), rows[i].is_public);
    }
    const struct sockaddr local = {.sa_family = AF_UNIX};
    assert_false(address_is_public(&local));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_given_out_is_public),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
