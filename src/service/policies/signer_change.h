/* May this JWS add or remove a policy signer? (maa.md 1.7, 5; THREATS 20.) Decided from what is
 * given alone: no clock, no store. */
#ifndef QUOTH_SERVICE_SIGNER_CHANGE_H
#define QUOTH_SERVICE_SIGNER_CHANGE_H

#include "service/policies/signed_change.h"

/* Whether a certificate can be a signer: its key is of a kind and size that is accepted.
 * QUOTH_SIGNER_UNFIT. */
bool signer_is_fit(struct bytes der, struct quoth_error *err);

/* 40 upper-case hex digits: SHA-1 of the certificate, as Azure Attestation tells it. */
#define THUMBPRINT_SIZE 41
void signer_thumbprint(struct bytes der, char ret_thumbprint[THUMBPRINT_SIZE]);

struct signer_change {         /* owned: signer_change_clear */
    struct buffer certificate; /* DER */
    size_t index;              /* among rules->signers; their count if it is not there */
    bool unchanged;            /* it is there already, or not there: nothing is to be written */
    int64_t iat;               /* for the record: the greater of its own and rules->last_iat */
};

void signer_change_clear(struct signer_change *c);
DEFINE_AUTO_VALUE(signer_change, struct signer_change, signer_change_clear)

/* operation is CHANGE_ADD or CHANGE_REMOVE. Beside what signed_change.h refuses: QUOTH_SIGNERS_NONE
 * unless the tenant is isolated, QUOTH_JWS_*, QUOTH_SIGNER_UNFIT, QUOTH_SIGNER_LIMIT,
 * QUOTH_SIGNER_LAST. Whether a stored policy depends on a signer is the caller's to see. */
bool signer_change_judge(const struct change_rules *rules, enum change_operation operation,
                         struct bytes jws, struct signer_change *ret_change,
                         struct quoth_error *err);

#endif
