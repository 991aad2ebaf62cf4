#include "keys/marks.h"

#include "codec/hex.h"

#include <stdio.h>

#define KIND_RECOVERY "recovery"
#define TRIES 8 /* each is lost only to somebody else's success */

/* A record that several processes raise: one reads it, makes of it what it shall be, and puts that
 * as its next version; whoever was overtaken begins again. */
struct raising {
    struct store *store;
    const struct master_key *master;
    const char *kind, *id;
    /* Gives the value to put; false when what is there is good enough. */
    bool (*raise)(const void *wanted, struct bytes there, struct buffer *ret_value);
    const void *wanted;
};

static bool try_raise(const struct raising *r, struct quoth_error *err)
{
    AUTO(buffer) struct buffer there = {0}, value = {0};
    int64_t version;
    if (!record_load(r->store, r->master, r->kind, "", r->id, 0, &version, &there, err))
        return false;
    if (!r->raise(r->wanted, buffer_bytes(&there), &value))
        return true;
    const struct store_put put = {
        .record = {.kind = r->kind,
                   .tenant = "",
                   .id = r->id,
                   .version = version + 1,
                   .value = buffer_bytes(&value)},
        .quiet = true,
    };
    return buffer_ok(&value, err) && record_keep_all(r->store, r->master, &put, 1, err);
}

static bool raise_record(const struct raising *r, struct quoth_error *err)
{
    struct quoth_error why = {0};
    for (size_t i = 0; i < TRIES; i++) {
        why = (struct quoth_error){0};
        if (try_raise(r, &why))
            return true;
        if (why.code != QUOTH_STORE_CONFLICT)
            break;
    }
    *err = why;
    return false;
}

/* ---- marks: evaluation number (4), issued (8) */

static struct collateral_mark mark_of(struct bytes value)
{
    if (value.len != 12)
        return (struct collateral_mark){0};
    return (struct collateral_mark){
        .evaluation_number = bytes_u32le(value, 0),
        .issued = (int64_t)bytes_u64le(value, 4),
    };
}

static void name_mark(const struct sha256 *root, const char *document, char id[STORE_ID_MAX])
{
    char hex[2 * sizeof root->bytes + 1];
    hex_text(BYTES_OF(root->bytes), hex, sizeof hex);
    snprintf(id, STORE_ID_MAX, "%s/%s", hex, document);
}

static bool mark_load(void *context, const struct sha256 *root, const char *document,
                      struct collateral_mark *ret_mark, struct quoth_error *err)
{
    const struct sealed_marks *m = context;
    AUTO(buffer) struct buffer value = {0};
    char id[STORE_ID_MAX];
    int64_t version;
    name_mark(root, document, id);
    if (!record_load(m->store, m->master, KIND_MARK, "", id, 0, &version, &value, err))
        return false;
    *ret_mark = mark_of(buffer_bytes(&value));
    return true;
}

static void write_mark(const struct collateral_mark *mark, struct buffer *to)
{
    buffer_u32le(to, mark->evaluation_number);
    buffer_u64le(to, (uint64_t)mark->issued);
}

static bool replace_mark(const void *wanted, struct bytes there, struct buffer *ret_value)
{
    (void)there;
    write_mark(wanted, ret_value);
    return true;
}

static bool raise_mark(const void *wanted, struct bytes there, struct buffer *ret_value)
{
    const struct collateral_mark *mark = wanted, old = mark_of(there);
    const struct collateral_mark newest = {
        .evaluation_number = mark->evaluation_number > old.evaluation_number
                                 ? mark->evaluation_number
                                 : old.evaluation_number,
        .issued = mark->issued > old.issued ? mark->issued : old.issued,
    };
    write_mark(&newest, ret_value);
    return newest.evaluation_number != old.evaluation_number || newest.issued != old.issued;
}

/* ---- recoveries: evaluation number (4), since (8), as a mark is kept */

static struct recovery recovery_of(struct bytes value)
{
    const struct collateral_mark kept = mark_of(value);
    return (struct recovery){.evaluation_number = kept.evaluation_number, .since = kept.issued};
}

static bool raise_recovery(const void *wanted, struct bytes there, struct buffer *ret_value)
{
    const struct recovery *seen = wanted, old = recovery_of(there);
    const struct collateral_mark newest = {
        .evaluation_number = seen->evaluation_number > old.evaluation_number
                                 ? seen->evaluation_number
                                 : old.evaluation_number,
        .issued = seen->since > old.since ? seen->since : old.since,
    };
    write_mark(&newest, ret_value);
    return true;
}

/* "tcb_info.sgx.00906ed50000" speaks of "sgx". */
static bool tee_of(const char *document, char *tee, size_t size)
{
    static const char kind[] = "tcb_info.";
    if (strncmp(document, kind, sizeof kind - 1) != 0)
        return false;
    const char *name = document + sizeof kind - 1;
    snprintf(tee, size, "%.*s", (int)strcspn(name, "."), name);
    return true;
}

/* Before the mark is kept: should that fail, it is noted again. */
static bool note_recovery(struct sealed_marks *m, const struct sha256 *root, const char *document,
                          const struct collateral_mark *mark, struct quoth_error *err)
{
    struct collateral_mark old = {0};
    char tee[16], id[STORE_ID_MAX];
    if (!m->clock || !tee_of(document, tee, sizeof tee))
        return true;
    if (!mark_load(m, root, document, &old, err))
        return false;
    if (old.evaluation_number == 0 || mark->evaluation_number <= old.evaluation_number)
        return true;
    const struct recovery seen = {mark->evaluation_number, m->clock()};
    name_mark(root, tee, id);
    const struct raising r = {
        .store = m->store,
        .master = m->master,
        .kind = KIND_RECOVERY,
        .id = id,
        .raise = raise_recovery,
        .wanted = &seen,
    };
    return raise_record(&r, err);
}

bool recovery_load(struct store *store, const struct master_key *master, const struct sha256 *root,
                   const char *tee, struct recovery *ret_recovery, struct quoth_error *err)
{
    AUTO(buffer) struct buffer value = {0};
    char id[STORE_ID_MAX];
    int64_t version;
    name_mark(root, tee, id);
    if (!record_load(store, master, KIND_RECOVERY, "", id, 0, &version, &value, err))
        return false;
    *ret_recovery = recovery_of(buffer_bytes(&value));
    return true;
}

static bool mark_store(void *context, const struct sha256 *root, const char *document,
                       const struct collateral_mark *mark, struct quoth_error *err)
{
    struct sealed_marks *m = context;
    char id[STORE_ID_MAX];
    if (!note_recovery(m, root, document, mark, err))
        return false;
    name_mark(root, document, id);
    const struct raising r = {
        .store = m->store,
        .master = m->master,
        .kind = KIND_MARK,
        .id = id,
        .raise = m->may_sink ? replace_mark : raise_mark,
        .wanted = mark,
    };
    return raise_record(&r, err);
}

struct collateral_marks sealed_marks(struct sealed_marks *m)
{
    return (struct collateral_marks){.context = m, .load = mark_load, .store = mark_store};
}

/* ---- the clock: seconds (8) */

static int64_t instant_of(struct bytes value)
{
    return value.len == 8 ? (int64_t)bytes_u64le(value, 0) : 0;
}

bool instant_load(struct store *store, const struct master_key *master, const char *which,
                  int64_t *ret_instant, struct quoth_error *err)
{
    AUTO(buffer) struct buffer value = {0};
    int64_t version;
    if (!record_load(store, master, KIND_CLOCK, "", which, 0, &version, &value, err))
        return false;
    *ret_instant = instant_of(buffer_bytes(&value));
    return true;
}

static bool replace_instant(const void *wanted, struct bytes there, struct buffer *ret_value)
{
    const int64_t *instant = wanted;
    (void)there;
    buffer_u64le(ret_value, (uint64_t)*instant);
    return true;
}

static bool raise_instant(const void *wanted, struct bytes there, struct buffer *ret_value)
{
    const int64_t *instant = wanted;
    return *instant > instant_of(there) && replace_instant(wanted, there, ret_value);
}

bool instant_keep(struct store *store, const struct master_key *master, const char *which,
                  int64_t instant, bool may_sink, struct quoth_error *err)
{
    const struct raising r = {
        .store = store,
        .master = master,
        .kind = KIND_CLOCK,
        .id = which,
        .raise = may_sink ? replace_instant : raise_instant,
        .wanted = &instant,
    };
    return raise_record(&r, err);
}
