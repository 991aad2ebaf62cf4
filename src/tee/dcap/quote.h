/* ECDSA quotes of Intel's DCAP, versions 3, 4 and 5, taken apart and nothing believed. Everything
 * is little-endian but keys and signatures, which are pairs of 32-byte big-endian numbers. Source:
 * sgx_quote_3.h, sgx_quote_4.h, sgx_quote_5.h of DCAP; Intel "SGX ECDSA QuoteLibReference API". */
#ifndef QUOTH_TEE_DCAP_QUOTE_H
#define QUOTH_TEE_DCAP_QUOTE_H

#include "tee/dcap/report.h"

#define QUOTE_SIZE_MAX (64u << 10)    /* bytes, padding included; the largest real one has 8,000 */
#define QUOTE_PADDING_MAX (16u << 10) /* zero bytes after the signature data: drivers' buffers */

enum dcap_tee { DCAP_SGX = 0x00, DCAP_TDX = 0x81 }; /* as the header writes the TEE type */

static inline const char *dcap_tee_text(enum dcap_tee tee)
{
    return tee == DCAP_TDX ? "TDX" : "SGX";
}

enum certification_type {
    CERTIFICATION_PPID = 1,      /* cleartext PPID */
    CERTIFICATION_RSA_2048 = 2,  /* PPID encrypted with RSA-2048-OAEP */
    CERTIFICATION_RSA_3072 = 3,  /* PPID encrypted with RSA-3072-OAEP */
    CERTIFICATION_PCK_CHAIN = 5, /* PEM of leaf, intermediate CA and root, in any order */
};

/* What says which PCK certificate the quote needs. Types 1 to 3 name it, type 5 brings it. */
struct certification {
    enum certification_type type;
    size_t offset;       /* of data, in the quote */
    struct bytes data;   /* all of it */
    struct bytes ppid;   /* types 1 to 3: 16, 256 or 384 bytes */
    struct bytes cpusvn; /* types 1 to 3: 16 bytes */
    uint16_t pcesvn;     /* types 1 to 3 */
    struct bytes pceid;  /* types 1 to 3: 2 bytes; empty in a type 1 of 34 bytes */
};

struct dcap_quote {
    struct bytes raw; /* without the padding: what may be hashed and stored */
    size_t padding;   /* zero bytes that followed */
    uint16_t version; /* 3, 4 or 5 */
    enum dcap_tee tee;
    uint16_t qe_svn, pce_svn; /* version 3 only, informational */
    struct bytes user_data;   /* 20 bytes: QE ID and 4 zero bytes, informational */
    size_t body_offset;
    struct sgx_report sgx; /* when tee is DCAP_SGX */
    struct td_report td;   /* when tee is DCAP_TDX */

    struct bytes signed_part;     /* from the first byte to the end of the body */
    struct bytes signature;       /* 64 bytes, by the attestation key over signed_part */
    struct bytes attestation_key; /* 64 bytes, X and Y */
    struct sgx_report qe_report;
    struct bytes qe_signature; /* 64 bytes, by the PCK key over qe_report.raw */
    struct bytes auth_data;
    struct certification certification;
};

/* Reads a whole quote. QUOTH_MALFORMED for lengths that do not add up, fields that must be zero,
 * and bytes that follow (but padding); QUOTH_UNSUPPORTED for versions, key types, TEE types, bodies
 * and certification data that this build does not verify; QUOTH_TOO_LARGE. Offsets count from the
 * first byte of the quote. */
bool quote_read(struct bytes evidence, struct dcap_quote *ret_quote, struct quoth_error *err);

/* The same, and that it is of this TEE (QUOTH_UNSUPPORTED). */
bool quote_read_of(struct bytes evidence, enum dcap_tee tee, struct dcap_quote *ret_quote,
                   struct quoth_error *err);

/* Bytes from the start of the quote to the end of its signature data, by its own length fields;
 * for formats that put something behind a quote. At most evidence.len. */
bool quote_length(struct bytes evidence, size_t *ret_len, struct quoth_error *err);

/* The TEE type in the header of what looks like a quote of version 3, 4 or 5. Cheap; a true result
 * promises nothing. */
bool quote_peek_tee(struct bytes evidence, enum dcap_tee *ret_tee);

/* The 64 bytes of report data of the body. */
struct bytes quote_report_data(const struct dcap_quote *q);

#endif
