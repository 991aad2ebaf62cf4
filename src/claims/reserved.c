/* The closed table of claim names that are the verifier's own to say. */
#include "claims/claims.h"

#include "base/text.h"

/* Whole families: Azure's, the TDX profile's, ours, and the old names of Azure's. */
static const struct bytes prefixes[] = {
    BYTES_INIT("x-ms-"), BYTES_INIT("x-quoth-"), BYTES_INIT("tdx_"),
    BYTES_INIT("maa-"),  BYTES_INIT("aas-"),
};

/* RFC 7519 4.1, RFC 7800 3.1, RFC 9711, and what Azure's services say themselves (maa.md 2.2, 2.6,
 * 2.7). What its default policies issue - is-debuggable, sgx-mrenclave, tee ... - is not here. */
static const struct bytes names[] = {
    BYTES_INIT("iss"),           BYTES_INIT("sub"),         BYTES_INIT("aud"),
    BYTES_INIT("exp"),           BYTES_INIT("nbf"),         BYTES_INIT("iat"),
    BYTES_INIT("jti"),           BYTES_INIT("nonce"),       BYTES_INIT("cnf"),
    BYTES_INIT("rp_data"),       BYTES_INIT("ver"),         BYTES_INIT("policy_hash"),
    BYTES_INIT("policy_signer"), BYTES_INIT("secureboot"),  BYTES_INIT("attester_tcb_status"),
    BYTES_INIT("dbgstat"),       BYTES_INIT("eat_profile"), BYTES_INIT("eat_nonce"),
    BYTES_INIT("intuse"),        BYTES_INIT("ueid"),        BYTES_INIT("submods"),
};

bool claim_name_is_reserved(struct bytes name)
{
    for (size_t i = 0; i < COUNT(prefixes); i++)
        if (text_equal_fold(bytes_slice(name, 0, prefixes[i].len), prefixes[i]))
            return true;
    for (size_t i = 0; i < COUNT(names); i++)
        if (text_equal_fold(name, names[i]))
            return true;
    return false;
}
