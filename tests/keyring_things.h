/* What the tests of the keyring in the store share: three files for master keys beside the place of
 * store_place.h, keyrings that are opened with them, and a policy that is kept under one. */
#ifndef QUOTH_TESTS_KEYRING_THINGS_H
#define QUOTH_TESTS_KEYRING_THINGS_H

#include "keys/reseal.h"
#include "keys/slots.h"
#include "keys/watermark.h"
#include "tests/store_things.h"

#include <sys/stat.h>

#define NOW 1750000000

static char folder[] = "/tmp/quoth-slots-XXXXXX";
static char state_folder[96], paths[3][128];
static char *items[] = {paths[0], paths[1], paths[2]};

static inline int fresh(void **state)
{
    snprintf(folder, sizeof folder, "/tmp/quoth-slots-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(state_folder, sizeof state_folder, "%s/state", folder);
    for (size_t i = 0; i < COUNT(paths); i++)
        snprintf(paths[i], sizeof paths[i], "%s/%zu.key", folder, i);
    assert_int_equal(mkdir(state_folder, 0700), 0);
    return new_store(state);
}

static inline int gone(void **state)
{
    char command[64];
    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static inline struct slots_sources sources(size_t from, size_t count)
{
    return (struct slots_sources){items + from, count, state_folder, true};
}

static inline void made(struct store *s, size_t count, struct master_key *to)
{
    struct quoth_error err = {0};
    const struct slots_sources all = sources(0, count);
    if (!slots_make(s, &all, NOW, to, &err))
        fail_msg("%s: %s", err.where, err.message);
}

static inline enum quoth_code opens(struct store *s, size_t from, size_t count,
                                    struct master_key *to)
{
    struct quoth_error err = {0};
    struct slots_sources some = sources(from, count);
    some.make = false;
    return slots_open(s, &some, NULL, to, &err) ? QUOTH_OK : err.code;
}

static inline void keep(struct store *s, const struct master_key *master, const char *id,
                        int64_t version)
{
    struct quoth_error err = {0};
    const struct store_record r = {.kind = "policy",
                                   .tenant = "https://a",
                                   .id = id,
                                   .version = version,
                                   .value = BYTES_LITERAL("permit")};
    if (!record_keep(s, master, &r, STORE_KEEP_ALL, &err))
        fail_msg("%s: %s", err.where, err.message);
}

static inline enum quoth_code loads(struct store *s, const struct master_key *master,
                                    const char *id)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer value = {0};
    int64_t version;
    if (!record_load(s, master, "policy", "https://a", id, 0, &version, &value, &err))
        return err.code;
    is_text(&value, "permit");
    return QUOTH_OK;
}

static inline void rotate(struct store *s, const struct master_key *master)
{
    struct quoth_error err = {0};
    struct slots_rotation done;
    if (!slots_rotate(s, master, NOW, NULL, &done, &err))
        fail_msg("%s: %s", err.where, err.message);
}

static inline void reseal_all(struct store *s, const struct master_key *master)
{
    struct quoth_error err = {0};
    struct reseal r = {.version = 0};
    for (bool end = false; !end;)
        if (!reseal_step(s, master, &r, &end, &err))
            fail_msg("%s: %s", err.where, err.message);
}

static inline enum quoth_code checks(struct store *s, const struct master_key *master)
{
    struct quoth_error err = {0};
    int64_t version;
    return watermark_check(s, master, &version, &err) ? QUOTH_OK : err.code;
}

#define with_slots(test) cmocka_unit_test_setup_teardown(test, fresh, gone)

#endif
