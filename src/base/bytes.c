#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>

bool bytes_equal_secret(struct bytes a, struct bytes b)
{
    if (a.len != b.len)
        return false;
    volatile uint8_t diff = 0;
    for (size_t i = 0; i < a.len; i++)
        diff |= a.data[i] ^ b.data[i];
    return diff == 0;
}

bool bytes_all_zero(struct bytes b)
{
    uint8_t any = 0;
    for (size_t i = 0; i < b.len; i++)
        any |= b.data[i];
    return any == 0;
}

int bytes_compare(struct bytes a, struct bytes b)
{
    const size_t common = a.len < b.len ? a.len : b.len;
    const int order = common ? memcmp(a.data, b.data, common) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

struct bytes bytes_slice(struct bytes b, size_t at, size_t len)
{
    if (at >= b.len)
        return (struct bytes){0};
    const size_t left = b.len - at;
    return (struct bytes){b.data + at, len < left ? len : left};
}

void bytes_wipe(void *data, size_t len)
{
    if (len)
        explicit_bzero(data, len);
}

bool reader_end(struct reader *r, const char *field)
{
    if (reader_ok(r) && reader_left(r) > 0)
        quoth_fail(r->err, QUOTH_MALFORMED, field, r->pos, "%zu bytes follow the end",
                   reader_left(r));
    return reader_ok(r);
}

static uint64_t little(struct bytes b)
{
    uint64_t value = 0;
    for (size_t i = b.len; i-- > 0;)
        value = value << 8 | b.data[i];
    return value;
}

static uint64_t big(struct bytes b)
{
    uint64_t value = 0;
    for (size_t i = 0; i < b.len; i++)
        value = value << 8 | b.data[i];
    return value;
}

uint8_t reader_u8(struct reader *r, const char *field)
{
    return (uint8_t)little(reader_take(r, 1, field));
}

uint16_t reader_u16le(struct reader *r, const char *field)
{
    return (uint16_t)little(reader_take(r, 2, field));
}

uint32_t reader_u32le(struct reader *r, const char *field)
{
    return (uint32_t)little(reader_take(r, 4, field));
}

uint64_t reader_u64le(struct reader *r, const char *field)
{
    return little(reader_take(r, 8, field));
}

uint16_t reader_u16be(struct reader *r, const char *field)
{
    return (uint16_t)big(reader_take(r, 2, field));
}

uint32_t reader_u32be(struct reader *r, const char *field)
{
    return (uint32_t)big(reader_take(r, 4, field));
}

void reader_zeros(struct reader *r, size_t len, const char *field)
{
    const size_t start = r->pos;
    const struct bytes b = reader_take(r, len, field);
    for (size_t i = 0; i < b.len; i++) {
        if (b.data[i] != 0) {
            char found[8];
            snprintf(found, sizeof found, "0x%02x", b.data[i]);
            quoth_mismatch(r->err, QUOTH_MALFORMED, field, start + i, found, "0x00");
            return;
        }
    }
}

uint16_t bytes_u16le(struct bytes b, size_t at)
{
    return (uint16_t)little(bytes_slice(b, at, 2));
}

uint32_t bytes_u32le(struct bytes b, size_t at)
{
    return (uint32_t)little(bytes_slice(b, at, 4));
}

uint64_t bytes_u64le(struct bytes b, size_t at)
{
    return little(bytes_slice(b, at, 8));
}

void buffer_clear(struct buffer *b)
{
    if (b->data)
        bytes_wipe(b->data, b->cap);
    free(b->data);
    *b = (struct buffer){0};
}

/* realloc would leave the old contents, perhaps a secret, on the heap. */
static bool grow(struct buffer *b, size_t cap)
{
    uint8_t *larger = malloc(cap);
    if (!larger)
        return false;
    if (b->data) {
        memcpy(larger, b->data, b->len);
        bytes_wipe(b->data, b->cap);
    }
    free(b->data);
    b->data = larger;
    b->cap = cap;
    return true;
}

uint8_t *buffer_extend(struct buffer *b, size_t len)
{
    if (b->failed)
        return NULL;
    if (len > b->cap - b->len || !b->data) {
        if (len > SIZE_MAX / 2 - b->len - 64) {
            b->failed = true;
            return NULL;
        }
        size_t cap = b->cap ? b->cap : 64;
        while (cap < b->len + len)
            cap *= 2;
        if (!grow(b, cap)) {
            b->failed = true;
            return NULL;
        }
    }
    b->len += len;
    return b->data + b->len - len;
}

void buffer_reserve(struct buffer *b, size_t len)
{
    if (buffer_extend(b, len))
        b->len -= len;
}

void buffer_add(struct buffer *b, struct bytes more)
{
    uint8_t *to = more.len ? buffer_extend(b, more.len) : NULL;
    if (to)
        memcpy(to, more.data, more.len);
}

void buffer_text(struct buffer *b, const char *text)
{
    buffer_add(b, bytes_of_text(text));
}

void buffer_fill(struct buffer *b, size_t len, uint8_t value)
{
    uint8_t *to = len ? buffer_extend(b, len) : NULL;
    if (to)
        memset(to, value, len);
}

static void add_little(struct buffer *b, uint64_t value, size_t size)
{
    uint8_t *to = buffer_extend(b, size);
    for (size_t i = 0; to && i < size; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

static void add_big(struct buffer *b, uint64_t value, size_t size)
{
    uint8_t *to = buffer_extend(b, size);
    for (size_t i = 0; to && i < size; i++)
        to[i] = (uint8_t)(value >> 8 * (size - 1 - i));
}

void buffer_u8(struct buffer *b, uint8_t value)
{
    add_little(b, value, 1);
}

void buffer_u16le(struct buffer *b, uint16_t value)
{
    add_little(b, value, 2);
}

void buffer_u32le(struct buffer *b, uint32_t value)
{
    add_little(b, value, 4);
}

void buffer_u64le(struct buffer *b, uint64_t value)
{
    add_little(b, value, 8);
}

void buffer_u16be(struct buffer *b, uint16_t value)
{
    add_big(b, value, 2);
}

void buffer_u32be(struct buffer *b, uint32_t value)
{
    add_big(b, value, 4);
}

void buffer_printf(struct buffer *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    uint8_t *to = len >= 0 ? buffer_extend(b, (size_t)len + 1) : NULL;
    if (to) {
        (void)vsnprintf((char *)to, (size_t)len + 1, format, again);
        b->len--; /* the NUL is not part of the text */
    }
    va_end(again);
}

bool buffer_ok(const struct buffer *b, struct quoth_error *err)
{
    if (b->failed)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    return true;
}

char *buffer_take_text(struct buffer *b, struct quoth_error *err)
{
    buffer_u8(b, 0);
    if (!buffer_ok(b, err)) {
        buffer_clear(b);
        return NULL;
    }
    char *text = (char *)b->data;
    *b = (struct buffer){0};
    return text;
}
