/* What every TEE has in common: evidence goes in with endorsements, trust anchors and an instant;
 * an appraisal comes out. A TEE is one driver, listed in tee/list. */
#ifndef QUOTH_TEE_TEE_H
#define QUOTH_TEE_TEE_H

#include "collateral/collateral.h"
#include "tee/appraisal.h"
#include "tee/proofs.h"

struct tee_input {
    struct bytes evidence; /* bare: without the wrapper it may have come in */
    struct bytes posted; /* the evidence as it came, for claims that hash it; empty: as evidence */
    const struct collateral *collateral; /* may be NULL: what needs it is then unavailable */
    const struct trust *trust;
    int64_t at;            /* the instant of judgement */
    tcb_status_set accept; /* statuses that pass */
    int64_t grace;         /* seconds past nextUpdate that collateral still passes, and the check
                              says so; at most COLLATERAL_GRACE_MAX, whatever stands here */
    bool no_crl;           /* an explicit choice; leaves skip lines */
    bool allow_debug;      /* false: a debug TEE is refused by the check "debug" */
    struct proofs *proofs; /* may be NULL: nothing is remembered */
};

/* What a collateral source must be asked for, found in evidence whose chain and signature verify to
 * a pinned anchor (THREATS 8: nothing is fetched before that). */
struct tee_platform {
    const char *tee;    /* "sgx" or "tdx" */
    char fmspc[13];     /* 12 lower-case hex digits */
    char ca[10];        /* "platform" or "processor" */
    struct sha256 root; /* the anchor, which selects the source list */
};

/* The fields of evidence that hashes of held data go into. Views of the evidence. */
struct tee_bindings {
    struct bytes report_data; /* runtime data: its SHA-256, then zeros */
    struct bytes init_data;   /* init-time data: its SHA-256, then zeros */
};

struct tee_driver {
    const char *name;                      /* "sgx": in options, logs and metrics */
    bool (*detect)(struct bytes evidence); /* cheap: is this ours to judge? */
    /* Fills ret; false when ret->error is set. ret was initialised by appraisal_init. */
    bool (*verify)(const struct tee_input *in, struct appraisal *ret);
    /* What the evidence says about its platform, its chain verified to an anchor and nothing else:
     * enough to look for collateral that is here already. False with err when it does not hold. */
    bool (*locate)(const struct tee_input *in, struct tee_platform *ret, struct quoth_error *err);
    /* The same with every signature down to the evidence: enough to ask a source (THREATS 8). */
    bool (*platform)(const struct tee_input *in, struct tee_platform *ret, struct quoth_error *err);
    bool (*bindings)(struct bytes evidence, struct tee_bindings *ret, struct quoth_error *err);
    /* Names of the claims that carry runtime data of kind Binary; ends with NULL. */
    const char *const *binary_claims;
};

#endif
