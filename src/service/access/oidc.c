#include "service/access/oidc.h"

#include "fetch/download.h"
#include "net/url.h"
#include "relying/discovery.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#define TIMEOUT_DEFAULT 5000u
#define DOCUMENT_MAX (1u << 20)
#define WAIT_SECONDS 2 /* for a fetch that somebody else has begun */
#define WAITING_MAX 2  /* who wait so; more would fill the pool */

struct key_set { /* immutable; of those who hold it */
    atomic_size_t holders;
    struct jwks keys;
};

struct oidc {
    char *issuer, *metadata_url;
    struct download_options download;
    char *ca_file;
    const char *setting;
    bool announced_only;
    enum quoth_code refused, unavailable;
    void (*report)(void *context, const struct quoth_error *why);
    void *context;

    pthread_mutex_t lock; /* over what follows; never held while something is fetched */
    pthread_cond_t ended; /* a fetch */
    struct key_set *set;
    int64_t fetched_at, tried_at;
    bool tried, failed, fetching;
    unsigned waiting;
};

static void key_set_release(struct key_set *s)
{
    if (!s || atomic_fetch_sub(&s->holders, 1) != 1)
        return;
    jwks_clear(&s->keys);
    free(s);
}
DEFINE_AUTO(key_set, struct key_set *, key_set_release)

/* ---- fetching */

static bool provider(const struct oidc *o, const struct quoth_error *inner, struct quoth_error *err)
{
    const enum quoth_code code = inner->code == QUOTH_MEMORY ? QUOTH_MEMORY : o->unavailable;
    return quoth_fail(err, code, inner->where, inner->offset, "%s", inner->message);
}

static bool get(struct downloader *d, const char *url, struct download *ret,
                struct quoth_error *err)
{
    if (!download_get(d, url, NULL, ret, err))
        return false;
    return ret->status == 200 || quoth_fail(err, QUOTH_SOURCE_ANSWER, url, QUOTH_NO_OFFSET,
                                            "answers with status %ld", ret->status);
}

static bool read_keys(const struct oidc *o, struct bytes metadata, struct bytes keys,
                      struct jwks *ret_keys, struct quoth_error *err)
{
    return o->announced_only && !discovery_announces(metadata, "ES256")
               ? jwks_read(keys, ret_keys, err)
               : jwks_read_with_p256(keys, ret_keys, err);
}

static bool fetch_set(const struct oidc *o, struct key_set **ret_set, struct quoth_error *err)
{
    AUTO(downloader) struct downloader *d = NULL;
    AUTO(download) struct download metadata = {0}, keys = {0};
    AUTO(text) char *jwks_uri = NULL;
    AUTO(key_set) struct key_set *set = calloc(1, sizeof *set);
    if (!set)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    atomic_init(&set->holders, 1);
    if (!downloader_open(&o->download, &d, err) || !get(d, o->metadata_url, &metadata, err) ||
        !discovery_read(buffer_bytes(&metadata.body), o->issuer, &jwks_uri, err) ||
        !get(d, jwks_uri, &keys, err) ||
        !read_keys(o, buffer_bytes(&metadata.body), buffer_bytes(&keys.body), &set->keys, err))
        return false;
    *ret_set = take(set);
    return true;
}

/* With the lock, which is left meanwhile: others see that somebody is at it. */
static bool fetch(struct oidc *o, int64_t now, struct quoth_error *err)
{
    AUTO(key_set) struct key_set *set = NULL;
    struct quoth_error why = {0};
    o->fetching = true;
    pthread_mutex_unlock(&o->lock);
    const bool good = fetch_set(o, &set, &why);
    if (o->report)
        o->report(o->context, good ? NULL : &why);
    pthread_mutex_lock(&o->lock);
    o->fetching = false;
    o->tried = true;
    o->tried_at = now;
    o->failed = !good;
    if (good) {
        key_set_release(o->set);
        o->set = take(set);
        o->fetched_at = now;
    }
    pthread_cond_broadcast(&o->ended);
    return good || provider(o, &why, err);
}

/* ---- finding a key, with the lock */

static bool is_within(int64_t now, int64_t since, int64_t seconds)
{
    return now >= since && now - since < seconds;
}

/* The set, if it may be used and has the key. */
static struct key_set *known(struct oidc *o, const char *kid, int64_t now)
{
    if (!o->set || !is_within(now, o->fetched_at, OIDC_KEEP) || !jwks_find(&o->set->keys, kid))
        return NULL;
    atomic_fetch_add(&o->set->holders, 1);
    return o->set;
}

static bool busy(const struct oidc *o, const char *what, struct quoth_error *err)
{
    return quoth_fail(err, o->unavailable, o->setting, QUOTH_NO_OFFSET, "%s", what);
}

static bool unknown(const struct oidc *o, struct quoth_error *err)
{
    return quoth_fail(err, o->refused, "token.header.kid", QUOTH_NO_OFFSET,
                      "is none of the issuer's keys");
}

/* Waits for the fetch of somebody else, not for long. */
static bool wait_for_fetch(struct oidc *o, struct quoth_error *err)
{
    struct timespec until;
    if (o->waiting >= WAITING_MAX)
        return busy(o, "its keys are being fetched, and others wait already", err);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_SECONDS;
    o->waiting++;
    while (o->fetching && pthread_cond_timedwait(&o->ended, &o->lock, &until) == 0)
        continue;
    o->waiting--;
    return !o->fetching || busy(o, "its keys are being fetched; it is slow", err);
}

/* Whether the keys may be asked for once more because of one that is not among them. */
static bool may_fetch(const struct oidc *o, int64_t now, struct quoth_error *err)
{
    if (!o->tried || !is_within(now, o->tried_at, o->failed ? OIDC_FAILED : OIDC_UNKNOWN_KEY))
        return true;
    if (o->failed)
        return busy(o, "its keys could not be fetched a moment ago", err);
    return unknown(o, err);
}

static bool find(struct oidc *o, const char *kid, int64_t now, struct key_set **ret_set,
                 struct quoth_error *err)
{
    struct key_set *set = known(o, kid, now);
    if (!set && o->fetching && !wait_for_fetch(o, err))
        return false;
    if (!set)
        set = known(o, kid, now);
    if (!set && (!may_fetch(o, now, err) || !fetch(o, now, err)))
        return false;
    if (!set)
        set = known(o, kid, now);
    *ret_set = set;
    return set || unknown(o, err);
}

static bool is_signed(const struct oidc *o, const struct token *t, const struct key_set *set,
                      struct quoth_error *err)
{
    struct quoth_error why = {0};
    return token_signed_by_either(t, jwks_find(&set->keys, t->kid), &why) ||
           quoth_fail(err, o->refused, why.where, QUOTH_NO_OFFSET, "%s", why.message);
}

bool oidc_verify(struct oidc *o, const struct token *t, int64_t now, struct quoth_error *err)
{
    AUTO(key_set) struct key_set *set = NULL;
    pthread_mutex_lock(&o->lock);
    const bool found = find(o, t->kid, now, &set, err);
    pthread_mutex_unlock(&o->lock);
    return found && is_signed(o, t, set, err);
}

static struct key_set *hold_known(struct oidc *o, const struct token *t, int64_t now)
{
    pthread_mutex_lock(&o->lock);
    struct key_set *set = known(o, t->kid, now);
    pthread_mutex_unlock(&o->lock);
    return set;
}

bool oidc_verify_known(struct oidc *o, const struct token *t, int64_t now, struct quoth_error *err)
{
    AUTO(key_set) struct key_set *set = hold_known(o, t, now);
    return set ? is_signed(o, t, set, err) : unknown(o, err);
}

bool oidc_may_verify(struct oidc *o, const struct token *t, int64_t now, struct quoth_error *err)
{
    AUTO(key_set) struct key_set *set = hold_known(o, t, now);
    return !set || is_signed(o, t, set, err);
}

/* ---- beside the requests */

static bool is_due(const struct oidc *o, int64_t now)
{
    const bool fresh = o->set && is_within(now, o->fetched_at, OIDC_REFRESH);
    const bool tried = o->tried && is_within(now, o->tried_at, OIDC_FAILED);
    return !o->fetching && !fresh && !tried;
}

bool oidc_is_due(struct oidc *o, int64_t now)
{
    pthread_mutex_lock(&o->lock);
    const bool due = is_due(o, now);
    pthread_mutex_unlock(&o->lock);
    return due;
}

void oidc_refresh(struct oidc *o, int64_t now)
{
    struct quoth_error reported = {0};
    pthread_mutex_lock(&o->lock);
    if (is_due(o, now))
        (void)fetch(o, now, &reported);
    pthread_mutex_unlock(&o->lock);
}

/* ---- opening */

/* The issuer as the base of a path; a slash at its end is not doubled (Discovery 1.0, 4.1). */
static bool name_metadata(struct oidc *o, struct quoth_error *err)
{
    struct url url;
    struct quoth_error inner = {0};
    const struct bytes issuer = bytes_of_text(o->issuer);
    if (!url_read(issuer, &url, &inner))
        return quoth_fail(err, QUOTH_USAGE, o->setting, inner.offset, "%s", inner.message);
    if (strchr(o->issuer, '?'))
        return quoth_fail(err, QUOTH_USAGE, o->setting, QUOTH_NO_OFFSET, "has a query");
    AUTO(buffer) struct buffer text = {0};
    buffer_add(&text, issuer);
    if (issuer.data[issuer.len - 1] == '/')
        text.len--;
    buffer_text(&text, DISCOVERY_PATH);
    o->metadata_url = buffer_take_text(&text, err);
    return o->metadata_url != NULL;
}

bool oidc_open(const struct oidc_options *options, struct oidc **ret_oidc, struct quoth_error *err)
{
    AUTO(oidc) struct oidc *o = calloc(1, sizeof *o);
    if (!o)
        return quoth_fail(err, QUOTH_MEMORY, "oidc", QUOTH_NO_OFFSET, "out of memory");
    pthread_mutex_init(&o->lock, NULL);
    pthread_cond_init(&o->ended, NULL);
    o->issuer = strdup(options->issuer);
    o->ca_file = options->ca_file ? strdup(options->ca_file) : NULL;
    o->setting = options->setting;
    o->announced_only = options->announced_only;
    o->refused = options->refused;
    o->unavailable = options->unavailable;
    o->report = options->report;
    o->context = options->context;
    if (!o->issuer || (options->ca_file && !o->ca_file))
        return quoth_fail(err, QUOTH_MEMORY, "oidc", QUOTH_NO_OFFSET, "out of memory");
    o->download = (struct download_options){.ca_file = o->ca_file,
                                            .timeout_ms = options->timeout_ms ? options->timeout_ms
                                                                              : TIMEOUT_DEFAULT,
                                            .public_only = options->public_only,
                                            .direct = options->direct,
                                            .max_body = DOCUMENT_MAX};
    if (!name_metadata(o, err))
        return false;
    *ret_oidc = take(o);
    return true;
}

void oidc_close(struct oidc *o)
{
    if (!o)
        return;
    key_set_release(o->set);
    pthread_cond_destroy(&o->ended);
    pthread_mutex_destroy(&o->lock);
    free(o->metadata_url);
    free(o->ca_file);
    free(o->issuer);
    free(o);
}
