/* Requests of strangers: whatever is let through names peers of the settings alone, and runtime data
 * that cannot be taken for a form of ours. */
#include "sidecar/request.h"

#include "codec/json.h"
#include "tests/fuzz/fuzz.h"

static const struct sidecar_settings settings = {
    .verifiers = {1, {"https://verifier.example"}  },
    .vaults = {1, {"https://vault.example:8443"}},
};

static void check_runtime_data(const struct sidecar_attest *a)
{
    struct quoth_error err = {0};
    struct json_doc doc = {0};
    struct json member;
    require(json_parse(buffer_bytes(&a->runtime_data), NULL, &doc, &err));
    require(json_type(json_root(&doc)) == JSON_OBJECT);
    require(!json_member(json_root(&doc), "v", &member));
    json_doc_clear(&doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct bytes in = {data, len};
    struct quoth_error raw = {0}, maa = {0}, release = {0};
    struct sidecar_attest a = {0}, b = {0};
    struct sidecar_release r = {0};
    if (sidecar_attest_read(in, NULL, &a, &raw))
        check_runtime_data(&a);
    else
        require(raw.code != QUOTH_OK && raw.message[0] != '\0' && a.runtime_data.data == NULL);
    if (sidecar_attest_read(in, &settings.verifiers, &b, &maa))
        require(b.verifier == settings.verifiers.urls[0]);
    else
        require(maa.code != QUOTH_OK && b.runtime_data.data == NULL);
    if (sidecar_release_read(in, &settings, &r, &release))
        require(r.vault == settings.vaults.urls[0] && r.verifier == settings.verifiers.urls[0]);
    else
        require(release.code != QUOTH_OK && r.name.data == NULL);
    (void)sidecar_host_is_loopback(in);
    sidecar_attest_clear(&a);
    sidecar_attest_clear(&b);
    sidecar_release_clear(&r);
    return 0;
}
