#include "token/jws.h"

#include "crypto/x509.h"
#include "tests/forge.h"
#include "tests/unit.h"

/* A signer of each kind, and somebody else. */
static struct private_key *rsa, *p256, *other;
static struct buffer rsa_der, p256_der, rsa_x5c, p256_x5c;
static char *header_rsa, *header_p256;

static void text_of(const struct buffer *der, struct buffer *to)
{
    buffer_u8(to, '"');
    base64_encode(buffer_bytes(der), to);
    buffer_u8(to, '"');
}

/* A header in which @R and @E are certificates. */
static char *filled(const char *pattern)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer to = {0};
    for (const char *at = pattern; *at; at++)
        if (*at != '@')
            buffer_u8(&to, (uint8_t)*at);
        else
            buffer_add(&to, buffer_bytes(*++at == 'R' ? &rsa_x5c : &p256_x5c));
    return buffer_take_text(&to, &err);
}

static int make_all(void **state)
{
    (void)state;
    rsa = forge_key(KEY_TYPE_RSA_2048);
    p256 = forge_key(KEY_TYPE_P256);
    other = forge_key(KEY_TYPE_RSA_2048);
    forge_certificate(&rsa_der, rsa);
    forge_certificate(&p256_der, p256);
    text_of(&rsa_der, &rsa_x5c);
    text_of(&p256_der, &p256_x5c);
    header_rsa = filled("{\"alg\":\"RS256\",\"x5c\":[@R]}");
    header_p256 = filled("{\"alg\":\"ES256\",\"x5c\":[@E]}");
    return 0;
}

static int clear_all(void **state)
{
    (void)state;
    private_key_free(rsa);
    private_key_free(p256);
    private_key_free(other);
    buffer_clear(&rsa_der);
    buffer_clear(&p256_der);
    buffer_clear(&rsa_x5c);
    buffer_clear(&p256_x5c);
    free(header_rsa);
    free(header_p256);
    return 0;
}

/* ---- what is read */

enum signer { BY_NOBODY, BY_RSA, BY_P256 };

static const struct accepted {
    const char *name, *header, *payload;
    enum signer by;
    enum jws_algorithm algorithm;
    size_t chain;
} accepted[] = {
    {"nobody's",                        "{\"alg\":\"none\"}",                                             "{}", BY_NOBODY, JWS_NONE,  0},
    {"nobody's, empty",                 "{\"alg\":\"none\"}",                                             "",   BY_NOBODY, JWS_NONE,  0},
    {"RS256",                           "{\"alg\":\"RS256\",\"x5c\":[@R]}",                               "{}", BY_RSA,    JWS_RS256, 1},
    {"as a published sample spells it", "{\"alg\":\"RSA256\",\"x5c\":[@R]}",                              "{}", BY_RSA,
     JWS_RS256,                                                                                                                       1},
    {"with blanks in the header",       "{ \"alg\":\"RS256\", \"x5c\": [ @R ] }",                         "{}", BY_RSA,    JWS_RS256,
     1                                                                                                                                 },
    {"signed, empty",                   "{\"alg\":\"RS256\",\"x5c\":[@R]}",                               "",   BY_RSA,    JWS_RS256, 1},
    {"ES256",                           "{\"alg\":\"ES256\",\"x5c\":[@E]}",                               "{}", BY_P256,   JWS_ES256, 1},
    {"a chain",                         "{\"alg\":\"RS256\",\"x5c\":[@R,@E]}",                            "{}", BY_RSA,    JWS_RS256, 2},
    {"a chain of eight",                "{\"alg\":\"RS256\",\"x5c\":[@R,@E,@E,@E,@E,@E,@E,@E]}",          "{}", BY_RSA,
     JWS_RS256,                                                                                                                       8},
    {"a jwk of another key beside x5c",
     "{\"alg\":\"RS256\",\"x5c\":[@R],\"jwk\":{\"kty\":\"EC\",\"x5c\":[@E]}}",                            "{}", BY_RSA,
     JWS_RS256,                                                                                                                       1},
    {"as Azure's Python client does",   "{\"alg\":\"RSA256\",\"jwk\":{\"kty\":\"RSA\",\"x5c\":[@R]}}",
     "{}",                                                                                                      BY_RSA,    JWS_RS256, 1},
    {"a kid, which nobody reads",       "{\"alg\":\"RS256\",\"kid\":\"../../etc\",\"x5c\":[@R]}",         "{}",
     BY_RSA,                                                                                                               JWS_RS256, 1},
    {"a kid that is no text",           "{\"alg\":\"RS256\",\"kid\":{\"a\":1},\"x5c\":[@R]}",             "{}", BY_RSA,
     JWS_RS256,                                                                                                                       1},
    {"members that nobody knows",       "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"x5t\":\"a\",\"x5c\":[@R]}",
     "{}",                                                                                                      BY_RSA,    JWS_RS256, 1},
};

static struct private_key *key_of(enum signer by)
{
    return by == BY_RSA ? rsa : by == BY_P256 ? p256 : NULL;
}

static void these_are_read_and_verify(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(accepted); i++) {
        const struct accepted *a = &accepted[i];
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer text = {0};
        AUTO(text) char *header = filled(a->header);
        AUTO(jws) struct jws j = {0};
        print_message("  %s\n", a->name);
        forge(&text, header, a->payload, key_of(a->by));
        if (!jws_read(buffer_bytes(&text), &j, &err))
            fail_msg("%s: %s", err.where, err.message);
        assert_int_equal(j.algorithm, a->algorithm);
        assert_int_equal(j.chain_count, a->chain);
        assert_true(bytes_equal(buffer_bytes(&j.payload), bytes_of_text(a->payload)));
        assert_int_equal(jws_verify(&j, &err), a->by != BY_NOBODY);
        assert_int_equal(err.code, a->by == BY_NOBODY ? QUOTH_JWS_UNSIGNED : QUOTH_OK);
    }
}

static void blanks_around_are_passed_over(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0};
    AUTO(jws) struct jws j = {0};
    buffer_text(&text, " \r\n\t");
    AUTO(buffer) struct buffer inner = {0};
    forge(&inner, header_rsa, "{}", rsa);
    buffer_add(&text, buffer_bytes(&inner));
    buffer_text(&text, "\n ");
    assert_true(jws_read(buffer_bytes(&text), &j, &err));
    assert_true(jws_verify(&j, &err));
}

/* ---- what is not */

static const struct refused {
    const char *name, *header;
    enum signer by;
    enum quoth_code code;
    const char *where;
} refused[] = {
    {"none, and a signature",             "{\"alg\":\"none\"}",                                       BY_RSA,    QUOTH_JWS_ALGORITHM,      "jws.signature"    },
    {"none, and a signer",                "{\"alg\":\"none\",\"x5c\":[@R]}",                          BY_NOBODY, QUOTH_JWS_ALGORITHM,
     "jws.header.x5c"                                                                                                                                         },
    {"none, and a signer in jwk",         "{\"alg\":\"none\",\"jwk\":{\"x5c\":[@R]}}",                BY_NOBODY,
     QUOTH_JWS_ALGORITHM,                                                                                                                  "jws.header.x5c"   },
    {"None",                              "{\"alg\":\"None\"}",                                       BY_NOBODY, QUOTH_JWS_ALGORITHM,      "jws.header.alg"   },
    {"NONE",                              "{\"alg\":\"NONE\"}",                                       BY_NOBODY, QUOTH_JWS_ALGORITHM,      "jws.header.alg"   },
    {"none with a blank",                 "{\"alg\":\"none \"}",                                      BY_NOBODY, QUOTH_JWS_ALGORITHM,      "jws.header.alg"   },
    {"an empty alg",                      "{\"alg\":\"\"}",                                           BY_NOBODY, QUOTH_JWS_ALGORITHM,      "jws.header.alg"   },
    {"alg null",                          "{\"alg\":null}",                                           BY_NOBODY, QUOTH_JWS_ALGORITHM,      "jws.header.alg"   },
    {"alg an array",                      "{\"alg\":[\"RS256\"],\"x5c\":[@R]}",                       BY_RSA,    QUOTH_JWS_ALGORITHM,
     "jws.header.alg"                                                                                                                                         },
    {"alg a number",                      "{\"alg\":256,\"x5c\":[@R]}",                               BY_RSA,    QUOTH_JWS_ALGORITHM,      "jws.header.alg"   },
    {"no alg",                            "{\"x5c\":[@R]}",                                           BY_RSA,    QUOTH_JWS_ALGORITHM,      "jws.header"       },
    {"alg by another name",               "{\"ALG\":\"RS256\",\"x5c\":[@R]}",                         BY_RSA,    QUOTH_JWS_ALGORITHM,
     "jws.header"                                                                                                                                             },
    {"HS256, keyed with the certificate", "{\"alg\":\"HS256\",\"x5c\":[@R]}",                         BY_RSA,
     QUOTH_JWS_ALGORITHM,                                                                                                                  "jws.header.alg"   },
    {"RS512",                             "{\"alg\":\"RS512\",\"x5c\":[@R]}",                         BY_RSA,    QUOTH_JWS_ALGORITHM,      "jws.header.alg"   },
    {"PS256",                             "{\"alg\":\"PS256\",\"x5c\":[@R]}",                         BY_RSA,    QUOTH_JWS_ALGORITHM,      "jws.header.alg"   },
    {"rs256",                             "{\"alg\":\"rs256\",\"x5c\":[@R]}",                         BY_RSA,    QUOTH_JWS_ALGORITHM,      "jws.header.alg"   },
    {"no signature",                      "{\"alg\":\"RS256\",\"x5c\":[@R]}",                         BY_NOBODY, QUOTH_JWS_SIGNATURE,
     "jws.signature"                                                                                                                                          },
    {"no x5c",                            "{\"alg\":\"RS256\"}",                                      BY_RSA,    QUOTH_JWS_SIGNER_MISSING, "jws.header"       },
    {"a kid, and no x5c",                 "{\"alg\":\"RS256\",\"kid\":\"a\"}",                        BY_RSA,    QUOTH_JWS_SIGNER_MISSING,
     "jws.header"                                                                                                                                             },
    {"a jwk without x5c",
     "{\"alg\":\"RS256\",\"jwk\":{\"kty\":\"RSA\",\"n\":\"AQ\",\"e\":\"AQAB\"}}",                     BY_RSA,
     QUOTH_JWS_SIGNER_MISSING,                                                                                                             "jws.header"       },
    {"a jwk that is a text",              "{\"alg\":\"RS256\",\"jwk\":\"a\"}",                        BY_RSA,    QUOTH_JWS_SIGNER_MISSING,
     "jws.header"                                                                                                                                             },
    {"x5u",                               "{\"alg\":\"RS256\",\"x5u\":\"https://a/b\"}",              BY_RSA,    QUOTH_JWS_SIGNER_MISSING,
     "jws.header"                                                                                                                                             },
    {"x5c empty",                         "{\"alg\":\"RS256\",\"x5c\":[]}",                           BY_RSA,    QUOTH_JWS_MALFORMED,      "jws.header.x5c"   },
    {"x5c null",                          "{\"alg\":\"RS256\",\"x5c\":null}",                         BY_RSA,    QUOTH_JWS_MALFORMED,      "jws.header.x5c"   },
    {"x5c null, and a good one in jwk",   "{\"alg\":\"RS256\",\"x5c\":null,\"jwk\":{\"x5c\":[@R]}}",
     BY_RSA,                                                                                                     QUOTH_JWS_MALFORMED,      "jws.header.x5c"   },
    {"x5c a text",                        "{\"alg\":\"RS256\",\"x5c\":@R}",                           BY_RSA,    QUOTH_JWS_MALFORMED,      "jws.header.x5c"   },
    {"x5c an object",                     "{\"alg\":\"RS256\",\"x5c\":{\"0\":@R}}",                   BY_RSA,    QUOTH_JWS_MALFORMED,
     "jws.header.x5c"                                                                                                                                         },
    {"x5c of nine",                       "{\"alg\":\"RS256\",\"x5c\":[@R,@R,@R,@R,@R,@R,@R,@R,@R]}", BY_RSA,
     QUOTH_JWS_MALFORMED,                                                                                                                  "jws.header.x5c"   },
    {"x5c of a number",                   "{\"alg\":\"RS256\",\"x5c\":[1]}",                          BY_RSA,    QUOTH_JWS_MALFORMED,
     "jws.header.x5c[0]"                                                                                                                                      },
    {"x5c of an empty text",              "{\"alg\":\"RS256\",\"x5c\":[\"\"]}",                       BY_RSA,    QUOTH_JWS_MALFORMED,
     "jws.header.x5c[0]"                                                                                                                                      },
    {"x5c of garbage",                    "{\"alg\":\"RS256\",\"x5c\":[\"AAAA\"]}",                   BY_RSA,    QUOTH_JWS_MALFORMED,
     "jws.header.x5c[0]"                                                                                                                                      },
    {"x5c that is no base 64",            "{\"alg\":\"RS256\",\"x5c\":[\"-_-_\"]}",                   BY_RSA,
     QUOTH_JWS_MALFORMED,                                                                                                                  "jws.header.x5c[0]"},
    {"garbage behind a good one",         "{\"alg\":\"RS256\",\"x5c\":[@R,\"AAAA\"]}",                BY_RSA,
     QUOTH_JWS_MALFORMED,                                                                                                                  "jws.header.x5c[1]"},
    {"crit",                              "{\"alg\":\"RS256\",\"crit\":[\"exp\"],\"x5c\":[@R]}",      BY_RSA,    QUOTH_JWS_MALFORMED,
     "jws.header"                                                                                                                                             },
    {"an empty crit",                     "{\"alg\":\"RS256\",\"crit\":[],\"x5c\":[@R]}",             BY_RSA,    QUOTH_JWS_MALFORMED,
     "jws.header"                                                                                                                                             },
    {"b64 false",                         "{\"alg\":\"RS256\",\"b64\":false,\"x5c\":[@R]}",           BY_RSA,    QUOTH_JWS_MALFORMED,
     "jws.header"                                                                                                                                             },
    {"b64 true",                          "{\"alg\":\"none\",\"b64\":true}",                          BY_NOBODY, QUOTH_JWS_MALFORMED,      "jws.header"       },
    {"alg twice",                         "{\"alg\":\"none\",\"alg\":\"RS256\",\"x5c\":[@R]}",        BY_RSA,    QUOTH_JWS_MALFORMED,
     "jws.header"                                                                                                                                             },
    {"alg twice, once in capitals",       "{\"alg\":\"RS256\",\"Alg\":\"none\",\"x5c\":[@R]}",        BY_RSA,
     QUOTH_JWS_MALFORMED,                                                                                                                  "jws.header"       },
    {"x5c twice",                         "{\"alg\":\"RS256\",\"x5c\":[@R],\"x5c\":[@E]}",            BY_RSA,    QUOTH_JWS_MALFORMED,
     "jws.header"                                                                                                                                             },
    {"alg twice, once escaped",           "{\"alg\":\"RS256\",\"\\u0061lg\":\"none\",\"x5c\":[@R]}",  BY_RSA,
     QUOTH_JWS_MALFORMED,                                                                                                                  "jws.header"       },
    {"a header that is an array",         "[\"alg\",\"none\"]",                                       BY_NOBODY, QUOTH_JWS_MALFORMED,
     "jws.header"                                                                                                                                             },
    {"a header that is a text",           "\"none\"",                                                 BY_NOBODY, QUOTH_JWS_MALFORMED,      "jws.header"       },
    {"an empty header",                   "",                                                         BY_NOBODY, QUOTH_JWS_MALFORMED,      "jws.header"       },
    {"something behind the header",       "{\"alg\":\"none\"} {}",                                    BY_NOBODY, QUOTH_JWS_MALFORMED,
     "jws.header"                                                                                                                                             },
    {"a header too deep",                 "{\"alg\":\"none\",\"a\":[[[[1]]]]}",                       BY_NOBODY, QUOTH_JWS_MALFORMED,
     "jws.header"                                                                                                                                             },
};

static void these_are_not_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer text = {0};
        AUTO(text) char *header = filled(refused[i].header);
        AUTO(jws) struct jws j = {0};
        print_message("  %s\n", refused[i].name);
        forge(&text, header, "{}", key_of(refused[i].by));
        assert_false(jws_read(buffer_bytes(&text), &j, &err));
        assert_int_equal(err.code, refused[i].code);
        if (strncmp(err.where, refused[i].where, strlen(refused[i].where)) != 0)
            fail_msg("%s: %s", err.where, err.message);
        assert_int_equal(j.header_text.cap + j.payload.cap + j.chain_count, 0);
    }
}

static const struct shape {
    const char *name, *text;
    enum quoth_code code;
} shapes[] = {
    {"nothing",                     "",                                     QUOTH_JWS_MALFORMED},
    {"blanks",                      " \r\n",                                QUOTH_JWS_MALFORMED},
    {"a word",                      "hello",                                QUOTH_JWS_MALFORMED},
    {"one dot",                     "eyJhbGciOiJub25lIn0.",                 QUOTH_JWS_MALFORMED},
    {"four parts",                  "eyJhbGciOiJub25lIn0...",               QUOTH_JWS_MALFORMED},
    {"five parts, as JWE has",      "eyJhbGciOiJub25lIn0....",              QUOTH_JWS_MALFORMED},
    {"two dots",                    "..",                                   QUOTH_JWS_MALFORMED},
    {"padding",                     "eyJhbGciOiJub25lIn0=..",               QUOTH_JWS_MALFORMED},
    {"padding of the payload",      "eyJhbGciOiJub25lIn0.e30=.",            QUOTH_JWS_MALFORMED},
    {"the other alphabet",          "eyJhbGciOiJub25lIn0.+/+/.",            QUOTH_JWS_MALFORMED},
    {"a blank inside",              "eyJhbGciOiJub25lIn0. e30.",            QUOTH_JWS_MALFORMED},
    {"a line break inside",         "eyJhbGciOiJub25lIn0.e3\n0.",           QUOTH_JWS_MALFORMED},
    {"last bits that are not zero", "eyJhbGciOiJub25lIn1.e30.",             QUOTH_JWS_MALFORMED},
    {"a length that is none",       "eyJhbGciOiJub25lIn0.e.",               QUOTH_JWS_MALFORMED},
    {"the JSON form",               "{\"payload\":\"\",\"signatures\":[]}", QUOTH_JWS_MALFORMED},
    {"quotes around",               "\"eyJhbGciOiJub25lIn0..\"",            QUOTH_JWS_MALFORMED},
    {"a byte order mark",
     "\xEF\xBB\xBF"
     "eyJhbGciOiJub25lIn0..",                                               QUOTH_JWS_MALFORMED},
};

static void nothing_else_is_a_compact_jws(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        struct quoth_error err = {0};
        AUTO(jws) struct jws j = {0};
        print_message("  %s\n", shapes[i].name);
        assert_false(jws_read(bytes_of_text(shapes[i].text), &j, &err));
        assert_int_equal(err.code, shapes[i].code);
    }
}

static void a_nul_inside_or_a_huge_text_is_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0}, large = {0};
    AUTO(jws) struct jws j = {0};
    AUTO(buffer) struct buffer text = {0};
    buffer_text(&text, "eyJhbGciOiJub25lIn0..");
    buffer_u8(&text, 0);
    assert_false(jws_read(buffer_bytes(&text), &j, &err));
    assert_int_equal(err.code, QUOTH_JWS_MALFORMED);
    buffer_clear(&text);
    buffer_text(&text, "eyJhbGciOiJub25lIn0.");
    buffer_fill(&text, JWS_MAX, 'A');
    buffer_u8(&text, '.');
    assert_false(jws_read(buffer_bytes(&text), &j, &large));
    assert_int_equal(large.code, QUOTH_TOO_LARGE);
}

/* ---- signatures */

static void refuse_signature(const char *name, const char *header, struct private_key *key,
                             enum quoth_code code)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0};
    AUTO(jws) struct jws j = {0};
    print_message("  %s\n", name);
    forge(&text, header, "{}", key);
    assert_true(jws_read(buffer_bytes(&text), &j, &err));
    assert_false(jws_verify(&j, &err));
    assert_int_equal(err.code, code);
}

static void signatures_of_others_do_not_verify(void **state)
{
    (void)state;
    AUTO(text) char *es_rsa = filled("{\"alg\":\"ES256\",\"x5c\":[@R]}");
    AUTO(text) char *rs_p256 = filled("{\"alg\":\"RS256\",\"x5c\":[@E]}");
    AUTO(text) char *second = filled("{\"alg\":\"RS256\",\"x5c\":[@E,@R]}");
    AUTO(text)
    char *in_jwk =
        filled("{\"alg\":\"ES256\",\"x5c\":[@E],\"jwk\":{\"kty\":\"RSA\",\"x5c\":[@R]}}");
    refuse_signature("another key", header_rsa, other, QUOTH_JWS_SIGNATURE);
    refuse_signature("ES256 under an RSA certificate", es_rsa, p256, QUOTH_JWS_ALGORITHM);
    refuse_signature("RS256 under a P-256 certificate", rs_p256, rsa, QUOTH_JWS_ALGORITHM);
    refuse_signature("the key of x5c[1]", second, rsa, QUOTH_JWS_ALGORITHM);
    refuse_signature("the key of jwk beside x5c", in_jwk, rsa, QUOTH_JWS_SIGNATURE);
    refuse_signature("a signature of the other kind", header_p256, rsa, QUOTH_JWS_SIGNATURE);
}

static void every_changed_bit_is_seen(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0};
    AUTO(jws) struct jws j = {0};
    forge(&text, header_p256, "{\"AttestationPolicy\":\"dmVyc2lvbj0\"}", p256);
    assert_true(jws_read(buffer_bytes(&text), &j, &err));
    for (size_t i = 0; i < j.signature.len * 8; i++) {
        struct quoth_error why = {0};
        j.signature.data[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_false(jws_verify(&j, &why));
        j.signature.data[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    for (size_t i = 0; i < text.len; i++) {
        struct quoth_error why = {0};
        AUTO(jws) struct jws changed = {0};
        text.data[i] ^= 1;
        if (jws_read(buffer_bytes(&text), &changed, &why))
            assert_false(jws_verify(&changed, &why));
        text.data[i] ^= 1;
    }
}

/* ---- signers */

static void a_signer_must_be_trusted(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0};
    AUTO(jws) struct jws j = {0};
    const struct buffer both[] = {p256_der, rsa_der};
    const int64_t now = time_now();
    forge(&text, header_rsa, "{}", rsa);
    assert_true(jws_read(buffer_bytes(&text), &j, &err));
    assert_true(jws_signer_trusted(&j, both, 2, now, &err));
    assert_false(jws_signer_trusted(&j, both, 1, now, &err));
    assert_int_equal(err.code, QUOTH_JWS_SIGNER);
    assert_non_null(strstr(err.message, "unable to find issuer certificate"));
    assert_string_equal(err.where, "jws.header.x5c[0]");
    struct quoth_error nobody = {0}, expired = {0}, early = {0};
    assert_false(jws_signer_trusted(&j, NULL, 0, now, &nobody));
    assert_int_equal(nobody.code, QUOTH_JWS_SIGNER);
    assert_false(jws_signer_trusted(&j, both, 2, now + 7200, &expired));
    assert_non_null(strstr(expired.message, "expired"));
    assert_false(jws_signer_trusted(&j, both, 2, now - 7200, &early));
    assert_int_equal(early.code, QUOTH_JWS_SIGNER);
}

/* Keys of 1024 bits are made by nobody here: this certificate was, to be refused. */
static const char weak_certificate[] =
    "MIIB/DCCAWWgAwIBAgIUCzu++jB8M8s714IhiTqVHdUxh2cwDQYJKoZIhvcNAQELBQAwDzENMAsGA1UEAwwE"
    "d2VhazAgFw0yNjExMjEyMTM3MjZaGA8yMTI2MTAyODIxMzcyNlowDzENMAsGA1UEAwwEd2VhazCBnzANBgkq"
    "hkiG9w0BAQEFAAOBjQAwgYkCgYEAyDhUqnSyhMbZ6sXK6IRrE734gPNTi2sJr/vHUiqH5Rb42tCc+Rsc+FQD"
    "14KVeiGcrXTBPqR/TGMeLPIett5fJVMibssHUwANkdDEEGN/0etj5VR/7cm7ITUHBO5nY9Mo78VVO02CtECX"
    "qijcAojDNXWpeapmhIogGSFPBVCd6h8CAwEAAaNTMFEwHQYDVR0OBBYEFKjjGrXVolKvP8jYGUE619eJwlVS"
    "MB8GA1UdIwQYMBaAFKjjGrXVolKvP8jYGUE619eJwlVSMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQEL"
    "BQADgYEAcmPBIx5bIlHTecWqRBGyD90YIPvDilNMhfmqnk+K/l9w2lQ70Tg93yrChjJG5rByBF9y7UsE/hvB"
    "nJbI5vswkfBfKLG76Wi1qI/yVJojHGLy7ygwgWFGJhILInf7m4xO9ZECzftdBc7OhgRv9X+uEGkR+aMc0jlZ"
    "Bs+DPRRvcNs=";

static void a_weak_key_is_no_signer(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0}, header = {0};
    AUTO(jws) struct jws j = {0};
    buffer_printf(&header, "{\"alg\":\"RS256\",\"x5c\":[\"%s\"]}", weak_certificate);
    AUTO(text) char *h = buffer_take_text(&header, &err);
    forge(&text, h, "{}", rsa);
    assert_true(jws_read(buffer_bytes(&text), &j, &err));
    assert_false(jws_verify(&j, &err));
    assert_int_equal(err.code, QUOTH_KEY_UNSUPPORTED);
    assert_string_equal(err.where, "jws.header.x5c[0].n");
}

/* ---- writing */

static void what_is_written_is_read(void **state)
{
    (void)state;
    struct private_key *const keys[] = {rsa, p256, NULL};
    for (size_t i = 0; i < COUNT(keys); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer text = {0};
        AUTO(jws) struct jws j = {0};
        const struct bytes chain = buffer_bytes(keys[i] == rsa ? &rsa_der : &p256_der);
        assert_true(jws_write(BYTES_LITERAL("{\"a\":1}"), keys[i], &chain, 1, &text, &err));
        assert_true(jws_read(buffer_bytes(&text), &j, &err));
        assert_true(bytes_equal(buffer_bytes(&j.payload), BYTES_LITERAL("{\"a\":1}")));
        assert_int_equal(jws_verify(&j, &err), keys[i] != NULL);
    }
}

static void an_unsigned_reset_is_azures(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0};
    assert_true(jws_write((struct bytes){0}, NULL, NULL, 0, &text, &err));
    assert_true(bytes_equal(buffer_bytes(&text), BYTES_LITERAL("eyJhbGciOiJub25lIn0..")));
}

static void a_signer_is_echoed_as_azure_does(void **state)
{
    (void)state;
    const struct {
        const struct buffer *der, *x5c;
        const char *start;
    } rows[] = {
        {&rsa_der,  &rsa_x5c,  "{\"alg\":\"RS256\",\"kty\":\"RSA\",\"use\":\"sig\",\"x5c\":["},
        {&p256_der, &p256_x5c, "{\"alg\":\"ES256\",\"kty\":\"EC\",\"use\":\"sig\",\"x5c\":[" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer told = {0}, wanted = {0};
        jws_signer_write(&told, buffer_bytes(rows[i].der), &err);
        buffer_text(&wanted, rows[i].start);
        buffer_add(&wanted, buffer_bytes(rows[i].x5c));
        buffer_text(&wanted, "]}");
        assert_int_equal(err.code, QUOTH_OK);
        assert_true(bytes_equal(buffer_bytes(&told), buffer_bytes(&wanted)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(these_are_read_and_verify),
        cmocka_unit_test(blanks_around_are_passed_over),
        cmocka_unit_test(these_are_not_read),
        cmocka_unit_test(nothing_else_is_a_compact_jws),
        cmocka_unit_test(a_nul_inside_or_a_huge_text_is_refused),
        cmocka_unit_test(signatures_of_others_do_not_verify),
        cmocka_unit_test(every_changed_bit_is_seen),
        cmocka_unit_test(a_signer_must_be_trusted),
        cmocka_unit_test(a_weak_key_is_no_signer),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(an_unsigned_reset_is_azures),
        cmocka_unit_test(a_signer_is_echoed_as_azure_does),
    };
    return cmocka_run_group_tests_name("token/jws", tests, make_all, clear_all);
}
