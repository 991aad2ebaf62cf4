#include "service/policies/signer_change.h"

#include "crypto/digest.h"
#include "crypto/x509.h"
#include "service/policies/stored_policy.h"

#include <stdio.h>

bool signer_is_fit(struct bytes der, struct quoth_error *err)
{
    AUTO(x509_cert) struct x509_cert *cert = NULL;
    AUTO(public_key) struct public_key *key = NULL;
    struct quoth_error why = {0};
    if (x509_cert_from_der(der, &cert, &why) && x509_cert_public_key(cert, &key, &why))
        return true;
    const enum quoth_code code = why.code == QUOTH_MEMORY ? QUOTH_MEMORY : QUOTH_SIGNER_UNFIT;
    quoth_fail(err, code, why.where, why.offset, "%s", why.message);
    return quoth_within(err, "certificate");
}

void signer_thumbprint(struct bytes der, char ret_thumbprint[THUMBPRINT_SIZE])
{
    const struct sha1 hash = sha1_of(der);
    for (size_t i = 0; i < sizeof hash.bytes; i++)
        snprintf(ret_thumbprint + 2 * i, 3, "%02X", hash.bytes[i]);
}

void signer_change_clear(struct signer_change *c)
{
    buffer_clear(&c->certificate);
    *c = (struct signer_change){0};
}

static size_t find(const struct change_rules *rules, const struct buffer *certificate)
{
    size_t i = 0;
    while (i < rules->signer_count &&
           !bytes_equal(buffer_bytes(&rules->signers[i]), buffer_bytes(certificate)))
        i++;
    return i;
}

/* The words are those of Azure Attestation (maa.md 1.11). */
static bool is_isolated(const struct change_rules *rules, struct quoth_error *err)
{
    return rules->model == MODEL_ISOLATED ||
           quoth_fail(err, QUOTH_SIGNERS_NONE, "tenant", QUOTH_NO_OFFSET,
                      "65530: RETURN_IF_TRUE('(GetPolicyRootCertificates().empty())') failed with "
                      "0xfffa:The operation is disallowed. The trust model is %s",
                      trust_model_name(rules->model));
}

static bool may_add(const struct change_rules *rules, const struct signer_change *c,
                    struct quoth_error *err)
{
    if (!signer_is_fit(buffer_bytes(&c->certificate), err))
        return false;
    return rules->signer_count < TENANT_SIGNERS_MAX ||
           quoth_fail(err, QUOTH_SIGNER_LIMIT, "signers", QUOTH_NO_OFFSET,
                      "there are %zu, and no room for more", rules->signer_count);
}

static bool may_remove(const struct change_rules *rules, struct quoth_error *err)
{
    return rules->signer_count > 1 ||
           quoth_fail(err, QUOTH_SIGNER_LAST, "signers", QUOTH_NO_OFFSET,
                      "this is the last one: without it nobody could change anything");
}

static bool judge(const struct change_rules *rules, enum change_operation operation,
                  const struct jws *jws, struct signer_change *c, struct quoth_error *err)
{
    AUTO(policy_binding) struct policy_binding binding = {0};
    if (!change_signed_well(rules, jws, err) ||
        !policy_jws_certificate(jws, &c->certificate, &binding, err) ||
        !change_bound_well(rules, &binding, NULL, operation, err))
        return false;
    c->iat = binding.has_iat ? binding.iat : rules->last_iat;
    c->index = find(rules, &c->certificate);
    c->unchanged = (c->index < rules->signer_count) == (operation == CHANGE_ADD);
    if (c->unchanged)
        return true;
    return operation == CHANGE_ADD ? may_add(rules, c, err) : may_remove(rules, err);
}

bool signer_change_judge(const struct change_rules *rules, enum change_operation operation,
                         struct bytes jws, struct signer_change *ret_change,
                         struct quoth_error *err)
{
    AUTO(jws) struct jws j = {0};
    AUTO(signer_change) struct signer_change c = {0};
    if (!is_isolated(rules, err) || !jws_read(jws, &j, err) ||
        !judge(rules, operation, &j, &c, err))
        return false;
    *ret_change = take_value(c);
    return true;
}
