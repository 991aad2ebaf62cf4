/* Linux's configfs-tsm: how a confidential VM asks its machine for evidence about itself, whatever
 * the vendor. Source: Linux, Documentation/ABI/testing/configfs-tsm-report and
 * drivers/virt/coco/guest/report.c (attester.md 2.5); there from Linux 6.7 on. root is as in
 * attester/driver.h. */
#ifndef QUOTH_ATTESTER_TSM_H
#define QUOTH_ATTESTER_TSM_H

#include "attester/driver.h"

#define TSM_PROVIDER_MAX 32u /* bytes of a name, with NUL */

/* Who makes the evidence here: "tdx_guest", "sev_guest", "arm_cca_guest". QUOTH_TEE_ABSENT where
 * nobody does, QUOTH_EVIDENCE_FAILED where this program may not ask. */
bool tsm_provider(const char *root, char ret_provider[TSM_PROVIDER_MAX], struct quoth_error *err);

/* What the provider says over these 64 bytes (outblob), at least one byte, added to an empty
 * buffer. Tried again a few times, with pauses, while the machine is busy or somebody else writes
 * to our item; then, and for every other failure, QUOTH_EVIDENCE_FAILED. Blocks as long as the
 * machine needs, which is up to 30 s for TDX. */
bool tsm_report(const char *root, const uint8_t report_data[REPORT_DATA_SIZE],
                struct buffer *ret_outblob, struct quoth_error *err);

#endif
