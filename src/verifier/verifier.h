/* Evidence in, verdict out: detection, the TEE's own checks, and the hash of held data, in one
 * pipeline that the service and the command share. Pure: what it needs comes in. */
#ifndef QUOTH_VERIFIER_VERIFIER_H
#define QUOTH_VERIFIER_VERIFIER_H

#include "tee/tee.h"

/* How evidence arrives. */
enum evidence_form {
    EVIDENCE_ANY,                 /* whichever of the forms below it looks like, or Open Enclave
                                     evidence with its 32-byte header */
    EVIDENCE_BARE,                /* as the TEE gives it: a quote */
    EVIDENCE_OPEN_ENCLAVE_REPORT, /* in Open Enclave's 16-byte report header (maa.md 1.4) */
};

enum held_kind { HELD_NONE, HELD_BINARY, HELD_JSON };

struct held_data { /* data whose SHA-256 the evidence carries */
    enum held_kind kind;
    struct bytes data; /* decoded */
};

#define HELD_DATA_MAX (32u << 10) /* THREATS 14 */
#define NONCE_MAX 1024u

struct verifier_input {
    enum evidence_form form;
    const char *tee;            /* driver name, or NULL to detect */
    struct tee_input tee_input; /* evidence as posted, the wrapper, if any, included; posted is not
                                   read */
    struct held_data runtime, init_time;
};

/* Runs every independent check. The claims of ret are those of maa.md 2.3 and 2.4 with x-quoth-*
 * (DESIGN 11): evidence, collateral and held data; not those of policy, issuer and times. False
 * when ret->error is set. ret was initialised by appraisal_init with the same instant. */
bool verifier_appraise(const struct verifier_input *in, struct appraisal *ret);

/* Where to look for collateral that is here already: the chain holds, the evidence may not. */
bool verifier_locate(const struct verifier_input *in, struct tee_platform *ret,
                     struct quoth_error *err);

/* What to ask a collateral source for, once chain and signature hold (THREATS 8). */
bool verifier_platform(const struct verifier_input *in, struct tee_platform *ret,
                       struct quoth_error *err);

/* "accepted", "refused", "unavailable" or "malformed", by the exit status of the error. */
const char *verifier_verdict_name(const struct appraisal *a);
const char *verifier_verdict_of(enum quoth_code code);

/* The object of the command-line contract (DESIGN, "The command line is an interface"). */
void verifier_write_verdict(struct buffer *to, const struct appraisal *a);

#endif
