/* Bodies and payloads of strangers: a body that the vault did not sign is never read, and of a
 * payload that it did sign only the answer to the request is, whose wrapped key then opens for
 * nobody, as nobody wrapped it. */
#include "release/answer.h"

#include "tests/fuzz/fuzz.h"
#include "tests/vault.h"
#include "token/jws.h"

static struct vault vault;

static void refuse(struct bytes body, const struct release_expected *e)
{
    struct quoth_error err = {0};
    struct release_reply r = {0};
    require(!release_reply_read(body, e, &r, &err));
    require(err.code != QUOTH_OK && err.message[0] != '\0' && r.wrapped.data == NULL);
}

static void check_payload(struct bytes payload, const struct release_expected *e)
{
    struct quoth_error err = {0}, opened = {0};
    struct buffer body = {0}, key = {0};
    struct release_reply r = {0};
    const struct bytes chain[] = {buffer_bytes(&vault.leaf), buffer_bytes(&vault.root)};
    buffer_text(&body, "{\"value\":\"");
    require(jws_write(payload, vault.key, chain, COUNT(chain), &body, &err));
    buffer_text(&body, "\"}");
    if (release_reply_read(buffer_bytes(&body), e, &r, &err)) {
        require(r.kid.len >= strlen(e->kid) && r.algorithm == e->algorithm);
        require(!release_reply_open(&r, vault.root_key, &key, &opened) && key.len == 0);
    } else {
        require(err.code == QUOTH_RELEASE_ANSWER || err.code == QUOTH_RELEASE_MISMATCH ||
                err.code == QUOTH_TOO_LARGE);
        require(r.kid.data == NULL);
    }
    release_reply_clear(&r);
    buffer_clear(&body);
    buffer_clear(&key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (!vault.key)
        vault_init(&vault, vault_rfc_key());
    const struct bytes in = {data, len};
    const struct release_expected e = {
        .now = VAULT_NOW,
        .host = VAULT_HOST,
        .trusted = &vault.root,
        .trusted_count = 1,
        .kid = "https://vault.example/keys/k",
        .algorithm = RSA_WRAP_SHA256,
        .has_nonce = true,
        .nonce = BYTES_LITERAL("n"),
        .recipient_kid = BYTES_LITERAL("r"),
    };
    refuse(in, &e);
    if (len < 64u << 10)
        check_payload(in, &e);
    return 0;
}
