/* Who may change policies (maa.md 5). Chosen at init, for good. */
#ifndef QUOTH_SERVICE_TRUST_MODEL_H
#define QUOTH_SERVICE_TRUST_MODEL_H

#include "base/bytes.h"

enum trust_model {
    MODEL_AAD,      /* whoever has the role; signed or not */
    MODEL_ISOLATED, /* the same, and only what a trusted signer has signed */
    MODEL_SHARED    /* nobody: the default policies hold */
};

const char *trust_model_name(enum trust_model model); /* "aad", "isolated", "shared" */

/* QUOTH_USAGE. */
bool trust_model_of(struct bytes name, enum trust_model *ret_model, struct quoth_error *err);

#endif
