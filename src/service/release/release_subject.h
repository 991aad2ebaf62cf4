/* What is to be released: a key or secret of the vault, with its release policy. */
#ifndef QUOTH_SERVICE_VAULT_RELEASE_SUBJECT_H
#define QUOTH_SERVICE_VAULT_RELEASE_SUBJECT_H

#include "release/policy.h"
#include "vault/vault.h"

struct release_subject { /* owned: release_subject_clear; cannot be copied */
    struct vault_item item;
    const struct vault_version *version; /* in item */
    struct release_policy policy;
    struct sha256 policy_hash; /* of its canonical form */
};

void release_subject_clear(struct release_subject *s);
DEFINE_AUTO_VALUE(release_subject, struct release_subject, release_subject_clear)

/* s is zeroed. version empty: the newest. What vault_find, vault_version and vault_may say;
 * QUOTH_RELEASE_NOT_EXPORTABLE; a stored policy that cannot be read releases nothing. Blocks. */
bool release_subject_find(const struct vault *v, enum vault_kind kind, struct bytes name,
                          struct bytes version, int64_t now, struct release_subject *s,
                          struct quoth_error *err);

/* Appends what is wrapped: PKCS #8 for RSA and EC, the bytes of oct keys, the value of a secret.
 * QUOTH_RELEASE_EMPTY for a secret without a value. Blocks. */
bool release_subject_open(const struct vault *v, const struct release_subject *s,
                          struct buffer *ret_plain, struct quoth_error *err);

#endif
