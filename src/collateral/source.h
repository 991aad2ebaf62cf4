/* Collateral in memory (DESIGN decisions 3 and 4). No attestation waits for a source: sets are
 * found in an immutable table that is swapped whole, and refreshed beside the request path while
 * the old ones still hold. Only a platform that is seen for the first time waits, bounded and
 * single-flight; the caller asks for it only after chain and quote signature verified to the anchor
 * (THREATS 8).
 *
 * A source is used by any thread. What blocks (fetch, marks, files) runs in jobs handed to submit.
 *
 *     event thread                                   pool
 *     set = source_find(view, &key, now)
 *     if (!set) source_want(s, &key, waiter, &err)   fetch, judge, compare marks, publish
 *                                                    waiter.done(context, NULL or why not)
 *     set = source_find(view, &key, now)
 */
#ifndef QUOTH_COLLATERAL_SOURCE_H
#define QUOTH_COLLATERAL_SOURCE_H

#include "collateral/key.h"
#include "collateral/marks.h"

/* Ages and ends of a set, told by the TEE's own code after it checked every signature to the anchor
 * of the key, and that the documents speak of the key's platform. */
struct collateral_facts {
    struct collateral_mark of[COLLATERAL_PARTS]; /* zeroed for parts that carry no date */
    int64_t expires; /* the earliest nextUpdate and notAfter of all that is used */
};

typedef bool collateral_judge(void *context, const struct collateral *c,
                              const struct collateral_key *key, struct collateral_facts *ret_facts,
                              struct quoth_error *err);

/* Asks a service at a URL; blocks. QUOTH_SOURCE_UNKNOWN: it knows no such platform; other codes: it
 * cannot say. */
typedef bool collateral_fetch(void *context, const char *url, const struct collateral_key *key,
                              struct collateral *ret_collateral, struct quoth_error *err);

/* Reads the path or asks the URL. */
bool collateral_obtain(const char *from, const struct collateral_key *key, collateral_fetch *fetch,
                       void *fetch_context, struct collateral *ret_collateral,
                       struct quoth_error *err);

struct collateral_set { /* immutable */
    struct collateral_key key;
    struct collateral collateral;
    struct collateral_facts facts;
    int64_t obtained; /* when */
    const char *from; /* which entry of the source list */
};

#define SOURCE_SETS_MAX 256u /* platforms in memory, wanted ones included */

/* Where the collateral of one trust anchor comes from, in the order in which sources are tried. */
struct source_anchor {
    struct sha256 root;
    const char *const *from; /* paths and URLs */
    size_t count;
};

enum source_event { SOURCE_REFRESHED, SOURCE_FAILED, SOURCE_ROLLED_BACK, SOURCE_GRACE };

struct source_options {
    const struct source_anchor *anchors; /* borrowed, as is all that follows */
    size_t anchor_count;
    collateral_judge *judge; /* called by any job: context is shared */
    void *judge_context;
    collateral_fetch *fetch;
    void *fetch_context;
    struct collateral_marks marks;
    bool allow_older; /* accept what the marks refuse; every use is reported as an event */

    /* Runs run(arg) soon, on a thread that may block; false when it is too busy. */
    bool (*submit)(void *pool, void (*run)(void *arg), void *arg, struct quoth_error *err);
    void *pool;
    int64_t (*clock)(void); /* for jobs */

    int64_t grace;    /* seconds past expiry that a set is still found; 0 to
                         COLLATERAL_GRACE_MAX */
    int64_t refresh;  /* seconds after which a set is fetched anew; 0: 4 hours */
    unsigned waiters; /* that may wait in all; 0: 256 */
    unsigned budget;  /* sets that one URL is asked for per minute; 0: 60 */

    /* For logs, metrics and audit; called by jobs. err is NULL unless something failed. May be
     * NULL. */
    void (*report)(void *context, enum source_event event, const struct collateral_key *key,
                   const struct quoth_error *err);
    void *report_context;
};

struct source; /* opaque */

bool source_open(const struct source_options *options, struct source **ret_source,
                 struct quoth_error *err);
void source_close(struct source *s); /* no job may be left: close the pool first */
DEFINE_AUTO(source, struct source *, source_close)

/* One thread's way to look at the table; a lock is taken only when the table has changed. Close it
 * before the source. */
struct source_view;
struct source_view *source_view_open(struct source *s); /* NULL when out of memory */
void source_view_close(struct source_view *v);
DEFINE_AUTO(source_view, struct source_view *, source_view_close)

/* The set for a platform, or NULL if none is in memory or its time (and grace) is over. It lives
 * until the next call with this view. */
const struct collateral_set *source_find(struct source_view *v, const struct collateral_key *key,
                                         int64_t now);

struct source_waiter {
    /* err is NULL if the set is there now. Called once, by any thread, perhaps before source_want
     * returns; must not block. */
    void (*done)(void *context, const struct quoth_error *err);
    void *context;
};

/* Asks for a set that is not there. False, and done is never called: QUOTH_SOURCE_UNAVAILABLE (no
 * source for this anchor, or it failed a moment ago), QUOTH_SOURCE_UNKNOWN (it said so a moment
 * ago), QUOTH_SOURCE_BUSY (too many wait, or are in memory, or its budget is used up). */
bool source_want(struct source *s, const struct collateral_key *key, struct source_waiter waiter,
                 struct quoth_error *err);

/* Starts the refreshes that are due; call it every few seconds. Never blocks. */
void source_tick(struct source *s, int64_t now);

/* What is held for one anchor that has a source. */
struct source_holding {
    struct sha256 root;
    size_t sets;
    int64_t expires; /* the first of them; 0 if there is none */
};

/* Fills to, by anchor, and gives the count: at most max. */
size_t source_holdings(struct source *s, struct source_holding *to, size_t max);

/* The newest proven thisUpdate and issueDate of all sets held: a clock behind it is wrong (THREATS
 * 11). 0 if none is held. */
int64_t source_newest(struct source *s);

#endif
