#include "service/release/release_decide.h"

#include "codec/base64.h"
#include "service/release/release_token.h"
#include "tests/unit.h"
#include "tests/vault.h"

#define NOW INT64_C(1790000000)
#define AT "1790000000"
#define ISSUED (NOW - 100)
#define DENIED "d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1"
#define OTHER "0101010101010101010101010101010101010101010101010101010101010101"

static const struct release_challenge_key key = {{7}};

/* ---- tokens: header and times */

static const struct {
    const char *name, *claims;
    bool is_ours, holds;
} tokens[] = {
    {"of another authority",     "\"iat\":1789999900,\"exp\":1790000001",                                               false, true },
    {"with nbf",                 "\"iat\":1,\"nbf\":1790000060,\"exp\":1790000001",                                     false, true },
    {"a clock that is ahead",    "\"iat\":1790000060,\"exp\":1790000061",                                               false, true },
    {"ours",                     "\"iat\":1,\"exp\":1790000001,\"x-ms-ver\":\"1.0\",\"x-ms-attestation-type\":\"sgx\"",
     true,                                                                                                                     true },
    {"without exp",              "\"iat\":1",                                                                           false, false},
    {"without iat",              "\"exp\":1790000001",                                                                  false, false},
    {"over in this second",      "\"iat\":1,\"exp\":" AT,                                                               false, false},
    {"over long ago",            "\"iat\":1,\"exp\":2",                                                                 false, false},
    {"exp is null",              "\"iat\":1,\"exp\":null",                                                              false, false},
    {"exp is a text",            "\"iat\":1,\"exp\":\"1790000001\"",                                                    false, false},
    {"exp beyond all years",     "\"iat\":1,\"exp\":99999999999999",                                                    false, false},
    {"exp with a fraction",      "\"iat\":1,\"exp\":1790000001.5",                                                      false, false},
    {"issued too far ahead",     "\"iat\":1790000061,\"exp\":1790000099",                                               false, false},
    {"negative iat",             "\"iat\":-1,\"exp\":1790000001",                                                       false, false},
    {"not yet",                  "\"iat\":1,\"nbf\":1790000061,\"exp\":1790000099",                                     false, false},
    {"nbf is a text",            "\"iat\":1,\"nbf\":\"1\",\"exp\":1790000001",                                          false, false},
    {"for somebody",             "\"iat\":1,\"exp\":1790000001,\"aud\":\"https://a\"",                                  false, false},
    {"for nobody",               "\"iat\":1,\"exp\":1790000001,\"aud\":null",                                           false, false},
    {"ours, a policy's result",  "\"iat\":1,\"exp\":1790000001,\"x-ms-policy-result\":\"Updated\"",
     true,                                                                                                                     false},
    {"ours, of no version",      "\"iat\":1,\"exp\":1790000001,\"x-ms-attestation-type\":\"sgx\"",                      true,
     false                                                                                                                          },
    {"ours, of another version",
     "\"iat\":1,\"exp\":1790000001,\"x-ms-ver\":\"2.0\",\"x-ms-attestation-type\":\"sgx\"",                             true,
     false                                                                                                                          },
    {"ours, of no type",
     "\"iat\":1,\"exp\":1790000001,\"x-ms-ver\":\"1.0\",\"x-ms-attestation-type\":1",                                   true,  false},
};

static void tokens_have_their_time_and_purpose(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(tokens); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer text = {0};
        AUTO(json_doc) struct json_doc doc = {0};
        int64_t issued;
        print_message("  %s\n", tokens[i].name);
        buffer_printf(&text, "{%s}", tokens[i].claims);
        assert_true(json_parse(buffer_bytes(&text), NULL, &doc, &err));
        assert_int_equal(
            release_token_check(json_root(&doc), tokens[i].is_ours, NOW, &issued, &err),
            tokens[i].holds);
        assert_int_equal(err.code, tokens[i].holds ? QUOTH_OK : QUOTH_RELEASE_TOKEN);
    }
}

static const struct {
    const char *name, *header;
    bool holds;
} headers[] = {
    {"as they are",     "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"k\"}",    true },
    {"ES256",           "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"k\"}",    true },
    {"small letters",   "{\"alg\":\"RS256\",\"typ\":\"jwt\",\"kid\":\"k\"}",    true },
    {"keys of its own",
     "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"k\",\"jku\":\"https://"
     "evil.example\",\"x5c\":[\"AA==\"]}",                                      true },
    {"alg none",        "{\"alg\":\"none\",\"typ\":\"JWT\",\"kid\":\"k\"}",     false},
    {"alg HS256",       "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"k\"}",    false},
    {"alg PS256",       "{\"alg\":\"PS256\",\"typ\":\"JWT\",\"kid\":\"k\"}",    false},
    {"alg rs256",       "{\"alg\":\"rs256\",\"typ\":\"JWT\",\"kid\":\"k\"}",    false},
    {"no kid",          "{\"alg\":\"RS256\",\"typ\":\"JWT\"}",                  false},
    {"no typ",          "{\"alg\":\"RS256\",\"kid\":\"k\"}",                    false},
    {"another typ",     "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"k\"}", false},
};

static void headers_name_a_key_and_how(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(headers); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer text = {0};
        AUTO(token) struct token t = {0};
        print_message("  %s\n", headers[i].name);
        base64url_encode(bytes_of_text(headers[i].header), &text);
        buffer_text(&text, ".e30.AAAA");
        if (!token_read(buffer_bytes(&text), &t, &err))
            fail_msg("%s: %s", err.where, err.message);
        assert_int_equal(release_token_form(&t, &err), headers[i].holds);
        assert_int_equal(err.code, headers[i].holds ? QUOTH_OK : QUOTH_RELEASE_TOKEN);
    }
}

/* ---- decisions */

#define STATUS(name) "\"x-quoth-tcb-status\":\"" name "\","
#define JUDGED "\"x-ms-attestation-type\":\"sgx\",\"x-ms-policy-hash\":\"in-force\","
#define HASH JUDGED STATUS("UpToDate")
#define SGX "\"x-ms-sgx-mrsigner\":\"5151\","
#define PLATFORM "\"x-quoth-platform-id\":\"" OTHER "\","
#define GOOD HASH SGX PLATFORM "\"x-quoth-tcb-evaluation-number\":17,\"x-quoth-simulated\":false,"
#define SIGNER "{\"claim\":\"x-ms-sgx-mrsigner\",\"equals\":\"5151\"}"

enum nonce { WITHOUT, FRESH, STALE, FOREIGN, AT_THE_TOP };

static const char *deny[] = {DENIED}, *allow[] = {OTHER};

static const struct tenant_settings open_to_all =
                                        {
                                            0
},
                                    denying = {.platform_deny = {(char **)(uintptr_t)deny, 1}},
                                    allowing = {.platform_allow = {(char **)(uintptr_t)allow, 1}},
                                    challenging = {.release_challenge =
                                                       (char *)(uintptr_t) "required"},
                                    asking = {.release_challenge = (char *)(uintptr_t) "policy"};

#define ACCEPT .accept = TCB_ACCEPT_DEFAULT
static const struct release_home
    home =
        {
            .policy_hashes = {[ATTEST_SGX_ENCLAVE] = "older", [ATTEST_OPEN_ENCLAVE] = "in-force"},
            ACCEPT
},
    domains = {.policy_hashes = {[ATTEST_SGX_ENCLAVE] = "older", [ATTEST_TDX_VM] = "in-force"},
               ACCEPT},
    other_policy = {.policy_hashes = {[ATTEST_SGX_ENCLAVE] = "newer"}, ACCEPT},
    no_policy = {ACCEPT},
    recovered = {.policy_hashes = {"in-force"},
                 ACCEPT,
                 .recovered_at = ISSUED + 1,
                 .recovered_to = 18},
    recovered_to_this = {.policy_hashes = {"in-force"},
                         ACCEPT,
                         .recovered_at = ISSUED + 1,
                         .recovered_to = 17},
    recovered_before = {
        .policy_hashes = {"in-force"}, ACCEPT, .recovered_at = ISSUED, .recovered_to = 18};

static const struct {
    const char *name, *conditions, *claims;
    enum nonce nonce;
    const struct tenant_settings *settings;
    const struct release_home *home;
    int64_t policy_since;
    enum quoth_code code;
} rows[] = {
    {"ours",                               SIGNER,                                                      GOOD,                                               WITHOUT,    &open_to_all, &home,              0,          QUOTH_OK                },
    {"of another authority",               SIGNER,                                                      SGX,                                                WITHOUT,    &open_to_all, NULL,               0,          QUOTH_OK                },
    {"another program",                    SIGNER,                                                      HASH "\"x-ms-sgx-mrsigner\":\"5152\",",             WITHOUT,    &open_to_all,
     &home,                                                                                                                                                                                               0,          QUOTH_RELEASE_UNMET     },
    {"simulated",                          SIGNER,                                                      GOOD "\"a\":{\"x-quoth-simulated\":true},",         WITHOUT,    &open_to_all, &home,
     0,                                                                                                                                                                                                               QUOTH_RELEASE_UNFIT     },
    {"the policy never changed since",     SIGNER,                                                      GOOD,                                               WITHOUT,    &open_to_all, &home,              ISSUED,
     QUOTH_OK                                                                                                                                                                                                                                 },
    {"older than the release policy",      SIGNER,                                                      GOOD,                                               WITHOUT,    &open_to_all, &home,              ISSUED + 1,
     QUOTH_RELEASE_SUPERSEDED                                                                                                                                                                                                                 },
    {"of others, and older",               SIGNER,                                                      SGX,                                                WITHOUT,    &open_to_all, NULL,               ISSUED + 1,
     QUOTH_RELEASE_SUPERSEDED                                                                                                                                                                                                                 },
    {"judged by an older policy",          SIGNER,                                                      GOOD,                                               WITHOUT,    &open_to_all, &other_policy,      0,
     QUOTH_RELEASE_SUPERSEDED                                                                                                                                                                                                                 },
    {"judged, and there is no policy",     SIGNER,                                                      GOOD,                                               WITHOUT,    &open_to_all, &no_policy,         0,
     QUOTH_RELEASE_SUPERSEDED                                                                                                                                                                                                                 },
    {"judged by nobody knows what",        SIGNER,                                                      SGX,                                                WITHOUT,    &open_to_all, &home,              0,
     QUOTH_RELEASE_SUPERSEDED                                                                                                                                                                                                                 },
    {"in force for another TEE alone",     SIGNER,
     SGX STATUS(
         "UpToDate") "\"x-ms-attestation-type\":\"tdxvm\",\"x-ms-policy-hash\":\"in-force\",",
     WITHOUT,                                                                                                                                                           &open_to_all, &home,              0,          QUOTH_RELEASE_SUPERSEDED},
    {"in force for this TEE alone",        SIGNER,
     SGX STATUS(
         "UpToDate") "\"x-ms-attestation-type\":\"tdxvm\",\"x-ms-policy-hash\":\"in-force\",",
     WITHOUT,                                                                                                                                                           &open_to_all, &domains,           0,          QUOTH_OK                },
    {"of a TEE that is not judged here",   SIGNER,
     SGX "\"x-ms-attestation-type\":\"sevsnpvm\",\"x-ms-policy-hash\":\"in-force\",",                                                                       WITHOUT,
     &open_to_all,                                                                                                                                                                    &home,              0,          QUOTH_RELEASE_SUPERSEDED},
    {"in force, and of no TEE",            SIGNER,                                                      SGX "\"x-ms-policy-hash\":\"in-force\",",           WITHOUT,
     &open_to_all,                                                                                                                                                                    &home,              0,          QUOTH_RELEASE_SUPERSEDED},
    {"policy hash of another type",        SIGNER,                                                      SGX "\"x-ms-policy-hash\":[\"in-force\"],",         WITHOUT,
     &open_to_all,                                                                                                                                                                    &home,              0,          QUOTH_RELEASE_SUPERSEDED},
    {"an empty policy hash",               SIGNER,                                                      SGX "\"x-ms-policy-hash\":\"\",",                   WITHOUT,    &open_to_all, &home,
     0,                                                                                                                                                                                                               QUOTH_RELEASE_SUPERSEDED},
    {"a status that is accepted",          SIGNER,                                                      JUDGED SGX STATUS("SWHardeningNeeded"),             WITHOUT,
     &open_to_all,                                                                                                                                                                    &home,              0,          QUOTH_OK                },
    {"one that is not",                    SIGNER,                                                      JUDGED SGX STATUS("OutOfDate"),                     WITHOUT,    &open_to_all, &home,              0,
     QUOTH_RELEASE_SUPERSEDED                                                                                                                                                                                                                 },
    {"one that never is",                  SIGNER,                                                      JUDGED SGX STATUS("Revoked"),                       WITHOUT,    &open_to_all, &home,              0,
     QUOTH_RELEASE_SUPERSEDED                                                                                                                                                                                                                 },
    {"one that nobody knows",              SIGNER,                                                      JUDGED SGX STATUS("uptodate"),                      WITHOUT,    &open_to_all, &home,
     0,                                                                                                                                                                                                               QUOTH_RELEASE_SUPERSEDED},
    {"no status",                          SIGNER,                                                      JUDGED SGX,                                         WITHOUT,    &open_to_all, &home,              0,          QUOTH_RELEASE_SUPERSEDED},
    {"no status, of another authority",    SIGNER,                                                      SGX,                                                WITHOUT,    &open_to_all, NULL,               0,          QUOTH_OK                },
    {"before a TCB recovery",              SIGNER,                                                      GOOD,                                               WITHOUT,    &open_to_all, &recovered,         0,
     QUOTH_RELEASE_SUPERSEDED                                                                                                                                                                                                                 },
    {"before it, by the newer number",     SIGNER,                                                      GOOD,                                               WITHOUT,    &open_to_all, &recovered_to_this, 0,
     QUOTH_OK                                                                                                                                                                                                                                 },
    {"after a TCB recovery",               SIGNER,                                                      GOOD,                                               WITHOUT,    &open_to_all, &recovered_before,  0,          QUOTH_OK                },
    {"before it, without a number",        SIGNER,                                                      HASH SGX,                                           WITHOUT,    &open_to_all, &recovered,         0,
     QUOTH_RELEASE_SUPERSEDED                                                                                                                                                                                                                 },
    {"before it, the number is a text",    SIGNER,
     HASH SGX "\"x-quoth-tcb-evaluation-number\":\"18\",",                                                                                                  WITHOUT,    &open_to_all, &recovered,         0,
     QUOTH_RELEASE_SUPERSEDED                                                                                                                                                                                                                 },
    {"a platform that is not denied",      SIGNER,                                                      GOOD,                                               WITHOUT,    &denying,     &home,              0,          QUOTH_OK                },
    {"a platform that is denied",          SIGNER,                                                      HASH SGX "\"x-quoth-platform-id\":\"" DENIED "\",",
     WITHOUT,                                                                                                                                                           &denying,     &home,              0,          QUOTH_ATTEST_DENIED     },
    {"denied, and of another authority",   SIGNER,                                                      SGX "\"x-quoth-platform-id\":\"" DENIED "\",",
     WITHOUT,                                                                                                                                                           &denying,     NULL,               0,          QUOTH_ATTEST_DENIED     },
    {"a platform that is allowed",         SIGNER,                                                      GOOD,                                               WITHOUT,    &allowing,    &home,              0,          QUOTH_OK                },
    {"one that is not",                    SIGNER,                                                      HASH SGX "\"x-quoth-platform-id\":\"" DENIED "\",", WITHOUT,
     &allowing,                                                                                                                                                                       &home,              0,          QUOTH_ATTEST_NOT_ALLOWED},
    {"no platform where some are allowed", SIGNER,                                                      SGX,                                                WITHOUT,    &allowing,    NULL,               0,
     QUOTH_ATTEST_NOT_ALLOWED                                                                                                                                                                                                                 },
    {"a fresh challenge",                  SIGNER,                                                      GOOD,                                               FRESH,      &challenging, &home,              0,          QUOTH_OK                },
    {"no challenge",                       SIGNER,                                                      GOOD,                                               WITHOUT,    &challenging, &home,              0,          QUOTH_RELEASE_CHALLENGE },
    {"a stale challenge",                  SIGNER,                                                      GOOD,                                               STALE,      &challenging, &home,              0,          QUOTH_RELEASE_CHALLENGE },
    {"another vault's challenge",          SIGNER,                                                      GOOD,                                               FOREIGN,    &challenging, &home,              0,
     QUOTH_RELEASE_CHALLENGE                                                                                                                                                                                                                  },
    {"a challenge that nobody hashed",     SIGNER,                                                      GOOD,                                               AT_THE_TOP, &challenging, &home,              0,
     QUOTH_RELEASE_CHALLENGE                                                                                                                                                                                                                  },
    {"a stale one that nobody asks for",   SIGNER,                                                      GOOD,                                               STALE,      &asking,      &home,              0,          QUOTH_OK                },
    {"the policy asks, it is fresh",       SIGNER ",{\"claim\":\"x-quoth-challenge\",\"equals\":true}",
     GOOD,                                                                                                                                                  FRESH,      &asking,      &home,              0,          QUOTH_OK                },
    {"the policy asks, it is stale",       SIGNER ",{\"claim\":\"x-quoth-challenge\",\"equals\":true}",
     GOOD,                                                                                                                                                  STALE,      &asking,      &home,              0,          QUOTH_RELEASE_UNMET     },
    {"the token itself says it was met",
     SIGNER ",{\"claim\":\"x-quoth-challenge\",\"equals\":true}",
     GOOD "\"x-quoth-challenge\":true,",                                                                                                                    WITHOUT,    &asking,      &home,              0,          QUOTH_RELEASE_UNMET     },
    {"as young as the policy wants",
     SIGNER ",{\"claim\":\"x-quoth-token-age\",\"lessOrEquals\":100}",                                  GOOD,                                               WITHOUT,    &asking,
     &home,                                                                                                                                                                                               0,          QUOTH_OK                },
    {"older than the policy wants",        SIGNER ",{\"claim\":\"x-quoth-token-age\",\"less\":100}",    GOOD,
     WITHOUT,                                                                                                                                                           &asking,      &home,              0,          QUOTH_RELEASE_UNMET     },
};

static void make_nonce(enum nonce nonce, uint8_t challenge[RELEASE_CHALLENGE_SIZE])
{
    static const struct release_challenge_key theirs = {{8}};
    int64_t expires;
    struct quoth_error err = {0};
    const int64_t when = nonce == STALE ? NOW - RELEASE_CHALLENGE_LIFETIME - 1 : NOW - 1;
    assert_true(
        release_challenge_make(nonce == FOREIGN ? &theirs : &key, when, challenge, &expires, &err));
}

static void write_claims(size_t i, bool with_keys, struct buffer *to)
{
    struct quoth_error err = {0};
    uint8_t challenge[RELEASE_CHALLENGE_SIZE];
    AUTO(buffer) struct buffer text = {0};
    AUTO(private_key) struct private_key *recipient = vault_rfc_key();
    AUTO(public_key) struct public_key *public = forge_public(recipient);
    const bool held = rows[i].nonce != WITHOUT && rows[i].nonce != AT_THE_TOP;
    make_nonce(rows[i].nonce, challenge);
    base64url_encode(BYTES_OF(challenge), &text);
    buffer_u8(&text, '\0');
    const char *nonce = (const char *)text.data;
    buffer_printf(to, "{\"iss\":\"https://v.example\",\"iat\":%lld,%s", (long long)ISSUED,
                  rows[i].claims);
    if (rows[i].nonce == AT_THE_TOP)
        buffer_printf(to, "\"nonce\":\"%s\",", nonce);
    buffer_text(to, "\"x-ms-runtime\":");
    if (with_keys)
        assert_true(release_recipient_write(public, held ? BYTES_OF(challenge) : (struct bytes){0},
                                            to, &err));
    else if (held)
        buffer_printf(to, "{\"nonce\":\"%s\"}", nonce);
    else
        buffer_text(to, "{}");
    buffer_u8(to, '}');
}

static enum quoth_code decide(size_t i, bool with_keys)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer claims = {0}, text = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(release_policy) struct release_policy policy = {0};
    AUTO(release_verdict) struct release_verdict v = {0};
    write_claims(i, with_keys, &claims);
    buffer_printf(
        &text,
        "{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"https://v.example\",\"allOf\":["
        "%s]}]}",
        rows[i].conditions);
    if (!json_parse(buffer_bytes(&claims), NULL, &doc, &err) ||
        !release_policy_read(buffer_bytes(&text), &policy, &err))
        fail_msg("%s: %s", err.where, err.message);
    const struct release_rules rules = {
        .now = NOW,
        .settings = rows[i].settings,
        .challenge_key = &key,
        .policy = &policy,
        .policy_since = rows[i].policy_since,
        .home = rows[i].home,
    };
    const bool released = release_decide(&rules, json_root(&doc), ISSUED, &v, &err);
    assert_int_equal(released, err.code == QUOTH_OK);
    assert_int_equal(v.why.code, err.code);
    assert_int_equal(v.recipient.key != NULL, released);
    return err.code;
}

static void each_has_its_outcome(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("  %s\n", rows[i].name);
        const enum quoth_code code = decide(i, true);
        if (code != rows[i].code)
            fail_msg("%s, not %s", quoth_code_dotted(code), quoth_code_dotted(rows[i].code));
    }
}

/* Whatever else is true: without somebody to wrap for nothing is released, and no refusal turns into
 * another one. */
static void nothing_is_released_to_nobody(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(decide(i, false),
                         rows[i].code == QUOTH_OK ? QUOTH_RELEASE_RECIPIENT : rows[i].code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_have_their_time_and_purpose),
        cmocka_unit_test(headers_name_a_key_and_how),
        cmocka_unit_test(each_has_its_outcome),
        cmocka_unit_test(nothing_is_released_to_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
