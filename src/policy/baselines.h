/* TCB baselines that a policy of an SGX type may ask for, by "x-ms-sgx-tcbidentifier" (maa.md 1.10,
 * 4.6, 7). */
#ifndef QUOTH_POLICY_BASELINES_H
#define QUOTH_POLICY_BASELINES_H

#include "policy/policy.h"

struct policy_baseline {
    const char *identifier;
    int64_t number;                      /* evaluation data number of the vendor's TCB recovery */
    const char *date;                    /* when that was announced: "2020-11-10T00:00:00Z" */
    const char *linux_psw, *windows_psw; /* the oldest platform software that goes with it */
};

#define POLICY_BASELINES 6u
extern const struct policy_baseline policy_baselines[POLICY_BASELINES];

/* NULL if there is none of that name. */
const struct policy_baseline *policy_baseline_find(struct bytes identifier);

/* The one that the policy names in its configurationrules, in whatever rule; NULL if it names none,
 * or the default. */
const struct policy_baseline *policy_baseline_of(const struct policy *policy);

#endif
