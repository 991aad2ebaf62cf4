/* What is read has parts that belong together, writes again what it was, and never verifies unsigned.
 * The payload is also taken for a policy and for a certificate. */
#include "tests/fuzz/fuzz.h"
#include "token/policy_jws.h"

static void read_payload(const struct jws *j)
{
    struct quoth_error err = {0}, second = {0};
    AUTO(buffer) struct buffer text = {0}, der = {0};
    AUTO(policy_binding) struct policy_binding a = {0}, b = {0};
    if (policy_jws_text(j, &text, &a, &err))
        require(text.len <= 2 * j->payload.len);
    else
        require(err.code != QUOTH_OK && err.message[0] != '\0');
    if (policy_jws_certificate(j, &der, &b, &second))
        require(der.len > 0 && der.len < j->payload.len);
    else
        require(second.code != QUOTH_OK && second.message[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct quoth_error err = {0}, why = {0};
    AUTO(jws) struct jws j = {0};
    if (!jws_read((struct bytes){data, len}, &j, &err)) {
        require(err.code != QUOTH_OK && err.message[0] != '\0' && j.payload.cap == 0);
        return 0;
    }
    require((j.algorithm == JWS_NONE) == (j.signature.len == 0));
    require((j.algorithm == JWS_NONE) == (j.chain_count == 0));
    require(j.signing_input.data >= data && j.signing_input.len < len);
    require(jws_verify(&j, &why) || why.code != QUOTH_OK);
    require(j.algorithm != JWS_NONE || why.code == QUOTH_JWS_UNSIGNED);
    read_payload(&j);
    return 0;
}
