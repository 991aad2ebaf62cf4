#include "service/release/authorities.h"

#include "tests/forge.h"
#include "tests/tls_peer.h"
#include "tests/unit.h"

#define OWN "https://vault.example"
#define HEADER "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"%s\"}"

/* An attestation service: its metadata and keys, and how often somebody came for them. */
struct service {
    struct tls_peer peer;
    struct buffer jwks;
    const char *metadata; /* NULL: good ones */
    const char *status;
    unsigned asked;
};

static struct service service;
static struct private_key *key, *other;

static enum peer_end publish(void *arg, struct tls_peer *peer, struct bytes request,
                             struct buffer *ret_answer)
{
    struct service *s = arg;
    AUTO(buffer) struct buffer body = {0};
    s->asked++;
    if (memmem(request.data, request.len, "openid-configuration", 20) == NULL)
        buffer_add(&body, buffer_bytes(&s->jwks));
    else if (s->metadata)
        buffer_text(&body, s->metadata);
    else
        buffer_printf(&body, "{\"issuer\":\"%s\",\"jwks_uri\":\"%s/certs\"}", peer->url, peer->url);
    buffer_printf(ret_answer, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n",
                  s->status ? s->status : "200 OK", body.len,
                  s->status ? "Location: https://elsewhere.example/\r\n" : "");
    buffer_add(ret_answer, buffer_bytes(&body));
    return PEER_GOODBYE;
}

static int begin(void **state)
{
    (void)state;
    service = (struct service){0};
    key = forge_key(KEY_TYPE_RSA_2048);
    other = forge_key(KEY_TYPE_RSA_2048);
    forge_jwks(&service.jwks, "k", key);
    tls_peer_open(&service.peer, publish, &service, NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    tls_peer_close(&service.peer);
    buffer_clear(&service.jwks);
    private_key_free(key);
    private_key_free(other);
    return 0;
}

/* ---- settings */

static const struct {
    const char *name, *value, *url, *file; /* url NULL: refused */
} values[] = {
    {"a URL",        "https://a.example",                    "https://a.example",              ""              },
    {"with a path",  "https://a.example:8443/tenant/",       "https://a.example:8443/tenant/", ""              },
    {"with a file",  "https://a.example /etc/ca.pem",        "https://a.example",              "/etc/ca.pem"   },
    {"many blanks",  "https://a.example \t /etc/my ca.pem ", "https://a.example",              "/etc/my ca.pem"},
    {"nothing",      "",                                     NULL,                             NULL            },
    {"a file alone", "/etc/ca.pem",                          NULL,                             NULL            },
    {"plain HTTP",   "http://a.example",                     NULL,                             NULL            },
    {"a host",       "a.example",                            NULL,                             NULL            },
    {"a user",       "https://u@a.example",                  NULL,                             NULL            },
    {"a query",      "https://a.example/?x",                 NULL,                             NULL            },
    {"a fragment",   "https://a.example/#x",                 NULL,                             NULL            },
};

static void a_setting_is_a_url_and_perhaps_a_file(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(values); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer url = {0}, file = {0};
        print_message("  %s\n", values[i].name);
        assert_int_equal(authority_setting_read(values[i].value, &url, &file, &err),
                         values[i].url != NULL);
        if (!values[i].url) {
            assert_int_equal(err.code, QUOTH_USAGE);
            continue;
        }
        assert_true(bytes_equal(buffer_bytes(&url), bytes_of_text(values[i].url)));
        assert_true(bytes_equal(buffer_bytes(&file), bytes_of_text(values[i].file)));
    }
}

/* Authorities of these settings; the list ends with NULL. */
static bool open_with(const char *const *listed, const char *private, struct authorities **ret,
                      struct quoth_error *err)
{
    char *items[8] = {0}, *hosts[1] = {0};
    struct tenant_settings settings = {
        .release_authority = {items, 0},
          .release_private = {hosts, 0}
    };
    for (; listed[settings.release_authority.count]; settings.release_authority.count++)
        items[settings.release_authority.count] =
            (char *)(uintptr_t)listed[settings.release_authority.count];
    if (private)
        hosts[settings.release_private.count++] = (char *)(uintptr_t) private;
    const struct authorities_options options = {.issuer = OWN, .settings = &settings};
    return authorities_open(&options, ret, err);
}

static void nobody_is_listed_twice(void **state)
{
    (void)state;
    static const char *const lists[][3] = {
        {"https://a.example",     "https://A.example:443/"},
        {"https://a.example",     "https://a.example"     },
        {"https://VAULT.example"},
        {"https://a.example",             "nonsense"                        },
    };
    for (size_t i = 0; i < COUNT(lists); i++) {
        struct quoth_error err = {0};
        AUTO(authorities) struct authorities *a = NULL;
        assert_false(open_with(lists[i], NULL, &a, &err));
        assert_int_equal(err.code, QUOTH_USAGE);
    }
}

/* ---- tokens */

static enum quoth_code ask(struct authorities *a, const char *issuer, const char *kid,
                           struct private_key *signer, const struct kept_keys *own, bool may_fetch,
                           int64_t now)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0}, header = {0};
    AUTO(token) struct token t = {0};
    bool is_own = false;
    buffer_printf(&header, HEADER, kid);
    buffer_u8(&header, '\0');
    forge(&text, (const char *)header.data, "{}", signer);
    assert_true(token_read(buffer_bytes(&text), &t, &err));
    const struct authority_question q = {.token = &t,
                                         .issuer = bytes_of_text(issuer),
                                         .own_keys = own,
                                         .may_fetch = may_fetch,
                                         .now = now};
    const bool good = authorities_verify(a, &q, &is_own, &err);
    assert_int_equal(good, err.code == QUOTH_OK);
    return err.code;
}

static void keep_copy(struct kept_keys *set, const char *id, int64_t signs_from, bool distrusted)
{
    struct quoth_error err = {0};
    struct kept_key *k = &set->keys[set->count++];
    snprintf(k->id, sizeof k->id, "%s", id);
    k->version = 1;
    k->signs_from = k->created = signs_from;
    k->distrusted = distrusted;
    assert_true(private_key_dup(key, &k->key, &err));
}

static void this_tenant_is_always_one(void **state)
{
    (void)state;
    static const char *const nobody[] = {NULL};
    const int64_t now = INT64_C(1790000000);
    struct quoth_error err = {0};
    AUTO(authorities) struct authorities *a = NULL;
    AUTO(kept_keys) struct kept_keys own = {0};
    assert_true(open_with(nobody, NULL, &a, &err));
    keep_copy(&own, "new", now - 10, false); /* the latest first */
    keep_copy(&own, "bad", now - 20, true);
    keep_copy(&own, "mid", now - SIGNING_KEY_SHOWN_AFTER - 100, false);
    keep_copy(&own, "old", now - 2 * SIGNING_KEY_SHOWN_AFTER, false);
    assert_int_equal(ask(a, OWN, "new", key, &own, true, now), QUOTH_OK);
    assert_int_equal(ask(a, OWN "/", "new", key, &own, true, now), QUOTH_OK);
    assert_int_equal(ask(a, "https://VAULT.example:443", "mid", key, &own, false, now), QUOTH_OK);
    assert_int_equal(ask(a, OWN, "bad", key, &own, true, now), QUOTH_RELEASE_TOKEN);
    assert_int_equal(ask(a, OWN, "old", key, &own, true, now), QUOTH_RELEASE_TOKEN);
    assert_int_equal(ask(a, OWN, "none", key, &own, true, now), QUOTH_RELEASE_TOKEN);
    assert_int_equal(ask(a, OWN, "new", other, &own, true, now), QUOTH_RELEASE_TOKEN);
    assert_int_equal(ask(a, "https://vault.example.evil.example", "new", key, &own, true, now),
                     QUOTH_RELEASE_UNLISTED);
    assert_int_equal(ask(a, "http://vault.example", "new", key, &own, true, now),
                     QUOTH_RELEASE_TOKEN);
    assert_int_equal(ask(a, "", "new", key, &own, true, now), QUOTH_RELEASE_TOKEN);
}

/* With the service listed, by its CA. */
static void open_listed(const char *private, struct authorities **ret)
{
    struct quoth_error err = {0};
    char value[160];
    snprintf(value, sizeof value, "%s %s", service.peer.url, service.peer.ca_file);
    const char *const listed[] = {value, NULL};
    service.asked = 0;
    assert_true(open_with(listed, private, ret, &err));
    assert_int_equal(service.asked, 0); /* opening touches no network */
}

static void a_listed_one_is_asked_for_its_keys(void **state)
{
    (void)state;
    const char *url = service.peer.url;
    AUTO(authorities) struct authorities *a = NULL;
    open_listed("localhost", &a);
    assert_int_equal(ask(a, "https://evil.example", "k", key, NULL, true, 1000),
                     QUOTH_RELEASE_UNLISTED);
    assert_int_equal(ask(a, url, "k", key, NULL, false, 1000), QUOTH_RELEASE_TOKEN);
    assert_int_equal(service.asked, 0); /* for a policy that does not name it nobody is asked */
    assert_int_equal(ask(a, url, "k", key, NULL, true, 1000), QUOTH_OK);
    assert_int_equal(service.asked, 2);
    assert_int_equal(ask(a, url, "k", other, NULL, true, 1000), QUOTH_RELEASE_TOKEN);
    assert_int_equal(ask(a, url, "k", key, NULL, false, 1000), QUOTH_OK);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(ask(a, url, "unknown", key, NULL, true, 1059), QUOTH_RELEASE_TOKEN);
    assert_int_equal(service.asked, 2);
    assert_int_equal(ask(a, url, "unknown", key, NULL, false, 1061), QUOTH_RELEASE_TOKEN);
    assert_int_equal(service.asked, 2);
    assert_int_equal(ask(a, url, "unknown", key, NULL, true, 1061), QUOTH_RELEASE_TOKEN);
    assert_int_equal(service.asked, 4);
    /* While it is gone, its keys are believed for a day and no longer. */
    service.status = "503 Service Unavailable";
    assert_int_equal(ask(a, url, "k", key, NULL, true, 1061 + 86399), QUOTH_OK);
    assert_int_equal(ask(a, url, "k", key, NULL, true, 1061 + 86400), QUOTH_RELEASE_PROVIDER);
}

static void private_addresses_are_listed_too(void **state)
{
    (void)state;
    AUTO(authorities) struct authorities *a = NULL;
    open_listed(NULL, &a);
    assert_int_equal(ask(a, service.peer.url, "k", key, NULL, true, 1000), QUOTH_RELEASE_PROVIDER);
    assert_int_equal(service.asked, 0);
    assert_int_equal(service.peer.connections, 0);
}

static const struct {
    const char *name, *metadata, *status;
} lies[] = {
    {"another issuer",
     "{\"issuer\":\"https://evil.example\",\"jwks_uri\":\"https://evil.example/certs\"}", NULL           },
    {"keys elsewhere", NULL,                                                              NULL           }, /* written below */
    {"no keys",        "{}",                                                              NULL           },
    {"no JSON",        "<html>",                                                          NULL           },
    {"a redirect",     NULL,                                                              "302 Found"    },
    {"not found",      NULL,                                                              "404 Not Found"},
};

static void metadata_must_be_its_own(void **state)
{
    (void)state;
    char elsewhere[256];
    snprintf(elsewhere, sizeof elsewhere,
             "{\"issuer\":\"%s\",\"jwks_uri\":\"https://127.0.0.1:%u/certs\"}", service.peer.url,
             service.peer.port);
    for (size_t i = 0; i < COUNT(lies); i++) {
        AUTO(authorities) struct authorities *a = NULL;
        print_message("  %s\n", lies[i].name);
        open_listed("localhost", &a);
        service.metadata = lies[i].metadata || lies[i].status ? lies[i].metadata : elsewhere;
        service.status = lies[i].status;
        assert_int_equal(ask(a, service.peer.url, "k", key, NULL, true, 1000),
                         QUOTH_RELEASE_PROVIDER);
        assert_int_equal(service.asked, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_setting_is_a_url_and_perhaps_a_file),
        cmocka_unit_test(nobody_is_listed_twice),
        cmocka_unit_test_setup_teardown(this_tenant_is_always_one, begin, end),
        cmocka_unit_test_setup_teardown(a_listed_one_is_asked_for_its_keys, begin, end),
        cmocka_unit_test_setup_teardown(private_addresses_are_listed_too, begin, end),
        cmocka_unit_test_setup_teardown(metadata_must_be_its_own, begin, end),
    };
    setenv("https_proxy", "http://127.0.0.1:1", 1); /* nobody there, and nobody is asked */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
