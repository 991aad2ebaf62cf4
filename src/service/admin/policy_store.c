#include "service/admin/policy_store.h"

#include "codec/json_write.h"
#include "crypto/digest.h"
#include "keys/records.h"

#include <stdio.h>

#define SPENT_ID_SIZE 96 /* "SgxEnclave/", 64 hex digits and a NUL */

/* Reads what is there; everything about a policy and its signers. */
struct standing { /* owned: standing_clear */
    int64_t version;
    struct stored_policy policy;
    struct stored_signers signers;
    bool spent;
};

static void standing_clear(struct standing *s)
{
    stored_policy_clear(&s->policy);
    stored_signers_clear(&s->signers);
}
DEFINE_AUTO_VALUE(standing, struct standing, standing_clear)

/* By header and payload alone: of one ES256 signature anybody makes another that verifies too. */
static void spent_id(enum attest_type type, struct bytes jws, char id[SPENT_ID_SIZE])
{
    size_t end = jws.len;
    while (end > 0 && jws.data[end - 1] != '.')
        end--;
    const struct sha256 hash = sha256_of(bytes_slice(jws, 0, end));
    int at = snprintf(id, SPENT_ID_SIZE, "%s/", attest_type_name(type));
    for (size_t i = 0; i < sizeof hash.bytes; i++)
        at += snprintf(id + at, SPENT_ID_SIZE - (size_t)at, "%02x", hash.bytes[i]);
}

/* The JWS counts without the blanks around it, as it is stored. */
static bool load_spent(const struct change_place *p, enum attest_type type, struct bytes jws,
                       bool *ret_spent, struct quoth_error *err)
{
    char id[SPENT_ID_SIZE];
    int64_t version = 0;
    AUTO(buffer) struct buffer value = {0};
    AUTO(jws) struct jws j = {0};
    if (p->tenant->model != MODEL_ISOLATED)
        return true;
    if (!jws_read(jws, &j, err))
        return false;
    spent_id(type, j.text, id);
    if (!record_load(p->store, p->master, RECORD_SPENT, p->tenant->issuer, id, 0, &version, &value,
                     err))
        return false;
    *ret_spent = version > 0;
    return true;
}

static bool load(const struct change_place *p, enum attest_type type, struct standing *s,
                 struct quoth_error *err)
{
    return stored_policy_load(p->store, p->master, p->tenant->issuer, type, &s->version, &s->policy,
                              err) &&
           stored_signers_load(p->store, p->master, p->tenant->issuer, 0, &s->signers, err);
}

struct change_rules change_rules_of(const struct change_place *p,
                                    const struct stored_signers *signers, int64_t last_iat)
{
    return (struct change_rules){.model = p->tenant->model,
                                 .strict = p->strict,
                                 .issuer = p->tenant->issuer,
                                 .signers = signers->certificates,
                                 .signer_count = signers->count,
                                 .last_iat = last_iat,
                                 .now = p->now};
}

/* ---- putting */

/* Somebody else was faster: told in the words of a change. */
bool change_put(const struct change_place *p, const struct store_put *puts, size_t count,
                struct quoth_error *err)
{
    struct quoth_error why = {0};
    if (!record_keep_all(p->store, p->master, puts, count, &why)) {
        if (why.code == QUOTH_STORE_CONFLICT)
            return quoth_fail(err, QUOTH_CHANGE_CONFLICT, why.where, QUOTH_NO_OFFSET,
                              "was changed at the same moment by somebody else");
        *err = why;
        return false;
    }
    return tenant_reload(p->tenant, p->store, p->master, p->now, err);
}

static struct store_put put_of(const struct change_place *p, const char *kind, const char *id,
                               int64_t version, const struct buffer *value, size_t keep)
{
    return (struct store_put){
        .record = {.kind = kind,
                   .tenant = p->tenant->issuer,
                   .id = id,
                   .version = version,
                   .value = buffer_bytes(value)},
        .keep = keep
    };
}

/* The policy, and on an isolated tenant the mark that its JWS is spent. */
static bool put_policy(const struct change_place *p, enum attest_type type, int64_t version,
                       const struct stored_policy *policy, struct quoth_error *err)
{
    char id[SPENT_ID_SIZE];
    AUTO(buffer) struct buffer value = {0}, spent = {0};
    struct store_put puts[2];
    size_t count = 0;
    if (!stored_policy_write(policy, &value, err))
        return false;
    puts[count++] =
        put_of(p, RECORD_POLICY, attest_type_name(type), version, &value, POLICY_VERSIONS_KEPT);
    buffer_printf(&spent, "{\"version\":%lld}", (long long)version);
    spent_id(type, buffer_bytes(&policy->jws), id);
    if (p->tenant->model == MODEL_ISOLATED)
        puts[count++] = put_of(p, RECORD_SPENT, id, 1, &spent, STORE_KEEP_ALL);
    return buffer_ok(&spent, err) && change_put(p, puts, count, err);
}

static void sign_off(const struct change_place *p, const char *operation, char to[16],
                     char who[STORED_WHO_MAX])
{
    snprintf(to, 16, "%s", operation);
    snprintf(who, STORED_WHO_MAX, "%s", p->who->name);
}

/* ---- what is written down of it before it is made */

static bool intend_policy(const struct change_place *p, const char *event, enum attest_type type,
                          int64_t version, struct bytes jws, struct bytes signer,
                          struct quoth_error *err)
{
    const struct sha256 hash = sha256_of(jws);
    char thumbprint[THUMBPRINT_SIZE];
    AUTO(audit_line) struct audit_line line = admin_line(p->x, p->who, event);
    audit_text(&line, "type", attest_type_name(type));
    audit_number(&line, "version", version);
    audit_hex(&line, "jws_sha256", BYTES_OF(hash.bytes));
    if (signer.len > 0) {
        signer_thumbprint(signer, thumbprint);
        audit_text(&line, "signer", thumbprint);
    }
    return admin_intend(p->x, &line, err);
}

/* ---- policies */

static bool change_policy(const struct change_place *p, enum attest_type type,
                          enum change_operation operation, struct bytes jws,
                          struct policy_change *c, struct quoth_error *err)
{
    static const char *const events[] = {
        [CHANGE_SET] = "policy.set", [CHANGE_RESET] = "policy.reset"};
    AUTO(standing) struct standing s = {0};
    if (!load(p, type, &s, err) || !load_spent(p, type, jws, &s.spent, err))
        return false;
    const struct change_rules rules = change_rules_of(p, &s.signers, s.policy.iat);
    const struct policy_standing standing = {.jws = buffer_bytes(&s.policy.jws), .spent = s.spent};
    if (!policy_change_judge(&rules, type, operation, jws, &standing, c, err))
        return false;
    const int64_t version = c->unchanged ? s.version : s.version + 1;
    if (!intend_policy(p, events[operation], type, version, c->jws, buffer_bytes(&c->signer), err))
        return false;
    if (c->unchanged)
        return true;
    AUTO(stored_policy)
    struct stored_policy next = {.time = p->now,
                                 .iat = c->iat,
                                 .signers_version =
                                     p->tenant->model == MODEL_ISOLATED ? s.signers.version : 0};
    sign_off(p, change_operation_name(operation), next.operation, next.who);
    buffer_add(&next.jws, c->jws);
    return buffer_ok(&next.jws, err) && put_policy(p, type, version, &next, err);
}

bool policy_store_change(const struct change_place *p, enum attest_type type,
                         enum change_operation operation, struct bytes jws,
                         struct policy_change *ret_change, struct quoth_error *err)
{
    AUTO(policy_change) struct policy_change c = {0};
    pthread_mutex_lock(&p->tenant->changing);
    const bool good = change_policy(p, type, operation, jws, &c, err);
    pthread_mutex_unlock(&p->tenant->changing);
    if (good)
        *ret_change = take_value(c);
    return good;
}

/* ---- rollback */

static bool may_roll_back(const struct change_place *p, struct quoth_error *err)
{
    if (p->tenant->model == MODEL_SHARED)
        return quoth_fail(err, QUOTH_CHANGE_SHARED, "tenant", QUOTH_NO_OFFSET,
                          "its trust model is shared: nobody changes what holds for all");
    return p->tenant->model == MODEL_AAD ||
           quoth_fail(err, QUOTH_CHANGE_ROLLBACK, "tenant", QUOTH_NO_OFFSET,
                      "its trust model is isolated: an older policy is refused, whoever asks");
}

bool policy_store_version(const struct change_place *p, enum attest_type type, int64_t version,
                          struct stored_policy *ret_policy, struct quoth_error *err)
{
    AUTO(buffer) struct buffer value = {0};
    int64_t found = 0;
    if (!record_load(p->store, p->master, RECORD_POLICY, p->tenant->issuer, attest_type_name(type),
                     version, &found, &value, err))
        return false;
    if (found == 0)
        return quoth_fail(err, QUOTH_CHANGE_VERSION, "version", QUOTH_NO_OFFSET,
                          "%lld of %s is not kept", (long long)version, attest_type_name(type));
    return stored_policy_read(buffer_bytes(&value), ret_policy, err);
}

static bool roll_back(const struct change_place *p, enum attest_type type, int64_t version,
                      struct stored_policy *next, struct quoth_error *err)
{
    AUTO(standing) struct standing s = {0};
    if (!may_roll_back(p, err) || !load(p, type, &s, err) ||
        !policy_store_version(p, type, version, next, err))
        return false;
    next->time = p->now;
    next->iat = s.policy.iat; /* what was signed later than the older one stays refused */
    sign_off(p, "rollback", next->operation, next->who);
    return intend_policy(p, "policy.rollback", type, s.version + 1, buffer_bytes(&next->jws),
                         (struct bytes){0}, err) &&
           put_policy(p, type, s.version + 1, next, err);
}

bool policy_store_roll_back(const struct change_place *p, enum attest_type type, int64_t version,
                            struct stored_policy *ret_policy, struct quoth_error *err)
{
    AUTO(stored_policy) struct stored_policy next = {0};
    pthread_mutex_lock(&p->tenant->changing);
    const bool good = roll_back(p, type, version, &next, err);
    pthread_mutex_unlock(&p->tenant->changing);
    if (good)
        *ret_policy = take_value(next);
    return good;
}
