/* The outcome for one piece of evidence: named checks, claims, and the first failure. Every
 * independent check runs; claims are believed only when error.code is QUOTH_OK. */
#ifndef QUOTH_TEE_APPRAISAL_H
#define QUOTH_TEE_APPRAISAL_H

#include "claims/claims.h"
#include "tee/tcb.h"
#include "tee/trust.h"

enum check_result { CHECK_PASS, CHECK_FAIL, CHECK_SKIP };

struct check {
    const char *name; /* dotted, static: "quote.signature" */
    enum check_result result;
    char found[136], expected[136]; /* printable; empty where there is nothing to say */
};

#define CHECKS_MAX 48

struct appraisal {
    const char *tee;    /* "sgx", static; NULL before detection */
    bool simulated;     /* by the anchor used, nothing else */
    struct sha256 root; /* fingerprint of that anchor; zero while none was reached */
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

/* Record the outcome of a named check. name must be static. */
void appraisal_pass(struct appraisal *a, const char *name);
void appraisal_note(struct appraisal *a, const char *name, const char *found); /* pass, and say */
void appraisal_skip(struct appraisal *a, const char *name, const char *why);   /* why in found */
/* Also keeps err as the error of the appraisal when it is the first. Returns false. */
bool appraisal_fail(struct appraisal *a, const char *name, const struct quoth_error *err);

/* pass when err is QUOTH_OK, else fail. Returns whether it passed. */
bool appraisal_record(struct appraisal *a, const char *name, const struct quoth_error *err);

const struct check *appraisal_find(const struct appraisal *a, const char *name); /* or NULL */

#endif
