#include "cli/evidence_file.h"

#include "base/file.h"
#include "codec/base64.h"
#include "codec/hex.h"

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_text(struct bytes data)
{
    for (size_t i = 0; i < data.len; i++)
        if (!is_space(data.data[i]) && (data.data[i] < 0x21 || data.data[i] > 0x7E))
            return false;
    return data.len > 0;
}

static void without_space(struct bytes text, struct buffer *to)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_space(text.data[i]))
            buffer_u8(to, text.data[i]);
}

static bool decode(struct bytes text, struct buffer *ret, struct quoth_error *err)
{
    AUTO(buffer) struct buffer dense = {0};
    struct quoth_error ignored = {0};
    without_space(text, &dense);
    if (!buffer_ok(&dense, err))
        return false;
    const struct bytes all = buffer_bytes(&dense);
    const bool prefixed = bytes_equal(bytes_slice(all, 0, 2), BYTES_LITERAL("0x"));
    return hex_decode(bytes_slice(all, prefixed ? 2 : 0, all.len), ret, &ignored) ||
           (!prefixed && base64_decode_any(all, ret, &ignored)) ||
           quoth_fail(err, QUOTH_MALFORMED, "evidence", 0, "is text, but neither hex nor base 64");
}

bool evidence_file_read(const char *path, struct buffer *ret_evidence, struct quoth_error *err)
{
    AUTO(buffer) struct buffer data = {0}, decoded = {0};
    if (!file_read(path, EVIDENCE_FILE_MAX, &data, err))
        return false;
    if (!is_text(buffer_bytes(&data))) {
        *ret_evidence = take_value(data);
        return true;
    }
    if (!decode(buffer_bytes(&data), &decoded, err) || !buffer_ok(&decoded, err))
        return false;
    *ret_evidence = take_value(decoded);
    return true;
}
