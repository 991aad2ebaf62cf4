#include "tee/dcap/pck.h"

#include "tests/dcap_forge.h"

/* One fact of the extension made wrong. Arc 0: nothing. */
struct flaw {
    const char *name;
    unsigned omit, twice;         /* arcs of the outer list, 0 for none */
    unsigned tcb_omit, tcb_twice; /* arcs of the TCB list */
    unsigned flag_omit;           /* arc of the configuration */
    unsigned platform;            /* how many of the entries of a Platform CA are there */
    unsigned unknown;             /* an arc nobody knows */
    const char *fmspc, *component, *pcesvn, *type, *flag; /* hex of contents */
    uint8_t fmspc_tag;
    const char *where;
};

/* clang-format off */ /* version 14 crashes on this table */
static const struct flaw flaws[] = {
    {.name = "no PPID", .omit = 1, .where = "pck.sgx"},
    {.name = "no TCB", .omit = 2, .where = "pck.sgx"},
    {.name = "no FMSPC", .omit = 4, .where = "pck.sgx"},
    {.name = "no SGX type", .omit = 5, .where = "pck.sgx"},
    {.name = "FMSPC twice", .twice = 4, .where = "pck.sgx"},
    {.name = "six entries", .platform = 1, .where = "pck.sgx"},
    {.name = "an eighth entry", .platform = 2, .unknown = 8, .where = "pck.sgx"},
    {.name = "an entry 0", .unknown = 128, .where = "pck.sgx"},
    {.name = "component 16 missing", .tcb_omit = 16, .where = "pck.sgx.tcb"},
    {.name = "PCESVN missing", .tcb_omit = 17, .where = "pck.sgx.tcb"},
    {.name = "component 3 twice", .tcb_twice = 3, .where = "pck.sgx.tcb"},
    {.name = "a component of 256", .component = "0100", .where = "pck.sgx.tcb.svn"},
    {.name = "a negative component", .component = "80", .where = "pck.sgx.tcb.svn"},
    {.name = "a component padded", .component = "0005", .where = "pck.sgx.tcb.svn"},
    {.name = "a PCESVN of 65536", .pcesvn = "010000", .where = "pck.sgx.tcb.pcesvn"},
    {.name = "an FMSPC of 5 bytes", .fmspc = "0102030405", .where = "pck.sgx.fmspc"},
    {.name = "an FMSPC of 7 bytes", .fmspc = "01020304050607", .where = "pck.sgx.fmspc"},
    {.name = "an FMSPC as text", .fmspc_tag = DER_UTF8_STRING, .where = "pck.sgx.fmspc"},
    {.name = "SGX type 3", .type = "03", .where = "pck.sgx.type"},
    {.name = "SGX type of two bytes", .type = "0001", .where = "pck.sgx.type"},
    {.name = "a flag missing", .platform = 2, .flag_omit = 3, .where = "pck.sgx.configuration"},
    {.name = "a flag of 1", .platform = 2, .flag = "01", .where = "pck.sgx.configuration"},
};
/* clang-format on */

/* SEQUENCE { OID, value, NULL }, if a test asks for it. */
static const char *more_base;
static unsigned more_arc;

static bool add_more(struct buffer *to, const char *base, unsigned arc, uint8_t tag,
                     struct bytes content)
{
    char oid[48];
    AUTO(buffer) struct buffer entry = {0};
    if (!more_base || strcmp(more_base, base) != 0 || more_arc != arc)
        return false;
    snprintf(oid, sizeof oid, "%s.%u", base, arc);
    der_write_oid(&entry, oid);
    der_write_tlv(&entry, tag, content);
    der_write_null(&entry);
    der_write_tlv(to, DER_SEQUENCE, buffer_bytes(&entry));
    return true;
}

static void add(struct buffer *to, const char *base, unsigned arc, uint8_t tag, const char *hex,
                unsigned omit, unsigned twice)
{
    AUTO(buffer) struct buffer hold = {0};
    const struct bytes content = unit_hex(hex, &hold);
    if (add_more(to, base, arc, tag, content))
        return;
    if (arc != omit)
        forge_entry(to, base, arc, tag, content);
    if (arc == twice)
        forge_entry(to, base, arc, tag, content);
}

static const char * or (const char *wrong, const char *right)
{
    return wrong ? wrong : right;
}

static void add_tcb(struct buffer *to, const struct flaw *f)
{
    static const char base[] = FORGE_SGX_OID ".2";
    for (unsigned i = 1; i <= 16; i++)
        add(to, base, i, DER_INTEGER, i == 5 ? or (f->component, "00ff") : "07", f->tcb_omit,
            f->tcb_twice);
    add(to, base, 17, DER_INTEGER, or (f->pcesvn, "0d"), f->tcb_omit, f->tcb_twice);
    add(to, base, 18, DER_OCTET_STRING, "0707070700ff07070707070707070707", f->tcb_omit,
        f->tcb_twice);
}

static void add_platform(struct buffer *to, const struct flaw *f)
{
    AUTO(buffer) struct buffer configuration = {0}, hex = {0};
    struct quoth_error err = {0};
    add(to, FORGE_SGX_OID, 6, DER_OCTET_STRING, "000102030405060708090a0b0c0d0e0f", 0, 0);
    if (f->platform < 2)
        return;
    for (unsigned i = 1; i <= 3; i++)
        add(&configuration, FORGE_SGX_OID ".7", i, DER_BOOLEAN, i == 2 ? or (f->flag, "00") : "ff",
            f->flag_omit, 0);
    hex_encode(buffer_bytes(&configuration), &hex);
    AUTO(text) char *text = buffer_take_text(&hex, &err);
    add(to, FORGE_SGX_OID, 7, DER_SEQUENCE, text, 0, 0);
}

static void make(const struct flaw *f, struct buffer *to)
{
    AUTO(buffer) struct buffer all = {0}, tcb = {0}, hex = {0};
    struct quoth_error err = {0};
    add_tcb(&tcb, f);
    hex_encode(buffer_bytes(&tcb), &hex);
    AUTO(text) char *text = buffer_take_text(&hex, &err);
    add(&all, FORGE_SGX_OID, 1, DER_OCTET_STRING, "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf", f->omit,
        f->twice);
    add(&all, FORGE_SGX_OID, 2, DER_SEQUENCE, text, f->omit, f->twice);
    add(&all, FORGE_SGX_OID, 3, DER_OCTET_STRING, "0001", f->omit, f->twice);
    add(&all, FORGE_SGX_OID, 4, f->fmspc_tag ? f->fmspc_tag : DER_OCTET_STRING,
        or (f->fmspc, "f0f1f2f3f4f5"), f->omit, f->twice);
    add(&all, FORGE_SGX_OID, 5, DER_ENUMERATED, or (f->type, "01"), f->omit, f->twice);
    if (f->platform)
        add_platform(&all, f);
    if (f->unknown)
        add(&all, FORGE_SGX_OID, f->unknown, DER_OCTET_STRING, "00", 0, 0);
    der_write_tlv(to, DER_SEQUENCE, buffer_bytes(&all));
}

static void flaws_are_refused_where_they_are(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(flaws); i++) {
        struct quoth_error err = {0};
        struct pck pck;
        AUTO(buffer) struct buffer der = {0};
        print_message("  %s\n", flaws[i].name);
        make(&flaws[i], &der);
        assert_false(pck_read(buffer_bytes(&der), &pck, &err));
        assert_true(err.code == QUOTH_CERTIFICATE_MALFORMED || err.code == QUOTH_DER);
        assert_string_equal(err.where, flaws[i].where);
    }
}

/* An entry of the right arc below another arc, and entries with something behind their value. */
static void entries_are_of_this_extension_and_whole(void **state)
{
    (void)state;
    static const struct {
        const char *name, *from, *to; /* hex, of the same length */
        const char *where;
    } rows[] = {
        {"another arc",                      "2a864886f84d010d0101",   "2a864886f84d010d0201",   "pck.sgx"},
        {"another vendor",                   "2a864886f84d010d0104",   "2a864886f84e010d0104",   "pck.sgx"},
        {"another arc of the TCB",           "2a864886f84d010d010201", "2a864886f84d010d010301",
         "pck.sgx.tcb"                                                                                    },
        {"another arc of the configuration", "2a864886f84d010d010702", "2a864886f84d010d010602",
         "pck.sgx.configuration"                                                                          },
    };
    AUTO(buffer) struct buffer from = {0}, to = {0};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0};
        struct pck pck;
        AUTO(buffer) struct buffer der = {0};
        print_message("  %s\n", rows[i].name);
        make(&(struct flaw){.platform = 2}, &der);
        const struct bytes old = unit_hex(rows[i].from, &from), new = unit_hex(rows[i].to, &to);
        uint8_t *at = memmem(der.data, der.len, old.data, old.len);
        assert_non_null(at);
        bytes_copy(at, new);
        assert_false(pck_read(buffer_bytes(&der), &pck, &err));
        assert_int_equal(err.code, QUOTH_CERTIFICATE_MALFORMED);
        assert_string_equal(err.where, rows[i].where);
    }
}

static void nothing_follows_a_value(void **state)
{
    (void)state;
    static const struct {
        const char *base;
        unsigned arc;
    } rows[] = {
        {FORGE_SGX_OID,      1 },
        {FORGE_SGX_OID,      4 },
        {FORGE_SGX_OID,      7 },
        {FORGE_SGX_OID ".2", 3 },
        {FORGE_SGX_OID ".2", 18},
        {FORGE_SGX_OID ".7", 2 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0};
        struct pck pck;
        AUTO(buffer) struct buffer der = {0};
        more_base = rows[i].base;
        more_arc = rows[i].arc;
        make(&(struct flaw){.platform = 2}, &der);
        more_base = NULL;
        assert_false(pck_read(buffer_bytes(&der), &pck, &err));
        assert_int_equal(err.code, QUOTH_MALFORMED);
    }
}

static void every_prefix_and_what_follows_is_refused(void **state)
{
    (void)state;
    struct pck pck;
    AUTO(buffer) struct buffer der = {0};
    make(&(struct flaw){.platform = 2}, &der);
    for (size_t len = 0; len < der.len; len++) {
        struct quoth_error err = {0};
        assert_false(pck_read(bytes_slice(buffer_bytes(&der), 0, len), &pck, &err));
    }
    struct quoth_error err = {0};
    buffer_u8(&der, 0);
    assert_false(pck_read(buffer_bytes(&der), &pck, &err));
}

static void facts_are_read(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct pck pck;
    AUTO(buffer) struct buffer processor = {0}, platform = {0};
    make(&(struct flaw){0}, &processor);
    assert_true(pck_read(buffer_bytes(&processor), &pck, &err));
    assert_false(pck.is_platform);
    assert_int_equal(pck.components[4], 255);
    assert_int_equal(pck.components[15], 7);
    assert_int_equal(pck.pcesvn, 13);
    assert_int_equal(pck.fmspc[5], 0xF5);
    assert_int_equal(pck.pceid[1], 1);
    assert_int_equal(pck.ppid[15], 0xAF);
    assert_int_equal(pck.sgx_type, SGX_SCALABLE);

    make(&(struct flaw){.platform = 2}, &platform);
    assert_true(pck_read(buffer_bytes(&platform), &pck, &err));
    assert_true(pck.is_platform && pck.dynamic_platform && !pck.cached_keys && pck.smt_enabled);
    assert_int_equal(pck.platform_instance[15], 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flaws_are_refused_where_they_are),
        cmocka_unit_test(entries_are_of_this_extension_and_whole),
        cmocka_unit_test(nothing_follows_a_value),
        cmocka_unit_test(every_prefix_and_what_follows_is_refused),
        cmocka_unit_test(facts_are_read),
    };
    return cmocka_run_group_tests_name("tee/dcap/pck", tests, NULL, NULL);
}
