/* What a program would post that wants a key: evidence over the public half of a key of its own. */
#include "bench/bench.h"
#include "bench/scene.h"
#include "codec/base64.h"
#include "crypto/material.h"

#include <stdio.h>

/* {"keys":[{"kty":"RSA", ...}]}: key-release.md 2.3. */
static void write_keys(struct buffer *to)
{
    const struct material_spec spec = {.type = MATERIAL_RSA, .bits = 2048};
    struct quoth_error err = {0};
    AUTO(material) struct material *m = NULL;
    AUTO(pkcs8_public) struct pkcs8_public public = {0};
    if (material_generate(&spec, &m, &err))
        material_public(m, &public, &err);
    give_up_if(&err);
    buffer_text(to, "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"bench\",\"use\":\"enc\",\"n\":\"");
    base64url_encode(buffer_bytes(&public.a), to);
    buffer_text(to, "\",\"e\":\"");
    base64url_encode(buffer_bytes(&public.b), to);
    buffer_text(to, "\"}]}");
}

/* quoth-bench evidence --platform DIR: a body for POST /attest/SgxEnclave */
int verb_evidence(const struct arguments *a)
{
    uint8_t report_data[64] = {0};
    AUTO(buffer) struct buffer keys = {0}, quote = {0}, body = {0};
    write_keys(&keys);
    const struct sha256 digest = sha256_of(buffer_bytes(&keys));
    bytes_copy(report_data, BYTES_OF(digest.bytes));
    scene_quote(argument_need(a, "platform"), BYTES_OF(report_data), &quote);
    buffer_text(&body, "{\"quote\":\"");
    base64url_encode(buffer_bytes(&quote), &body);
    buffer_text(&body, "\",\"runtimeData\":{\"data\":\"");
    base64url_encode(buffer_bytes(&keys), &body);
    buffer_text(&body, "\",\"dataType\":\"JSON\"}}\n");
    return fwrite(body.data, body.len, 1, stdout) == 1 ? 0 : 1;
}
