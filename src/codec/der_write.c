#include "codec/der.h"

#include "base/time.h"

void der_write_tlv(struct buffer *to, uint8_t tag, struct bytes content)
{
    size_t count = 0; /* bytes of a length in the long form */
    for (size_t rest = content.len; content.len >= 0x80 && rest > 0; rest >>= 8)
        count++;
    buffer_u8(to, tag);
    buffer_u8(to, (uint8_t)(count ? 0x80 | count : content.len));
    for (size_t i = count; i-- > 0;)
        buffer_u8(to, (uint8_t)(content.len >> 8 * i));
    buffer_add(to, content);
}

void der_write_integer(struct buffer *to, struct bytes magnitude)
{
    while (magnitude.len > 0 && magnitude.data[0] == 0)
        magnitude = bytes_slice(magnitude, 1, magnitude.len);
    AUTO(buffer) struct buffer content = {0};
    if (magnitude.len == 0 || magnitude.data[0] & 0x80) /* zero, or it would look negative */
        buffer_u8(&content, 0);
    buffer_add(&content, magnitude);
    to->failed |= content.failed;
    der_write_tlv(to, DER_INTEGER, buffer_bytes(&content));
}

void der_write_integer_u64(struct buffer *to, uint64_t value)
{
    uint8_t magnitude[8];
    for (size_t i = 0; i < sizeof magnitude; i++)
        magnitude[i] = (uint8_t)(value >> 8 * (sizeof magnitude - 1 - i));
    der_write_integer(to, BYTES_OF(magnitude));
}

void der_write_bool(struct buffer *to, bool value)
{
    const uint8_t content = value ? 0xFF : 0x00;
    der_write_tlv(to, DER_BOOLEAN, (struct bytes){&content, 1});
}

void der_write_null(struct buffer *to)
{
    der_write_tlv(to, DER_NULL, (struct bytes){0});
}

void der_write_bit_string(struct buffer *to, struct bytes data)
{
    AUTO(buffer) struct buffer content = {0};
    buffer_u8(&content, 0);
    buffer_add(&content, data);
    to->failed |= content.failed;
    der_write_tlv(to, DER_BIT_STRING, buffer_bytes(&content));
}

void der_write_time(struct buffer *to, int64_t time)
{
    const int64_t utc_from = -631152000, utc_until = 2524608000; /* 1950 and 2050 */
    const bool utc = time >= utc_from && time < utc_until;
    char text[TIME_TEXT_SIZE];
    AUTO(buffer) struct buffer content = {0};
    for (const char *c = time_format(time, text) + (utc ? 2 : 0); *c; c++)
        if (*c != '-' && *c != 'T' && *c != ':')
            buffer_u8(&content, (uint8_t)*c);
    to->failed |= content.failed;
    der_write_tlv(to, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME, buffer_bytes(&content));
}

void der_write_text(struct buffer *to, uint8_t tag, const char *text)
{
    der_write_tlv(to, tag, bytes_of_text(text));
}
