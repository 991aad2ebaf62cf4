/* Views, readers and buffers. Pointer arithmetic, memcpy and casts from bytes to numbers live here;
 * everyone else walks a view with a reader and fills a buffer, naming each field as it goes. */
#ifndef QUOTH_BASE_BYTES_H
#define QUOTH_BASE_BYTES_H

#include <quoth/error.h>

#include "base/auto.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

#ifdef __clang_analyzer__ /* it reads one file at a time and must be told that these return false */
static inline bool analyzer_false(bool ignored)
{
    (void)ignored;
    return false;
}
#define quoth_fail(...) analyzer_false(quoth_fail(__VA_ARGS__))
#define quoth_mismatch(...) analyzer_false(quoth_mismatch(__VA_ARGS__))
#define quoth_within(...) analyzer_false(quoth_within(__VA_ARGS__))
#endif

struct bytes { /* borrowed: never freed, passed by value */
    const uint8_t *data;
    size_t len;
};

#define BYTES_OF(array) ((struct bytes){(const uint8_t *)(array), sizeof(array)})
#define BYTES_LITERAL(text) ((struct bytes){(const uint8_t *)("" text), sizeof(text) - 1})
#define BYTES_INIT(text)                                                                           \
    {                                                                                              \
        (const uint8_t *)("" text), sizeof(text) - 1                                               \
    } /* in static tables */

static inline struct bytes bytes_of_text(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Constant time in the contents, for keys, MACs and secrets; lengths are public. */
bool bytes_equal_secret(struct bytes a, struct bytes b);

bool bytes_all_zero(struct bytes b);

/* Order of memcmp, then of length. */
int bytes_compare(struct bytes a, struct bytes b);

/* The part [at, at + len), cut at the end of b: never outside it. */
struct bytes bytes_slice(struct bytes b, size_t at, size_t len);

/* Copies exactly b.len bytes to a fixed field; the caller has checked that it fits. */
static inline void bytes_copy(uint8_t *to, struct bytes b)
{
    if (b.len)
        memcpy(to, b.data, b.len);
}

/* Overwrites memory so that the compiler cannot leave it out. */
void bytes_wipe(void *data, size_t len);

/* Walks a view and never leaves it. The first failure sticks: later reads give zeros and empty
 * views, so a parser lists its fields in order and asks once, at the end, how it went. */
struct reader {
    struct bytes in;
    size_t pos;
    struct quoth_error *err;
};

static inline struct bytes reader_take(struct reader *r, size_t len, const char *field)
{
    const size_t left = r->in.len - r->pos;
    if (len > left) /* compared, not added: pos + len may wrap */
        quoth_fail(r->err, QUOTH_MALFORMED, field, r->pos, "needs %zu bytes, has %zu", len, left);
    if (r->err->code != QUOTH_OK || len == 0)
        return (struct bytes){0};
    r->pos += len;
    return (struct bytes){r->in.data + r->pos - len, len};
}

static inline size_t reader_left(const struct reader *r)
{
    return r->in.len - r->pos;
}

static inline bool reader_ok(const struct reader *r)
{
    return r->err->code == QUOTH_OK;
}

/* Fails with QUOTH_MALFORMED unless everything was read. */
bool reader_end(struct reader *r, const char *field);

uint8_t reader_u8(struct reader *r, const char *field);
uint16_t reader_u16le(struct reader *r, const char *field);
uint32_t reader_u32le(struct reader *r, const char *field);
uint64_t reader_u64le(struct reader *r, const char *field);
uint16_t reader_u16be(struct reader *r, const char *field);
uint32_t reader_u32be(struct reader *r, const char *field);

/* Fails unless the next len bytes are zero; gives the first that is not in found. */
void reader_zeros(struct reader *r, size_t len, const char *field);

/* Numbers inside a view whose length the caller knows. */
uint16_t bytes_u16le(struct bytes b, size_t at);
uint32_t bytes_u32le(struct bytes b, size_t at);
uint64_t bytes_u64le(struct bytes b, size_t at);

/* The eight bytes from at (not past the end) as a little-endian number, zeros for what lies beyond
 * the end: for scanners that look at eight characters at once. */
static inline uint64_t bytes_word(struct bytes b, size_t at)
{
    uint64_t word;
    if (b.len - at < sizeof word)
        return bytes_u64le(b, at);
    memcpy(&word, b.data + at, sizeof word);
    return le64toh(word);
}

/* Owned, growing memory. The first failed allocation sticks (failed is set and later additions do
 * nothing), so a writer lists its fields in order and asks once. A zeroed struct is empty. Growth
 * and clearing wipe what they leave behind, so a buffer may hold a secret. */
struct buffer {
    uint8_t *data;
    size_t len, cap;
    bool failed;
};

void buffer_clear(struct buffer *b); /* wipes and frees; leaves an empty buffer */
DEFINE_AUTO_VALUE(buffer, struct buffer, buffer_clear)

void buffer_add(struct buffer *b, struct bytes more);
void buffer_text(struct buffer *b, const char *text); /* without the NUL */
void buffer_fill(struct buffer *b, size_t len, uint8_t value);
void buffer_u8(struct buffer *b, uint8_t value);
void buffer_u16le(struct buffer *b, uint16_t value);
void buffer_u32le(struct buffer *b, uint32_t value);
void buffer_u64le(struct buffer *b, uint64_t value);
void buffer_u16be(struct buffer *b, uint16_t value);
void buffer_u32be(struct buffer *b, uint32_t value);
void buffer_printf(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes room for len more bytes in one go, for those who know about how much will come: growing
 * step by step copies and wipes every time. */
void buffer_reserve(struct buffer *b, size_t len);

/* Room for len more bytes that the caller fills through the returned pointer; NULL if failed. */
uint8_t *buffer_extend(struct buffer *b, size_t len);

/* A view of the contents, valid until the next addition. */
static inline struct bytes buffer_bytes(const struct buffer *b)
{
    return (struct bytes){b->data, b->len};
}

/* False with QUOTH_MEMORY if an addition failed. */
bool buffer_ok(const struct buffer *b, struct quoth_error *err);

/* Hands the contents over as a NUL-terminated string (free it), emptying the buffer. NULL with
 * QUOTH_MEMORY if an addition failed. The NUL is not part of len. */
char *buffer_take_text(struct buffer *b, struct quoth_error *err);

#endif
