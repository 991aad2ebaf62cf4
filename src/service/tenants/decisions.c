#include "service/tenants/decisions.h"

#include "service/policies/told_claims.h"
#include "verifier/verifier.h"

#include <pthread.h>
#include <stdio.h>

struct decisions {
    struct audit *stream;
    pthread_mutex_t lock; /* over what follows */
    int64_t second;       /* that is counted */
    unsigned lines;       /* refusals in it that got a line */
    unsigned total;       /* and that got none */
    unsigned counts[QUOTH_CODE_COUNT];
};

bool decisions_open(const struct audit_options *options, struct decisions **ret_decisions,
                    struct quoth_error *err)
{
    AUTO(decisions) struct decisions *d = calloc(1, sizeof *d);
    if (!d)
        return quoth_fail(err, QUOTH_MEMORY, "decisions", QUOTH_NO_OFFSET, "out of memory");
    pthread_mutex_init(&d->lock, NULL);
    if (!audit_open(options, &d->stream, err))
        return false;
    *ret_decisions = take(d);
    return true;
}

/* ---- counts, with the lock */

static void write_counts(struct decisions *d)
{
    struct audit_line line = audit_begin("refused", d->second);
    audit_number(&line, "total", d->total);
    for (size_t i = 0; i < QUOTH_CODE_COUNT; i++) {
        char name[96];
        if (d->counts[i] == 0)
            continue;
        snprintf(name, sizeof name, "count.%s", quoth_code_dotted((enum quoth_code)i));
        audit_number(&line, name, d->counts[i]);
        d->counts[i] = 0;
    }
    audit_post(d->stream, &line);
}

static void begin_second(struct decisions *d, int64_t now)
{
    if (now == d->second)
        return;
    if (d->total > 0)
        write_counts(d);
    d->second = now;
    d->lines = d->total = 0;
}

static void count(struct decisions *d, enum quoth_code code)
{
    d->total++;
    d->counts[code]++;
}

bool decisions_has_line(struct decisions *d, enum quoth_code code, int64_t now)
{
    pthread_mutex_lock(&d->lock);
    begin_second(d, now);
    const bool line = d->lines < DECISIONS_REFUSALS;
    if (line)
        d->lines++;
    else
        count(d, code);
    pthread_mutex_unlock(&d->lock);
    return line;
}

void decisions_count(struct decisions *d, enum quoth_code code, int64_t now)
{
    pthread_mutex_lock(&d->lock);
    begin_second(d, now);
    count(d, code);
    pthread_mutex_unlock(&d->lock);
}

void decisions_tick(struct decisions *d, int64_t now)
{
    pthread_mutex_lock(&d->lock);
    begin_second(d, now);
    pthread_mutex_unlock(&d->lock);
}

void decisions_close(struct decisions *d)
{
    if (!d)
        return;
    if (d->total > 0)
        write_counts(d);
    audit_close(d->stream);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

/* ---- lines */

static void add_claim(struct audit_line *line, const struct claim *c)
{
    if (c->kind == CLAIM_TEXT)
        audit_bytes(line, c->name, c->text);
    else if (c->kind == CLAIM_INT)
        audit_number(line, c->name, c->integer);
    else if (c->kind == CLAIM_BOOL)
        audit_bool(line, c->name, c->boolean);
}

/* Under the names of the token. */
static void add_claims(struct audit_line *line, const struct claims *claims)
{
    for (size_t i = 0; told_claims[i]; i++) {
        const struct claim *c = claims_find(claims, told_claims[i]);
        if (c)
            add_claim(line, c);
    }
}

void decisions_post(struct decisions *d, const struct decision *what, int64_t now)
{
    const struct appraisal *a = what->appraisal;
    const bool good = what->why->code == QUOTH_OK;
    if (!good && !decisions_has_line(d, what->why->code, now))
        return;
    struct audit_line line = audit_begin("attested", now);
    audit_text(&line, "verdict", verifier_verdict_of(what->why->code));
    audit_text(&line, "type", what->type);
    audit_text(&line, "tee", a->tee);
    audit_text(&line, "request", what->x->id);
    audit_text(&line, "peer", what->x->peer);
    audit_number(&line, "duration_us", (int64_t)http_exchange_age_us(what->x));
    if (what->by_draft)
        audit_bool(&line, "draft", true);
    else
        audit_number(&line, "policyVersion", what->policy_version);
    if (a->error.code == QUOTH_OK) /* else nobody knows whether they are so */
        add_claims(&line, a->claims);
    audit_failure(&line, what->why);
    audit_post(d->stream, &line);
}

void decisions_post_line(struct decisions *d, struct audit_line *line)
{
    audit_post(d->stream, line);
}

struct audit_checkpoint decisions_checkpoint(struct decisions *d)
{
    return audit_checkpoint(d->stream);
}

uint64_t decisions_lost(struct decisions *d)
{
    return audit_lost(d->stream);
}
