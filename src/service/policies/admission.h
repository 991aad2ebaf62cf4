/* Who and what is judged at all, before any policy is asked (THREATS 4, 16). */
#ifndef QUOTH_SERVICE_ADMISSION_H
#define QUOTH_SERVICE_ADMISSION_H

#include "claims/claims.h"
#include "service/config/config.h"
#include "service/policies/stored_policy.h"

#include <stdatomic.h>

/* Whether evidence of a type is judged: this build can (QUOTH_ATTEST_UNSUPPORTED), the tenant does
 * (QUOTH_ATTEST_CLOSED), and, where siblings are strict, no policy of the other type that judges the
 * same evidence is gone around by taking this one (QUOTH_ATTEST_SIBLING). policies: of all types. */
bool admission_type(const struct tenant_settings *settings,
                    const struct tenant_policy policies[ATTEST_TYPES], enum attest_type type,
                    struct quoth_error *err);

/* Whether a tenant takes one more attestation at this moment (time_monotonic_us), which then counts: so
 * that no tenant takes the cores of all (THREATS 26). A second's worth may come at once. Without a lock.
 * QUOTH_ATTEST_RATE. */
bool admission_turn(const struct tenant_settings *settings, atomic_uint_fast64_t *next_us,
                    uint64_t now_us, struct quoth_error *err);

/* A leaky bucket in one number, the moment from which all that was taken has leaked out: per_second
 * turns, at_once of them together. */
bool turn_take(atomic_uint_fast64_t *next_us, uint64_t now_us, uint64_t per_second,
               uint64_t at_once);

/* Whether the platform that evidence is from may be served: by its claim x-quoth-platform-id, not on
 * the list of those denied, and on the list of those allowed if there is one. A platform without
 * an identity is on no list. QUOTH_ATTEST_DENIED, QUOTH_ATTEST_NOT_ALLOWED. */
bool admission_platform(const struct tenant_settings *settings, const struct claims *claims,
                        struct quoth_error *err);

/* The same by the identity alone; empty: it has none. */
bool admission_platform_id(const struct tenant_settings *settings, struct bytes id,
                           struct quoth_error *err);

#endif
