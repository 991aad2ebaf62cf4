/* Is this JWS allowed to change anything here? What is asked of every change of policies and
 * signers alike (maa.md 5; THREATS 20). Decided from what is given alone: no clock, no store. */
#ifndef QUOTH_SERVICE_SIGNED_CHANGE_H
#define QUOTH_SERVICE_SIGNED_CHANGE_H

#include "service/policies/trust_model.h"
#include "token/policy_jws.h"

enum change_operation { CHANGE_SET, CHANGE_RESET, CHANGE_ADD, CHANGE_REMOVE };

/* "set", "reset", "add", "remove": as "x-quoth-operation" and histories name them. */
const char *change_operation_name(enum change_operation operation);

struct change_rules {
    enum trust_model model;
    bool strict;        /* signed changes must say aud, iat, type and operation */
    const char *issuer; /* the tenant: "aud" must be it */
    const struct buffer *signers;
    size_t signer_count;
    int64_t last_iat; /* the greatest that is stored; 0: none is */
    int64_t now;
};

/* Whether the JWS has the signature that the trust model asks for: on an isolated tenant one of a
 * trusted signer; elsewhere none, or one that verifies. QUOTH_CHANGE_SHARED, QUOTH_CHANGE_UNSIGNED,
 * QUOTH_JWS_SIGNATURE, QUOTH_JWS_SIGNER. */
bool change_signed_well(const struct change_rules *rules, const struct jws *jws,
                        struct quoth_error *err);

/* Whether what the payload says of issuer, instant, type and operation fits; type is NULL where none
 * is meant. QUOTH_CHANGE_BINDING names the member. */
bool change_bound_well(const struct change_rules *rules, const struct policy_binding *binding,
                       const char *type, enum change_operation operation, struct quoth_error *err);

#endif
