#include "policy/claims_json.h"
#include "policy/explain.h"
#include "tests/unit.h"

#include "base/time.h"
#include "codec/base64.h"

#include <stdio.h>

#define AUTH "authorizationrules{=>permit();};"
#define V10(rules) "version=1.0;" AUTH "issuancerules{" rules "};"
#define V12(rules) "version=1.2;" AUTH "issuancerules{" rules "};"
#define AUTH10(rules) "version=1.0;authorizationrules{" rules "};"
#define SAMPLE                                                                                     \
    "{\"x-ms-sgx-is-debuggable\":true,\"x-ms-sgx-product-id\":1,\"x-ms-sgx-svn\":1,"               \
    "\"x-ms-sgx-mrsigner\":\"4aea5f9a0ed04b11f889aadfe6a1d376213a29a95a85ce7337ae6f7fece6610c\","  \
    "\"x-ms-sgx-mrenclave\":\"bb\",\"x-ms-attestation-type\":\"sgx\"}"
#define RELEASE                                                                                    \
    "{\"x-ms-sgx-is-debuggable\":false,\"x-ms-sgx-product-id\":1,\"x-ms-sgx-svn\":1,"              \
    "\"x-ms-sgx-mrsigner\":\"mrsigner1\",\"x-ms-sgx-mrenclave\":\"bb\","                           \
    "\"x-ms-attestation-type\":\"sgx\"}"
#define SIX                                                                                        \
    "\"is-debuggable\":true,\"product-id\":1,\"sgx-mrenclave\":\"bb\",\"sgx-mrsigner\":"           \
    "\"4aea5f9a0ed04b11f889aadfe6a1d376213a29a95a85ce7337ae6f7fece6610c\",\"svn\":1,"              \
    "\"tee\":\"sgx\""
#define SIGNER(debug, signer)                                                                      \
    "{\"x-ms-sgx-is-debuggable\":" debug ",\"x-ms-sgx-mrsigner\":\"" signer "\"}"
#define TPM(aik, boot)                                                                             \
    "{\"aikValidated\":" aik ",\"secureBootEnabled\":" boot                                        \
    ",\"bootDebuggingDisabled\":true,\"notSafeMode\":true}"
#define VARIABLE(name)                                                                             \
    "{\"EventTypeString\":\"EV_EFI_VARIABLE_DRIVER_CONFIG\",\"ProcessedData\":{\"VariableGuid\":"  \
    "\"8BE4DF61-93CA-11D2-AA0D-00E098032B8C\",\"UnicodeName\":\"" name                             \
    "\",\"VariableData\":\"AQ\"}}"
#define PCR(index, digest) "{\"Index\":" index ",\"Digests\":{\"SHA256\":\"" digest "\"}}"
#define PCRS(second)                                                                               \
    "{\"pcrs\":{\"PCRs\":[" PCR(                                                                   \
        "0",                                                                                       \
        "4c833b1c361fceffd8dc0f81eec76081b71e1a0eb2193caed0b6e1c7735"                              \
        "ec33e") "," PCR("1",                                                                      \
                         "8c25e3be6ad6f5bd33c9ae40d5d5461e88c1a"                                   \
                         "7366df0c9ee5c7e5ff40d3d1d0e") "," PCR("2",                               \
                                                                second) "," PCR("3",               \
                                                                                "3d458cfe55cc03ea" \
                                                                                "1f443f1562beec8d" \
                                                                                "f51c75e14a9fcf9a" \
                                                                                "7234a13f198e796"  \
                                                                                "9") "]}}"
#define KEY(kty, attr)                                                                             \
    "{\"x-ms-tpm-request-key\":{\"jwk\":{\"kty\":\"" kty                                           \
    "\"},\"info\":{\"tpm_certify\":{\"obj_attr\":" attr "}}}}"
#define VBS(svn, image)                                                                            \
    "{\"vsmReportPresent\":true,\"enclaveAuthorId\":"                                              \
    "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","                                             \
    "\"enclaveImageId\":\"" image "\",\"enclaveSvn\":" svn "}"
#define AZURE(third)                                                                               \
    "{\"x-ms-azurevm-default-securebootkeysvalidated\":true,\"x-ms-azurevm-debuggersdisabled\":"   \
    "true,\"x-ms-azurevm-signingdisabled\":" third                                                 \
    ",\"x-ms-azurevm-dbvalidated\":true,\"x-ms-azurevm-dbxvalidated\":true}"
#define TCB(status, date, number)                                                                  \
    "{\"x-quoth-tcb-status\":\"" status "\",\"x-quoth-tcb-date\":\"" date                          \
    "\",\"x-quoth-tcb-evaluation-number\":" number "}"
#define BASELINE(id)                                                                               \
    "version=1.1;configurationrules{=>issueproperty(type=\"x-ms-sgx-tcbidentifier\",value=" id     \
    ");};" AUTH
#define RESULT(call) "c:[type==\"c\"] => issue(type=\"r\", value=" call ");"
#define RESULT2(call) "c:[type==\"c\"] && d:[type==\"d\"] => issue(type=\"r\", value=" call ");"

struct row {
    const char *name;   /* begins with the number of its row in maa.md 4.11, if it has one */
    const char *policy; /* text, or a file below maa/policies if it begins with '/' */
    const char *claims;
    const char *issued; /* JSON, or NULL when it is refused */
    enum quoth_code code;
};

static void judge(const struct row *row, struct bytes text)
{
    AUTO(policy) struct policy *policy = NULL;
    AUTO(claims) struct claims *issued = claims_open();
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(buffer) struct buffer out = {0};
    struct quoth_error err = {0};
    print_message("  %s\n", row->name);
    if (!policy_open(text, &policy, NULL, &err))
        fail_msg("%s: %s", err.where, err.message);
    assert_true(json_parse(bytes_of_text(row->claims), NULL, &doc, &err));
    for (int traced = 0; traced < 2; traced++) {
        AUTO(policy_evaluation) struct policy_evaluation e = POLICY_EVALUATION_INIT;
        e.traced = traced;
        if (!policy_read_claims(json_root(&doc), &e, &err))
            fail_msg("%s: %s", err.where, err.message);
        policy_evaluate(policy, &e);
        if (e.error.code != row->code)
            fail_msg("%s: %s", e.error.where, e.error.message);
        assert_true((e.trace != NULL) == traced);
        if (traced && row->code == QUOTH_OK)
            assert_true(policy_issued(&e, issued, &err));
    }
    claims_write(&out, issued);
    buffer_u8(&out, 0);
    assert_string_equal((const char *)out.data, row->issued ? row->issued : "{}");
}

/* A text, or what a file holds: a text, or a JWS with a text in it (maa.md 1.7). */
static struct bytes read_policy(const char *policy, struct buffer *hold)
{
    AUTO(buffer) struct buffer payload = {0}, jws = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    struct quoth_error err = {0};
    struct bytes encoded;
    char path[160];
    snprintf(path, sizeof path, "maa/policies%s", policy);
    if (!strstr(path, ".jwt"))
        return unit_vector(path, hold);
    const struct bytes all = unit_vector(path, &jws);
    const uint8_t *dot = memchr(all.data, '.', all.len);
    const struct bytes rest = bytes_slice(all, (size_t)(dot - all.data) + 1, all.len);
    const uint8_t *end = memchr(rest.data, '.', rest.len);
    assert_true(base64url_decode(bytes_slice(rest, 0, (size_t)(end - rest.data)), &payload, &err));
    assert_true(json_parse(buffer_bytes(&payload), NULL, &doc, &err));
    assert_true(json_need_plain(json_root(&doc), "AttestationPolicy", &encoded, &err));
    buffer_clear(hold);
    assert_true(base64url_decode(encoded, hold, &err));
    return buffer_bytes(hold);
}

/* clang-format off */
static const struct row rows[] = {
    {"1 a query over a literal", V12("=>issue(type=\"r\", value=JmesPath(\"{\\\"foo\\\": \\\"bar\\\"}\", \"foo\"));"), "{}", "{\"r\":\"bar\"}", 0},
    {"2 a query in a claim", V12(RESULT2("JmesPath(c.value, d.value)")), "{\"c\":{\"values\":[0,1,2,3,4]},\"d\":\"values[2]\"}", "{\"r\":\"2\"}", 0},
    {"3 an integer of JSON", V12(RESULT("JsonToClaimValue(c.value)")), "{\"c\":\"100\"}", "{\"r\":100}", 0},
    {"4 a boolean of JSON", V12(RESULT("JsonToClaimValue(c.value)")), "{\"c\":\"true\"}", "{\"r\":true}", 0},
    {"5 bare text", V12(RESULT("JsonToClaimValue(c.value)")), "{\"c\":\"abc\"}", "{\"r\":\"abc\"}", 0},
    {"a string of JSON", V12(RESULT("JsonToClaimValue(c.value)")), "{\"c\":\"\\\"abc\\\"\"}", "{\"r\":\"abc\"}", 0},
    {"hexadecimal that begins as a number", V12(RESULT("JsonToClaimValue(c.value)")), "{\"c\":\"4aea\"}", "{\"r\":\"4aea\"}", 0},
    {"6 an array of JSON", V12(RESULT("JsonToClaimValue(c.value)")), "{\"c\":\"[0, \\\"abc\\\", true]\"}", "{\"r\":[0,\"abc\",true]}", 0},
    {"an array with nulls", V12(RESULT("JsonToClaimValue(c.value)")), "{\"c\":\"[null, 1]\"}", "{\"r\":1}", 0},
    {"7 null makes no claim", V12(RESULT("JsonToClaimValue(c.value)")), "{\"c\":\"null\"}", "{}", 0},
    {"8 a fraction", V12(RESULT("JsonToClaimValue(c.value)")), "{\"c\":\"1.5\"}", NULL, QUOTH_POLICY_EVALUATION},
    {"9 an object", V12(RESULT("JsonToClaimValue(c.value)")), "{\"c\":\"{\\\"a\\\":1}\"}", NULL, QUOTH_POLICY_EVALUATION},
    {"9 an array in an array", V12(RESULT("JsonToClaimValue(c.value)")), "{\"c\":\"[[1]]\"}", NULL, QUOTH_POLICY_EVALUATION},
    {"an array that is not closed", V12(RESULT("JsonToClaimValue(c.value)")), "{\"c\":\"[1\"}", NULL, QUOTH_POLICY_EVALUATION},
    {"an integer of 65 bits", V12(RESULT("JsonToClaimValue(c.value)")), "{\"c\":\"9223372036854775808\"}", NULL, QUOTH_POLICY_EVALUATION},
    {"an integer is not JSON text", V12(RESULT("JsonToClaimValue(c.value)")), "{\"c\":1}", NULL, QUOTH_POLICY_EVALUATION},
    {"10 a subset", V12(RESULT2("IsSubsetOf(c.value, d.value)")), "{\"c\":[\"abc\",100],\"d\":[true,\"abc\",100]}", "{\"r\":true}", 0},
    {"no subset", V12(RESULT2("IsSubsetOf(c.value, d.value)")), "{\"c\":[\"abc\",100,\"100\"],\"d\":[true,\"abc\",100]}", "{\"r\":false}", 0},
    {"11 strings joined", V12(RESULT2("AppendString(c.value, d.value)")), "{\"c\":\"abc\",\"d\":\"xyz\"}", "{\"r\":\"abcxyz\"}", 0},
    {"empty strings joined", V12(RESULT2("AppendString(c.value, d.value)")), "{\"c\":\"\",\"d\":\"\"}", "{\"r\":\"\"}", 0},
    {"joined with each of several", V12(RESULT2("AppendString(c.value, d.value)")), "{\"c\":[\"a\",\"b\"],\"d\":[\"x\",\"y\"]}", "{\"r\":[\"ax\",\"bx\",\"ay\",\"by\"]}", 0},
    {"one claim is joined with itself", V12(RESULT("AppendString(c.value, c.value)")), "{\"c\":[\"a\",\"b\"]}", "{\"r\":[\"aa\",\"bb\"]}", 0},
    {"a number is no string", V12(RESULT2("AppendString(c.value, d.value)")), "{\"c\":\"abc\",\"d\":1}", NULL, QUOTH_POLICY_EVALUATION},
    {"12 a negation", V12(RESULT("NegateBool(c.value)")), "{\"c\":true}", "{\"r\":false}", 0},
    {"a string is no boolean", V12(RESULT("NegateBool(c.value)")), "{\"c\":\"true\"}", NULL, QUOTH_POLICY_EVALUATION},
    {"13 not only that value", V12(RESULT("ContainsOnlyValue(c.value, 100)")), "{\"c\":[100,101]}", "{\"r\":false}", 0},
    {"13 only that value", V12(RESULT("ContainsOnlyValue(c.value, 100)")), "{\"c\":100}", "{\"r\":true}", 0},
    {"13 an empty set", V12("=>issue(type=\"r\", value=ContainsOnlyValue(JsonToClaimValue(\"[]\"), 100));"), "{}", "{\"r\":false}", 0},
    {"only a value of another kind", V12(RESULT("ContainsOnlyValue(c.value, \"100\")")), "{\"c\":100}", "{\"r\":false}", 0},
    {"several values where one is due", V12(RESULT("ContainsOnlyValue(c.value, JsonToClaimValue(\"[1,2]\"))")), "{\"c\":100}", NULL, QUOTH_POLICY_EVALUATION},
    {"a query of an empty string", V12(RESULT("JmesPath(c.value, \"a\")")), "{\"c\":\"\"}", NULL, QUOTH_POLICY_EVALUATION},
    {"a query that is none", V12(RESULT("JmesPath(c.value, \"a[\")")), "{\"c\":\"{}\"}", NULL, QUOTH_JMESPATH_SYNTAX},
    {"a query that fails", V12(RESULT("JmesPath(c.value, \"length(a)\")")), "{\"c\":\"{}\"}", NULL, QUOTH_JMESPATH_EVALUATION},
    {"a query over what is not JSON", V12(RESULT("JmesPath(c.value, \"a\")")), "{\"c\":\"{\"}", NULL, QUOTH_POLICY_EVALUATION},
    {"no match is the text null", V12(RESULT("JmesPath(c.value, \"a\")")), "{\"c\":\"{}\"}", "{\"r\":\"null\"}", 0},
    {"14 absent", V12("![type==\"n\"] => issue(type=\"n\", value=300);"), "{\"a\":100,\"b\":200}", "{\"n\":300}", 0},
    {"14 present", V12("![type==\"n\"] => issue(type=\"n\", value=300);"), "{\"a\":100,\"n\":200}", "{}", 0},
    {"15 16 a join", V10("F1:[type==\"OSName\", issuer==\"CustomClaim\"] && C2:[type==\"OSName\", issuer==\"AttestationService\", value==F1.value] => issueproperty(type=\"report_validity_in_minutes\", value=1440);"
                      "F1:[type==\"OSName\", issuer==\"CustomClaim\"] && C2:[type==\"OSName\", issuer==\"AttestationService\", value==F1.value] => issue(claim = C2);"),
     "[{\"type\":\"OSName\",\"value\":\"W\",\"issuer\":\"CustomClaim\"},{\"type\":\"OSName\",\"value\":\"W\"}]", "{\"OSName\":\"W\"}", 0},
    {"15 16 a join of what differs", V10("F1:[type==\"OSName\", issuer==\"CustomClaim\"] && C2:[type==\"OSName\", issuer==\"AttestationService\", value==F1.value] => issue(claim = C2);"),
     "[{\"type\":\"OSName\",\"value\":\"W\",\"issuer\":\"CustomClaim\"},{\"type\":\"OSName\",\"value\":\"L\"}]", "{}", 0},
    {"a join leaves what pairs", V10("c:[type==\"c\"] && [type==\"d\", value==c.value] => issue(type=\"r\", value=c.value);"), "{\"c\":[1,2,3],\"d\":[2,3,4]}", "{\"r\":[2,3]}", 0},
    {"both tests hold for one pair", V10("c:[type==\"c\"] && [type==\"d\", value>c.value, value!=c.value] => issue(type=\"r\", value=c.value);"), "{\"c\":[1,5],\"d\":[2]}", "{\"r\":1}", 0},
    {"17 below", AUTH10("[type==\"x\", value>=1] => permit();"), "{\"x\":0}", NULL, QUOTH_POLICY_NOT_PERMITTED},
    {"17 reached", AUTH10("[type==\"x\", value>=1] => permit();"), "{\"x\":1}", "{}", 0},
    {"order of a string does not hold", AUTH10("[type==\"x\", value>=1] => permit();"), "{\"x\":\"1\"}", NULL, QUOTH_POLICY_NOT_PERMITTED},
    {"order of strings does not hold", AUTH10("[type==\"x\", value>=\"a\"] => permit();"), "{\"x\":\"b\"}", NULL, QUOTH_POLICY_NOT_PERMITTED},
    {"kinds are never equal", AUTH10("[type==\"x\", value==\"true\"] => permit();"), "{\"x\":true}", NULL, QUOTH_POLICY_NOT_PERMITTED},
    {"the case of strings counts", AUTH10("[type==\"x\", value==\"AB\"] => permit();"), "{\"x\":\"ab\"}", NULL, QUOTH_POLICY_NOT_PERMITTED},
    {"unequal needs a claim", AUTH10("[type==\"x\", value!=1] => permit();"), "{\"y\":2}", NULL, QUOTH_POLICY_NOT_PERMITTED},
    {"valueType", AUTH10("[type==\"x\", valueType==\"Integer\"] => permit();"), "{\"x\":2}", "{}", 0},
    {"18 no conditions", V10("=>issue(type=\"r\", value=1);"), "{}", "{\"r\":1}", 0},
    {"deny after permit", AUTH10("=>permit();[type==\"x\"] => deny();"), "{\"x\":0}", NULL, QUOTH_POLICY_DENIED},
    {"added claims are seen at once", AUTH10("=>add(type=\"a\", value=1);[type==\"a\", issuer==\"AttestationPolicy\"] => permit();"), "{}", "{}", 0},
    {"but not by rules before", AUTH10("[type==\"a\"] => permit();=>add(type=\"a\", value=1);"), "{}", NULL, QUOTH_POLICY_NOT_PERMITTED},
    {"a policy is not the service", AUTH10("=>add(type=\"a\", value=1);[type==\"a\", issuer==\"AttestationService\"] => permit();"), "{}", NULL, QUOTH_POLICY_NOT_PERMITTED},
    {"what authorization issues stays inside", "version=1.0;authorizationrules{=>issue(type=\"a\", value=1);[type==\"a\"] => permit();};", "{}", "{}", 0},
    {"added claims are not issued", V10("=>add(type=\"a\", value=1);[type==\"a\"] => issue(type=\"b\", value=2);"), "{}", "{\"b\":2}", 0},
    {"the same claim is issued once", V10("=>issue(type=\"a\", value=1);=>issue(type=\"a\", value=1);"), "{}", "{\"a\":1}", 0},
    {"a name with two values is an array", V10("=>issue(type=\"a\", value=1);=>issue(type=\"a\", value=\"1\");"), "{}", "{\"a\":[1,\"1\"]}", 0},
    {"a negated condition binds nothing", V12("![type==\"x\"] && c:[type==\"y\"] => issue(type=\"a\", value=c.value);"), "{\"y\":1}", "{\"a\":1}", 0},
    {"types from claims", V10("c:[type==\"x\"] => issue(type=c.value, value=c.type);"), "{\"x\":[\"a\",\"b\"]}", "{\"a\":\"x\",\"b\":\"x\"}", 0},
    {"a type is a string", V10("c:[type==\"x\"] => issue(type=c.value, value=c.type);"), "{\"x\":1}", NULL, QUOTH_POLICY_EVALUATION},
    {"a type is not empty", V10("c:[type==\"x\"] => issue(type=c.value, value=c.type);"), "{\"x\":\"\"}", NULL, QUOTH_POLICY_EVALUATION},
    {"a kind that is not the value's", V10("c:[type==\"x\"] => issue(type=\"a\", value=c.value, valueType=\"String\");"), "{\"x\":1}", NULL, QUOTH_POLICY_EVALUATION},
    {"read-only claims are not issued", V12("c:[type==\"pcrs\"] => issue(type=\"a\", value=c.value);"), "{\"pcrs\":{}}", NULL, QUOTH_POLICY_EVALUATION},
    {"nor what is made of them", V12("c:[type==\"pcrs\"] => issue(type=\"a\", value=JsonToClaimValue(JmesPath(c.value, \"a\")));"), "{\"pcrs\":{\"a\":1}}", NULL, QUOTH_POLICY_EVALUATION},
    {"nor by way of another claim", V12("c:[type==\"pcrs\"] => add(type=\"b\", value=c.value);c:[type==\"b\"] => issue(claim=c);"), "{\"pcrs\":{\"a\":1}}", NULL, QUOTH_POLICY_EVALUATION},
    {"a question about them is", V12("c:[type==\"pcrs\"] => issue(type=\"a\", value=IsSubsetOf(c.value, c.value));"), "{\"pcrs\":{\"a\":1}}", "{\"a\":true}", 0},
    {"our own claims need their name", AUTH10("[value==true] => deny();=>permit();"), "{\"x-quoth-simulated\":true}", "{}", 0},
    {"and are seen by it", AUTH10("[type==\"x-quoth-simulated\", value==true] => deny();=>permit();"), "{\"x-quoth-simulated\":true}", NULL, QUOTH_POLICY_DENIED},
    {"an error in issuance refuses", V12("=>issue(type=\"a\", value=NegateBool(1));"), "{}", NULL, QUOTH_POLICY_EVALUATION},
    {"a property nobody knows", V10("=>issueproperty(type=\"a\", value=1);"), "{}", NULL, QUOTH_POLICY_EVALUATION},
    {"a property in the wrong place", V10("=>issueproperty(type=\"required_pcr_mask\", value=1);"), "{}", NULL, QUOTH_POLICY_EVALUATION},
    {"a property out of range", V10("=>issueproperty(type=\"report_validity_in_minutes\", value=525601);"), "{}", NULL, QUOTH_POLICY_EVALUATION},
    {"a property of another kind", V10("=>issueproperty(type=\"omit_x5c\", value=1);"), "{}", NULL, QUOTH_POLICY_EVALUATION},
    {"50 below the baseline", BASELINE("\"11\""), TCB("OutOfDate", "2020-11-11T00:00:00Z", "17"), NULL, QUOTH_POLICY_PRECONDITION},
    {"50 above it", BASELINE("\"11\""), TCB("OutOfDate", "2021-11-10T00:00:00Z", "17"), "{}", 0},
    {"50 up to date", BASELINE("\"11\""), TCB("SWHardeningNeeded", "2020-11-11T00:00:00Z", "17"), "{}", 0},
    {"collateral older than the baseline", BASELINE("\"15\""), TCB("UpToDate", "2022-11-08T00:00:00Z", "14"), NULL, QUOTH_POLICY_PRECONDITION},
    {"a revoked platform", BASELINE("\"11\""), TCB("Revoked", "2018-01-04T00:00:00Z", "17"), NULL, QUOTH_POLICY_PRECONDITION},
    {"a baseline nobody knows", BASELINE("\"9\""), TCB("UpToDate", "2024-03-13T00:00:00Z", "17"), NULL, QUOTH_POLICY_EVALUATION},
    {"a baseline without a TCB", BASELINE("\"11\""), "{}", NULL, QUOTH_POLICY_PRECONDITION},
    {"51 the default baseline", BASELINE("\"azuredefault\""), "{}", "{}", 0},
    {"41 an AK certificate that does not verify", V10(""), "{\"aikValidated\":false}", NULL, QUOTH_POLICY_PRECONDITION},
    {"an AK certificate is not excused by a policy's claim", "version=1.1;configurationrules{[type==\"x\"]=>issueproperty(type=\"require_valid_aik_cert\",value=false);};" AUTH, "{\"aikValidated\":false}", NULL, QUOTH_POLICY_PRECONDITION},
};
/* clang-format on */

static void rules_do_what_the_sheet_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        judge(&rows[i], bytes_of_text(rows[i].policy));
}

/* clang-format off */
static const struct row published[] = {
    {"19 deny", "/docs/author-deny.txt", SAMPLE, NULL, QUOTH_POLICY_DENIED},
    {"20 secure boot", "/docs/author-permit-secureboot.txt", "{\"secureBootEnabled\":true}", "{}", 0},
    {"21 false", "/docs/author-permit-secureboot.txt", "{\"secureBootEnabled\":false}", NULL, QUOTH_POLICY_NOT_PERMITTED},
    {"21 absent", "/docs/author-permit-secureboot.txt", "{}", NULL, QUOTH_POLICY_NOT_PERMITTED},
    {"21 another issuer", "/docs/author-permit-secureboot.txt", "[{\"type\":\"secureBootEnabled\",\"value\":true,\"issuer\":\"CustomClaim\"}]", NULL, QUOTH_POLICY_NOT_PERMITTED},
    {"22 the value 100 is issued", "/docs/author-issue-100.txt", "{\"secureBootEnabled\":true}", "{\"SecurityLevelValue\":100}", 0},
    {"23 the SDK's draft", "/sdk/draft-permit.txt", SAMPLE, "{\"custom-name\":\"4aea5f9a0ed04b11f889aadfe6a1d376213a29a95a85ce7337ae6f7fece6610c\"}", 0},
    {"24 the SDK's other draft", "/sdk/draft-no-permit.txt", SAMPLE, NULL, QUOTH_POLICY_NOT_PERMITTED},
    {"25 minimal", "/sdk/minimal.txt", SAMPLE, "{}", 0},
    {"26 default 2022", "/svc/default-sgx-2022.txt", SAMPLE, "{" SIX "}", 0},
    {"27 default 2020", "/svc/default-sgx-2020.txt", SAMPLE, "{" SIX "}", 0},
    {"28 default 2020, not SGX", "/svc/default-sgx-2020.txt", "{}", NULL, QUOTH_POLICY_NOT_PERMITTED},
    {"29 signed, debug", "/docs/sgx-signed.jwt", SAMPLE, NULL, QUOTH_POLICY_DENIED},
    {"30 signed, release", "/docs/sgx-signed.jwt", RELEASE, "{\"NotDebuggable\":false,\"is-debuggable\":false,\"product-id\":1,\"sgx-mrenclave\":\"bb\",\"sgx-mrsigner\":\"mrsigner1\",\"svn\":1,\"tee\":\"sgx\"}", 0},
    {"33 first signer", "/docs/sgx-multi-signer.txt", SIGNER("true", "mrsigner1"), "{}", 0},
    {"33 second signer", "/docs/sgx-multi-signer.txt", SIGNER("true", "mrsigner2"), "{}", 0},
    {"34 third signer", "/docs/sgx-multi-signer.txt", SIGNER("true", "mrsigner3"), NULL, QUOTH_POLICY_NOT_PERMITTED},
    {"34 not debug", "/docs/sgx-multi-signer.txt", SIGNER("false", "mrsigner1"), NULL, QUOTH_POLICY_NOT_PERMITTED},
    {"35 before, first", "/docs/sgx-rotation-before.txt", SIGNER("false", "mrsigner1"), "{}", 0},
    {"35 before, second", "/docs/sgx-rotation-before.txt", SIGNER("false", "mrsigner2"), NULL, QUOTH_POLICY_NOT_PERMITTED},
    {"36 during, first", "/docs/sgx-rotation-during.txt", SIGNER("false", "mrsigner1"), "{}", 0},
    {"36 during, second", "/docs/sgx-rotation-during.txt", SIGNER("false", "mrsigner2"), "{}", 0},
    {"37 after, first", "/docs/sgx-rotation-after.txt", SIGNER("false", "mrsigner1"), NULL, QUOTH_POLICY_NOT_PERMITTED},
    {"37 after, second", "/docs/sgx-rotation-after.txt", SIGNER("false", "mrsigner2"), "{}", 0},
    {"38 TPM 1.0", "/docs/tpm-1.0.txt", TPM("true", "true"), "{\"PlatformAttested\":true}", 0},
    {"39 TPM 1.0, one is false", "/docs/tpm-1.0.txt", TPM("true", "false"), "{}", 0},
    {"40 TPM 1.1", "/docs/tpm-1.1-configurationrules.txt", TPM("false", "true"), "{\"PlatformAttested\":false}", 0},
    {"41 TPM 1.0, AK certificate", "/docs/tpm-1.0.txt", TPM("false", "true"), NULL, QUOTH_POLICY_PRECONDITION},
    {"42 secure boot in the log", "/docs/tpm-functions-1.2.txt", "{\"events\":{\"Events\":[" VARIABLE("SecureBoot") "," VARIABLE("PK") "]}}", "{\"secureBootEnabled\":true}", 0},
    {"43 not in the log", "/docs/tpm-functions-1.2.txt", "{\"events\":{\"Events\":[" VARIABLE("PK") "]}}", "{\"secureBootEnabled\":false}", 0},
    {"twice in the log", "/docs/tpm-functions-1.2.txt", "{\"events\":{\"Events\":[" VARIABLE("SecureBoot") "," VARIABLE("SecureBoot") "]}}", "{\"secureBootEnabled\":false}", 0},
    {"44 no log", "/docs/tpm-functions-1.2.txt", "{}", "{\"secureBootEnabled\":false}", 0},
    {"45 known PCRs", "/docs/tpm-pcr-known-hashes.txt", PCRS("3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969"), "{}", 0},
    {"45 one differs", "/docs/tpm-pcr-known-hashes.txt", PCRS("3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7968"), NULL, QUOTH_POLICY_NOT_PERMITTED},
    {"46 VBS", "/docs/vbs-enclave.txt", VBS("0", "AQEAAAAAAAAAAAAAAAAAAA"), "{}", 0},
    {"46 another image", "/docs/vbs-enclave.txt", VBS("0", "AQEAAAAAAAAAAAAAAAAAAB"), NULL, QUOTH_POLICY_NOT_PERMITTED},
    {"46 a negative version", "/docs/vbs-enclave.txt", VBS("-1", "AQEAAAAAAAAAAAAAAAAAAA"), NULL, QUOTH_POLICY_NOT_PERMITTED},
    {"47 a key", "/docs/tpm-key-attestation.txt", KEY("RSA", "50"), "{}", 0},
    {"47 a key that is not RSA", "/docs/tpm-key-attestation.txt", KEY("EC", "50"), "{}", 0},
    {"47 other attributes", "/docs/tpm-key-attestation.txt", KEY("RSA", "51"), NULL, QUOTH_POLICY_NOT_PERMITTED},
    {"48 events out", "/docs/tpm-issue-incoming.txt", "{\"events\":{\"Events\":[]},\"bootEvents\":{\"a\":1}}", "{\"outputBootEvents\":\"{\\\"a\\\":1}\",\"outputEvents\":\"{\\\"Events\\\":[]}\"}", 0},
    {"49 no DRTM event", "/docs/tpm-system-guard.txt", "{\"events\":{\"Events\":[]}}", "{\"drtmMleValid\":false}", 0},
    {"a DRTM event", "/docs/tpm-system-guard.txt",
     "{\"events\":{\"Events\":[{\"EventSeq\":4,\"EventTypeString\":\"EV_EVENT_TAG\",\"PcrIndex\":20,\"ProcessedData\":{\"EVENT_TRUSTBOUNDARY\":{\"x\":1},\"EVENT_DRTM_SMM\":{\"Value\":30}}},"
     "{\"EventSeq\":5,\"EventTypeString\":\"EV_EVENT_TAG\",\"PcrIndex\":20,\"ProcessedData\":{\"EVENT_TRUSTBOUNDARY\":{\"EVENT_DRTM_STATE_AUTH\":{\"SignatureValid\":true}}}}]}}",
     "{\"drtmMleValid\":true,\"smmLevel\":30}", 0},
    {"51 today's default", "/docs/sgx-default-1.1.txt", SAMPLE, "{" SIX "}", 0},
    {"52 default SNP", "/svc/default-sevsnp.txt", "{}", "{}", 0},
    {"53 all true", "/other/constellation-azureguest.txt", AZURE("true"), "{}", 0},
    {"53 one false", "/other/constellation-azureguest.txt", AZURE("false"), NULL, QUOTH_POLICY_DENIED},
    {"54 absent", "/other/constellation-azureguest.txt", "{}", "{}", 0},
    {"58 a custom claim", "/tools/raw.unsigned.data.for.test/add.custom.claim.txt", "{\"secureBootEnabled\":true}", "{\"SecurityLevelValue\":100}", 0},
};
/* clang-format on */

static void published_policies_do_what_the_sheet_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(published); i++) {
        AUTO(buffer) struct buffer hold = {0};
        judge(&published[i], read_policy(published[i].policy, &hold));
    }
}

/* Puts values where a published text leaves them open, or mends what is wrong with it. */
static void replace(struct buffer *text, const char *from, const char *to)
{
    const struct bytes what = bytes_of_text(from);
    const uint8_t *at = memmem(text->data, text->len, what.data, what.len);
    assert_non_null(at);
    AUTO(buffer) struct buffer out = {0};
    const size_t before = (size_t)(at - text->data);
    buffer_add(&out, bytes_slice(buffer_bytes(text), 0, before));
    buffer_text(&out, to);
    buffer_add(&out, bytes_slice(buffer_bytes(text), before + what.len, text->len));
    buffer_clear(text);
    *text = take_value(out);
}

static void published_texts_that_were_mended(void **state)
{
    (void)state;
    static const struct row template[] = {
        {"31 as wanted", "", RELEASE, "{\"me\":\"mrsigner1\"}", 0                         },
        {"32 debug",     "", SAMPLE,  NULL,                     QUOTH_POLICY_NOT_PERMITTED},
    };
    static const struct row baseline[] = {
        {"50 below", "", TCB("OutOfDate", "2020-11-11T00:00:00Z", "17"), NULL,
         QUOTH_POLICY_PRECONDITION                                              },
        {"50 above", "", TCB("UpToDate",  "2024-03-13T00:00:00Z", "17"), "{}", 0},
    };
    AUTO(buffer) struct buffer text = {0};
    unit_vector("maa/policies/docs/sgx-custom-template.txt", &text);
    replace(&text, "<product-id>", "1");
    replace(&text, "<mrsigner>", "mrsigner1");
    replace(&text, "<custom-name>", "me");
    for (size_t i = 0; i < COUNT(template); i++)
        judge(&template[i], buffer_bytes(&text));
    unit_vector("maa/policies/docs/sgx-tcbidentifier-11.txt", &text);
    replace(&text, "\xe2\x80\x9d", "\"");
    for (size_t i = 0; i < COUNT(baseline); i++)
        judge(&baseline[i], buffer_bytes(&text));
    static const struct row both = {"55 permit beside deny", "", "{}", NULL, QUOTH_POLICY_DENIED};
    unit_vector("maa/policies/docs/author-deny.txt", &text);
    replace(&text, "=>deny();", "=>deny();=> permit();");
    judge(&both, buffer_bytes(&text));
}

static void refusals_name_the_rule(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(policy) struct policy *p = NULL;
    AUTO(claims) struct claims *in = claims_open(), *issued = claims_open();
    const struct bytes text = BYTES_LITERAL("version=1.0;\nauthorizationrules{\n  =>permit();\n"
                                            "  c:[type==\"svn\"] => deny();\n};");
    assert_true(policy_open(text, &p, NULL, &err));
    claims_add_int(in, CLAIM_FROM_EVIDENCE, "svn", 1);
    assert_false(policy_decide(p, in, issued, &err));
    assert_int_equal(err.code, QUOTH_POLICY_DENIED);
    assert_string_equal(err.where, "authorizationrules, rule 2");
    assert_int_equal(err.line, 4);
    assert_int_equal(err.column, 3);
    assert_string_equal(err.message, "A Deny claim was issued, authorization failed.");
    assert_true(bytes_equal(bytes_slice(text, err.offset, 2), BYTES_LITERAL("c:")));
    assert_int_equal(claims_count(issued), 0);
}

/* What a refusal tells whoever sent the evidence: which condition, about which claims, and not which
 * values would have passed. */
static const struct {
    const char *name, *rules, *where, *found;
    unsigned line, column;
} told[] = {
    {"denied",       "[type==\"svn\",value<5]=>deny();=>permit();",           "authorizationrules, rule 1",
     "all conditions of the rule hold; the first is about svn",                                                                                                                        1, 32},
    {"always",       "=>permit();=>deny();",                                  "authorizationrules, rule 2",
     "the rule has no conditions: it denies always",                                                                                                                                   1, 43},
    {"a value",      "[type==\"svn\"]&&[type==\"svn\",value==77]=>permit();",
     "authorizationrules, rule 1",                                                                          "condition 2 of the rule does not hold: no claim passes its tests on svn", 1, 32},
    {"no such",      "[type==\"signer\",value==\"secret\"]=>permit();",       "authorizationrules, rule 1",
     "condition 1 of the rule does not hold: no claim passes its tests on signer",                                                                                                     1, 32},
    {"excluded",     "![type==\"svn\"]=>permit();",                           "authorizationrules, rule 1",
     "condition 1 of the rule does not hold: there is a claim that it excludes, about svn",                                                                                            1, 32},
    {"any type",     "[value==78]=>permit();",                                "authorizationrules, rule 1",
     "condition 1 of the rule does not hold: no claim passes its tests on claims of any type",                                                                                         1,
     32                                                                                                                                                                                     },
    {"the first",    "[value==78]=>permit();[value==79]=>permit();",          "authorizationrules, rule 1",
     "condition 1 of the rule does not hold: no claim passes its tests on claims of any type",                                                                                         1,
     32                                                                                                                                                                                     },
    {"nothing ever", "",                                                      "authorizationrules",         "no rule that permits",                                                    0, 0 },
};

static void refusals_tell_what_to_look_at(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(told); i++) {
        struct quoth_error err = {0};
        AUTO(policy) struct policy *p = NULL;
        AUTO(claims) struct claims *in = claims_open(), *issued = claims_open();
        char text[512];
        print_message("  %s\n", told[i].name);
        snprintf(text, sizeof text, "version=1.2;authorizationrules{%s};", told[i].rules);
        assert_true(policy_open(bytes_of_text(text), &p, NULL, &err));
        claims_add_int(in, CLAIM_FROM_EVIDENCE, "svn", 1);
        assert_false(policy_decide(p, in, issued, &err));
        assert_string_equal(err.where, told[i].where);
        assert_string_equal(err.found, told[i].found);
        assert_int_equal(err.line, told[i].line);
        assert_int_equal(err.column, told[i].column);
    }
}

/* ---- what a policy can make costly */

static void repeat(struct buffer *to, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buffer_text(to, text);
}

/* clang-format off */
static const struct {
    const char *name, *before, *repeated, *after;
    size_t times;
} bombs[] = {
    {"every pair of claims", "version=1.0;authorizationrules{", "a:[issuer!=\"x\"] && b:[value!=a.value] && [value!=b.value] => permit();", "};", 400},
    {"every triple of claims", "version=1.0;authorizationrules{", "a:[issuer!=\"x\"] && b:[issuer!=\"x\"] && c:[issuer!=\"x\"] => add(type=a.type, value=b.value);", "};", 9},
    {"a string that doubles", "version=1.2;authorizationrules{=>add(type=\"s\", value=\"0123456789abcdef\");", "c:[type==\"s\"] && d:[type==\"s\"] => add(type=\"s\", value=AppendString(c.value, d.value));", "};", 200},
    {"claims without end", "version=1.2;authorizationrules{=>add(type=\"s\", value=\"x\");", "c:[type==\"s\"] => add(type=\"s\", value=AppendString(c.value, \"x\"));", "};", 1000},
    {"a query again and again", "version=1.2;authorizationrules{", "c:[type==\"events\"] => add(type=\"r\", value=JmesPath(c.value, \"sort_by(e, &a)\"));", "};", 500},
    {"claims for the token", "version=1.2;" AUTH "issuancerules{=>add(type=\"s\", value=JsonToClaimValue(\"[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]\"));", "a:[type==\"s\"] && b:[type==\"s\"] => issue(type=AppendString(JsonToClaimValue(\"a\"), JsonToClaimValue(\"b\")), value=a.value);c:[type==\"events\"] => issue(type=\"e\", value=JmesPath(c.value, \"[e, @, @, @, @, @]\"));", "};", 1},
};
/* clang-format on */

static void bombs_are_refused_in_a_moment(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer events = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    struct quoth_error err = {0};
    buffer_text(&events, "{");
    for (int i = 0; i < 60; i++)
        buffer_printf(&events, "\"c%d\":%d,", i, i);
    buffer_text(&events, "\"events\":{\"e\":[");
    for (int i = 0; i < 1000; i++)
        buffer_printf(&events, "{\"a\":%d},", i * 7919 % 1000);
    buffer_text(&events, "{\"a\":0}]}}");
    assert_true(json_parse(buffer_bytes(&events), NULL, &doc, &err));
    for (size_t i = 0; i < COUNT(bombs); i++) {
        AUTO(policy_evaluation) struct policy_evaluation e = POLICY_EVALUATION_INIT;
        AUTO(policy) struct policy *policy = NULL;
        AUTO(buffer) struct buffer text = {0};
        buffer_text(&text, bombs[i].before);
        repeat(&text, bombs[i].repeated, bombs[i].times);
        buffer_text(&text, bombs[i].after);
        if (!policy_open(buffer_bytes(&text), &policy, NULL, &err))
            fail_msg("%s: %s", err.where, err.message);
        assert_true(policy_read_claims(json_root(&doc), &e, &err));
        const uint64_t start = time_monotonic_us();
        policy_evaluate(policy, &e);
        const uint64_t took = time_monotonic_us() - start;
        print_message("  %-28s %5llu us: %s\n", bombs[i].name, (unsigned long long)took,
                      e.error.message);
        assert_int_equal(e.error.code, QUOTH_POLICY_COST);
        assert_true(took < 30000000); /* on a busy machine; cost_test has the thread's own time */
    }
}

/* A claim of 30 KB that every rule matches: each would be shown in each. */
static void a_trace_has_an_end(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer text = {0}, value = {0}, out = {0};
    AUTO(policy) struct policy *policy = NULL;
    AUTO(claims) struct claims *in = claims_open();
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(policy_evaluation) struct policy_evaluation e = POLICY_EVALUATION_INIT;
    struct json cut, rules;
    struct quoth_error err = {0};
    buffer_text(&text, "version=1.0;authorizationrules{");
    repeat(&text, "[type==\"long\"]=>permit();", 1000);
    buffer_text(&text, "};");
    repeat(&value, "x", 30000);
    claims_add_text(in, CLAIM_FROM_EVIDENCE, "long", buffer_bytes(&value));
    assert_true(policy_open(buffer_bytes(&text), &policy, NULL, &err));
    e.traced = true;
    policy_add_claims(&e, in);
    policy_evaluate(policy, &e);
    policy_explain_json(&out, policy, &e);
    assert_true(out.len > POLICY_EXPLAINED_MAX && out.len < POLICY_EXPLAINED_MAX + (1u << 20));
    assert_true(
        json_parse(buffer_bytes(&out), &(struct json_limits){.max_len = 8u << 20}, &doc, &err));
    assert_true(json_member(json_root(&doc), "cut", &cut) && json_type(cut) == JSON_TRUE);
    assert_true(json_member(json_root(&doc), "rules", &rules));
    assert_int_equal(json_count(rules), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_do_what_the_sheet_says),
        cmocka_unit_test(published_policies_do_what_the_sheet_says),
        cmocka_unit_test(published_texts_that_were_mended),
        cmocka_unit_test(refusals_name_the_rule),
        cmocka_unit_test(refusals_tell_what_to_look_at),
        cmocka_unit_test(bombs_are_refused_in_a_moment),
        cmocka_unit_test(a_trace_has_an_end),
    };
    return cmocka_run_group_tests_name("policy/evaluate", tests, NULL, NULL);
}
