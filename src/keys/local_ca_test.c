#include "keys/local_ca.h"

#include "tests/chain_oracle.h"
#include "tests/unit.h"

#define NOW 1750000000
#define DAY 86400

static const struct {
    const char *ca, *leaf; /* what the CA may vouch for, and what it is made to vouch for */
    const char *host;      /* what the client wants */
    int reason;
} cases[] = {
    {"attest.example.org", "attest.example.org", "attest.example.org", X509_V_OK                     },
    {"localhost",          "localhost",          "localhost",          X509_V_OK                     },
    {"localhost",          "localhost",          "127.0.0.1",          X509_V_OK                     },
    {"127.0.0.1",          "localhost",          "::1",                X509_V_OK                     },
    {"192.0.2.1",          "192.0.2.1",          "192.0.2.1",          X509_V_OK                     },
    {"2001:db8::1",        "2001:db8::1",        "2001:db8::1",        X509_V_OK                     },
    {"attest.example.org", "attest.example.org", "example.org",        X509_V_ERR_HOSTNAME_MISMATCH  },
    {"attest.example.org", "example.org",        "example.org",        X509_V_ERR_PERMITTED_VIOLATION},
    {"attest.example.org", "bank.example",       "bank.example",       X509_V_ERR_PERMITTED_VIOLATION},
    {"attest.example.org", "192.0.2.1",          "192.0.2.1",          X509_V_ERR_PERMITTED_VIOLATION},
    {"attest.example.org", "2001:db8::1",        "2001:db8::1",        X509_V_ERR_PERMITTED_VIOLATION},
    {"attest.example.org", "localhost",          "localhost",          X509_V_ERR_PERMITTED_VIOLATION},
    {"localhost",          "bank.example",       "bank.example",       X509_V_ERR_PERMITTED_VIOLATION},
    {"localhost",          "192.0.2.1",          "192.0.2.1",          X509_V_ERR_PERMITTED_VIOLATION},
    {"192.0.2.1",          "192.0.2.2",          "192.0.2.2",          X509_V_ERR_PERMITTED_VIOLATION},
    {"192.0.2.1",          "bank.example",       "bank.example",       X509_V_ERR_PERMITTED_VIOLATION},
};

static void the_ca_vouches_for_its_host_and_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct quoth_error err = {0};
        AUTO(kept_key) struct kept_key ca = {0}, leaf = {0};
        print_message("  CA for %s, leaf for %s, asked for %s\n", cases[i].ca, cases[i].leaf,
                      cases[i].host);
        assert_true(local_ca_make(cases[i].ca, NOW, &ca, &err) &&
                    local_ca_issue(&ca, cases[i].leaf, NOW, &leaf, &err));
        assert_int_equal(oracle_server(buffer_bytes(&ca.certificate),
                                       buffer_bytes(&leaf.certificate), cases[i].host, NOW),
                         cases[i].reason);
    }
}

static void it_vouches_for_the_key_of_a_vault(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(kept_key) struct kept_key ca = {0}, leaf = {0};
    assert_true(local_ca_make("vault.example", NOW, &ca, &err) &&
                local_ca_issue_rsa(&ca, "vault.example", NOW, &leaf, &err));
    assert_int_equal(private_key_kind(leaf.key), KEY_KIND_RSA);
    assert_int_equal(private_key_bits(leaf.key), 2048);
    assert_int_equal(oracle_server(buffer_bytes(&ca.certificate), buffer_bytes(&leaf.certificate),
                                   "vault.example", NOW),
                     X509_V_OK);
}

static void certificates_have_a_time(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(kept_key) struct kept_key ca = {0}, leaf = {0};
    assert_true(local_ca_make("localhost", NOW, &ca, &err) &&
                local_ca_issue(&ca, "localhost", NOW, &leaf, &err));
    const struct bytes a = buffer_bytes(&ca.certificate), b = buffer_bytes(&leaf.certificate);
    assert_int_equal(oracle_server(a, b, "localhost", NOW + 364 * DAY), X509_V_OK);
    assert_int_equal(oracle_server(a, b, "localhost", NOW + 366 * DAY),
                     X509_V_ERR_CERT_HAS_EXPIRED);
    assert_int_equal(oracle_server(a, b, "localhost", NOW - 2 * DAY),
                     X509_V_ERR_CERT_NOT_YET_VALID);
    assert_int_equal(local_ca_renew_at(&leaf), NOW + 335 * DAY);
}

static void another_ca_of_the_same_name_is_another(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(kept_key) struct kept_key ca = {0}, other = {0}, leaf = {0};
    assert_true(local_ca_make("localhost", NOW, &ca, &err) &&
                local_ca_make("localhost", NOW, &other, &err) &&
                local_ca_issue(&other, "localhost", NOW, &leaf, &err));
    assert_int_not_equal(oracle_server(buffer_bytes(&ca.certificate),
                                       buffer_bytes(&leaf.certificate), "localhost", NOW),
                         X509_V_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ca_vouches_for_its_host_and_nothing_else),
        cmocka_unit_test(it_vouches_for_the_key_of_a_vault),
        cmocka_unit_test(certificates_have_a_time),
        cmocka_unit_test(another_ca_of_the_same_name_is_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
