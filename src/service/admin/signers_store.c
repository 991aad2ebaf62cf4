#include "service/admin/policy_store.h"

#include "keys/records.h"

#include <stdio.h>

/* Whether the newest policy of a type is vouched for by these signers, as of when it was set. A type
 * that has none of its own, or was reset, depends on nobody. */
static bool stands_without(const struct change_place *p, enum attest_type type,
                           const struct buffer *signers, size_t count, bool *ret_stands,
                           struct quoth_error *err)
{
    AUTO(stored_policy) struct stored_policy stored = {0};
    AUTO(jws) struct jws jws = {0};
    struct quoth_error why = {0};
    int64_t version = 0;
    if (!stored_policy_load(p->store, p->master, p->tenant->issuer, type, &version, &stored, err))
        return false;
    *ret_stands = version == 0;
    if (version == 0)
        return true;
    if (!jws_read(buffer_bytes(&stored.jws), &jws, err))
        return false;
    *ret_stands = strcmp(stored.operation, change_operation_name(CHANGE_RESET)) == 0 ||
                  jws_signer_trusted(&jws, signers, count, stored.time, &why);
    return true;
}

/* Names the types whose policies nobody else vouches for. */
static bool nothing_depends(const struct change_place *p, const struct stored_signers *left,
                            struct quoth_error *err)
{
    char types[96] = "";
    for (size_t i = 0; i < ATTEST_TYPES; i++) {
        bool stands = false;
        const size_t used = strlen(types);
        if (!stands_without(p, (enum attest_type)i, left->certificates, left->count, &stands, err))
            return false;
        if (!stands)
            snprintf(types + used, sizeof types - used, "%s%s", used ? ", " : "",
                     attest_type_name((enum attest_type)i));
    }
    return !types[0] || quoth_fail(err, QUOTH_SIGNER_IN_USE, "signers", QUOTH_NO_OFFSET,
                                   "the policy of %s was signed by it, and by no other", types);
}

static bool edit(const struct change_place *p, enum change_operation operation,
                 const struct signer_change *c, struct stored_signers *s, struct quoth_error *err)
{
    if (operation == CHANGE_ADD) {
        buffer_add(&s->certificates[s->count], buffer_bytes(&c->certificate));
        return buffer_ok(&s->certificates[s->count++], err);
    }
    buffer_clear(&s->certificates[c->index]);
    for (size_t i = c->index + 1; i < s->count; i++)
        s->certificates[i - 1] = take_value(s->certificates[i]);
    s->count--;
    return nothing_depends(p, s, err);
}

static bool intend(const struct change_place *p, enum change_operation operation, int64_t version,
                   const struct signer_change *c, struct quoth_error *err)
{
    char thumbprint[THUMBPRINT_SIZE];
    AUTO(audit_line)
    struct audit_line line =
        admin_line(p->x, p->who, operation == CHANGE_ADD ? "signer.add" : "signer.remove");
    signer_thumbprint(buffer_bytes(&c->certificate), thumbprint);
    audit_text(&line, "certificate", thumbprint);
    audit_number(&line, "version", version);
    return admin_intend(p->x, &line, err);
}

static bool put_signers(const struct change_place *p, enum change_operation operation,
                        const struct signer_change *c, struct stored_signers *s,
                        struct quoth_error *err)
{
    AUTO(buffer) struct buffer value = {0};
    s->time = p->now;
    s->iat = c->iat;
    snprintf(s->operation, sizeof s->operation, "%s", change_operation_name(operation));
    snprintf(s->who, sizeof s->who, "%s", p->who->name);
    if (!stored_signers_write(s, &value, err))
        return false;
    const struct store_put put = {
        .record = {.kind = RECORD_SIGNERS,
                   .tenant = p->tenant->issuer,
                   .id = SIGNERS_ID,
                   .version = s->version + 1,
                   .value = buffer_bytes(&value)},
        .keep = STORE_KEEP_ALL
    };
    return change_put(p, &put, 1, err);
}

static bool change_signers(const struct change_place *p, enum change_operation operation,
                           struct bytes jws, struct signer_change *c, struct quoth_error *err)
{
    AUTO(stored_signers) struct stored_signers s = {0};
    if (!stored_signers_load(p->store, p->master, p->tenant->issuer, 0, &s, err))
        return false;
    const struct change_rules rules = change_rules_of(p, &s, s.iat);
    if (!signer_change_judge(&rules, operation, jws, c, err))
        return false;
    if (c->unchanged)
        return intend(p, operation, s.version, c, err);
    return edit(p, operation, c, &s, err) && intend(p, operation, s.version + 1, c, err) &&
           put_signers(p, operation, c, &s, err);
}

bool signers_store_change(const struct change_place *p, enum change_operation operation,
                          struct bytes jws, struct signer_change *ret_change,
                          struct quoth_error *err)
{
    AUTO(signer_change) struct signer_change c = {0};
    pthread_mutex_lock(&p->tenant->changing);
    const bool good = change_signers(p, operation, jws, &c, err);
    pthread_mutex_unlock(&p->tenant->changing);
    if (good)
        *ret_change = take_value(c);
    return good;
}
