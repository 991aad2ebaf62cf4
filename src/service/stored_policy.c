#include "service/stored_policy.h"

void tenant_policy_clear(struct tenant_policy *p)
{
    policy_close(p->policy);
    buffer_clear(&p->jws);
    buffer_clear(&p->signer);
    *p = (struct tenant_policy){0};
}

bool stored_policy_default(enum attest_type type, struct tenant_policy *ret_policy,
                           struct quoth_error *err)
{
    AUTO(tenant_policy) struct tenant_policy p = {.is_default = true};
    const struct bytes text = policy_default(attest_type_name(type));
    if (text.len > 0 && !policy_open(text, &p.policy, NULL, err))
        return quoth_within(err, attest_type_name(type));
    *ret_policy = take_value(p);
    return true;
}
