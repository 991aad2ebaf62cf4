/* What the vault keeps when a process is killed in the middle of it, and when many change the same
 * name at once. On a file and on PostgreSQL alike. */
#include "keys/watermark.h"
#include "tests/vault_things.h"
#include "vault/shelf.h"

#include <poll.h>
#include <signal.h>

/* ---- a storm */

/* What is done to a name, one after the other. */
enum step { CREATE, ROTATE, SET, SET_AGAIN, DELETE_KEY, PURGE_KEY, DELETE_SECRET, STEPS };

static bool take_step(const struct vault *v, const char *name, enum step step,
                      struct quoth_error *err)
{
    AUTO(vault_item) struct vault_item item = {0};
    const struct vault_changes none = {0};
    const struct bytes n = bytes_of_text(name);
    switch (step) {
    case CREATE:
        return vault_key_create(v, n, &things_oct, &none, THINGS_NOW, &item, err);
    case ROTATE:
        return vault_key_rotate(v, n, THINGS_NOW, &item, err);
    case SET:
        return vault_secret_set(v, n, BYTES_LITERAL("one"), &none, THINGS_NOW, &item, err);
    case SET_AGAIN:
        return vault_secret_set(v, n, BYTES_LITERAL("two"), &none, THINGS_NOW, &item, err);
    case DELETE_KEY:
        return vault_delete(v, VAULT_KEY, n, THINGS_NOW, &item, err);
    case PURGE_KEY:
        return vault_purge(v, VAULT_KEY, n, err);
    case DELETE_SECRET:
    case STEPS:
        break;
    }
    return vault_delete(v, VAULT_SECRET, n, THINGS_NOW, &item, err);
}

static const char *name_of(int round, int number, char name[24])
{
    snprintf(name, 24, "r%d-n%d", round, number);
    return name;
}

/* Takes step after step and says how many it took, until killed. */
static void storm(int round, int to)
{
    struct quoth_error err = {0};
    struct store *s = NULL;
    char name[24];
    if (!store_open(place.at, &s, &err))
        _exit(1);
    const struct vault v = things_vault(s);
    for (int taken = 0;;) {
        if (!take_step(&v, name_of(round, taken / STEPS, name), (enum step)(taken % STEPS), &err))
            _exit(1);
        taken++;
        if (write(to, &taken, sizeof taken) != sizeof taken)
            _exit(1);
    }
}

static int storm_until_killed(int round)
{
    int ends[2], taken = 0, next;
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        storm(round, ends[1]);
    }
    close(ends[1]);
    struct pollfd said = {.fd = ends[0], .events = POLLIN};
    assert_int_equal(poll(&said, 1, 60000), 1); /* it is in the middle of it */
    usleep(40000 + (useconds_t)round * 7919);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    while (read(ends[0], &next, sizeof next) == sizeof next)
        taken = next;
    close(ends[0]);
    place_settle();
    return taken;
}

/* Whether a name has so many versions of a kind, all of which open, in this state. */
static bool is_so(const struct vault *v, enum vault_kind kind, const char *name, size_t versions,
                  bool deleted)
{
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    const bool live = vault_find(v, kind, bytes_of_text(name), &item, &err);
    err = (struct quoth_error){0};
    if (!live && !vault_find_deleted(v, kind, bytes_of_text(name), &item, &err))
        return versions == 0;
    for (size_t i = 0; i < item.version_count; i++) {
        AUTO(buffer) struct buffer value = {0};
        AUTO(material) struct material *m = NULL;
        if (kind == VAULT_SECRET) {
            must(vault_secret_value(v, &item, &item.versions[i], &value, &err));
            is_text(&value, i == 0 ? "one" : "two");
        } else {
            must(vault_key_material(v, &item, &item.versions[i], &m, &err));
        }
    }
    return item.version_count == versions && live == !deleted;
}

static bool has_taken(const struct vault *v, const char *name, int steps)
{
    const size_t keys = steps > PURGE_KEY ? 0 : steps > ROTATE ? 2 : steps > CREATE ? 1 : 0;
    const size_t secrets = steps > SET_AGAIN ? 2 : steps > SET ? 1 : 0;
    return is_so(v, VAULT_KEY, name, keys, steps > DELETE_KEY) &&
           is_so(v, VAULT_SECRET, name, secrets, steps > DELETE_SECRET);
}

static bool count_one(void *context, const struct vault_item *item, struct quoth_error *err)
{
    (void)err;
    size_t *counts = context;
    counts[0]++;
    counts[1] += item->version_count;
    return true;
}

/* Names and versions that lists give. */
static void count_all(const struct vault *v, enum vault_kind kind, bool deleted, size_t counts[2])
{
    struct quoth_error err = {0}, broken = {0};
    bool more = true;
    char last[VAULT_NAME_MAX + 1] = "";
    while (more) {
        struct shelf_page page;
        must(shelf_list(v, kind, deleted ? SHELF_DELETED : SHELF_LIVE, last, VAULT_PAGE_MAX, &page,
                        &err));
        must(vault_list(v, kind, deleted, bytes_of_text(last), VAULT_PAGE_MAX, count_one, counts,
                        &more, &broken, &err));
        assert_int_equal(broken.code, QUOTH_OK);
        if (page.count > 0)
            snprintf(last, sizeof last, "%s", page.names[page.count - 1]);
    }
}

/* Each part is that of a version, and each mark that of a name. */
static void nothing_is_half(const struct vault *v)
{
    struct quoth_error err = {0};
    int64_t watermark;
    size_t counts[2] = {0};
    must(watermark_check(v->store, v->master, &watermark, &err)); /* nor is any record missing */
    for (int i = 0; i < 4; i++)
        count_all(v, i % 2 == 0 ? VAULT_KEY : VAULT_SECRET, i >= 2, counts);
    assert_int_equal(place_sql("SELECT count(*) FROM record WHERE kind LIKE 'vault.%.part'"),
                     counts[1]);
    assert_int_equal(place_sql("SELECT count(*) FROM record WHERE kind LIKE 'vault.%.live'"
                               " OR kind LIKE 'vault.%.deleted'"),
                     counts[0]);
    assert_int_equal(
        place_sql("SELECT count(*) FROM record WHERE version > 1"
                  " AND kind LIKE 'vault.%' AND kind NOT IN ('vault.key', 'vault.secret')"),
        0);
}

static void what_was_acknowledged_survives_a_kill(void **state)
{
    (void)state;
    char name[24];
    for (int round = 0; round < 8; round++) {
        const int taken = storm_until_killed(round);
        AUTO(store) struct store *s = opened();
        const struct vault v = things_vault(s);
        assert_true(taken > 0);
        for (int i = 0; i < taken / STEPS; i++)
            assert_true(has_taken(&v, name_of(round, i, name), STEPS));
        name_of(round, taken / STEPS, name); /* the last was perhaps done, and not heard any more */
        assert_true(has_taken(&v, name, taken % STEPS) || has_taken(&v, name, taken % STEPS + 1));
        nothing_is_half(&v);
    }
}

/* ---- a crowd */

#define CROWD 4
#define EACH 8

typedef bool act_fn(const struct vault *v, int who, struct quoth_error *err);

/* What becomes of it when all do the same at once: how many succeed. */
static int at_once(act_fn *act)
{
    int good = 0;
    for (int i = 0; i < CROWD; i++)
        if (fork() == 0) {
            struct quoth_error err = {0};
            struct store *s = NULL;
            if (!store_open(place.at, &s, &err))
                _exit(2);
            const struct vault v = things_vault(s);
            const bool done = act(&v, i, &err);
            if (!done)
                fprintf(stderr, "%s: %s\n", quoth_code_dotted(err.code), err.message);
            _exit(done ? 0 : 1);
        }
    for (int i = 0; i < CROWD; i++) {
        int status;
        assert_true(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) < 2);
        good += WEXITSTATUS(status) == 0;
    }
    return good;
}

static bool set_many(const struct vault *v, int who, struct quoth_error *err)
{
    const struct vault_changes none = {0};
    char value[16];
    for (int i = 0; i < EACH; i++) {
        AUTO(vault_item) struct vault_item item = {0};
        snprintf(value, sizeof value, "%d of %d", i, who);
        if (!vault_secret_set(v, BYTES_LITERAL("crowd"), bytes_of_text(value), &none, THINGS_NOW,
                              &item, err))
            return false;
    }
    return true;
}

static void a_crowd_of_writers_loses_nothing(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(vault_item) struct vault_item item = {0};
    int seen[CROWD][EACH] = {0};
    assert_int_equal(at_once(set_many), CROWD);
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    things_find(&v, VAULT_SECRET, "crowd", &item);
    assert_int_equal(item.version_count, CROWD * EACH);
    for (size_t i = 0; i < item.version_count; i++) {
        AUTO(buffer) struct buffer value = {0};
        must(vault_secret_value(&v, &item, &item.versions[i], &value, &err));
        assert_int_equal(value.len, strlen("0 of 0"));
        seen[value.data[5] - '0'][value.data[0] - '0']++;
    }
    for (size_t i = 0; i < CROWD * EACH; i++)
        assert_int_equal(seen[i / EACH][i % EACH], 1);
    nothing_is_half(&v);
}

static bool allow(void *context, const char *event, const struct vault_item *item,
                  struct quoth_error *err)
{
    (void)context, (void)event, (void)item, (void)err;
    return true;
}

static bool tick(const struct vault *v, int who, struct quoth_error *err)
{
    (void)who;
    const int64_t later = THINGS_NOW + 8 * TIME_DAY;
    return vault_tick(v, later, later, allow, NULL, err);
}

static void nodes_that_tick_at_once_do_each_thing_once(void **state)
{
    (void)state;
    const struct vault_rotation weekly = {
        .actions[VAULT_ROTATE] = {.is_set = true, .time = "P7D"}
    };
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    char name[8];
    for (int i = 0; i < 2 * EACH; i++) {
        struct quoth_error err = {0};
        AUTO(vault_item) struct vault_item item = {0};
        snprintf(name, sizeof name, "k%d", i);
        things_key(&v, name, NULL);
        if (i < EACH)
            must(vault_rotation_set(&v, bytes_of_text(name), &weekly, THINGS_NOW, &item, &err));
        else
            must(vault_delete(&v, VAULT_KEY, bytes_of_text(name), THINGS_NOW, &item, &err));
    }
    assert_int_equal(at_once(tick), CROWD);
    for (int i = 0; i < 2 * EACH; i++) {
        snprintf(name, sizeof name, "k%d", i);
        assert_true(is_so(&v, VAULT_KEY, name, i < EACH ? 2 : 0, false));
    }
    nothing_is_half(&v);
}

static bool remove_it(const struct vault *v, int who, struct quoth_error *err)
{
    AUTO(vault_item) struct vault_item item = {0};
    (void)who;
    return vault_delete(v, VAULT_KEY, BYTES_LITERAL("k"), THINGS_NOW, &item, err);
}

static bool purge_it(const struct vault *v, int who, struct quoth_error *err)
{
    (void)who;
    return vault_purge(v, VAULT_KEY, BYTES_LITERAL("k"), err);
}

static void of_many_who_remove_a_name_one_does(void **state)
{
    (void)state;
    AUTO(store) struct store *s = opened();
    const struct vault v = things_vault(s);
    things_key(&v, "k", NULL);
    assert_int_equal(at_once(remove_it), 1);
    assert_int_equal(at_once(purge_it), 1);
    nothing_is_half(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_vault(what_was_acknowledged_survives_a_kill),
        with_vault(a_crowd_of_writers_loses_nothing),
        with_vault(nodes_that_tick_at_once_do_each_thing_once),
        with_vault(of_many_who_remove_a_name_one_does),
    };
    return place_run(tests);
}
