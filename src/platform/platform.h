/* The simulated SGX machine, as the programs that run on it see it: a folder that plays the
 * processor (fuse, CPUSVN, owner epoch) and its quoting enclaves (attestation keys that the PCK key
 * certified). What the vendor does with the same folder is in platform/vendor.h.
 *
 * Quotes are byte for byte what hardware gives, under a root of the folder's own; every certificate
 * in them says "O=Quoth SIMULATED - NOT A HARDWARE TEE". Nothing protects against who can read the
 * folder (mode 0700, files 0600). A struct platform serves one thread at a time. */
#ifndef QUOTH_PLATFORM_PLATFORM_H
#define QUOTH_PLATFORM_PLATFORM_H

#include "platform/processor.h"

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

/* What the supervisor of a program asks of the machine. Borrows p. */
struct device platform_device(struct platform *p);

const struct processor *platform_processor(const struct platform *p);

/* To whom a report must be addressed that platform_quote shall take. */
void platform_quoting_target_info(uint8_t ret_target_info[SGX_TARGET_INFO_SIZE]);

/* What the quoting enclave does with a report (432 bytes): checks its MAC, then signs its body.
 * version is that of the quote format: 3, 4 or 5. Appends to ret_quote. */
bool platform_quote(struct platform *p, struct bytes report, unsigned version,
                    struct buffer *ret_quote, struct quoth_error *err);

/* What the TDX module keeps of a trust domain. TEE_TCB_SVN and MRSEAM are the platform's. */
struct td_identity {
    uint64_t attributes, xfam;
    uint8_t mr_td[48], mr_config_id[48], mr_owner[48], mr_owner_config[48];
    uint8_t rtmr[4][48];
    uint8_t mr_service_td[48]; /* in version 5 only */
};

/* Quotes a trust domain of this platform: version 4 with a TD report 1.0, version 5 with 1.5. */
bool platform_td_quote(struct platform *p, const struct td_identity *of, struct bytes report_data,
                       unsigned version, struct buffer *ret_quote, struct quoth_error *err);

#endif
