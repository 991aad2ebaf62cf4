#include "keys/tpm_source.h"

#include "codec/hex.h"

#define SCHEME "tpm:"
#define PCRS "pcrs="
#define BANK "sha256:"
#define NV "nv=0x"

static bool unfit(struct quoth_error *err, const char *where, size_t offset, const char *why)
{
    return quoth_fail(err, QUOTH_USAGE, where, offset, "%s", why);
}

static bool begins(struct bytes text, const char *with)
{
    const struct bytes w = bytes_of_text(with);
    return bytes_equal(bytes_slice(text, 0, w.len), w);
}

static bool is_one_of(struct bytes word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(word, bytes_of_text(words[i])))
            return true;
    return false;
}

/* tpm2-tss loads a library by the name, so only those that lead to a TPM are passed on. */
static bool read_tcti(struct bytes text, size_t at, struct tpm_source *s, struct quoth_error *err)
{
    static const char *const names[] = {"device", "swtpm", "mssim", "tabrmd"};
    if (text.len == 0)
        text = BYTES_LITERAL("device:/dev/tpmrm0");
    if (text.len > TPM_TCTI_MAX)
        return quoth_fail(err, QUOTH_USAGE, "tcti", at, "has %zu bytes, limit is %d", text.len,
                          TPM_TCTI_MAX);
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] <= ' ' || text.data[i] > '~')
            return unfit(err, "tcti", at + i, "has a blank or a character that is not ASCII");
    const uint8_t *colon = memchr(text.data, ':', text.len);
    const size_t name_len = colon ? (size_t)(colon - text.data) : text.len;
    if (!is_one_of(bytes_slice(text, 0, name_len), names, COUNT(names)))
        return unfit(err, "tcti", at, "is none of device, swtpm, mssim and tabrmd");
    bytes_copy((uint8_t *)s->tcti, text);
    return true;
}

/* "7,11": ascending, so that there is one way to write a set. */
static bool read_pcrs(struct bytes text, size_t at, struct tpm_source *s, struct quoth_error *err)
{
    if (!begins(text, BANK))
        return unfit(err, "pcrs", at, "needs the bank: pcrs=sha256:7,11");
    for (size_t i = sizeof BANK - 1;; i++) {
        const size_t start = i;
        unsigned number = 0;
        while (i < text.len && i - start < 2 && text.data[i] >= '0' && text.data[i] <= '9')
            number = number * 10 + (text.data[i++] - (unsigned)'0');
        if (i == start || (text.data[start] == '0' && i > start + 1) || number >= TPM_PCR_COUNT)
            return unfit(err, "pcrs", at + start, "PCRs have numbers from 0 to 23");
        if (s->pcrs >> number)
            return unfit(err, "pcrs", at + start, "PCRs are named once each, in ascending order");
        s->pcrs |= 1u << number;
        if (i == text.len)
            return true;
        if (text.data[i] != ',')
            return unfit(err, "pcrs", at + i, "PCRs are numbers with commas between them");
    }
}

static bool read_nv(struct bytes text, size_t at, struct tpm_source *s, struct quoth_error *err)
{
    uint8_t index[4];
    if (!hex_decode_fixed(text, index, sizeof index, &(struct quoth_error){0}))
        return unfit(err, "nv", at, "an index is 0x and eight hexadecimal digits");
    struct reader r = {.in = BYTES_OF(index), .err = err};
    const uint32_t nv = reader_u32be(&r, "nv");
    if (nv < TPM_NV_FIRST || nv > TPM_NV_LAST)
        return unfit(err, "nv", at, "an owner's index lies between 0x01400000 and 0x01bfffff");
    s->nv = nv;
    return true;
}

static bool read_option(struct bytes text, size_t at, struct tpm_source *s, struct quoth_error *err)
{
    const size_t pcrs = sizeof PCRS - 1, nv = sizeof NV - 1;
    if (begins(text, PCRS))
        return read_pcrs(bytes_slice(text, pcrs, text.len), at + pcrs, s, err);
    if (begins(text, NV))
        return read_nv(bytes_slice(text, nv, text.len), at + nv, s, err);
    return unfit(err, "source", at, "an option is pcrs=sha256:LIST or nv=0xINDEX, and only one");
}

static bool read_source(struct bytes text, struct tpm_source *ret_source, struct quoth_error *err)
{
    const size_t scheme = sizeof SCHEME - 1;
    struct tpm_source s = {0};
    if (!begins(text, SCHEME))
        return unfit(err, "source", 0, "begins with tpm:");
    const uint8_t *mark = memchr(text.data, '?', text.len);
    const size_t end = mark ? (size_t)(mark - text.data) : text.len;
    if (!read_tcti(bytes_slice(text, scheme, end - scheme), scheme, &s, err) ||
        (mark && !read_option(bytes_slice(text, end + 1, text.len), end + 1, &s, err)))
        return false;
    *ret_source = s;
    return true;
}

bool tpm_source_of_key(struct bytes text, struct tpm_source *ret_source, struct quoth_error *err)
{
    struct tpm_source s;
    if (!read_source(text, &s, err))
        return false;
    if (s.nv)
        return unfit(err, "nv", QUOTH_NO_OFFSET, "is for a counter, not for a key");
    *ret_source = s;
    return true;
}

bool tpm_source_of_counter(struct bytes text, struct tpm_source *ret_source,
                           struct quoth_error *err)
{
    struct tpm_source s;
    if (!read_source(text, &s, err))
        return false;
    if (!s.nv)
        return unfit(err, "nv", QUOTH_NO_OFFSET, "a counter needs an index: tpm:?nv=0x01800001");
    *ret_source = s;
    return true;
}
