/* The reader against jansson, over a table, mutations of it, and the JSON files of QUOTH_VECTORS:
 * the same texts are accepted and mean the same. */
#include "base/file.h"
#include "codec/json_write.h"

#include <dirent.h>
#include <stdio.h>

/* names that both headers use; its macros json_is_object() and the like are not for use here */
#define json_type oracle_type
#define json_string oracle_string
#define json_null oracle_null
#define JSON_OBJECT ORACLE_OBJECT
#define JSON_ARRAY ORACLE_ARRAY
#define JSON_STRING ORACLE_STRING
#define JSON_TRUE ORACLE_TRUE
#define JSON_FALSE ORACLE_FALSE
#define JSON_NULL ORACLE_NULL
#include <jansson.h>
#undef json_type
#undef JSON_OBJECT
#undef JSON_ARRAY
#undef JSON_STRING
#undef JSON_TRUE
#undef JSON_FALSE
#undef JSON_NULL

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the two above first */
#include <cmocka.h>

static size_t compared, accepted;

/* NOLINTBEGIN(misc-no-recursion): as deep as the reader let the document be */
static bool same(struct json ours, const json_t *theirs);

static bool same_object(struct json ours, const json_t *theirs)
{
    if (theirs->type != ORACLE_OBJECT || json_object_size(theirs) != json_count(ours))
        return false;
    for (struct json v = json_first(ours); json_exists(v); v = json_next(v)) {
        AUTO(buffer) struct buffer name = {0};
        json_text(json_member_name(v), &name);
        buffer_u8(&name, 0);
        const json_t *other = json_object_get(theirs, (char *)name.data);
        struct json found;
        if (!other || !same(v, other) || !json_member(ours, (char *)name.data, &found) ||
            found.index != v.index)
            return false;
    }
    return true;
}

static bool same_array(struct json ours, const json_t *theirs)
{
    size_t i = 0;
    if (theirs->type != ORACLE_ARRAY || json_array_size(theirs) != json_count(ours))
        return false;
    for (struct json v = json_first(ours); json_exists(v); v = json_next(v))
        if (!same(v, json_array_get(theirs, i++)))
            return false;
    return true;
}

static bool same_number(struct json ours, const json_t *theirs)
{
    struct quoth_error err = {0};
    int64_t number;
    AUTO(buffer) struct buffer text = {0};
    if (json_get_int(ours, INT64_MIN, INT64_MAX, &number, &err))
        return json_is_integer(theirs) && json_integer_value(theirs) == number;
    buffer_add(&text, json_span(ours));
    buffer_u8(&text, 0);
    const double real = strtod((char *)text.data, NULL), other = json_number_value(theirs);
    return json_is_number(theirs) && real <= other && real >= other; /* -0 is an integer there */
}

static bool same(struct json ours, const json_t *theirs)
{
    AUTO(buffer) struct buffer text = {0};
    switch (json_type(ours)) {
    case JSON_OBJECT:
        return same_object(ours, theirs);
    case JSON_ARRAY:
        return same_array(ours, theirs);
    case JSON_STRING:
        json_text(ours, &text);
        return theirs->type == ORACLE_STRING &&
               bytes_equal(buffer_bytes(&text), bytes_of_text(json_string_value(theirs)));
    case JSON_NUMBER:
        return same_number(ours, theirs);
    case JSON_TRUE:
        return theirs->type == ORACLE_TRUE;
    case JSON_FALSE:
        return theirs->type == ORACLE_FALSE;
    default:
        return json_type(ours) == JSON_NULL && theirs->type == ORACLE_NULL;
    }
}

/* NOLINTEND(misc-no-recursion) */

/* The canonical form parses to the same again. */
static void check_canonical(struct json root, const json_t *theirs)
{
    struct quoth_error err = {0};
    const struct json_limits limits = {
        .max_len = 1u << 24, .max_nodes = 1u << 20, .max_depth = 256};
    AUTO(buffer) struct buffer once = {0}, twice = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    json_write_canonical(root, &once);
    assert_true(json_parse(buffer_bytes(&once), &limits, &doc, &err));
    assert_true(same(json_root(&doc), theirs));
    json_write_canonical(json_root(&doc), &twice);
    assert_true(bytes_equal(buffer_bytes(&once), buffer_bytes(&twice)));
}

static void compare(const char *name, struct bytes text)
{
    struct quoth_error err = {0};
    json_error_t why;
    const struct json_limits limits = {
        .max_len = 1u << 24, .max_nodes = 1u << 20, .max_depth = 256};
    AUTO(json_doc) struct json_doc doc = {0};
    const bool ok = json_parse(text, &limits, &doc, &err);
    json_t *theirs = json_loadb(text.len ? (const char *)text.data : "", text.len,
                                JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    /* numbers are text to us, jansson nests deeper, and it reads on behind a NUL */
    const bool differs_by_design =
        (text.len && memchr(text.data, 0, text.len)) ||
        (!theirs && json_error_code(&why) == json_error_numeric_overflow) ||
        err.code == QUOTH_JSON_LIMIT;
    if (!differs_by_design && ok != (theirs != NULL))
        fail_msg("%s: we say %s (byte %zu), jansson %s\n%.*s", name, ok ? "yes" : err.message,
                 err.offset, theirs ? "yes" : why.text, (int)text.len, (const char *)text.data);
    if (ok && theirs) {
        if (!same(json_root(&doc), theirs))
            fail_msg("%s means something else\n%.*s", name, (int)text.len, (const char *)text.data);
        check_canonical(json_root(&doc), theirs);
        accepted++;
    }
    compared++;
    json_decref(theirs);
}

static const char *const seeds[] = {
    "[0,-0,1,-1,1.5,-0.25e-3,1E5,12345678901234567,1e308,0.1]",
    "[\"\",\"a\",\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\",\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]",
    "[\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f\xef\xbf\xbf\",\"01234567\xc3\xa9\"]",
    " { \"a\" : [ true , false , null ] ,\r\n\t\"b\" : { \"a\" : { } } , \"c\" : \"\" } ",
    "{\"\":0,\"\\u0061\":1,\"b\":2,\"ab\":3,\"ba\":4,\"aa\":5,\"bb\":6,\"aaaaaaaa\":7,\"\\n\":8}",
    ("{\"a0\":0,\"a1\":1,\"a2\":2,\"a3\":3,\"a4\":4,\"a5\":5,\"a6\":6,\"a7\":7,\"a8\":8,\"a9\":9,"
     "\"b0\":0,\"b1\":1,\"b2\":2,\"b3\":3,\"b4\":4,\"b5\":5,\"b6\":6,\"b7\":7,\"b8\":8,\"b9\":9}"),
    "[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]],[[[]]],{\"x\":[{\"x\":[{}]}]}]",
    "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"-_8\",\"x5c\":[\"MII+/A==\"],\"nbf\":1751624924}",
    "true",
    "\"text\"",
    "-12.5e+7",
};

static uint32_t random_state = 0x51075;

static size_t random_below(size_t bound)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % bound;
}

/* One small damage: a bit, a byte of the grammar put in or over, a byte or the end left out, or a
 * part of the text twice. */
static void mutate(struct bytes text, struct buffer *ret)
{
    static const char letters[] =
        "{}[]:,\"\\u0019aAe+-.E \t\n\r\x1f\x7f\xc3\xa9\xed\xa0\x80\xf4tfn/";
    const size_t at = random_below(text.len), kind = random_below(6);
    const size_t len = random_below(16);
    ret->len = 0;
    buffer_add(ret, bytes_slice(text, 0, at));
    if (kind == 0)
        buffer_u8(ret, (uint8_t)(text.data[at] ^ 1 << random_below(8)));
    else if (kind <= 2)
        buffer_u8(ret, (uint8_t)letters[random_below(sizeof letters)]);
    else if (kind == 3)
        buffer_add(ret, bytes_slice(text, at / 2, len));
    if (kind < 5) /* kind 5: the text ends here */
        buffer_add(ret, bytes_slice(text, at + (kind != 2), text.len));
}

static void compare_mutations(const char *name, struct bytes text, size_t count)
{
    AUTO(buffer) struct buffer one = {0}, two = {0};
    for (size_t i = 0; i < count && text.len > 0; i++) {
        mutate(text, &one);
        compare(name, buffer_bytes(&one));
        if (one.len == 0)
            continue;
        mutate(buffer_bytes(&one), &two);
        compare(name, buffer_bytes(&two));
    }
}

static void seeds_and_their_mutations(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(seeds); i++) {
        compare(seeds[i], bytes_of_text(seeds[i]));
        compare_mutations(seeds[i], bytes_of_text(seeds[i]), 10000);
    }
    print_message("  %zu texts compared, %zu accepted\n", compared, accepted);
}

static size_t compare_file(const char *path, size_t mutations)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0};
    if (!file_read(path, 1u << 24, &text, &err))
        fail_msg("%s: %s", path, err.message);
    compare(path, buffer_bytes(&text));
    random_state = 0x51075 + (uint32_t)text.len; /* whatever the order of files in a folder */
    compare_mutations(path, buffer_bytes(&text), mutations * 2000 / (text.len + 1000));
    return 1;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the folders */
static size_t compare_folder(const char *path)
{
    size_t files = 0;
    DIR *folder = opendir(path);
    if (!folder)
        return 0;
    for (struct dirent *e = readdir(folder); e; e = readdir(folder)) {
        struct quoth_error err = {0};
        AUTO(text) char *inner = path_join(path, e->d_name, &err);
        const size_t len = strlen(e->d_name);
        if (!inner)
            break;
        if (e->d_type == DT_DIR && e->d_name[0] != '.')
            files += compare_folder(inner);
        else if (len > 5 && strcmp(e->d_name + len - 5, ".json") == 0)
            files += compare_file(inner, 100);
    }
    closedir(folder);
    return files;
}

static void the_vectors_and_their_mutations(void **state)
{
    (void)state;
    const char *vectors = getenv("QUOTH_VECTORS");
    if (!vectors) {
        print_message("  skipped: QUOTH_VECTORS is not set: no genuine JSON to compare\n");
        skip();
        return; /* which analyzers do not know */
    }
    compared = accepted = 0;
    const size_t files = compare_folder(vectors);
    assert_true(files > 0);
    print_message("  %zu files, %zu texts compared, %zu accepted\n", files, compared, accepted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seeds_and_their_mutations),
        cmocka_unit_test(the_vectors_and_their_mutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
