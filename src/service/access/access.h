/* Who may administer a tenant: its admin token, bearer tokens of the identity provider that its
 * settings name, and client certificates that they name. */
#ifndef QUOTH_SERVICE_ACCESS_H
#define QUOTH_SERVICE_ACCESS_H

#include "http/pool.h"
#include "service/access/admin_token.h"
#include "service/access/oidc.h"
#include "service/config/config_share.h"

struct access; /* opaque, used by any thread */

struct access_options {
    const char *issuer;                     /* the tenant's; copied */
    struct config_share *config;            /* held; NULL: settings outlive the access */
    const struct tenant_settings *settings; /* in config */
    void (*report)(void *context, const struct quoth_error *why); /* as in struct oidc_options */
    void *context;
};

/* Touches no network. QUOTH_USAGE for settings that cannot be, such as an identity provider that is
 * this tenant itself: what it signs says nothing of administrators. */
bool access_open(const struct access_options *options, struct access **ret_access,
                 struct quoth_error *err);
struct access *access_hold(struct access *a);
void access_release(struct access *a); /* accepts NULL; the last one frees it */
DEFINE_AUTO(access, struct access *, access_release)

/* False if one token would be good for both tenants: the same provider and the same audience
 * (THREATS 19). QUOTH_USAGE. */
bool access_are_apart(const struct access *a, const struct access *b, struct quoth_error *err);

struct credentials {          /* of one request */
    struct bytes bearer;      /* empty: none */
    struct bytes certificate; /* DER, of the connection; empty: none */
};

/* needed: a set of roles of which one is enough. Either of what is shown is enough, and has to have the
 * role by itself. May block (the provider's keys). QUOTH_ADMIN_UNAUTHENTICATED,
 * QUOTH_ADMIN_FORBIDDEN, QUOTH_ADMIN_PROVIDER. */
bool access_judge(struct access *a, const struct admin_token *token,
                  const struct credentials *shown, unsigned needed, int64_t now,
                  struct admin *ret_admin, struct quoth_error *err);

/* What can be said of it without waiting for anybody, before the body of a request is read: false, with
 * the same errors, for what is not enough for certain. True says nothing yet. */
bool access_may_pass(struct access *a, const struct admin_token *token,
                     const struct credentials *shown, unsigned needed, int64_t now,
                     struct quoth_error *err);

/* Where who has no token is sent: WWW-Authenticate. */
void access_challenge(const struct access *a, struct http_response *response);

/* Fetches what is due, in the pool. */
void access_tick(struct access *a, struct pool *pool, int64_t now);

#endif
