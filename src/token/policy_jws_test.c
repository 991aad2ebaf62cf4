#include "token/policy_jws.h"

#include "crypto/x509.h"
#include "policy/policy.h"
#include "tests/forge.h"
#include "tests/unit.h"

#define TEXT "version= 1.0;authorizationrules{=> permit();};"
#define TEXT_64 "dmVyc2lvbj0gMS4wO2F1dGhvcml6YXRpb25ydWxlc3s9PiBwZXJtaXQoKTt9Ow"

/* An unsigned JWS of this payload. */
static void wrap(const char *payload, struct jws *ret_jws)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0};
    if (!jws_write(bytes_of_text(payload), NULL, NULL, 0, &text, &err) ||
        !jws_read(buffer_bytes(&text), ret_jws, &err))
        fail_msg("%s: %s", err.where, err.message);
}

/* ---- policies */

static const struct accepted {
    const char *name, *payload, *text, *aud, *type, *operation;
    int64_t iat;
} accepted[] = {
    {"base 64 for URLs", "{\"AttestationPolicy\":\"" TEXT_64 "\"}",                   TEXT, NULL,        NULL,         NULL,    -1},
    {"padded",           "{\"AttestationPolicy\":\"" TEXT_64 "==\"}",                 TEXT, NULL,        NULL,         NULL,    -1},
    {"in any case",      "{\"attestationpolicy\":\"" TEXT_64 "\"}",                   TEXT, NULL,        NULL,         NULL,    -1},
    {"of 2018",          "{\"AttestationPolicy\":\"" TEXT "\"}",                      TEXT, NULL,        NULL,         NULL,    -1},
    {"of 2018, in JSON", "{\"AttestationPolicy\":\"{ \\\"$version\\\": 1 }\"}",
     "{ \"$version\": 1 }",                                                                 NULL,        NULL,         NULL,    -1},
    {"beside others",    "{\"a\":{\"b\":[1]},\"AttestationPolicy\":\"" TEXT_64 "\"}", TEXT, NULL,        NULL,
     NULL,                                                                                                                      -1},
    {"a reset",          "",                                                          "",   NULL,        NULL,         NULL,    -1},
    {"a bound reset",    "{\"iat\":5,\"x-quoth-operation\":\"reset\"}",               "",   NULL,        NULL,         "reset", 5 },
    {"bound",
     "{\"AttestationPolicy\":\"" TEXT_64 "\",\"aud\":\"https://a\",\"iat\":1,"
     "\"x-quoth-type\":\"SgxEnclave\",\"x-quoth-operation\":\"set\"}",                TEXT, "https://a", "SgxEnclave", "set",   1 },
};

static void check_text(const char *name, bool has, const struct buffer *found, const char *wanted)
{
    if (has != (wanted != NULL) ||
        (wanted && !bytes_equal(buffer_bytes(found), bytes_of_text(wanted))))
        fail_msg("%s is not as wanted", name);
}

static void policies_are_taken_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(accepted); i++) {
        const struct accepted *a = &accepted[i];
        struct quoth_error err = {0};
        AUTO(jws) struct jws j = {0};
        AUTO(buffer) struct buffer text = {0};
        AUTO(policy_binding) struct policy_binding b = {0};
        print_message("  %s\n", a->name);
        wrap(a->payload, &j);
        if (!policy_jws_text(&j, &text, &b, &err))
            fail_msg("%s: %s", err.where, err.message);
        assert_true(bytes_equal(buffer_bytes(&text), bytes_of_text(a->text)));
        check_text("aud", b.has_aud, &b.aud, a->aud);
        check_text("type", b.has_type, &b.type, a->type);
        check_text("operation", b.has_operation, &b.operation, a->operation);
        assert_int_equal(b.has_iat ? b.iat : -1, a->iat);
    }
}

#define WITH(member) "{\"AttestationPolicy\":\"" TEXT_64 "\"," member "}"

static const struct refused {
    const char *name, *payload, *where;
} refused[] = {
    {"an object without a policy",   "{}",                                                           "jws.payload.AttestationPolicy"},
    {"another member",               "{\"Policy\":\"" TEXT_64 "\"}",                                 "jws.payload.AttestationPolicy"},
    {"a set without a policy",       "{\"x-quoth-operation\":\"set\"}",                              "jws.payload.AttestationPolicy"},
    {"RESET",                        "{\"x-quoth-operation\":\"RESET\"}",                            "jws.payload.AttestationPolicy"},
    {"an empty policy",              "{\"AttestationPolicy\":\"\"}",                                 "jws.payload.AttestationPolicy"},
    {"an empty policy, to reset",    "{\"AttestationPolicy\":\"\",\"x-quoth-operation\":\"reset\"}",
     "jws.payload.AttestationPolicy"                                                                                                },
    {"null",                         "{\"AttestationPolicy\":null}",                                 "jws.payload.AttestationPolicy"},
    {"a number",                     "{\"AttestationPolicy\":1}",                                    "jws.payload.AttestationPolicy"},
    {"an array",                     "{\"AttestationPolicy\":[\"" TEXT_64 "\"]}",                    "jws.payload.AttestationPolicy"},
    {"neither base 64 nor a policy", "{\"AttestationPolicy\":\"permit all\"}",
     "jws.payload.AttestationPolicy"                                                                                                },
    {"both alphabets",               "{\"AttestationPolicy\":\"ab-/\"}",                             "jws.payload.AttestationPolicy"},
    {"two policies",                 WITH("\"AttestationPolicy\":\"AAAA\""),                         "jws.payload"                  },
    {"two, one in small letters",    WITH("\"attestationpolicy\":\"AAAA\""),                         "jws.payload"                  },
    {"no object",                    "[]",                                                           "jws.payload"                  },
    {"a text",                       "\"" TEXT_64 "\"",                                              "jws.payload"                  },
    {"the policy as it is",          TEXT,                                                           "jws.payload"                  },
    {"blanks alone",                 " ",                                                            "jws.payload"                  },
    {"something behind",             "{\"AttestationPolicy\":\"" TEXT_64 "\"}x",                     "jws.payload"                  },
    {"too deep",                     WITH("\"a\":[[[[[[[[1]]]]]]]]"),                                "jws.payload"                  },
    {"no UTF-8",                     "{\"AttestationPolicy\":\"\xFF\"}",                             "jws.payload"                  },
    {"aud a list",                   WITH("\"aud\":[\"https://a\"]"),                                "jws.payload.aud"              },
    {"aud empty",                    WITH("\"aud\":\"\""),                                           "jws.payload.aud"              },
    {"aud null",                     WITH("\"aud\":null"),                                           "jws.payload.aud"              },
    {"iat a text",                   WITH("\"iat\":\"1\""),                                          "jws.payload.iat"              },
    {"iat with a fraction",          WITH("\"iat\":1.5"),                                            "jws.payload.iat"              },
    {"iat with an exponent",         WITH("\"iat\":1e9"),                                            "jws.payload.iat"              },
    {"iat below zero",               WITH("\"iat\":-1"),                                             "jws.payload.iat"              },
    {"iat beyond all times",         WITH("\"iat\":9223372036854775807"),                            "jws.payload.iat"              },
    {"iat twice",                    WITH("\"iat\":1,\"IAT\":2"),                                    "jws.payload"                  },
    {"a type that is a number",      WITH("\"x-quoth-type\":1"),                                     "jws.payload.x-quoth-type"     },
    {"an operation that is true",    WITH("\"x-quoth-operation\":true"),
     "jws.payload.x-quoth-operation"                                                                                                },
};

static void what_is_no_policy_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct quoth_error err = {0};
        AUTO(jws) struct jws j = {0};
        AUTO(buffer) struct buffer text = {0};
        AUTO(policy_binding) struct policy_binding b = {0};
        print_message("  %s\n", refused[i].name);
        wrap(refused[i].payload, &j);
        assert_false(policy_jws_text(&j, &text, &b, &err));
        assert_int_equal(err.code, QUOTH_JWS_PAYLOAD);
        if (strncmp(err.where, refused[i].where, strlen(refused[i].where)) != 0)
            fail_msg("%s: %s", err.where, err.message);
        assert_false(b.has_aud || b.has_iat || b.has_type || b.has_operation);
    }
}

/* ---- certificates: @ stands for one */

static void certificate_payload(const char *pattern, const struct buffer *der, struct jws *ret_jws)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer payload = {0}, text = {0};
    for (; *pattern; pattern++)
        if (*pattern == '@')
            base64_encode(buffer_bytes(der), &payload);
        else
            buffer_u8(&payload, (uint8_t)*pattern);
    if (!jws_write(buffer_bytes(&payload), NULL, NULL, 0, &text, &err) ||
        !jws_read(buffer_bytes(&text), ret_jws, &err))
        fail_msg("%s: %s", err.where, err.message);
}

static void a_certificate_is_taken_out_by_any_of_its_names(void **state)
{
    (void)state;
    static const char *const payloads[] = {
        "{\"policyCertificate\":{\"kty\":\"RSA\",\"x5c\":[\"@\"]}}",
        "{\"maa-policyCertificate\":{\"x5c\":[\"@\"]}}",
        "{\"x-ms-policyCertificate\":{\"x5c\":[\"@\"]}}",
        "{\"x-ms-policyCertificate\":{},\"policyCertificate\":{\"use\":1,\"x5c\":[\"@\"]}}",
        "{\"PolicyCertificate\":{\"X5C\":[\"@\"]}}",
    };
    AUTO(buffer) struct buffer der = {0};
    AUTO(private_key) struct private_key *key = forge_key(KEY_TYPE_P256);
    forge_certificate(&der, key);
    for (size_t i = 0; i < COUNT(payloads); i++) {
        struct quoth_error err = {0};
        AUTO(jws) struct jws j = {0};
        AUTO(buffer) struct buffer found = {0};
        AUTO(policy_binding) struct policy_binding b = {0};
        certificate_payload(payloads[i], &der, &j);
        if (!policy_jws_certificate(&j, &found, &b, &err))
            fail_msg("%s: %s", err.where, err.message);
        assert_true(bytes_equal(buffer_bytes(&found), buffer_bytes(&der)));
    }
}

static void what_is_no_certificate_is_refused(void **state)
{
    (void)state;
    static const char *const payloads[] = {
        "",
        "{}",
        "[]",
        "{\"AttestationPolicy\":\"" TEXT_64 "\"}",
        "{\"policyCertificate\":\"@\"}",
        "{\"policyCertificate\":[\"@\"]}",
        "{\"policyCertificate\":{}}",
        "{\"policyCertificate\":{},\"maa-policyCertificate\":{\"x5c\":[\"@\"]}}",
        "{\"policyCertificate\":{\"x5c\":\"@\"}}",
        "{\"policyCertificate\":{\"x5c\":[]}}",
        "{\"policyCertificate\":{\"x5c\":[1]}}",
        "{\"policyCertificate\":{\"x5c\":[\"\"]}}",
        "{\"policyCertificate\":{\"x5c\":[\"AAAA\"]}}",
        "{\"policyCertificate\":{\"x5c\":[\"@\",\"AAAA\"]}}",
        "{\"policyCertificate\":{\"x5c\":[\"@AAAA\"]}}",
        "{\"policyCertificate\":{\"x5c\":[\"@\",\"@\",\"@\",\"@\",\"@\",\"@\",\"@\",\"@\",\"@\"]}}",
        "{\"policyCertificate\":{\"x5c\":[\"@\"]},\"PolicyCertificate\":{\"x5c\":[\"@\"]}}",
        "{\"policyCertificate\":{\"x5c\":[\"@\"]},\"iat\":\"now\"}",
    };
    AUTO(buffer) struct buffer der = {0};
    AUTO(private_key) struct private_key *key = forge_key(KEY_TYPE_P256);
    forge_certificate(&der, key);
    for (size_t i = 0; i < COUNT(payloads); i++) {
        struct quoth_error err = {0};
        AUTO(jws) struct jws j = {0};
        AUTO(buffer) struct buffer found = {0};
        AUTO(policy_binding) struct policy_binding b = {0};
        print_message("  %s\n", payloads[i]);
        certificate_payload(payloads[i], &der, &j);
        assert_false(policy_jws_certificate(&j, &found, &b, &err));
        assert_int_equal(err.code, QUOTH_JWS_PAYLOAD);
        assert_int_equal(found.len, 0);
    }
}

/* ---- writing */

static void what_is_written_is_read(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(policy_binding)
    struct policy_binding b = {.has_aud = true, .has_iat = true, .iat = 7}, found = {0},
                          of_certificate = {0};
    AUTO(buffer) struct buffer payload = {0}, text = {0}, der = {0}, second = {0}, der_found = {0};
    AUTO(jws) struct jws j = {0}, c = {0};
    AUTO(private_key) struct private_key *key = forge_key(KEY_TYPE_P256);
    buffer_text(&b.aud, "https://a");
    assert_true(policy_jws_payload(BYTES_LITERAL(TEXT), &b, &payload, &err));
    assert_true(bytes_equal(
        buffer_bytes(&payload),
        BYTES_LITERAL("{\"AttestationPolicy\":\"" TEXT_64 "\",\"aud\":\"https://a\",\"iat\":7}")));
    buffer_u8(&payload, 0);
    wrap((const char *)payload.data, &j);
    assert_true(policy_jws_text(&j, &text, &found, &err));
    assert_true(bytes_equal(buffer_bytes(&text), BYTES_LITERAL(TEXT)));
    assert_true(found.has_aud && found.has_iat && found.iat == 7 && !found.has_type);

    forge_certificate(&der, key);
    assert_true(policy_jws_certificate_payload(buffer_bytes(&der), NULL, &second, &err));
    buffer_u8(&second, 0);
    wrap((const char *)second.data, &c);
    assert_true(policy_jws_certificate(&c, &der_found, &of_certificate, &err));
    assert_true(bytes_equal(buffer_bytes(&der), buffer_bytes(&der_found)));
}

/* ---- what was published (vectors/maa, SOURCES.md) */

enum published_as { POLICY, NO_GRAMMAR, RESET, SIGNER };

static void published(const char *path, bool is_signed, enum published_as as)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer file = {0}, text = {0}, der = {0};
    AUTO(jws) struct jws j = {0};
    AUTO(policy_binding) struct policy_binding a = {0}, b = {0};
    AUTO(policy) struct policy *policy = NULL;
    struct bytes in = unit_vector(path, &file);
    print_message("  %s\n", path);
    if (in.len > 2 && in.data[0] == '"') /* an HTTP body: a JSON string */
        in = bytes_slice(in, 1, in.len - 2);
    if (!jws_read(in, &j, &err))
        fail_msg("%s: %s", err.where, err.message);
    assert_int_equal(jws_verify(&j, &err), is_signed);
    assert_int_equal(err.code, is_signed ? QUOTH_OK : QUOTH_JWS_UNSIGNED);
    err = (struct quoth_error){0};
    assert_int_equal(policy_jws_certificate(&j, &der, &a, &err), as == SIGNER);
    err = (struct quoth_error){0};
    assert_int_equal(policy_jws_text(&j, &text, &b, &err), as != SIGNER);
    assert_int_equal(text.len > 0, as == POLICY || as == NO_GRAMMAR);
    err = (struct quoth_error){0};
    if (text.len > 0)
        assert_int_equal(policy_open(buffer_bytes(&text), &policy, NULL, &err), as == POLICY);
}

static void what_was_published_is_read_as_it_was_meant(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum published_as as;
    } tools[] = {
        {"SgxAllowDebugMode.txt",                NO_GRAMMAR},
        {"SgxDisableDebugMode.txt",              NO_GRAMMAR},
        {"SgxRequireSqlServer.txt",              NO_GRAMMAR},
        {"SgxRequireSqlServerBogusMrSigner.txt", NO_GRAMMAR},
        {"custom.cyrescomponent.policy.txt",     POLICY    },
        {"custom.openenclave.policy.txt",        POLICY    },
        {"custom.sgxenclave.policy.txt",         POLICY    },
        {"custom.vsmenclave.policy.txt",         POLICY    },
        {"default.azureguest.policy.txt",        NO_GRAMMAR},
        {"default.cyrescomponent.policy.txt",    POLICY    },
        {"default.openenclave.policy.txt",       POLICY    },
        {"default.sgxenclave.policy.txt",        POLICY    },
        {"default.vsmenclave.policy.txt",        RESET     },
        {"reset.policy.txt",                     RESET     },
    };
    static const struct {
        const char *path;
        bool is_signed;
        enum published_as as;
    } others[] = {
        {"docs/sgx-signed.jwt",                                                             true,  POLICY    },
        {"docs/sgx-unsigned.jwt",                                                           false, POLICY    },
        {"docs/signer-add.jwt",                                                             true,  SIGNER    },
        {"other/constellation-azureguest.jwt",                                              false, POLICY    },
        {"tools/api.version.ga-raw.signed.data.for.test/add.custom.claim.txt.signed.txt",   true,
         NO_GRAMMAR                                                                                          },
        {"tools/api.version.ga-raw.signed.data.for.test/deny.all.txt.signed.txt",           true,  NO_GRAMMAR},
        {"tools/api.version.ga-raw.signed.data.for.test/permit.secure.boot.txt.signed.txt", true,
         NO_GRAMMAR                                                                                          },
        {"tools/api.version.ga-signed.data.for.test/cert1.signed.txt",                      true,  SIGNER    },
        {"tools/api.version.ga-signed.data.for.test/cert2.signed.txt",                      true,  SIGNER    },
        {"tools/api.version.ga-signed.data.for.test/cert.chain.signed.txt",                 true,  SIGNER    },
        {"tools/api.version.preview-signed.data.for.test/cert1.signed.txt",                 true,  SIGNER    },
        {"tools/api.version.preview-signed.data.for.test/cert2.signed.txt",                 true,  SIGNER    },
        {"tools/api.version.preview-signed.data.for.test/cert.chain.signed.txt",            true,  SIGNER    },
        {"../admin/certs-add-1-post.request.txt",                                           true,  SIGNER    },
        {"../admin/certs-remove-1-post.request.txt",                                        true,  SIGNER    },
        {"../admin/certs-remove-2-post.request.txt",                                        true,  SIGNER    },
    };
    char path[256];
    for (size_t i = 0; i < COUNT(tools); i++) {
        snprintf(path, sizeof path, "maa/policies/tools/unsigned.data.for.test/%s", tools[i].name);
        published(path, false, tools[i].as);
        snprintf(path, sizeof path,
                 "maa/policies/tools/api.version.ga-signed.data.for.test/%s.signed.txt",
                 tools[i].name);
        published(path, true, tools[i].as);
        snprintf(path, sizeof path,
                 "maa/policies/tools/api.version.preview-signed.data.for.test/%s.signed.txt",
                 tools[i].name);
        published(path, true, tools[i].as);
    }
    for (size_t i = 0; i < COUNT(others); i++) {
        snprintf(path, sizeof path, "maa/policies/%s", others[i].path);
        published(path, others[i].is_signed, others[i].as);
    }
}

static void a_published_chain_adds_its_leaf(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer file = {0}, der = {0}, name = {0};
    AUTO(jws) struct jws j = {0};
    AUTO(policy_binding) struct policy_binding b = {0};
    AUTO(x509_cert) struct x509_cert *cert = NULL;
    const struct bytes in = unit_vector(
        "maa/policies/tools/api.version.ga-signed.data.for.test/cert.chain.signed.txt", &file);
    assert_true(jws_read(in, &j, &err));
    assert_true(policy_jws_certificate(&j, &der, &b, &err));
    assert_true(x509_cert_from_der(buffer_bytes(&der), &cert, &err));
    assert_true(x509_cert_subject_text(cert, &name, &err));
    assert_true(bytes_equal(buffer_bytes(&name), BYTES_LITERAL("CN=MyLeafCertificate")));
    assert_false(x509_cert_signed_by(cert, cert));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies_are_taken_out),
        cmocka_unit_test(what_is_no_policy_is_refused),
        cmocka_unit_test(a_certificate_is_taken_out_by_any_of_its_names),
        cmocka_unit_test(what_is_no_certificate_is_refused),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(what_was_published_is_read_as_it_was_meant),
        cmocka_unit_test(a_published_chain_adds_its_leaf),
    };
    return cmocka_run_group_tests_name("token/policy_jws", tests, NULL, NULL);
}
