#include "audit/checkpoint.h"

#include "codec/json_write.h"
#include "tests/unit.h"

#define ID "\"id\":\"00112233445566778899aabbccddeeff\""
#define HEAD "\"head\":\"2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\""
#define ONE "{\"stream\":\"s\"," ID ",\"count\":7," HEAD "}"
#define FOUR ONE "," ONE "," ONE "," ONE

static bool reads(const char *text, struct audit_checkpoint list[CHECKPOINTS_MAX],
                  size_t *ret_count, struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    assert_true(json_parse(bytes_of_text(text), NULL, &doc, err));
    return checkpoints_read(json_root(&doc), list, ret_count, err);
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct audit_checkpoint list[CHECKPOINTS_MAX];
    struct audit_checkpoint c = {.id = "00112233445566778899aabbccddeeff", .head = {.count = 7}};
    AUTO(buffer) struct buffer text = {0};
    size_t count = 0;
    c.head.hash.bytes[31] = 0xfe;
    json_object_begin(&text);
    json_name(&text, CHECKPOINT_CLAIM);
    json_array_begin(&text);
    checkpoint_write(&text, "https://a administration", &c);
    checkpoint_write(&text, "https://a decisions", &c);
    json_array_end(&text);
    json_object_end(&text);
    AUTO(text) char *whole = buffer_take_text(&text, &err);
    assert_true(reads(whole, list, &count, &err));
    assert_int_equal(count, 2);
    assert_string_equal(list[1].id, c.id);
    assert_int_equal(list[1].head.count, 7);
    assert_true(sha256_equal(&list[1].head.hash, &c.head.hash));
}

static void what_is_no_checkpoint_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
    } bad[] = {
        {"another token",     "{\"x-ms-policy-hash\":\"a\"}"                                },
        {"no list",           "{\"x-quoth-audit\":" ONE "}"                                 },
        {"an empty list",     "{\"x-quoth-audit\":[]}"                                      },
        {"texts",             "{\"x-quoth-audit\":[\"a\"]}"                                 },
        {"no id",             "{\"x-quoth-audit\":[{\"count\":7," HEAD "}]}"                },
        {"a short id",        "{\"x-quoth-audit\":[{\"id\":\"00\",\"count\":7," HEAD "}]}"  },
        {"no count",          "{\"x-quoth-audit\":[{" ID "," HEAD "}]}"                     },
        {"a negative count",  "{\"x-quoth-audit\":[{" ID ",\"count\":-1," HEAD "}]}"        },
        {"a count in a text", "{\"x-quoth-audit\":[{" ID ",\"count\":\"7\"," HEAD "}]}"     },
        {"no head",           "{\"x-quoth-audit\":[{" ID ",\"count\":7}]}"                  },
        {"a short head",      "{\"x-quoth-audit\":[{" ID ",\"count\":7,\"head\":\"2bb8\"}]}"},
        {"too many",          "{\"x-quoth-audit\":[" FOUR "," FOUR "," ONE "]}"             },
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct quoth_error err = {0};
        struct audit_checkpoint list[CHECKPOINTS_MAX];
        size_t count = 99;
        print_message("  %s\n", bad[i].name);
        assert_false(reads(bad[i].text, list, &count, &err));
        assert_int_equal(err.code, QUOTH_AUDIT_CHECKPOINT);
        assert_int_equal(count, 99);
    }
}

static void what_says_nothing_of_the_store_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{}",
        "{\"x-quoth-audit\":[" ONE "]}",
        "{\"x-quoth-watermark\":null}",
        "{\"x-quoth-watermark\":\"7\"}",
        "{\"x-quoth-watermark\":[7]}",
        "{\"x-quoth-watermark\":0}",
        "{\"x-quoth-watermark\":-7}",
        "{\"x-quoth-watermark\":7.5}",
        "{\"x-quoth-watermark\":9223372036854775808}",
        "[7]",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct quoth_error err = {0};
        AUTO(json_doc) struct json_doc doc = {0};
        int64_t version = 99;
        print_message("  %s\n", bad[i]);
        assert_true(json_parse(bytes_of_text(bad[i]), NULL, &doc, &err));
        assert_false(checkpoint_watermark(json_root(&doc), &version, &err));
        assert_int_equal(err.code, QUOTH_AUDIT_CHECKPOINT);
        assert_int_equal(version, 99);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(what_is_no_checkpoint_is_refused),
        cmocka_unit_test(what_says_nothing_of_the_store_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
