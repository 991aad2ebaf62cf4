/* Sealed records, marks and the clock, on a file and on PostgreSQL alike: what somebody who has the
 * database can do to them, and what two of us do at once. */
#include "keys/marks.h"
#include "keys/records.h"

#include "tests/master.h"
#include "tests/store_things.h"

static struct master_key master, other;

static int fresh(void **state)
{
    master_renew(&master);
    master_renew(&other);
    return new_store(state);
}

static void keep(struct store *s, const char *tenant, const char *id, int64_t version,
                 const char *value)
{
    struct quoth_error err = {0};
    const struct store_record r = {.kind = "policy",
                                   .tenant = tenant,
                                   .id = id,
                                   .version = version,
                                   .value = bytes_of_text(value)};
    if (!record_keep(s, &master, &r, STORE_KEEP_ALL, &err))
        fail_msg("%s", err.message);
}

/* Two versions of one, one of another, and one of another tenant. */
static struct store *filled(void)
{
    struct store *s = opened();
    keep(s, "https://a", "sgx", 1, "deny all");
    keep(s, "https://a", "sgx", 2, "permit some");
    keep(s, "https://a", "tdx", 1, "deny tdx");
    keep(s, "https://b", "sgx", 1, "permit all");
    return s;
}

static bool gather(void *context, const struct store_record *r, struct quoth_error *err)
{
    (void)err;
    buffer_printf(context, "%s/%s/%lld/%.*s;", r->tenant, r->id, (long long)r->version,
                  (int)r->value.len, (const char *)r->value.data);
    return true;
}

static void records_come_back_as_they_were(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer value = {0}, old = {0}, all = {0}, past = {0}, every = {0};
    int64_t version;
    AUTO(store) struct store *s = filled();
    assert_true(record_load(s, &master, "policy", "https://a", "sgx", 0, &version, &value, &err));
    assert_int_equal(version, 2);
    is_text(&value, "permit some");
    assert_true(record_load(s, &master, "policy", "https://a", "sgx", 1, &version, &old, &err));
    is_text(&old, "deny all");
    assert_true(record_load(s, &master, "policy", "https://c", "sgx", 0, &version, &old, &err));
    assert_int_equal(version, 0);
    assert_true(record_each(s, &master, "policy", "https://a", gather, &all, &err));
    is_text(&all, "https://a/sgx/2/permit some;https://a/tdx/1/deny tdx;");
    assert_true(record_each(s, &master, "policy", NULL, gather, &every, &err));
    is_text(&every, "https://a/sgx/2/permit some;https://a/tdx/1/deny tdx;"
                    "https://b/sgx/1/permit all;");
    assert_true(record_history(s, &master, "policy", "https://a", "sgx", 9, gather, &past, &err));
    is_text(&past, "https://a/sgx/2/permit some;https://a/sgx/1/deny all;");
}

#define OF_A " WHERE tenant = 'https://a' AND id = 'sgx' AND version = 2"

/* What is done to the newest policy of a, or to make one, and what is then read of a. */
/* clang-format off */
static const struct {
    const char *name, *sql, *id;
} attacks[] = {
    {"nothing in it",             "UPDATE record SET value = substr(value, 1, 0)" OF_A,                           "sgx"},
    {"the last byte is gone",     "UPDATE record SET value = substr(value, 1, length(value) - 1)" OF_A,           "sgx"},
    {"only the tag is left",      "UPDATE record SET value = substr(value, length(value) - 15)" OF_A,             "sgx"},
    {"another tenant's",          "UPDATE record SET value = (SELECT value FROM record o WHERE o.tenant = 'https://b')" OF_A, "sgx"},
    {"that of another type",      "UPDATE record SET value = (SELECT value FROM record o WHERE o.id = 'tdx')" OF_A, "sgx"},
    {"the older one",             "UPDATE record SET value = (SELECT value FROM record o WHERE o.tenant = 'https://a' AND o.kind = 'policy' AND o.id = 'sgx' AND o.version = 1)" OF_A, "sgx"},
    {"the older one made newest", "UPDATE record SET version = 3 WHERE kind = 'policy' AND tenant = 'https://a' AND id = 'sgx' AND version = 1", "sgx"},
    {"a later number",            "UPDATE record SET version = 99" OF_A,                                          "sgx"},
    {"a new id",                  "UPDATE record SET id = 'new'" OF_A,                                            "new"},
    {"a new tenant",              "UPDATE record SET tenant = 'https://a', id = 'new' WHERE tenant = 'https://b'", "new"},
    {"another kind",              "UPDATE record SET kind = 'policy', id = 'new' WHERE kind = 'signer'",          "new"},
};
/* clang-format on */

static void what_somebody_else_wrote_does_not_open(void **state)
{
    for (size_t i = 0; i < COUNT(attacks); i++) {
        struct quoth_error err = {0}, each = {0}, good = {0};
        AUTO(buffer) struct buffer value = {0}, all = {0};
        int64_t version = -1;
        print_message("  %s\n", attacks[i].name);
        fresh(state);
        AUTO(store) struct store *s = filled();
        const struct store_record signer = {.kind = "signer",
                                            .tenant = "https://a",
                                            .id = "sgx",
                                            .version = 1,
                                            .value = BYTES_INIT("a certificate")};
        assert_true(record_keep(s, &master, &signer, 0, &good));
        place_sql(attacks[i].sql);
        assert_false(record_load(s, &master, "policy", "https://a", attacks[i].id, 0, &version,
                                 &value, &err));
        assert_int_equal(err.code, QUOTH_SEAL_BROKEN);
        assert_int_equal(value.len, 0);
        assert_int_equal(version, -1);
        assert_false(record_each(s, &master, "policy", "https://a", gather, &all, &each));
        assert_int_equal(each.code, QUOTH_SEAL_BROKEN);
    }
}

static void what_was_never_sealed_does_not_open(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer value = {0};
    int64_t version;
    const struct store_put plain = {
        .record = {.kind = "policy",
                   .tenant = "https://a",
                   .id = "sgx",
                   .version = 3,
                   .value = BYTES_INIT("permit all, whoever asks")}
    };
    AUTO(store) struct store *s = filled();
    assert_true(store_put(s, &plain, 1, &err));
    assert_false(record_load(s, &master, "policy", "https://a", "sgx", 0, &version, &value, &err));
    assert_int_equal(err.code, QUOTH_SEAL_BROKEN);
}

static void another_master_key_opens_nothing(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer value = {0};
    int64_t version;
    AUTO(store) struct store *s = filled();
    assert_false(record_load(s, &other, "policy", "https://a", "sgx", 0, &version, &value, &err));
    assert_int_equal(err.code, QUOTH_SEAL_BROKEN);
}

static void nothing_is_readable_in_the_database(void **state)
{
    (void)state;
    AUTO(store) struct store *s = filled();
    assert_non_null(s);
    assert_int_equal(place_sql(place.shared ? "SELECT count(*) FROM record"
                                              " WHERE position('permit'::bytea in value) > 0"
                                            : "SELECT count(*) FROM record"
                                              " WHERE instr(value, CAST('permit' AS BLOB)) > 0"),
                     0);
}

static void many_are_kept_whole_or_not_at_all(void **state)
{
    (void)state;
    struct quoth_error err = {0}, many = {0};
    struct store_put puts[RECORDS_AT_ONCE + 1];
    char ids[RECORDS_AT_ONCE + 1][8];
    AUTO(buffer) struct buffer all = {0};
    AUTO(store) struct store *s = opened();
    for (size_t i = 0; i < COUNT(puts); i++) {
        snprintf(ids[i], sizeof ids[i], "%02zu", i);
        puts[i] = (struct store_put){
            .record = {.kind = "policy",
                       .tenant = "https://a",
                       .id = ids[i],
                       .version = 1,
                       .value = bytes_of_text(ids[i])}
        };
    }
    assert_false(record_keep_all(s, &master, puts, COUNT(puts), &many));
    assert_int_equal(many.code, QUOTH_USAGE);
    puts[3].record.version = 2;
    assert_false(record_keep_all(s, &master, puts, RECORDS_AT_ONCE, &err));
    assert_int_equal(err.code, QUOTH_STORE_CONFLICT);
    assert_int_equal(place_sql("SELECT count(*) FROM record"), 0);
    puts[3].record.version = 1;
    err = (struct quoth_error){0};
    assert_true(record_keep_all(s, &master, puts, RECORDS_AT_ONCE, &err));
    assert_true(record_each(s, &master, "policy", "https://a", gather, &all, &err));
    assert_non_null(memmem(all.data, all.len, "https://a/63/1/63;", 18));
}

/* ---- marks and the clock */

static const struct sha256 root = {{1}}, other_root = {{2}};

static struct collateral_mark mark_of(struct store *s, const struct sha256 *of,
                                      const char *document)
{
    struct quoth_error err = {0};
    struct sealed_marks sealed = {.store = s, .master = &master};
    const struct collateral_marks m = sealed_marks(&sealed);
    struct collateral_mark mark = {.issued = -1};
    if (!m.load(m.context, of, document, &mark, &err))
        fail_msg("%s", err.message);
    return mark;
}

static bool raise_mark(struct store *s, uint32_t number, int64_t issued, bool may_sink,
                       struct quoth_error *err)
{
    struct sealed_marks sealed = {.store = s, .master = &master, .may_sink = may_sink};
    const struct collateral_marks m = sealed_marks(&sealed);
    const struct collateral_mark mark = {.evaluation_number = number, .issued = issued};
    return m.store(m.context, &root, "tcb_info.sgx.00906ed50000", &mark, err);
}

static void is_mark(struct store *s, uint32_t number, int64_t issued)
{
    const struct collateral_mark mark = mark_of(s, &root, "tcb_info.sgx.00906ed50000");
    assert_int_equal(mark.evaluation_number, number);
    assert_int_equal(mark.issued, issued);
}

static void marks_rise_and_do_not_sink(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    int64_t revision;
    AUTO(store) struct store *s = opened();
    is_mark(s, 0, 0);
    assert_true(raise_mark(s, 0xFFFFFFFE, 1750000000, false, &err));
    is_mark(s, 0xFFFFFFFE, 1750000000);
    assert_true(raise_mark(s, 7, 1740000000, false, &err)); /* a node that was slower */
    is_mark(s, 0xFFFFFFFE, 1750000000);
    assert_true(raise_mark(s, 7, 1760000000, false, &err)); /* each on its own */
    is_mark(s, 0xFFFFFFFE, 1760000000);
    assert_true(raise_mark(s, 7, 1740000000, true, &err)); /* the operator wants it so */
    is_mark(s, 7, 1740000000);
    assert_int_equal(mark_of(s, &other_root, "tcb_info.sgx.00906ed50000").issued, 0);
    assert_int_equal(mark_of(s, &root, "qe_identity.sgx").issued, 0);
    assert_true(store_revision(s, &revision, &err));
    assert_int_equal(revision, 0); /* nobody needs to reload for it */
    assert_int_equal(place_sql("SELECT count(*) FROM record"), 1); /* old ones do not pile up */
}

static int64_t instant_of_test;

static int64_t clock_of_test(void)
{
    return instant_of_test;
}

static void is_recovery(struct store *s, const char *tee, uint32_t number, int64_t since)
{
    struct quoth_error err = {0};
    struct recovery r = {0};
    assert_true(recovery_load(s, &master, &root, tee, &r, &err));
    assert_int_equal(r.evaluation_number, number);
    assert_int_equal(r.since, since);
    assert_true(recovery_load(s, &master, &other_root, tee, &r, &err) && r.since == 0);
}

static void a_recovery_is_a_number_that_grows(void **state)
{
    (void)state;
    AUTO(store) struct store *s = opened();
    struct sealed_marks sealed = {.store = s, .master = &master, .clock = clock_of_test};
    const struct collateral_marks m = sealed_marks(&sealed);
    static const struct {
        const char *name, *document;
        uint32_t number;
        int64_t now;
        uint32_t then; /* of SGX, after it */
        int64_t since;
    } rows[] = {
        {"the first that is seen",     "tcb_info.sgx.aaaaaaaaaaaa", 17, 100, 0,  0  },
        {"the same, newer",            "tcb_info.sgx.aaaaaaaaaaaa", 17, 200, 0,  0  },
        {"another platform's first",   "tcb_info.sgx.bbbbbbbbbbbb", 17, 300, 0,  0  },
        {"a recovery",                 "tcb_info.sgx.aaaaaaaaaaaa", 18, 400, 18, 400},
        {"once more, nothing new",     "tcb_info.sgx.aaaaaaaaaaaa", 18, 450, 18, 400},
        {"the other platform follows", "tcb_info.sgx.bbbbbbbbbbbb", 18, 500, 18, 500},
        {"a slower node",              "tcb_info.sgx.bbbbbbbbbbbb", 17, 600, 18, 500},
        {"no TCB information",         "qe_identity.sgx",           1,  700, 18, 500},
        {"that grows",                 "qe_identity.sgx",           2,  750, 18, 500},
        {"another TEE",                "tcb_info.tdx.aaaaaaaaaaaa", 17, 800, 18, 500},
        {"another TEE's recovery",     "tcb_info.tdx.aaaaaaaaaaaa", 19, 850, 18, 500},
        {"a clock that went back",     "tcb_info.sgx.aaaaaaaaaaaa", 19, 50,  19, 500},
    };
    is_recovery(s, "sgx", 0, 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0};
        const struct collateral_mark mark = {.evaluation_number = rows[i].number,
                                             .issued = 1750000000 + (int64_t)i};
        print_message("  %s\n", rows[i].name);
        instant_of_test = rows[i].now;
        assert_true(m.store(m.context, &root, rows[i].document, &mark, &err));
        is_recovery(s, "sgx", rows[i].then, rows[i].since);
    }
    is_recovery(s, "tdx", 19, 850);
}

static void a_changed_mark_does_not_open(void **state)
{
    (void)state;
    struct quoth_error err = {0}, load = {0};
    struct collateral_mark mark;
    AUTO(store) struct store *s = opened();
    struct sealed_marks sealed = {.store = s, .master = &master};
    const struct collateral_marks m = sealed_marks(&sealed);
    assert_true(raise_mark(s, 7, 1750000000, false, &err));
    place_sql("UPDATE record SET version = version + 1");
    assert_false(m.load(m.context, &root, "tcb_info.sgx.00906ed50000", &mark, &load));
    assert_int_equal(load.code, QUOTH_SEAL_BROKEN);
    assert_false(raise_mark(s, 8, 1760000000, false, &err));
    assert_int_equal(err.code, QUOTH_SEAL_BROKEN);
}

#define CROWD 4
#define STEPS 25

static void nodes_that_raise_at_once_keep_the_highest(void **state)
{
    (void)state;
    for (int node = 0; node < CROWD; node++) {
        if (fork() != 0)
            continue;
        struct quoth_error err = {0};
        struct store *s = NULL;
        bool good = store_open(place.at, &s, &err);
        for (int step = 0; good && step < STEPS; step++)
            good =
                raise_mark(s, (uint32_t)(step * CROWD + node), 1750000000 + step, false, &err) &&
                instant_keep(s, &master, INSTANT_LATEST, 1000 + step * CROWD + node, false, &err);
        _exit(good ? 0 : 1);
    }
    for (int node = 0; node < CROWD; node++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    struct quoth_error err = {0};
    int64_t instant;
    AUTO(store) struct store *s = opened();
    is_mark(s, CROWD * STEPS - 1, 1750000000 + STEPS - 1);
    assert_true(instant_load(s, &master, INSTANT_LATEST, &instant, &err));
    assert_int_equal(instant, 1000 + CROWD * STEPS - 1);
}

static void the_clock_goes_on_and_is_sealed(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    int64_t instant = -1;
    AUTO(store) struct store *s = opened();
    assert_true(instant_load(s, &master, INSTANT_LATEST, &instant, &err));
    assert_int_equal(instant, 0);
    assert_true(instant_keep(s, &master, INSTANT_LATEST, 1750000060, false, &err) &&
                instant_keep(s, &master, INSTANT_LATEST, 1750000000, false, &err));
    assert_true(instant_load(s, &master, INSTANT_LATEST, &instant, &err));
    assert_int_equal(instant, 1750000060);
    assert_true(
        instant_keep(s, &master, INSTANT_LATEST, 1750000000, true, &err)); /* --clock-reset */
    assert_true(instant_load(s, &master, INSTANT_LATEST, &instant, &err));
    assert_int_equal(instant, 1750000000);
    place_sql("UPDATE record SET tenant = 'x'");
    assert_true(instant_load(s, &master, INSTANT_LATEST, &instant, &err)); /* gone */
    assert_int_equal(instant, 0);
    place_sql("UPDATE record SET tenant = '', version = version - 1");
    assert_false(instant_load(s, &master, INSTANT_LATEST, &instant, &err));
    assert_int_equal(err.code, QUOTH_SEAL_BROKEN);
}

#define with_fresh(test) cmocka_unit_test_setup(test, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_fresh(records_come_back_as_they_were),
        with_fresh(what_somebody_else_wrote_does_not_open),
        with_fresh(what_was_never_sealed_does_not_open),
        with_fresh(another_master_key_opens_nothing),
        with_fresh(nothing_is_readable_in_the_database),
        with_fresh(many_are_kept_whole_or_not_at_all),
        with_fresh(marks_rise_and_do_not_sink),
        with_fresh(a_recovery_is_a_number_that_grows),
        with_fresh(a_changed_mark_does_not_open),
        with_fresh(nodes_that_raise_at_once_keep_the_highest),
        with_fresh(the_clock_goes_on_and_is_sealed),
    };
    const int failed = place_run(tests);
    master_key_clear(&master);
    master_key_clear(&other);
    return failed;
}
