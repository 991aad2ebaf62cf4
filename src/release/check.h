/* What can be said of a release policy without any token: keys that it hands to debug or simulated
 * TEEs, entries that demand nothing, clauses that can never hold together. */
#ifndef QUOTH_RELEASE_CHECK_H
#define QUOTH_RELEASE_CHECK_H

#include "policy/check.h"
#include "release/policy.h"

/* Fills to in the order of the text and gives the count; findings beyond the room are left out. */
size_t release_policy_check(const struct release_policy *p,
                            struct policy_finding to[POLICY_FINDINGS_MAX]);

#endif
