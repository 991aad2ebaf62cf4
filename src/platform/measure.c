#include "platform/measure.h"

struct measure {
    struct sha256_stream *hash;
    FILE *dump; /* borrowed, or NULL */
    bool dump_failed;
};

static const uint8_t ecreate[8] = "ECREATE";
static const uint8_t eadd[8] = "EADD\0\0\0";
static const uint8_t eextend[8] = "EEXTEND";

bool measure_open(FILE *dump, struct measure **ret_measure, struct quoth_error *err)
{
    AUTO(measure) struct measure *m = calloc(1, sizeof *m);
    if (!m)
        return quoth_fail(err, QUOTH_MEMORY, "measurement", QUOTH_NO_OFFSET, "out of memory");
    m->dump = dump;
    if (!sha256_stream_open(&m->hash, err))
        return false;
    *ret_measure = take(m);
    return true;
}

void measure_free(struct measure *m)
{
    if (!m)
        return;
    sha256_stream_free(m->hash);
    free(m);
}

static void put(struct measure *m, struct bytes record)
{
    sha256_stream_add(m->hash, record);
    if (m->dump && fwrite(record.data, 1, record.len, m->dump) != record.len)
        m->dump_failed = true;
}

static void u32le(uint8_t *to, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (8 * i));
}

static void u64le(uint8_t *to, uint64_t value)
{
    u32le(to, (uint32_t)value);
    u32le(to + 4, (uint32_t)(value >> 32));
}

void measure_create(struct measure *m, uint32_t ssa_frame_size, uint64_t size)
{
    uint8_t record[SGX_RECORD] = {0};
    bytes_copy(record, BYTES_OF(ecreate));
    u32le(record + 8, ssa_frame_size);
    u64le(record + 12, size);
    put(m, BYTES_OF(record));
}

void measure_add(struct measure *m, uint64_t offset, uint64_t flags)
{
    uint8_t record[SGX_RECORD] = {0};
    bytes_copy(record, BYTES_OF(eadd));
    u64le(record + 8, offset);
    u64le(record + 16, flags);
    put(m, BYTES_OF(record));
}

void measure_extend(struct measure *m, uint64_t offset, struct bytes chunk)
{
    uint8_t record[SGX_RECORD + SGX_CHUNK] = {0};
    bytes_copy(record, BYTES_OF(eextend));
    u64le(record + 8, offset);
    bytes_copy(record + SGX_RECORD, bytes_slice(chunk, 0, SGX_CHUNK));
    put(m, BYTES_OF(record));
}

void measure_page(struct measure *m, uint64_t offset, uint64_t flags, struct bytes content)
{
    measure_add(m, offset, flags);
    for (size_t at = 0; at < SGX_PAGE; at += SGX_CHUNK)
        measure_extend(m, offset + at, bytes_slice(content, at, SGX_CHUNK));
}

bool measure_finish(struct measure *m, struct sha256 *ret_mr_enclave, struct quoth_error *err)
{
    if (m->dump_failed)
        return quoth_fail(err, QUOTH_IO, "measurement", QUOTH_NO_OFFSET,
                          "the records could not be written");
    *ret_mr_enclave = sha256_stream_finish(m->hash);
    return true;
}

static bool inside(uint64_t offset, uint64_t unit, uint64_t size)
{
    return offset % unit == 0 && offset < size;
}

static bool create_read(struct reader *r, struct measure *m, uint64_t *ret_size)
{
    const struct bytes tag = reader_take(r, sizeof ecreate, "sgxs.ecreate");
    const uint32_t ssa_frame_size = reader_u32le(r, "sgxs.ecreate.ssaframesize");
    const uint64_t size = reader_u64le(r, "sgxs.ecreate.size");
    reader_zeros(r, 44, "sgxs.ecreate.reserved");
    if (!reader_ok(r))
        return false;
    if (!bytes_equal(tag, BYTES_OF(ecreate)))
        return quoth_fail(r->err, QUOTH_MALFORMED, "sgxs.ecreate", 0, "is not the first record");
    if (size == 0 || (size & (size - 1)) != 0)
        return quoth_fail(r->err, QUOTH_MALFORMED, "sgxs.ecreate.size", 12,
                          "is not a power of two");
    measure_create(m, ssa_frame_size, size);
    *ret_size = size;
    return true;
}

static bool add_read(struct reader *r, struct measure *m, uint64_t offset, uint64_t size)
{
    const uint64_t flags = reader_u64le(r, "sgxs.eadd.flags");
    reader_zeros(r, 40, "sgxs.eadd.reserved");
    if (!reader_ok(r))
        return false;
    if (!inside(offset, SGX_PAGE, size))
        return quoth_fail(r->err, QUOTH_MALFORMED, "sgxs.eadd.offset", r->pos - SGX_RECORD + 8,
                          "is not a page of the enclave");
    measure_add(m, offset, flags);
    return true;
}

static bool extend_read(struct reader *r, struct measure *m, uint64_t offset, uint64_t size)
{
    reader_zeros(r, 48, "sgxs.eextend.reserved");
    const struct bytes chunk = reader_take(r, SGX_CHUNK, "sgxs.eextend.content");
    if (!reader_ok(r))
        return false;
    if (!inside(offset, SGX_CHUNK, size))
        return quoth_fail(r->err, QUOTH_MALFORMED, "sgxs.eextend.offset",
                          r->pos - SGX_CHUNK - SGX_RECORD + 8, "is not a chunk of the enclave");
    measure_extend(m, offset, chunk);
    return true;
}

bool measure_sgxs(struct measure *m, struct bytes sgxs, struct quoth_error *err)
{
    struct reader r = {.in = sgxs, .err = err};
    uint64_t size = 0;

    if (!create_read(&r, m, &size))
        return false;
    while (reader_left(&r) > 0) {
        const struct bytes tag = reader_take(&r, sizeof eadd, "sgxs.record");
        const uint64_t offset = reader_u64le(&r, "sgxs.record.offset");
        if (!reader_ok(&r))
            return false;
        if (bytes_equal(tag, BYTES_OF(eadd))) {
            if (!add_read(&r, m, offset, size))
                return false;
        } else if (bytes_equal(tag, BYTES_OF(eextend))) {
            if (!extend_read(&r, m, offset, size))
                return false;
        } else {
            return quoth_fail(err, QUOTH_MALFORMED, "sgxs.record", r.pos - 16,
                              "is neither EADD nor EEXTEND");
        }
    }
    return true;
}
