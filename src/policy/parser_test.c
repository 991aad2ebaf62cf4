#include "policy/syntax.h"
#include "tests/unit.h"

#include "codec/base64.h"
#include "codec/json.h"

#include <stdio.h>

#define AUTH "authorizationrules{=>permit();};"

/* clang-format off */
static const struct {
    const char *name, *text;
    unsigned line, column;
    const char *symbol, *rule, *message;
} refusals[] = {
    {"nothing at all",              "",                                                          1, 1,  "<EOF>",      "policy > versionInfo",          "mismatched input <EOF> expecting 'version'"                       },
    {"56 no semicolon",             "version=1.0\n[",                                            2, 1,  "[",          "policy > versionInfo",          "mismatched input '[' expecting ';'"                               },
    {"a version to come",           "version=1.3;" AUTH,                                         1, 9,  "1",          "policy > versionInfo",          "the versions are 1.0, 1.1 and 1.2"                                },
    {"a version long gone",         "version=0.1;" AUTH,                                         1, 9,  "0",          "policy > versionInfo",          "the versions are 1.0, 1.1 and 1.2"                                },
    {"a version of two digits",     "version=1.02;" AUTH,                                        1, 9,  "1",          "policy > versionInfo",          "the versions are 1.0, 1.1 and 1.2"                                },
    {"no authorization",            "version=1.0;",                                              1, 13, "<EOF>",      "policy",                        "mismatched input <EOF> expecting 'authorizationrules'"            },
    {"sections in disorder",        "version=1.0;issuancerules{};" AUTH,                         1, 13, "issuancerules", "policy",                     "mismatched input 'issuancerules' expecting 'authorizationrules'"  },
    {"a section twice",             "version=1.0;" AUTH AUTH,                                    1, 45, "authorizationrules", "policy",                NULL                                                               },
    {"configuration in 1.0",        "version=1.0;configurationrules{};" AUTH,                    1, 13, "configurationrules", "policy",                "configurationrules need version 1.1"                              },
    {"text behind the end",         "version=1.0;" AUTH "issuancerules{}; x",                    1, 62, "x",          "policy",                        "mismatched input 'x' expecting <EOF>"                             },
    {"a section not closed",        "version=1.0;authorizationrules{=>permit();",                1, 43, "<EOF>",      "policy > authorizationRules > claimRule > condition", NULL                                         },
    {"no semicolon behind a section", "version=1.0;authorizationrules{=>permit();}",             1, 44, "<EOF>",      "policy > authorizationRules",   "mismatched input <EOF> expecting ';'"                             },
    {"no semicolon behind a rule",  "version=1.0;authorizationrules{=>permit()};",               1, 42, "}",          "policy > authorizationRules > claimRule", "mismatched input '}' expecting ';'"                     },
    {"an unknown action",           "version=1.0;authorizationrules{=>allow();};",               1, 34, "allow",      "policy > authorizationRules > claimRule", "mismatched input 'allow' expecting {'permit', 'deny', 'add'}"},
    {"permit where it cannot be",   "version=1.0;" AUTH "issuancerules{=>permit();};",           1, 61, "permit",     "policy > issuanceRules > claimRule", NULL                                                          },
    {"a property in authorization", "version=1.0;authorizationrules{=>issueproperty(type=\"a\",value=1);};", 1, 34, "issueproperty", "policy > authorizationRules > claimRule", NULL                             },
    {"issue in configuration",      "version=1.1;configurationrules{=>issue(type=\"a\",value=1);};" AUTH, 1, 34, "issue", "policy > configurationRules > claimRule", NULL                                         },
    {"a negation in 1.1",           "version=1.1;authorizationrules{![type==\"a\"]=>permit();};", 1, 32, "!",         "policy > authorizationRules > claimRule > condition", "negation needs version 1.2"                 },
    {"a function in 1.1",           "version=1.1;authorizationrules{=>add(type=\"a\",value=NegateBool(true));};", 1, 53, "NegateBool", "policy > authorizationRules > claimRule > expression", "functions need version 1.2"},
    {"an unknown function",         "version=1.2;authorizationrules{=>add(type=\"a\",value=NegateBol(true));};", 1, 53, "NegateBol", "policy > authorizationRules > claimRule > expression", "there is no such function"  },
    {"too few arguments",           "version=1.2;authorizationrules{=>add(type=\"a\",value=JmesPath(\"a\"));};", 1, 65, ")", NULL,                                             "JmesPath takes 2 arguments"                    },
    {"too many arguments",          "version=1.2;authorizationrules{=>add(type=\"a\",value=NegateBool(true,true));};", 1, 69, "true", NULL,                                    "NegateBool takes 1 argument"                   },
    {"a name nothing is bound to",  "version=1.0;authorizationrules{=>add(type=\"a\",value=c.value);};", 1, 53, "c", "policy > authorizationRules > claimRule > expression", "no condition before this one binds claims to that name"},
    {"a condition about itself",    "version=1.0;authorizationrules{c:[type==c.value]=>permit();};", 1, 41, "c",     NULL,                                                    "no condition before this one binds claims to that name"},
    {"a name bound twice",          "version=1.0;authorizationrules{c:[type==\"a\"]&&c:[type==\"b\"]=>permit();};", 1, 47, "c", NULL,                                        "the name is bound by another condition of this rule"},
    {"a name that is negated",      "version=1.2;authorizationrules{!c:[type==\"a\"]=>permit();};", 1, 33, "c",      NULL,                                                    "mismatched input 'c' expecting '['"            },
    {"an empty condition",          "version=1.0;authorizationrules{[]=>permit();};",            1, 33, "]",          NULL,                                                    NULL                                            },
    {"an unknown property",         "version=1.0;authorizationrules{[kind==\"a\"]=>permit();};", 1, 33, "kind",       NULL,                                                    "mismatched input 'kind' expecting {'type', 'value', 'valueType', 'issuer'}"},
    {"a type that is missing",      "version=1.0;authorizationrules{=>add(\"a\", value=true);};", 1, 38, "\"a\"",  NULL,                                                    NULL                                            },
    {"a value that is missing",     "version=1.0;authorizationrules{=>add(type=\"a\");};",       1, 46, ")",          NULL,                                                    "type and value are required"                   },
    {"a type given twice",          "version=1.0;authorizationrules{=>add(type=\"a\",type=\"a\");};", 1, 47, "type",  NULL,                                                    "is given twice"                                },
    {"an empty type",               "version=1.0;authorizationrules{=>add(type=\"\",value=1);};", 1, 38, "type",      NULL,                                                    "a type is a string that is not empty"          },
    {"a claim of the service",      "version=1.0;authorizationrules{=>add(type=\"a\",value=1,issuer=\"AttestationService\");};", 1, 55, "issuer", NULL,                        "claims of a policy have the issuer \"AttestationPolicy\""},
    {"a kind nobody knows",         "version=1.0;authorizationrules{=>add(type=\"a\",value=1,valueType=\"Float\");};", 1, 55, "valueType", NULL,                               NULL                                            },
    {"a copy of nothing",           "version=1.0;authorizationrules{=>add(claim=c);};",          1, 44, "c",          NULL,                                                    NULL                                            },
    {"a string not closed",         "version=1.0;authorizationrules{[type==\"a]=>permit();};",   1, 39, NULL,         NULL,                                                    NULL                                            },
    {"a string over two lines",     "version=1.0;authorizationrules{[type==\"a\n\"]=>permit();};", 1, 39, NULL,       NULL,                                                    NULL                                            },
    {"an escape nobody knows",      "version=1.0;authorizationrules{[type==\"\\d\"]=>permit();};", 1, 40, "\\",      NULL,                                                   NULL                                            },
    {"a typographic quote",         "version=1.0;authorizationrules{[type==\xe2\x80\x9d" "a\"]=>permit();};", 1, 39, "\xe2\x80\x9d", NULL, "token recognition error at: '\xe2\x80\x9d'"                                             },
    {"an integer of 65 bits",       "version=1.0;authorizationrules{[value==9223372036854775808]=>permit();};", 1, 40, "9223372036854775808", NULL,                          NULL                                            },
    {"hexadecimal",                 "version=1.0;authorizationrules{[value==0xFF]=>permit();};", 1, 41, "xFF",        NULL,                                                    "mismatched input 'xFF' expecting {',', ']'}"   },
    {"a fraction",                  "version=1.0;authorizationrules{[value==1.5]=>permit();};",  1, 41, ".",          NULL,                                                    NULL                                            },
    {"a lone ampersand",            "version=1.0;authorizationrules{[value==1]&[value==1]=>permit();};", 1, 42, "&",  NULL,                                                    "token recognition error at: '&'"               },
    {"an or",                       "version=1.0;authorizationrules{[value==1]||[value==1]=>permit();};", 1, 42, "|", NULL,                                                    NULL                                            },
    {"a comment of C",              "/* */version=1.0;" AUTH,                                    1, 1,  "/",          "policy > versionInfo",                                  NULL                                            },
    {"JSON of 2018",                "{\"$version\":1}",                                          1, 1,  "{",          "policy > versionInfo",                                  "mismatched input '{' expecting 'version'"      },
    {"not UTF-8",                   "version=1.0;\xff",                                          1, 13, "\\xff",      "",                                                      "the text is not UTF-8"                         },
};
/* clang-format on */

static void refusals_say_what_and_where(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct policy *policy = NULL;
        struct policy_fault fault = {0};
        struct quoth_error err = {0};
        print_message("  %s\n", refusals[i].name);
        assert_false(policy_open(bytes_of_text(refusals[i].text), &policy, &fault, &err));
        assert_int_equal(err.code, QUOTH_POLICY_SYNTAX);
        assert_null(policy);
        if (fault.line != refusals[i].line || fault.column != refusals[i].column)
            fail_msg("%u:%u %s: %s", fault.line, fault.column, fault.symbol, fault.message);
        if (refusals[i].message)
            assert_string_equal(fault.message, refusals[i].message);
        if (refusals[i].rule)
            assert_string_equal(fault.rule, refusals[i].rule);
        if (refusals[i].symbol)
            assert_string_equal(fault.symbol, refusals[i].symbol);
        assert_int_equal(fault.offset, err.offset);
        assert_true(fault.symbol[0] && fault.message[0]);
    }
}

static void the_sentence_has_azures_shape(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer text = {0};
    struct policy *policy = NULL;
    struct policy_fault fault = {0};
    struct quoth_error err = {0};
    assert_false(policy_open(BYTES_LITERAL("version=1.0\n["), &policy, &fault, &err));
    policy_fault_write(&text, &fault);
    buffer_u8(&text, 0);
    assert_string_equal(
        (const char *)text.data,
        "Offending symbol: '['. Line: '2'. Column: '1'. Failure message: "
        "'mismatched input '[' expecting ';''. Failing rule: 'policy > versionInfo'");
    assert_string_equal(err.where, "policy > versionInfo");
    assert_int_equal(err.line, 2);
    assert_int_equal(err.column, 1);
}

static const char *const accepted[] = {
    "version=1.0;" AUTH,
    "version = 1 . 0 ;\r\n\tauthorizationrules\n{\n}\n;\n",
    "version=1.1;configurationrules{};" AUTH "issuancerules{};",
    "version=1.2;ConfigurationRules{};AUTHORIZATIONRULES{};Issuancerules{};// the end",
    "version=1.0;authorizationrules{[value=true]=>permit();};",
    "version=1.0;authorizationrules{c:[issuer==\"CustomClaim\",type!=\"$a-\\\"b\\\\\",value<=-1]"
    "&&[value==c.value,valueType==c.valueType]=>add(claim=c);};",
    "version=1.0;authorizationrules{=>add(value=-9223372036854775808,valueType=\"Integer\","
    "issuer=\"AttestationPolicy\",type=\"a\");};",
    "version=1.2;authorizationrules{![type==\"a\"]&&![type==\"b\"]=>deny();};",
};

static void what_the_grammar_has_is_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(accepted); i++) {
        AUTO(policy) struct policy *policy = NULL;
        struct quoth_error err = {0};
        print_message("  %s\n", accepted[i]);
        if (!policy_open(bytes_of_text(accepted[i]), &policy, NULL, &err))
            fail_msg("%s: %s", err.where, err.message);
        assert_true(bytes_equal(policy_source(policy), bytes_of_text(accepted[i])));
    }
}

/* clang-format off */
static const struct {
    const char *name, *before, *repeated, *after;
    size_t times;
    enum quoth_code code;
} bombs[] = {
    {"rules",       "version=1.0;authorizationrules{",                               "=>permit();",   "};",                                  1025,  QUOTH_POLICY_LIMIT },
    {"conditions",  "version=1.0;authorizationrules{[value==1]",                     "&&[value==1]",  "=>permit();};",                       100,   QUOTH_POLICY_LIMIT },
    {"tests",       "version=1.0;authorizationrules{[value==1",                      ",value==1",     "]=>permit();};",                      100,   QUOTH_POLICY_LIMIT },
    {"calls",       "version=1.2;authorizationrules{=>add(type=\"a\",value=",        "NegateBool(",   "true",                                5000,  QUOTH_POLICY_LIMIT },
    {"braces",      "version=1.2;authorizationrules",                                "{",             "",                                    5000,  QUOTH_POLICY_SYNTAX},
    {"negations",   "version=1.2;authorizationrules{",                               "!",             "",                                    5000,  QUOTH_POLICY_SYNTAX},
    {"text",        "version=1.0;//",                                                "xxxxxxxxxxxxxxxx", "",                                 4096,  QUOTH_POLICY_LIMIT },
};
/* clang-format on */

static void bombs_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bombs); i++) {
        AUTO(buffer) struct buffer text = {0};
        struct policy *policy = NULL;
        struct quoth_error err = {0};
        print_message("  %s\n", bombs[i].name);
        buffer_text(&text, bombs[i].before);
        for (size_t k = 0; k < bombs[i].times; k++)
            buffer_text(&text, bombs[i].repeated);
        buffer_text(&text, bombs[i].after);
        assert_false(policy_open(buffer_bytes(&text), &policy, NULL, &err));
        assert_int_equal(err.code, bombs[i].code);
    }
}

/* ---- published policies (maa.md 4.2): all but those that are faulty as published */

/* clang-format off */
static const struct {
    const char *file;
    const char *symbol; /* where it is faulty, or NULL */
} published[] = {
    {"docs/author-deny.txt",                 NULL},
    {"docs/author-issue-100.txt",            NULL},
    {"docs/author-overview.txt",             "}" },
    {"docs/author-permit-secureboot.txt",    NULL},
    {"docs/sgx-custom-template.txt",         "<" },
    {"docs/sgx-default-1.1.txt",             NULL},
    {"docs/sgx-multi-signer.txt",            NULL},
    {"docs/sgx-rotation-after.txt",          NULL},
    {"docs/sgx-rotation-before.txt",         NULL},
    {"docs/sgx-rotation-during.txt",         NULL},
    {"docs/sgx-tcbidentifier-11.txt",        ""  },
    {"docs/tpm-1.0.txt",                     NULL},
    {"docs/tpm-1.1-configurationrules.txt",  NULL},
    {"docs/tpm-1.2-elam.txt",                ""  },
    {"docs/tpm-concepts-1.0.txt",            NULL},
    {"docs/tpm-concepts-1.2-hvci.txt",       NULL},
    {"docs/tpm-concepts-1.2-ima.txt",        NULL},
    {"docs/tpm-drivers.txt",                 NULL},
    {"docs/tpm-functions-1.2.txt",           NULL},
    {"docs/tpm-issue-incoming.txt",          NULL},
    {"docs/tpm-key-attestation.txt",         NULL},
    {"docs/tpm-linux-signers.txt",           NULL},
    {"docs/tpm-pcr-known-hashes.txt",        NULL},
    {"docs/tpm-sample-1.0.txt",              NULL},
    {"docs/tpm-sample-1.2.txt",              NULL},
    {"docs/tpm-system-guard.txt",            NULL},
    {"docs/tpm-windows-claims.txt",          NULL},
    {"docs/vbs-enclave.txt",                 NULL},
    {"other/constellation-azureguest.txt",   NULL},
    {"sdk/draft-no-permit.txt",              NULL},
    {"sdk/draft-permit.txt",                 NULL},
    {"sdk/minimal.txt",                      NULL},
    {"svc/default-sevsnp.txt",               NULL},
    {"svc/default-sgx-2020.txt",             NULL},
    {"svc/default-sgx-2022.txt",             NULL},
    {"tools/raw.unsigned.data.for.test/add.custom.claim.txt", NULL},
    {"tools/raw.unsigned.data.for.test/deny.all.txt", NULL},
    {"tools/raw.unsigned.data.for.test/permit.secure.boot.txt", NULL},
};
/* clang-format on */

static void published_texts_are_judged_as_the_sheet_has_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(published); i++) {
        AUTO(buffer) struct buffer hold = {0};
        AUTO(policy) struct policy *policy = NULL;
        struct policy_fault fault = {0};
        struct quoth_error err = {0};
        char path[160];
        snprintf(path, sizeof path, "maa/policies/%s", published[i].file);
        const bool good = policy_open(unit_vector(path, &hold), &policy, &fault, &err);
        print_message("  %s: %s\n", published[i].file, good ? "parses" : fault.message);
        assert_int_equal(good, published[i].symbol == NULL);
        if (!good && published[i].symbol[0])
            assert_string_equal(fault.symbol, published[i].symbol);
    }
}

/* The policy in the payload of a JWS: base64url of the text, or in the preview the text itself. */
static bool read_jws(struct bytes jws, struct buffer *ret_text)
{
    AUTO(buffer) struct buffer payload = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    struct quoth_error err = {0};
    struct json member;
    const uint8_t *dot = memchr(jws.data, '.', jws.len);
    assert_non_null(dot);
    const struct bytes rest = bytes_slice(jws, (size_t)(dot - jws.data) + 1, jws.len);
    const uint8_t *end = memchr(rest.data, '.', rest.len);
    assert_non_null(end);
    assert_true(base64url_decode(bytes_slice(rest, 0, (size_t)(end - rest.data)), &payload, &err));
    assert_true(json_parse(buffer_bytes(&payload), NULL, &doc, &err));
    assert_true(json_need(json_root(&doc), "AttestationPolicy", &member, &err));
    AUTO(buffer) struct buffer text = {0}, decoded = {0};
    json_text(member, &text);
    const bool encoded = base64url_decode(buffer_bytes(&text), &decoded, &err);
    buffer_add(ret_text, encoded ? buffer_bytes(&decoded) : buffer_bytes(&text));
    return encoded;
}

/* clang-format off */
static const struct {
    const char *folder, *file;
    bool good;
} signed_policies[] = {
    {"api.version.ga-raw.signed.data.for.test",     "add.custom.claim.txt.signed.txt",                     false},
    {"api.version.ga-raw.signed.data.for.test",     "deny.all.txt.signed.txt",                             false},
    {"api.version.ga-raw.signed.data.for.test",     "permit.secure.boot.txt.signed.txt",                   false},
    {"api.version.ga-signed.data.for.test",         "SgxAllowDebugMode.txt.signed.txt",                    false},
    {"api.version.ga-signed.data.for.test",         "SgxRequireSqlServer.txt.signed.txt",                  false},
    {"api.version.ga-signed.data.for.test",         "custom.sgxenclave.policy.txt.signed.txt",             true },
    {"api.version.ga-signed.data.for.test",         "custom.openenclave.policy.txt.signed.txt",            true },
    {"api.version.ga-signed.data.for.test",         "custom.vsmenclave.policy.txt.signed.txt",             true },
    {"api.version.ga-signed.data.for.test",         "custom.cyrescomponent.policy.txt.signed.txt",         true },
    {"api.version.ga-signed.data.for.test",         "default.sgxenclave.policy.txt.signed.txt",            true },
    {"api.version.ga-signed.data.for.test",         "default.openenclave.policy.txt.signed.txt",           true },
    {"api.version.ga-signed.data.for.test",         "default.azureguest.policy.txt.signed.txt",            false},
    {"api.version.preview-signed.data.for.test",    "custom.sgxenclave.policy.txt.signed.txt",             true },
    {"api.version.preview-signed.data.for.test",    "default.sgxenclave.policy.txt.signed.txt",            true },
    {"api.version.preview-signed.data.for.test",    "SgxDisableDebugMode.txt.signed.txt",                  false},
    {"unsigned.data.for.test",                      "custom.sgxenclave.policy.txt",                        true },
    {"unsigned.data.for.test",                      "default.openenclave.policy.txt",                      true },
    {"unsigned.data.for.test",                      "SgxRequireSqlServerBogusMrSigner.txt",                false},
};
/* clang-format on */

static void policies_in_jws_are_judged_as_the_sheet_has_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(signed_policies); i++) {
        AUTO(buffer) struct buffer hold = {0}, text = {0};
        AUTO(policy) struct policy *policy = NULL;
        struct quoth_error err = {0};
        char path[200];
        snprintf(path, sizeof path, "maa/policies/tools/%s/%s", signed_policies[i].folder,
                 signed_policies[i].file);
        read_jws(unit_vector(path, &hold), &text);
        const bool good = policy_open(buffer_bytes(&text), &policy, NULL, &err);
        print_message("  %s: %s\n", signed_policies[i].file, good ? "parses" : err.message);
        assert_int_equal(good, signed_policies[i].good);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_say_what_and_where),
        cmocka_unit_test(the_sentence_has_azures_shape),
        cmocka_unit_test(what_the_grammar_has_is_taken),
        cmocka_unit_test(bombs_are_refused),
        cmocka_unit_test(published_texts_are_judged_as_the_sheet_has_it),
        cmocka_unit_test(policies_in_jws_are_judged_as_the_sheet_has_it),
    };
    return cmocka_run_group_tests_name("policy/parser", tests, NULL, NULL);
}
