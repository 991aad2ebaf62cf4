#include "collateral/endorsements.h"

#include <stdio.h>

#define TEE_SGX 0x00u
#define TEE_TDX 0x81u

/* Seven buffers in the order of Intel's struct; forms C and D. */
static const enum collateral_part seven[] = {
    COLLATERAL_PCK_CRL_CHAIN,  COLLATERAL_ROOT_CRL, COLLATERAL_PCK_CRL,
    COLLATERAL_TCB_INFO_CHAIN, COLLATERAL_TCB_INFO, COLLATERAL_QE_IDENTITY_CHAIN,
    COLLATERAL_QE_IDENTITY,
};

static uint32_t u32_at(struct bytes data, size_t at)
{
    return data.len >= at + 4 ? bytes_u32le(data, at) : 0;
}

static bool is_tee_type(uint32_t type)
{
    return type == TEE_SGX || type == TEE_TDX;
}

static bool is_struct_version(uint32_t version) /* 3.0, 3.1, 4.0 */
{
    return version == 3 || version == 0x00010003 || version == 4;
}

bool endorsements_are_sgx(struct bytes data)
{
    return data.len >= 8 && u32_at(data, 0) == 1 && u32_at(data, 4) == 2;
}

bool endorsements_are_tdx(struct bytes data)
{
    return data.len >= 8 && is_struct_version(u32_at(data, 0)) && is_tee_type(u32_at(data, 4));
}

bool endorsements_are_flat(struct bytes data)
{
    if (data.len < 32 || !is_tee_type(u32_at(data, 0)))
        return false;
    uint64_t sum = 32;
    for (size_t i = 0; i < COUNT(seven); i++)
        sum += u32_at(data, 4 + 4 * i);
    return sum == data.len;
}

static bool refuse(size_t offset, const char *what, struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_BUNDLE, "endorsements", offset, "%s", what);
}

static bool small_enough(struct bytes data, struct quoth_error *err)
{
    if (data.len > ENDORSEMENTS_SIZE_MAX)
        return quoth_fail(err, QUOTH_TOO_LARGE, "endorsements", ENDORSEMENTS_SIZE_MAX,
                          "has %zu bytes, the limit is %u", data.len, ENDORSEMENTS_SIZE_MAX);
    return true;
}

/* Takes the seven buffers that follow each other, and nothing behind the last. */
static bool add_seven(struct reader *r, const uint32_t sizes[7], struct collateral_builder *to)
{
    for (size_t i = 0; i < COUNT(seven); i++) {
        const struct bytes part = reader_take(r, sizes[i], collateral_part_name(seven[i]));
        if (!reader_ok(r) || !collateral_add(to, seven[i], part, r->err))
            return quoth_within(r->err, "endorsements");
    }
    return reader_end(r, "endorsements");
}

#define ITEMS 9u /* of form B; the first is a version and the last the time of creation */

static const enum collateral_part item_parts[ITEMS] = {
    [1] = COLLATERAL_TCB_INFO,          [2] = COLLATERAL_TCB_INFO_CHAIN,
    [3] = COLLATERAL_PCK_CRL,           [4] = COLLATERAL_ROOT_CRL,
    [5] = COLLATERAL_PCK_CRL_CHAIN,     [6] = COLLATERAL_QE_IDENTITY,
    [7] = COLLATERAL_QE_IDENTITY_CHAIN,
};

/* Offsets count from the end of their own array, begin with 0 and ascend strictly, all inside. */
static bool read_offsets(struct reader *r, uint32_t offsets[ITEMS + 1], size_t data_len)
{
    for (size_t i = 0; i < ITEMS; i++) {
        const size_t at = r->pos;
        offsets[i] = reader_u32le(r, "offset");
        if (!reader_ok(r))
            return false;
        if (offsets[i] >= data_len || (i == 0 ? offsets[i] != 0 : offsets[i] <= offsets[i - 1]))
            return refuse(at, "the offset of an item is out of order or outside", r->err);
    }
    offsets[ITEMS] = (uint32_t)data_len;
    return true;
}

static bool add_items(struct reader *r, const uint32_t offsets[ITEMS + 1],
                      struct collateral_builder *to)
{
    for (size_t i = 0; i < ITEMS; i++) {
        const size_t at = r->pos;
        const struct bytes item = reader_take(r, offsets[i + 1] - offsets[i], "item");
        if (i == 0 && (item.len != 4 || bytes_u32le(item, 0) != 1))
            return refuse(at, "the version item is not 1", r->err);
        if (i > 0 && i < ITEMS - 1 && !collateral_add(to, item_parts[i], item, r->err))
            return quoth_within(r->err, "endorsements");
    }
    return true;
}

bool endorsements_read_sgx(struct bytes data, struct collateral_builder *to,
                           struct quoth_error *err)
{
    struct reader r = {.in = data, .err = err};
    if (!small_enough(data, err))
        return false;
    const uint32_t version = reader_u32le(&r, "version");
    const uint32_t enclave_type = reader_u32le(&r, "enclave_type");
    const uint32_t size = reader_u32le(&r, "size");
    const uint32_t count = reader_u32le(&r, "count");
    uint32_t offsets[ITEMS + 1] = {0};

    if (!reader_ok(&r))
        return quoth_within(err, "endorsements");
    if (version != 1 || enclave_type != 2)
        return refuse(0, "is not version 1 for SGX", err);
    if (size != reader_left(&r))
        return refuse(8, "the size is not that of what follows the header", err);
    if (count != ITEMS)
        return refuse(12, "there must be nine items", err);
    if (size < 4 * ITEMS)
        return refuse(8, "has no room for its offsets", err);
    return read_offsets(&r, offsets, size - 4 * ITEMS) && add_items(&r, offsets, to);
}

bool endorsements_read_tdx(struct bytes data, struct collateral_builder *to,
                           struct quoth_error *err)
{
    struct reader r = {.in = data, .err = err};
    uint32_t sizes[7];
    if (!small_enough(data, err))
        return false;
    if (!endorsements_are_tdx(data))
        return refuse(0, "is not a known version for a known TEE", err);
    (void)reader_take(&r, 8, "header");
    for (size_t i = 0; i < COUNT(sizes); i++) {
        (void)reader_take(&r, 8, "pointer"); /* of the process that wrote it: means nothing here */
        sizes[i] = reader_u32le(&r, "size");
        (void)reader_take(&r, 4, "padding");
    }
    return add_seven(&r, sizes, to);
}

bool endorsements_read_flat(struct bytes data, struct collateral_builder *to,
                            struct quoth_error *err)
{
    struct reader r = {.in = data, .err = err};
    uint32_t sizes[7];
    if (!small_enough(data, err))
        return false;
    if (!is_tee_type(reader_u32le(&r, "tee_type")))
        return refuse(0, "names no known TEE", err);
    for (size_t i = 0; i < COUNT(sizes); i++)
        sizes[i] = reader_u32le(&r, "size");
    return add_seven(&r, sizes, to);
}
