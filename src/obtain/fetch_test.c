#include <quoth/fetch.h>

#include "base/time.h"
#include "tests/fake_vault.h"
#include "tests/unit.h"
#include "tests/verifier.h"

static struct fake_vault vault;
static struct verifier verifier;
static struct quoth_attester *attester;

static int begin(void **state)
{
    struct quoth_error err = {0};
    (void)state;
    fake_vault_open(&vault);
    verifier_open(&verifier);
    return attester_open_with(&verifier_machine, "", &attester, &err) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    quoth_attester_close(attester);
    verifier_close(&verifier);
    fake_vault_close(&vault);
    return 0;
}

static struct quoth_fetch_request usual(void)
{
    return (struct quoth_fetch_request){.vault = vault.peer.url,
                                        .vault_ca = vault.ca_file,
                                        .verifier = verifier.peer.url,
                                        .verifier_ca = verifier.peer.ca_file,
                                        .name = "k"};
}

/* Whatever goes wrong, no error holds a token, and nothing is handed out. */
static enum quoth_code fetch(const struct quoth_fetch_request *request,
                             struct quoth_fetched *fetched, struct quoth_error *err)
{
    const bool ok = quoth_fetch(attester, request, fetched, err);
    assert_int_equal(ok, err->code == QUOTH_OK);
    if (!ok) {
        print_message("    %s: %s\n", err->where, err->message);
        assert_null(fetched->data);
        assert_null(strstr(err->message, "eyJ"));
        assert_true(err->message[0] != '\0');
    }
    return err->code;
}

/* ---- what works */

static void keys_of_every_kind_come(void **state)
{
    (void)state;
    struct quoth_error none = {0};
    AUTO(private_key) struct private_key *rsa = forge_key(KEY_TYPE_RSA_2048);
    AUTO(private_key) struct private_key *ec = forge_key(KEY_TYPE_P256);
    AUTO(buffer) struct buffer rsa_der = {0}, ec_der = {0};
    assert_true(private_key_to_der(rsa, &rsa_der, &none) && private_key_to_der(ec, &ec_der, &none));
    const struct {
        const char *kty;
        struct bytes stored;
        enum quoth_fetched_type type;
        enum quoth_wrap wrap;
        unsigned bits;
    } rows[] = {
        {"oct",     BYTES_LITERAL("0123456789abcdef"), QUOTH_FETCHED_OCT, QUOTH_WRAP_SHA384, 0   },
        {"oct-HSM", BYTES_LITERAL("01234567\0bcdefg"), QUOTH_FETCHED_OCT, QUOTH_WRAP_SHA256, 3072},
        {"RSA-HSM", buffer_bytes(&rsa_der),            QUOTH_FETCHED_RSA, QUOTH_WRAP_SHA1,   2048},
        {"EC",      buffer_bytes(&ec_der),             QUOTH_FETCHED_EC,  QUOTH_WRAP_SHA384, 2048},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0};
        struct quoth_fetched f = {0};
        struct quoth_fetch_request request = usual();
        char id[200];
        print_message("  %s\n", rows[i].kty);
        fake_reset(&vault);
        fake_store(&vault, rows[i].kty, rows[i].stored);
        request.wrap = rows[i].wrap;
        request.recipient_bits = rows[i].bits;
        assert_int_equal(fetch(&request, &f, &err), QUOTH_OK);
        assert_int_equal(f.type, rows[i].type);
        assert_true(bytes_equal((struct bytes){f.data, f.len}, rows[i].stored));
        assert_int_equal(f.data[f.len], 0);
        snprintf(id, sizeof id, "%s/keys/k/" FAKE_VERSION, vault.peer.url);
        assert_string_equal(f.id, id);
        assert_int_equal(vault.challenges, 1);
        quoth_fetched_clear(&f);
        assert_null(f.data);
    }
}

static void a_secret_comes_with_its_content_type(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct quoth_fetched f = {0};
    struct quoth_fetch_request request = usual();
    fake_reset(&vault);
    fake_store(&vault, "", BYTES_LITERAL("pass word"));
    vault.is_secret = true;
    vault.name = "s";
    request.kind = QUOTH_FETCH_SECRET;
    request.name = "s";
    request.version = FAKE_VERSION;
    request.access_token = "a.bearer~token";
    assert_int_equal(fetch(&request, &f, &err), QUOTH_OK);
    assert_int_equal(f.type, QUOTH_FETCHED_SECRET);
    assert_string_equal((const char *)f.data, "pass word");
    assert_string_equal(f.content_type, "text/plain");
    assert_non_null(strstr(vault.seen, "POST /secrets/s/" FAKE_VERSION "/release?api-version="));
    assert_non_null(strstr(vault.seen, "Authorization: Bearer a.bearer~token\r\n"));
    quoth_fetched_clear(&f);
}

static void a_vault_without_challenges_serves_too(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct quoth_fetched f = {0};
    const struct quoth_fetch_request request = usual();
    fake_reset(&vault);
    fake_store(&vault, "oct", BYTES_LITERAL("0123456789abcdef"));
    vault.twist = (struct fake_twist){.path = "/challenge", .status = 404};
    assert_int_equal(fetch(&request, &f, &err), QUOTH_OK);
    quoth_fetched_clear(&f);
}

/* ---- answers that are not to be believed */

#define RELEASE .path = "/release"
#define CHALLENGE .path = "/challenge"

/* clang-format off */
static const struct {
    const char *name;
    struct fake_twist twist;
    enum quoth_code code;
} answers[] = {
    {"a certificate for another host",   {RELEASE, .host = "other.example"},                   QUOTH_RELEASE_SIGNER},
    {"a certificate by another root",    {RELEASE, .from = "{", .to = "{"},                        QUOTH_RELEASE_SIGNER},
    {"the answer to an earlier request", {RELEASE, .replay = true},                            QUOTH_RELEASE_MISMATCH},
    {"another key was asked for",        {RELEASE, .from = "/keys/k\"", .to = "/keys/l\""},    QUOTH_RELEASE_MISMATCH},
    {"another key was given",            {RELEASE, .from = "/keys/k/0", .to = "/keys/l/0"},    QUOTH_RELEASE_MISMATCH},
    {"a secret was given",               {RELEASE, .from = "/keys/k/0", .to = "/secrets/k/0"}, QUOTH_RELEASE_MISMATCH},
    {"another nonce",                    {RELEASE, .from = "\"nonce\":\"", .to = "\"nonce\":\"A"}, QUOTH_RELEASE_MISMATCH},
    {"no nonce",                         {RELEASE, .from = "\"nonce\"", .to = "\"once\""},     QUOTH_RELEASE_ANSWER},
    {"a weaker algorithm",               {RELEASE, .enc = "CKM_RSA_AES_KEY_WRAP"},             QUOTH_RELEASE_MISMATCH},
    {"wrapped for somebody else",        {RELEASE, .other_recipient = true},                   QUOTH_KEY_WRAP_BROKEN},
    {"and said so",                      {RELEASE, .other_recipient = true, .other_kid = true}, QUOTH_RELEASE_MISMATCH},
    {"for another kid",                  {RELEASE, .other_kid = true},                         QUOTH_RELEASE_MISMATCH},
    {"a flipped bit in the ciphertext",  {RELEASE, .flip = true},                              QUOTH_KEY_WRAP_BROKEN},
    {"another key's public half",        {RELEASE, .other_public = true},                      QUOTH_RELEASE_MISMATCH},
    {"a key said to be oct",             {RELEASE, .from = "\"kty\":\"EC\"", .to = "\"kty\":\"OKP\""}, QUOTH_RELEASE_MISMATCH},
    {"more than fits",                   {RELEASE, .oversize = 300u << 10},                    QUOTH_HTTP_ANSWER},
    {"cut short",                        {RELEASE, .end = PEER_CUT, .cut = true},              QUOTH_UNAVAILABLE},
    {"no JSON",                          {RELEASE, .body = "what?"},                           QUOTH_RELEASE_ANSWER},
    {"an unsigned answer",               {RELEASE, .body = "{\"value\":\"eyJhbGciOiJub25lIn0.e30.\"}"}, QUOTH_RELEASE_SIGNER},
    {"a redirect",                       {RELEASE, .status = 307, .field = "Location: https://localhost:1/x\r\n"}, QUOTH_HTTP_ANSWER},
    {"a redirect for good",              {RELEASE, .status = 301, .field = "Location: https://localhost:1/x\r\n"}, QUOTH_HTTP_ANSWER},
    {"created instead of OK",            {RELEASE, .status = 201},                             QUOTH_HTTP_ANSWER},
    {"nobody may",                       {RELEASE, .status = 403, .body = "{\"error\":{\"code\":\"Forbidden\",\"message\":\"no\"}}"}, QUOTH_RELEASE_REFUSED},
    {"a bearer token is wanted",         {RELEASE, .status = 401},                             QUOTH_RELEASE_REFUSED},
    {"no such key",                      {RELEASE, .status = 404},                             QUOTH_RELEASE_REFUSED},
    {"its own fault",                    {RELEASE, .status = 500},                             QUOTH_UNAVAILABLE},
    {"a challenge that is no JSON",      {CHALLENGE, .body = "nonce"},                         QUOTH_RELEASE_ANSWER},
    {"a challenge without nonce",        {CHALLENGE, .body = "{\"expires\":1}"},               QUOTH_RELEASE_ANSWER},
    {"a challenge that is no base 64",   {CHALLENGE, .body = "{\"nonce\":\"=\"}"},             QUOTH_RELEASE_ANSWER},
    {"an empty challenge",               {CHALLENGE, .body = "{\"nonce\":\"\"}"},              QUOTH_RELEASE_ANSWER},
    {"a challenge that is too short",    {CHALLENGE, .body = "{\"nonce\":\"AAAAAAAAAAAAAAAAAAAA\"}"}, QUOTH_RELEASE_ANSWER},
    {"a challenge of 6 KiB",             {CHALLENGE, .oversize = 6u << 10},                    QUOTH_HTTP_ANSWER},
    {"a redirect of the challenge",      {CHALLENGE, .status = 302, .field = "Location: https://localhost:1/x\r\n"}, QUOTH_HTTP_ANSWER},
    {"no challenge for us",              {CHALLENGE, .status = 403},                           QUOTH_RELEASE_REFUSED},
};
/* clang-format on */

static void store_curve(void)
{
    struct quoth_error none = {0};
    AUTO(private_key) struct private_key *ec = forge_key(KEY_TYPE_P256);
    AUTO(buffer) struct buffer der = {0};
    assert_true(private_key_to_der(ec, &der, &none));
    fake_store(&vault, "EC", buffer_bytes(&der));
}

static void no_other_answer_is_taken(void **state)
{
    (void)state;
    AUTO(private_key) struct private_key *evil = forge_key(KEY_TYPE_RSA_2048);
    const struct quoth_fetch_request request = usual();
    store_curve();
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct quoth_error err = {0}, before = {0};
        struct quoth_fetched f = {0};
        const struct fake_twist *t = &answers[i].twist;
        print_message("  %s\n", answers[i].name);
        fake_reset(&vault);
        if (t->replay) /* what is there to replay */
            assert_int_equal(fetch(&request, &f, &before), QUOTH_OK);
        quoth_fetched_clear(&f);
        fake_reset(&vault);
        vault.twist = *t;
        if (t->host)
            fake_vault_sign(&vault, t->host, vault.root_key);
        if (t->from && strcmp(t->from, t->to) == 0) /* by another root of that name */
            vault_certify_at(time_now(), "Vault", vault.key, "Root", evil, "localhost",
                             &vault.shown);
        const enum quoth_code code = fetch(&request, &f, &err);
        fake_vault_sign(&vault, "localhost", vault.root_key);
        buffer_clear(&vault.shown);
        if (code != answers[i].code)
            assert_string_equal(quoth_code_dotted(code), quoth_code_dotted(answers[i].code));
        assert_true(vault.releases <= 1); /* none of these is tried again */
    }
}

static void the_reason_of_a_refusal_is_told(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct quoth_fetched f = {0};
    const struct quoth_fetch_request request = usual();
    fake_reset(&vault);
    vault.twist =
        (struct fake_twist){RELEASE, .status = 403,
                            .body = "{\"error\":{\"code\":\"Forbidden\",\"message\":\"unmet\"}}"};
    assert_int_equal(fetch(&request, &f, &err), QUOTH_RELEASE_REFUSED);
    assert_non_null(strstr(err.message, "status 403, Forbidden: unmet"));
}

/* ---- whom it turns to */

static void nobody_else_is_believed(void **state)
{
    (void)state;
    char numeric[64];
    snprintf(numeric, sizeof numeric, "https://127.0.0.1:%u", vault.peer.port);
    AUTO(buffer) struct buffer pem = {0};
    struct quoth_error none = {0};
    char root_only[80];
    snprintf(root_only, sizeof root_only, "%s.root", vault.ca_file);
    pem_encode("CERTIFICATE", buffer_bytes(&vault.root), &pem);
    assert_true(file_write(root_only, buffer_bytes(&pem), 0600, &none));
    const struct {
        const char *name, *vault, *vault_ca, *verifier, *verifier_ca;
        enum quoth_code code;
    } rows[] = {
        {"another CA of the vault's TLS",  vault.peer.url,        verifier.peer.ca_file, verifier.peer.url,
         verifier.peer.ca_file,                                                                                       QUOTH_TLS_UNTRUSTED },
        {"the root of its answers alone",  vault.peer.url,        root_only,             verifier.peer.url,
         verifier.peer.ca_file,                                                                                       QUOTH_TLS_UNTRUSTED },
        {"the CA of its TLS alone",        vault.peer.url,        vault.peer.ca_file,    verifier.peer.url,
         verifier.peer.ca_file,                                                                                       QUOTH_RELEASE_SIGNER},
        {"a certificate for a name alone", numeric,               vault.ca_file,         verifier.peer.url,
         verifier.peer.ca_file,                                                                                       QUOTH_RELEASE_SIGNER},
        {"the system's CAs of a verifier", vault.peer.url,        vault.ca_file,         verifier.peer.url,     NULL,
         QUOTH_TLS_UNTRUSTED                                                                                                              },
        {"no vault there",                 "https://localhost:1", vault.ca_file,         verifier.peer.url,
         verifier.peer.ca_file,                                                                                       QUOTH_UNAVAILABLE   },
        {"no verifier there",              vault.peer.url,        vault.ca_file,         "https://localhost:1",
         verifier.peer.ca_file,                                                                                       QUOTH_UNAVAILABLE   },
        {"the vault is no verifier",       vault.peer.url,        vault.ca_file,         NULL,                  NULL, QUOTH_HTTP_ANSWER   },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0};
        struct quoth_fetched f = {0};
        struct quoth_fetch_request request = usual();
        print_message("  %s\n", rows[i].name);
        fake_reset(&vault);
        if (!rows[i].verifier)
            vault.twist = (struct fake_twist){.path = "/attest/", .status = 302};
        request.vault = rows[i].vault;
        request.vault_ca = rows[i].vault_ca;
        request.verifier = rows[i].verifier;
        request.verifier_ca = rows[i].verifier_ca;
        const enum quoth_code code = fetch(&request, &f, &err);
        if (code != rows[i].code)
            assert_string_equal(quoth_code_dotted(code), quoth_code_dotted(rows[i].code));
    }
    unlink(root_only);
}

/* clang-format off */
static const struct {
    const char *name, *vault, *object, *version, *token;
    unsigned bits;
    bool no_ca;
    enum quoth_code code;
} requests[] = {
    {"no vault",                     "",                         "k",    NULL, NULL,   0,    false, QUOTH_URL},
    {"without TLS",                  "http://localhost",         "k",    NULL, NULL,   0,    false, QUOTH_URL},
    {"with a path",                  "https://localhost/keys",   "k",    NULL, NULL,   0,    false, QUOTH_URL},
    {"with a slash",                 "https://localhost/",       "k",    NULL, NULL,   0,    false, QUOTH_URL},
    {"with a query",                 "https://localhost?x",      "k",    NULL, NULL,   0,    false, QUOTH_URL},
    {"with a user",                  "https://me@localhost",     "k",    NULL, NULL,   0,    false, QUOTH_URL},
    {"no name",                      "https://localhost",        "",     NULL, NULL,   0,    false, QUOTH_USAGE},
    {"a name that goes elsewhere",   "https://localhost",        "../x", NULL, NULL,   0,    false, QUOTH_USAGE},
    {"a name with a query",          "https://localhost",        "k?a",  NULL, NULL,   0,    false, QUOTH_USAGE},
    {"a name with a line end",       "https://localhost",        "k\r\nX: y", NULL, NULL, 0, false, QUOTH_USAGE},
    {"a version that is none",       "https://localhost",        "k",    "1",  NULL,   0,    false, QUOTH_USAGE},
    {"a version that goes on",       "https://localhost",        "k",    FAKE_VERSION "/..", NULL, 0, false, QUOTH_USAGE},
    {"a token of two words",         "https://localhost",        "k",    NULL, "a b",  0,    false, QUOTH_MALFORMED},
    {"a token with a line end",      "https://localhost",        "k",    NULL, "a\r\nX: y", 0, false, QUOTH_MALFORMED},
    {"an empty token",               "https://localhost",        "k",    NULL, "",     0,    false, QUOTH_MALFORMED},
    {"a small recipient",            "https://localhost",        "k",    NULL, NULL,   1024, false, QUOTH_USAGE},
    {"a recipient of odd size",      "https://localhost",        "k",    NULL, NULL,   2047, false, QUOTH_USAGE},
    {"nobody to believe",            "https://localhost",        "k",    NULL, NULL,   0,    true,  QUOTH_USAGE},
};
/* clang-format on */

static void what_cannot_be_asked_is_not(void **state)
{
    (void)state;
    fake_reset(&vault);
    for (size_t i = 0; i < COUNT(requests); i++) {
        struct quoth_error err = {0};
        struct quoth_fetched f = {0};
        struct quoth_fetch_request request = usual();
        print_message("  %s\n", requests[i].name);
        request.vault = requests[i].vault;
        request.name = requests[i].object;
        request.version = requests[i].version;
        request.access_token = requests[i].token;
        request.recipient_bits = requests[i].bits;
        if (requests[i].no_ca)
            request.vault_ca = NULL;
        const enum quoth_code code = fetch(&request, &f, &err);
        if (code != requests[i].code)
            assert_string_equal(quoth_code_dotted(code), quoth_code_dotted(requests[i].code));
    }
    assert_int_equal(vault.challenges + vault.releases, 0);
}

static void a_ca_file_must_hold_certificates(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer pem = {0};
    struct quoth_error none = {0};
    char path[80];
    snprintf(path, sizeof path, "%s.other", vault.ca_file);
    for (size_t i = 0; i < JWS_TRUSTED_MAX + 1; i++)
        pem_encode("CERTIFICATE", buffer_bytes(&vault.root), &pem);
    const struct bytes files[] = {{0}, BYTES_LITERAL("no PEM"), buffer_bytes(&pem)};
    for (size_t i = 0; i < COUNT(files); i++) {
        struct quoth_error err = {0};
        struct quoth_fetched f = {0};
        struct quoth_fetch_request request = usual();
        assert_true(file_write(path, files[i], 0600, &none));
        request.vault_ca = path;
        assert_int_not_equal(fetch(&request, &f, &err), QUOTH_OK);
    }
    unlink(path);
}

/* ---- patience */

static void what_is_busy_is_asked_again(void **state)
{
    (void)state;
    static const struct fake_twist busy[] = {
        {RELEASE, .status = 503, .times = 1},
        {RELEASE, .status = 429, .times = 1, .field = "Retry-After: 1\r\n"},
        {CHALLENGE,       .status = 429,            .times = 1  },
    };
    const struct quoth_fetch_request request = usual();
    for (size_t i = 0; i < COUNT(busy); i++) {
        struct quoth_error err = {0};
        struct quoth_fetched f = {0};
        fake_reset(&vault);
        vault.twist = busy[i];
        const uint64_t start = time_monotonic_us();
        assert_int_equal(fetch(&request, &f, &err), QUOTH_OK);
        assert_true(time_monotonic_us() - start >= (busy[i].field ? 1500000u : 500000u));
        assert_int_equal(vault.challenges, 2); /* a challenge serves once */
        quoth_fetched_clear(&f);
    }
}

static void patience_ends(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct fake_twist twist;
        int verifier_status;
        unsigned timeout_ms; /* long where an answer comes */
        enum quoth_code code;
    } rows[] = {
        {"always busy",         {RELEASE, .status = 503},                   0,   10000, QUOTH_PEER_BUSY  },
        {"busy for a day",
         {RELEASE, .status = 429, .field = "Retry-After: 86400\r\n"},
         0,                                                                      10000,
         QUOTH_PEER_BUSY                                                                                 },
        {"a verifier is busy",  {.path = "/none"},                          503, 10000, QUOTH_PEER_BUSY  },
        {"a silent vault",      {RELEASE, .cut = true, .end = PEER_SILENT}, 0,   1000,  QUOTH_NET_TIMEOUT},
        {"one that never ends",
         {RELEASE, .cut = true, .end = PEER_DRIBBLE},
         0,                                                                      1000,
         QUOTH_NET_TIMEOUT                                                                               },
        {"a silent challenge",
         {CHALLENGE, .cut = true, .end = PEER_SILENT},
         0,                                                                      1000,
         QUOTH_NET_TIMEOUT                                                                               },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0};
        struct quoth_fetched f = {0};
        struct quoth_fetch_request request = usual();
        print_message("  %s\n", rows[i].name);
        fake_reset(&vault);
        vault.twist = rows[i].twist;
        verifier.status = rows[i].verifier_status;
        request.patience_ms = 1800;
        request.timeout_ms = rows[i].timeout_ms;
        const enum quoth_code code = fetch(&request, &f, &err);
        verifier.status = 0;
        if (code != rows[i].code)
            assert_string_equal(quoth_code_dotted(code), quoth_code_dotted(rows[i].code));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_every_kind_come),
        cmocka_unit_test(a_secret_comes_with_its_content_type),
        cmocka_unit_test(a_vault_without_challenges_serves_too),
        cmocka_unit_test(no_other_answer_is_taken),
        cmocka_unit_test(the_reason_of_a_refusal_is_told),
        cmocka_unit_test(nobody_else_is_believed),
        cmocka_unit_test(what_cannot_be_asked_is_not),
        cmocka_unit_test(a_ca_file_must_hold_certificates),
        cmocka_unit_test(what_is_busy_is_asked_again),
        cmocka_unit_test(patience_ends),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
