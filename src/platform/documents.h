/* What the vendor publishes about a platform's versions, signed by the TCB signer: TCB info (v3)
 * for SGX and TDX, the identities of both quoting enclaves (v2), and the numbers of the TCB
 * evaluations. Compact JSON, members in Intel's order (dcap.md 3.2 to 3.5). */
#ifndef QUOTH_PLATFORM_DOCUMENTS_H
#define QUOTH_PLATFORM_DOCUMENTS_H

#include "platform/settings.h"

#define DOCUMENTS_DAYS 30 /* from issueDate to nextUpdate */

/* Issues all six. The TCB level that the platform of cpu_svn (16 bytes) meets has settings.status;
 * unless that is UpToDate there is a newer level that has it. */
bool documents_issue(const char *folder, const struct settings *s, struct bytes cpu_svn,
                     int64_t now, struct quoth_error *err);

#endif
