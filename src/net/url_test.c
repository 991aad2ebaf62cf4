#include "net/url.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the two above first */
#include <cmocka.h>

static const struct {
    const char *text, *host;
    uint16_t port;
    bool numeric;
    const char *authority, *target;
} good[] = {
    {"https://example.org",               "example.org", 443,   false, "example.org",      "/"             },
    {"HTTPS://Example.ORG:8443/",         "example.org", 8443,  false, "Example.ORG:8443", "/"             },
    {"https://127.0.0.1:1/a/b?c=d&e=%2f", "127.0.0.1",   1,     true,  "127.0.0.1:1",      "/a/b?c=d&e=%2f"},
    {"https://[::1]:65535/x",             "::1",         65535, true,  "[::1]:65535",      "/x"            },
    {"https://[2001:DB8::1]/",            "2001:db8::1", 443,   true,  "[2001:DB8::1]",    "/"             },
    {"https://a_b.c-d.1e/",               "a_b.c-d.1e",  443,   false, "a_b.c-d.1e",       "/"             },
};

static void addresses_are_taken_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct quoth_error err = {0};
        struct url u = {0};
        print_message("  %s\n", good[i].text);
        assert_true(url_read(bytes_of_text(good[i].text), &u, &err));
        assert_string_equal(u.host, good[i].host);
        assert_int_equal(u.port, good[i].port);
        assert_int_equal(u.numeric, good[i].numeric);
        assert_true(bytes_equal(u.authority, bytes_of_text(good[i].authority)));
        assert_true(bytes_equal(u.target, bytes_of_text(good[i].target)));
    }
}

static const struct {
    const char *text;
    size_t offset;
} bad[] = {
    {"",                            0 },
    {"https:/",                     0 },
    {"http://example.org",          0 },
    {"ftp://example.org",           0 },
    {"https://",                    8 },
    {"https:///path",               8 },
    {"https://user@example.org",    8 },
    {"https://user:pw@host/",       13},
    {"https://exa mple.org",        8 },
    {"https://example.org\r\nX: y", 8 },
    {"https://ex\xc3\xa4mple.org",  8 },
    {"https://a..b",                8 },
    {"https://a.",                  8 },
    {"https://1.2.3",               8 },
    {"https://1.2.3.4.5",           8 },
    {"https://0x7f.1",              8 },
    {"https://256.1.1.1",           8 },
    {"https://[::1",                8 },
    {"https://[::1%25lo]/",         8 },
    {"https://[127.0.0.1]/",        8 },
    {"https://[]/",                 8 },
    {"https://host:",               13},
    {"https://host:0/",             13},
    {"https://host:65536/",         13},
    {"https://host:+1/",            13},
    {"https://host:80x/",           15},
    {"https://host?query",          12},
    {"https://host#fragment",       8 },
    {"https://host/#fragment",      13},
    {"https://host/a b",            14},
    {"https://host/a\tb",           14},
    {"https://host/%4",             13},
    {"https://host/%zz",            13},
    {"https://host/\"",             13},
    {"https://host/\\",             13},
    {"https://host/\xc3\xa4",       13},
};

static void what_is_not_an_https_address_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct quoth_error err = {0};
        struct url u = {0};
        print_message("  %s\n", bad[i].text);
        assert_false(url_read(bytes_of_text(bad[i].text), &u, &err));
        assert_int_equal(err.code, QUOTH_URL);
        assert_int_equal(err.offset, bad[i].offset);
        assert_null(u.target.data);
    }
}

static void a_nul_ends_nothing(void **state)
{
    (void)state;
    static const struct bytes refused[] = {
        BYTES_INIT("https://127.0.0.1\0.evil/"),
        BYTES_INIT("https://[::1\0x]/"),
        BYTES_INIT("https://a\0b/"),
        BYTES_INIT("https://a/\0"),
    };
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct quoth_error err = {0};
        struct url u;
        assert_false(url_read(refused[i], &u, &err));
        assert_int_equal(err.code, QUOTH_URL);
    }
}

static void overlong_ones_are_refused(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer text = {0};
    buffer_text(&text, "https://host/");
    buffer_fill(&text, URL_MAX, 'a');
    struct quoth_error err = {0};
    struct url u;
    assert_false(url_read(buffer_bytes(&text), &u, &err));

    AUTO(buffer) struct buffer label = {0};
    buffer_text(&label, "https://");
    buffer_fill(&label, 64, 'a');
    err = (struct quoth_error){0};
    assert_false(url_read(buffer_bytes(&label), &u, &err));
    assert_int_equal(err.code, QUOTH_URL);
}

static void authorities_need_a_port_and_nothing_more(void **state)
{
    (void)state;
    static const char *const refused[] = {"host",  "host:",      "host:1/", ":1",
                                          "[::1]", "host:99999", "a:1:2"};
    struct quoth_error err = {0};
    struct url u;
    assert_true(url_read_authority(BYTES_LITERAL("0.0.0.0:8080"), &u, &err));
    assert_int_equal(u.port, 8080);
    assert_true(u.numeric);
    assert_true(url_read_authority(BYTES_LITERAL("[::1]:0"), &u, &err));
    assert_string_equal(u.host, "::1");
    for (size_t i = 0; i < COUNT(refused); i++) {
        err = (struct quoth_error){0};
        print_message("  %s\n", refused[i]);
        assert_false(url_read_authority(bytes_of_text(refused[i]), &u, &err));
        assert_int_equal(err.code, QUOTH_URL);
    }
}

static bool same(const char *a, const char *b)
{
    struct quoth_error err = {0};
    struct url first, second;
    assert_true(url_read(bytes_of_text(a), &first, &err));
    assert_true(url_read(bytes_of_text(b), &second, &err));
    return url_same_origin(&first, &second);
}

static void origin_is_host_and_port(void **state)
{
    (void)state;
    assert_true(same("https://a.example/x", "https://A.example:443/y"));
    assert_false(same("https://a.example/", "https://a.example:8443/"));
    assert_false(same("https://a.example/", "https://b.a.example/"));
    assert_false(same("https://a.example/", "https://a.example.evil/"));
}

static const struct {
    const char *target, *value; /* NULL: there is none */
    enum quoth_code code;
} queries[] = {
    {"/secret?s=abc",         "abc",   QUOTH_OK },
    {"/secret?t=1&s=a%20b+c", "a b c", QUOTH_OK },
    {"/secret?s=",            "",      QUOTH_OK },
    {"/secret?s",             "",      QUOTH_OK },
    {"/secret",               NULL,    QUOTH_OK },
    {"/secret?",              NULL,    QUOTH_OK },
    {"/secret?ss=1&xs=2",     NULL,    QUOTH_OK },
    {"/secret?s=%f",          NULL,    QUOTH_URL},
    {"/secret?s=%",           NULL,    QUOTH_URL},
    {"/secret?s=1&s=2",       NULL,    QUOTH_URL},
};

static void parameters_are_found_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(queries); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer value = {0};
        print_message("  %s\n", queries[i].target);
        assert_int_equal(url_query(bytes_of_text(queries[i].target), "s", &value, &err),
                         queries[i].value != NULL);
        assert_int_equal(err.code, queries[i].code);
        if (queries[i].value)
            assert_true(bytes_equal(buffer_bytes(&value), bytes_of_text(queries[i].value)));
    }
}

static void encoded_text_comes_back(void **state)
{
    (void)state;
    const struct bytes all = BYTES_LITERAL("a b&c=d%\xc3\xa4?/#~");
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer target = {0}, value = {0};
    buffer_text(&target, "/?s=");
    url_encode(all, &target);
    assert_true(url_query(buffer_bytes(&target), "s", &value, &err));
    assert_true(bytes_equal(buffer_bytes(&value), all));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_taken_apart),
        cmocka_unit_test(what_is_not_an_https_address_is_refused),
        cmocka_unit_test(a_nul_ends_nothing),
        cmocka_unit_test(overlong_ones_are_refused),
        cmocka_unit_test(authorities_need_a_port_and_nothing_more),
        cmocka_unit_test(origin_is_host_and_port),
        cmocka_unit_test(parameters_are_found_once),
        cmocka_unit_test(encoded_text_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
