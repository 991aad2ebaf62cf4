/* Data that the poster holds and a TD's quote vouches for: REPORTDATA for runtime data, MRCONFIGID for
 * init-time data (maa.md 1.6). What else the verdict needs is left out. */
#include "platform/platform.h"
#include "platform/test_bed.h"
#include "verifier/verifier.h"

#define RUNTIME "{\"k\":\"runtime\"}"
#define INIT "{\"k\":\"init\"}"

struct scene {
    struct bed bed;
    struct platform *machine;
    struct trust trust;
};

static void scene_clear(struct scene *s)
{
    platform_close(s->machine);
    bed_remove(&s->bed);
}
DEFINE_AUTO_VALUE(scene, struct scene, scene_clear)

static void scene_make(struct scene *s)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer memory = {0};
    *s = (struct scene){.bed = bed_make()};
    const struct cert root = bed_cert(&s->bed, FILE_ROOT_CA_CERT, &memory);
    assert_true(platform_open(s->bed.folder, &s->machine, &err));
    assert_true(trust_add(&s->trust, TRUST_SIMULATED, TRUST_FOR_ALL, root.der, &err));
}

static void hash_into(uint8_t *field, size_t len, const char *data)
{
    const struct sha256 digest = sha256_of(bytes_of_text(data));
    memset(field, 0, len);
    bytes_copy(field, BYTES_OF(digest.bytes));
}

static const struct {
    const char *name;
    enum held_kind kind;
    const char *runtime, *init; /* what is held */
    size_t report_flip,
        config_flip; /* byte of the field that is changed before the quote, plus 1 */
    enum check_result runtime_result, init_result;
} rows[] = {
    {"nothing",                   HELD_NONE,   "",          "",       0,  0,  CHECK_SKIP, CHECK_SKIP},
    {"binary",                    HELD_BINARY, RUNTIME,     INIT,     0,  0,  CHECK_PASS, CHECK_PASS},
    {"JSON",                      HELD_JSON,   RUNTIME,     INIT,     0,  0,  CHECK_PASS, CHECK_PASS},
    {"exchanged",                 HELD_BINARY, INIT,        RUNTIME,  0,  0,  CHECK_FAIL, CHECK_FAIL},
    {"more than was hashed",      HELD_BINARY, RUNTIME " ", INIT " ", 0,  0,  CHECK_FAIL, CHECK_FAIL},
    {"empty",                     HELD_BINARY, "",          "",       0,  0,  CHECK_FAIL, CHECK_FAIL},
    {"another hash",              HELD_BINARY, RUNTIME,     INIT,     1,  32, CHECK_FAIL, CHECK_FAIL},
    {"something behind the hash", HELD_BINARY, RUNTIME,     INIT,     33, 33, CHECK_FAIL, CHECK_FAIL},
    {"something at the end",      HELD_BINARY, RUNTIME,     INIT,     64, 48, CHECK_FAIL, CHECK_FAIL},
};

static void judge(const struct scene *s, size_t row, unsigned version, struct appraisal *ret)
{
    uint8_t report_data[64];
    struct quoth_error err = {0};
    struct td_identity td = {.attributes = TD_ATTRIBUTE_SEPT_VE_DISABLE, .xfam = 0xE7};
    AUTO(buffer) struct buffer quote = {0};
    hash_into(report_data, sizeof report_data, RUNTIME);
    hash_into(td.mr_config_id, sizeof td.mr_config_id, INIT);
    if (rows[row].report_flip)
        report_data[rows[row].report_flip - 1] ^= 1;
    if (rows[row].config_flip)
        td.mr_config_id[rows[row].config_flip - 1] ^= 1;
    assert_true(platform_td_quote(s->machine, &td, BYTES_OF(report_data), version, &quote, &err));
    const struct verifier_input in = {
        .tee_input = {.evidence = buffer_bytes(&quote), .trust = &s->trust, .at = BED_NOW},
        .runtime = {rows[row].kind,                                bytes_of_text(rows[row].runtime)                                    },
        .init_time = {rows[row].kind,                                bytes_of_text(rows[row].init)},
    };
    assert_true(appraisal_init(ret, BED_NOW, &err));
    assert_false(verifier_appraise(&in, ret)); /* there is no collateral */
}

static void expect_claim(const struct appraisal *a, const char *name, const char *value)
{
    const struct claim *c = claims_find(a->claims, name);
    assert_int_equal(c != NULL, value != NULL);
    if (c)
        assert_true(bytes_equal(c->text, bytes_of_text(value)));
}

static void held_data_are_bound_by_the_td(void **state)
{
    (void)state;
    AUTO(scene) struct scene s;
    scene_make(&s);
    for (unsigned version = 4; version <= 5; version++)
        for (size_t i = 0; i < COUNT(rows); i++) {
            AUTO(appraisal) struct appraisal a;
            print_message("  version %u, %s\n", version, rows[i].name);
            judge(&s, i, version, &a);
            assert_int_equal(appraisal_find(&a, "runtime-data")->result, rows[i].runtime_result);
            assert_int_equal(appraisal_find(&a, "init-time-data")->result, rows[i].init_result);
            const bool json = rows[i].kind == HELD_JSON;
            expect_claim(&a, "x-ms-runtime", json ? RUNTIME : NULL);
            expect_claim(&a, "x-ms-inittime", json ? INIT : NULL);
            expect_claim(&a, "x-ms-sgx-ehd", NULL);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(held_data_are_bound_by_the_td),
    };
    return cmocka_run_group_tests_name("platform/held", tests, NULL, NULL);
}
