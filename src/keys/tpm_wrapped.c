#include "keys/tpm_wrapped.h"

#include "keys/tpm_source.h"

#define MAGIC "QTP\1"
#define MAGIC_SIZE 4

/* A TPM2B: its length and as many bytes. */
static struct bytes take_sized(struct reader *r, const char *field)
{
    struct reader ahead = *r;
    const size_t len = reader_u16be(&ahead, field);
    return reader_take(r, sizeof(uint16_t) + len, field);
}

bool tpm_wrapped_read(struct bytes text, struct tpm_wrapped *ret_wrapped, struct quoth_error *err)
{
    struct quoth_error why = {0};
    struct reader r = {.in = text, .err = &why};
    struct tpm_wrapped w;

    const struct bytes magic = reader_take(&r, MAGIC_SIZE, "magic");
    w.pcrs = reader_u32be(&r, "pcrs");
    w.parent = reader_take(&r, TPM_NAME_SIZE, "parent");
    w.public_area = take_sized(&r, "public");
    w.private_area = take_sized(&r, "private");
    reader_end(&r, "wrapped");
    if (reader_ok(&r) && !bytes_equal(magic, BYTES_LITERAL(MAGIC)))
        quoth_fail(&why, QUOTH_SEAL_BROKEN, "magic", 0,
                   "is not that of something a TPM has sealed");
    if (reader_ok(&r) && w.pcrs >> TPM_PCR_COUNT)
        quoth_fail(&why, QUOTH_SEAL_BROKEN, "pcrs", MAGIC_SIZE, "names PCRs that there are not");
    if (!reader_ok(&r))
        return quoth_fail(err, QUOTH_SEAL_BROKEN, why.where, why.offset, "%s", why.message);
    *ret_wrapped = w;
    return true;
}

void tpm_wrapped_write(const struct tpm_wrapped *w, struct buffer *to)
{
    buffer_text(to, MAGIC);
    buffer_u32be(to, w->pcrs);
    buffer_add(to, w->parent);
    buffer_add(to, w->public_area);
    buffer_add(to, w->private_area);
}
