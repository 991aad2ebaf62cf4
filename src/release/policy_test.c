#include "release/policy.h"

#include "tests/unit.h"

#include <stdio.h>

#define A "\"authority\":\"https://maa.example\""
#define C "{\"claim\":\"a\",\"equals\":\"b\"}"
#define ENTRY "{" A ",\"allOf\":[" C "]}"
#define POLICY(entries) "{\"version\":\"1.0.0\",\"anyOf\":[" entries "]}"
#define ALL_OF(conditions) POLICY("{" A ",\"allOf\":[" conditions "]}")
#define AUTHORITY(url) POLICY("{\"authority\":\"" url "\",\"allOf\":[" C "]}")
#define SYNTAX QUOTH_RELEASE_POLICY_SYNTAX
#define LIMIT QUOTH_RELEASE_POLICY_LIMIT

/* clang-format off */
static const struct {
    const char *name, *text;
    enum quoth_code code;
    const char *where;
} refusals[] = {
    {"nothing",                "",                                SYNTAX, "line 1, column 1"},
    {"no object",              "[]",                              SYNTAX, "line 1, column 1"},
    {"a string",               "\"1.0.0\"",                       SYNTAX, "line 1, column 1"},
    {"empty object",           "{}",                              SYNTAX, "line 1, column 1"},
    {"not UTF-8",              "{\"version\":\"1.0.0\xff\"}",     SYNTAX, "line 1, column 18"},
    {"cut short",              "{\"version\":\"1.0.0\",\"anyOf\":[", SYNTAX, NULL},
    {"something behind",       POLICY(ENTRY) " ,",                SYNTAX, NULL},
    {"two versions",           "{\"version\":\"1.0.0\",\"version\":\"1.0.0\",\"anyOf\":[" ENTRY "]}", SYNTAX, NULL},
    {"no version",             "{\"anyOf\":[" ENTRY "]}",         SYNTAX, "line 1, column 1"},
    {"another version",        "{\"version\":\"2.0.0\",\"anyOf\":[" ENTRY "]}", SYNTAX, "line 1, column 12 (version)"},
    {"version with a blank",   "{\"version\":\"1.0.0 \",\"anyOf\":[" ENTRY "]}", SYNTAX, "line 1, column 12 (version)"},
    {"version is a number",    "{\"version\":1.0,\"anyOf\":[" ENTRY "]}", SYNTAX, "line 1, column 12 (version)"},
    {"no anyOf",               "{\"version\":\"1.0.0\"}",         SYNTAX, "line 1, column 1"},
    {"allOf on top",           "{\"version\":\"1.0.0\",\"allOf\":[" ENTRY "]}", SYNTAX, "line 1, column 28 (allOf)"},
    {"both on top",            "{\"version\":\"1.0.0\",\"anyOf\":[" ENTRY "],\"allOf\":[" ENTRY "]}", SYNTAX, NULL},
    {"something more on top",  "{\"version\":\"1.0.0\",\"anyOf\":[" ENTRY "],\"immutable\":true}", SYNTAX, NULL},
    {"anyOf is an object",     "{\"version\":\"1.0.0\",\"anyOf\":" ENTRY "}", SYNTAX, "line 1, column 28 (anyOf)"},
    {"no entries",             POLICY(""),                        SYNTAX, "line 1, column 28 (anyOf)"},
    {"an entry is null",       POLICY("null"),                    SYNTAX, "line 1, column 29 (anyOf[0])"},
    {"the second entry is one", POLICY(ENTRY ",\n 1"),            SYNTAX, "line 2, column 2 (anyOf[1])"},

    {"no authority",           POLICY("{\"allOf\":[" C "]}"),     SYNTAX, "line 1, column 29 (anyOf[0])"},
    {"authority is a number",  POLICY("{\"authority\":1,\"allOf\":[" C "]}"), SYNTAX, "line 1, column 42 (anyOf[0].authority)"},
    {"authority is a list",    POLICY("{\"authority\":[\"https://maa.example\"],\"allOf\":[" C "]}"), SYNTAX, NULL},
    {"authority is empty",     AUTHORITY(""),                     SYNTAX, "line 1, column 42 (anyOf[0].authority)"},
    {"http",                   AUTHORITY("http://maa.example"),   SYNTAX, NULL},
    {"no scheme",              AUTHORITY("maa.example"),          SYNTAX, NULL},
    {"no host",                AUTHORITY("https://"),             SYNTAX, NULL},
    {"any host",               AUTHORITY("https://*.maa.example"), SYNTAX, NULL},
    {"a user",                 AUTHORITY("https://maa.example@evil.test"), SYNTAX, NULL},
    {"a query",                AUTHORITY("https://maa.example/?x=1"), SYNTAX, NULL},
    {"a fragment",             AUTHORITY("https://maa.example/#x"), SYNTAX, NULL},
    {"port 0",                 AUTHORITY("https://maa.example:0"), SYNTAX, NULL},
    {"port 65536",             AUTHORITY("https://maa.example:65536"), SYNTAX, NULL},
    {"blank before",           AUTHORITY(" https://maa.example"), SYNTAX, NULL},
    {"newline behind",         AUTHORITY("https://maa.example\\n"), SYNTAX, NULL},
    {"backslash",              AUTHORITY("https://maa.example\\\\@evil.test"), SYNTAX, NULL},
    {"no list",                POLICY("{" A "}"),                 SYNTAX, "line 1, column 29 (anyOf[0])"},
    {"both lists",             POLICY("{" A ",\"allOf\":[" C "],\"anyOf\":[" C "]}"), SYNTAX, NULL},
    {"the list twice",         POLICY("{" A ",\"allOf\":[" C "],\"allOf\":[" C "]}"), SYNTAX, NULL},
    {"claim in an entry",      POLICY("{" A ",\"claim\":\"a\",\"equals\":\"b\"}"), SYNTAX, NULL},
    {"an entry in an entry",   ALL_OF(ENTRY),                     SYNTAX, NULL},
    {"empty allOf",            ALL_OF(""),                        SYNTAX, "line 1, column 72 (anyOf[0].allOf)"},
    {"empty anyOf",            POLICY("{" A ",\"anyOf\":[]}"),    SYNTAX, NULL},
    {"empty list inside",      ALL_OF(C ",{\"anyOf\":[]}"),       SYNTAX, NULL},
    {"list is an object",      POLICY("{" A ",\"allOf\":" C "}"), SYNTAX, NULL},
    {"list is null",           POLICY("{" A ",\"allOf\":null}"),  SYNTAX, NULL},
    {"list is a string",       POLICY("{" A ",\"allOf\":\"\"}"),  SYNTAX, NULL},

    {"condition is a string",  ALL_OF("\"a\""),                   SYNTAX, "line 1, column 73 (anyOf[0].allOf[0])"},
    {"condition is true",      ALL_OF("true"),                    SYNTAX, NULL},
    {"condition is a list",    ALL_OF("[" C "]"),                 SYNTAX, NULL},
    {"condition is empty",     ALL_OF("{}"),                      SYNTAX, NULL},
    {"no claim",               ALL_OF("{\"equals\":\"b\"}"),      SYNTAX, NULL},
    {"no operator",            ALL_OF("{\"claim\":\"a\"}"),       SYNTAX, NULL},
    {"two operators",          ALL_OF("{\"claim\":\"a\",\"equals\":\"b\",\"notEquals\":\"c\"}"), SYNTAX, NULL},
    {"one operator twice",     ALL_OF("{\"claim\":\"a\",\"equals\":\"b\",\"equals\":\"b\"}"), SYNTAX, NULL},
    {"escaped, but the same",  ALL_OF("{\"claim\":\"a\",\"equals\":\"b\",\"equ\\u0061ls\":\"c\"}"), SYNTAX, NULL},
    {"claim and list",         ALL_OF("{\"claim\":\"a\",\"anyOf\":[" C "]}"), SYNTAX, NULL},
    {"operator in capitals",   ALL_OF("{\"claim\":\"a\",\"Equals\":\"b\"}"), SYNTAX, NULL},
    {"contains",               ALL_OF("{\"claim\":\"a\",\"contains\":\"b\"}"), SYNTAX, NULL},
    {"the older form",         ALL_OF("{\"claim\":\"a\",\"condition\":\"equals\",\"value\":\"b\"}"), SYNTAX, NULL},
    {"not",                    ALL_OF("{\"not\":" C "}"),         SYNTAX, NULL},
    {"a comment",              ALL_OF("{\"claim\":\"a\",\"equals\":\"b\",\"comment\":\"\"}"), SYNTAX, NULL},
    {"claim is a number",      ALL_OF("{\"claim\":1,\"equals\":\"b\"}"), SYNTAX, NULL},
    {"claim is empty",         ALL_OF("{\"claim\":\"\",\"equals\":\"b\"}"), SYNTAX, NULL},
    {"empty part",             ALL_OF("{\"claim\":\"a..b\",\"equals\":\"b\"}"), SYNTAX, NULL},
    {"empty first part",       ALL_OF("{\"claim\":\".a\",\"equals\":\"b\"}"), SYNTAX, NULL},
    {"empty last part",        ALL_OF("{\"claim\":\"a.\",\"equals\":\"b\"}"), SYNTAX, NULL},
    {"a dot",                  ALL_OF("{\"claim\":\".\",\"equals\":\"b\"}"), SYNTAX, NULL},
    {"value is null",          ALL_OF("{\"claim\":\"a\",\"equals\":null}"), SYNTAX, NULL},
    {"value is a list",        ALL_OF("{\"claim\":\"a\",\"equals\":[\"b\"]}"), SYNTAX, NULL},
    {"value is an object",     ALL_OF("{\"claim\":\"a\",\"equals\":{}}"), SYNTAX, NULL},
    {"exists is a string",     ALL_OF("{\"claim\":\"a\",\"exists\":\"true\"}"), SYNTAX, NULL},
    {"exists is 1",            ALL_OF("{\"claim\":\"a\",\"exists\":1}"), SYNTAX, NULL},
    {"order of a word",        ALL_OF("{\"claim\":\"a\",\"less\":\"b\"}"), SYNTAX, NULL},
    {"order of true",          ALL_OF("{\"claim\":\"a\",\"greater\":true}"), SYNTAX, NULL},
    {"order of a fraction",    ALL_OF("{\"claim\":\"a\",\"greater\":1.5}"), SYNTAX, NULL},
    {"order of an exponent",   ALL_OF("{\"claim\":\"a\",\"greater\":1e2}"), SYNTAX, NULL},
    {"order of 01",            ALL_OF("{\"claim\":\"a\",\"greater\":\"01\"}"), SYNTAX, NULL},
    {"order of +1",            ALL_OF("{\"claim\":\"a\",\"greater\":\"+1\"}"), SYNTAX, NULL},
    {"order beyond 2^53",      ALL_OF("{\"claim\":\"a\",\"greater\":9007199254740993}"), SYNTAX, NULL},
    {"order of twenty digits", ALL_OF("{\"claim\":\"a\",\"greater\":18446744073709551616}"), SYNTAX, NULL},
    {"order of nothing",       ALL_OF("{\"claim\":\"a\",\"greater\":\"\"}"), SYNTAX, NULL},
};
/* clang-format on */

static void refusals_say_what_and_where(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct quoth_error err = {0};
        AUTO(release_policy) struct release_policy p = {0};
        print_message("  %s\n", refusals[i].name);
        assert_false(release_policy_read(bytes_of_text(refusals[i].text), &p, &err));
        assert_int_equal(err.code, refusals[i].code);
        assert_true(err.message[0] != '\0' && p.text.data == NULL);
        char where[160];
        snprintf(where, sizeof where, "line %u, column %u%s%s%s", err.line, err.column,
                 *err.where ? " (" : "", err.where, *err.where ? ")" : "");
        if (refusals[i].where)
            assert_string_equal(where, refusals[i].where);
    }
}

/* {"allOf":[{"allOf":[... depth of them, the entry's included. */
static void nested(struct buffer *to, size_t depth)
{
    buffer_text(to, "{\"version\":\"1.0.0\",\"anyOf\":[{" A ",\"allOf\":[");
    for (size_t i = 1; i < depth; i++)
        buffer_text(to, i % 2 ? "{\"anyOf\":[" : "{\"allOf\":[");
    buffer_text(to, C);
    for (size_t i = 1; i < depth; i++)
        buffer_text(to, "]}");
    buffer_text(to, "]}]}");
}

static void authorities(struct buffer *to, size_t count)
{
    buffer_text(to, "{\"version\":\"1.0.0\",\"anyOf\":[");
    for (size_t i = 0; i < count; i++)
        buffer_printf(to, "%s{\"authority\":\"https://maa%zu.example\",\"allOf\":[" C "]}",
                      i ? "," : "", i);
    buffer_text(to, "]}");
}

static void clauses(struct buffer *to, size_t count)
{
    buffer_text(to, "{\"version\":\"1.0.0\",\"anyOf\":[{" A ",\"anyOf\":[");
    for (size_t i = 0; i < count; i++)
        buffer_text(to, i ? "," C : C);
    buffer_text(to, "]}]}");
}

/* count lists of one clause each: two nodes for each. */
static void lists(struct buffer *to, size_t count)
{
    buffer_text(to, "{\"version\":\"1.0.0\",\"anyOf\":[{" A ",\"anyOf\":[");
    for (size_t i = 0; i < count; i++)
        buffer_printf(to, "%s{\"allOf\":[" C "]}", i ? "," : "");
    buffer_text(to, "]}]}");
}

static void claim_of(struct buffer *to, size_t len)
{
    buffer_text(to,
                "{\"version\":\"1.0.0\",\"anyOf\":[{" A ",\"allOf\":[{\"equals\":1,\"claim\":\"");
    buffer_fill(to, len, 'a');
    buffer_text(to, "\"}]}]}");
}

static void padded(struct buffer *to, size_t len)
{
    buffer_text(to, POLICY(ENTRY));
    buffer_fill(to, len - to->len, ' ');
}

static const struct {
    const char *name;
    void (*write)(struct buffer *to, size_t size);
    size_t most;
    enum quoth_code beyond;
} limits[] = {
    {"lists inside each other", nested,      16,    LIMIT },
    {"authorities",             authorities, 128,   LIMIT },
    {"clauses",                 clauses,     512,   LIMIT },
    {"clauses and lists",       lists,       511,   LIMIT },
    {"bytes of a claim",        claim_of,    256,   SYNTAX},
    {"bytes",                   padded,      65536, LIMIT },
};

static void limits_are_where_they_are_said_to_be(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(limits); i++)
        for (size_t more = 0; more < 2; more++) {
            struct quoth_error err = {0};
            AUTO(buffer) struct buffer text = {0};
            AUTO(release_policy) struct release_policy p = {0};
            print_message("  %zu %s\n", limits[i].most + more, limits[i].name);
            limits[i].write(&text, limits[i].most + more);
            assert_int_equal(release_policy_read(buffer_bytes(&text), &p, &err), more == 0);
            assert_int_equal(err.code, more ? limits[i].beyond : QUOTH_OK);
        }
}

static void a_thousand_levels_are_refused_without_following_them(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0};
    AUTO(release_policy) struct release_policy p = {0};
    nested(&text, 1000);
    assert_false(release_policy_read(buffer_bytes(&text), &p, &err));
    assert_int_equal(err.code, LIMIT);
}

static void what_is_read_is_what_was_said(void **state)
{
    (void)state;
    static const char text[] =
        "{ \"anyOf\": [\n"
        "  { \"allOf\": [ { \"equals\": \"b\\u00e4\", \"claim\": \"x.y\" },\n"
        "               { \"anyOf\": [ { \"claim\": \"z\", \"less\": -7 } ] } ],\n"
        "    \"authority\": \"https:\\/\\/MAA.example\\/\" } ],\n"
        "  \"version\": \"1.0\" }";
    struct quoth_error err = {0};
    AUTO(release_policy) struct release_policy p = {0};
    assert_true(release_policy_read(bytes_of_text(text), &p, &err));
    assert_int_equal(p.entry_count, 1);
    assert_int_equal(p.node_count, 4);
    assert_int_equal(p.clause_count, 2);
    assert_true(bytes_equal(p.entries[0].authority_text, BYTES_LITERAL("https://MAA.example/")));
    assert_string_equal(p.entries[0].authority.url.host, "maa.example");

    const struct release_node *all = p.entries[0].conditions, *x = all->first, *any = x->next;
    assert_int_equal(all->kind, RELEASE_ALL_OF);
    assert_string_equal(x->claim, "x.y");
    assert_int_equal(x->op, RELEASE_EQUALS);
    assert_true(bytes_equal(x->value.text, BYTES_LITERAL("b\xc3\xa4")));
    assert_true(bytes_equal(x->written, BYTES_LITERAL("\"b\\u00e4\"")));
    assert_int_equal(any->kind, RELEASE_ANY_OF);
    assert_null(any->next);
    assert_int_equal(any->first->op, RELEASE_LESS);
    assert_int_equal(any->first->value.integer, -7);
    assert_int_equal(release_policy_place(&p, any->first->at).line, 3);
    assert_int_equal(release_policy_place(&p, any->first->at).column, 29);
}

static void policies_that_say_the_same_have_one_hash(void **state)
{
    (void)state;
    static const char *const texts[] = {
        POLICY(ENTRY),
        " { \"anyOf\" : [ { \"allOf\":[{\"equals\":\"\\u0062\",\"claim\":\"a\"}]\n, " A
        "}], \"version\":\"1.0.0\" }\r\n",
        AUTHORITY("https://maa.example/"), /* other words */
        ALL_OF("{\"claim\":\"a\",\"equals\":\"B\"}"),
    };
    struct sha256 hashes[COUNT(texts)];
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct quoth_error err = {0};
        AUTO(release_policy) struct release_policy p = {0}, again = {0};
        AUTO(buffer) struct buffer canonical = {0}, twice = {0};
        assert_true(release_policy_read(bytes_of_text(texts[i]), &p, &err));
        assert_true(release_policy_hash(&p, &hashes[i], &err));
        assert_true(release_policy_canonical(&p, &canonical, &err));
        assert_true(release_policy_read(buffer_bytes(&canonical), &again, &err));
        assert_true(release_policy_canonical(&again, &twice, &err));
        assert_true(bytes_equal(buffer_bytes(&canonical), buffer_bytes(&twice)));
    }
    assert_true(sha256_equal(&hashes[0], &hashes[1]));
    assert_false(sha256_equal(&hashes[0], &hashes[2]));
    assert_false(sha256_equal(&hashes[0], &hashes[3]));
}

static const struct {
    const char *authority, *issuer;
    bool same;
} issuers[] = {
    {"https://maa.example",     "https://maa.example",           true },
    {"https://maa.example",     "https://maa.example/",          true },
    {"https://maa.example/",    "https://maa.example",           true },
    {"https://MAA.example:443", "HTTPS://maa.EXAMPLE",           true },
    {"https://maa.example/t",   "https://maa.example:443/t/",    true },
    {"https://[2001:DB8::1]",   "https://[2001:db8::1]:443/",    true },
    {"https://maa.example",     "https://maa.example.",          false},
    {"https://maa.example",     "https://maa.example//",         false},
    {"https://maa.example",     "https://maa.example/t",         false},
    {"https://maa.example/t",   "https://maa.example/T",         false},
    {"https://maa.example/t",   "https://maa.example/t%2f",      false},
    {"https://maa.example/t",   "https://maa.example/t/../t",    false},
    {"https://maa.example",     "https://maa.example:8443",      false},
    {"https://maa.example",     "https://maa.example.evil.test", false},
    {"https://maa.example",     "https://evil.test/maa.example", false},
    {"https://maa.example",     "https://maa.example@evil.test", false},
    {"https://maa.example",     "https://maa.example/?",         false},
    {"https://maa.example",     "https://maa.example#",          false},
    {"https://maa.example",     "http://maa.example",            false},
    {"https://maa.example",     "https://a.maa.example",         false},
    {"https://maa.example",     "maa.example",                   false},
    {"https://maa.example",     " https://maa.example",          false},
    {"https://maa.example",     "",                              false},
};

static void issuers_are_compared_as_urls(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(issuers); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer text = {0};
        AUTO(release_policy) struct release_policy p = {0};
        print_message("  %s, %s\n", issuers[i].authority, issuers[i].issuer);
        buffer_printf(&text, POLICY("{\"authority\":\"%s\",\"allOf\":[" C "]}"),
                      issuers[i].authority);
        assert_true(release_policy_read(buffer_bytes(&text), &p, &err));
        assert_int_equal(release_policy_names(&p, bytes_of_text(issuers[i].issuer)),
                         issuers[i].same);
    }
}

/* The policies that Azure publishes; the template for a tool is none. */
static void published_policies_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        size_t entries;
    } files[] = {
        {"key-release/policies/azure-cvm-skr-policy.json",          60},
        {"key-release/policies/azure-cvm-datadisk-skr-policy.json", 26},
        {"key-release/policies/aci-importkeyconfig-template.json",  0 },
    };
    for (size_t i = 0; i < COUNT(files); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer text = {0};
        AUTO(release_policy) struct release_policy p = {0};
        print_message("  %s\n", files[i].file);
        const bool read = release_policy_read(unit_vector(files[i].file, &text), &p, &err);
        assert_int_equal(read, files[i].entries > 0);
        assert_int_equal(p.entry_count, files[i].entries);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_say_what_and_where),
        cmocka_unit_test(limits_are_where_they_are_said_to_be),
        cmocka_unit_test(a_thousand_levels_are_refused_without_following_them),
        cmocka_unit_test(what_is_read_is_what_was_said),
        cmocka_unit_test(policies_that_say_the_same_have_one_hash),
        cmocka_unit_test(issuers_are_compared_as_urls),
        cmocka_unit_test(published_policies_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
