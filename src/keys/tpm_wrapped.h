/* What a TPM has sealed, as it is kept. It is no secret: only the TPM that made it can load it.
 *
 *      0   4   "QTP\1"
 *      4   4   the PCRs it is bound to, big-endian: bit n is PCR n of the SHA-256 bank
 *      8  32   name of the storage key above it (SHA-256 of its public area): which TPM
 *     40   2   length of the next, big-endian; with it a TPM2B_PUBLIC (TPM 2.0 part 2, 12.2.5)
 *     42   n
 *          2   length of the next, big-endian; with it a TPM2B_PRIVATE (part 2, 12.3.7)
 *          m   to the end */
#ifndef QUOTH_KEYS_TPM_WRAPPED_H
#define QUOTH_KEYS_TPM_WRAPPED_H

#include "base/bytes.h"

#define TPM_NAME_SIZE 32

struct tpm_wrapped { /* views */
    uint32_t pcrs;
    struct bytes parent;                    /* TPM_NAME_SIZE */
    struct bytes public_area, private_area; /* each with its length in front */
};

/* QUOTH_SEAL_BROKEN with the offset of what is wrong. */
bool tpm_wrapped_read(struct bytes text, struct tpm_wrapped *ret_wrapped, struct quoth_error *err);

/* Appends. */
void tpm_wrapped_write(const struct tpm_wrapped *w, struct buffer *to);

#endif
