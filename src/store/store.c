#include "store/store.h"

#include "base/time.h"
#include "store/call.h"
#include "store/schema.h"
#include "store/statement.h"

#include <pthread.h>
#include <stdio.h>

/* After a database has let a call wait in vain, the next ones fail at once for a while: whoever
 * queues behind it would wait as long, one after the other. */
#define SLOW_US 1000000u
#define REST_US 2000000u

struct store {
    pthread_mutex_t lock;
    const struct backend *backend;
    char *at;
    struct database *db; /* under lock, NULL while there is no connection */
    uint64_t rest_until; /* under lock, monotonic */
};

const struct backend *backend_of(const char *at)
{
    static const char *const urls[] = {"postgresql://", "postgres://"};
    for (size_t i = 0; i < COUNT(urls); i++)
        if (strncmp(at, urls[i], strlen(urls[i])) == 0)
            return &backend_postgres;
    return &backend_sqlite;
}

bool store_is_shared(const char *at)
{
    return backend_of(at) == &backend_postgres;
}

/* ---- a call: holds the store, sees to a connection, and takes another if that one is lost */

static void unlock(struct store *s)
{
    if (s)
        pthread_mutex_unlock(&s->lock);
}
DEFINE_AUTO(locked, struct store *, unlock)

static struct store *lock(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    return s;
}

/* One call at work. */
struct call {
    store_task_fn *task;
    void *context;
    uint64_t deadline_us;
};

/* It was there when it was opened: a disk that is not mounted, a file that is being restored. */
static bool open_again(struct store *s, uint64_t deadline_us, struct quoth_error *err)
{
    struct quoth_error why = {0};
    if (s->backend->open(s->at, deadline_us, &s->db, &why))
        return true;
    if (why.code == QUOTH_STORE_MISSING)
        return quoth_fail(err, QUOTH_STORE_UNAVAILABLE, "store", QUOTH_NO_OFFSET,
                          "is not where it was opened any more");
    *err = why;
    return false;
}

static bool attempt(struct store *s, const struct call *c, struct quoth_error *err)
{
    if (!s->db && !open_again(s, c->deadline_us, err))
        return false;
    s->db->deadline_us = c->deadline_us;
    return c->task(s->db, c->context, err);
}

/* A connection may have been lost long ago, unnoticed, or may be lost in between: then it is done
 * once more, with another. */
static bool try_twice(struct store *s, const struct call *c, struct quoth_error *err)
{
    for (int tries = 1;; tries++) {
        struct quoth_error why = {0};
        const bool ok = attempt(s, c, &why);
        const bool lost = !ok && s->db && s->backend->is_lost(s->db);
        if (lost)
            database_close(take(s->db));
        if (ok || !lost || tries == 2) {
            *err = why;
            return ok;
        }
    }
}

bool store_call(struct store *s, store_task_fn *task, void *context, struct quoth_error *err)
{
    AUTO(locked) struct store *held = lock(s);
    const uint64_t now = time_monotonic_us();
    const struct call c = {task, context, now + DATABASE_ANSWER_US};
    if (err->code != QUOTH_OK)
        return false;
    if (now < held->rest_until)
        return quoth_fail(err, QUOTH_STORE_UNAVAILABLE, "store", QUOTH_NO_OFFSET,
                          "the database did not answer a moment ago");
    if (try_twice(held, &c, err))
        return true;
    const uint64_t then = time_monotonic_us();
    if (err->code == QUOTH_STORE_UNAVAILABLE && then - now > SLOW_US)
        held->rest_until = then + REST_US;
    return false;
}

/* ---- opening */

bool store_create(const char *at, struct quoth_error *err)
{
    AUTO(database) struct database *db = NULL;
    const uint64_t deadline_us = time_monotonic_us() + DATABASE_ANSWER_US;
    return backend_of(at)->create(at, deadline_us, &db, err) && schema_migrate(db, err);
}

bool store_open(const char *at, struct store **ret_store, struct quoth_error *err)
{
    AUTO(database) struct database *db = NULL;
    const uint64_t deadline_us = time_monotonic_us() + DATABASE_ANSWER_US;
    if (!backend_of(at)->open(at, deadline_us, &db, err) || !schema_migrate(db, err))
        return false;
    struct store *s = calloc(1, sizeof *s);
    char *copy = s ? strdup(at) : NULL;
    if (!copy) {
        free(s);
        return quoth_fail(err, QUOTH_MEMORY, "store", QUOTH_NO_OFFSET, "out of memory");
    }
    pthread_mutex_init(&s->lock, NULL);
    s->backend = db->backend;
    s->at = copy;
    s->db = take(db);
    *ret_store = s;
    return true;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    database_close(s->db);
    pthread_mutex_destroy(&s->lock);
    free(s->at);
    free(s);
}

/* ---- putting */

static bool is_name(const char *what, const char *name, size_t min, size_t max,
                    struct quoth_error *err)
{
    const size_t len = strlen(name);
    for (size_t i = 0; i < len; i++)
        if (name[i] < ' ' || name[i] > '~')
            return quoth_fail(err, QUOTH_USAGE, what, i, "is not printable ASCII");
    return (len >= min && len <= max) ||
           quoth_fail(err, QUOTH_USAGE, what, QUOTH_NO_OFFSET, "has %zu bytes, may have %zu to %zu",
                      len, min, max);
}

static bool is_fit(const struct store_put *put, struct quoth_error *err)
{
    const struct store_record *r = &put->record;
    if (!is_name("kind", r->kind, 1, STORE_KIND_MAX, err) ||
        !is_name("tenant", r->tenant, 0, STORE_TENANT_MAX, err) ||
        !is_name("id", r->id, 1, STORE_ID_MAX, err))
        return quoth_within(err, "record");
    if (put->remove)
        return true;
    if (r->version < 1)
        return quoth_fail(err, QUOTH_USAGE, "record.version", QUOTH_NO_OFFSET,
                          "is %lld, versions begin with 1", (long long)r->version);
    return r->value.len <= STORE_VALUE_MAX ||
           quoth_fail(err, QUOTH_TOO_LARGE, "record.value", QUOTH_NO_OFFSET,
                      "has %zu bytes, limit is %u", r->value.len, STORE_VALUE_MAX);
}

void store_name_place(struct statement *s, const struct store_record *r)
{
    statement_text(s, r->kind);
    statement_text(s, r->tenant);
    statement_text(s, r->id);
}

static bool newest_version(struct database *db, const struct store_record *r, int64_t *ret_version,
                           struct quoth_error *err)
{
    AUTO(statement)
    struct statement s = statement_begin(
        db, "SELECT max(version) FROM record WHERE kind = $1 AND tenant = $2 AND id = $3", err);
    store_name_place(&s, r);
    if (!statement_row(&s))
        return false;
    *ret_version = statement_column_int(&s, 0);
    return true;
}

static bool forget_older(struct database *db, const struct store_put *put, struct quoth_error *err)
{
    const struct store_record *r = &put->record;
    if (put->keep >= (uint64_t)r->version) /* STORE_KEEP_ALL, or there are no more */
        return true;
    AUTO(statement)
    struct statement s = statement_begin(db,
                                         "DELETE FROM record WHERE kind = $1 AND tenant = $2"
                                         " AND id = $3 AND version < $4",
                                         err);
    store_name_place(&s, r);
    statement_int(&s, r->version - (int64_t)put->keep);
    return statement_run(&s);
}

/* Whether an earlier attempt, whose end was not heard, has put it: sealed values are never equal by
 * chance. */
static bool is_there(struct database *db, const struct store_record *r, struct quoth_error *err)
{
    AUTO(statement)
    struct statement s = statement_begin(db,
                                         "SELECT value FROM record WHERE kind = $1 AND tenant = $2"
                                         " AND id = $3 AND version = $4",
                                         err);
    store_name_place(&s, r);
    statement_int(&s, r->version);
    return statement_row(&s) && bytes_equal(statement_column_bytes(&s, 0), r->value);
}

static bool remove_all(struct database *db, const struct store_record *r, struct quoth_error *err)
{
    AUTO(statement)
    struct statement s =
        statement_begin(db, "DELETE FROM record WHERE kind = $1 AND tenant = $2 AND id = $3", err);
    store_name_place(&s, r);
    return statement_run(&s);
}

/* *ret_newest is the version that was the newest before. */
static bool put_one(struct database *db, const struct store_put *put, int64_t *ret_newest,
                    struct quoth_error *err)
{
    const struct store_record *r = &put->record;
    if (!newest_version(db, r, ret_newest, err))
        return false;
    if (put->remove)
        return remove_all(db, r, err);
    if (*ret_newest != r->version - 1)
        return quoth_fail(err, QUOTH_STORE_CONFLICT, r->id, QUOTH_NO_OFFSET,
                          "was changed by somebody else: version %lld does not follow %lld",
                          (long long)r->version, (long long)*ret_newest);
    AUTO(statement)
    struct statement s = statement_begin(db, "INSERT INTO record VALUES ($1, $2, $3, $4, $5)", err);
    store_name_place(&s, r);
    statement_int(&s, r->version);
    statement_blob(&s, r->value);
    return statement_run(&s) && forget_older(db, put, err);
}

/* ---- what belongs to a put */

static bool stale(struct quoth_error *err, const char *where, const char *what)
{
    return quoth_fail(err, QUOTH_STORE_STALE, where, QUOTH_NO_OFFSET, "%s", what);
}

static bool is_newest(struct database *db, const struct store_also *also, struct quoth_error *err)
{
    const struct store_record guard = {
        .kind = also->guard_kind, .tenant = "", .id = also->guard_id};
    int64_t newest;
    if (!also->guard_kind)
        return true;
    if (!newest_version(db, &guard, &newest, err))
        return false;
    return newest == also->guard_version ||
           stale(err, also->guard_id, "was changed by another node meanwhile");
}

static bool is_absent(struct database *db, struct bytes head, struct quoth_error *err)
{
    if (head.len == 0)
        return true;
    AUTO(statement)
    struct statement s = statement_begin(
        db, "SELECT 1 FROM record WHERE substr(value, 1, CAST($1 AS int)) = $2 LIMIT 1", err);
    statement_int(&s, (int64_t)head.len);
    statement_blob(&s, head);
    if (statement_row(&s))
        return stale(err, "store", "has a record still that begins like that");
    return err->code == QUOTH_OK;
}

static bool raise_tally(struct database *db, const struct store_also *also, const int64_t *newest,
                        struct quoth_error *err)
{
    AUTO(buffer) struct buffer there = {0}, value = {0};
    struct store_put put = {
        .record = {.kind = also->tally_kind, .tenant = "", .id = also->tally_id},
        .keep = also->tally_keep,
    };
    int64_t ignored;
    if (!store_read_newest(db, &put.record, &there, err) ||
        !also->tally(also->context, newest, put.record.version, buffer_bytes(&there), &value,
                     err) ||
        !buffer_ok(&value, err))
        return false;
    put.record.version++;
    put.record.value = buffer_bytes(&value);
    return put_one(db, &put, &ignored, err);
}

struct putting {
    const struct store_put *puts;
    size_t count;
    const struct store_also *also;
    bool again; /* it was tried on a connection that was lost */
};

/* What an earlier attempt has put it has put whole. (Removing twice is the same as once.) */
static bool was_put(struct database *db, const struct putting *p, struct quoth_error *err)
{
    size_t i = 0;
    while (i < p->count && p->puts[i].remove)
        i++;
    return p->again && i < p->count && is_there(db, &p->puts[i].record, err);
}

/* All records, then the tally of them. */
static bool put_each(struct database *db, const struct putting *p, struct quoth_error *err)
{
    int64_t *newest = calloc(p->count + 1, sizeof *newest);
    bool good = newest || quoth_fail(err, QUOTH_MEMORY, "store", QUOTH_NO_OFFSET, "out of memory");
    for (size_t i = 0; good && i < p->count; i++)
        good = put_one(db, &p->puts[i], &newest[i], err);
    good = good && (!p->also->tally || raise_tally(db, p->also, newest, err));
    free(newest);
    return good;
}

static bool put_all(struct database *db, const struct putting *p, struct quoth_error *err)
{
    bool quiet = true;
    for (size_t i = 0; i < p->count; i++)
        quiet = quiet && p->puts[i].quiet;
    if (!schema_move_revision(db, quiet ? 0 : 1, err)) /* first: puts come one after the other */
        return false;
    if (was_put(db, p, err))
        return true;
    return is_newest(db, p->also, err) && is_absent(db, p->also->absent, err) &&
           put_each(db, p, err) &&
           (quiet || !db->backend->notify || database_execute(db, db->backend->notify, err));
}

/* What was removed may stand in a journal still. It is done and acknowledged whatever becomes of
 * this. */
static void scrub(struct database *db, const struct putting *p)
{
    struct quoth_error ignored = {0};
    bool removed = false;
    for (size_t i = 0; i < p->count; i++)
        removed = removed || p->puts[i].remove;
    if (removed && db->backend->scrub)
        database_execute(db, db->backend->scrub, &ignored);
}

/* Whether a COMMIT was carried out whose answer was lost, the next attempt sees: it begins by
 * waiting for the row of the revision, which the lost one holds as long as it lives. */
static bool put_task(struct database *db, void *context, struct quoth_error *err)
{
    struct quoth_error ignored = {0};
    struct putting *p = context;
    const struct putting now = *p;
    p->again = true;
    if (!database_execute(db, db->backend->begin, err))
        return false;
    if (put_all(db, &now, err) && database_execute(db, "COMMIT", err)) {
        scrub(db, p);
        return true;
    }
    database_execute(db, "ROLLBACK", &ignored);
    return false;
}

bool store_put_also(struct store *s, const struct store_put *puts, size_t count,
                    const struct store_also *also, struct quoth_error *err)
{
    struct putting p = {.puts = puts, .count = count, .also = also};
    for (size_t i = 0; i < count; i++)
        if (!is_fit(&puts[i], err))
            return false;
    return store_call(s, put_task, &p, err);
}

bool store_put(struct store *s, const struct store_put *puts, size_t count, struct quoth_error *err)
{
    const struct store_also nothing = {0};
    return store_put_also(s, puts, count, &nothing, err);
}

/* ---- replacing */

struct replacing {
    const struct store_record *record;
    struct bytes old;
    const struct store_also *also;
    bool replaced;
};

static bool replace(struct database *db, struct replacing *r, struct quoth_error *err)
{
    if (!schema_move_revision(db, 0, err) || !is_newest(db, r->also, err))
        return false;
    AUTO(statement)
    struct statement s =
        statement_begin(db,
                        "UPDATE record SET value = $1 WHERE kind = $2 AND tenant = $3"
                        " AND id = $4 AND version = $5 AND value = $6 RETURNING version",
                        err);
    statement_blob(&s, r->record->value);
    store_name_place(&s, r->record);
    statement_int(&s, r->record->version);
    statement_blob(&s, r->old);
    r->replaced = statement_row(&s);
    return statement_run(&s);
}

static bool replace_task(struct database *db, void *context, struct quoth_error *err)
{
    struct quoth_error ignored = {0};
    if (!database_execute(db, db->backend->begin, err))
        return false;
    if (replace(db, context, err) && database_execute(db, "COMMIT", err))
        return true;
    database_execute(db, "ROLLBACK", &ignored);
    return false;
}

bool store_replace(struct store *s, const struct store_record *record, struct bytes old,
                   const struct store_also *also, bool *ret_replaced, struct quoth_error *err)
{
    const struct store_put put = {.record = *record};
    struct replacing r = {.record = record, .old = old, .also = also};
    if (!is_fit(&put, err) || !store_call(s, replace_task, &r, err))
        return false;
    *ret_replaced = r.replaced;
    return true;
}
