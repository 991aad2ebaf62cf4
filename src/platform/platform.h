/* The simulated SGX machine, as the programs that run on it see it: a folder that plays the
 * processor (fuse, CPUSVN, owner epoch) and its quoting enclaves (attestation keys that the PCK key
 * certified). What the vendor does with the same folder is in platform/vendor.h.
 *
 * Quotes are byte for byte what hardware gives, under a root of the folder's own; every certificate
 * in them says "O=Quoth SIMULATED - NOT A HARDWARE TEE". Nothing protects against who can read the
 * folder (mode 0700, files 0600). A struct platform serves one thread at a time.
 *
 * Instructions: Intel SDM volume 3D, EREPORT and EGETKEY; layouts: REPORT, TARGETINFO, KEYREQUEST
 * there, all little-endian. */
#ifndef QUOTH_PLATFORM_PLATFORM_H
#define QUOTH_PLATFORM_PLATFORM_H

#include "platform/device.h"

#define SGX_REPORT_BODY_SIZE 384 /* KEYID 32 and MAC 16 follow it in a REPORT */
#define SGX_KEY_REQUEST_SIZE 512

enum sgx_key_name { /* KEYREQUEST.KEYNAME */
                    SGX_KEY_EINITTOKEN,
                    SGX_KEY_PROVISION,
                    SGX_KEY_PROVISION_SEAL,
                    SGX_KEY_REPORT,
                    SGX_KEY_SEAL
};
#define SGX_POLICY_MRENCLAVE 0x1u /* KEYREQUEST.KEYPOLICY; the other bits need KSS */
#define SGX_POLICY_MRSIGNER 0x2u

/* What the TDX module keeps of a trust domain. TEE_TCB_SVN and MRSEAM are the platform's. */
struct td_identity {
    uint64_t attributes, xfam;
    uint8_t mr_td[48], mr_config_id[48], mr_owner[48], mr_owner_config[48];
    uint8_t rtmr[4][48];
    uint8_t mr_service_td[48]; /* in version 5 only */
};

struct platform; /* opaque */

/* Where the platform lies: given, else $QUOTH_PLATFORM, else $XDG_DATA_HOME/quoth/platform, else
 * ~/.local/share/quoth/platform. Free it. */
bool platform_folder(const char *given, char **ret_folder, struct quoth_error *err);

/* Reads what quoting and keys need. QUOTH_PLATFORM_ABSENT if the folder holds no platform. */
bool platform_open(const char *folder, struct platform **ret_platform, struct quoth_error *err);
void platform_close(struct platform *p); /* wipes; accepts NULL */
DEFINE_AUTO(platform, struct platform *, platform_close)

/* Names the platform in logs: 16 lower-case hex digits. Lives as long as p. */
const char *platform_id(const struct platform *p);

/* The services below, for the supervisor of a program. Borrows p. */
struct device platform_device(struct platform *p);

/* EREPORT: a report on an enclave for the one that target_info (512 bytes) describes, which alone
 * can check its MAC: AES-128-CMAC, under the target's report key, of the first 384 bytes.
 * QUOTH_MALFORMED for a wrong length or reserved bytes of target_info that are not zero. */
bool platform_report(const struct platform *p, const struct enclave_identity *of,
                     struct bytes target_info, struct bytes report_data,
                     uint8_t ret_report[SGX_REPORT_SIZE], struct quoth_error *err);

/* What others need to address a report to this enclave, and to the quoting enclave. */
void platform_target_info(const struct enclave_identity *of,
                          uint8_t ret_target_info[SGX_TARGET_INFO_SIZE]);
void platform_quoting_target_info(uint8_t ret_target_info[SGX_TARGET_INFO_SIZE]);

/* Checks, as the enclave target, that report (432 bytes) was made on this platform for it.
 * QUOTH_REPORT_MAC_INVALID if not. */
bool platform_report_check(const struct platform *p, const struct enclave_identity *target,
                           struct bytes report, struct quoth_error *err);

/* EGETKEY for an enclave; key_request is a KEYREQUEST of 512 bytes. Refusals carry the code of the
 * instruction's error: QUOTH_EGETKEY_ATTRIBUTE (0x2), QUOTH_EGETKEY_CPUSVN (0x20),
 * QUOTH_EGETKEY_ISVSVN (0x40), QUOTH_EGETKEY_KEYNAME (0x100); what faults in hardware (reserved
 * bits) is QUOTH_MALFORMED. Gives REPORT and SEAL keys; no enclave here has the attributes that the
 * other names demand. Wipe the key. */
bool platform_key(const struct platform *p, const struct enclave_identity *of,
                  struct bytes key_request, uint8_t ret_key[SGX_KEY_SIZE], struct quoth_error *err);

/* Quotes a report that was addressed to the quoting enclave: checks its MAC, then signs. version is
 * that of the quote format: 3, 4 or 5. Appends to ret_quote. */
bool platform_quote(struct platform *p, struct bytes report, unsigned version,
                    struct buffer *ret_quote, struct quoth_error *err);

/* Quotes a trust domain of this platform: version 4 with a TD report 1.0, version 5 with 1.5. */
bool platform_td_quote(struct platform *p, const struct td_identity *of, struct bytes report_data,
                       unsigned version, struct buffer *ret_quote, struct quoth_error *err);

#endif
