/* The vendor's certificates: Intel's profile (dcap.md section 2; Intel "SGX PCK Certificate and CRL
 * Profile Specification") under a root of our own.
 *
 *     root CA ─┬─ platform CA ── PCK certificate of the platform
 *              └─ TCB signing
 *
 * Names keep Intel's CN, on which every verifier matches, and say in O what they are. All that
 * peers demand is met at once: six extensions in Intel's order, identifiers over the whole public
 * key, a distribution point in every certificate, no extended key usage, and positive serials of
 * at most 20 bytes, which those of Intel's CAs, being equal to their key identifier, are not
 * always: keys are drawn until they are. */
#ifndef QUOTH_PLATFORM_PKI_H
#define QUOTH_PLATFORM_PKI_H

#include "crypto/key.h"
#include "platform/settings.h"

#define PKI_ORGANISATION "Quoth SIMULATED - NOT A HARDWARE TEE"

/* Makes the four keys and certificates and writes them. cpu_svn has 16 bytes. */
bool pki_make(const char *folder, const struct settings *s, struct bytes cpu_svn, int64_t now,
              struct quoth_error *err);

/* Makes the PCK key and certificate anew, below the folder's platform CA. */
bool pki_make_pck(const char *folder, const struct settings *s, struct bytes cpu_svn, int64_t now,
                  struct quoth_error *err);

/* One of the folder's keys, and one of its certificates as DER (appended). */
bool pki_key(const char *folder, const char *name, struct private_key **ret_key,
             struct quoth_error *err);
bool pki_cert(const char *folder, const char *name, struct buffer *ret_der,
              struct quoth_error *err);

/* Where CRLs are fetched, below settings.service. */
#define PKI_ROOT_CRL_PATH "/root-ca.crl"
#define PKI_PLATFORM_CRL_PATH "/sgx/certification/v4/pckcrl?ca=platform&encoding=der"

#endif
