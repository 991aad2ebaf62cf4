/* What another thread of this node, or another node, does in the middle of a check of the store, a
 * look at the keyring or a put: exactly between two of its statements, on both kinds of store. Calls
 * of the store by the rooms below it pass through here (the linker's --wrap). */
#include "tests/keyring_things.h"

enum statement_kind { NEWEST, GET_KEYRING, GET_WATERMARK, GET_POLICY, PUT };

/* What is done where: before or after the call of that kind, as often as times says. */
struct cut {
    enum statement_kind at;
    bool after;
    size_t times;
    void (*act)(void);
};

static struct cut cut;
static bool acting; /* its own calls are not cut */

static struct store *own, *others;
static struct master_key node, other;
static int64_t reached; /* the version of the keyring that the node has had */

static void pass(enum statement_kind at, bool after)
{
    if (acting || cut.times == 0 || cut.at != at || cut.after != after)
        return;
    cut.times--;
    acting = true;
    cut.act();
    acting = false;
    reached = keyring_version(node.keyring);
}

static enum statement_kind of_kind(const char *kind)
{
    return strcmp(kind, KIND_KEYRING) == 0     ? GET_KEYRING
           : strcmp(kind, KIND_WATERMARK) == 0 ? GET_WATERMARK
                                               : GET_POLICY;
}

/* ---- the calls that are cut; named as --wrap wants it */

bool newest_in_store(struct store *s, store_each_fn *each, void *context,
                     struct quoth_error *err) __asm__("__real_store_newest");
bool newest_cut(struct store *s, store_each_fn *each, void *context,
                struct quoth_error *err) __asm__("__wrap_store_newest");

bool newest_cut(struct store *s, store_each_fn *each, void *context, struct quoth_error *err)
{
    pass(NEWEST, false);
    const bool good = newest_in_store(s, each, context, err);
    pass(NEWEST, true);
    return good;
}

bool get_in_store(struct store *s, const char *kind, const char *tenant, const char *id,
                  int64_t version, int64_t *ret_version, struct buffer *ret_value,
                  struct quoth_error *err) __asm__("__real_store_get");
bool get_cut(struct store *s, const char *kind, const char *tenant, const char *id, int64_t version,
             int64_t *ret_version, struct buffer *ret_value,
             struct quoth_error *err) __asm__("__wrap_store_get");

bool get_cut(struct store *s, const char *kind, const char *tenant, const char *id, int64_t version,
             int64_t *ret_version, struct buffer *ret_value, struct quoth_error *err)
{
    pass(of_kind(kind), false);
    const bool good = get_in_store(s, kind, tenant, id, version, ret_version, ret_value, err);
    pass(of_kind(kind), true);
    return good;
}

bool put_in_store(struct store *s, const struct store_put *puts, size_t count,
                  const struct store_also *also,
                  struct quoth_error *err) __asm__("__real_store_put_also");
bool put_cut(struct store *s, const struct store_put *puts, size_t count,
             const struct store_also *also,
             struct quoth_error *err) __asm__("__wrap_store_put_also");

bool put_cut(struct store *s, const struct store_put *puts, size_t count,
             const struct store_also *also, struct quoth_error *err)
{
    pass(PUT, false);
    const bool good = put_in_store(s, puts, count, also, err);
    pass(PUT, true);
    return good;
}

/* ---- what is done in between */

static void keep_next(struct store *s, const struct master_key *by, const char *id)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer ignored = {0};
    int64_t version;
    assert_true(store_get(s, "policy", "https://a", id, 0, &version, &ignored, &err));
    keep(s, by, id, version + 1);
}

static void node_puts(void)
{
    keep_next(own, &node, "busy");
}

static void other_puts(void)
{
    keep_next(others, &other, "busy");
}

static void node_puts_much(void) /* so that the watermark which was seen is not kept any more */
{
    for (int i = 0; i < WATERMARK_KEPT + 2; i++)
        node_puts();
}

static void node_rotates(void)
{
    rotate(own, &node);
}

static void other_rotates(void)
{
    rotate(others, &other);
}

static void other_rotates_to_the_end(void) /* no term is left that this node knows */
{
    other_rotates();
    other_puts();
    reseal_all(others, &other);
}

static void both_rotate(void)
{
    other_rotates();
    node_rotates();
}

static void add_a_slot(struct store *s, const struct master_key *by)
{
    struct quoth_error err = {0};
    const struct slots_sources both = sources(0, 2);
    assert_true(slots_add(s, by, &both, NOW, NULL, &err));
}

static void node_adds_a_slot(void)
{
    add_a_slot(own, &node);
}

static void other_adds_a_slot(void) /* a change that leaves the keyring key */
{
    add_a_slot(others, &other);
}

static void a_policy_is_taken(void)
{
    place_sql("DELETE FROM record WHERE kind = 'policy' AND id = 'there'");
}

static void all_is_put_back(void) /* to what it was one put before */
{
    place_sql("DELETE FROM record WHERE kind IN ('policy', 'watermark') AND version = 2");
}

static void the_keyring_is_put_back(void)
{
    place_sql("DELETE FROM record WHERE kind = 'keyring' AND version = (SELECT max(version) FROM"
              " record WHERE kind = 'keyring')");
}

/* ---- what is cut */

static enum quoth_code check(void)
{
    return checks(own, &node);
}

static enum quoth_code tell_version(void)
{
    struct quoth_error err = {0};
    int64_t version;
    return watermark_version(own, &node, &version, &err) ? QUOTH_OK : err.code;
}

static enum quoth_code reload(void)
{
    struct quoth_error err = {0};
    return slots_reload(own, &node, &err) ? QUOTH_OK : err.code;
}

static enum quoth_code reload_after(void (*news)(void))
{
    acting = true;
    news();
    acting = false;
    return reload();
}

static enum quoth_code reload_another_key(void)
{
    return reload_after(other_rotates);
}

static enum quoth_code reload_another_slot(void)
{
    return reload_after(other_adds_a_slot);
}

static enum quoth_code start(void)
{
    AUTO(master_key) struct master_key third = {NULL};
    return opens(others, 0, 1, &third);
}

static enum quoth_code start_by_a_new_slot(void)
{
    AUTO(master_key) struct master_key third = {NULL};
    assert_true(file_write(paths[1], BYTES_LITERAL("0123456789abcdef0123456789abcdef"), 0600,
                           &(struct quoth_error){0}));
    return opens(others, 1, 1, &third);
}

static enum quoth_code load(void)
{
    return loads(own, &node, "there");
}

static enum quoth_code put_one_more(void)
{
    struct quoth_error err = {0};
    const struct store_record r = {.kind = "policy",
                                   .tenant = "https://a",
                                   .id = "more",
                                   .version = 1,
                                   .value = BYTES_LITERAL("permit")};
    return record_keep(own, &node, &r, STORE_KEEP_ALL, &err) ? QUOTH_OK : err.code;
}

static enum quoth_code rotate_too(void)
{
    struct quoth_error err = {0};
    struct slots_rotation done;
    return slots_rotate(own, &node, NOW, NULL, &done, &err) ? QUOTH_OK : err.code;
}

static enum quoth_code reseal_too(void)
{
    struct quoth_error err = {0};
    struct reseal r = {.version = 0};
    bool end;
    return reseal_step(own, &node, &r, &end, &err) ? QUOTH_OK : err.code;
}

#define ALWAYS SIZE_MAX

/* clang-format off */
static const struct {
    const char *name;
    enum quoth_code (*what)(void);
    struct cut cut;
    enum quoth_code code;
} rows[] = {
    {"a check, and a thread puts before it looks",           check, {NEWEST, false, 1, node_puts},                    QUOTH_OK},
    {"a check, and a thread puts once it has looked",        check, {NEWEST, true, 1, node_puts},                     QUOTH_OK},
    {"a check, and a thread puts each time it has looked",   check, {NEWEST, true, ALWAYS, node_puts},                QUOTH_OK},
    {"a check, and a thread puts behind it",                 check, {GET_WATERMARK, true, 1, node_puts},              QUOTH_OK},
    {"a check, and another node puts once it has looked",    check, {NEWEST, true, 1, other_puts},                    QUOTH_OK},
    {"a check, and much is put once it has looked",          check, {NEWEST, true, 1, node_puts_much},                QUOTH_OK},
    {"a check, and much is put whenever it has looked",      check, {NEWEST, true, ALWAYS, node_puts_much},           QUOTH_STORE_UNAVAILABLE},
    {"a check, and a thread rotates once it has looked",     check, {NEWEST, true, 1, node_rotates},                  QUOTH_OK},
    {"a check, and another node rotates before it looks",    check, {NEWEST, false, 1, other_rotates_to_the_end},     QUOTH_OK},
    {"a check, and another node rotates once it has looked", check, {NEWEST, true, 1, other_rotates_to_the_end},      QUOTH_OK},
    {"a check, and a policy is taken before it looks",       check, {NEWEST, false, 1, a_policy_is_taken},            QUOTH_STORE_ROLLED_BACK},
    {"a check, and all is put back before it looks",         check, {NEWEST, false, 1, all_is_put_back},              QUOTH_STORE_ROLLED_BACK},

    {"the version, and a thread puts before it looks",       tell_version, {GET_WATERMARK, false, 1, node_puts},      QUOTH_OK},
    {"the version, and a thread puts once it has looked",    tell_version, {GET_WATERMARK, true, 1, node_puts},       QUOTH_OK},
    {"the version, and all is put back before it looks",     tell_version, {GET_WATERMARK, false, 1, all_is_put_back}, QUOTH_STORE_ROLLED_BACK},

    {"the keyring, and a thread rotates before it looks",        reload, {GET_KEYRING, false, 1, node_rotates},       QUOTH_OK},
    {"the keyring, and a thread rotates once it has looked",     reload, {GET_KEYRING, true, 1, node_rotates},        QUOTH_OK},
    {"the keyring, and another node rotates before it looks",    reload, {GET_KEYRING, false, 1, other_rotates},      QUOTH_OK},
    {"the keyring, and another node rotates once it has looked", reload, {GET_KEYRING, true, 1, other_rotates},       QUOTH_OK},
    {"the keyring, and both rotate before it looks",             reload, {GET_KEYRING, false, 1, both_rotate},        QUOTH_OK},
    {"the keyring, and both rotate once it has looked",          reload, {GET_KEYRING, true, 1, both_rotate},         QUOTH_OK},
    {"another key of it, and a thread rotates once it has looked",  reload_another_key, {GET_KEYRING, true, 1, node_rotates},  QUOTH_OK},
    {"another slot of it, and a thread rotates once it has looked", reload_another_slot, {GET_KEYRING, true, 1, node_rotates}, QUOTH_OK},
    {"the keyring, and it is put back before it looks",          reload, {GET_KEYRING, false, 1, the_keyring_is_put_back}, QUOTH_STORE_ROLLED_BACK},

    {"a start, and a node rotates once it has looked",       start, {GET_KEYRING, true, 1, node_rotates},             QUOTH_OK},
    {"a start, and a node rotates three times",              start, {GET_KEYRING, true, 3, node_rotates},             QUOTH_OK},
    {"a start, and a node rotates whenever it has looked",   start, {GET_KEYRING, true, ALWAYS, node_rotates},        QUOTH_STORE_STALE},
    {"a start by a slot that is added before it looks",      start_by_a_new_slot, {GET_KEYRING, false, 1, node_adds_a_slot}, QUOTH_OK},
    {"a start by a slot that is added once it has looked",   start_by_a_new_slot, {GET_KEYRING, true, 1, node_adds_a_slot}, QUOTH_OK},

    {"a read, and another node rotates before it looks",     load, {GET_POLICY, false, 1, other_rotates_to_the_end},  QUOTH_OK},
    {"a read, and another node rotates once it has looked",  load, {GET_POLICY, true, 1, other_rotates_to_the_end},   QUOTH_OK},
    {"a read, and both rotate once it has looked",           load, {GET_POLICY, true, 1, both_rotate},                QUOTH_OK},

    {"a put, and a thread puts before it is put",            put_one_more, {PUT, false, 1, node_puts},                QUOTH_OK},
    {"a put, and a thread puts once it is put",              put_one_more, {PUT, true, 1, node_puts},                 QUOTH_OK},
    {"a put, and another node puts before it is put",        put_one_more, {PUT, false, 1, other_puts},               QUOTH_OK},
    {"a put, and a thread rotates before it is put",         put_one_more, {PUT, false, 1, node_rotates},             QUOTH_OK},
    {"a put, and another node rotates before it is put",     put_one_more, {PUT, false, 1, other_rotates_to_the_end}, QUOTH_OK},
    {"a put, and another node rotates three times",          put_one_more, {PUT, false, 3, other_rotates_to_the_end}, QUOTH_OK},
    {"a put, and all is put back before it is put",          put_one_more, {PUT, false, 1, all_is_put_back},          QUOTH_STORE_ROLLED_BACK},

    {"a rotation, and a thread rotates too",                 rotate_too, {PUT, false, 1, node_rotates},               QUOTH_OK},
    {"a rotation, and another node rotates too",             rotate_too, {PUT, false, 1, other_rotates},              QUOTH_OK},
    {"a rotation, and another node rotates to the end",      rotate_too, {PUT, false, 1, other_rotates_to_the_end},   QUOTH_OK},
    {"a rotation, and the keyring is put back",              rotate_too, {PUT, false, 1, the_keyring_is_put_back},    QUOTH_STORE_ROLLED_BACK},
    {"sealing anew, and another node rotates",               reseal_too, {PUT, false, 1, other_rotates_to_the_end},   QUOTH_OK},
};
/* clang-format on */

/* Two nodes, a policy in two versions, and two terms, the older of which is in use. */
static void begin(void)
{
    own = opened();
    others = opened();
    made(own, 1, &node);
    keep(own, &node, "there", 1);
    keep(own, &node, "there", 2);
    rotate(own, &node);
    assert_int_equal(opens(others, 0, 1, &other), QUOTH_OK);
    assert_int_equal(checks(own, &node), QUOTH_OK);
}

static void end(void)
{
    master_key_clear(&node);
    master_key_clear(&other);
    store_close(own);
    store_close(others);
}

/* Nothing was lost, and neither node has gone back behind the store. */
static void all_is_well(void)
{
    const struct master_key *const nodes[] = {&node, &other};
    struct store *const stores[] = {own, others};
    for (size_t i = 0; i < COUNT(nodes); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer ring = {0};
        int64_t version;
        assert_int_equal(loads(stores[i], nodes[i], "there"), QUOTH_OK);
        keep_next(stores[i], nodes[i], "after");
        assert_int_equal(checks(stores[i], nodes[i]), QUOTH_OK);
        assert_true(slots_reload(stores[i], nodes[i], &err));
        assert_true(store_get(own, KIND_KEYRING, "", KIND_KEYRING, 0, &version, &ring, &err));
        assert_int_equal(keyring_version(nodes[i]->keyring), version);
    }
}

static void what_comes_in_between_is_no_false_alarm_and_hides_none(void **state)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("  %s\n", rows[i].name);
        begin();
        reached = keyring_version(node.keyring);
        cut = rows[i].cut;
        const enum quoth_code code = rows[i].what();
        if (code != rows[i].code)
            fail_msg("is %s, expected %s", quoth_code_dotted(code),
                     quoth_code_dotted(rows[i].code));
        assert_true(cut.times < rows[i].cut.times); /* it was there */
        assert_true(keyring_version(node.keyring) >= reached);
        cut.times = 0;
        if (code != QUOTH_STORE_ROLLED_BACK)
            all_is_well();
        end();
        gone(state);
        fresh(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_slots(what_comes_in_between_is_no_false_alarm_and_hides_none),
    };
    return place_run(tests);
}
