/* The bodies of quotes: what an enclave or a trust domain is, as the processor measured it. Plain
 * values whose views point into the evidence and live as long as it does. Integers are
 * little-endian; hashes stand in memory order. */
#ifndef QUOTH_TEE_DCAP_REPORT_H
#define QUOTH_TEE_DCAP_REPORT_H

#include "base/bytes.h"

#define SGX_REPORT_BODY_SIZE 384u
#define TD_REPORT_10_BODY_SIZE 584u
#define TD_REPORT_15_BODY_SIZE 648u
#define REPORT_DATA_SIZE 64u

/* ATTRIBUTES.FLAGS (Intel SDM volume 3D, 34.7.1). */
#define SGX_FLAG_INIT UINT64_C(0x1)
#define SGX_FLAG_DEBUG UINT64_C(0x2)
#define SGX_FLAG_MODE64BIT UINT64_C(0x4)
#define SGX_FLAG_PROVISION_KEY UINT64_C(0x10)
#define SGX_FLAG_EINITTOKEN_KEY UINT64_C(0x20)
#define SGX_FLAG_CET UINT64_C(0x40)
#define SGX_FLAG_KSS UINT64_C(0x80) /* key separation and sharing: fields marked KSS are set */

/* An SGX report body, 384 bytes (Intel SDM volume 3D, REPORT; sgx_report.h of DCAP). */
struct sgx_report {
    struct bytes raw;
    struct bytes cpusvn; /* 16 bytes; opaque, never compared with TCB levels */
    uint32_t miscselect;
    struct bytes isv_ext_prod_id; /* 16, KSS */
    struct bytes attributes;      /* 16: FLAGS and XFRM as they stand */
    uint64_t flags, xfrm;
    struct bytes mrenclave; /* 32 */
    struct bytes mrsigner;  /* 32 */
    struct bytes config_id; /* 64, KSS */
    uint16_t isv_prod_id, isv_svn;
    uint16_t config_svn;        /* KSS */
    struct bytes isv_family_id; /* 16, KSS */
    struct bytes report_data;   /* 64 */
};

/* TDATTRIBUTES (Intel TDX module specification; dcap.md 1.6). */
#define TD_ATTRIBUTE_DEBUG UINT64_C(0x1)
#define TD_ATTRIBUTES_TUD UINT64_C(0xFF) /* any of them: the TD is under debug or profiling */
#define TD_ATTRIBUTE_SEPT_VE_DISABLE (UINT64_C(1) << 28)
#define TD_ATTRIBUTE_MIGRATABLE (UINT64_C(1) << 29)
#define TD_ATTRIBUTE_PKS (UINT64_C(1) << 30)
#define TD_ATTRIBUTE_KEY_LOCKER (UINT64_C(1) << 31)
#define TD_ATTRIBUTE_PERFMON (UINT64_C(1) << 63)
/* Bits that no published module gives a meaning to: 8 to 15, 18 to 26, 32 to 62. */
#define TD_ATTRIBUTES_RESERVED UINT64_C(0x7FFFFFFF07FCFF00)

#define TD_XFAM_FIXED UINT64_C(0x3)        /* x87 and SSE: always set */
#define TD_XFAM_POSSIBLE UINT64_C(0x6DBE7) /* what a TD may have at all */

/* A TD report body 1.0, 584 bytes, or 1.5, 648 bytes (sgx_quote_4.h, sgx_quote_5.h of DCAP). */
struct td_report {
    struct bytes raw;
    struct bytes tee_tcb_svn;     /* 16; byte 0 module SVN, byte 1 module version, byte 2 loader */
    struct bytes mrseam;          /* 48 */
    struct bytes mrsignerseam;    /* 48 */
    struct bytes seam_attributes; /* 8 */
    struct bytes td_attributes;   /* 8 */
    uint64_t attributes;
    struct bytes xfam; /* 8 */
    uint64_t features;
    struct bytes mrtd;          /* 48 */
    struct bytes mrconfigid;    /* 48 */
    struct bytes mrowner;       /* 48 */
    struct bytes mrownerconfig; /* 48 */
    struct bytes rtmr[4];       /* 48 each */
    struct bytes report_data;   /* 64 */
    bool is_15;
    struct bytes tee_tcb_svn2; /* 16; of the module that runs now. 1.5 only */
    struct bytes mrservicetd;  /* 48; of bound service TDs, or zero. 1.5 only */
};

/* Read a body and move past it; reserved bytes must be zero. On failure the error is in r->err. */
bool sgx_report_read(struct reader *r, struct sgx_report *ret_report);
bool td_report_read(struct reader *r, bool is_15, struct td_report *ret_report);

#endif
