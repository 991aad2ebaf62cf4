/* A signed program: EXE, the SIGSTRUCT beside it (EXE.sig) and its measured configuration
 * (EXE.enclave). Signing writes the last two and never touches the program. */
#ifndef QUOTH_PLATFORM_ENCLAVE_H
#define QUOTH_PLATFORM_ENCLAVE_H

#include "platform/enclave_config.h"
#include "platform/identity.h"
#include "platform/image.h"
#include "platform/sigstruct.h"

#include <stdio.h>

#define ENCLAVE_PROGRAM_LIMIT (1u << 30) /* bytes of EXE */

/* What EINIT would initialise. Owned; a zeroed struct is empty. */
struct enclave {
    struct image image;
    struct enclave_config config; /* as measured */
    struct enclave_identity identity;
};

void enclave_clear(struct enclave *enclave);
DEFINE_AUTO_VALUE(enclave, struct enclave, enclave_clear)

/* Builds the enclave from the three files and makes the checks of EINIT: SIGSTRUCT in itself
 * (sigstruct_read), MRENCLAVE, attributes under their masks, no family ids without KSS, no
 * attribute that this machine does not grant (PROVISION_KEY, EINITTOKEN_KEY), and product and
 * version as the configuration has them. False: QUOTH_ENCLAVE_UNSIGNED if there is no EXE.sig or no
 * EXE.enclave, QUOTH_ENCLAVE_MEASUREMENT, QUOTH_ENCLAVE_ATTRIBUTES, and what the parts say. */
bool enclave_load(const char *exe, struct enclave *ret_enclave, struct quoth_error *err);

/* EINIT without the files. The attributes of the enclave follow from its configuration. */
bool enclave_init(const struct sigstruct *sigstruct, const struct sha256 *mr_enclave,
                  const struct enclave_config *config, struct enclave_identity *ret_identity,
                  struct quoth_error *err);

/* "EXE.sig" for ".sig"; free it. NULL with QUOTH_MEMORY. */
char *enclave_path(const char *exe, const char *suffix, struct quoth_error *err);

struct enclave_signing {
    const char *exe;                     /* path of the program */
    const struct enclave_config *config; /* its files loaded */
    struct private_key *key;
    uint32_t date; /* as in struct sigstruct_body */
    FILE *records; /* where to write the records of the measurement too, or NULL */
};

/* Measures, signs, and writes EXE.enclave, then EXE.sig. */
bool enclave_sign(const struct enclave_signing *signing, struct sigstruct *ret_sigstruct,
                  struct quoth_error *err);

/* The SIGSTRUCT of a file that is one, of a program with EXE.sig beside it, or of a program signed
 * by EGo or Open Enclave (section .oeinfo). QUOTH_ENCLAVE_UNSIGNED if there is none; with ret_blank
 * not NULL, a .oeinfo that was never filled is no error but sets *ret_blank. */
bool enclave_sigstruct(const char *path, struct sigstruct *ret_sigstruct, bool *ret_blank,
                       struct quoth_error *err);

#endif
