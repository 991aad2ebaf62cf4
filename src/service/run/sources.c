/* Where collateral comes from: one source for all tenants, as collateral says the same to everybody
 * who trusts its root. */
#include "service/run/service.h"

#include "base/time.h"
#include "collateral/source.h"
#include "tee/dcap/judge.h"

static bool submit(void *pool, void (*run)(void *arg), void *arg, struct quoth_error *err)
{
    return pool_submit(pool, run, arg, err);
}

static void report(void *context, enum source_event event, const struct collateral_key *key,
                   const struct quoth_error *err)
{
    static const char *const events[] = {
        [SOURCE_REFRESHED] = "collateral.refreshed",
        [SOURCE_FAILED] = "collateral.failed",
        [SOURCE_ROLLED_BACK] = "collateral.older-accepted",
        [SOURCE_GRACE] = "collateral.grace",
    };
    struct service *s = context;
    char text[COLLATERAL_KEY_TEXT_SIZE];
    metrics_source(&s->metrics, event);
    struct log_line line =
        log_begin(s->log, event == SOURCE_REFRESHED ? LOG_INFO : LOG_WARN, events[event]);
    log_text(&line, "platform", collateral_key_text(key, text));
    log_failure(&line, err);
    log_end(&line);
}

/* The anchor that collateral of this root is judged by: that of any tenant, as a root signs the same
 * for all of them. */
static struct trust *trust_of(struct service *s, const struct sha256 *root)
{
    for (size_t t = 0; t < s->tenant_count; t++) {
        struct trust *trust = &s->tenants[t].trusted.trust;
        for (size_t i = 0; i < trust->count; i++)
            if (sha256_equal(&trust->anchors[i].fingerprint, root))
                return trust;
    }
    return NULL;
}

static bool judge(void *service, const struct collateral *c, const struct collateral_key *key,
                  struct collateral_facts *ret_facts, struct quoth_error *err)
{
    struct trust *trust = trust_of(service, &key->root);
    if (!trust)
        return quoth_fail(err, QUOTH_COLLATERAL_UNTRUSTED, "collateral", QUOTH_NO_OFFSET,
                          "no tenant trusts this root");
    return dcap_collateral_judge(trust, c, key, ret_facts, err);
}

static bool is_named(const struct service *s, size_t count, const struct sha256 *root)
{
    for (size_t i = 0; i < count; i++)
        if (sha256_equal(&s->anchors[i].root, root))
            return true;
    return false;
}

/* Every anchor is served by what the operator names; the vendor's own by the vendor's service if
 * nothing is named. */
static struct source_anchor source_of(const struct service *s, const struct trust_anchor *anchor)
{
    static const char *const intel[] = {PCS_INTEL};
    const struct setting_list *named = &s->config->collateral;
    struct source_anchor a = {.root = anchor->fingerprint};
    if (named->count > 0) {
        a.from = (const char *const *)named->items;
        a.count = named->count;
    } else if (anchor->class == TRUST_BUILT_IN) {
        a.from = intel;
        a.count = COUNT(intel);
    }
    return a;
}

static bool name_sources(struct service *s, size_t *ret_count, struct quoth_error *err)
{
    size_t count = 0;
    for (size_t t = 0; t < s->tenant_count; t++) {
        const struct trust *trust = &s->tenants[t].trusted.trust;
        for (size_t i = 0; i < trust->count; i++) {
            const struct source_anchor a = source_of(s, &trust->anchors[i]);
            if (a.count == 0 || is_named(s, count, &a.root))
                continue;
            if (count == COUNT(s->anchors))
                return quoth_fail(err, QUOTH_TRUST_ROOT, "trust", QUOTH_NO_OFFSET,
                                  "all tenants together have more than %zu roots",
                                  COUNT(s->anchors));
            s->anchors[count++] = a;
        }
    }
    *ret_count = count;
    return true;
}

bool service_open_source(struct service *s, struct quoth_error *err)
{
    const struct config *config = s->config;
    size_t count = 0;
    if (!name_sources(s, &count, err))
        return false;
    s->marks = (struct sealed_marks){
        .store = s->state.store,
        .master = s->master,
        .may_sink = config->collateral_allow_older,
        .clock = time_now,
    };
    const struct source_options options = {
        .anchors = s->anchors,
        .anchor_count = count,
        .judge = judge,
        .judge_context = s,
        .fetch = pcs_collateral_fetch,
        .fetch_context = &s->pcs,
        .marks = sealed_marks(&s->marks),
        .allow_older = config->collateral_allow_older,
        .submit = submit,
        .pool = s->pool,
        .clock = time_now,
        .grace = (int64_t)config->collateral_grace,
        .refresh = (int64_t)config->collateral_refresh,
        .report = report,
        .report_context = s,
    };
    return source_open(&options, &s->source, err);
}
