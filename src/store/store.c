#include "store/store.h"

#include "base/time.h"
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

typedef bool task_fn(struct database *db, void *context, struct quoth_error *err);

/* One call at work. */
struct call {
    task_fn *task;
    void *context;
    uint64_t deadline_us;
};

static bool attempt(struct store *s, const struct call *c, struct quoth_error *err)
{
    if (!s->db && !s->backend->open(s->at, c->deadline_us, &s->db, err))
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

static bool call(struct store *s, task_fn *task, void *context, struct quoth_error *err)
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

static void name_place(struct statement *s, const struct store_record *r)
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
    name_place(&s, r);
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
    name_place(&s, r);
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
    name_place(&s, r);
    statement_int(&s, r->version);
    return statement_row(&s) && bytes_equal(statement_column_bytes(&s, 0), r->value);
}

static bool remove_all(struct database *db, const struct store_record *r, struct quoth_error *err)
{
    AUTO(statement)
    struct statement s =
        statement_begin(db, "DELETE FROM record WHERE kind = $1 AND tenant = $2 AND id = $3", err);
    name_place(&s, r);
    return statement_run(&s);
}

static bool put_one(struct database *db, const struct store_put *put, bool again,
                    struct quoth_error *err)
{
    const struct store_record *r = &put->record;
    int64_t newest;
    if (put->remove)
        return remove_all(db, r, err);
    if (!newest_version(db, r, &newest, err))
        return false;
    if (again && newest >= r->version && is_there(db, r, err))
        return true;
    if (newest != r->version - 1)
        return quoth_fail(err, QUOTH_STORE_CONFLICT, r->id, QUOTH_NO_OFFSET,
                          "was changed by somebody else: version %lld does not follow %lld",
                          (long long)r->version, (long long)newest);
    AUTO(statement)
    struct statement s = statement_begin(db, "INSERT INTO record VALUES ($1, $2, $3, $4, $5)", err);
    name_place(&s, r);
    statement_int(&s, r->version);
    statement_blob(&s, r->value);
    return statement_run(&s) && forget_older(db, put, err);
}

struct putting {
    const struct store_put *puts;
    size_t count;
    bool again; /* it was tried on a connection that was lost */
};

static bool put_all(struct database *db, const struct putting *p, struct quoth_error *err)
{
    bool quiet = true;
    for (size_t i = 0; i < p->count; i++)
        quiet = quiet && p->puts[i].quiet;
    if (!schema_move_revision(db, quiet ? 0 : 1, err)) /* first: puts come one after the other */
        return false;
    for (size_t i = 0; i < p->count; i++)
        if (!put_one(db, &p->puts[i], p->again, err))
            return false;
    return quiet || !db->backend->notify || database_execute(db, db->backend->notify, err);
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

bool store_put(struct store *s, const struct store_put *puts, size_t count, struct quoth_error *err)
{
    struct putting p = {.puts = puts, .count = count};
    for (size_t i = 0; i < count; i++)
        if (!is_fit(&puts[i], err))
            return false;
    return call(s, put_task, &p, err);
}

/* ---- reading */

struct getting {
    const char *kind, *tenant, *id;
    int64_t version, found;
    struct buffer *value;
};

static bool get_task(struct database *db, void *context, struct quoth_error *err)
{
    struct getting *g = context;
    AUTO(statement)
    struct statement s =
        statement_begin(db,
                        "SELECT version, value FROM record WHERE kind = $1 AND tenant = $2"
                        " AND id = $3 AND ($4 = 0 OR version = $4) ORDER BY version DESC LIMIT 1",
                        err);
    name_place(&s, &(struct store_record){.kind = g->kind, .tenant = g->tenant, .id = g->id});
    statement_int(&s, g->version);
    const bool found = statement_row(&s);
    if (err->code != QUOTH_OK)
        return false;
    g->found = found ? statement_column_int(&s, 0) : 0;
    if (found)
        buffer_add(g->value, statement_column_bytes(&s, 1));
    return buffer_ok(g->value, err);
}

bool store_get(struct store *s, const char *kind, const char *tenant, const char *id,
               int64_t version, int64_t *ret_version, struct buffer *ret_value,
               struct quoth_error *err)
{
    struct getting g = {
        .kind = kind, .tenant = tenant, .id = id, .version = version, .value = ret_value};
    if (!call(s, get_task, &g, err))
        return false;
    *ret_version = g.found;
    return true;
}

struct listing {
    const char *sql, *kind, *tenant, *id;
    int64_t limit;
    store_each_fn *each;
    void *context;
};

static const char *text_of(struct bytes b, char *to, size_t size)
{
    snprintf(to, size, "%.*s", (int)b.len, (const char *)b.data);
    return to;
}

static bool list_task(struct database *db, void *context, struct quoth_error *err)
{
    const struct listing *l = context;
    char tenant[STORE_TENANT_MAX + 1], id[STORE_ID_MAX + 1];
    AUTO(statement) struct statement s = statement_begin(db, l->sql, err);
    statement_text(&s, l->kind);
    if (l->tenant)
        statement_text(&s, l->tenant);
    if (l->id) {
        statement_text(&s, l->id);
        statement_int(&s, l->limit);
    }
    while (statement_row(&s)) {
        const struct store_record record = {
            .kind = l->kind,
            .tenant = text_of(statement_column_bytes(&s, 0), tenant, sizeof tenant),
            .id = text_of(statement_column_bytes(&s, 1), id, sizeof id),
            .version = statement_column_int(&s, 2),
            .value = statement_column_bytes(&s, 3),
        };
        if (!l->each(l->context, &record, err))
            break;
    }
    return err->code == QUOTH_OK;
}

#define NEWEST_FROM "SELECT tenant, id, version, value FROM record AS r WHERE kind = $1"
#define NEWEST_ONLY                                                                                \
    " AND version = (SELECT max(version) FROM record AS o WHERE o.kind = r.kind"                   \
    " AND o.tenant = r.tenant AND o.id = r.id) ORDER BY tenant, id"

bool store_each(struct store *s, const char *kind, const char *tenant, store_each_fn *each,
                void *context, struct quoth_error *err)
{
    struct listing l = {
        .sql = tenant ? NEWEST_FROM " AND tenant = $2" NEWEST_ONLY : NEWEST_FROM NEWEST_ONLY,
        .kind = kind,
        .tenant = tenant,
        .each = each,
        .context = context,
    };
    return call(s, list_task, &l, err);
}

static int64_t limit_of(size_t limit)
{
    return limit < INT32_MAX ? (int64_t)limit : INT32_MAX;
}

bool store_page(struct store *s, const char *kind, const char *tenant, const char *after,
                size_t limit, store_each_fn *each, void *context, struct quoth_error *err)
{
    struct listing l = {
        .sql = NEWEST_FROM " AND tenant = $2 AND id > $3" NEWEST_ONLY " LIMIT $4",
        .kind = kind,
        .tenant = tenant,
        .id = after,
        .limit = limit_of(limit),
        .each = each,
        .context = context,
    };
    return call(s, list_task, &l, err);
}

bool store_history(struct store *s, const char *kind, const char *tenant, const char *id,
                   size_t limit, store_each_fn *each, void *context, struct quoth_error *err)
{
    struct listing l = {
        .sql = "SELECT tenant, id, version, value FROM record WHERE kind = $1 AND tenant = $2"
               " AND id = $3 ORDER BY version DESC LIMIT $4",
        .kind = kind,
        .tenant = tenant,
        .id = id,
        .limit = limit_of(limit),
        .each = each,
        .context = context,
    };
    return call(s, list_task, &l, err);
}

static bool revision_task(struct database *db, void *context, struct quoth_error *err)
{
    return schema_revision(db, context, err);
}

bool store_revision(struct store *s, int64_t *ret_revision, struct quoth_error *err)
{
    return call(s, revision_task, ret_revision, err);
}
