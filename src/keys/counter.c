/* A counter in a TPM's non-volatile memory (TPM 2.0 part 1, 37.2.4.3): 64 bits that go up by one and
 * never down, not even when the index is removed and defined again, as a new counter begins above
 * every one that was ever removed. Whoever reaches the TPM may raise it: that locks nobody in, and
 * shows. */
#include "keys/device.h"
#include "keys/tpm.h"
#include "keys/tpm_source.h"

#define ATTRIBUTES                                                                                 \
    ((TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT) | TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE |           \
     TPMA_NV_OWNERREAD | TPMA_NV_NO_DA)

struct counter {
    struct tpm_source source;
};

static bool refuse(struct quoth_error *err, const char *why)
{
    return quoth_fail(err, QUOTH_DEVICE_REFUSED, "counter", QUOTH_NO_OFFSET, "%s", why);
}

void counter_close(struct counter *c)
{
    free(c);
}

bool counter_open(const char *source, struct counter **ret_counter, struct quoth_error *err)
{
    AUTO(counter) struct counter *c = malloc(sizeof *c);
    if (!c)
        return quoth_fail(err, QUOTH_MEMORY, "counter", QUOTH_NO_OFFSET, "out of memory");
    if (!tpm_source_of_counter(bytes_of_text(source), &c->source, err))
        return false;
    *ret_counter = take(c);
    return true;
}

/* An index of another kind could be set to any value. */
static bool check_kind(struct tpm *t, ESYS_TR index, bool *ret_written, struct quoth_error *err)
{
    TPM2B_NV_PUBLIC *found = NULL;
    if (!tpm_ok("NV_ReadPublic",
                t->lib.Esys_NV_ReadPublic(t->esys, index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                          &found, NULL),
                err))
        return false;
    const TPMS_NV_PUBLIC nv = found->nvPublic;
    t->lib.Esys_Free(found);
    *ret_written = nv.attributes & TPMA_NV_WRITTEN;
    return ((nv.attributes & ~TPMA_NV_WRITTEN) == ATTRIBUTES && nv.dataSize == sizeof(uint64_t)) ||
           refuse(err, "the index is no counter of ours: name another with nv=");
}

/* *ret_index is ESYS_TR_NONE if there is no such index. */
static bool find_index(struct tpm *t, const struct counter *c, ESYS_TR *ret_index,
                       bool *ret_written, struct quoth_error *err)
{
    ESYS_TR index = ESYS_TR_NONE;
    const TSS2_RC rc = t->lib.Esys_TR_FromTPMPublic(t->esys, c->source.nv, ESYS_TR_NONE,
                                                    ESYS_TR_NONE, ESYS_TR_NONE, &index);
    if (tpm_answer(rc) == TPM2_RC_HANDLE) {
        *ret_index = ESYS_TR_NONE;
        return true;
    }
    if (!tpm_ok("NV_ReadPublic", rc, err) || !check_kind(t, index, ret_written, err))
        return false;
    *ret_index = index;
    return true;
}

static bool define(struct tpm *t, const struct counter *c, ESYS_TR *ret_index,
                   struct quoth_error *err)
{
    const TPM2B_AUTH no_password = {0};
    const TPM2B_NV_PUBLIC nv = {
        .nvPublic = {.nvIndex = c->source.nv,
                     .nameAlg = TPM2_ALG_SHA256,
                     .attributes = ATTRIBUTES,
                     .dataSize = sizeof(uint64_t)}
    };
    return tpm_ok("NV_DefineSpace",
                  t->lib.Esys_NV_DefineSpace(t->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD,
                                             ESYS_TR_NONE, ESYS_TR_NONE, &no_password, &nv,
                                             ret_index),
                  err);
}

static bool increment(struct tpm *t, ESYS_TR index, struct quoth_error *err)
{
    return tpm_ok("NV_Increment",
                  t->lib.Esys_NV_Increment(t->esys, index, index, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                           ESYS_TR_NONE),
                  err);
}

static bool read_value(struct tpm *t, ESYS_TR index, uint64_t *ret_value, struct quoth_error *err)
{
    TPM2B_MAX_NV_BUFFER *data = NULL;
    if (!tpm_ok("NV_Read",
                t->lib.Esys_NV_Read(t->esys, index, index, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                    ESYS_TR_NONE, sizeof(uint64_t), 0, &data),
                err))
        return false;
    struct quoth_error ignored = {0};
    struct reader r = {
        .in = {data->buffer, data->size},
          .err = &ignored
    };
    const uint64_t high = reader_u32be(&r, "value");
    const uint64_t value = high << 32 | reader_u32be(&r, "value");
    const bool whole = reader_end(&r, "value");
    t->lib.Esys_Free(data);
    if (whole)
        *ret_value = value;
    return whole || refuse(err, "the TPM gives no whole value");
}

bool counter_create(struct counter *c, uint64_t *ret_value, struct quoth_error *err)
{
    AUTO(tpm) struct tpm t = {0};
    ESYS_TR index;
    bool written = false;
    return tpm_open(c->source.tcti, &t, err) && find_index(&t, c, &index, &written, err) &&
           (index != ESYS_TR_NONE || define(&t, c, &index, err)) &&
           (written || increment(&t, index, err)) && /* before that it has no value */
           read_value(&t, index, ret_value, err);
}

/* Finds a counter that counts already. */
static bool visit(const struct counter *c, struct tpm *ret_tpm, ESYS_TR *ret_index,
                  struct quoth_error *err)
{
    AUTO(tpm) struct tpm t = {0};
    bool written = false;
    if (!tpm_open(c->source.tcti, &t, err) || !find_index(&t, c, ret_index, &written, err))
        return false;
    if (*ret_index == ESYS_TR_NONE || !written)
        return refuse(err,
                      "the TPM has no such counter (any more): it was removed or cleared, or the "
                      "TPM exchanged, so nothing shows whether the store was put back");
    *ret_tpm = take_value(t);
    return true;
}

bool counter_read(struct counter *c, uint64_t *ret_value, struct quoth_error *err)
{
    AUTO(tpm) struct tpm t = {0};
    ESYS_TR index;
    return visit(c, &t, &index, err) && read_value(&t, index, ret_value, err);
}

bool counter_raise(struct counter *c, uint64_t *ret_value, struct quoth_error *err)
{
    AUTO(tpm) struct tpm t = {0};
    ESYS_TR index;
    return visit(c, &t, &index, err) && increment(&t, index, err) &&
           read_value(&t, index, ret_value, err);
}
