/* Claims as rules see them (maa.md 4.3): values of three kinds, each said by somebody. */
#ifndef QUOTH_POLICY_VALUE_H
#define QUOTH_POLICY_VALUE_H

#include "base/bytes.h"

enum policy_kind { POLICY_BOOLEAN, POLICY_INTEGER, POLICY_STRING };

struct policy_value {
    enum policy_kind kind;
    bool boolean;
    int64_t integer;
    struct bytes text;
    bool read_only; /* may be asked about, not issued (maa.md 4.4) */
};

enum policy_issuer {
    POLICY_ISSUER_SERVICE, /* AttestationService: from evidence, or from what vouches for it */
    POLICY_ISSUER_POLICY,  /* AttestationPolicy: made by a rule */
    POLICY_ISSUER_CUSTOM,  /* CustomClaim: sent along by the attester */
};

struct policy_claim {
    struct bytes type;
    struct policy_value value;
    enum policy_issuer issuer;
};

/* Different kinds are never equal. */
bool policy_value_equal(const struct policy_value *a, const struct policy_value *b);

/* "Boolean", "AttestationService" ...: as policies write them. */
struct bytes policy_kind_name(enum policy_kind kind);
struct bytes policy_issuer_name(enum policy_issuer issuer);
bool policy_issuer_of(struct bytes name, enum policy_issuer *ret_issuer);

/* As JSON, and as a policy would write it. */
void policy_value_write(struct buffer *to, const struct policy_value *v);

static inline struct policy_value policy_text(struct bytes text)
{
    return (struct policy_value){.kind = POLICY_STRING, .text = text};
}

static inline struct policy_value policy_truth(bool boolean)
{
    return (struct policy_value){.kind = POLICY_BOOLEAN, .boolean = boolean};
}

static inline struct policy_value policy_number(int64_t integer)
{
    return (struct policy_value){.kind = POLICY_INTEGER, .integer = integer};
}

#endif
