#include "fetch/issuer_chain.h"

#include "codec/hex.h"

#define FIRST_LINE "-----BEGIN CERTIFICATE-----"

static bool refuse(size_t offset, const char *what, struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_SOURCE_ANSWER, "issuer_chain", offset, "%s", what);
}

/* The byte that "%HH" or a plain character stands for. */
static bool next_byte(struct bytes value, size_t *at, uint8_t *ret_byte, struct quoth_error *err)
{
    struct quoth_error why = {0};
    const size_t start = *at;
    if (value.data[start] != '%') {
        *ret_byte = value.data[start];
        *at = start + 1;
        return true;
    }
    if (!hex_decode_fixed(bytes_slice(value, start + 1, 2), ret_byte, 1, &why))
        return refuse(start, "% is not followed by two hexadecimal digits", err);
    *at = start + 3;
    return true;
}

static bool belongs_in_pem(uint8_t byte)
{
    return byte == '\n' || byte == '\r' || (byte >= 0x20 && byte < 0x7F);
}

bool issuer_chain_decode(struct bytes value, struct buffer *ret_pem, struct quoth_error *err)
{
    AUTO(buffer) struct buffer pem = {0};
    if (value.len > ISSUER_CHAIN_MAX)
        return refuse(ISSUER_CHAIN_MAX, "is longer than any chain of issuers", err);
    for (size_t at = 0; at < value.len;) {
        const size_t start = at;
        uint8_t byte;
        if (!next_byte(value, &at, &byte, err))
            return false;
        if (!belongs_in_pem(byte))
            return refuse(start, "has a byte that PEM does not have", err);
        buffer_u8(&pem, byte);
    }
    if (!buffer_ok(&pem, err))
        return false;
    if (!bytes_equal(bytes_slice(buffer_bytes(&pem), 0, strlen(FIRST_LINE)),
                     BYTES_LITERAL(FIRST_LINE)))
        return refuse(0, "does not begin with a certificate", err);
    buffer_add(ret_pem, buffer_bytes(&pem));
    return buffer_ok(ret_pem, err);
}
