/* What the modules of this room share of an attester. */
#ifndef QUOTH_ATTESTER_ATTESTER_H
#define QUOTH_ATTESTER_ATTESTER_H

#include "attester/driver.h"
#include "net/https_client.h"

/* Whether the TEE is this process alone, so that even its loopback is the host's. */
bool attester_is_one_process(const struct quoth_attester *a);

/* As quoth_attester_evidence, onto an empty buffer. */
bool attester_evidence(struct quoth_attester *a, struct bytes data, struct buffer *ret_evidence,
                       struct quoth_error *err);

/* The second half of quoth_attester_token, for evidence that was made before: a quote of SGX, bare
 * or in Open Enclave's report, or one of TDX. When the verifier is busy (QUOTH_PEER_BUSY), *ret_wait_s is how many seconds it
 * asks for, 0 if it does not say; ret_wait_s may be NULL. */
bool attester_post(struct bytes evidence, const struct quoth_token_request *request,
                   unsigned *ret_wait_s, char **ret_token, struct quoth_error *err);

/* What a peer that answered with another status than 200 did, as an error at where: busy (429, 503)
 * is QUOTH_PEER_BUSY, another fault of its own QUOTH_UNAVAILABLE, a refusal (4xx) has the code given,
 * and what is none of these is QUOTH_HTTP_ANSWER. The message has code and message of Azure's error
 * envelope (maa.md 1.11), if it is one. Returns false. */
bool attester_refused(const struct https_response *response, const char *where,
                      enum quoth_code refusal, struct quoth_error *err);

#endif
