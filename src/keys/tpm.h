/* A visit to a TPM: from loading tpm2-tss to the last object flushed. Nothing is kept between two
 * visits, in the process or in the TPM; a TPM has room for three objects, and whoever leaves one
 * behind locks all others out. All calls block. */
#ifndef QUOTH_KEYS_TPM_H
#define QUOTH_KEYS_TPM_H

#include "keys/tpm_library.h"

#define TPM_HELD_MAX 4

struct tpm { /* zeroed: no visit */
    struct tpm_library lib;
    TSS2_TCTI_CONTEXT *tcti;
    ESYS_CONTEXT *esys;
    ESYS_TR held[TPM_HELD_MAX]; /* in the TPM, to be flushed at the end */
    size_t held_count;
    ESYS_TR session; /* the one that runs, 0: none */
};

/* QUOTH_DEVICE_UNAVAILABLE. */
bool tpm_open(const char *tcti, struct tpm *ret_tpm, struct quoth_error *err);
void tpm_close(struct tpm *t);
DEFINE_AUTO_VALUE(tpm, struct tpm, tpm_close)

/* Whether the call was answered with success; if not, says what the answer means: refused for what the
 * TPM understood and would not do, unavailable for all else. */
bool tpm_ok(const char *call, TSS2_RC rc, struct quoth_error *err);

/* The number of an answer without the parameter or session that it is about (TPM 2.0 part 2, 6.6). */
TSS2_RC tpm_answer(TSS2_RC rc);

/* An object that the TPM has just made or loaded: it is flushed at the end of the visit. */
void tpm_hold(struct tpm *t, ESYS_TR object);

/* Starts a session in place of the one that ran. With a key its traffic is encrypted and
 * authenticated by a secret that only that key's TPM can open: what goes over the bus can be read
 * and changed by whoever stands beside it. key ESYS_TR_NONE: none of this. attributes: which
 * way parameters are encrypted, TPMA_SESSION_DECRYPT to the TPM, TPMA_SESSION_ENCRYPT from it. */
bool tpm_start_session(struct tpm *t, TPM2_SE type, ESYS_TR key, TPMA_SESSION attributes,
                       struct quoth_error *err);

#endif
