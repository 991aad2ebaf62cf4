#include "service/openapi.h"

/* clang-format off */
const struct openapi_operation openapi_operations[] = {
    {HTTP_POST, "/attest/SgxEnclave",                "api-version", "SgxRequest",         "Token"},
    {HTTP_POST, "/attest/OpenEnclave",               "api-version", "OpenEnclaveRequest", "Token"},
    {HTTP_POST, "/attest/TdxVm",                     "api-version", "TdxRequest",         "Token"},
    {HTTP_POST, "/attest/SevSnpVm",                  "api-version", "object",             "Token"},
    {HTTP_POST, "/attest/Tpm",                       "api-version", "object",             "Token"},
    {HTTP_POST, "/attest/AzureGuest",                "api-version", "object",             "Token"},
    {HTTP_GET,  "/policies/{type}",                  "api-version", NULL,                 "Token"},
    {HTTP_PUT,  "/policies/{type}",                  "api-version", "jws",                "Token"},
    {HTTP_POST, "/policies/{type}:reset",            "api-version", "jws",                "Token"},
    {HTTP_GET,  "/policies/{type}/versions",         "api-version", NULL,                 "Versions"},
    {HTTP_POST, "/policies/{type}:rollback",         "api-version", "Rollback",           "Token"},
    {HTTP_GET,  "/certificates",                     "api-version", NULL,                 "Token"},
    {HTTP_POST, "/certificates:add",                 "api-version", "jws",                "Token"},
    {HTTP_POST, "/certificates:remove",              "api-version", "jws",                "Token"},
    {HTTP_GET,  "/tcbbaselines/{type}",              "api-version provideCurrentTcbInPolicy", NULL, "Baselines"},
    {HTTP_POST, "/policies/{type}:check",            "api-version", "PolicyCheck",        "Findings"},
    {HTTP_POST, "/policies/{type}:explain",          "api-version", "PolicyExplain",      "object"},
    {HTTP_GET,  "/certs",                            NULL,          NULL,                 "Keys"},
    {HTTP_GET,  "/.well-known/openid-configuration", NULL,          NULL,                 "Metadata"},
    {HTTP_GET,  "/audit/checkpoint",                 NULL,          NULL,                 "Token"},
    {HTTP_GET,  "/openapi.json",                     NULL,          NULL,                 "object"},
    {HTTP_GET,  "/livez",                            NULL,          NULL,                 "text/plain"},
    {HTTP_GET,  "/readyz",                           NULL,          NULL,                 "text/plain"},
    {HTTP_GET,  "/servicehealth",                    NULL,          NULL,                 NULL},
    {HTTP_GET,  "/metrics",                          NULL,          NULL,                 "text/plain"},
    {0},
};

const struct openapi_parameter openapi_parameters[] = {
    {"api-version", true,  "ApiVersion",      "A version of Azure Attestation's interface; all get the same answer"},
    {"type",        true,  "AttestationType", "In any case"},
    {"provideCurrentTcbInPolicy", false, "boolean", "true: only the baseline that the policy in force names"},
    {0},
};

const struct openapi_schema openapi_schemas[] = {
    {"any",        "{}"},
    {"object",     "{\"type\":\"object\"}"},
    {"text",       "{\"type\":\"string\"}"},
    {"boolean",    "{\"type\":\"boolean\"}"},
    {"integer",    "{\"type\":\"integer\",\"minimum\":0}"},
    {"version",    "{\"type\":\"integer\",\"minimum\":1}"},
    {"url",        "{\"type\":\"string\",\"format\":\"uri\"}"},
    {"base64",     "{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9+/]+={0,2}$\"}"},
    {"base64url",  "{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9+/_-]*={0,2}$\","
                   "\"description\":\"RFC 4648, section 5; the alphabet of section 4 and padding are taken too\"}"},
    {"jws",        "{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9_-]+\\\\.[A-Za-z0-9_-]*\\\\.[A-Za-z0-9_-]*$\","
                   "\"description\":\"A JSON Web Signature in compact form\"}"},
    {"ApiVersion", "{\"type\":\"string\",\"pattern\":\"^[0-9]{4}-[0-9]{2}-[0-9]{2}(-preview)?$\",\"examples\":[\"2020-10-01\",\"2025-06-01\"]}"},
    {"DataType",   "{\"enum\":[\"Binary\",\"JSON\"]}"},
    {"nonce",      "{\"type\":[\"string\",\"number\"]}"},
    {0},
};

const struct openapi_member openapi_members[] = {
    {"SgxRequest", "quote",       true,  "base64url", "An ECDSA quote of version 3, without the header of Open Enclave"},
    {"SgxRequest", "runtimeData", false, "Held?",     "What the first half of the report data is the SHA-256 of"},
    {"SgxRequest", "initTimeData", false, "Held?",     "What the first half of the CONFIGID is the SHA-256 of"},
    {"SgxRequest", "draftPolicyForAttestation", false, "text?", "The text of a policy to judge by, in place of the stored one; the token is then not signed"},
    {"SgxRequest", "nonce",       false, "nonce?",    "Comes back as a claim; it proves nothing about the evidence"},

    {"TdxRequest", "quote",        true,  "base64url", "A TDX quote of version 4 or 5"},
    {"TdxRequest", "runtimeData",  false, "Held?",     "What the first half of the report data is the SHA-256 of"},
    {"TdxRequest", "initTimeData", false, "Held?",     "What the first 32 bytes of MRCONFIGID are the SHA-256 of"},
    {"TdxRequest", "nonce",        false, "nonce?",    "Comes back as a claim; it proves nothing about the evidence"},

    {"OpenEnclaveRequest", "report",       true,  "base64url", "A quote behind the 16 bytes of Open Enclave's header"},
    {"OpenEnclaveRequest", "runtimeData",  false, "Held?",     "What the first half of the report data is the SHA-256 of"},
    {"OpenEnclaveRequest", "initTimeData", false, "Held?",     "What the first half of the CONFIGID is the SHA-256 of"},
    {"OpenEnclaveRequest", "draftPolicyForAttestation", false, "text?", "The text of a policy to judge by, in place of the stored one; the token is then not signed"},
    {"OpenEnclaveRequest", "nonce",        false, "nonce?",    "Comes back as a claim; it proves nothing about the evidence"},

    {"PolicyCheck", "policy", true, "text", "The text of a policy, or a JWS that holds one"},
    {"Findings", "findings", true, "Finding[]", "In the order of the text"},
    {"Finding", "level",   true, "text",    "warning or note"},
    {"Finding", "code",    true, "text",    "A stable word"},
    {"Finding", "line",    true, "integer", "Of the rule; 0: of the policy as a whole"},
    {"Finding", "column",  true, "integer", "Of the rule"},
    {"Finding", "message", true, "text",    "What is wrong"},

    {"PolicyExplain", "policy", false, "text?", "The text of a policy, or a JWS that holds one; without it, the policy that holds is explained"},
    {"PolicyExplain", "claims", false, "any",   "Names and values to judge in place of evidence"},
    {"PolicyExplain", "quote",  false, "base64url", "Evidence, as for /attest/{type}; with runtimeData and initTimeData as there"},
    {"PolicyExplain", "report", false, "base64url", "Evidence of OpenEnclave"},

    {"Held", "data",     true,  "base64url", "The data itself"},
    {"Held", "dataType", false, "DataType?", "In any case; Binary if it is not said. JSON must be an object, and becomes claims"},

    {"Token", "token", true, "jws", "Signed by a key in /certs"},

    {"Rollback", "version", true, "version", "One that GET /policies/{type}/versions lists"},

    {"Versions", "versions",   true,  "Version[]", "The newest first"},
    {"Version",  "version",    true,  "version",   "From 1, without gaps"},
    {"Version",  "operation",  true,  "text",      "set, reset or rollback"},
    {"Version",  "who",        true,  "text",      "As in the audit trail"},
    {"Version",  "time",       true,  "text",      "RFC 3339, in UTC"},
    {"Version",  "signed",     true,  "boolean",   "Whether the JWS has a signature"},
    {"Version",  "tokenHash",  true,  "base64url", "SHA-256 of the JWS: x-ms-policy-token-hash"},
    {"Version",  "policyHash", false, "base64url", "x-ms-policy-hash of tokens judged by it; not there after a reset"},

    {"Baselines", "tcbBaselines", true, "Baseline[]", "None but for the SGX types"},
    {"Baseline", "tcbIdentifier",           true, "text",    "What a policy calls it: x-ms-sgx-tcbidentifier"},
    {"Baseline", "tcbEvaluationDataNumber", true, "any",     "A number; a text for api-version 2022-09-01-preview"},
    {"Baseline", "tcbReleaseDate",          true, "text",    "When the vendor announced it"},
    {"Baseline", "minimumPswLinuxVersion",  true, "text",    "The oldest platform software that goes with it"},
    {"Baseline", "minimumPswWindowsVersion", true, "text",   "The same, for Windows"},
    {"Baseline", "isSelectedTcb",           true, "boolean", "Whether the policy in force names it"},

    {"Keys", "keys", true, "Key[]", "Those that sign now, and those whose tokens may still be good"},
    {"Key",  "kid",  true, "text",  "As in the header of a token"},
    {"Key",  "kty",  true, "text",  "RSA"},
    {"Key",  "use",  true, "text",  "sig"},
    {"Key",  "alg",  true, "text",  "RS256"},
    {"Key",  "n",    true, "base64url", "The modulus"},
    {"Key",  "e",    true, "base64url", "The exponent"},
    {"Key",  "x5c",  true, "base64[]",  "A certificate of the key, DER"},

    {"Metadata", "issuer",   true, "url", "The claim iss of every token"},
    {"Metadata", "jwks_uri", true, "url", "Where the keys are"},
    {"Metadata", "response_types_supported", true, "text[]", "As Azure Attestation says"},
    {"Metadata", "id_token_signing_alg_values_supported", true, "text[]", "RS256 alone"},
    {"Metadata", "claims_supported", true, "text[]", "Names of claims"},

    {"Error",       "error",      true,  "Refusal",  "Why the request was refused"},
    {"Refusal",     "code",       true,  "text",     "As Azure Attestation has it"},
    {"Refusal",     "message",    true,  "text",     "What was wrong, and where"},
    {"Refusal",     "innererror", true,  "Reason",   "The same once more, as Azure Attestation has it"},
    {"Refusal",     "details",    true,  "Detail[]", "What is known besides"},
    {"Reason",      "code",       true,  "text",     "As above"},
    {"Reason",      "message",    true,  "text",     "As above"},
    {"Detail",      "code",       true,  "text",     "A stable code, of docs/errors.md"},
    {"Detail",      "message",    true,  "text",     "What was wrong"},
    {"Detail",      "target",     false, "text",     "The field of the evidence, the claim or the rule"},
    {"Detail",      "offset",     false, "integer",  "In bytes, of what is wrong"},
    {"Detail",      "line",       false, "integer",  "In a policy, of the rule or word that is wrong"},
    {"Detail",      "column",     false, "integer",  "In characters, from 1"},
    {"Detail",      "found",      false, "text",     "What is there"},
    {"Detail",      "expected",   false, "text",     "What should be"},
    {"Detail",      "hint",       false, "text",     "What to do"},
    {"Detail",      "requestId",  true,  "text",     "As in x-ms-request-id and in the log"},
    {0},
};
/* clang-format on */
