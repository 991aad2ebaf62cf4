#include "service/tenants/documents.h"

#include "codec/json_write.h"
#include "keys/signing_key.h"
#include "token/token.h"

bool documents_keys(const struct kept_keys *set, int64_t now, struct buffer *to,
                    struct quoth_error *err)
{
    json_object_begin(to);
    json_name(to, "keys");
    json_array_begin(to);
    for (size_t i = 0; i < set->count; i++) {
        AUTO(public_key) struct public_key *key = NULL;
        if (signing_key_shown_until(set, &set->keys[i]) <= now)
            continue;
        const struct bytes chain = buffer_bytes(&set->keys[i].certificate);
        if (!private_key_public(set->keys[i].key, &key, err))
            return false;
        jwk_write(to, set->keys[i].id, key, &chain, 1);
    }
    json_array_end(to);
    json_object_end(to);
    return buffer_ok(to, err);
}

static void write_list(struct buffer *to, const char *name, const char *const *items, size_t count)
{
    json_name(to, name);
    json_array_begin(to);
    for (size_t i = 0; i < count; i++)
        json_cstring(to, items[i]);
    json_array_end(to);
}

/* The lists and their order are Azure's (maa.md 1.8), without the revocation endpoint, which no
 * document describes and which we do not have. */
bool documents_metadata(const char *issuer, struct buffer *to, struct quoth_error *err)
{
    static const char *const responses[] = {"token", "none"};
    static const char *const algorithms[] = {"RS256"};
    static const char *const claims[] = {
        "cnf",
        "nonce",
        "x-ms-ver",
        "x-ms-attestation-type",
        "x-ms-policy-hash",
        "x-ms-policy-signer",
        "x-ms-sgx-is-debuggable",
        "x-ms-sgx-mrenclave",
        "x-ms-sgx-mrsigner",
        "x-ms-sgx-svn",
        "x-ms-sgx-ehd",
        "x-ms-sgx-collateral",
        "is-debuggable",
        "sgx-mrsigner",
        "sgx-mrenclave",
        "product-id",
        "svn",
        "tee",
        "x-quoth-simulated",
        "x-quoth-tcb-status",
        "x-quoth-tcb-advisories",
        "x-quoth-tcb-date",
        "x-quoth-platform-id",
    };
    AUTO(buffer) struct buffer keys = {0};
    buffer_printf(&keys, "%s/certs", issuer);
    json_object_begin(to);
    write_list(to, "response_types_supported", responses, COUNT(responses));
    write_list(to, "id_token_signing_alg_values_supported", algorithms, COUNT(algorithms));
    json_named_cstring(to, "issuer", issuer);
    json_named_string(to, "jwks_uri", buffer_bytes(&keys));
    write_list(to, "claims_supported", claims, COUNT(claims));
    json_object_end(to);
    return buffer_ok(&keys, err) && buffer_ok(to, err);
}
