#include "policy/value.h"

#include "codec/json_write.h"

bool policy_value_equal(const struct policy_value *a, const struct policy_value *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case POLICY_BOOLEAN:
        return a->boolean == b->boolean;
    case POLICY_INTEGER:
        return a->integer == b->integer;
    default:
        return bytes_equal(a->text, b->text);
    }
}

struct bytes policy_kind_name(enum policy_kind kind)
{
    static const struct bytes names[] = {
        [POLICY_BOOLEAN] = BYTES_INIT("Boolean"),
        [POLICY_INTEGER] = BYTES_INIT("Integer"),
        [POLICY_STRING] = BYTES_INIT("String"),
    };
    return names[kind];
}

static const struct bytes issuers[] = {
    [POLICY_ISSUER_SERVICE] = BYTES_INIT("AttestationService"),
    [POLICY_ISSUER_POLICY] = BYTES_INIT("AttestationPolicy"),
    [POLICY_ISSUER_CUSTOM] = BYTES_INIT("CustomClaim"),
};

struct bytes policy_issuer_name(enum policy_issuer issuer)
{
    return issuers[issuer];
}

bool policy_issuer_of(struct bytes name, enum policy_issuer *ret_issuer)
{
    for (size_t i = 0; i < COUNT(issuers); i++)
        if (bytes_equal(issuers[i], name)) {
            *ret_issuer = (enum policy_issuer)i;
            return true;
        }
    return false;
}

void policy_value_write(struct buffer *to, const struct policy_value *v)
{
    switch (v->kind) {
    case POLICY_BOOLEAN:
        json_bool(to, v->boolean);
        break;
    case POLICY_INTEGER:
        json_int(to, v->integer);
        break;
    case POLICY_STRING:
        json_string(to, v->text);
        break;
    }
}
