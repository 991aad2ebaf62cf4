/* What the reader of envelopes accepts, its writer can say again. */
#include "tests/fuzz/fuzz.h"
#include "token/held.h"

/* Only what says the same of the same connection passes. */
static void check_channel(struct bytes in)
{
    const struct held_channel expected = {.nonce = {1}, .spki = {2}, .exporter = {3}};
    struct held_channel client = expected;
    struct quoth_error err = {0}, client_err = {0};
    client.from_client = true;
    if (held_channel_check(in, &expected, &err))
        require(!held_channel_check(in, &client, &client_err));
    else
        require(err.code == QUOTH_TOKEN_CLAIM || err.code == QUOTH_CHANNEL_MISMATCH);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct quoth_error err = {0};
    struct held_envelope e = {0}, again = {0};
    struct buffer text = {0};
    check_channel((struct bytes){data, len});
    if (held_envelope_read((struct bytes){data, len}, &e, &err)) {
        require(e.nonce.len >= HELD_NONCE_MIN && e.nonce.len <= HELD_NONCE_MAX);
        require(
            held_envelope_write(buffer_bytes(&e.certificate), buffer_bytes(&e.nonce), &text, &err));
        require(held_envelope_read(buffer_bytes(&text), &again, &err));
        require(bytes_equal(buffer_bytes(&again.certificate), buffer_bytes(&e.certificate)));
        require(bytes_equal(buffer_bytes(&again.nonce), buffer_bytes(&e.nonce)));
    } else {
        require(err.code != QUOTH_OK && err.message[0] != '\0' && e.certificate.data == NULL);
    }
    held_envelope_clear(&e);
    held_envelope_clear(&again);
    buffer_clear(&text);
    return 0;
}
