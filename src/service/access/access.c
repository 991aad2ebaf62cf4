#include "service/access/access.h"

#include "base/time.h"
#include "service/access/bearer.h"
#include "service/access/client_certificate.h"
#include "service/access/oidc_token.h"

#include <stdatomic.h>

struct access {
    atomic_size_t holders;
    char *issuer;
    struct config_share *config;
    const struct tenant_settings *settings;
    struct oidc_rules rules;
    struct oidc *oidc; /* NULL: no provider */
};

static bool open_oidc(struct access *a, const struct access_options *options,
                      struct quoth_error *err)
{
    const struct tenant_settings *s = a->settings;
    if (!s->oidc_issuer)
        return true;
    if (strcmp(s->oidc_issuer, a->issuer) == 0)
        return quoth_fail(err, QUOTH_USAGE, "oidc-issuer", QUOTH_NO_OFFSET,
                          "is this tenant itself, which signs no tokens for people");
    const struct oidc_options how = {.setting = "oidc-issuer",
                                     .issuer = s->oidc_issuer,
                                     .refused = QUOTH_ADMIN_UNAUTHENTICATED,
                                     .unavailable = QUOTH_ADMIN_PROVIDER,
                                     .ca_file = s->oidc_ca,
                                     .report = options->report,
                                     .context = options->context};
    a->rules = (struct oidc_rules){
        .issuer = s->oidc_issuer,
        .audience = s->oidc_audience ? s->oidc_audience : a->issuer,
        .role_claim = s->oidc_role_claim,
        .values = {s->oidc_reader, s->oidc_contributor, s->oidc_officer, s->oidc_policy,
                   s->oidc_user, s->oidc_auditor}
    };
    return oidc_open(&how, &a->oidc, err);
}

bool access_open(const struct access_options *options, struct access **ret_access,
                 struct quoth_error *err)
{
    AUTO(access) struct access *a = calloc(1, sizeof *a);
    if (!a)
        return quoth_fail(err, QUOTH_MEMORY, "access", QUOTH_NO_OFFSET, "out of memory");
    atomic_init(&a->holders, 1);
    a->config = options->config ? config_share_hold(options->config) : NULL;
    a->settings = options->settings;
    a->issuer = strdup(options->issuer);
    if (!a->issuer)
        return quoth_fail(err, QUOTH_MEMORY, "access", QUOTH_NO_OFFSET, "out of memory");
    if (!client_certificate_check(&a->settings->client_certificate, err) ||
        !open_oidc(a, options, err))
        return false;
    *ret_access = take(a);
    return true;
}

struct access *access_hold(struct access *a)
{
    atomic_fetch_add(&a->holders, 1);
    return a;
}

void access_release(struct access *a)
{
    if (!a || atomic_fetch_sub(&a->holders, 1) != 1)
        return;
    oidc_close(a->oidc);
    config_share_release(a->config);
    free(a->issuer);
    free(a);
}

bool access_are_apart(const struct access *a, const struct access *b, struct quoth_error *err)
{
    return !a->oidc || !b->oidc || strcmp(a->rules.issuer, b->rules.issuer) != 0 ||
           strcmp(a->rules.audience, b->rules.audience) != 0 ||
           quoth_fail(err, QUOTH_USAGE, "oidc-audience", QUOTH_NO_OFFSET,
                      "a token for %s would be good for %s too: give each its own", a->issuer,
                      b->issuer);
}

/* ---- judging */

static bool is_jwt(struct bytes bearer)
{
    return memchr(bearer.data, '.', bearer.len) != NULL; /* the admin token has no dots */
}

/* What is asked of an access. */
struct question {
    const struct admin_token *token;
    unsigned needed;
    int64_t now;
    bool at_once; /* without asking the provider: what is not known to be wrong may be right */
};

static bool judge_jwt(struct access *a, struct bytes bearer, const struct question *q,
                      struct admin *ret_admin, struct quoth_error *err)
{
    AUTO(token) struct token t = {0};
    struct quoth_error inner = {0};
    if (!a->oidc)
        return quoth_fail(err, QUOTH_ADMIN_UNAUTHENTICATED, "Authorization", QUOTH_NO_OFFSET,
                          "this tenant has no identity provider, and the admin token is no JWT");
    if (!token_read(bearer, &t, &inner))
        return quoth_fail(err, QUOTH_ADMIN_UNAUTHENTICATED, inner.where, inner.offset, "%s",
                          inner.message);
    return oidc_token_check(&t, &a->rules, q->now, err) &&
           (q->at_once ? oidc_may_verify : oidc_verify)(a->oidc, &t, q->now, err) &&
           oidc_token_admin(&t, &a->rules, ret_admin, err);
}

static bool judge_bearer(struct access *a, struct bytes bearer, const struct question *q,
                         struct admin *ret_admin, struct quoth_error *err)
{
    return is_jwt(bearer) ? judge_jwt(a, bearer, q, ret_admin, err)
                          : admin_token_admin(q->token, bearer, q->now, ret_admin, err);
}

/* One of those that are needed is enough. */
static bool has_role(const struct admin *who, unsigned needed, struct quoth_error *err)
{
    char found[ROLES_TEXT_SIZE], expected[ROLES_TEXT_SIZE];
    return (who->roles & needed) != 0 ||
           quoth_mismatch(err, QUOTH_ADMIN_FORBIDDEN, "role", QUOTH_NO_OFFSET,
                          roles_write(who->roles, found), roles_write(needed, expected));
}

static bool judge(struct access *a, const struct credentials *shown, const struct question *q,
                  struct admin *ret_admin, struct quoth_error *err)
{
    struct quoth_error why = {0};
    struct admin who = {0};
    if (shown->certificate.len > 0 &&
        client_certificate_admin(&a->settings->client_certificate, shown->certificate, q->now, &who,
                                 &why) &&
        has_role(&who, q->needed, &why)) {
        *ret_admin = who;
        return true;
    }
    if (shown->bearer.len > 0) {
        if (!judge_bearer(a, shown->bearer, q, &who, err) || !has_role(&who, q->needed, err))
            return false;
        *ret_admin = who;
        return true;
    }
    if (why.code != QUOTH_OK) {
        *err = why;
        return false;
    }
    return quoth_fail(err, QUOTH_ADMIN_UNAUTHENTICATED, "Authorization", QUOTH_NO_OFFSET,
                      "is missing, and there is no client certificate");
}

bool access_judge(struct access *a, const struct admin_token *token,
                  const struct credentials *shown, unsigned needed, int64_t now,
                  struct admin *ret_admin, struct quoth_error *err)
{
    const struct question q = {token, needed, now, false};
    return judge(a, shown, &q, ret_admin, err);
}

bool access_may_pass(struct access *a, const struct admin_token *token,
                     const struct credentials *shown, unsigned needed, int64_t now,
                     struct quoth_error *err)
{
    const struct question q = {token, needed, now, true};
    struct admin ignored;
    return judge(a, shown, &q, &ignored, err);
}

void access_challenge(const struct access *a, struct http_response *response)
{
    bearer_challenge(a->oidc ? a->rules.issuer : a->issuer, a->oidc ? a->rules.audience : a->issuer,
                     response);
}

/* ---- beside the requests */

static void refresh(void *arg)
{
    AUTO(access) struct access *a = arg;
    oidc_refresh(a->oidc, time_now());
}

void access_tick(struct access *a, struct pool *pool, int64_t now)
{
    struct quoth_error ignored = {0}; /* a full pool: next time */
    if (!a->oidc || !oidc_is_due(a->oidc, now))
        return;
    if (!pool_submit(pool, refresh, access_hold(a), &ignored))
        access_release(a);
}
