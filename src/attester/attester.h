/* What the modules of this room share of an attester. */
#ifndef QUOTH_ATTESTER_ATTESTER_H
#define QUOTH_ATTESTER_ATTESTER_H

#include "attester/driver.h"

/* As quoth_attester_evidence, onto an empty buffer. */
bool attester_evidence(struct quoth_attester *a, struct bytes data, struct buffer *ret_evidence,
                       struct quoth_error *err);

/* The second half of quoth_attester_token, for evidence that was made before, bare or in Open
 * Enclave's report. */
bool attester_post(struct bytes evidence, const struct quoth_token_request *request,
                   char **ret_token, struct quoth_error *err);

#endif
