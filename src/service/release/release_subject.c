#include "service/release/release_subject.h"

void release_subject_clear(struct release_subject *s)
{
    vault_item_clear(&s->item);
    release_policy_clear(&s->policy);
    *s = (struct release_subject){0};
}

static bool is_releasable(const struct vault_item *item, struct quoth_error *err)
{
    if (item->policy.len > 0 && (item->kind == VAULT_SECRET || item->exportable))
        return true;
    return quoth_fail(err, QUOTH_RELEASE_NOT_EXPORTABLE, item->name, QUOTH_NO_OFFSET,
                      item->kind == VAULT_KEY ? "is a key that is not exportable"
                                              : "is a secret without a release policy");
}

bool release_subject_find(const struct vault *v, enum vault_kind kind, struct bytes name,
                          struct bytes version, int64_t now, struct release_subject *s,
                          struct quoth_error *err)
{
    if (!vault_find(v, kind, name, &s->item, err))
        return false;
    s->version = vault_version(&s->item, version, err);
    return s->version && vault_may(&s->item, s->version, VAULT_RELEASE, now, err) &&
           is_releasable(&s->item, err) &&
           release_policy_read(buffer_bytes(&s->item.policy), &s->policy, err) &&
           release_policy_hash(&s->policy, &s->policy_hash, err);
}

bool release_subject_open(const struct vault *v, const struct release_subject *s,
                          struct buffer *ret_plain, struct quoth_error *err)
{
    AUTO(material) struct material *material = NULL;
    if (s->item.kind == VAULT_KEY)
        return vault_key_material(v, &s->item, s->version, &material, err) &&
               material_export(material, ret_plain, err);
    if (!vault_secret_value(v, &s->item, s->version, ret_plain, err))
        return false;
    return ret_plain->len > 0 || quoth_fail(err, QUOTH_RELEASE_EMPTY, s->item.name, QUOTH_NO_OFFSET,
                                            "has an empty value");
}
