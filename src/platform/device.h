/* What the machine does for an enclave it runs: the instructions EREPORT and EGETKEY, and the
 * quoting service beside it. The supervisor of /dev/attestation calls these on behalf of the
 * program; the keys behind them never enter the program's process. */
#ifndef QUOTH_PLATFORM_DEVICE_H
#define QUOTH_PLATFORM_DEVICE_H

#include "base/bytes.h"
#include "platform/identity.h"

#define SGX_TARGET_INFO_SIZE 512
#define SGX_REPORT_DATA_SIZE 64
#define SGX_REPORT_SIZE 432
#define SGX_KEY_SIZE 16

enum seal_policy { SEAL_TO_ENCLAVE, SEAL_TO_SIGNER }; /* KEYPOLICY MRENCLAVE, MRSIGNER */

/* Outputs are untouched on failure. One thread at a time uses a device. */
struct device {
    void *platform; /* handed to each function */

    /* EREPORT for the enclave that target_info (512 bytes) describes. */
    bool (*report)(void *platform, const struct enclave_identity *of, struct bytes target_info,
                   struct bytes report_data, uint8_t ret_report[SGX_REPORT_SIZE],
                   struct quoth_error *err);

    /* A quote, version 3, over report_data (64 bytes), appended to ret_quote. */
    bool (*quote)(void *platform, const struct enclave_identity *of, struct bytes report_data,
                  struct buffer *ret_quote, struct quoth_error *err);

    /* EGETKEY for KEYNAME SEAL at the current CPUSVN and ISVSVN, KEYID zero and all attributes
     * masked in, as Gramine derives _sgx_mrenclave and _sgx_mrsigner. */
    bool (*seal_key)(void *platform, const struct enclave_identity *of, enum seal_policy policy,
                     uint8_t ret_key[SGX_KEY_SIZE], struct quoth_error *err);
};

#endif
