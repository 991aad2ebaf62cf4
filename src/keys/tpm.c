#include "keys/tpm.h"

static const struct {
    TSS2_RC answer;
    enum quoth_code code;
    const char *meaning;
} answers[] = {
    {TPM2_RC_POLICY_FAIL,      QUOTH_DEVICE_REFUSED,
     "PCRs are not what they were when it sealed: this machine has started differently since"         },
    {TPM2_RC_BAD_AUTH,         QUOTH_DEVICE_REFUSED,     "its owner hierarchy has a password"         },
    {TPM2_RC_AUTH_FAIL,        QUOTH_DEVICE_REFUSED,     "its owner hierarchy has a password"         },
    {TPM2_RC_HIERARCHY,        QUOTH_DEVICE_REFUSED,     "its owner hierarchy is switched off"        },
    {TPM2_RC_LOCKOUT,          QUOTH_DEVICE_REFUSED,
     "it is locked after wrong passwords; wait, or clear the lockout with its own tool"               },
    {TPM2_RC_COMMAND_CODE,     QUOTH_DEVICE_REFUSED,     "it has no such command"                     },
    {TPM2_RC_CURVE,            QUOTH_DEVICE_REFUSED,     "it has no P-256"                            },
    {TPM2_RC_NV_SPACE,         QUOTH_DEVICE_REFUSED,     "its memory has no room for another counter" },
    {TPM2_RC_NV_AUTHORIZATION, QUOTH_DEVICE_REFUSED,     "the index may not be used so"               },
    {TPM2_RC_NV_LOCKED,        QUOTH_DEVICE_REFUSED,     "the index is locked"                        },
    {TPM2_RC_INITIALIZE,       QUOTH_DEVICE_UNAVAILABLE, "it was not started by the firmware"         },
    {TPM2_RC_FAILURE,          QUOTH_DEVICE_UNAVAILABLE, "its self-test has failed"                   },
    {TPM2_RC_OBJECT_MEMORY,    QUOTH_DEVICE_UNAVAILABLE,
     "another program has left its objects in it; device:/dev/tpmrm0 keeps programs apart"            },
    {TPM2_RC_SESSION_MEMORY,   QUOTH_DEVICE_UNAVAILABLE,
     "another program has left its sessions in it; device:/dev/tpmrm0 keeps programs apart"           },
    {TPM2_RC_NV_RATE,          QUOTH_DEVICE_UNAVAILABLE, "its memory is being written too often; wait"},
    {TPM2_RC_NV_UNAVAILABLE,   QUOTH_DEVICE_UNAVAILABLE, "its memory does not answer"                 },
};

/* Whose answer it is: the TPM's own, handed on by the resource manager or not, or the library's. */
static bool is_of_tpm(TSS2_RC rc)
{
    const TSS2_RC layer = rc & TSS2_RC_LAYER_MASK;
    return layer == TSS2_TPM_RC_LAYER || layer == TSS2_RESMGR_TPM_RC_LAYER;
}

TSS2_RC tpm_answer(TSS2_RC rc)
{
    const TSS2_RC code = rc & ~TSS2_RC_LAYER_MASK;
    return code & TPM2_RC_FMT1 ? code & (TPM2_RC_FMT1 | 0x3Fu) : code;
}

bool tpm_ok(const char *call, TSS2_RC rc, struct quoth_error *err)
{
    if (rc == TSS2_RC_SUCCESS)
        return true;
    if (!is_of_tpm(rc))
        return quoth_fail(err, QUOTH_DEVICE_UNAVAILABLE, "tpm", QUOTH_NO_OFFSET,
                          "the TPM does not answer (%s: 0x%x)", call, rc);
    for (size_t i = 0; i < COUNT(answers); i++)
        if (answers[i].answer == tpm_answer(rc))
            return quoth_fail(err, answers[i].code, "tpm", QUOTH_NO_OFFSET,
                              "the TPM answers 0x%03x to %s: %s", rc & ~TSS2_RC_LAYER_MASK, call,
                              answers[i].meaning);
    const bool passes = (tpm_answer(rc) & TPM2_RC_WARN) == TPM2_RC_WARN; /* part 2, 6.6.3 */
    return quoth_fail(err, passes ? QUOTH_DEVICE_UNAVAILABLE : QUOTH_DEVICE_REFUSED, "tpm",
                      QUOTH_NO_OFFSET, "the TPM answers 0x%03x to %s", rc & ~TSS2_RC_LAYER_MASK,
                      call);
}

void tpm_hold(struct tpm *t, ESYS_TR object)
{
    t->held[t->held_count++] = object;
}

static void end_session(struct tpm *t)
{
    if (t->session)
        t->lib.Esys_FlushContext(t->esys, t->session);
    t->session = 0;
}

bool tpm_start_session(struct tpm *t, TPM2_SE type, ESYS_TR key, TPMA_SESSION attributes,
                       struct quoth_error *err)
{
    const TPMT_SYM_DEF aes = {
        .algorithm = TPM2_ALG_AES, .keyBits.aes = 128, .mode.aes = TPM2_ALG_CFB};
    const TPMT_SYM_DEF none = {.algorithm = TPM2_ALG_NULL};
    const TPMA_SESSION all = attributes | TPMA_SESSION_CONTINUESESSION;
    end_session(t);
    return tpm_ok("StartAuthSession",
                  t->lib.Esys_StartAuthSession(
                      t->esys, key, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL,
                      type, key == ESYS_TR_NONE ? &none : &aes, TPM2_ALG_SHA256, &t->session),
                  err) &&
           tpm_ok("SetAttributes", t->lib.Esys_TRSess_SetAttributes(t->esys, t->session, all, all),
                  err);
}

void tpm_close(struct tpm *t)
{
    end_session(t);
    while (t->held_count)
        t->lib.Esys_FlushContext(t->esys, t->held[--t->held_count]);
    if (t->esys)
        t->lib.Esys_Finalize(&t->esys);
    if (t->tcti)
        t->lib.Tss2_TctiLdr_Finalize(&t->tcti);
    tpm_library_close(&t->lib);
    *t = (struct tpm){0};
}

bool tpm_open(const char *tcti, struct tpm *ret_tpm, struct quoth_error *err)
{
    AUTO(tpm) struct tpm t = {0};
    if (!tpm_library_open(&t.lib, err) ||
        !tpm_ok(tcti, t.lib.Tss2_TctiLdr_Initialize(tcti, &t.tcti), err) ||
        !tpm_ok("Initialize", t.lib.Esys_Initialize(&t.esys, t.tcti, NULL), err))
        return false;
    *ret_tpm = take_value(t);
    return true;
}
