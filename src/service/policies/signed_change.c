#include "service/policies/signed_change.h"

#include "base/text.h"
#include "base/time.h"

#include <stdio.h>

#define CLOCK_SKEW 60 /* seconds that the clock of who signs may be ahead */

const char *change_operation_name(enum change_operation operation)
{
    static const char *const names[] = {[CHANGE_SET] = "set",
                                        [CHANGE_RESET] = "reset",
                                        [CHANGE_ADD] = "add",
                                        [CHANGE_REMOVE] = "remove"};
    return names[operation];
}

/* The sentence is that of Azure Attestation (maa.md 1.11). */
static bool unsigned_here(struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_CHANGE_UNSIGNED, "jws.header.alg", QUOTH_NO_OFFSET,
                      "Unsigned JWS specified but enclave is configured with signing "
                      "certificates.");
}

bool change_signed_well(const struct change_rules *rules, const struct jws *jws,
                        struct quoth_error *err)
{
    if (rules->model == MODEL_SHARED)
        return quoth_fail(err, QUOTH_CHANGE_SHARED, "tenant", QUOTH_NO_OFFSET,
                          "its trust model is shared: nobody changes what holds for all");
    const bool isolated = rules->model == MODEL_ISOLATED;
    if (jws->algorithm == JWS_NONE)
        return !isolated || unsigned_here(err);
    return jws_verify(jws, err) &&
           (!isolated ||
            jws_signer_trusted(jws, rules->signers, rules->signer_count, rules->now, err));
}

/* ---- what the payload says beside */

static bool missing(const char *member, struct quoth_error *err)
{
    quoth_fail(err, QUOTH_CHANGE_BINDING, member, QUOTH_NO_OFFSET,
               "is missing, and this tenant demands it (signing = strict)");
    return quoth_within(err, "jws.payload");
}

static bool differs(const char *member, struct bytes found, const char *expected,
                    struct quoth_error *err)
{
    char shown[128];
    quoth_mismatch(err, QUOTH_CHANGE_BINDING, member, QUOTH_NO_OFFSET,
                   text_escape(shown, sizeof shown, found), expected);
    return quoth_within(err, "jws.payload");
}

static bool demands(const struct change_rules *rules)
{
    return rules->strict && rules->model == MODEL_ISOLATED;
}

static bool iat_fits(const struct change_rules *rules, int64_t iat, struct quoth_error *err)
{
    char found[TIME_TEXT_SIZE], bound[TIME_TEXT_SIZE], expected[64];
    const struct bytes shown = bytes_of_text(time_format(iat, found));
    if (iat > rules->now + CLOCK_SKEW) {
        snprintf(expected, sizeof expected, "no later than now, %s",
                 time_format(rules->now, bound));
        return differs("iat", shown, expected, err);
    }
    if (iat < rules->last_iat) {
        snprintf(expected, sizeof expected, "at least %s, as is stored",
                 time_format(rules->last_iat, bound));
        return differs("iat", shown, expected, err);
    }
    return true;
}

static bool type_fits(const struct change_rules *rules, const struct policy_binding *b,
                      const char *type, struct quoth_error *err)
{
    if (!b->has_type)
        return !type || !demands(rules) || missing("x-quoth-type", err);
    return (type && text_equal_fold(buffer_bytes(&b->type), bytes_of_text(type))) ||
           differs("x-quoth-type", buffer_bytes(&b->type), type ? type : "none", err);
}

bool change_bound_well(const struct change_rules *rules, const struct policy_binding *binding,
                       const char *type, enum change_operation operation, struct quoth_error *err)
{
    const struct policy_binding *b = binding;
    const char *name = change_operation_name(operation);
    if (b->has_aud && !bytes_equal(buffer_bytes(&b->aud), bytes_of_text(rules->issuer)))
        return differs("aud", buffer_bytes(&b->aud), rules->issuer, err);
    if (b->has_iat && !iat_fits(rules, b->iat, err))
        return false;
    if (b->has_operation && !bytes_equal(buffer_bytes(&b->operation), bytes_of_text(name)))
        return differs("x-quoth-operation", buffer_bytes(&b->operation), name, err);
    if (!type_fits(rules, b, type, err))
        return false;
    if (!demands(rules))
        return true;
    return (b->has_aud || missing("aud", err)) && (b->has_iat || missing("iat", err)) &&
           (b->has_operation || missing("x-quoth-operation", err));
}
