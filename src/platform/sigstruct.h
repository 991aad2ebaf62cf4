/* SIGSTRUCT, the 1808 bytes with which an author vouches for an enclave; little-endian throughout.
 * Source: Intel SDM volume 3D, "SIGSTRUCT" and "EINIT". */
#ifndef QUOTH_PLATFORM_SIGSTRUCT_H
#define QUOTH_PLATFORM_SIGSTRUCT_H

#include "base/bytes.h"
#include "crypto/bignum.h"
#include "crypto/key.h"
#include "platform/identity.h"

#define SIGSTRUCT_SIZE 1808
#define SIGSTRUCT_VENDOR_INTEL 0x8086u

/* What an author decides; the signature covers all of it. */
struct sigstruct_body {
    uint32_t vendor;     /* 0, or SIGSTRUCT_VENDOR_INTEL */
    uint32_t date;       /* 0xYYYYMMDD in decimal digits; 0 for reproducible builds */
    uint32_t sw_defined; /* 0 except in Intel's launch enclaves */
    uint32_t misc_select, misc_mask;
    uint64_t flags, xfrm, flags_mask, xfrm_mask;
    uint8_t mr_enclave[32];
    uint16_t isv_prod_id, isv_svn;
};

/* A plain value: everything that was read, and the two identities that follow from it. */
struct sigstruct {
    struct sigstruct_body body;
    bool kss_ids; /* ISVFAMILYID or ISVEXTPRODID is not zero */
    uint8_t modulus[SIGSTRUCT_NUMBER_SIZE];
    uint8_t mr_signer[32]; /* SHA-256 of the modulus */
};

/* Reads exactly SIGSTRUCT_SIZE bytes and checks what EINIT checks about them alone: constants,
 * vendor, exponent 3, reserved bytes, Q1 and Q2 as they follow from signature and modulus, and the
 * RSA-3072 signature over bytes [0,128) and [900,1028). Refused as well are CET attributes, which
 * no signer sets. False: QUOTH_SIGSTRUCT_MALFORMED at the offending byte, or
 * QUOTH_SIGSTRUCT_SIGNATURE. */
bool sigstruct_read(struct bytes in, struct sigstruct *ret_sigstruct, struct quoth_error *err);

/* Signs body with an RSA-3072 key of exponent 3 and appends the SIGSTRUCT_SIZE bytes. Another key
 * is refused with QUOTH_KEY_UNSUPPORTED, naming its size. */
bool sigstruct_write(const struct sigstruct_body *body, struct private_key *key,
                     struct buffer *ret_sigstruct, struct quoth_error *err);

/* MRSIGNER of whoever holds a key: PEM of a private or a public one, RSA-3072 with exponent 3. */
bool sigstruct_signer_of_pem(struct bytes pem, uint8_t ret_mr_signer[32], struct quoth_error *err);

/* What a signer writes who leaves nothing open: 64-bit mode, debug as asked, legacy state, every
 * bit enforced except the extended states that only speed a program up (AVX, AVX-512, AMX). */
void sigstruct_defaults(bool debug, struct sigstruct_body *ret_body);

#endif
