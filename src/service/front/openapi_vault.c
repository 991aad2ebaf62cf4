/* The vault's part of the OpenAPI document (key-release.md 1.2, 1.3, 4). */
#include "service/front/openapi.h"

/* clang-format off */
static const struct openapi_operation operations[] = {
    {HTTP_GET, "/keys", "api-version maxresults $skiptoken", NULL, "KeyList"},
    {HTTP_POST, "/keys/restore", "api-version", "VaultBackup", "KeyBundle"},
    {HTTP_PUT, "/keys/{key-name}", "api-version", "KeyImport", "KeyBundle"},
    {HTTP_GET, "/keys/{key-name}", "api-version", NULL, "KeyBundle"},
    {HTTP_PATCH, "/keys/{key-name}", "api-version", "KeyUpdate", "KeyBundle"},
    {HTTP_DELETE, "/keys/{key-name}", "api-version", NULL, "KeyBundle"},
    {HTTP_POST, "/keys/{key-name}/create", "api-version", "KeyCreate", "KeyBundle"},
    {HTTP_GET, "/keys/{key-name}/versions", "api-version maxresults $skiptoken", NULL, "KeyList"},
    {HTTP_POST, "/keys/{key-name}/rotate", "api-version", NULL, "KeyBundle"},
    {HTTP_GET, "/keys/{key-name}/rotationpolicy", "api-version", NULL, "RotationPolicy"},
    {HTTP_PUT, "/keys/{key-name}/rotationpolicy", "api-version", "RotationPolicy", "RotationPolicy"},
    {HTTP_POST, "/keys/{key-name}/backup", "api-version", NULL, "VaultBackup"},
    {HTTP_GET, "/keys/{key-name}/{key-version}", "api-version", NULL, "KeyBundle"},
    {HTTP_PATCH, "/keys/{key-name}/{key-version}", "api-version", "KeyUpdate", "KeyBundle"},
    {HTTP_GET, "/deletedkeys", "api-version maxresults $skiptoken", NULL, "KeyList"},
    {HTTP_GET, "/deletedkeys/{key-name}", "api-version", NULL, "KeyBundle"},
    {HTTP_DELETE, "/deletedkeys/{key-name}", "api-version", NULL, NULL},
    {HTTP_POST, "/deletedkeys/{key-name}/recover", "api-version", NULL, "KeyBundle"},
    {HTTP_POST, "/keys/{key-name}/encrypt", "api-version", "KeyOperation", "KeyResult"},
    {HTTP_POST, "/keys/{key-name}/decrypt", "api-version", "KeyOperation", "KeyResult"},
    {HTTP_POST, "/keys/{key-name}/wrapkey", "api-version", "KeyOperation", "KeyResult"},
    {HTTP_POST, "/keys/{key-name}/unwrapkey", "api-version", "KeyOperation", "KeyResult"},
    {HTTP_POST, "/keys/{key-name}/sign", "api-version", "KeyOperation", "KeyResult"},
    {HTTP_POST, "/keys/{key-name}/verify", "api-version", "KeyVerification", "KeyVerdict"},
    {HTTP_POST, "/keys/{key-name}/{key-version}/encrypt", "api-version", "KeyOperation", "KeyResult"},
    {HTTP_POST, "/keys/{key-name}/{key-version}/decrypt", "api-version", "KeyOperation", "KeyResult"},
    {HTTP_POST, "/keys/{key-name}/{key-version}/wrapkey", "api-version", "KeyOperation", "KeyResult"},
    {HTTP_POST, "/keys/{key-name}/{key-version}/unwrapkey", "api-version", "KeyOperation", "KeyResult"},
    {HTTP_POST, "/keys/{key-name}/{key-version}/sign", "api-version", "KeyOperation", "KeyResult"},
    {HTTP_POST, "/keys/{key-name}/{key-version}/verify", "api-version", "KeyVerification", "KeyVerdict"},
    {HTTP_POST, "/keys/{key-name}/release", "api-version", "ReleaseRequest", "Released"},
    {HTTP_POST, "/keys/{key-name}/{key-version}/release", "api-version", "ReleaseRequest", "Released"},
    {HTTP_POST, "/secrets/{secret-name}/release", "api-version", "ReleaseRequest", "Released"},
    {HTTP_POST, "/secrets/{secret-name}/{secret-version}/release", "api-version", "ReleaseRequest", "Released"},
    {HTTP_POST, "/challenge", NULL, NULL, "Challenge"},
    {HTTP_POST, "/rng", "api-version", "RandomRequest", "VaultBackup"},
    {HTTP_GET, "/secrets", "api-version maxresults $skiptoken", NULL, "SecretList"},
    {HTTP_POST, "/secrets/restore", "api-version", "VaultBackup", "SecretBundle"},
    {HTTP_PUT, "/secrets/{secret-name}", "api-version", "SecretSet", "SecretBundle"},
    {HTTP_GET, "/secrets/{secret-name}", "api-version", NULL, "SecretBundle"},
    {HTTP_PATCH, "/secrets/{secret-name}", "api-version", "SecretUpdate", "SecretBundle"},
    {HTTP_DELETE, "/secrets/{secret-name}", "api-version", NULL, "SecretBundle"},
    {HTTP_GET, "/secrets/{secret-name}/versions", "api-version maxresults $skiptoken", NULL, "SecretList"},
    {HTTP_POST, "/secrets/{secret-name}/backup", "api-version", NULL, "VaultBackup"},
    {HTTP_GET, "/secrets/{secret-name}/{secret-version}", "api-version", NULL, "SecretBundle"},
    {HTTP_PATCH, "/secrets/{secret-name}/{secret-version}", "api-version", "SecretUpdate", "SecretBundle"},
    {HTTP_GET, "/deletedsecrets", "api-version maxresults $skiptoken", NULL, "SecretList"},
    {HTTP_GET, "/deletedsecrets/{secret-name}", "api-version", NULL, "SecretBundle"},
    {HTTP_DELETE, "/deletedsecrets/{secret-name}", "api-version", NULL, NULL},
    {HTTP_POST, "/deletedsecrets/{secret-name}/recover", "api-version", NULL, "SecretBundle"},
    {0},
};

static const struct openapi_parameter parameters[] = {
    {"api-version",    true,  "VaultApiVersion", "A version of Azure Key Vault's interface; all get the same answer"},
    {"key-name", true, "VaultName", "Compared in any case"},
    {"key-version", true, "VaultVersion", "One that is listed"},
    {"secret-name", true, "VaultName", "Compared in any case"},
    {"secret-version", true, "VaultVersion", "One that is listed"},
    {"maxresults", false, "VaultResults", "How many entries a page has at most"},
    {"$skiptoken", false, "text", "As it stands in nextLink"},
    {0},
};

static const struct openapi_schema schemas[] = {
    {"VaultApiVersion", "{\"type\":\"string\",\"description\":\"7.0 to 7.6, or a day from 2025-06-01 on\",\"pattern\":"
                        "\"^(7\\\\.[0-6]|7\\\\.6-preview\\\\.[12]|(2025-(0[6-9]|1[0-2])|20(2[6-9]|[3-9][0-9])-(0[1-9]|1[0-2]))"
                        "-(0[1-9]|1[0-9]|2[0-8])(-preview)?)$\"}"},
    {"VaultName",       "{\"type\":\"string\",\"pattern\":\"^[0-9a-zA-Z-]{1,127}$\"}"},
    {"VaultVersion",    "{\"type\":\"string\",\"pattern\":\"^[0-9a-fA-F]{32}$\"}"},
    {"VaultResults",    "{\"type\":\"integer\",\"minimum\":1,\"maximum\":25}"},
    {"VaultTags",       "{\"type\":\"object\",\"maxProperties\":15,\"additionalProperties\":{\"type\":\"string\",\"maxLength\":512}}"},
    {"VaultAttributes", "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"enabled\":{\"type\":[\"boolean\",\"null\"]},"
                        "\"nbf\":{\"type\":[\"integer\",\"null\"],\"minimum\":0},\"exp\":{\"type\":[\"integer\",\"null\"],\"minimum\":0},"
                        "\"exportable\":{\"type\":[\"boolean\",\"null\"]},\"created\":{},\"updated\":{},"
                        "\"recoverableDays\":{},\"recoveryLevel\":{},\"hsmPlatform\":{},\"attestation\":{}}}"},
    {"KeyType",         "{\"enum\":[\"EC\",\"EC-HSM\",\"RSA\",\"RSA-HSM\",\"oct\",\"oct-HSM\"]}"},
    {"KeyCurve",        "{\"enum\":[\"P-256\",\"P-384\",\"P-521\",\"P-256K\"]}"},
    {"LifetimeActions", "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/LifetimeAction\"}}"},
    {"KeyOps",          "{\"type\":\"array\",\"items\":{\"enum\":[\"encrypt\",\"decrypt\",\"sign\",\"verify\",\"wrapKey\","
                        "\"unwrapKey\",\"import\",\"export\"]}}"},
    {"ReleaseWrap",     "{\"enum\":[\"CKM_RSA_AES_KEY_WRAP\",\"RSA_AES_KEY_WRAP_256\",\"RSA_AES_KEY_WRAP_384\"]}"},
    {"KeyMaterial",     "{\"type\":\"object\",\"required\":[\"kty\"],\"description\":\"A JSON Web Key (RFC 7518, section 6)\"}"},
    {"duration",        "{\"type\":\"string\",\"pattern\":\"^P\",\"description\":\"ISO 8601: P90D, P1Y, PT48H\"}"},
    {"secret",          "{\"type\":\"string\",\"maxLength\":25600}"},
    {0},
};

static const struct openapi_member members[] = {
    {"KeyCreate", "kty", true, "KeyType", "In any case"},
    {"KeyCreate", "key_size", false, "integer?", "Bits: of RSA 2048, 3072 or 4096, of oct 128, 192 or 256"},
    {"KeyCreate", "public_exponent", false, "integer?", "Of RSA; odd, from 65537"},
    {"KeyCreate", "crv", false, "KeyCurve?", "Of EC; P-256 if it is not said"},
    {"KeyCreate", "key_ops", false, "KeyOps?", "What may be done with it; what is usual for its type if it is not said"},
    {"KeyCreate", "attributes", false, "VaultAttributes?", "What else holds"},
    {"KeyCreate", "tags", false, "VaultTags?", "At most 15; given, they take the place of all there are"},
    {"KeyCreate", "release_policy", false, "ReleasePolicy?", "Which attested programs it is given to"},

    {"KeyImport", "key", true, "KeyMaterial", "With its private members"},
    {"KeyImport", "Hsm", false, "boolean?", "Shown as RSA-HSM, EC-HSM or oct-HSM; no hardware is claimed"},
    {"KeyImport", "attributes", false, "VaultAttributes?", "What else holds"},
    {"KeyImport", "tags", false, "VaultTags?", "At most 15; given, they take the place of all there are"},
    {"KeyImport", "release_policy", false, "ReleasePolicy?", "Which attested programs it is given to"},

    {"KeyUpdate", "key_ops", false, "KeyOps?", "What may be done with it"},
    {"KeyUpdate", "attributes", false, "VaultAttributes?", "What else holds"},
    {"KeyUpdate", "tags", false, "VaultTags?", "At most 15; given, they take the place of all there are"},
    {"KeyUpdate", "release_policy", false, "ReleasePolicy?", "Which attested programs it is given to"},

    {"KeyBundle", "key", true, "PublicKey", "The public part"},
    {"KeyBundle", "attributes", true, "VaultAttributes", "What else holds"},
    {"KeyBundle", "tags", false, "VaultTags", "As given"},
    {"KeyBundle", "release_policy", false, "ReleasePolicy", "Which attested programs it is released to"},
    {"KeyBundle", "recoveryId", false, "url", "Of one that is deleted"},
    {"KeyBundle", "deletedDate", false, "integer", "Seconds since 1970"},
    {"KeyBundle", "scheduledPurgeDate", false, "integer", "When it is gone for good"},

    {"PublicKey", "kid", true, "url", "With its version"},
    {"PublicKey", "kty", true, "KeyType", "Its type"},
    {"PublicKey", "key_ops", true, "KeyOps", "What may be done with it"},
    {"PublicKey", "n", false, "base64url", "Of RSA: the modulus"},
    {"PublicKey", "e", false, "base64url", "Of RSA: the exponent"},
    {"PublicKey", "crv", false, "KeyCurve", "Of EC"},
    {"PublicKey", "x", false, "base64url", "Of EC"},
    {"PublicKey", "y", false, "base64url", "Of EC"},

    {"KeyList", "value", true, "KeyItem[]", "In order of names, or of versions"},
    {"KeyList", "nextLink", false, "url", "Where the list goes on"},

    {"KeyItem", "kid", true, "url", "With the version in a list of versions alone"},
    {"KeyItem", "attributes", true, "VaultAttributes", "Of that version, or the newest"},
    {"KeyItem", "tags", false, "VaultTags", "As given"},
    {"KeyItem", "recoveryId", false, "url", "Of one that is deleted"},
    {"KeyItem", "deletedDate", false, "integer", "Seconds since 1970"},
    {"KeyItem", "scheduledPurgeDate", false, "integer", "When it is gone for good"},

    {"KeyOperation", "alg", true, "text", "One that the key has"},
    {"KeyOperation", "value", true, "base64url", "What is encrypted, decrypted, wrapped, unwrapped; of sign, the digest"},
    {"KeyOperation", "iv", false, "base64url?", "Of CBC 16 bytes; of GCM for decryption alone"},
    {"KeyOperation", "aad", false, "base64url?", "Of GCM"},
    {"KeyOperation", "tag", false, "base64url?", "Of GCM, for decryption"},

    {"KeyResult", "kid", true, "url", "The version that was used"},
    {"KeyResult", "value", true, "base64url", "The result"},
    {"KeyResult", "iv", false, "base64url", "Of GCM and CBC"},
    {"KeyResult", "tag", false, "base64url", "Of GCM"},
    {"KeyResult", "aad", false, "base64url", "As given"},

    {"KeyVerification", "alg", true, "text", "One that the key has"},
    {"KeyVerification", "digest", true, "base64url", "Of what was signed"},
    {"KeyVerification", "value", true, "base64url", "The signature"},

    {"KeyVerdict", "value", true, "boolean", "Whether it is one"},

    {"RotationPolicy", "id", false, "any", "Whose it is"},
    {"RotationPolicy", "lifetimeActions", false, "LifetimeActions?", "At most one Rotate and one Notify"},
    {"RotationPolicy", "attributes", false, "RotationAttributes?", "What else holds"},

    {"LifetimeAction", "trigger", true, "LifetimeTrigger", "When"},
    {"LifetimeAction", "action", true, "LifetimeType", "What"},

    {"LifetimeTrigger", "timeAfterCreate", false, "duration?", "One of the two"},
    {"LifetimeTrigger", "timeBeforeExpiry", false, "duration?", "The other"},

    {"LifetimeType", "type", true, "text", "Rotate or Notify, in any case"},

    {"RotationAttributes", "expiryTime", false, "duration?", "How long the versions that rotation makes are valid"},
    {"RotationAttributes", "created", false, "any", "Seconds since 1970"},
    {"RotationAttributes", "updated", false, "any", "Seconds since 1970"},

    {"SecretSet", "value", true, "secret", "At most 25600 bytes"},
    {"SecretSet", "contentType", false, "text?", "At most 255 characters"},
    {"SecretSet", "attributes", false, "VaultAttributes?", "What else holds"},
    {"SecretSet", "tags", false, "VaultTags?", "At most 15; given, they take the place of all there are"},
    {"SecretSet", "release_policy", false, "ReleasePolicy?", "Which attested programs it is given to"},

    {"SecretUpdate", "contentType", false, "text?", "At most 255 characters"},
    {"SecretUpdate", "attributes", false, "VaultAttributes?", "What else holds"},
    {"SecretUpdate", "tags", false, "VaultTags?", "At most 15; given, they take the place of all there are"},
    {"SecretUpdate", "release_policy", false, "ReleasePolicy?", "Which attested programs it is given to"},

    {"SecretBundle", "id", true, "url", "With its version"},
    {"SecretBundle", "value", false, "text", "Of set and get alone"},
    {"SecretBundle", "contentType", false, "text", "As given"},
    {"SecretBundle", "attributes", true, "VaultAttributes", "What else holds"},
    {"SecretBundle", "tags", false, "VaultTags", "As given"},
    {"SecretBundle", "release_policy", false, "ReleasePolicy", "Which attested programs it is given to; nobody gets it otherwise"},
    {"SecretBundle", "recoveryId", false, "url", "Of one that is deleted"},
    {"SecretBundle", "deletedDate", false, "integer", "Seconds since 1970"},
    {"SecretBundle", "scheduledPurgeDate", false, "integer", "When it is gone for good"},

    {"SecretList", "value", true, "SecretItem[]", "In order of names, or of versions"},
    {"SecretList", "nextLink", false, "url", "Where the list goes on"},

    {"SecretItem", "id", true, "url", "With the version in a list of versions alone"},
    {"SecretItem", "contentType", false, "text", "As given"},
    {"SecretItem", "attributes", true, "VaultAttributes", "Of that version, or the newest"},
    {"SecretItem", "tags", false, "VaultTags", "As given"},
    {"SecretItem", "recoveryId", false, "url", "Of one that is deleted"},
    {"SecretItem", "deletedDate", false, "integer", "Seconds since 1970"},
    {"SecretItem", "scheduledPurgeDate", false, "integer", "When it is gone for good"},

    {"ReleaseRequest", "target", true, "jws", "The attestation token, of an authority that the release policy names"},
    {"ReleaseRequest", "nonce", false, "text?", "At most 1 KiB; comes back as it came, and proves nothing"},
    {"ReleaseRequest", "enc", false, "ReleaseWrap?", "How it is wrapped; CKM_RSA_AES_KEY_WRAP if it is not said"},

    {"Released", "value", true, "jws", "RS256, its chain in x5c; what is in it is wrapped for the first encryption key of the token's runtime data"},

    {"Challenge", "nonce", true, "base64url", "What the runtime data that the evidence hashes answers as nonce"},
    {"Challenge", "expires", true, "integer", "Until when, in seconds since 1970"},

    {"ReleasePolicy", "contentType", false, "text?", "application/json; charset=utf-8 if it is not said"},
    {"ReleasePolicy", "data", false, "base64url?", "The text of the policy (docs/release-policy.md)"},
    {"ReleasePolicy", "immutable", false, "boolean?", "true: neither this nor the policy can be changed again"},

    {"VaultBackup", "value", true, "base64url", "Sealed, or random bytes"},

    {"RandomRequest", "count", true, "integer", "1 to 128"},
    {0},
};
/* clang-format on */

const struct openapi_part openapi_vault = {operations, parameters, members, schemas};
