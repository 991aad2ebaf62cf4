#include "service/release/authorities.h"

#include "base/text.h"
#include "base/time.h"
#include "release/authority.h"
#include "service/access/oidc.h"

#include <stdatomic.h>

#define SETTING "release-authority"
#define REFRESHING_MAX 2u /* at once: those that do not answer must not fill the pool */

struct listed {
    char *url;                          /* as the operator wrote it */
    struct release_authority authority; /* views url */
    struct oidc *keys;
};

struct authorities {
    atomic_size_t holders;
    atomic_uint refreshing;
    struct config_share *config;
    char *own_url;
    struct release_authority own; /* views own_url */
    struct listed listed[AUTHORITIES_MAX];
    size_t count;
};

/* ---- settings */

bool authority_setting_read(const char *value, struct buffer *ret_url, struct buffer *ret_file,
                            struct quoth_error *err)
{
    const size_t end = strcspn(value, " \t");
    const struct bytes url = {(const uint8_t *)value, end};
    const struct bytes file = text_trim(bytes_of_text(value + end));
    struct release_authority ignored;
    struct quoth_error why = {0};
    if (!release_authority_read(url, &ignored, &why))
        return quoth_fail(err, QUOTH_USAGE, SETTING, why.offset, "%s", why.message);
    buffer_add(ret_url, url);
    buffer_add(ret_file, file);
    return buffer_ok(ret_url, err) && buffer_ok(ret_file, err);
}

static bool may_be_private(const struct tenant_settings *s, const struct release_authority *a)
{
    for (size_t i = 0; i < s->release_private.count; i++)
        if (text_equal_fold(bytes_of_text(s->release_private.items[i]), bytes_of_text(a->url.host)))
            return true;
    return false;
}

static struct listed *find(struct authorities *a, const struct release_authority *authority)
{
    for (size_t i = 0; i < a->count; i++)
        if (release_authority_equal(&a->listed[i].authority, authority))
            return &a->listed[i];
    return NULL;
}

/* The entry counts, and is closed with the others, from its first part on. */
static bool add(struct authorities *a, const struct authorities_options *options, const char *value,
                struct quoth_error *err)
{
    AUTO(buffer) struct buffer url = {0}, file = {0};
    struct release_authority authority;
    if (!authority_setting_read(value, &url, &file, err) ||
        !release_authority_read(buffer_bytes(&url), &authority, err))
        return false;
    if (find(a, &authority) || release_authority_equal(&a->own, &authority))
        return quoth_fail(err, QUOTH_USAGE, SETTING, QUOTH_NO_OFFSET,
                          "%s stands there twice, or is this tenant itself", value);
    const bool has_file = file.len > 0;
    AUTO(text) char *path = buffer_take_text(&file, err);
    struct listed *l = &a->listed[a->count++];
    l->url = buffer_take_text(&url, err);
    if (!l->url || !path || !release_authority_read(bytes_of_text(l->url), &l->authority, err))
        return false;
    const struct oidc_options how = {
        .setting = SETTING,
        .issuer = l->url,
        .ca_file = has_file ? path : NULL,
        .public_only = !may_be_private(options->settings, &l->authority),
        .direct = true,
        .announced_only = true,
        .refused = QUOTH_RELEASE_TOKEN,
        .unavailable = QUOTH_RELEASE_PROVIDER,
        .report = options->report,
        .context = options->context,
    };
    return oidc_open(&how, &l->keys, err);
}

bool authorities_open(const struct authorities_options *options,
                      struct authorities **ret_authorities, struct quoth_error *err)
{
    const struct setting_list *list = &options->settings->release_authority;
    AUTO(authorities) struct authorities *a = calloc(1, sizeof *a);
    if (!a)
        return quoth_fail(err, QUOTH_MEMORY, SETTING, QUOTH_NO_OFFSET, "out of memory");
    atomic_init(&a->holders, 1);
    a->config = options->config ? config_share_hold(options->config) : NULL;
    a->own_url = strdup(options->issuer);
    if (!a->own_url)
        return quoth_fail(err, QUOTH_MEMORY, SETTING, QUOTH_NO_OFFSET, "out of memory");
    if (!release_authority_read(bytes_of_text(a->own_url), &a->own, err))
        return false;
    if (list->count > AUTHORITIES_MAX)
        return quoth_fail(err, QUOTH_USAGE, SETTING, QUOTH_NO_OFFSET,
                          "names %zu authorities, limit is %u", list->count, AUTHORITIES_MAX);
    for (size_t i = 0; i < list->count; i++)
        if (!add(a, options, list->items[i], err))
            return false;
    *ret_authorities = take(a);
    return true;
}

struct authorities *authorities_hold(struct authorities *a)
{
    atomic_fetch_add(&a->holders, 1);
    return a;
}

void authorities_release(struct authorities *a)
{
    if (!a || atomic_fetch_sub(&a->holders, 1) != 1)
        return;
    for (size_t i = 0; i < a->count; i++) {
        oidc_close(a->listed[i].keys);
        free(a->listed[i].url);
    }
    config_share_release(a->config);
    free(a->own_url);
    free(a);
}

/* ---- judging */

static bool refuse(const char *where, const char *what, struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_RELEASE_TOKEN, where, QUOTH_NO_OFFSET, "%s", what);
}

/* What /certs shows, and nothing else: no network, and known at once when it changes. */
static bool verify_own(const struct authority_question *q, struct quoth_error *err)
{
    AUTO(public_key) struct public_key *key = NULL;
    struct quoth_error why = {0};
    for (size_t i = 0; i < q->own_keys->count; i++) {
        const struct kept_key *k = &q->own_keys->keys[i];
        if (strcmp(k->id, q->token->kid) != 0)
            continue;
        if (k->distrusted)
            return refuse("token.header.kid", "is a key that is distrusted", err);
        if (signing_key_shown_until(q->own_keys, k) <= q->now)
            return refuse("token.header.kid", "is a key whose tokens are all over", err);
        return private_key_public(k->key, &key, err) &&
               (token_signed_by(q->token, key, &why) || refuse(why.where, why.message, err));
    }
    return refuse("token.header.kid", "is none of this tenant's keys", err);
}

bool authorities_verify(struct authorities *a, const struct authority_question *q, bool *ret_is_own,
                        struct quoth_error *err)
{
    struct release_authority issuer;
    struct quoth_error why = {0};
    char shown[128];
    if (!release_authority_read(q->issuer, &issuer, &why))
        return refuse("iss", why.message, err);
    *ret_is_own = release_authority_equal(&issuer, &a->own);
    if (*ret_is_own)
        return verify_own(q, err);
    const struct listed *l = find(a, &issuer);
    if (!l)
        return quoth_fail(err, QUOTH_RELEASE_UNLISTED, "iss", QUOTH_NO_OFFSET,
                          "%s is neither this tenant nor listed in release-authority",
                          text_escape(shown, sizeof shown, q->issuer));
    return q->may_fetch ? oidc_verify(l->keys, q->token, q->now, err)
                        : oidc_verify_known(l->keys, q->token, q->now, err);
}

/* ---- beside the requests */

struct refreshing { /* one of them, in the pool */
    struct authorities *all;
    struct oidc *keys;
};

static void refresh(void *arg)
{
    struct refreshing *r = arg;
    oidc_refresh(r->keys, time_now());
    atomic_fetch_sub(&r->all->refreshing, 1);
    authorities_release(r->all);
    free(r);
}

static bool submit(struct authorities *a, struct oidc *keys, struct pool *pool)
{
    struct quoth_error ignored = {0}; /* a full pool: next time */
    struct refreshing *r = calloc(1, sizeof *r);
    if (!r)
        return false;
    *r = (struct refreshing){authorities_hold(a), keys};
    atomic_fetch_add(&a->refreshing, 1);
    if (pool_submit(pool, refresh, r, &ignored))
        return true;
    atomic_fetch_sub(&a->refreshing, 1);
    authorities_release(a);
    free(r);
    return false;
}

void authorities_tick(struct authorities *a, struct pool *pool, int64_t now)
{
    for (size_t i = 0; i < a->count && atomic_load(&a->refreshing) < REFRESHING_MAX; i++)
        if (oidc_is_due(a->listed[i].keys, now) && !submit(a, a->listed[i].keys, pool))
            return;
}
