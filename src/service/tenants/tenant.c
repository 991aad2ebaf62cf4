#include "service/tenants/tenant.h"

#include "base/text.h"
#include "keys/local_ca.h"
#include "keys/signing_key.h"
#include "service/policies/stored_policy.h"
#include "service/release/challenge_key.h"
#include "service/tenants/documents.h"

#include <stdio.h>

/* ---- snapshots */

static void snapshot_free(struct tenant_snapshot *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < ATTEST_TYPES; i++)
        tenant_policy_clear(&s->policies[i]);
    for (size_t i = 0; i < COUNT(s->signers); i++)
        buffer_clear(&s->signers[i]);
    kept_keys_clear(&s->keys);
    buffer_clear(&s->keys_document);
    access_release(s->access);
    authorities_release(s->authorities);
    release_challenge_key_clear(&s->challenge_key);
    release_signing_close(s->signing);
    config_share_release(s->config);
    free(s);
}
DEFINE_AUTO(snapshot, struct tenant_snapshot *, snapshot_free)

struct tenant_snapshot *tenant_hold(struct tenant *t)
{
    pthread_mutex_lock(&t->lock);
    struct tenant_snapshot *s = t->current;
    if (s)
        atomic_fetch_add(&s->holders, 1);
    pthread_mutex_unlock(&t->lock);
    return s;
}

bool tenant_hold_loaded(struct tenant *t, struct tenant_snapshot **ret_snapshot,
                        struct quoth_error *err)
{
    struct tenant_snapshot *s = tenant_hold(t);
    if (!s)
        return quoth_fail(err, QUOTH_TENANT_UNREADABLE, "tenant", QUOTH_NO_OFFSET,
                          "nothing of it was loaded yet");
    *ret_snapshot = s;
    return true;
}

void tenant_release(struct tenant_snapshot *s)
{
    if (s && atomic_fetch_sub(&s->holders, 1) == 1)
        snapshot_free(s);
}

static void publish(struct tenant *t, struct tenant_snapshot *s)
{
    atomic_store(&s->holders, 1);
    pthread_mutex_lock(&t->lock);
    struct tenant_snapshot *before = t->current;
    t->current = s;
    atomic_fetch_add(&t->generation, 1);
    pthread_mutex_unlock(&t->lock);
    tenant_release(before);
}

/* ---- loading */

static bool load_keys(struct tenant_snapshot *s, const struct tenant *t, struct store *store,
                      const struct master_key *master, int64_t now, struct quoth_error *err)
{
    if (!keys_load(store, master, t->issuer, KEY_FOR_TOKENS, &s->keys, err))
        return false;
    s->active = signing_key_active(&s->keys, now);
    if (!s->active)
        return quoth_fail(err, QUOTH_STORE_BROKEN, "store", QUOTH_NO_OFFSET,
                          "has no key that signs");
    s->next_change = signing_key_next_change(&s->keys, now);
    return documents_keys(&s->keys, now, &s->keys_document, err);
}

static bool load_policies(struct tenant_snapshot *s, const struct tenant *t, struct store *store,
                          const struct master_key *master, struct quoth_error *err)
{
    AUTO(stored_signers) struct stored_signers signers = {0};
    if (!stored_signers_load(store, master, t->issuer, 0, &signers, err) ||
        !stored_policies_load(store, master, t->issuer, t->model, s->policies, err))
        return false;
    s->signers_version = signers.version;
    for (; s->signer_count < signers.count; s->signer_count++)
        s->signers[s->signer_count] = take_value(signers.certificates[s->signer_count]);
    return true;
}

/* Under the same configuration it is the same access, which has the provider's keys already. */
static bool load_access(struct tenant_snapshot *s, const struct tenant *t, struct quoth_error *err)
{
    const struct tenant_snapshot *before = t->current; /* no other comes while reloading is held */
    const struct access_options options = {.issuer = t->issuer,
                                           .config = s->config,
                                           .settings = s->settings,
                                           .report = t->report,
                                           .context = t->report_context};
    if (!before || before->config != s->config)
        return access_open(&options, &s->access, err);
    s->access = access_hold(before->access);
    return true;
}

static bool load_authorities(struct tenant_snapshot *s, const struct tenant *t,
                             struct quoth_error *err)
{
    const struct tenant_snapshot *before = t->current;
    const struct authorities_options options = {.issuer = t->issuer,
                                                .config = s->config,
                                                .settings = s->settings,
                                                .report = t->report_authority,
                                                .context = t->report_context};
    if (!before || before->config != s->config)
        return authorities_open(&options, &s->authorities, err);
    s->authorities = authorities_hold(before->authorities);
    return true;
}

/* What signs releases may be missing or wrong: then nothing is released, and all else goes on. */
static bool load_release(struct tenant_snapshot *s, const struct tenant *t, struct store *store,
                         const struct master_key *master, struct quoth_error *err)
{
    if (!load_authorities(s, t, err) ||
        !challenge_key_load(store, master, t->issuer, &s->challenge_key, err))
        return false;
    return release_signing_open(s->settings, t->issuer, store, master, &s->signing,
                                &s->no_signing) ||
           s->no_signing.code != QUOTH_STORE_UNAVAILABLE ||
           quoth_fail(err, QUOTH_STORE_UNAVAILABLE, s->no_signing.where, QUOTH_NO_OFFSET, "%s",
                      s->no_signing.message);
}

static bool load(const struct tenant *t, struct config_share *config, struct store *store,
                 const struct master_key *master, int64_t now,
                 struct tenant_snapshot **ret_snapshot, struct quoth_error *err)
{
    AUTO(snapshot) struct tenant_snapshot *s = calloc(1, sizeof *s);
    if (!s)
        return quoth_fail(err, QUOTH_MEMORY, "tenant", QUOTH_NO_OFFSET, "out of memory");
    s->config = config_share_hold(config);
    s->settings = tenant_settings_in(t, config);
    if (!store_revision(store, &s->revision, err) || /* first: what comes in meanwhile is newer */
        !load_keys(s, t, store, master, now, err) || !load_policies(s, t, store, master, err) ||
        !admin_token_load(store, master, t->issuer, &s->admin_token, err) ||
        !load_access(s, t, err) || !load_release(s, t, store, master, err))
        return quoth_within(err, t->issuer);
    *ret_snapshot = take(s);
    return true;
}

bool tenant_reload(struct tenant *t, struct store *store, const struct master_key *master,
                   int64_t now, struct quoth_error *err)
{
    struct tenant_snapshot *s;
    pthread_mutex_lock(&t->reloading);
    const bool good = load(t, t->config, store, master, now, &s, err);
    if (good)
        publish(t, s);
    if (good || err->code != QUOTH_STORE_UNAVAILABLE)
        atomic_store(&t->unreadable, !good);
    pthread_mutex_unlock(&t->reloading);
    return good;
}

bool tenant_is_readable(const struct tenant *t, struct quoth_error *err)
{
    return !atomic_load_explicit(&t->unreadable, memory_order_relaxed) ||
           quoth_fail(err, QUOTH_TENANT_UNREADABLE, "tenant", QUOTH_NO_OFFSET,
                      "has records that cannot be believed: nothing is decided under older ones");
}

static void configure(struct tenant *t, struct config_share *config, struct tenant_snapshot *s)
{
    config_share_release(t->config);
    t->config = config_share_hold(config);
    publish(t, s);
    atomic_store(&t->unreadable, false);
}

static bool are_apart(struct tenant_snapshot *const *made, size_t count, struct quoth_error *err)
{
    for (size_t i = 1; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (!access_are_apart(made[i]->access, made[k]->access, err))
                return false;
    return true;
}

bool tenants_configure(struct tenant *tenants, size_t count, struct config_share *config,
                       struct store *store, const struct master_key *master, int64_t now,
                       struct quoth_error *err)
{
    struct tenant_snapshot *made[STATE_TENANTS_MAX] = {0};
    size_t loaded = 0;
    for (size_t i = 0; i < count; i++)
        pthread_mutex_lock(&tenants[i].reloading);
    while (loaded < count && load(&tenants[loaded], config, store, master, now, &made[loaded], err))
        loaded++;
    const bool good = loaded == count && are_apart(made, count, err);
    for (size_t i = 0; i < loaded; i++) {
        if (good)
            configure(&tenants[i], config, made[i]);
        else
            snapshot_free(made[i]);
    }
    for (size_t i = 0; i < count; i++)
        pthread_mutex_unlock(&tenants[i].reloading);
    return good;
}

/* ---- views */

void tenant_view_clear(struct tenant_view *view)
{
    tenant_release(view->snapshot);
    private_key_free(view->key);
    *view = (struct tenant_view){0};
}

static bool renew(struct tenant *t, struct tenant_view *view, int_fast64_t generation,
                  struct quoth_error *err)
{
    struct tenant_view next = {.generation = generation};
    if (!tenant_hold_loaded(t, &next.snapshot, err))
        return false;
    if (!private_key_dup(next.snapshot->active->key, &next.key, err)) {
        tenant_view_clear(&next);
        return false;
    }
    tenant_view_clear(view);
    *view = next;
    return true;
}

/* The generation is read before the snapshot: one that comes in between is seen next time. */
bool tenant_look(struct tenant *t, struct tenant_view *view, struct quoth_error *err)
{
    const int_fast64_t generation = atomic_load_explicit(&t->generation, memory_order_acquire);
    return (view->snapshot && view->generation == generation) || renew(t, view, generation, err);
}

/* ---- a tenant */

const struct tenant_settings *tenant_settings_in(const struct tenant *t,
                                                 const struct config_share *config)
{
    return t->index == 0 ? &config->config.tenants[TENANT_FIRST]
                         : config_tenant(&config->config, t->issuer);
}

bool tenant_init(struct tenant *t, struct quoth_error *err)
{
    pthread_mutex_init(&t->changing, NULL);
    pthread_mutex_init(&t->reloading, NULL);
    pthread_mutex_init(&t->lock, NULL);
    snprintf(t->jku, sizeof t->jku, "%s/certs", t->issuer);
    return documents_metadata(t->issuer, &t->metadata_document, err);
}

void tenant_clear(struct tenant *t)
{
    tenant_release(t->current);
    config_share_release(t->config);
    audit_close(t->administration);
    decisions_close(t->decisions);
    buffer_clear(&t->metadata_document);
    trusted_clear(&t->trusted);
    pthread_mutex_destroy(&t->lock);
    pthread_mutex_destroy(&t->reloading);
    pthread_mutex_destroy(&t->changing);
}

size_t tenant_hosts(const struct tenant *t, const char *ret_hosts[TENANT_HOSTS_MAX])
{
    static const char *const local[TENANT_HOSTS_MAX] = {"localhost", "127.0.0.1", "::1"};
    const bool is_local = local_ca_is_local(t->host);
    for (size_t i = 0; is_local && i < COUNT(local); i++)
        ret_hosts[i] = local[i];
    if (!is_local)
        ret_hosts[0] = t->host;
    return is_local ? COUNT(local) : 1;
}

bool tenant_has_host(const struct tenant *t, struct bytes host)
{
    const char *hosts[TENANT_HOSTS_MAX];
    const size_t count = tenant_hosts(t, hosts);
    for (size_t i = 0; i < count; i++)
        if (text_equal_fold(bytes_of_text(hosts[i]), host))
            return true;
    return false;
}
