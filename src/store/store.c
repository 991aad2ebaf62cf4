#include "store/store.h"

#include "base/time.h"
#include "store/schema.h"
#include "store/statement.h"

#include <pthread.h>
#include <stdio.h>

#define ANSWER_US 3000000 /* how long a call waits for the database */

struct store {
    pthread_mutex_t lock;
    const struct backend *backend;
    char *at;
    struct database *db; /* under lock; NULL while there is no connection */
};

static const struct backend *backend_of(const char *at)
{
    (void)at;
    return &backend_sqlite;
}

bool store_is_shared(const char *at)
{
    return backend_of(at) != &backend_sqlite;
}

/* ---- a call: holds the store, sees to a connection, and takes another if that one is lost */

static void unlock(struct store *s)
{
    pthread_mutex_unlock(&s->lock);
}
DEFINE_AUTO(locked, struct store *, unlock)

static struct store *lock(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    return s;
}

static bool connect_again(struct store *s, struct quoth_error *err)
{
    return s->db || s->backend->open(s->at, &s->db, err);
}

typedef bool task_fn(struct database *db, void *context, struct quoth_error *err);

static bool attempt(struct store *s, task_fn *task, void *context, struct quoth_error *err)
{
    if (!connect_again(s, err))
        return false;
    s->db->deadline_us = time_monotonic_us() + ANSWER_US;
    return task(s->db, context, err);
}

/* A connection may have been lost long ago, unnoticed; one that was just made has no such excuse. */
static bool call(struct store *s, task_fn *task, void *context, struct quoth_error *err)
{
    AUTO(locked) struct store *held = lock(s);
    if (err->code != QUOTH_OK)
        return false;
    for (bool fresh = !held->db;; fresh = true) {
        struct quoth_error why = {0};
        const bool ok = attempt(held, task, context, &why);
        const bool lost = !ok && held->db && held->backend->is_lost(held->db);
        if (lost)
            database_close(take(held->db));
        if (ok || !lost || fresh) {
            *err = why;
            return ok;
        }
    }
}

/* ---- opening */

bool store_create(const char *at, struct quoth_error *err)
{
    AUTO(database) struct database *db = NULL;
    return backend_of(at)->create(at, &db, err) && schema_migrate(db, err);
}

bool store_open(const char *at, struct store **ret_store, struct quoth_error *err)
{
    AUTO(database) struct database *db = NULL;
    if (!backend_of(at)->open(at, &db, err) || !schema_migrate(db, err))
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

static bool is_fit(const struct store_record *r, struct quoth_error *err)
{
    if (!is_name("kind", r->kind, 1, STORE_KIND_MAX, err) ||
        !is_name("tenant", r->tenant, 0, STORE_TENANT_MAX, err) ||
        !is_name("id", r->id, 1, STORE_ID_MAX, err))
        return quoth_within(err, "record");
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

static bool put_one(struct database *db, const struct store_put *put, struct quoth_error *err)
{
    const struct store_record *r = &put->record;
    int64_t newest;
    if (!newest_version(db, r, &newest, err))
        return false;
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
};

/* Whoever puts holds the row of the revision until the end, so that puts come one after the other
 * and the revision shows them in that order. */
static bool move_revision(struct database *db, bool quiet, struct quoth_error *err)
{
    AUTO(statement)
    struct statement s = statement_begin(
        db, "UPDATE store SET revision = revision + $1 WHERE version = $2 RETURNING revision", err);
    statement_int(&s, quiet ? 0 : 1);
    statement_int(&s, SCHEMA_VERSION);
    const bool moved = statement_row(&s);
    if (err->code == QUOTH_OK && !moved)
        return quoth_fail(err, QUOTH_STORE_VERSION, "store", QUOTH_NO_OFFSET,
                          "was changed by a newer build while this one was running");
    return statement_run(&s);
}

static bool put_all(struct database *db, const struct putting *p, struct quoth_error *err)
{
    bool quiet = true;
    for (size_t i = 0; i < p->count; i++)
        quiet = quiet && p->puts[i].quiet;
    if (!move_revision(db, quiet, err))
        return false;
    for (size_t i = 0; i < p->count; i++)
        if (!put_one(db, &p->puts[i], err))
            return false;
    return quiet || !db->backend->notify || database_execute(db, db->backend->notify, err);
}

static bool put_task(struct database *db, void *context, struct quoth_error *err)
{
    struct quoth_error ignored = {0};
    if (!database_execute(db, db->backend->begin, err))
        return false;
    if (put_all(db, context, err) && database_execute(db, "COMMIT", err))
        return true;
    database_execute(db, "ROLLBACK", &ignored);
    return false;
}

bool store_put(struct store *s, const struct store_put *puts, size_t count, struct quoth_error *err)
{
    struct putting p = {puts, count};
    for (size_t i = 0; i < count; i++)
        if (!is_fit(&puts[i].record, err))
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

bool store_history(struct store *s, const char *kind, const char *tenant, const char *id,
                   size_t limit, store_each_fn *each, void *context, struct quoth_error *err)
{
    struct listing l = {
        .sql = "SELECT tenant, id, version, value FROM record WHERE kind = $1 AND tenant = $2"
               " AND id = $3 ORDER BY version DESC LIMIT $4",
        .kind = kind,
        .tenant = tenant,
        .id = id,
        .limit = limit < INT32_MAX ? (int64_t)limit : INT32_MAX,
        .each = each,
        .context = context,
    };
    return call(s, list_task, &l, err);
}

static bool revision_task(struct database *db, void *context, struct quoth_error *err)
{
    int64_t *ret_revision = context;
    AUTO(statement)
    struct statement s = statement_begin(db, "SELECT revision FROM store WHERE version = $1", err);
    statement_int(&s, SCHEMA_VERSION);
    if (!statement_row(&s))
        return quoth_fail(err, QUOTH_STORE_VERSION, "store", QUOTH_NO_OFFSET,
                          "was changed by a newer build while this one was running");
    *ret_revision = statement_column_int(&s, 0);
    return true;
}

bool store_revision(struct store *s, int64_t *ret_revision, struct quoth_error *err)
{
    return call(s, revision_task, ret_revision, err);
}
