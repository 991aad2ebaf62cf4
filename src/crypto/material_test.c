#include "crypto/material.h"

#include "tests/unit.h"

static void make(const struct material_spec *spec, struct material **ret)
{
    struct quoth_error err = {0};
    if (!material_generate(spec, ret, &err))
        fail_msg("%s: %s", err.where, err.message);
}

static void every_kind_is_made_and_comes_back(void **state)
{
    static const struct material_spec specs[] = {
        {.type = MATERIAL_RSA, .bits = 2048},
        {.type = MATERIAL_RSA, .bits = 3072, .exponent = 65539},
        {.type = MATERIAL_EC,                    .curve = BYTES_INIT("P-256")             },
        {.type = MATERIAL_EC,                    .curve = BYTES_INIT("P-384")},
        {.type = MATERIAL_EC,                    .curve = BYTES_INIT("P-521")             },
        {.type = MATERIAL_EC,                    .curve = BYTES_INIT("P-256K")},
        {.type = MATERIAL_OCT,                    .bits = 128            },
        {.type = MATERIAL_OCT,                    .bits = 192},
        {.type = MATERIAL_OCT,                    .bits = 256            },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(specs); i++) {
        struct quoth_error err = {0};
        AUTO(material) struct material *m = NULL, *again = NULL;
        AUTO(buffer) struct buffer stored = {0}, twice = {0};
        make(&specs[i], &m);
        assert_true(material_export(m, &stored, &err));
        assert_true(material_import(specs[i].type, buffer_bytes(&stored), &again, &err));
        assert_true(material_export(again, &twice, &err));
        assert_true(bytes_equal(buffer_bytes(&stored), buffer_bytes(&twice)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_made_and_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
