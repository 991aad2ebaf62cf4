/* The processor of the simulated machine: its secrets, and the two instructions that use them,
 * EREPORT and EGETKEY. Source: Intel SDM volume 3D; layouts are its REPORT, TARGETINFO and
 * KEYREQUEST, little-endian. Keys differ from real ones only in the secret they come from: like
 * them they are AES-128-CMACs over everything the manual lists as their dependencies. */
#ifndef QUOTH_PLATFORM_PROCESSOR_H
#define QUOTH_PLATFORM_PROCESSOR_H

#include "platform/device.h"

#define SGX_KEY_REQUEST_SIZE 512
#define PROCESSOR_FUSE_SIZE 32

enum sgx_key_name { /* KEYREQUEST.KEYNAME */
                    SGX_KEY_EINITTOKEN,
                    SGX_KEY_PROVISION,
                    SGX_KEY_PROVISION_SEAL,
                    SGX_KEY_REPORT,
                    SGX_KEY_SEAL
};
#define SGX_POLICY_MRENCLAVE 0x1u /* KEYREQUEST.KEYPOLICY; the other bits need KSS */
#define SGX_POLICY_MRSIGNER 0x2u

struct processor {
    uint8_t root_key[16]; /* of every derivation */
    uint8_t cpu_svn[16];
    uint8_t owner_epoch[16];
    uint8_t report_key_id[32]; /* drawn anew at every start, as in hardware */
};

/* fuse is PROCESSOR_FUSE_SIZE random bytes that never change; the others have 16 each. */
bool processor_init(struct processor *ret_cpu, struct bytes fuse, struct bytes cpu_svn,
                    struct bytes owner_epoch, struct quoth_error *err);
void processor_clear(struct processor *cpu); /* wipes */
DEFINE_AUTO_VALUE(processor, struct processor, processor_clear)

/* EREPORT: a report on an enclave for the one that target_info (512 bytes) describes, which alone
 * can check its MAC: that of the first 384 bytes, under the target's report key. report_data has 64
 * bytes. QUOTH_MALFORMED for another length, or reserved bytes of target_info that are not zero. */
bool processor_report(const struct processor *cpu, const struct enclave_identity *of,
                      struct bytes target_info, struct bytes report_data,
                      uint8_t ret_report[SGX_REPORT_SIZE], struct quoth_error *err);

/* What others need to address a report to this enclave. */
void processor_target_info(const struct enclave_identity *of,
                           uint8_t ret_target_info[SGX_TARGET_INFO_SIZE]);

/* Checks, as the enclave target does with its report key, that report (432 bytes) was made on this
 * processor for it. QUOTH_REPORT_MAC_INVALID if not. */
bool processor_report_check(const struct processor *cpu, const struct enclave_identity *target,
                            struct bytes report, struct quoth_error *err);

/* EGETKEY for an enclave; key_request has 512 bytes. Refusals carry the code of the instruction's
 * error: QUOTH_EGETKEY_ATTRIBUTE (0x2), QUOTH_EGETKEY_CPUSVN (0x20), QUOTH_EGETKEY_ISVSVN (0x40),
 * QUOTH_EGETKEY_KEYNAME (0x100); what faults in hardware (reserved bits) is QUOTH_MALFORMED. Gives
 * REPORT and SEAL keys: the others serve Intel's own enclaves, and no enclave here has the
 * attributes that they demand. Wipe the key. */
bool processor_key(const struct processor *cpu, const struct enclave_identity *of,
                   struct bytes key_request, uint8_t ret_key[SGX_KEY_SIZE],
                   struct quoth_error *err);

/* Appends the 384 bytes that EREPORT says of an enclave. */
void processor_report_body(const struct processor *cpu, const struct enclave_identity *of,
                           struct bytes report_data, struct buffer *to);

#endif
