/* What is read from the store: one record, or lists. */
#include "store/call.h"
#include "store/schema.h"
#include "store/statement.h"

#include <stdio.h>

/* ---- reading */

bool store_read_newest(struct database *db, struct store_record *r, struct buffer *ret_value,
                       struct quoth_error *err)
{
    AUTO(statement)
    struct statement s =
        statement_begin(db,
                        "SELECT version, value FROM record WHERE kind = $1 AND tenant = $2"
                        " AND id = $3 AND ($4 = 0 OR version = $4) ORDER BY version DESC LIMIT 1",
                        err);
    store_name_place(&s, r);
    statement_int(&s, r->version);
    const bool found = statement_row(&s);
    if (err->code != QUOTH_OK)
        return false;
    r->version = found ? statement_column_int(&s, 0) : 0;
    if (found)
        buffer_add(ret_value, statement_column_bytes(&s, 1));
    return buffer_ok(ret_value, err);
}

struct getting {
    struct store_record record;
    struct buffer *value;
};

static bool get_task(struct database *db, void *context, struct quoth_error *err)
{
    struct getting *g = context;
    return store_read_newest(db, &g->record, g->value, err);
}

bool store_get(struct store *s, const char *kind, const char *tenant, const char *id,
               int64_t version, int64_t *ret_version, struct buffer *ret_value,
               struct quoth_error *err)
{
    struct getting g = {
        .record = {.kind = kind, .tenant = tenant, .id = id, .version = version},
        .value = ret_value,
    };
    if (!store_call(s, get_task, &g, err))
        return false;
    *ret_version = g.record.version;
    return true;
}

struct listing {
    const char *sql;
    struct statement_value values[STATEMENT_VALUES_MAX];
    size_t count;
    store_each_fn *each;
    void *context;
};

static void with_text(struct listing *l, const char *text)
{
    l->values[l->count++] =
        (struct statement_value){.type = VALUE_TEXT, .bytes = bytes_of_text(text)};
}

static void with_number(struct listing *l, int64_t number)
{
    l->values[l->count++] = (struct statement_value){.type = VALUE_INT, .number = number};
}

static const char *text_of(struct bytes b, char *to, size_t size)
{
    snprintf(to, size, "%.*s", (int)b.len, (const char *)b.data);
    return to;
}

/* Columns: kind, tenant, id, version, value. */
static bool list_task(struct database *db, void *context, struct quoth_error *err)
{
    const struct listing *l = context;
    char kind[STORE_KIND_MAX + 1], tenant[STORE_TENANT_MAX + 1], id[STORE_ID_MAX + 1];
    AUTO(statement) struct statement s = statement_begin(db, l->sql, err);
    for (size_t i = 0; i < l->count; i++)
        s.values[s.count++] = l->values[i];
    while (statement_row(&s)) {
        const struct store_record record = {
            .kind = text_of(statement_column_bytes(&s, 0), kind, sizeof kind),
            .tenant = text_of(statement_column_bytes(&s, 1), tenant, sizeof tenant),
            .id = text_of(statement_column_bytes(&s, 2), id, sizeof id),
            .version = statement_column_int(&s, 3),
            .value = statement_column_bytes(&s, 4),
        };
        if (!l->each(l->context, &record, err))
            break;
    }
    return err->code == QUOTH_OK;
}

#define NEWEST_FROM "SELECT kind, tenant, id, version, value FROM record AS r WHERE kind = $1"
#define NEWEST_ONLY                                                                                \
    " AND version = (SELECT max(version) FROM record AS o WHERE o.kind = r.kind"                   \
    " AND o.tenant = r.tenant AND o.id = r.id) ORDER BY tenant, id"

bool store_each(struct store *s, const char *kind, const char *tenant, store_each_fn *each,
                void *context, struct quoth_error *err)
{
    struct listing l = {
        .sql = tenant ? NEWEST_FROM " AND tenant = $2" NEWEST_ONLY : NEWEST_FROM NEWEST_ONLY,
        .each = each,
        .context = context,
    };
    with_text(&l, kind);
    if (tenant)
        with_text(&l, tenant);
    return store_call(s, list_task, &l, err);
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
        .each = each,
        .context = context,
    };
    with_text(&l, kind);
    with_text(&l, tenant);
    with_text(&l, after);
    with_number(&l, limit_of(limit));
    return store_call(s, list_task, &l, err);
}

bool store_history(struct store *s, const char *kind, const char *tenant, const char *id,
                   size_t limit, store_each_fn *each, void *context, struct quoth_error *err)
{
    struct listing l = {
        .sql = "SELECT kind, tenant, id, version, value FROM record WHERE kind = $1 AND tenant = $2"
               " AND id = $3 ORDER BY version DESC LIMIT $4",
        .each = each,
        .context = context,
    };
    with_text(&l, kind);
    with_text(&l, tenant);
    with_text(&l, id);
    with_number(&l, limit_of(limit));
    return store_call(s, list_task, &l, err);
}

bool store_scan(struct store *s, const struct store_record *after, size_t limit,
                store_each_fn *each, void *context, struct quoth_error *err)
{
    struct listing l = {
        .sql = "SELECT kind, tenant, id, version, value FROM record"
               " WHERE (kind, tenant, id, version) > ($1, $2, $3, $4)"
               " ORDER BY kind, tenant, id, version LIMIT $5",
        .each = each,
        .context = context,
    };
    with_text(&l, after->kind);
    with_text(&l, after->tenant);
    with_text(&l, after->id);
    with_number(&l, after->version);
    with_number(&l, limit_of(limit));
    return store_call(s, list_task, &l, err);
}

bool store_newest(struct store *s, store_each_fn *each, void *context, struct quoth_error *err)
{
    struct listing l = {
        .sql = "SELECT kind, tenant, id, max(version), NULL FROM record"
               " GROUP BY kind, tenant, id ORDER BY kind, tenant, id",
        .each = each,
        .context = context,
    };
    return store_call(s, list_task, &l, err);
}

static bool revision_task(struct database *db, void *context, struct quoth_error *err)
{
    return schema_revision(db, context, err);
}

bool store_revision(struct store *s, int64_t *ret_revision, struct quoth_error *err)
{
    return store_call(s, revision_task, ret_revision, err);
}
