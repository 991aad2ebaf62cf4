/* The files of a platform's folder. Keys are unencrypted PKCS#8 PEM; certificates PEM; all have
 * mode 0600 in a folder of mode 0700. */
#ifndef QUOTH_PLATFORM_LAYOUT_H
#define QUOTH_PLATFORM_LAYOUT_H

#include "base/bytes.h"

#define FILE_SETTINGS "platform.json" /* what the vendor knows (platform/settings.h) */

/* The processor: 32, 16 and 16 bytes. Byte i of CPUSVN is TCB component i + 1. */
#define FILE_FUSE "fuse"
#define FILE_CPU_SVN "cpusvn"
#define FILE_OWNER_EPOCH "owner-epoch"

/* The quoting enclaves of SGX and TDX: each an attestation key and its certification, a report of
 * the quoting enclave (384 bytes) with the PCK key's signature (64 bytes). */
#define FILE_ATTESTATION_KEY "attestation.key"
#define FILE_QE_REPORT "qe-report"
#define FILE_TD_ATTESTATION_KEY "td-attestation.key"
#define FILE_TD_QE_REPORT "td-qe-report"

/* The vendor's keys and certificates */
#define FILE_ROOT_CA_KEY "root-ca.key"
#define FILE_ROOT_CA_CERT "root-ca.crt"
#define FILE_PLATFORM_CA_KEY "platform-ca.key"
#define FILE_PLATFORM_CA_CERT "platform-ca.crt"
#define FILE_PCK_KEY "pck.key"
#define FILE_PCK_CERT "pck.crt"
#define FILE_TCB_SIGNING_KEY "tcb-signing.key"
#define FILE_TCB_SIGNING_CERT "tcb-signing.crt"

/* What the vendor publishes: DER, and JSON exactly as served */
#define FILE_ROOT_CRL "root.crl"
#define FILE_PLATFORM_CRL "platform.crl"
#define FILE_TCB_INFO "tcb-info.json"
#define FILE_TDX_TCB_INFO "tdx-tcb-info.json"
#define FILE_QE_IDENTITY "qe-identity.json"
#define FILE_TD_QE_IDENTITY "td-qe-identity.json"
#define FILE_TCB_NUMBERS "tcb-evaluation-data-numbers.json"
#define FILE_TDX_TCB_NUMBERS "tdx-tcb-evaluation-data-numbers.json"

/* A file of the folder, at most 64 KiB; the error's where is its name. ret_data is appended to. */
bool layout_read(const char *folder, const char *name, struct buffer *ret_data,
                 struct quoth_error *err);
bool layout_write(const char *folder, const char *name, struct bytes data, struct quoth_error *err);

bool layout_has(const char *folder, const char *name);

#endif
