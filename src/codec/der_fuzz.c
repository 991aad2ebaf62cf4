/* Any bytes, walked as far as they are DER: each element is rebuilt from its tag and contents to
 * the same bytes, and each value that is read is written to the same bytes. */
#include "codec/der.h"
#include "tests/fuzz/fuzz.h"

#define DEPTH 32

/* Reads the element at the reader's place by its type and compares what the writer makes of it. */
static void check_value(struct reader r, struct bytes span)
{
    char text[400];
    AUTO(buffer) struct buffer again = {0};
    struct quoth_error err = {0};
    r.err = &err;
    switch (span.data[0]) {
    case DER_BOOLEAN:
        der_write_bool(&again, der_bool(&r, "x"));
        break;
    case DER_INTEGER:
        der_write_integer(&again, der_integer(&r, "x"));
        break;
    case DER_BIT_STRING:
        der_write_bit_string(&again, der_bit_string(&r, "x"));
        break;
    case DER_NULL:
        der_null(&r, "x");
        der_write_null(&again);
        break;
    case DER_UTC_TIME:
    case DER_GENERALIZED_TIME:
        der_write_time(&again, der_time(&r, "x"));
        break;
    case DER_OID:
        der_write_oid(&again, der_oid_text(der_oid(&r, "x"), text, sizeof text));
        if (again.failed) /* an arc of more than 32 bits, or very many */
            return;
        break;
    default:
        return;
    }
    if (reader_ok(&r))
        require(bytes_equal(buffer_bytes(&again), span));
}

/* NOLINTNEXTLINE(misc-no-recursion): DEPTH bounds it */
static void walk(struct reader *r, size_t depth)
{
    while (reader_ok(r) && reader_left(r) > 0) {
        struct reader at = *r, inside;
        const struct bytes span = der_take_span(r, "x");
        if (!reader_ok(r))
            return;
        AUTO(buffer) struct buffer again = {0};
        const uint8_t tag = span.data[0];
        require(der_take_tag(&at, tag, &inside, "x") && at.pos == r->pos);
        der_write_tlv(&again, tag, bytes_slice(inside.in, inside.pos, inside.in.len));
        require(bytes_equal(buffer_bytes(&again), span));
        at.pos -= span.len;
        check_value(at, span);
        if ((tag & 0x20) && depth < DEPTH)
            walk(&inside, depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct quoth_error err = {0};
    struct reader r = {
        .in = {data, len},
          .err = &err
    };
    walk(&r, 0);
    require(reader_ok(&r) ? r.pos == len : err.code == QUOTH_DER && err.offset <= len);
    return 0;
}
