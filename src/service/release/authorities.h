/* Whose attestation tokens a tenant releases keys for (THREATS 30): itself, and those that its
 * settings list. What a token or a policy says of issuers only picks from that list; nothing is
 * fetched from anybody else. */
#ifndef QUOTH_SERVICE_VAULT_AUTHORITIES_H
#define QUOTH_SERVICE_VAULT_AUTHORITIES_H

#include "http/pool.h"
#include "keys/signing_key.h"
#include "service/config/config_share.h"
#include "token/token.h"

#define AUTHORITIES_MAX 128u

struct authorities; /* opaque, used by any thread */

struct authorities_options {
    const char *issuer;                     /* the tenant's; copied */
    struct config_share *config;            /* held; NULL: settings outlive this */
    const struct tenant_settings *settings; /* in config */
    void (*report)(void *context, const struct quoth_error *why); /* as in struct oidc_options */
    void *context;
};

/* Touches no network. QUOTH_USAGE for a setting of another form, or an authority that stands twice. */
bool authorities_open(const struct authorities_options *options,
                      struct authorities **ret_authorities, struct quoth_error *err);
struct authorities *authorities_hold(struct authorities *a);
void authorities_release(struct authorities *a); /* accepts NULL; the last one frees it */
DEFINE_AUTO(authorities, struct authorities *, authorities_release)

/* One value of release-authority, "URL" or "URL FILE": the URL, an authority as release policies name
 * one (release/authority.h), and the file or "". Appended. QUOTH_USAGE. */
bool authority_setting_read(const char *value, struct buffer *ret_url, struct buffer *ret_file,
                            struct quoth_error *err);

struct authority_question {
    const struct token *token;
    struct bytes issuer; /* its claim iss */
    const struct kept_keys *own_keys;
    bool may_fetch; /* the release policy in question names the issuer */
    int64_t now;
};

/* Whether the token is signed by a key of its issuer, and the issuer is one of ours. A key of this
 * tenant that is distrusted, or shown no more, signs nothing. Blocks only if may_fetch.
 * QUOTH_RELEASE_UNLISTED, QUOTH_RELEASE_TOKEN, QUOTH_RELEASE_PROVIDER. */
bool authorities_verify(struct authorities *a, const struct authority_question *q, bool *ret_is_own,
                        struct quoth_error *err);

/* Fetches what is due, in the pool. */
void authorities_tick(struct authorities *a, struct pool *pool, int64_t now);

#endif
