#include "collateral/source.h"

#include "base/time.h"
#include "collateral/budget.h"
#include "collateral/folder.h"
#include "collateral/sets.h"

#include <pthread.h>
#include <stdatomic.h>

#define REFRESH_DEFAULT INT64_C(14400) /* seconds: a TCB recovery is known within hours */
#define WAITERS_DEFAULT 256u
#define BUDGET_DEFAULT 60u
#define RETRY_FIRST 15             /* seconds after a failure; doubles */
#define RETRY_LAST INT64_C(900)    /* the most that doubling reaches */
#define RETRY_UNKNOWN INT64_C(300) /* after "no such platform" */

struct waiting {
    struct source_waiter waiter;
    struct waiting *next;
};

/* A platform that was asked for: its flight, who waits for it, how it went, and what is due. */
struct wanted {
    struct source *source; /* NULL: a free place */
    struct collateral_key key;
    bool flying;
    struct waiting *waiting;
    int64_t expires;         /* of its set in the table; 0 if there is none */
    int64_t due, not_before; /* next refresh; no flight sooner */
    unsigned failures;       /* in a row */
    struct quoth_error why;  /* the last of them */
};

struct source {
    struct source_options options;
    pthread_mutex_t marks_lock; /* while marks are compared and raised, which blocks */
    pthread_mutex_t lock;       /* for a moment at a time: everything below */
    struct wanted wanted[SOURCE_SETS_MAX];
    size_t waiting_count;
    struct budget budget;
    struct set_table *table;
    atomic_ulong generation; /* of table; read without the lock */
};

struct source_view {
    struct source *source;
    struct set_table *table;
    unsigned long generation;
};

static bool is_url(const char *from)
{
    return strncmp(from, "https://", 8) == 0 || strncmp(from, "http://", 7) == 0;
}

bool collateral_obtain(const char *from, const struct collateral_key *key, collateral_fetch *fetch,
                       void *fetch_context, struct collateral *ret_collateral,
                       struct quoth_error *err)
{
    if (is_url(from))
        return fetch(fetch_context, from, key, ret_collateral, err);
    return collateral_load(from, key, ret_collateral, err);
}

static const struct source_anchor *anchor_of(const struct source *s,
                                             const struct collateral_key *key)
{
    for (size_t i = 0; i < s->options.anchor_count; i++)
        if (sha256_equal(&s->options.anchors[i].root, &key->root) &&
            s->options.anchors[i].count > 0)
            return &s->options.anchors[i];
    return NULL;
}

static void report(const struct source *s, enum source_event event,
                   const struct collateral_key *key, const struct quoth_error *err)
{
    if (s->options.report)
        s->options.report(s->options.report_context, event, key, err);
}

static bool is_in_time(const struct source *s, int64_t expires, int64_t now)
{
    return now < expires + s->options.grace;
}

static bool is_in_grace(const struct source *s, int64_t expires, int64_t now)
{
    return now >= expires && is_in_time(s, expires, now);
}

static bool spend(struct source *s, const char *url, struct quoth_error *err)
{
    const int64_t now = s->options.clock();
    pthread_mutex_lock(&s->lock);
    const bool ok = budget_spend(&s->budget, url, s->options.budget, now, err);
    pthread_mutex_unlock(&s->lock);
    return ok;
}

/* One entry of a source list: obtained, judged, and not past its time. */
static bool try_one(struct source *s, const char *from, const struct collateral_key *key,
                    struct collateral_set *ret_set, struct quoth_error *err)
{
    struct collateral_set set = {.key = *key, .from = from, .obtained = s->options.clock()};
    AUTO(collateral) struct collateral c = {0};
    char text[TIME_TEXT_SIZE];
    if ((is_url(from) && !spend(s, from, err)) ||
        !collateral_obtain(from, key, s->options.fetch, s->options.fetch_context, &c, err) ||
        !s->options.judge(s->options.judge_context, &c, key, &set.facts, err))
        return false;
    if (!is_in_time(s, set.facts.expires, set.obtained))
        return quoth_fail(err, QUOTH_SOURCE_UNAVAILABLE, from, QUOTH_NO_OFFSET,
                          "gives collateral that expired at %s",
                          time_format(set.facts.expires, text));
    set.collateral = take_value(c);
    *ret_set = set;
    return true;
}

/* The first entry that will do; else the error is that of the last. */
static bool try_all(struct source *s, const struct collateral_key *key,
                    struct collateral_set *ret_set, struct quoth_error *err)
{
    const struct source_anchor *anchor = anchor_of(s, key);
    for (size_t i = 0; i < anchor->count; i++) {
        struct quoth_error why = {0};
        if (try_one(s, anchor->from[i], key, ret_set, &why))
            return true;
        *err = why;
    }
    return false;
}

static bool advance_marks(struct source *s, const struct collateral_set *set,
                          struct quoth_error *err)
{
    bool older = false;
    pthread_mutex_lock(&s->marks_lock);
    const bool ok = marks_advance(&s->options.marks, &set->key, set->facts.of,
                                  s->options.allow_older, &older, err);
    pthread_mutex_unlock(&s->marks_lock);
    if (ok && older)
        report(s, SOURCE_ROLLED_BACK, &set->key, NULL);
    return ok;
}

/* The lock is held. */
static void swap_table(struct source *s, struct set_table *table)
{
    set_table_release(s->table);
    s->table = table;
    atomic_fetch_add_explicit(&s->generation, 1, memory_order_release);
}

static bool publish(struct source *s, struct collateral_set *set, struct quoth_error *err)
{
    pthread_mutex_lock(&s->lock);
    struct set_table *table = set_table_with(s->table, set);
    if (table)
        swap_table(s, table);
    pthread_mutex_unlock(&s->lock);
    return table || quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
}

/* Half of what is left of a set's time, at most the period that was asked for, and up to a tenth
 * sooner, so that what was obtained together is not refreshed together. */
static int64_t next_refresh(const struct source *s, const struct collateral_key *key,
                            int64_t expires, int64_t now)
{
    const int64_t half = expires > now ? (expires - now) / 2 : 0;
    const int64_t period = half < s->options.refresh ? half : s->options.refresh;
    const struct sha256 hash = sha256_of(bytes_of_text(key->fmspc));
    return now + period - period / 10 * hash.bytes[0] / 255;
}

static int64_t retry_after(const struct wanted *w)
{
    if (w->why.code == QUOTH_SOURCE_UNKNOWN)
        return RETRY_UNKNOWN;
    const unsigned doublings = w->failures < 8 ? w->failures - 1 : 7;
    const int64_t after = (int64_t)RETRY_FIRST << doublings;
    return after < RETRY_LAST ? after : RETRY_LAST;
}

/* Notes how a flight ended; the lock is held. expires is that of the new set, err NULL then. */
static struct waiting *land(struct wanted *w, int64_t expires, const struct quoth_error *err)
{
    const int64_t now = w->source->options.clock();
    struct waiting *ready = take(w->waiting);
    w->flying = false;
    w->failures = err ? w->failures + 1 : 0;
    w->why = err ? *err : (struct quoth_error){0};
    w->not_before = err ? now + retry_after(w) : 0;
    w->expires = err ? w->expires : expires;
    w->due = err ? w->not_before : next_refresh(w->source, &w->key, expires, now);
    for (struct waiting *each = ready; each; each = each->next)
        w->source->waiting_count--;
    return ready;
}

static void wake(struct waiting *ready, const struct quoth_error *err)
{
    while (ready) {
        struct waiting *next = ready->next;
        ready->waiter.done(ready->waiter.context, err);
        free(ready);
        ready = next;
    }
}

/* A flight: obtain, judge, compare with the marks, publish. Runs where blocking is allowed. */
static void fly(void *arg)
{
    struct wanted *w = arg;
    struct source *s = w->source;
    const struct collateral_key key = w->key;
    struct collateral_set set = {0};
    struct quoth_error err = {0};
    bool ok = try_all(s, &key, &set, &err) && advance_marks(s, &set, &err);
    const int64_t expires = set.facts.expires;
    ok = ok && publish(s, &set, &err);
    collateral_clear(&set.collateral); /* empty if it was published */
    report(s, ok ? SOURCE_REFRESHED : SOURCE_FAILED, &key, ok ? NULL : &err);

    pthread_mutex_lock(&s->lock);
    struct waiting *ready = land(w, expires, ok ? NULL : &err);
    const bool in_grace = is_in_grace(s, w->expires, s->options.clock());
    pthread_mutex_unlock(&s->lock);
    wake(ready, ok ? NULL : &err);
    if (in_grace)
        report(s, SOURCE_GRACE, &key, ok ? NULL : &err);
}

/* The lock is held. */
static bool start(struct wanted *w, struct quoth_error *err)
{
    w->flying = w->source->options.submit(w->source->options.pool, fly, w, err);
    return w->flying;
}

/* The place of a key: the one it has, a free one, or that of a platform whose set is not there or
 * past its time and that nobody waits for. NULL if there is none. The lock is held. */
static struct wanted *place_for(struct source *s, const struct collateral_key *key, int64_t now)
{
    struct wanted *free_place = NULL;
    for (size_t i = 0; i < SOURCE_SETS_MAX; i++) {
        struct wanted *w = &s->wanted[i];
        if (w->source && collateral_key_equal(&w->key, key))
            return w;
        const bool free_now = !w->source || (!w->flying && !is_in_time(s, w->expires, now));
        if (free_now && (!free_place || (free_place->source && !w->source)))
            free_place = w;
    }
    if (free_place && free_place->source && free_place->expires) {
        struct set_table *table = set_table_without(s->table, &free_place->key);
        if (!table)
            return NULL;
        swap_table(s, table);
    }
    if (free_place)
        *free_place = (struct wanted){.source = s, .key = *key};
    return free_place;
}

static bool may_wait(const struct source *s, const struct wanted *w, int64_t now,
                     struct quoth_error *err)
{
    if (!w->flying && now < w->not_before) {
        *err = w->why;
        return false;
    }
    if (s->waiting_count >= s->options.waiters)
        return quoth_fail(err, QUOTH_SOURCE_BUSY, "collateral", QUOTH_NO_OFFSET,
                          "%zu requests wait for collateral, which is the limit", s->waiting_count);
    return true;
}

/* Joins the flight of a platform, starting it if need be. The lock is held. */
static bool join(struct source *s, struct wanted *w, struct waiting *node, int64_t now,
                 struct quoth_error *err)
{
    if (!may_wait(s, w, now, err) || (!w->flying && !start(w, err)))
        return false;
    node->next = w->waiting;
    w->waiting = node;
    s->waiting_count++;
    return true;
}

bool source_want(struct source *s, const struct collateral_key *key, struct source_waiter waiter,
                 struct quoth_error *err)
{
    const int64_t now = s->options.clock();
    if (!anchor_of(s, key))
        return quoth_fail(err, QUOTH_SOURCE_UNAVAILABLE, "collateral", QUOTH_NO_OFFSET,
                          "no source is configured for this trust anchor");
    struct waiting *node = calloc(1, sizeof *node);
    if (!node)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    node->waiter = waiter;

    pthread_mutex_lock(&s->lock);
    struct wanted *w = place_for(s, key, now);
    const bool is_there = w && is_in_time(s, w->expires, now);
    const bool joined = w && !is_there && join(s, w, node, now, err);
    pthread_mutex_unlock(&s->lock);

    if (!joined)
        free(node);
    if (!w)
        return quoth_fail(err, QUOTH_SOURCE_BUSY, "collateral", QUOTH_NO_OFFSET,
                          "%u platforms are held, which is the limit", SOURCE_SETS_MAX);
    if (is_there)
        waiter.done(waiter.context, NULL);
    return is_there || joined;
}

const struct collateral_set *source_find(struct source_view *v, const struct collateral_key *key,
                                         int64_t now)
{
    struct source *s = v->source;
    if (atomic_load_explicit(&s->generation, memory_order_acquire) != v->generation) {
        set_table_release(v->table);
        pthread_mutex_lock(&s->lock);
        v->table = set_table_hold(s->table);
        v->generation = atomic_load_explicit(&s->generation, memory_order_relaxed);
        pthread_mutex_unlock(&s->lock);
    }
    const struct collateral_set *set = set_table_find(v->table, key);
    return set && is_in_time(s, set->facts.expires, now) ? set : NULL;
}

void source_tick(struct source *s, int64_t now)
{
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < SOURCE_SETS_MAX; i++) {
        struct wanted *w = &s->wanted[i];
        struct quoth_error busy = {0};
        const bool held = w->source && is_in_time(s, w->expires, now);
        if (held && !w->flying && now >= w->due && !start(w, &busy))
            break; /* the pool is full: the next tick tries again */
    }
    pthread_mutex_unlock(&s->lock);
}

int64_t source_newest(struct source *s)
{
    int64_t newest = 0;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < set_table_count(s->table); i++)
        for (size_t part = 0; part < COLLATERAL_PARTS; part++) {
            const struct collateral_mark *of = &set_table_at(s->table, i)->facts.of[part];
            newest = !of->unproven && of->issued > newest ? of->issued : newest;
        }
    pthread_mutex_unlock(&s->lock);
    return newest;
}

static struct source_holding holding_of(const struct set_table *table, const struct sha256 *root)
{
    struct source_holding h = {.root = *root};
    for (size_t i = 0; i < set_table_count(table); i++) {
        const struct collateral_set *set = set_table_at(table, i);
        if (!sha256_equal(&set->key.root, root))
            continue;
        h.expires = h.sets == 0 || set->facts.expires < h.expires ? set->facts.expires : h.expires;
        h.sets++;
    }
    return h;
}

size_t source_holdings(struct source *s, struct source_holding *to, size_t max)
{
    size_t count = 0;
    pthread_mutex_lock(&s->lock);
    struct set_table *table = set_table_hold(s->table);
    pthread_mutex_unlock(&s->lock);
    for (size_t i = 0; i < s->options.anchor_count && count < max; i++)
        if (s->options.anchors[i].count > 0)
            to[count++] = holding_of(table, &s->options.anchors[i].root);
    set_table_release(table);
    return count;
}

struct source_view *source_view_open(struct source *s)
{
    struct source_view *v = calloc(1, sizeof *v);
    if (v)
        v->source = s;
    return v;
}

void source_view_close(struct source_view *v)
{
    if (v)
        set_table_release(v->table);
    free(v);
}

bool source_open(const struct source_options *options, struct source **ret_source,
                 struct quoth_error *err)
{
    if (options->grace < 0 || options->grace > COLLATERAL_GRACE_MAX)
        return quoth_fail(err, QUOTH_USAGE, "grace", QUOTH_NO_OFFSET, "may be at most %lld seconds",
                          (long long)COLLATERAL_GRACE_MAX);
    struct source *s = calloc(1, sizeof *s);
    if (!s)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    s->options = *options;
    if (s->options.refresh == 0)
        s->options.refresh = REFRESH_DEFAULT;
    if (s->options.waiters == 0)
        s->options.waiters = WAITERS_DEFAULT;
    if (s->options.budget == 0)
        s->options.budget = BUDGET_DEFAULT;
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->marks_lock, NULL);
    atomic_init(&s->generation, 0);
    *ret_source = s;
    return true;
}

void source_close(struct source *s)
{
    if (!s)
        return;
    set_table_release(s->table);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->marks_lock);
    free(s);
}
