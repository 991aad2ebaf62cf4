#include "relying/judge.h"

#include "tests/attestation.h"
#include "tests/unit.h"

static struct private_key *key, *other;
static struct public_key *public;
static struct buffer certificate; /* DER */

static int start(void **state)
{
    (void)state;
    AUTO(private_key) struct private_key *holder = forge_key(KEY_TYPE_P256);
    key = forge_key(KEY_TYPE_RSA_2048);
    other = forge_key(KEY_TYPE_RSA_2048);
    public = forge_public(key);
    forge_certificate(&certificate, holder);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    private_key_free(key);
    private_key_free(other);
    public_key_free(public);
    buffer_clear(&certificate);
    return 0;
}

static bool judge_text(struct bytes text, const struct judge_rules *rules, struct quoth_verified *v,
                       struct quoth_error *err)
{
    const struct judge_rules usual = {.issuer = ATTESTATION_ISSUER, .now = ATTESTATION_NOW};
    AUTO(token) struct token t = {0};
    return token_read(text, &t, err) && judge_token(&t, public, rules ? rules : &usual, v, err);
}

static bool judge_edited(const struct edit *edits, const struct judge_rules *rules,
                         struct quoth_verified *v, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    attestation_token(NULL, edits, key, &text);
    return judge_text(buffer_bytes(&text), rules, v, err);
}

static void a_good_token_tells_its_facts(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(verified) struct quoth_verified v = {0};
    AUTO(binary_held) struct binary_held held = {0};
    uint8_t unique[32], signer[32];
    memset(unique, 0x11, 32);
    memset(signer, 0x22, 32);
    binary_held_of(buffer_bytes(&certificate), &held);
    const struct edit edits[] = {
        {"x-ms-sgx-ehd",                       (const char *)held.ehd.data},
        {"x-ms-sgx-report-data",                                    (const char *)held.report_data.data},
        {0}
    };
    assert_true(judge_edited(edits, NULL, &v, &err));
    assert_string_equal(v.attestation_type, "sgx");
    assert_memory_equal(v.unique_id, unique, 32);
    assert_memory_equal(v.signer_id, signer, 32);
    assert_int_equal(v.product_id, 1234);
    assert_int_equal(v.security_version, 2);
    assert_false(v.debug);
    assert_false(v.simulated);
    assert_int_equal(v.issued_at, 1799999900);
    assert_int_equal(v.expires_at, 1800028700);
    assert_string_equal(v.tcb_status, "UpToDate");
    assert_string_equal(v.policy_hash, "thePolicyHash");
    assert_false(v.has_policy_signer);
    assert_false(v.held_json);
    assert_true(
        bytes_equal((struct bytes){v.held_data, v.held_data_len}, buffer_bytes(&certificate)));
    assert_true(
        bytes_equal((struct bytes){v.certificate, v.certificate_len}, buffer_bytes(&certificate)));
    assert_int_equal(v.nonce_len, 0);
}

static void an_envelope_gives_certificate_and_challenge(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(verified) struct quoth_verified v = {0};
    AUTO(buffer) struct buffer runtime = {0};
    assert_true(held_envelope_write(buffer_bytes(&certificate), BYTES_LITERAL("0123456789abcdef"),
                                    &runtime, &err));
    buffer_u8(&runtime, 0);
    const struct edit edits[] = {
        {"x-ms-runtime",    (const char *)runtime.data},
        {"nonce",                 "\"sent along\""},
        {0}
    };
    assert_true(judge_edited(edits, NULL, &v, &err));
    assert_true(v.held_json);
    assert_true(
        bytes_equal((struct bytes){v.certificate, v.certificate_len}, buffer_bytes(&certificate)));
    assert_int_equal(v.nonce_len, 16);
    assert_memory_equal(v.nonce, "0123456789abcdef", 16);
}

static const struct {
    const char *name;
    struct edit edits[4];
    enum quoth_code code;
} claims[] = {
    {"another issuer",                    {{"iss", "\"https://evil.example\""}},                     QUOTH_TOKEN_ISSUER       },
    {"the issuer with a slash",           {{"iss", "\"" ATTESTATION_ISSUER "/\""}},                  QUOTH_TOKEN_ISSUER       },
    {"the issuer in capitals",            {{"iss", "\"HTTPS://VERIFIER.EXAMPLE:8443\""}},            QUOTH_TOKEN_ISSUER       },
    {"another tenant",                    {{"iss", "\"https://verifier.example:8443/tenant\""}},     QUOTH_TOKEN_ISSUER       },
    {"a list of issuers",                 {{"iss", "[\"" ATTESTATION_ISSUER "\"]"}},                 QUOTH_TOKEN_CLAIM        },
    {"no issuer",                         {{"iss", NULL}},                                           QUOTH_TOKEN_CLAIM        },
    {"issuer null",                       {{"iss", "null"}},                                         QUOTH_TOKEN_CLAIM        },
    {"expired",                           {{"exp", "1799999940"}},                                   QUOTH_TOKEN_EXPIRED      },
    {"expired long ago",                  {{"exp", "0"}},                                            QUOTH_TOKEN_EXPIRED      },
    {"no end",                            {{"exp", NULL}},                                           QUOTH_TOKEN_CLAIM        },
    {"the end as a text",                 {{"exp", "\"1800028700\""}},                               QUOTH_TOKEN_CLAIM        },
    {"the end as a fraction",             {{"exp", "1800028700.5"}},                                 QUOTH_TOKEN_CLAIM        },
    {"the end with an exponent",          {{"exp", "18e8"}},                                         QUOTH_TOKEN_CLAIM        },
    {"an end that overflows",             {{"exp", "9223372036854775807"}},                          QUOTH_TOKEN_CLAIM        },
    {"a negative end",                    {{"exp", "-1"}},                                           QUOTH_TOKEN_CLAIM        },
    {"not yet valid",                     {{"nbf", "1800000061"}},                                   QUOTH_TOKEN_NOT_YET_VALID},
    {"no begin",                          {{"nbf", NULL}},                                           QUOTH_TOKEN_CLAIM        },
    {"issued in the future",              {{"iat", "1800000061"}},                                   QUOTH_TOKEN_NOT_YET_VALID},
    {"no time of issue",                  {{"iat", NULL}},                                           QUOTH_TOKEN_CLAIM        },
    {"for somebody else",                 {{"aud", "\"https://api.example\""}},                      QUOTH_TOKEN_CLAIM        },
    {"for nobody in particular",          {{"aud", "[]"}},                                           QUOTH_TOKEN_CLAIM        },
    {"no version",                        {{"x-ms-ver", NULL}},                                      QUOTH_TOKEN_CLAIM        },
    {"another version",                   {{"x-ms-ver", "\"2.0\""}},                                 QUOTH_TOKEN_CLAIM        },
    {"no attestation type",               {{"x-ms-attestation-type", NULL}},                         QUOTH_TOKEN_CLAIM        },
    {"another TEE",                       {{"x-ms-attestation-type", "\"sevsnpvm\""}},               QUOTH_TOKEN_CLAIM        },
    {"a TPM",                             {{"x-ms-attestation-type", "\"tpm\""}},                    QUOTH_TOKEN_CLAIM        },
    {"SGX in capitals",                   {{"x-ms-attestation-type", "\"SGX\""}},                    QUOTH_TOKEN_CLAIM        },
    {"a very long type",                  {{"x-ms-attestation-type", "\"sgxsgxsgxsgxsgxsgx\""}},     QUOTH_TOKEN_CLAIM        },
    {"the type as a list",                {{"x-ms-attestation-type", "[\"sgx\"]"}},                  QUOTH_TOKEN_CLAIM        },
    {"no unique id",                      {{"x-ms-sgx-mrenclave", NULL}},                            QUOTH_TOKEN_CLAIM        },
    {"a short unique id",                 {{"x-ms-sgx-mrenclave", "\"11\""}},                        QUOTH_TOKEN_CLAIM        },
    {"a unique id that is not hex",
     {{"x-ms-sgx-mrenclave",
       "\"z111111111111111111111111111111111111111111111111111111111111111\""}},
     QUOTH_TOKEN_CLAIM                                                                                                        },
    {"a unique id in capitals",
     {{"x-ms-sgx-mrenclave",
       "\"AAAA111111111111111111111111111111111111111111111111111111111111\""}},
     QUOTH_TOKEN_CLAIM                                                                                                        },
    {"a unique id by escapes",
     {{"x-ms-sgx-mrenclave",
       "\"\\u0031111111111111111111111111111111111111111111111111111111111111\""}},
     QUOTH_TOKEN_CLAIM                                                                                                        },
    {"no signer id",                      {{"x-ms-sgx-mrsigner", NULL}},                             QUOTH_TOKEN_CLAIM        },
    {"the signer id as a number",         {{"x-ms-sgx-mrsigner", "22"}},                             QUOTH_TOKEN_CLAIM        },
    {"no product id",                     {{"x-ms-sgx-product-id", NULL}},                           QUOTH_TOKEN_CLAIM        },
    {"a product id beyond 16 bits",       {{"x-ms-sgx-product-id", "65536"}},                        QUOTH_TOKEN_CLAIM        },
    {"the product id as a text",          {{"x-ms-sgx-product-id", "\"1234\""}},                     QUOTH_TOKEN_CLAIM        },
    {"no security version",               {{"x-ms-sgx-svn", NULL}},                                  QUOTH_TOKEN_CLAIM        },
    {"a negative security version",       {{"x-ms-sgx-svn", "-2"}},                                  QUOTH_TOKEN_CLAIM        },
    {"no debug flag",                     {{"x-ms-sgx-is-debuggable", NULL}},                        QUOTH_TOKEN_CLAIM        },
    {"the debug flag as a number",        {{"x-ms-sgx-is-debuggable", "0"}},                         QUOTH_TOKEN_CLAIM        },
    {"the debug flag as a text",          {{"x-ms-sgx-is-debuggable", "\"false\""}},                 QUOTH_TOKEN_CLAIM        },
    {"the debug flag null",               {{"x-ms-sgx-is-debuggable", "null"}},                      QUOTH_TOKEN_CLAIM        },
    {"simulated",                         {{"x-quoth-simulated", "true"}},                           QUOTH_TOKEN_SIMULATED    },
    {"simulated as a text",               {{"x-quoth-simulated", "\"false\""}},                      QUOTH_TOKEN_CLAIM        },
    {"simulated null",                    {{"x-quoth-simulated", "null"}},                           QUOTH_TOKEN_CLAIM        },
    {"a status that is a list",           {{"x-quoth-tcb-status", "[]"}},                            QUOTH_TOKEN_CLAIM        },
    {"held data not base 64",             {{"x-ms-sgx-ehd", "\"a b\""}},                             QUOTH_TOKEN_CLAIM        },
    {"held data padded",                  {{"x-ms-sgx-ehd", "\"YQ==\""}},                            QUOTH_TOKEN_CLAIM        },
    {"held data as a number",             {{"x-ms-sgx-ehd", "7"}},                                   QUOTH_TOKEN_CLAIM        },
    {"held data of two types",
     {{"x-ms-sgx-ehd", "\"YQ\""}, {"x-ms-runtime", "{}"}},
     QUOTH_TOKEN_CLAIM                                                                                                        },
    {"held data of another hash",
     {{"x-ms-sgx-ehd", "\"YQ\""},
      {"x-ms-sgx-report-data",
       "\"00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
       "000000000000000000000000000000000000000\""}},
     QUOTH_TOKEN_CLAIM                                                                                                        },
    {"report data without zeros",
     {{"x-ms-sgx-ehd", "\"YQ\""},
      {"x-ms-sgx-report-data",
       "\"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb0000000000000000000000000"
       "0000000000000000000000000000000000000ff\""}},
     QUOTH_TOKEN_CLAIM                                                                                                        },
    {"runtime data as a text",            {{"x-ms-runtime", "\"{}\""}},                              QUOTH_TOKEN_CLAIM        },
    {"runtime data as a list",            {{"x-ms-runtime", "[]"}},                                  QUOTH_TOKEN_CLAIM        },
    {"an envelope without nonce",
     {{"x-ms-runtime", "{\"v\":\"quoth-1\",\"cert\":\"YQ\"}"}},
     QUOTH_TOKEN_CLAIM                                                                                                        },
    {"an envelope around no certificate",
     {{"x-ms-runtime", "{\"v\":\"quoth-1\",\"cert\":\"YQ\",\"nonce\":\"MDEyMzQ1Njc4OWFiY2RlZg\"}"}},
     QUOTH_TOKEN_CLAIM                                                                                                        },
    {"a policy signer without x5c",
     {{"x-ms-policy-signer", "{\"kty\":\"RSA\"}"}},
     QUOTH_TOKEN_CLAIM                                                                                                        },
    {"a policy signer as a text",         {{"x-ms-policy-signer", "\"me\""}},                        QUOTH_TOKEN_CLAIM        },
    {"the result of a policy call",
     {{"x-ms-ver", NULL}, {"x-ms-attestation-type", NULL}, {"x-ms-policy-result", "\"Updated\""}},
     QUOTH_TOKEN_CLAIM                                                                                                        },
};

static void hostile_claims_are_refused_though_properly_signed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(claims); i++) {
        struct quoth_error err = {0};
        AUTO(verified) struct quoth_verified v = {0};
        print_message("  %s\n", claims[i].name);
        assert_false(judge_edited(claims[i].edits, NULL, &v, &err));
        print_message("    %s: %s\n", err.where, err.message);
        assert_int_equal(err.code, claims[i].code);
        assert_null(v.held_data);
        assert_null(v.certificate);
    }
}

static const struct {
    const char *name;
    struct edit edits[3];
} accepted[] = {
    {"expired within the leeway",        {{"exp", "1799999941"}}                            },
    {"begins within the leeway",         {{"nbf", "1800000060"}, {"iat", "1800000060"}}     },
    {"no word about simulation",         {{"x-quoth-simulated", NULL}}                      },
    {"no held data",                     {{"x-ms-sgx-ehd", NULL}}                           },
    {"held data that is no certificate", {{"x-ms-sgx-ehd", "\"YQ\""}}                       },
    {"runtime data of the program's",    {{"x-ms-runtime", "{\"v\":\"mine\",\"b\":[1.50]}"}}},
    {"a claim nobody knows",             {{"x-new", "{\"a\":null}"}}                        },
    {"a debug enclave",                  {{"x-ms-sgx-is-debuggable", "true"}}               },
};

static void what_is_only_unusual_is_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(accepted); i++) {
        struct quoth_error err = {0};
        AUTO(verified) struct quoth_verified v = {0};
        print_message("  %s\n", accepted[i].name);
        assert_true(judge_edited(accepted[i].edits, NULL, &v, &err));
        assert_null(v.certificate);
        assert_int_equal(v.nonce_len, 0);
    }
}

/* THREATS 1 and 2: what was merely sent along is no challenge, and bytes have no JSON meaning. */
static void a_challenge_counts_only_in_hashed_json(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(verified) struct quoth_verified copied = {0}, bytes = {0};
    AUTO(buffer) struct buffer envelope = {0};
    AUTO(binary_held) struct binary_held held = {0};
    const struct edit alone[] = {
        {"nonce", "\"MDEyMzQ1Njc4OWFiY2RlZg\""},
        {0      }
    };
    assert_true(judge_edited(alone, NULL, &copied, &err));
    assert_int_equal(copied.nonce_len, 0);

    assert_true(held_envelope_write(buffer_bytes(&certificate), BYTES_LITERAL("0123456789abcdef"),
                                    &envelope, &err));
    binary_held_of(buffer_bytes(&envelope), &held);
    const struct edit binary[] = {
        {"x-ms-sgx-ehd",                       (const char *)held.ehd.data},
        {"x-ms-sgx-report-data",                                    (const char *)held.report_data.data},
        {0}
    };
    assert_true(judge_edited(binary, NULL, &bytes, &err));
    assert_false(bytes.held_json);
    assert_int_equal(bytes.nonce_len, 0);
    assert_null(bytes.certificate);
}

static const struct {
    const char *name, *header;
    enum quoth_code code;
} headers[] = {
    {"alg none",   "{\"alg\":\"none\",\"kid\":\"k\",\"typ\":\"JWT\"}",     QUOTH_TOKEN_ALGORITHM  },
    {"alg HS256",  "{\"alg\":\"HS256\",\"kid\":\"k\",\"typ\":\"JWT\"}",    QUOTH_TOKEN_ALGORITHM  },
    {"alg RS512",  "{\"alg\":\"RS512\",\"kid\":\"k\",\"typ\":\"JWT\"}",    QUOTH_TOKEN_ALGORITHM  },
    {"no typ",     "{\"alg\":\"RS256\",\"kid\":\"k\"}",                    QUOTH_TOKEN_CLAIM      },
    {"typ at+jwt", "{\"alg\":\"RS256\",\"kid\":\"k\",\"typ\":\"at+jwt\"}", QUOTH_TOKEN_CLAIM      },
    {"typ JOSE",   "{\"alg\":\"RS256\",\"kid\":\"k\",\"typ\":\"JOSE\"}",   QUOTH_TOKEN_CLAIM      },
    {"typ empty",  "{\"alg\":\"RS256\",\"kid\":\"k\",\"typ\":\"\"}",       QUOTH_TOKEN_CLAIM      },
    {"no kid",     "{\"alg\":\"RS256\",\"typ\":\"JWT\"}",                  QUOTH_TOKEN_KEY_UNKNOWN},
    {"kid empty",  "{\"alg\":\"RS256\",\"kid\":\"\",\"typ\":\"JWT\"}",     QUOTH_TOKEN_KEY_UNKNOWN},
};

static void hostile_headers_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(headers); i++) {
        struct quoth_error err = {0};
        AUTO(verified) struct quoth_verified v = {0};
        AUTO(buffer) struct buffer text = {0};
        print_message("  %s\n", headers[i].name);
        attestation_token(headers[i].header, NULL, key, &text);
        assert_false(judge_text(buffer_bytes(&text), NULL, &v, &err));
        assert_int_equal(err.code, headers[i].code);
    }
}

static void the_key_is_the_one_given(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(verified) struct quoth_verified v = {0};
    AUTO(buffer) struct buffer text = {0}, vouching = {0}, jwk = {0};
    AUTO(public_key) struct public_key *theirs = forge_public(other);
    print_message("  signed by another tenant\n");
    attestation_token(NULL, NULL, other, &text);
    assert_false(judge_text(buffer_bytes(&text), NULL, &v, &err));
    assert_int_equal(err.code, QUOTH_TOKEN_SIGNATURE);

    print_message("  that brings its own key\n");
    err = (struct quoth_error){0};
    buffer_clear(&text);
    jwk_write(&jwk, "k", theirs, NULL, 0);
    buffer_u8(&jwk, 0);
    buffer_printf(&vouching,
                  "{\"alg\":\"RS256\",\"kid\":\"k\",\"typ\":\"JWT\",\"jwk\":%s,\"jku\":"
                  "\"https://evil.example/certs\",\"x5u\":\"https://evil.example/x\"}",
                  (const char *)jwk.data);
    buffer_u8(&vouching, 0);
    attestation_token((const char *)vouching.data, NULL, other, &text);
    assert_false(judge_text(buffer_bytes(&text), NULL, &v, &err));
    assert_int_equal(err.code, QUOTH_TOKEN_SIGNATURE);
}

static void simulated_evidence_needs_permission(void **state)
{
    (void)state;
    const struct judge_rules allowed = {
        .issuer = ATTESTATION_ISSUER, .now = ATTESTATION_NOW, .allow_simulated = true};
    const struct edit simulated[] = {
        {"x-quoth-simulated", "true"},
        {0                  }
    };
    struct quoth_error err = {0};
    AUTO(verified) struct quoth_verified v = {0};
    assert_true(judge_edited(simulated, &allowed, &v, &err));
    assert_true(v.simulated);
    AUTO(verified) struct quoth_verified none = {0};
    assert_false(judge_edited(simulated, NULL, &none, &err));
    assert_non_null(strstr(quoth_code_hint(err.code), "--allow-simulated"));
}

/* Azure's own tokens of 2022, judged on the day. */
static void recorded_tokens_are_understood(void **state)
{
    (void)state;
    static const struct {
        const char *name, *issuer;
        bool json, held;
    } rows[] = {
        {"oe-runtime-binary",  "https://sharedwus.wus.attest.azure.net", false, true },
        {"oe-simple",          "https://sharedwus.wus.attest.azure.net", false, false},
        {"sgx-runtime-binary", "https://sharedwus.wus.attest.azure.net", false, true },
        {"sgx-runtime-json",   "https://sharedwus.wus.attest.azure.net", true,  true },
        {"sgx-simple",         "https://sharedwus.wus.attest.azure.net", false, false},
    };
    AUTO(buffer) struct buffer set_text = {0}, text = {0};
    AUTO(jwks) struct jwks set = {0};
    struct quoth_error err = {0};
    assert_true(
        jwks_read(unit_vector("maa/certs/jwks-sharedwus-2022.json", &set_text), &set, &err));
    for (size_t i = 0; i < COUNT(rows); i++) {
        char path[64];
        int64_t issued = 0;
        AUTO(token) struct token t = {0};
        AUTO(verified) struct quoth_verified v = {0};
        print_message("  %s\n", rows[i].name);
        snprintf(path, sizeof path, "maa/sgx/tokens/%s.jwt", rows[i].name);
        assert_true(token_read(unit_vector(path, &text), &t, &err));
        assert_true(json_need_int(json_root(&t.payload), "iat", 0, INT64_MAX, &issued, &err));
        const struct judge_rules rules = {.issuer = rows[i].issuer, .now = issued + 5};
        const bool ok = judge_token(&t, jwks_find(&set, t.kid), &rules, &v, &err);
        if (!ok)
            fail_msg("%s: %s", err.where, err.message);
        assert_true(v.debug);
        assert_int_equal(v.product_id, 1);
        assert_int_equal(v.held_json, rows[i].json);
        assert_int_equal(v.held_data != NULL, rows[i].held);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_token_tells_its_facts),
        cmocka_unit_test(an_envelope_gives_certificate_and_challenge),
        cmocka_unit_test(hostile_claims_are_refused_though_properly_signed),
        cmocka_unit_test(what_is_only_unusual_is_accepted),
        cmocka_unit_test(a_challenge_counts_only_in_hashed_json),
        cmocka_unit_test(hostile_headers_are_refused),
        cmocka_unit_test(the_key_is_the_one_given),
        cmocka_unit_test(simulated_evidence_needs_permission),
        cmocka_unit_test(recorded_tokens_are_understood),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
