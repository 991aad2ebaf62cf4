/* What the tests of the store itself share: a new store at the place, and things put into it. */
#ifndef QUOTH_TESTS_STORE_THINGS_H
#define QUOTH_TESTS_STORE_THINGS_H

#include "store/store.h"
#include "tests/store_place.h"

static inline int new_store(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    place_reset();
    if (!store_create(place.at, &err))
        fail_msg("%s: %s", err.where, err.message);
    return 0;
}

static inline struct store *opened_at(const char *at)
{
    struct quoth_error err = {0};
    struct store *s = NULL;
    if (!store_open(at, &s, &err))
        fail_msg("%s: %s", err.where, err.message);
    return s;
}

static inline struct store *opened(void)
{
    return opened_at(place.at);
}

static inline bool put(struct store *s, const char *id, int64_t version, const char *value,
                       size_t keep, struct quoth_error *err)
{
    const struct store_put one = {
        .record = {.kind = "thing",
                   .tenant = "https://a",
                   .id = id,
                   .version = version,
                   .value = bytes_of_text(value)},
        .keep = keep,
    };
    return store_put(s, &one, 1, err);
}

static inline int64_t newest(struct store *s, const char *id)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer value = {0};
    int64_t version = -1;
    assert_true(store_get(s, "thing", "https://a", id, 0, &version, &value, &err));
    return version;
}

static inline int64_t revision_of(struct store *s)
{
    struct quoth_error err = {0};
    int64_t revision = -1;
    if (!store_revision(s, &revision, &err))
        fail_msg("%s", err.message);
    return revision;
}

static inline void is_text(const struct buffer *b, const char *text)
{
    if (!bytes_equal(buffer_bytes(b), bytes_of_text(text)))
        fail_msg("found %.*s, expected %s", (int)b->len, (const char *)b->data, text);
}

#define with_store(test) cmocka_unit_test_setup(test, new_store)

#endif
