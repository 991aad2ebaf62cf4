#include "service/policies/policy_change.h"

void policy_change_clear(struct policy_change *c)
{
    buffer_clear(&c->text);
    buffer_clear(&c->signer);
    policy_close(c->policy);
    *c = (struct policy_change){0};
}

static bool text_fits(enum change_operation operation, const struct buffer *text,
                      struct quoth_error *err)
{
    const bool is_reset = text->len == 0;
    if (is_reset == (operation == CHANGE_RESET))
        return true;
    return quoth_fail(err, QUOTH_CHANGE_OPERATION, "jws.payload", QUOTH_NO_OFFSET,
                      is_reset ? "is empty: that resets a policy and sets none"
                               : "has a policy, and a reset has none");
}

static bool is_new(const struct change_rules *rules, const struct policy_standing *standing,
                   struct quoth_error *err)
{
    return !standing->spent || rules->model != MODEL_ISOLATED ||
           quoth_fail(err, QUOTH_CHANGE_REPLAYED, "jws", QUOTH_NO_OFFSET,
                      "was stored here before, and something else has followed it since");
}

static bool keep_signer(const struct jws *jws, struct policy_change *c, struct quoth_error *err)
{
    if (jws->algorithm != JWS_NONE)
        buffer_add(&c->signer, buffer_bytes(&jws->chain[0]));
    return buffer_ok(&c->signer, err);
}

static bool judge(const struct change_rules *rules, enum attest_type type,
                  enum change_operation operation, const struct jws *jws,
                  const struct policy_standing *standing, struct policy_change *c,
                  struct quoth_error *err)
{
    AUTO(policy_binding) struct policy_binding binding = {0};
    c->jws = jws->text;
    c->unchanged = bytes_equal(jws->text, standing->jws);
    if (!change_signed_well(rules, jws, err) || !policy_jws_text(jws, &c->text, &binding, err) ||
        !text_fits(operation, &c->text, err) ||
        !change_bound_well(rules, &binding, attest_type_name(type), operation, err) ||
        (!c->unchanged && !is_new(rules, standing, err)))
        return false;
    c->iat = binding.has_iat ? binding.iat : rules->last_iat; /* it is not the smaller one */
    return keep_signer(jws, c, err) &&
           (c->text.len == 0 || policy_open(buffer_bytes(&c->text), &c->policy, NULL, err));
}

bool policy_change_judge(const struct change_rules *rules, enum attest_type type,
                         enum change_operation operation, struct bytes jws,
                         const struct policy_standing *standing, struct policy_change *ret_change,
                         struct quoth_error *err)
{
    AUTO(jws) struct jws j = {0};
    AUTO(policy_change) struct policy_change c = {0};
    if (!jws_read(jws, &j, err) || !judge(rules, type, operation, &j, standing, &c, err))
        return false;
    *ret_change = take_value(c);
    return true;
}
