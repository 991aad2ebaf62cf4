/* The keyring in the store: slots, terms, and what is sealed anew, on both kinds of store. */
#include "tests/keyring_things.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

static void each_slot_opens_and_nothing_else(void **state)
{
    (void)state;
    AUTO(store) struct store *s = opened();
    AUTO(master_key) struct master_key one = {NULL}, two = {NULL}, three = {NULL};
    made(s, 2, &one);
    keep(s, &one, "p", 1);
    assert_int_equal(opens(s, 1, 1, &two), QUOTH_OK);
    assert_int_equal(loads(s, &two, "p"), QUOTH_OK);
    assert_int_equal(opens(s, 2, 1, &three), QUOTH_MASTER_KEY); /* not there */
    assert_true(file_write(paths[2], BYTES_LITERAL("0123456789abcdef0123456789abcdef"), 0600,
                           &(struct quoth_error){0}));
    assert_int_equal(opens(s, 2, 1, &three), QUOTH_MASTER_KEY); /* of nobody */
    assert_int_equal(opens(s, 1, 2, &three), QUOTH_OK);         /* one is enough */
}

static void a_slot_is_added_and_removed(void **state)
{
    (void)state;
    struct quoth_error err = {0}, last = {0}, missing = {0};
    AUTO(store) struct store *s = opened();
    AUTO(master_key) struct master_key one = {NULL}, two = {NULL};
    AUTO(ring) struct ring ring;
    AUTO(ring_place) struct ring_place at;
    const struct slots_sources all = sources(0, 2);
    made(s, 1, &one);
    assert_true(slots_add(s, &one, &all, NOW, NULL, &err));
    assert_int_equal(opens(s, 1, 1, &two), QUOTH_OK);
    keyring_get(one.keyring, &ring, &at);
    assert_int_equal(ring.slot_count, 2);
    assert_false(slots_remove(s, &one, "file:none", &missing));
    assert_int_equal(missing.code, QUOTH_SLOT_MISSING);
    assert_true(slots_remove(s, &one, ring.slots[1].name, &err));
    master_key_clear(&two);
    assert_int_equal(opens(s, 1, 1, &two), QUOTH_MASTER_KEY);
    assert_false(slots_remove(s, &one, ring.slots[0].name, &last));
    assert_int_equal(last.code, QUOTH_SLOT_LAST);
    /* put back by somebody who holds the database: the keyring does not name it */
    place_sql("UPDATE record SET value = (SELECT value FROM record o WHERE o.kind = 'slot'"
              " AND o.version = 1 LIMIT 1) WHERE kind = 'slot' AND version = 2");
    assert_int_not_equal(opens(s, 1, 1, &two), QUOTH_OK);
}

static void a_rotation_is_followed_and_the_old_term_goes(void **state)
{
    (void)state;
    AUTO(store) struct store *s = opened();
    AUTO(master_key) struct master_key one = {NULL}, other = {NULL};
    AUTO(ring) struct ring ring;
    AUTO(ring_place) struct ring_place at;
    char id[16];
    made(s, 2, &one);
    assert_int_equal(opens(s, 1, 1, &other), QUOTH_OK); /* another node */
    for (int i = 0; i < 150; i++) {
        snprintf(id, sizeof id, "p%d", i);
        keep(s, &one, id, 1);
    }
    rotate(s, &one);
    keep(s, &one, "new", 1);
    assert_int_equal(loads(s, &other, "new"), QUOTH_OK); /* a term it had not met */
    keep(s, &other, "other", 1);
    assert_true(reseal_is_due(&one));
    reseal_all(s, &one);
    keyring_get(one.keyring, &ring, &at);
    assert_int_equal(ring.term_count, 1);
    assert_int_equal(ring.terms[0].number, 2);
    assert_int_equal(at.generation, 2); /* both slots were reached */
    assert_int_equal(loads(s, &other, "p0"), QUOTH_OK);
    keep(s, &other, "p0", 2); /* sealed with a keyring that is gone: read again, unseen */
    assert_int_equal(checks(s, &one), QUOTH_OK);
    master_key_clear(&other);
    assert_int_equal(opens(s, 0, 1, &other), QUOTH_OK);
    assert_int_equal(loads(s, &other, "p149"), QUOTH_OK);
}

static void what_cannot_be_reached_keeps_its_slot(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(store) struct store *s = opened();
    AUTO(master_key) struct master_key one = {NULL}, two = {NULL};
    struct slots_rotation done;
    made(s, 2, &one);
    assert_int_equal(opens(s, 0, 1, &two), QUOTH_OK); /* a node with one of the two */
    assert_true(slots_rotate(s, &two, NOW, NULL, &done, &err));
    assert_int_equal(done.term, 2);
    assert_false(done.rekeyed);
    master_key_clear(&two);
    assert_int_equal(opens(s, 1, 1, &two), QUOTH_OK);
}

static const char *const attacks[] = {
    "DELETE FROM record WHERE kind = 'policy' AND id = 'a' AND version = 2",
    "DELETE FROM record WHERE kind = 'policy' AND id = 'b'",
    "DELETE FROM record WHERE kind = 'policy'",
    "DELETE FROM record WHERE kind = 'watermark'",
    ("DELETE FROM record WHERE kind = 'watermark' AND version = (SELECT max(version) FROM record"
     " WHERE kind = 'watermark')"),
    "UPDATE record SET id = 'c' WHERE kind = 'policy' AND id = 'b'",
};

static void what_is_missing_is_missed(void **state)
{
    for (size_t i = 0; i < COUNT(attacks); i++) {
        AUTO(store) struct store *s = opened();
        AUTO(master_key) struct master_key one = {NULL}, later = {NULL};
        print_message("  %s\n", attacks[i]);
        made(s, 1, &one);
        keep(s, &one, "a", 1);
        keep(s, &one, "a", 2);
        keep(s, &one, "b", 1);
        assert_int_equal(checks(s, &one), QUOTH_OK);
        place_sql(attacks[i]);
        assert_int_equal(opens(s, 0, 1, &later), QUOTH_OK);
        assert_int_equal(checks(s, &later), QUOTH_STORE_ROLLED_BACK);
        gone(state);
        fresh(state);
    }
}

static void a_store_that_goes_back_while_it_runs_is_seen(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    const struct store_record r = {
        .kind = "policy", .tenant = "https://a", .id = "b", .version = 1};
    AUTO(store) struct store *s = opened();
    AUTO(master_key) struct master_key one = {NULL};
    int64_t version = 0;
    made(s, 1, &one);
    keep(s, &one, "a", 1);
    keep(s, &one, "a", 2);
    assert_true(watermark_version(s, &one, &version, &err));
    assert_int_equal(version, 2);
    place_sql("DELETE FROM record WHERE kind IN ('policy', 'watermark') AND version = 2");
    assert_false(record_keep(s, &one, &r, 0, &err));
    assert_int_equal(err.code, QUOTH_STORE_ROLLED_BACK);
    err = (struct quoth_error){0};
    assert_false(watermark_version(s, &one, &version, &err)); /* nothing is signed for */
    assert_int_equal(err.code, QUOTH_STORE_ROLLED_BACK);
    assert_int_equal(version, 2);
}

/* Killed at any moment of rotations, it opens again with everything in it. */
static void a_kill_loses_nothing(void **state)
{
    (void)state;
    for (int round = 0; round < 6; round++) {
        const pid_t child = fork();
        if (child == 0) {
            AUTO(store) struct store *s = opened();
            AUTO(master_key) struct master_key m = {NULL};
            bool there = false;
            if (!slots_are_there(s, &there, &(struct quoth_error){0}))
                _exit(1);
            if (!there)
                made(s, 2, &m);
            else if (opens(s, 0, 2, &m) != QUOTH_OK)
                _exit(1);
            for (int64_t version = 1 + newest(s, "none");; version++) {
                char id[24];
                snprintf(id, sizeof id, "k%d-%d", round, (int)version);
                keep(s, &m, id, 1);
                rotate(s, &m);
                reseal_all(s, &m);
            }
        }
        usleep(60000 + 37000 * (useconds_t)round);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, NULL, 0), child);
        place_settle();
        AUTO(store) struct store *s = opened();
        AUTO(master_key) struct master_key m = {NULL};
        bool there = false;
        assert_true(slots_are_there(s, &there, &(struct quoth_error){0}));
        if (!there)
            continue;
        assert_int_equal(opens(s, 0, 1, &m), QUOTH_OK);
        master_key_clear(&m);
        assert_int_equal(opens(s, 1, 1, &m), QUOTH_OK);
        assert_int_equal(checks(s, &m), QUOTH_OK);
    }
}

/* ---- a check while others write and rotate */

struct writing {
    struct store *store;
    const struct master_key *master;
    atomic_bool over;
};

static void *write_on(void *writing)
{
    struct writing *w = writing;
    for (int64_t version = 1; !atomic_load(&w->over); version++) {
        keep(w->store, w->master, "busy", version);
        if (version % 20 == 0)
            rotate(w->store, w->master);
        if (version % 20 == 10)
            reseal_all(w->store, w->master);
    }
    return NULL;
}

static void a_check_while_others_write_finds_nothing(void **state)
{
    (void)state;
    pthread_t thread;
    AUTO(store) struct store *s = opened();
    AUTO(master_key) struct master_key one = {NULL};
    made(s, 1, &one);
    struct writing w = {.store = s, .master = &one};
    assert_int_equal(pthread_create(&thread, NULL, write_on, &w), 0);
    for (size_t i = 0; i < 300; i++) {
        const enum quoth_code code = checks(s, &one);
        assert_true(code == QUOTH_OK || code == QUOTH_STORE_UNAVAILABLE);
        assert_true(slots_reload(s, &one, &(struct quoth_error){0}));
    }
    atomic_store(&w.over, true);
    pthread_join(thread, NULL);
    assert_int_equal(checks(s, &one), QUOTH_OK);
}

/* Not one to be tried again for ever: nobody could tell it from a store that is busy. */
static void a_watermark_of_no_term_is_broken(void **state)
{
    (void)state;
    AUTO(store) struct store *s = opened();
    AUTO(master_key) struct master_key one = {NULL};
    made(s, 1, &one);
    keep(s, &one, "p", 1);
    place_sql(place.shared ? "UPDATE record SET value = overlay(value placing '\\x77000000'::bytea"
                             " from 6) WHERE kind = 'watermark'"
                           : "UPDATE record SET value = CAST(substr(value, 1, 5) || x'77000000' ||"
                             " substr(value, 10) AS BLOB) WHERE kind = 'watermark'");
    assert_int_equal(checks(s, &one), QUOTH_SEAL_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_slots(each_slot_opens_and_nothing_else),
        with_slots(a_slot_is_added_and_removed),
        with_slots(a_rotation_is_followed_and_the_old_term_goes),
        with_slots(what_cannot_be_reached_keeps_its_slot),
        with_slots(what_is_missing_is_missed),
        with_slots(a_store_that_goes_back_while_it_runs_is_seen),
        with_slots(a_kill_loses_nothing),
        with_slots(a_check_while_others_write_finds_nothing),
        with_slots(a_watermark_of_no_term_is_broken),
    };
    return place_run(tests);
}
