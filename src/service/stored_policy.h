/* Policies and policy signers as the store keeps them, sealed:
 *
 *     kind "policy", tenant issuer, id type name    what src/service/stored_policy.c writes
 *     kind "signers", tenant issuer, id "signers"   {"certificates":["base64url of DER", ...]}
 */
#ifndef QUOTH_SERVICE_STORED_POLICY_H
#define QUOTH_SERVICE_STORED_POLICY_H

#include "service/tenant.h"

#define RECORD_POLICY "policy"
#define RECORD_SIGNERS "signers"
#define SIGNERS_ID "signers"

/* The policy that holds while none was set; without one for types that have no default. */
bool stored_policy_default(enum attest_type type, struct tenant_policy *ret_policy,
                           struct quoth_error *err);

/* Opens the plain value of a record of kind "policy". On an isolated tenant it must be a default
 * or its JWS must be signed by one of signers, now as when it was set (THREATS 20).
 * QUOTH_STORE_BROKEN, QUOTH_POLICY_SIGNER... */
bool stored_policy_open(const struct tenant *t, enum attest_type type, int64_t version,
                        struct bytes value, const struct buffer *signers, size_t signer_count,
                        int64_t now, struct tenant_policy *ret_policy, struct quoth_error *err);

void tenant_policy_clear(struct tenant_policy *p);
DEFINE_AUTO_VALUE(tenant_policy, struct tenant_policy, tenant_policy_clear)

/* The value of a record of kind "signers". ret_signers has room for TENANT_SIGNERS_MAX; the caller
 * clears them. */
bool stored_signers_read(struct bytes value, struct buffer *ret_signers, size_t *ret_count,
                         struct quoth_error *err);
bool stored_signers_write(const struct buffer *signers, size_t count, struct buffer *to,
                          struct quoth_error *err);

#endif
