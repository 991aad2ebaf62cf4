/* What evidence says of itself, nothing of it verified. */
#ifndef QUOTH_CLI_EVIDENCE_SHOW_H
#define QUOTH_CLI_EVIDENCE_SHOW_H

#include "cli/sheet.h"

/* Lists wrapper, header, body, quoting enclave and certification. False: what the readers of
 * wrappers and quotes refuse. */
bool evidence_show(struct sheet *s, struct bytes evidence, struct quoth_error *err);

#endif
