/* A strict reader for DER (ITU-T X.690, 2021), for the profile of X.509 that vendors of TEEs use,
 * and a small writer.
 *
 * Reading: each function looks at the element at the reader's place, refuses it with QUOTH_DER
 * unless it has the form that its name says, and moves past it. Lengths are definite and as short
 * as possible; tags above 30 do not occur and are refused. Failures stick as everywhere with a
 * reader: afterwards all functions give zeros and empty views. field names the element for the
 * error. Nothing recurses: the depth is that of the caller's code. */
#ifndef QUOTH_CODEC_DER_H
#define QUOTH_CODEC_DER_H

#include "base/bytes.h"

enum { /* identifier octets */
       DER_BOOLEAN = 0x01,
       DER_INTEGER = 0x02,
       DER_BIT_STRING = 0x03,
       DER_OCTET_STRING = 0x04,
       DER_NULL = 0x05,
       DER_OID = 0x06,
       DER_ENUMERATED = 0x0A,
       DER_UTF8_STRING = 0x0C,
       DER_PRINTABLE_STRING = 0x13,
       DER_IA5_STRING = 0x16,
       DER_UTC_TIME = 0x17,
       DER_GENERALIZED_TIME = 0x18,
       DER_SEQUENCE = 0x30,
       DER_SET = 0x31,
};
#define DER_CONTEXT(n) (0xA0 | (n))           /* [n], constructed, as all EXPLICIT ones are */
#define DER_CONTEXT_PRIMITIVE(n) (0x80 | (n)) /* [n] IMPLICIT of a primitive type */

/* True if another element follows and its tag is this one. Moves and refuses nothing. */
bool der_peek_tag(const struct reader *r, uint8_t tag);

/* Steps into an element of this tag: ret_inside reads its contents, r moves past it. Close with
 * reader_end(). Offsets of errors inside still count from the start of the outermost view. On
 * failure ret_inside is at its end and shares the error. */
bool der_take_tag(struct reader *r, uint8_t tag, struct reader *ret_inside, const char *field);

/* The contents of an element of this tag, for OCTET STRING, strings and IMPLICIT types. */
struct bytes der_content(struct reader *r, uint8_t tag, const char *field);

/* The whole next element, tag and length included: what a signature covers, or a name to compare.
 * The first moves past it; the second does not, so that it can be read as well. */
struct bytes der_take_span(struct reader *r, const char *field);
struct bytes der_peek_span(const struct reader *r, const char *field);

/* The magnitude, big-endian, without a leading zero (zero itself is one byte 0). Negative numbers
 * and encodings longer than needed are refused. */
struct bytes der_integer(struct reader *r, const char *field);

/* A whole number from 0 to max. */
uint64_t der_small_uint(struct reader *r, uint64_t max, const char *field);

bool der_bool(struct reader *r, const char *field); /* 00 or FF, nothing else; false on failure */
void der_null(struct reader *r, const char *field);

/* The bytes of a BIT STRING that has no unused bits. */
struct bytes der_bit_string(struct reader *r, const char *field);

/* Seconds since 1970, from UTCTime YYMMDDHHMMSSZ (50 to 99 are 19YY) or GeneralizedTime
 * YYYYMMDDHHMMSSZ. As RFC 5280 section 4.1.2.5 demands, years 1950 to 2049 must be UTCTime. */
int64_t der_time(struct reader *r, const char *field);

/* The contents of an OBJECT IDENTIFIER, each arc as short as possible. */
struct bytes der_oid(struct reader *r, const char *field);

/* Whether such contents are the identifier written as "1.2.840.113741.1.13.1". */
bool der_oid_is(struct bytes oid, const char *dotted);

/* Reads an OBJECT IDENTIFIER and refuses any but this one. */
bool der_expect_oid(struct reader *r, const char *dotted, const char *field);

/* Writes such contents as dotted text, cut and marked "..." if size (at least 4) is short. */
char *der_oid_text(struct bytes oid, char *to, size_t size);

/* Writing: each function appends one element; what is nested is built in a buffer of its own and
 * then wrapped with der_write_tlv. Ask buffer_ok() at the end. */
void der_write_tlv(struct buffer *to, uint8_t tag, struct bytes content);
void der_write_integer(struct buffer *to, struct bytes magnitude); /* big-endian, not negative */
void der_write_integer_u64(struct buffer *to, uint64_t value);
void der_write_bool(struct buffer *to, bool value);
void der_write_null(struct buffer *to);
void der_write_bit_string(struct buffer *to, struct bytes data); /* no unused bits */
void der_write_time(struct buffer *to, int64_t time); /* UTCTime for 1950 to 2049, as der_time */
void der_write_text(struct buffer *to, uint8_t tag, const char *text);

/* dotted must be a valid identifier with arcs below 2^32; to.failed is set otherwise. */
void der_write_oid(struct buffer *to, const char *dotted);

#endif
