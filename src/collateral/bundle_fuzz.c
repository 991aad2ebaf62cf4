/* Every form of bundle: whatever is read is bounded, has its CRLs in DER, and survives export. */
#include "collateral/bundle.h"

#include "tests/fuzz/fuzz.h"

static void judge(const struct collateral *c)
{
    AUTO(buffer) struct buffer text = {0};
    AUTO(collateral) struct collateral again = {0};
    struct quoth_error err = {0};
    for (size_t i = 0; i < COLLATERAL_PARTS; i++)
        require(c->part[i].len <= COLLATERAL_PART_MAX);
    require(c->part[COLLATERAL_ROOT_CRL].len == 0 || c->part[COLLATERAL_ROOT_CRL].data[0] == 0x30);
    require(c->part[COLLATERAL_PCK_CRL].len == 0 || c->part[COLLATERAL_PCK_CRL].data[0] == 0x30);
    if (!bundle_write(c, &text, &err) || text.len > BUNDLE_SIZE_MAX)
        return; /* a part that is no signed body, or one that escapes make too long */
    if (!bundle_read(buffer_bytes(&text), &again, &err))
        return;
    require(bytes_equal(c->part[COLLATERAL_ROOT_CRL], again.part[COLLATERAL_ROOT_CRL]));
    require(bytes_equal(c->part[COLLATERAL_PCK_CRL], again.part[COLLATERAL_PCK_CRL]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct bytes in = {data, len};
    struct quoth_error err = {0};
    AUTO(collateral) struct collateral c = {0};
    if (bundle_read(in, &c, &err)) {
        require(err.code == QUOTH_OK);
        judge(&c);
    } else {
        require(err.code != QUOTH_OK && err.message[0] != '\0');
        require(c.memory.len == 0);
    }
    return 0;
}
