/* Which key signs, and which are shown, at which instant. No key is made: times decide. */
#include "keys/signing_key.h"

#include "tests/unit.h"

#define LIFE SIGNING_KEY_SHOWN_AFTER

/* The latest first, as keys_load gives them. */
static struct kept_keys set_of(const int64_t *signs_from, const bool *distrusted, size_t count)
{
    struct kept_keys set = {.count = count};
    for (size_t i = 0; i < count; i++)
        set.keys[i] = (struct kept_key){.signs_from = signs_from[i], .distrusted = distrusted[i]};
    return set;
}

static const struct {
    const char *name;
    size_t count;
    int64_t signs_from[3];
    bool distrusted[3];
    int64_t now;
    int active;       /* index; -1: none */
    int64_t until[3]; /* shown */
    int64_t next;
} cases[] = {
    {"one key",                            1, {100},           {false},      100, 0,  {INT64_MAX},             INT64_MAX },
    {"one key, by a clock that is behind", 1, {100},           {false},      99,  0,  {INT64_MAX},             100       },
    {"one that waits",                     2, {700, 100},      {false},      699, 1,  {INT64_MAX, 700 + LIFE}, 700       },
    {"its turn",                           2, {700, 100},      {false},      700, 0,  {INT64_MAX, 700 + LIFE}, 700 + LIFE},
    {"nothing of the old one is valid",
     2,                                       {700, 100},
     {false},
     700 + LIFE,
     0,                                                                               {INT64_MAX, 700 + LIFE},
     INT64_MAX                                                                                                           },
    {"the one that waits is distrusted",   2, {700, 100},      {true},       650, 1,  {0, INT64_MAX},          INT64_MAX },
    {"the one that signs is distrusted",
     2,                                       {700, 100},
     {false, true},
     700,                                                                         0,
     {INT64_MAX, 0},
     INT64_MAX                                                                                                           },
    {"it is, before its follower's time",
     2,                                       {700, 100},
     {false, true},
     650,                                                                         0,
     {INT64_MAX, 0},
     700                                                                                                                 },
    {"the middle one is distrusted",
     3,                                       {900, 700, 100},
     {false, true, false},
     900,                                                                         0,
     {INT64_MAX, 0, 900 + LIFE},
     900 + LIFE                                                                                                          },
    {"it is, and the next waits",
     3,                                       {900, 700, 100},
     {false, true, false},
     899,                                                                         2,
     {INT64_MAX, 0, 900 + LIFE},
     900                                                                                                                 },
    {"three in a row",
     3,                                       {900, 700, 100},
     {false},
     1000,                                                                        0,
     {INT64_MAX, 900 + LIFE, 700 + LIFE},
     700 + LIFE                                                                                                          },
    {"nobody is trusted",                  2, {700, 100},      {true, true}, 800, -1, {0, 0},                  INT64_MAX },
    {"nobody is there",                    0, {0},             {false},      800, -1, {0},                     INT64_MAX },
};

static void instants_decide(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct kept_keys set =
            set_of(cases[i].signs_from, cases[i].distrusted, cases[i].count);
        print_message("  %s\n", cases[i].name);
        assert_ptr_equal(signing_key_active(&set, cases[i].now),
                         cases[i].active < 0 ? NULL : &set.keys[cases[i].active]);
        for (size_t k = 0; k < cases[i].count; k++)
            assert_true(signing_key_shown_until(&set, &set.keys[k]) == cases[i].until[k]);
        assert_true(signing_key_next_change(&set, cases[i].now) == cases[i].next);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instants_decide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
