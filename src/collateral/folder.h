/* Collateral in files: one file per part in a folder, a bundle in a file, or a folder of either per
 * platform. Reads block; nothing here is called while an attestation waits.
 *
 *   tcb_info.json  qe_identity.json  tcb_signing_chain.pem  qe_identity_chain.pem (absent: the same
 *   as tcb_signing_chain.pem)  root_ca.crl  pck.crl  pck_crl_chain.pem  pck_chain.pem */
#ifndef QUOTH_COLLATERAL_FOLDER_H
#define QUOTH_COLLATERAL_FOLDER_H

#include "collateral/key.h"

/* Reads the files of one folder; those that are not there are missing parts. ret_collateral must be
 * empty. False: QUOTH_IO, or QUOTH_BUNDLE if none of the files is there or one is malformed. */
bool folder_read(const char *path, struct collateral *ret_collateral, struct quoth_error *err);

/* Writes the parts as files, each whole or not at all, and removes files of missing parts. The
 * folder is made if it is not there; CRLs are written as DER. */
bool folder_write(const char *path, const struct collateral *c, struct quoth_error *err);

/* What path holds for a platform: the bundle in a file; the parts in a folder; or, in a folder that
 * has no tcb_info.json, the folder or bundle named after the platform ("sgx-00906ed50000-platform"
 * or "sgx-00906ed50000-platform.json"). Whether it is for that platform is for the TEE to judge.
 * key may be NULL: no choice by platform. QUOTH_SOURCE_UNKNOWN if such a folder has nothing for it.
 */
bool collateral_load(const char *path, const struct collateral_key *key,
                     struct collateral *ret_collateral, struct quoth_error *err);

#endif
