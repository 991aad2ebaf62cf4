#include "collateral/marks.h"

#include "tests/unit.h"

#include <stdio.h>

/* Marks in memory, and what was done with them. */
struct shelf {
    char names[16][COLLATERAL_DOCUMENT_SIZE];
    struct collateral_mark marks[16];
    size_t count;
    int stores;
};

static struct collateral_mark *find(struct shelf *s, const char *document)
{
    size_t i = 0;
    while (i < s->count && strcmp(s->names[i], document) != 0)
        i++;
    assert_true(i < COUNT(s->marks));
    if (i == s->count)
        snprintf(s->names[s->count++], COLLATERAL_DOCUMENT_SIZE, "%s", document);
    return &s->marks[i];
}

static bool load(void *context, const struct sha256 *root, const char *document,
                 struct collateral_mark *ret_mark, struct quoth_error *err)
{
    (void)root, (void)err;
    *ret_mark = *find(context, document);
    return true;
}

static bool store(void *context, const struct sha256 *root, const char *document,
                  const struct collateral_mark *mark, struct quoth_error *err)
{
    struct shelf *s = context;
    (void)root, (void)err;
    s->stores++;
    *find(s, document) = *mark;
    return true;
}

static struct collateral_key key_of(const char *tee, const char *fmspc, const char *ca)
{
    static const struct sha256 root = {{1}};
    struct quoth_error err = {0};
    struct collateral_key key;
    assert_true(collateral_key_make(&root, tee, fmspc, ca, &key, &err));
    return key;
}

static enum quoth_code advance(struct shelf *s, const struct collateral_key *key,
                               const struct collateral_mark *of, struct quoth_error *err)
{
    bool older;
    const struct collateral_marks marks = {.context = s, .load = load, .store = store};
    *err = (struct quoth_error){0};
    return marks_advance(&marks, key, of, false, &older, err) ? QUOTH_OK : err->code;
}

/* Which documents two platforms have in common: the newer one of the first is a mark for the second
 * exactly then. */
static void a_mark_is_for_what_the_document_speaks_of(void **state)
{
    (void)state;
    static const struct {
        enum collateral_part part;
        const char *tee, *fmspc, *ca; /* of the second; the first is sgx 00906ed50000 platform */
        const char *name;             /* of the document, if it is the same */
    } rows[] = {
        {COLLATERAL_TCB_INFO,    "sgx", "00906ed50000", "processor", "tcb_info.sgx.00906ed50000"},
        {COLLATERAL_TCB_INFO,    "tdx", "00906ed50000", "platform",  NULL                       },
        {COLLATERAL_TCB_INFO,    "sgx", "00906ed50001", "platform",  NULL                       },
        {COLLATERAL_QE_IDENTITY, "sgx", "00906ed50001", "processor", "qe_identity.sgx"          },
        {COLLATERAL_QE_IDENTITY, "tdx", "00906ed50000", "platform",  NULL                       },
        {COLLATERAL_PCK_CRL,     "tdx", "00906ed50001", "platform",  "pck_crl.platform"         },
        {COLLATERAL_PCK_CRL,     "sgx", "00906ed50000", "processor", NULL                       },
        {COLLATERAL_ROOT_CRL,    "tdx", "00906ed50001", "processor", "root_ca_crl"              },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct shelf s = {0};
        struct quoth_error err;
        const struct collateral_key first = key_of("sgx", "00906ed50000", "platform"),
                                    second = key_of(rows[i].tee, rows[i].fmspc, rows[i].ca);
        struct collateral_mark newer[COLLATERAL_PARTS] = {0}, older[COLLATERAL_PARTS] = {0};
        newer[rows[i].part] = (struct collateral_mark){.issued = 2000};
        older[rows[i].part] = (struct collateral_mark){.issued = 1000};
        assert_int_equal(advance(&s, &first, newer, &err), QUOTH_OK);
        assert_int_equal(s.count, 1); /* parts without a date are not asked for */
        assert_int_equal(advance(&s, &second, older, &err),
                         rows[i].name ? QUOTH_SOURCE_ROLLBACK : QUOTH_OK);
        if (rows[i].name)
            assert_string_equal(err.where, rows[i].name);
    }
}

/* One document too old, and nothing of the set is kept; none newer, and nothing is written. */
static void marks_are_raised_together(void **state)
{
    (void)state;
    struct shelf s = {0};
    struct quoth_error err;
    const struct collateral_key key = key_of("sgx", "00906ed50000", "platform");
    struct collateral_mark of[COLLATERAL_PARTS] = {
        [COLLATERAL_TCB_INFO] = {.evaluation_number = 17, .issued = 1000},
        [COLLATERAL_QE_IDENTITY] = {.evaluation_number = 17,                       .issued = 1000},
        [COLLATERAL_ROOT_CRL] = {.issued = 1000},
        [COLLATERAL_PCK_CRL] = {.issued = 1000         },
    };
    assert_int_equal(advance(&s, &key, of, &err), QUOTH_OK);
    assert_int_equal(s.stores, 4);
    assert_int_equal(advance(&s, &key, of, &err), QUOTH_OK);
    assert_int_equal(s.stores, 4);
    static const enum collateral_part parts[] = {COLLATERAL_TCB_INFO, COLLATERAL_QE_IDENTITY,
                                                 COLLATERAL_ROOT_CRL, COLLATERAL_PCK_CRL};
    for (size_t old = 0; old < COUNT(parts); old++) {
        for (size_t i = 0; i < COUNT(parts); i++)
            of[parts[i]].issued = i == old ? 999 : 2000;
        assert_int_equal(advance(&s, &key, of, &err), QUOTH_SOURCE_ROLLBACK);
        assert_int_equal(s.stores, 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mark_is_for_what_the_document_speaks_of),
        cmocka_unit_test(marks_are_raised_together),
    };
    return cmocka_run_group_tests_name("collateral/marks", tests, NULL, NULL);
}
