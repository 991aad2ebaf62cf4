/* What the maker of the simulated machine does with a platform's folder: makes it, publishes what
 * verifiers need to know about it, and rehearses the bad days. Each verb rewrites the documents and
 * CRLs; whoever reads them meanwhile sees whole files, old or new. now is the instant of issue. */
#ifndef QUOTH_PLATFORM_VENDOR_H
#define QUOTH_PLATFORM_VENDOR_H

#include "crypto/digest.h"
#include "platform/settings.h"

#define VENDOR_SERVICE_DEFAULT "http://127.0.0.1:8081" /* PCCS's port */

/* Makes a platform with a PKI of its own in a folder that does not exist or is empty. service is
 * the base URL that certificates name for their CRLs, or NULL for the default; nothing of ours
 * follows it. QUOTH_PLATFORM_EXISTS if there is something in the folder. */
bool vendor_init(const char *folder, const char *service, int64_t now, struct quoth_error *err);

/* Puts another machine of the same family in the place of the one before: a PPID, a processor, a
 * PCK certificate and quoting enclaves of its own, below the same CAs. What is published holds for
 * both, and quotes of the one before stay good. QUOTH_USAGE if its PCK certificate is revoked. */
bool vendor_replace_machine(const char *folder, int64_t now, struct quoth_error *err);

/* Issues all documents anew, for another 30 days. evaluation_number is the new TCB evaluation data
 * number, not below the present one (QUOTH_USAGE); 0 keeps it. */
bool vendor_refresh(const char *folder, uint32_t evaluation_number, int64_t now,
                    struct quoth_error *err);

/* A TCB recovery: from now on the platform's level has this status, and the evaluation number is
 * one higher. QUOTH_USAGE for a status that no level can have. */
bool vendor_set_tcb(const char *folder, enum tcb_status status, int64_t now,
                    struct quoth_error *err);

/* Puts a certificate on its CRL, for good. */
bool vendor_revoke(const char *folder, enum revocable what, int64_t now, struct quoth_error *err);

/* What is known of a platform. */
struct vendor_facts {
    char id[PLATFORM_ID_SIZE];
    struct settings settings;
    struct sha256 root;  /* fingerprint of the root certificate: what --trust simulated:... takes */
    int64_t next_update; /* when documents and the platform CA's CRL expire */
    int64_t pck_not_after;
};

bool vendor_facts(const char *folder, struct vendor_facts *ret_facts, struct quoth_error *err);

#endif
