#include "codec/der.h"

#include "base/time.h"

#include <stdio.h>

struct element {
    uint8_t tag;
    size_t content, end; /* offsets into the reader's view */
};

static const char *tag_name(uint8_t tag)
{
    switch (tag) {
    case DER_BOOLEAN:
        return "BOOLEAN";
    case DER_INTEGER:
        return "INTEGER";
    case DER_BIT_STRING:
        return "BIT STRING";
    case DER_OCTET_STRING:
        return "OCTET STRING";
    case DER_NULL:
        return "NULL";
    case DER_OID:
        return "OBJECT IDENTIFIER";
    case DER_ENUMERATED:
        return "ENUMERATED";
    case DER_UTF8_STRING:
        return "UTF8String";
    case DER_PRINTABLE_STRING:
        return "PrintableString";
    case DER_IA5_STRING:
        return "IA5String";
    case DER_UTC_TIME:
        return "UTCTime";
    case DER_GENERALIZED_TIME:
        return "GeneralizedTime";
    case DER_SEQUENCE:
        return "SEQUENCE";
    case DER_SET:
        return "SET";
    default:
        return NULL;
    }
}

static char *tag_text(uint8_t tag, char text[32])
{
    const char *name = tag_name(tag);
    if (name)
        snprintf(text, 32, "%s", name);
    else if ((tag & 0xC0) == 0x80)
        snprintf(text, 32, "[%d]%s", tag & 0x1F, tag & 0x20 ? "" : " primitive");
    else
        snprintf(text, 32, "tag 0x%02x", tag);
    return text;
}

static bool refuse(const struct reader *r, const char *field, size_t at, const char *message)
{
    return quoth_fail(r->err, QUOTH_DER, field, at, "%s", message);
}

/* Reads a length of the long form, X.690 sections 8.1.3.5 and 10.1, whose count bytes begin at at.
 */
static bool look_at_long_length(const struct reader *r, size_t at, size_t count, const char *field,
                                size_t *ret_len)
{
    if (count == 0)
        return refuse(r, field, at - 1, "has an indefinite length");
    if (count > 4)
        return refuse(r, field, at - 1, "has a length of more than four bytes");
    if (count > r->in.len - at)
        return refuse(r, field, r->in.len, "ends within its length");
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        len = len << 8 | r->in.data[at + i];
    if (len < 0x80 || r->in.data[at] == 0)
        return refuse(r, field, at - 1, "has a length that is not written as short as possible");
    *ret_len = len;
    return true;
}

/* Finds the next element without moving. */
static bool look(const struct reader *r, const char *field, struct element *ret_element)
{
    if (!reader_ok(r))
        return false;
    if (reader_left(r) < 2)
        return refuse(r, field, r->in.len,
                      reader_left(r) ? "ends after its tag" : "is missing: nothing is left here");
    const uint8_t tag = r->in.data[r->pos], first = r->in.data[r->pos + 1];
    size_t at = r->pos + 2, len = first;
    if ((tag & 0x1F) == 0x1F)
        return refuse(r, field, r->pos, "has a tag above 30");
    if (first >= 0x80) {
        if (!look_at_long_length(r, at, first & 0x7F, field, &len))
            return false;
        at += first & 0x7F;
    }
    if (len > r->in.len - at)
        return quoth_fail(r->err, QUOTH_DER, field, r->pos, "needs %zu bytes, has %zu", len,
                          r->in.len - at);
    *ret_element = (struct element){.tag = tag, .content = at, .end = at + len};
    return true;
}

static bool take_element(struct reader *r, uint8_t tag, const char *field,
                         struct element *ret_element)
{
    struct element e = {0};
    if (!look(r, field, &e))
        return false;
    if (e.tag != tag) {
        char found[32], expected[32];
        return quoth_mismatch(r->err, QUOTH_DER, field, r->pos, tag_text(e.tag, found),
                              tag_text(tag, expected));
    }
    r->pos = e.end;
    *ret_element = e;
    return true;
}

static struct bytes content_of(const struct reader *r, struct element e)
{
    return bytes_slice(r->in, e.content, e.end - e.content);
}

bool der_peek_tag(const struct reader *r, uint8_t tag)
{
    return reader_ok(r) && reader_left(r) > 0 && r->in.data[r->pos] == tag;
}

bool der_take_tag(struct reader *r, uint8_t tag, struct reader *ret_inside, const char *field)
{
    struct element e = {0};
    const bool ok = take_element(r, tag, field, &e);
    *ret_inside = (struct reader){.err = r->err};
    if (ok) { /* the same view, cut at the end: offsets stay those of the outermost one */
        ret_inside->in = bytes_slice(r->in, 0, e.end);
        ret_inside->pos = e.content;
    }
    return ok;
}

struct bytes der_content(struct reader *r, uint8_t tag, const char *field)
{
    struct element e = {0};
    return take_element(r, tag, field, &e) ? content_of(r, e) : (struct bytes){0};
}

struct bytes der_peek_span(const struct reader *r, const char *field)
{
    struct element e = {0};
    return look(r, field, &e) ? bytes_slice(r->in, r->pos, e.end - r->pos) : (struct bytes){0};
}

struct bytes der_take_span(struct reader *r, const char *field)
{
    const struct bytes span = der_peek_span(r, field);
    r->pos += span.len;
    return span;
}

struct bytes der_integer(struct reader *r, const char *field)
{
    struct element e = {0};
    if (!take_element(r, DER_INTEGER, field, &e))
        return (struct bytes){0};
    struct bytes value = content_of(r, e);
    const char *problem = NULL;
    if (value.len == 0)
        problem = "has no bytes";
    else if (value.data[0] & 0x80)
        problem = "is negative";
    else if (value.len > 1 && value.data[0] == 0 && !(value.data[1] & 0x80))
        problem = "is not written as short as possible";
    if (problem) {
        refuse(r, field, e.content, problem);
        return (struct bytes){0};
    }
    return value.len > 1 && value.data[0] == 0 ? bytes_slice(value, 1, value.len) : value;
}

uint64_t der_small_uint(struct reader *r, uint64_t max, const char *field)
{
    const size_t at = r->pos;
    const struct bytes magnitude = der_integer(r, field);
    uint64_t value = 0;
    for (size_t i = 0; i < magnitude.len && i < 8; i++)
        value = value << 8 | magnitude.data[i];
    if (magnitude.len > 8 || value > max) {
        quoth_fail(r->err, QUOTH_DER, field, at, "is larger than %llu", (unsigned long long)max);
        return 0;
    }
    return value;
}

bool der_bool(struct reader *r, const char *field)
{
    struct element e = {0};
    if (!take_element(r, DER_BOOLEAN, field, &e))
        return false;
    const struct bytes value = content_of(r, e);
    if (value.len != 1 || (value.data[0] != 0x00 && value.data[0] != 0xFF))
        return refuse(r, field, e.content, "is not one byte 00 or FF");
    return value.data[0] == 0xFF;
}

void der_null(struct reader *r, const char *field)
{
    struct element e = {0};
    if (take_element(r, DER_NULL, field, &e) && e.content != e.end)
        refuse(r, field, e.content, "is a NULL with contents");
}

struct bytes der_bit_string(struct reader *r, const char *field)
{
    struct element e = {0};
    if (!take_element(r, DER_BIT_STRING, field, &e))
        return (struct bytes){0};
    const struct bytes value = content_of(r, e);
    if (value.len == 0 || value.data[0] != 0) {
        refuse(r, field, e.content, value.len ? "has unused bits" : "has no bytes");
        return (struct bytes){0};
    }
    return bytes_slice(value, 1, value.len);
}

/* Two digits, or -1. */
static int two_digits(struct bytes text, size_t at)
{
    const uint8_t tens = text.data[at], units = text.data[at + 1];
    if (tens < '0' || tens > '9' || units < '0' || units > '9')
        return -1;
    return (tens - '0') * 10 + (units - '0');
}

/* The parts of a time whose year was read already: MMDDHHMMSSZ. */
static bool time_of_year(int year, struct bytes rest, int64_t *ret_time)
{
    return rest.data[10] == 'Z' &&
           time_from_parts(year, two_digits(rest, 0), two_digits(rest, 2), two_digits(rest, 4),
                           two_digits(rest, 6), two_digits(rest, 8), ret_time);
}

static bool utc_time(struct bytes text, int64_t *ret_time)
{
    const int year = text.len == 13 ? two_digits(text, 0) : -1;
    return year >= 0 &&
           time_of_year(year >= 50 ? 1900 + year : 2000 + year, bytes_slice(text, 2, 11), ret_time);
}

static bool generalized_time(struct bytes text, int64_t *ret_time)
{
    const int century = text.len == 15 ? two_digits(text, 0) : -1;
    const int years = century >= 0 ? two_digits(text, 2) : -1, year = century * 100 + years;
    return years >= 0 && (year < 1950 || year > 2049) &&
           time_of_year(year, bytes_slice(text, 4, 11), ret_time);
}

int64_t der_time(struct reader *r, const char *field)
{
    const bool utc = !der_peek_tag(r, DER_GENERALIZED_TIME);
    struct element e = {0};
    int64_t time = 0;
    if (!take_element(r, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME, field, &e))
        return 0;
    if (utc && !utc_time(content_of(r, e), &time))
        refuse(r, field, e.content, "is not a UTCTime YYMMDDHHMMSSZ");
    if (!utc && !generalized_time(content_of(r, e), &time))
        refuse(r, field, e.content,
               "is not a GeneralizedTime YYYYMMDDHHMMSSZ outside 1950 to 2049");
    return time;
}

/* Arcs are runs of bytes of which all but the last have the top bit; none starts with 80. */
static bool is_oid(struct bytes oid)
{
    bool starts = true;
    for (size_t i = 0; i < oid.len; i++) {
        if (starts && oid.data[i] == 0x80)
            return false;
        starts = !(oid.data[i] & 0x80);
    }
    return oid.len > 0 && starts;
}

struct bytes der_oid(struct reader *r, const char *field)
{
    struct element e = {0};
    if (!take_element(r, DER_OID, field, &e))
        return (struct bytes){0};
    if (!is_oid(content_of(r, e))) {
        refuse(r, field, e.content, "is not an object identifier with arcs as short as possible");
        return (struct bytes){0};
    }
    return content_of(r, e);
}

bool der_expect_oid(struct reader *r, const char *dotted, const char *field)
{
    const size_t at = r->pos;
    const struct bytes oid = der_oid(r, field);
    if (reader_ok(r) && !der_oid_is(oid, dotted)) {
        char found[96];
        quoth_mismatch(r->err, QUOTH_DER, field, at, der_oid_text(oid, found, sizeof found),
                       dotted);
    }
    return reader_ok(r);
}
