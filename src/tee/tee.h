/* What every TEE has in common: evidence goes in with endorsements, trust anchors and an instant;
 * an appraisal comes out. A TEE is one driver, listed in src/tee/list. */
#ifndef QUOTH_TEE_TEE_H
#define QUOTH_TEE_TEE_H

#include "claims/claims.h"
#include "collateral/collateral.h"
#include "crypto/digest.h"

/* Trust anchors. The vendors' roots are built in; every other root is named by the operator, by the
 * SHA-256 of its DER certificate (THREATS 5, 6). */
enum trust_class { TRUST_BUILT_IN, TRUST_HARDWARE, TRUST_SIMULATED };

struct trust_anchor {
    enum trust_class class;
    struct sha256 fingerprint; /* of the whole DER certificate */
    uint8_t point[65];         /* 04 || X || Y of its P-256 key */
};

#define TRUST_ANCHORS_MAX 16

struct trust {
    struct trust_anchor anchors[TRUST_ANCHORS_MAX];
    size_t count;
    struct sha256 id; /* of the whole set: keys cached proofs (THREATS 7) */
};

enum tcb_status {
    TCB_UNKNOWN, /* not computed, or the vendor knows no such platform */
    TCB_UP_TO_DATE,
    TCB_SW_HARDENING_NEEDED,
    TCB_CONFIGURATION_NEEDED,
    TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED,
    TCB_OUT_OF_DATE,
    TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
    TCB_TD_RELAUNCH_ADVISED,
    TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED,
    TCB_REVOKED,
    TCB_STATUS_COUNT
};

const char *tcb_status_name(enum tcb_status status); /* as Intel writes it: "UpToDate" */
bool tcb_status_find(struct bytes name, enum tcb_status *ret_status);

/* A set of statuses, bit (1u << status). Revoked and unknown never pass, whatever the set says. */
typedef uint32_t tcb_status_set;
#define TCB_ACCEPT_DEFAULT ((1u << TCB_UP_TO_DATE) | (1u << TCB_SW_HARDENING_NEEDED))

/* "UpToDate,SWHardeningNeeded"; QUOTH_USAGE names the word that is not a status or can't pass. */
bool tcb_status_set_parse(struct bytes list, tcb_status_set *ret_set, struct quoth_error *err);

#define TCB_ADVISORIES_MAX 64

struct tcb {
    bool computed;
    enum tcb_status status;
    int64_t date; /* least of the dates involved */
    uint32_t evaluation_data_number;
    struct {
        char text[24]; /* "INTEL-SA-00615" */
    } advisories[TCB_ADVISORIES_MAX];
    size_t advisory_count;
};

enum check_result { CHECK_PASS, CHECK_FAIL, CHECK_SKIP };

struct check {
    const char *name; /* dotted, static: "quote.signature" */
    enum check_result result;
    char found[136], expected[136]; /* printable; empty where there is nothing to say */
};

#define CHECKS_MAX 48

/* The outcome for one piece of evidence. Every independent check runs; the first failure in the
 * order of the pipeline is error. claims are believed only when error.code is QUOTH_OK. */
struct appraisal {
    const char *tee;    /* "sgx", static; NULL before detection */
    bool simulated;     /* by the anchor used, nothing else */
    struct sha256 root; /* fingerprint of that anchor */
    enum trust_class root_class;
    int64_t time;
    struct tcb tcb;
    struct check checks[CHECKS_MAX];
    size_t check_count;
    struct claims *claims;
    struct quoth_error error;
};

bool appraisal_init(struct appraisal *a, int64_t time, struct quoth_error *err);
void appraisal_clear(struct appraisal *a);
DEFINE_AUTO_VALUE(appraisal, struct appraisal, appraisal_clear)

/* Record the outcome of a named check. fail also keeps err, when it is the first, as the error. */
void appraisal_pass(struct appraisal *a, const char *name);
void appraisal_skip(struct appraisal *a, const char *name, const char *why);
void appraisal_fail(struct appraisal *a, const char *name, const struct quoth_error *err);

struct proofs; /* the cache of what is constant per platform; may be NULL: nothing is cached */

struct tee_input {
    struct bytes evidence;
    const struct collateral *collateral; /* may be NULL: what needs it is then unavailable */
    const struct trust *trust;
    int64_t at;            /* the instant of judgement */
    tcb_status_set accept; /* statuses that pass */
    bool no_crl;           /* an explicit choice; leaves a skip line */
    bool allow_debug;      /* false: a debug TEE is refused by the check "debug" */
    struct proofs *proofs;
};

/* What a collateral source must be asked for, found in evidence whose chain and signature verify to
 * a pinned anchor (THREATS 8: nothing is fetched before that). */
struct tee_platform {
    const char *tee;    /* "sgx" or "tdx" */
    char fmspc[13];     /* 12 lower-case hex digits */
    char ca[10];        /* "platform" or "processor" */
    struct sha256 root; /* the anchor, which selects the source list */
};

struct tee_driver {
    const char *name;                      /* "sgx": in options, logs and metrics */
    bool (*detect)(struct bytes evidence); /* cheap: is this ours to judge? */
    /* Fills ret; false when ret->error is set. ret was initialised by appraisal_init. */
    bool (*verify)(const struct tee_input *in, struct appraisal *ret);
    /* Chain and quote signature only. False with err when they do not hold. */
    bool (*platform)(const struct tee_input *in, struct tee_platform *ret, struct quoth_error *err);
    /* The part of the evidence that held data is bound to, and its form. Views the evidence. */
    bool (*report_data)(struct bytes evidence, struct bytes *ret_report_data,
                        struct quoth_error *err);
};

#endif
