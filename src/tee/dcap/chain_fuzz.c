/* Text that is read as evidence re-encodes to itself, and what is read at all has one order. */
#include "tee/dcap/chain.h"

#include "codec/pem.h"
#include "tests/fuzz/fuzz.h"

static bool stands_in(struct bytes text, struct bytes block)
{
    return memmem(text.data, text.len, block.data, block.len) != NULL;
}

static void check(const struct chain *c, struct bytes text, bool canonical)
{
    struct quoth_error err = {0};
    for (size_t i = 0; i < c->count; i++) {
        const struct cert *issuer = &c->certs[i + 1 < c->count ? i + 1 : i];
        AUTO(buffer) struct buffer block = {0};
        require(bytes_equal(c->certs[i].issuer, issuer->subject));
        pem_encode("CERTIFICATE", c->certs[i].der, &block);
        require(!canonical || stands_in(text, buffer_bytes(&block)));
    }
    (void)chain_check_profile(c, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct bytes in = {data, len};
    for (int canonical = 0; canonical < 2; canonical++) {
        for (int kind = CHAIN_PCK; kind <= CHAIN_CA; kind++) {
            struct quoth_error err = {0};
            AUTO(chain) struct chain c = {0};
            if (chain_read(in, (enum chain_kind)kind, canonical, &c, &err))
                check(&c, in, canonical);
            else
                require(err.code != QUOTH_OK && c.count == 0);
        }
    }
    return 0;
}
