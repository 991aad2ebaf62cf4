#include "token/token.h"

#include "crypto/kdf.h"
#include "tests/forge.h"
#include "tests/unit.h"

#define HEADER "{\"alg\":\"RS256\",\"jku\":\"https://v/certs\",\"kid\":\"k\",\"typ\":\"JWT\"}"
#define PAYLOAD "{\"iss\":\"https://v\"}"

static struct private_key *key;
static struct public_key *public;

static int make_key(void **state)
{
    (void)state;
    key = forge_key(KEY_TYPE_RSA_2048);
    public = forge_public(key);
    return 0;
}

static int free_key(void **state)
{
    (void)state;
    private_key_free(key);
    public_key_free(public);
    return 0;
}

static bool holds(struct bytes text, const struct public_key *by, struct quoth_error *err)
{
    AUTO(token) struct token t = {0};
    return token_read(text, &t, err) && token_signed_by(&t, by, err);
}

static void what_is_signed_reads_back(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(claims) struct claims *claims = claims_open();
    AUTO(buffer) struct buffer text = {0};
    AUTO(token) struct token t = {0};
    claims_add_text(claims, CLAIM_FROM_SERVICE, "iss", BYTES_LITERAL("https://v"));
    claims_add_int(claims, CLAIM_FROM_SERVICE, "exp", 7);
    claims_add_bool(claims, CLAIM_FROM_EVIDENCE, "a", true);
    assert_true(token_sign(claims, key, "the kid", "https://v/certs", &text, &err));
    assert_true(token_read(buffer_bytes(&text), &t, &err));
    assert_string_equal(t.alg, "RS256");
    assert_string_equal(t.kid, "the kid");
    assert_string_equal(t.typ, "JWT");
    assert_true(bytes_equal(buffer_bytes(&t.header_text),
                            BYTES_LITERAL("{\"alg\":\"RS256\",\"jku\":\"https://v/certs\","
                                          "\"kid\":\"the kid\",\"typ\":\"JWT\"}")));
    assert_true(bytes_equal(buffer_bytes(&t.payload_text),
                            BYTES_LITERAL("{\"a\":true,\"exp\":7,\"iss\":\"https://v\"}")));
    assert_true(token_signed_by(&t, public, &err));
}

/* RFC 7515, appendix A.2. */
static const char rfc_token[] =
    "eyJhbGciOiJSUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
    "fQ."
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5"
    "jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb"
    "1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QO"
    "YEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
static const char rfc_n[] =
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4"
    "d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5re"
    "xMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxX"
    "FvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";

static void the_example_of_rfc_7515_verifies(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer n = {0};
    AUTO(public_key) struct public_key *theirs = NULL;
    AUTO(token) struct token t = {0};
    assert_true(base64url_decode(bytes_of_text(rfc_n), &n, &err));
    assert_true(public_key_from_rsa(buffer_bytes(&n), BYTES_LITERAL("\1\0\1"), &theirs, &err));
    assert_true(token_read(bytes_of_text(rfc_token), &t, &err));
    assert_string_equal(t.kid, "");
    assert_string_equal(t.typ, "");
    assert_true(token_signed_by(&t, theirs, &err));
    assert_false(token_signed_by(&t, public, &err));
    assert_int_equal(err.code, QUOTH_TOKEN_SIGNATURE);
}

/* A token in its three parts, each as base64url text or, in h and p, as the JSON behind it. */
static const struct {
    const char *name;
    const char *header, *payload;
    enum quoth_code code;
} contents[] = {
    {"header is an array",            "[]",                                                PAYLOAD,                               QUOTH_TOKEN_MALFORMED},
    {"header is a string",            "\"RS256\"",                                         PAYLOAD,                               QUOTH_TOKEN_MALFORMED},
    {"header is not JSON",            "{alg:RS256}",                                       PAYLOAD,                               QUOTH_TOKEN_MALFORMED},
    {"header is empty",               "",                                                  PAYLOAD,                               QUOTH_TOKEN_MALFORMED},
    {"header without alg",            "{\"kid\":\"k\",\"typ\":\"JWT\"}",                   PAYLOAD,                               QUOTH_TOKEN_MALFORMED},
    {"alg is a number",               "{\"alg\":256}",                                     PAYLOAD,                               QUOTH_TOKEN_MALFORMED},
    {"alg is null",                   "{\"alg\":null}",                                    PAYLOAD,                               QUOTH_TOKEN_MALFORMED},
    {"alg is a list",                 "{\"alg\":[\"RS256\"]}",                             PAYLOAD,                               QUOTH_TOKEN_MALFORMED},
    {"alg is very long",              "{\"alg\":\"RS256RS256RS256RS256\"}",                PAYLOAD,                               QUOTH_TOKEN_MALFORMED},
    {"alg twice",                     "{\"alg\":\"none\",\"alg\":\"RS256\"}",              PAYLOAD,                               QUOTH_TOKEN_MALFORMED},
    {"alg twice by an escape",        "{\"alg\":\"RS256\",\"\\u0061lg\":\"none\"}",        PAYLOAD,
     QUOTH_TOKEN_MALFORMED                                                                                                                             },
    {"alg twice but for case",        "{\"alg\":\"RS256\",\"Alg\":\"none\"}",              PAYLOAD,
     QUOTH_TOKEN_MALFORMED                                                                                                                             },
    {"kid is a number",               "{\"alg\":\"RS256\",\"kid\":1}",                     PAYLOAD,                               QUOTH_TOKEN_MALFORMED},
    {"crit",                          "{\"alg\":\"RS256\",\"crit\":[\"exp\"],\"exp\":1}",  PAYLOAD,                               QUOTH_TOKEN_MALFORMED},
    {"crit, empty",                   "{\"alg\":\"RS256\",\"crit\":[]}",                   PAYLOAD,                               QUOTH_TOKEN_MALFORMED},
    {"b64 false",                     "{\"alg\":\"RS256\",\"b64\":false}",                 PAYLOAD,                               QUOTH_TOKEN_MALFORMED},
    {"b64 true",                      "{\"alg\":\"RS256\",\"b64\":true}",                  PAYLOAD,                               QUOTH_TOKEN_MALFORMED},
    {"typ is an object",              "{\"alg\":\"RS256\",\"typ\":{}}",                    PAYLOAD,                               QUOTH_TOKEN_MALFORMED},
    {"payload is empty",              HEADER,                                              "",                                    QUOTH_TOKEN_MALFORMED},
    {"payload is an array",           HEADER,                                              "[{}]",                                QUOTH_TOKEN_MALFORMED},
    {"payload is two values",         HEADER,                                              "{}{}",                                QUOTH_TOKEN_MALFORMED},
    {"payload with a trailing comma", HEADER,                                              "{\"iss\":\"a\",}",                    QUOTH_TOKEN_MALFORMED},
    {"iss twice",                     HEADER,                                              "{\"iss\":\"a\",\"iss\":\"b\"}",       QUOTH_TOKEN_MALFORMED},
    {"iss twice by an escape",        HEADER,                                              "{\"iss\":\"a\",\"is\\u0073\":\"b\"}",
     QUOTH_TOKEN_MALFORMED                                                                                                                             },
    {"duplicates further in",         HEADER,                                              "{\"x\":{\"a\":1,\"a\":2}}",           QUOTH_TOKEN_MALFORMED},
    {"payload is not UTF-8",          HEADER,                                              "{\"iss\":\"\xff\"}",                  QUOTH_TOKEN_MALFORMED},
    {"NUL in a claim",                HEADER,                                              "{\"iss\":\"a\\u0000b\"}",             QUOTH_TOKEN_MALFORMED},
    {"a lone surrogate",              HEADER,                                              "{\"iss\":\"\\ud800\"}",               QUOTH_TOKEN_MALFORMED},
    {"alg none",                      "{\"alg\":\"none\",\"kid\":\"k\",\"typ\":\"JWT\"}",  PAYLOAD,
     QUOTH_TOKEN_ALGORITHM                                                                                                                             },
    {"alg None",                      "{\"alg\":\"None\",\"kid\":\"k\",\"typ\":\"JWT\"}",  PAYLOAD,
     QUOTH_TOKEN_ALGORITHM                                                                                                                             },
    {"alg empty",                     "{\"alg\":\"\",\"kid\":\"k\",\"typ\":\"JWT\"}",      PAYLOAD,                               QUOTH_TOKEN_ALGORITHM},
    {"alg rs256",                     "{\"alg\":\"rs256\",\"kid\":\"k\",\"typ\":\"JWT\"}", PAYLOAD,
     QUOTH_TOKEN_ALGORITHM                                                                                                                             },
    {"alg HS256",                     "{\"alg\":\"HS256\",\"kid\":\"k\",\"typ\":\"JWT\"}", PAYLOAD,
     QUOTH_TOKEN_ALGORITHM                                                                                                                             },
    {"alg RS512",                     "{\"alg\":\"RS512\",\"kid\":\"k\",\"typ\":\"JWT\"}", PAYLOAD,
     QUOTH_TOKEN_ALGORITHM                                                                                                                             },
    {"alg RS1",                       "{\"alg\":\"RS1\",\"kid\":\"k\",\"typ\":\"JWT\"}",   PAYLOAD,                               QUOTH_TOKEN_ALGORITHM},
    {"alg PS256",                     "{\"alg\":\"PS256\",\"kid\":\"k\",\"typ\":\"JWT\"}", PAYLOAD,
     QUOTH_TOKEN_ALGORITHM                                                                                                                             },
    {"alg ES256",                     "{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"JWT\"}", PAYLOAD,
     QUOTH_TOKEN_ALGORITHM                                                                                                                             },
    {"alg dir",                       "{\"alg\":\"dir\",\"enc\":\"A256GCM\"}",             PAYLOAD,                               QUOTH_TOKEN_ALGORITHM},
};

static void hostile_contents_are_refused_even_when_signed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(contents); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer text = {0};
        print_message("  %s\n", contents[i].name);
        forge(&text, contents[i].header, contents[i].payload, key);
        assert_false(holds(buffer_bytes(&text), public, &err));
        print_message("    %s: %s\n", err.where, err.message);
        assert_int_equal(err.code, contents[i].code);
    }
}

static const struct {
    const char *name, *text;
} forms[] = {
    {"nothing",                       ""                     },
    {"no dots",                       "e30"                  },
    {"one dot",                       "e30.e30"              },
    {"dots alone",                    ".."                   },
    {"three dots",                    "e30.e30.AA.AA"        },
    {"five parts, encrypted",         "e30.e30.e30.e30.e30"  },
    {"JSON serialisation",            "{\"payload\":\"e30\"}"},
    {"padding in the header",         "e30=.e30.AA"          },
    {"padding in the payload",        "e30.e30=.AA"          },
    {"padding in the signature",      "e30.e30.AA=="         },
    {"standard alphabet",             "e30.e30.+/+/"         },
    {"blank before",                  " e30.e30.AA"          },
    {"newline behind",                "e30.e30.AA\n"         },
    {"newline inside",                "e30.e3\n0.AA"         },
    {"blank around a dot",            "e30. e30.AA"          },
    {"one character left over",       "e30.e30.A"            },
    {"unused last bits are not zero", "e31.e30.AA"           },
    {"the same in the signature",     "e30.e30.AB"           },
    {"NUL-like escape",               "e30.e30.%00"          },
    {"a bearer's word in front",      "Bearer e30.e30.AA"    },
};

static void hostile_forms_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++) {
        struct quoth_error err = {0};
        AUTO(token) struct token t = {0};
        print_message("  %s\n", forms[i].name);
        assert_false(token_read(bytes_of_text(forms[i].text), &t, &err));
        assert_int_equal(err.code, QUOTH_TOKEN_MALFORMED);
        assert_null(t.header_text.data);
        assert_null(t.payload.nodes);
    }
}

static void oversized_and_deep_ones_are_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer large = {0}, header = {0}, deep = {0}, text = {0};
    AUTO(token) struct token t = {0};
    buffer_text(&large, "e30.e30.");
    buffer_fill(&large, TOKEN_MAX, 'A');
    assert_false(token_read(buffer_bytes(&large), &t, &err));
    assert_int_equal(err.code, QUOTH_TOO_LARGE);

    err = (struct quoth_error){0};
    buffer_text(&header, "{\"alg\":\"RS256\",\"x\":\"");
    buffer_fill(&header, 17000, 'x');
    buffer_text(&header, "\"}");
    buffer_u8(&header, 0);
    forge(&text, (const char *)header.data, PAYLOAD, NULL);
    assert_false(token_read(buffer_bytes(&text), &t, &err));
    assert_int_equal(err.code, QUOTH_TOKEN_MALFORMED);

    err = (struct quoth_error){0};
    buffer_clear(&text);
    buffer_text(&deep, "{\"a\":");
    buffer_fill(&deep, 1000, '[');
    buffer_fill(&deep, 1000, ']');
    buffer_text(&deep, "}");
    buffer_u8(&deep, 0);
    forge(&text, HEADER, (const char *)deep.data, NULL);
    assert_false(token_read(buffer_bytes(&text), &t, &err));
    assert_int_equal(err.code, QUOTH_TOKEN_MALFORMED);
}

/* The classic: the public key's text as the secret of a MAC. */
static void a_mac_with_the_public_key_is_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct sha256 mac;
    AUTO(buffer) struct buffer pem = {0}, text = {0};
    assert_true(public_key_to_pem(public, &pem, &err));
    forge_input(&text, "{\"alg\":\"HS256\",\"kid\":\"k\",\"typ\":\"JWT\"}", PAYLOAD);
    assert_true(hmac_sha256(buffer_bytes(&pem), buffer_bytes(&text), &mac, &err));
    buffer_u8(&text, '.');
    base64url_encode(BYTES_OF(mac.bytes), &text);
    assert_false(holds(buffer_bytes(&text), public, &err));
    assert_int_equal(err.code, QUOTH_TOKEN_ALGORITHM);
}

static enum quoth_code with_signature(struct bytes signature, const struct public_key *by)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0};
    forge_input(&text, HEADER, PAYLOAD);
    buffer_u8(&text, '.');
    base64url_encode(signature, &text);
    return holds(buffer_bytes(&text), by, &err) ? QUOTH_OK : err.code;
}

static void signatures_that_are_not_exact_are_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer input = {0}, good = {0}, longer = {0}, es256 = {0};
    AUTO(private_key) struct private_key *other = forge_key(KEY_TYPE_RSA_2048);
    AUTO(private_key) struct private_key *curve = forge_key(KEY_TYPE_P256);
    AUTO(public_key) struct public_key *other_public = forge_public(other);
    AUTO(public_key) struct public_key *curve_public = forge_public(curve);
    forge_input(&input, HEADER, PAYLOAD);
    const struct bytes part = buffer_bytes(&input);
    assert_true(private_key_sign_rs256(key, &part, 1, &good, &err));
    assert_true(private_key_sign_es256(curve, &part, 1, &es256, &err));
    const struct bytes all = buffer_bytes(&good);

    assert_int_equal(with_signature(all, public), QUOTH_OK);
    assert_int_equal(with_signature(all, other_public), QUOTH_TOKEN_SIGNATURE);
    assert_int_equal(with_signature(all, curve_public), QUOTH_TOKEN_SIGNATURE);
    assert_int_equal(with_signature(buffer_bytes(&es256), curve_public), QUOTH_TOKEN_SIGNATURE);
    assert_int_equal(with_signature((struct bytes){0}, public), QUOTH_TOKEN_SIGNATURE);
    assert_int_equal(with_signature(bytes_slice(all, 0, 255), public), QUOTH_TOKEN_SIGNATURE);
    assert_int_equal(with_signature(bytes_slice(all, 1, 255), public), QUOTH_TOKEN_SIGNATURE);
    buffer_u8(&longer, 0);
    buffer_add(&longer, all);
    assert_int_equal(with_signature(buffer_bytes(&longer), public), QUOTH_TOKEN_SIGNATURE);
    for (size_t bit = 0; bit < 8 * all.len; bit += 61) {
        good.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(with_signature(all, public), QUOTH_TOKEN_SIGNATURE);
        good.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

/* One signature in 256 begins with a zero byte. It is as long as the others, and only so. */
static void a_leading_zero_belongs_to_the_signature(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        struct quoth_error err = {0};
        char payload[32];
        AUTO(buffer) struct buffer input = {0}, signature = {0}, text = {0}, cut = {0};
        snprintf(payload, sizeof payload, "{\"n\":%u}", i);
        forge_input(&input, HEADER, payload);
        const struct bytes part = buffer_bytes(&input);
        assert_true(private_key_sign_rs256(key, &part, 1, &signature, &err));
        assert_int_equal(signature.len, 256);
        if (signature.data[0] != 0)
            continue;
        forge(&text, HEADER, payload, key);
        assert_true(holds(buffer_bytes(&text), public, &err));
        buffer_add(&cut, part);
        buffer_u8(&cut, '.');
        base64url_encode(bytes_slice(buffer_bytes(&signature), 1, 255), &cut);
        assert_false(holds(buffer_bytes(&cut), public, &err));
        assert_int_equal(err.code, QUOTH_TOKEN_SIGNATURE);
        return;
    }
    fail_msg("no signature began with a zero byte");
}

static void every_part_is_under_the_signature(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer text = {0};
    forge(&text, HEADER, PAYLOAD, key);
    for (size_t i = 0; i < text.len; i += 7) {
        struct quoth_error err = {0};
        const uint8_t was = text.data[i];
        text.data[i] = was == 'A' ? 'B' : 'A';
        assert_false(holds(buffer_bytes(&text), public, &err));
        text.data[i] = was;
    }
}

/* Tokens of Azure Attestation, recorded in 2022, under the keys it published. */
static void recorded_tokens_verify(void **state)
{
    (void)state;
    static const char *const names[] = {"oe-runtime-binary", "oe-simple", "sgx-runtime-binary",
                                        "sgx-runtime-json", "sgx-simple"};
    AUTO(buffer) struct buffer set_text = {0}, text = {0};
    AUTO(jwks) struct jwks set = {0};
    struct quoth_error err = {0};
    assert_true(
        jwks_read(unit_vector("maa/certs/jwks-sharedwus-2022.json", &set_text), &set, &err));
    for (size_t i = 0; i < COUNT(names); i++) {
        char path[64];
        AUTO(token) struct token t = {0};
        snprintf(path, sizeof path, "maa/sgx/tokens/%s.jwt", names[i]);
        print_message("  %s\n", names[i]);
        assert_true(token_read(unit_vector(path, &text), &t, &err));
        const struct public_key *by = jwks_find(&set, t.kid);
        assert_non_null(by);
        assert_true(token_signed_by(&t, by, &err));
        t.signature.data[5] ^= 1;
        assert_false(token_signed_by(&t, by, &err));
        err = (struct quoth_error){0};
    }
    AUTO(token) struct token draft = {0}; /* issued without a signature */
    assert_true(
        token_read(unit_vector("maa/sgx/tokens/sgx-draft-policy.jwt", &text), &draft, &err));
    assert_false(token_signed_by(&draft, jwks_find(&set, draft.kid), &err));
    assert_int_equal(err.code, QUOTH_TOKEN_ALGORITHM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_signed_reads_back),
        cmocka_unit_test(the_example_of_rfc_7515_verifies),
        cmocka_unit_test(hostile_contents_are_refused_even_when_signed),
        cmocka_unit_test(hostile_forms_are_refused),
        cmocka_unit_test(oversized_and_deep_ones_are_refused),
        cmocka_unit_test(a_mac_with_the_public_key_is_refused),
        cmocka_unit_test(signatures_that_are_not_exact_are_refused),
        cmocka_unit_test(a_leading_zero_belongs_to_the_signature),
        cmocka_unit_test(every_part_is_under_the_signature),
        cmocka_unit_test(recorded_tokens_verify),
    };
    return cmocka_run_group_tests(tests, make_key, free_key);
}
