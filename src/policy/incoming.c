/* The claims of a verdict as rules see them (maa.md 4.7). */
#include "policy/evaluate.h"

#define OURS "x-quoth-"

/* The names that Azure Attestation used in 2020; policies of that time still hold. */
static const struct {
    const char *old, *now;
} old_names[] = {
    {"$is-debuggable",             "x-ms-sgx-is-debuggable"},
    {"$product-id",                "x-ms-sgx-product-id"   },
    {"$sgx-mrsigner",              "x-ms-sgx-mrsigner"     },
    {"$sgx-mrenclave",             "x-ms-sgx-mrenclave"    },
    {"$svn",                       "x-ms-sgx-svn"          },
    {"$tee",                       "x-ms-attestation-type" },
    {"$maa-ehd",                   "x-ms-sgx-ehd"          },
    {"$aas-ehd",                   "x-ms-sgx-ehd"          },
    {"$maa-attestationcollateral", "x-ms-sgx-collateral"   },
};

/* Evidence as JSON that may be asked about, and not issued. */
static const char *const read_only[] = {"pcrs"};

bool policy_claim_is_ours(const struct policy_claim *claim)
{
    const struct bytes prefix = BYTES_LITERAL(OURS);
    return claim->issuer == POLICY_ISSUER_SERVICE && claim->type.len > 0 &&
           (claim->type.data[0] == '$' ||
            bytes_equal(bytes_slice(claim->type, 0, prefix.len), prefix));
}

/* What comes with a request is the attester's word. Held data whose hash is in the evidence stands
 * under names that an attester cannot choose, and the service vouches for that. */
static enum policy_issuer issuer_of(const struct claim *c)
{
    if (c->origin == CLAIM_FROM_POLICY)
        return POLICY_ISSUER_POLICY;
    if (c->origin == CLAIM_FROM_REQUEST && !claim_name_is_reserved(bytes_of_text(c->name)))
        return POLICY_ISSUER_CUSTOM;
    return POLICY_ISSUER_SERVICE;
}

bool policy_type_is_read_only(struct bytes type)
{
    for (size_t i = 0; i < COUNT(read_only); i++)
        if (bytes_equal(type, bytes_of_text(read_only[i])))
            return true;
    return false;
}

static struct policy_value value_of(const struct claim *c)
{
    struct policy_value v = c->kind == CLAIM_BOOL  ? policy_truth(c->boolean)
                            : c->kind == CLAIM_INT ? policy_number(c->integer)
                                                   : policy_text(c->text);
    v.read_only = policy_type_is_read_only(bytes_of_text(c->name));
    return v;
}

void policy_add_old_names(struct policy_evaluation *e)
{
    const size_t count = e->incoming.count;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < COUNT(old_names); k++) {
            struct policy_claim c = *e->incoming.items[i];
            if (c.issuer != POLICY_ISSUER_SERVICE ||
                !bytes_equal(c.type, bytes_of_text(old_names[k].now)))
                continue;
            c.type = bytes_of_text(old_names[k].old);
            (void)policy_add_incoming(e, &c);
        }
}

void policy_add_claims(struct policy_evaluation *e, const struct claims *claims)
{
    for (size_t i = 0; i < claims_count(claims); i++) {
        const struct claim *c = claims_at(claims, i);
        (void)policy_add_incoming(
            e, &(struct policy_claim){bytes_of_text(c->name), value_of(c), issuer_of(c)});
    }
    policy_add_old_names(e);
}
