#include <quoth/relying.h>
#include <quoth/text.h>

#include "base/time.h"
#include "relying/discovery.h"
#include "relying/judge.h"
#include "tests/attestation.h"
#include "tests/tls_peer.h"
#include "tests/unit.h"

/* An issuer of tokens: its metadata and keys, and how often somebody came for them. */
struct issuer {
    struct tls_peer peer;
    const char *metadata; /* NULL: proper ones */
    int status;           /* of both documents; 0: 200 */
    struct buffer jwks;
    unsigned metadata_asked, keys_asked;
    size_t padding; /* blanks behind the key set */
};

static bool asks_for(struct bytes request, const char *path)
{
    char line[128];
    snprintf(line, sizeof line, "GET %s HTTP/1.1\r\n", path);
    return bytes_equal(bytes_slice(request, 0, strlen(line)), bytes_of_text(line));
}

static enum peer_end publish(void *arg, struct tls_peer *peer, struct bytes request,
                             struct buffer *ret_answer)
{
    struct issuer *i = arg;
    const int status = i->status ? i->status : 200;
    AUTO(buffer) struct buffer body = {0};
    if (asks_for(request, DISCOVERY_PATH)) {
        i->metadata_asked++;
        if (i->metadata)
            buffer_text(&body, i->metadata);
        else
            buffer_printf(&body, "{\"issuer\":\"%s\",\"jwks_uri\":\"%s/certs\"}", peer->url,
                          peer->url);
    } else if (asks_for(request, "/certs")) {
        i->keys_asked++;
        buffer_add(&body, buffer_bytes(&i->jwks));
        buffer_fill(&body, i->padding, ' ');
    }
    buffer_u8(&body, 0);
    peer_say(ret_answer, status, (const char *)body.data);
    return PEER_GOODBYE;
}

static struct private_key *key, *other;
static struct issuer issuer;

static int start(void **state)
{
    (void)state;
    key = forge_key(KEY_TYPE_RSA_2048);
    other = forge_key(KEY_TYPE_RSA_2048);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    private_key_free(key);
    private_key_free(other);
    return 0;
}

static int open_issuer(void **state)
{
    (void)state;
    issuer = (struct issuer){0};
    forge_jwks(&issuer.jwks, "k", key);
    tls_peer_open(&issuer.peer, publish, &issuer, NULL);
    return 0;
}

static int close_issuer(void **state)
{
    (void)state;
    tls_peer_close(&issuer.peer);
    buffer_clear(&issuer.jwks);
    return 0;
}

DEFINE_AUTO(relying, struct quoth_relying *, quoth_relying_close)

static struct quoth_relying *open_relying(void)
{
    const struct quoth_relying_options options = {
        .verifier = issuer.peer.url, .ca_file = issuer.peer.ca_file, .timeout_ms = 30000};
    struct quoth_relying *r = NULL;
    struct quoth_error err = {0};
    assert_true(quoth_relying_open(&options, &r, &err));
    return r;
}

/* Verifies a token of this issuer, signed by a key and naming one by its header. */
static enum quoth_code verify(struct quoth_relying *r, const char *header, struct private_key *by,
                              struct quoth_verified *ret_verified)
{
    char iss[80];
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0};
    snprintf(iss, sizeof iss, "\"%s\"", issuer.peer.url);
    const struct edit edits[] = {
        {"iss", iss},
        {0    }
    };
    attestation_token(header, edits, by, &text);
    if (!quoth_relying_verify(r, (const char *)text.data, text.len, ATTESTATION_NOW, ret_verified,
                              &err))
        print_message("    %s: %s\n", err.where, err.message);
    return err.code;
}

static void keys_come_from_the_metadata_once(void **state)
{
    (void)state;
    AUTO(relying) struct quoth_relying *r = open_relying();
    assert_int_equal(issuer.metadata_asked, 0); /* opening touches no network */
    for (int i = 0; i < 3; i++) {
        AUTO(verified) struct quoth_verified v = {0};
        assert_int_equal(verify(r, NULL, key, &v), QUOTH_OK);
    }
    assert_int_equal(issuer.metadata_asked, 1);
    assert_int_equal(issuer.keys_asked, 1);
}

static void what_is_no_token_costs_no_request(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "a.b.c", "e30.e30.", "{\"alg\":\"none\"}"};
    AUTO(relying) struct quoth_relying *r = open_relying();
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct quoth_error err = {0};
        AUTO(verified) struct quoth_verified v = {0};
        assert_false(
            quoth_relying_verify(r, texts[i], strlen(texts[i]), ATTESTATION_NOW, &v, &err));
    }
    AUTO(verified) struct quoth_verified v = {0};
    assert_int_equal(verify(r, "{\"alg\":\"none\",\"kid\":\"k\",\"typ\":\"JWT\"}", NULL, &v),
                     QUOTH_TOKEN_ALGORITHM);
    assert_int_equal(issuer.metadata_asked, 0);
}

/* Somebody who sends us tokens must not decide how often we call. */
static void unknown_keys_are_looked_for_once_a_minute(void **state)
{
    (void)state;
    AUTO(relying) struct quoth_relying *r = open_relying();
    AUTO(verified) struct quoth_verified v = {0};
    for (int i = 0; i < 5; i++)
        assert_int_equal(verify(r, "{\"alg\":\"RS256\",\"kid\":\"x\",\"typ\":\"JWT\"}", key, &v),
                         QUOTH_TOKEN_KEY_UNKNOWN);
    assert_int_equal(issuer.keys_asked, 1);
    assert_int_equal(verify(r, NULL, key, &v), QUOTH_OK);
    assert_int_equal(issuer.keys_asked, 1);
}

/* A token that vouches for itself: the key it brings and the place it names are not even looked at.
 */
static void nothing_in_a_token_is_followed(void **state)
{
    (void)state;
    struct issuer evil = {0};
    AUTO(buffer) struct buffer header = {0}, jwk = {0}, der = {0}, x5c = {0};
    AUTO(public_key) struct public_key *theirs = forge_public(other);
    forge_jwks(&evil.jwks, "k", other);
    tls_peer_open(&evil.peer, publish, &evil, NULL);
    forge_certificate(&der, other);
    base64_encode(buffer_bytes(&der), &x5c);
    buffer_u8(&x5c, 0);
    jwk_write(&jwk, "k", theirs, NULL, 0);
    buffer_u8(&jwk, 0);
    buffer_printf(&header,
                  "{\"alg\":\"RS256\",\"kid\":\"k\",\"typ\":\"JWT\",\"jku\":\"%s/certs\","
                  "\"x5u\":\"%s/x\",\"jwk\":%s,\"x5c\":[\"%s\"]}",
                  evil.peer.url, evil.peer.url, (const char *)jwk.data, (const char *)x5c.data);
    buffer_u8(&header, 0);

    AUTO(relying) struct quoth_relying *r = open_relying();
    AUTO(verified) struct quoth_verified v = {0};
    assert_int_equal(verify(r, (const char *)header.data, other, &v), QUOTH_TOKEN_SIGNATURE);
    assert_int_equal(evil.peer.connections, 0);
    tls_peer_close(&evil.peer);
    buffer_clear(&evil.jwks);
}

static void another_tenants_key_is_refused(void **state)
{
    (void)state;
    AUTO(relying) struct quoth_relying *r = open_relying();
    AUTO(verified) struct quoth_verified v = {0};
    assert_int_equal(verify(r, NULL, other, &v), QUOTH_TOKEN_SIGNATURE);
}

static enum quoth_code verify_with(const char *metadata, int status)
{
    AUTO(relying) struct quoth_relying *r = open_relying();
    AUTO(verified) struct quoth_verified v = {0};
    issuer.metadata = metadata;
    issuer.status = status;
    issuer.keys_asked = 0;
    return verify(r, NULL, key, &v);
}

static void other_answers_than_200_are_not_keys(void **state)
{
    (void)state;
    static const struct {
        int status;
        enum quoth_code code;
    } rows[] = {
        {301, QUOTH_DISCOVERY  },
        {302, QUOTH_DISCOVERY  },
        {307, QUOTH_DISCOVERY  },
        {401, QUOTH_DISCOVERY  },
        {404, QUOTH_DISCOVERY  },
        {500, QUOTH_UNAVAILABLE},
        {503, QUOTH_UNAVAILABLE},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("  %d\n", rows[i].status);
        assert_int_equal(verify_with(NULL, rows[i].status), rows[i].code);
        assert_int_equal(issuer.keys_asked, 0);
    }
}

static void sets_beyond_a_mebibyte_are_refused(void **state)
{
    (void)state;
    AUTO(relying) struct quoth_relying *r = open_relying();
    AUTO(verified) struct quoth_verified v = {0};
    issuer.padding = 1u << 20;
    assert_int_equal(verify(r, NULL, key, &v), QUOTH_HTTP_ANSWER);
}

static void a_verifier_under_another_ca_is_not_believed(void **state)
{
    (void)state;
    struct issuer second = {0};
    struct quoth_relying *r = NULL;
    struct quoth_error err = {0};
    AUTO(verified) struct quoth_verified v = {0};
    tls_peer_open(&second.peer, publish, &second, NULL);
    const struct quoth_relying_options options = {
        .verifier = issuer.peer.url, .ca_file = second.peer.ca_file, .timeout_ms = 30000};
    assert_true(quoth_relying_open(&options, &r, &err));
    assert_int_equal(verify(r, NULL, key, &v), QUOTH_TLS_UNTRUSTED);
    quoth_relying_close(r);
    tls_peer_close(&second.peer);
    assert_int_equal(issuer.metadata_asked, 0);
}

static void issuers_are_https_without_a_slash(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "", "http://v", "v", "https://v/", "https://v/a/", "https://u@v", "https://v#x"};
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct quoth_relying *r = NULL;
        struct quoth_error err = {0};
        const struct quoth_relying_options options = {.verifier = refused[i],
                                                      .ca_file = issuer.peer.ca_file};
        print_message("  %s\n", refused[i]);
        assert_false(quoth_relying_open(&options, &r, &err));
        assert_int_equal(err.code, QUOTH_URL);
    }
}

static const struct {
    const char *name, *text;
    bool good;
} documents[] = {
    {"as it should be",
     "{\"issuer\":\"https://v.example\",\"jwks_uri\":\"https://v.example/certs\"}",                  true },
    {"with its port",
     "{\"issuer\":\"https://v.example\",\"jwks_uri\":\"https://v.example:443/certs\"}",              true },
    {"with more members",
     "{\"a\":[],\"issuer\":\"https://v.example\",\"jwks_uri\":\"https://v.example/k?x\"}",           true },
    {"nothing",                 "",                                                                  false},
    {"a list",                  "[]",                                                                false},
    {"no issuer",               "{\"jwks_uri\":\"https://v.example/certs\"}",                        false},
    {"no keys",                 "{\"issuer\":\"https://v.example\"}",                                false},
    {"another issuer",
     "{\"issuer\":\"https://w.example\",\"jwks_uri\":\"https://v.example/certs\"}",                  false},
    {"the issuer with a slash",
     "{\"issuer\":\"https://v.example/\",\"jwks_uri\":\"https://v.example/certs\"}",                 false},
    {"the issuer in capitals",
     "{\"issuer\":\"https://V.example\",\"jwks_uri\":\"https://v.example/certs\"}",                  false},
    {"two issuers",
     "{\"issuer\":\"https://w\",\"issuer\":\"https://v.example\",\"jwks_uri\":\"https://v.example/"
     "certs\"}",                                                                                     false},
    {"keys elsewhere",
     "{\"issuer\":\"https://v.example\",\"jwks_uri\":\"https://evil.example/certs\"}",               false},
    {"keys on another port",
     "{\"issuer\":\"https://v.example\",\"jwks_uri\":\"https://v.example:8443/certs\"}",             false},
    {"keys below a look-alike",
     "{\"issuer\":\"https://v.example\",\"jwks_uri\":\"https://v.example.evil/certs\"}",             false},
    {"keys by a user's name",
     "{\"issuer\":\"https://v.example\",\"jwks_uri\":\"https://v.example@evil/certs\"}",             false},
    {"keys over plain HTTP",
     "{\"issuer\":\"https://v.example\",\"jwks_uri\":\"http://v.example/certs\"}",                   false},
    {"keys in a file",          "{\"issuer\":\"https://v.example\",\"jwks_uri\":\"file:///certs\"}", false},
    {"a relative place",        "{\"issuer\":\"https://v.example\",\"jwks_uri\":\"/certs\"}",        false},
    {"a place with a line end",
     "{\"issuer\":\"https://v.example\",\"jwks_uri\":\"https://v.example/a\\r\\nb\"}",               false},
    {"a number for a place",    "{\"issuer\":\"https://v.example\",\"jwks_uri\":1}",                 false},
};

static void metadata_must_be_the_issuers_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(documents); i++) {
        struct quoth_error err = {0};
        AUTO(text) char *uri = NULL;
        print_message("  %s\n", documents[i].name);
        assert_int_equal(
            discovery_read(bytes_of_text(documents[i].text), "https://v.example", &uri, &err),
            documents[i].good);
        assert_int_equal(err.code, documents[i].good ? QUOTH_OK : QUOTH_DISCOVERY);
        assert_int_equal(uri != NULL, documents[i].good);
    }
}

static void recorded_metadata_is_understood(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0};
    AUTO(text) char *uri = NULL;
    assert_true(
        discovery_read(unit_vector("maa/certs/openid-configuration-sharedwus-2022.json", &text),
                       "https://sharedwus.wus.attest.azure.net", &uri, &err));
    assert_string_equal(uri, "https://sharedwus.wus.attest.azure.net/certs");
}

/* --- what is expected of a program
 * ----------------------------------------------------------------- */

static const uint8_t ones[32] = {1}, twos[32] = {2}, threes[32] = {3};

static struct quoth_verified verified_program(void)
{
    struct quoth_verified v = {.product_id = 1234,
                               .security_version = 2,
                               .issued_at = 1000,
                               .tcb_status = "SWHardeningNeeded",
                               .policy_hash = "hash",
                               .has_policy_signer = true,
                               .nonce_len = 16};
    memcpy(v.unique_id, ones, 32);
    memcpy(v.signer_id, twos, 32);
    memcpy(v.policy_signer, threes, 32);
    memcpy(v.nonce, "0123456789abcdef", 16);
    return v;
}

#define SIGNER .signer_id = twos
#define NONCE(text) .nonce = (const uint8_t *)(text), .nonce_len = sizeof(text) - 1

static const struct {
    const char *name;
    struct quoth_expected expected;
    enum quoth_code code;
    const char *where;
} expectations[] = {
    {"nothing at all",             {0},                                                    QUOTH_USAGE,             "expected"           },
    {"everything but an identity",
     {.has_product_id = true, .product_id = 1234, NONCE("0123456789abcdef")},
     QUOTH_USAGE,                                                                                                   "expected"           },
    {"its signer",                 {SIGNER},                                               QUOTH_OK,                NULL                 },
    {"its measurement",            {.unique_id = ones},                                    QUOTH_OK,                NULL                 },
    {"both",                       {.unique_id = ones, SIGNER},                            QUOTH_OK,                NULL                 },
    {"another signer",             {.signer_id = ones},                                    QUOTH_IDENTITY_MISMATCH, "x-ms-sgx-mrsigner"  },
    {"another measurement",
     {.unique_id = twos, SIGNER},
     QUOTH_IDENTITY_MISMATCH,                                                                                       "x-ms-sgx-mrenclave" },
    {"its product",                {SIGNER, .has_product_id = true, .product_id = 1234},   QUOTH_OK,                NULL                 },
    {"another product",
     {SIGNER, .has_product_id = true, .product_id = 1235},
     QUOTH_IDENTITY_MISMATCH,                                                                                       "x-ms-sgx-product-id"},
    {"product zero",
     {SIGNER, .has_product_id = true},
     QUOTH_IDENTITY_MISMATCH,                                                                                       "x-ms-sgx-product-id"},
    {"its version",                {SIGNER, .security_version = 2},                        QUOTH_OK,                NULL                 },
    {"an older version",           {SIGNER, .security_version = 1},                        QUOTH_OK,                NULL                 },
    {"a newer version",            {SIGNER, .security_version = 3},                        QUOTH_IDENTITY_MISMATCH, "x-ms-sgx-svn"       },
    {"its status",                 {SIGNER, .tcb_statuses = "UpToDate,SWHardeningNeeded"}, QUOTH_OK,                NULL                 },
    {"another status",
     {SIGNER, .tcb_statuses = "UpToDate"},
     QUOTH_IDENTITY_MISMATCH,                                                                                       "x-quoth-tcb-status" },
    {"part of its status",
     {SIGNER, .tcb_statuses = "SWHardening"},
     QUOTH_IDENTITY_MISMATCH,                                                                                       "x-quoth-tcb-status" },
    {"a status that contains it",
     {SIGNER, .tcb_statuses = "ConfigurationAndSWHardeningNeeded"},
     QUOTH_IDENTITY_MISMATCH,                                                                                       "x-quoth-tcb-status" },
    {"no status",                  {SIGNER, .tcb_statuses = ""},                           QUOTH_IDENTITY_MISMATCH, "x-quoth-tcb-status" },
    {"its policy",                 {SIGNER, .policy_hash = "hash"},                        QUOTH_OK,                NULL                 },
    {"another policy",
     {SIGNER, .policy_hash = "hasH"},
     QUOTH_IDENTITY_MISMATCH,                                                                                       "x-ms-policy-hash"   },
    {"its policy's signer",        {SIGNER, .policy_signer = threes},                      QUOTH_OK,                NULL                 },
    {"another signer of policies",
     {SIGNER, .policy_signer = ones},
     QUOTH_IDENTITY_MISMATCH,                                                                                       "x-ms-policy-signer" },
    {"its challenge",              {SIGNER, NONCE("0123456789abcdef")},                    QUOTH_OK,                NULL                 },
    {"another challenge",
     {SIGNER, NONCE("0123456789abcdeF")},
     QUOTH_TOKEN_NONCE,                                                                                             "x-ms-runtime.nonce" },
    {"the front of its challenge",
     {SIGNER, NONCE("0123456789abcde")},
     QUOTH_TOKEN_NONCE,                                                                                             "x-ms-runtime.nonce" },
    {"an age it has",              {SIGNER, .max_age = 40},                                QUOTH_OK,                NULL                 },
    {"an age it is beyond",        {SIGNER, .max_age = 39},                                QUOTH_TOKEN_EXPIRED,     "iat"                },
};

static void expectations_are_compared_one_by_one(void **state)
{
    (void)state;
    const struct quoth_verified v = verified_program();
    for (size_t i = 0; i < COUNT(expectations); i++) {
        struct quoth_error err = {0};
        print_message("  %s\n", expectations[i].name);
        assert_int_equal(quoth_relying_check(&v, &expectations[i].expected, 1100, &err),
                         expectations[i].code == QUOTH_OK);
        assert_int_equal(err.code, expectations[i].code);
        if (expectations[i].where)
            assert_string_equal(err.where, expectations[i].where);
    }
}

static void debug_is_refused_unless_allowed(void **state)
{
    (void)state;
    struct quoth_verified v = verified_program();
    const struct quoth_expected strict = {SIGNER}, lax = {SIGNER, .allow_debug = true};
    struct quoth_error err = {0};
    v.debug = true;
    assert_true(quoth_relying_check(&v, &lax, 1100, &err));
    assert_false(quoth_relying_check(&v, &strict, 1100, &err));
    assert_int_equal(err.code, QUOTH_IDENTITY_DEBUG);
}

static void what_a_token_lacks_is_not_expected_away(void **state)
{
    (void)state;
    struct quoth_verified v = verified_program();
    static const struct quoth_expected wants[] = {
        {SIGNER, .tcb_statuses = "SWHardeningNeeded"},
        {SIGNER, .policy_hash = "hash"              },
        {SIGNER, .policy_signer = threes            },
        {SIGNER, NONCE("0123456789abcdef")          },
    };
    v.tcb_status[0] = v.policy_hash[0] = '\0';
    v.has_policy_signer = false;
    v.nonce_len = 0;
    for (size_t i = 0; i < COUNT(wants); i++) {
        struct quoth_error err = {0};
        assert_false(quoth_relying_check(&v, &wants[i], 1100, &err));
    }
}

/* --- exchanges
 * ------------------------------------------------------------------------------------- */

static void secrets_go_to_the_certificate_alone(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct issuer second = {0};
    int status = 0;
    char *body = NULL, url[96];
    const struct bytes own = buffer_bytes(&issuer.peer.certificate);
    tls_peer_open(&second.peer, publish, &second, NULL);
    snprintf(url, sizeof url, "%s/secret", issuer.peer.url);
    assert_true(quoth_attested_exchange(own.data, own.len, "POST", url, (const uint8_t *)"s", 1,
                                        30000, &status, &body, &err));
    assert_int_equal(status, 200);
    free(body);
    body = NULL;
    snprintf(url, sizeof url, "%s/secret", second.peer.url);
    assert_false(quoth_attested_exchange(own.data, own.len, "POST", url, (const uint8_t *)"s", 1,
                                         30000, &status, &body, &err));
    assert_int_equal(err.code, QUOTH_TLS_CERTIFICATE_CHANGED);
    assert_null(body);
    err = (struct quoth_error){0};
    assert_false(quoth_attested_exchange(own.data, own.len, "PUT", url, NULL, 0, 30000, &status,
                                         &body, &err));
    assert_int_equal(err.code, QUOTH_USAGE);
    err = (struct quoth_error){0};
    assert_true(quoth_untrusted_get(second.peer.url, 30000, &status, &body, &err));
    free(body);
    tls_peer_close(&second.peer);
}

static void small_tools_work(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    uint8_t bytes[2] = {0}, random[2][16];
    char text[32];
    AUTO(text) char *encoded = NULL;
    assert_true(quoth_hex_read("aBcD", bytes, 2, &err));
    assert_int_equal(bytes[0], 0xab);
    assert_false(quoth_hex_read("abc", bytes, 2, &err));
    assert_int_equal(err.code, QUOTH_HEX);
    err = (struct quoth_error){0};
    assert_true(quoth_base64url((const uint8_t *)"\xff\xff", 2, &encoded, &err));
    assert_string_equal(encoded, "__8");
    assert_string_equal(quoth_escape(text, sizeof text, (const uint8_t *)"a\x1b", 2), "a\\x1b");
    assert_true(quoth_random(random[0], 16, &err) && quoth_random(random[1], 16, &err));
    assert_memory_not_equal(random[0], random[1], 16);
}

#define with_issuer(test) cmocka_unit_test_setup_teardown(test, open_issuer, close_issuer)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_issuer(keys_come_from_the_metadata_once),
        with_issuer(what_is_no_token_costs_no_request),
        with_issuer(unknown_keys_are_looked_for_once_a_minute),
        with_issuer(nothing_in_a_token_is_followed),
        with_issuer(another_tenants_key_is_refused),
        with_issuer(other_answers_than_200_are_not_keys),
        with_issuer(sets_beyond_a_mebibyte_are_refused),
        with_issuer(a_verifier_under_another_ca_is_not_believed),
        with_issuer(issuers_are_https_without_a_slash),
        cmocka_unit_test(metadata_must_be_the_issuers_own),
        cmocka_unit_test(recorded_metadata_is_understood),
        cmocka_unit_test(expectations_are_compared_one_by_one),
        cmocka_unit_test(debug_is_refused_unless_allowed),
        cmocka_unit_test(what_a_token_lacks_is_not_expected_away),
        with_issuer(secrets_go_to_the_certificate_alone),
        cmocka_unit_test(small_tools_work),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
