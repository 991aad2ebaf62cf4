#include "service/tenants/decisions.h"

#include "codec/json.h"
#include "tests/audit_stream.h"

static uint64_t number(struct json line, const char *name)
{
    uint64_t value = 0;
    struct quoth_error err = {0};
    return json_need_uint(line, name, UINT32_MAX, &value, &err) ? value : 0;
}

/* A storm of refusals costs a line a second, whatever their number. */
static void refusals_of_strangers_are_counts(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct decisions *d = NULL;
    const struct audit_options options = {.path = path, .stream = "s decisions", .clock = noon};
    assert_true(decisions_open(&options, &d, &err));
    for (int64_t second = 100; second < 103; second++)
        for (int i = 0; i < 5000; i++)
            decisions_count(d, i % 5 ? QUOTH_ADMIN_UNAUTHENTICATED : QUOTH_HTTP_RATE, second);
    decisions_tick(d, 103);
    decisions_tick(d, 104); /* nothing more */
    decisions_count(d, QUOTH_HTTP_RATE, 105);
    decisions_close(d); /* tells of the second that was not over */

    AUTO(buffer) struct buffer text = {0};
    assert_true(file_read(path, 1 << 20, &text, &err));
    uint64_t total = 0, rate = 0, lines = 0;
    for (struct bytes rest = buffer_bytes(&text); rest.len > 0;) {
        size_t len = 0;
        while (rest.data[len] != '\n')
            len++;
        AUTO(json_doc) struct json_doc doc = {0};
        assert_true(json_parse(bytes_slice(rest, 0, len), NULL, &doc, &err));
        total += number(json_root(&doc), "total");
        rate += number(json_root(&doc), "count.http.rate");
        lines++;
        rest = bytes_slice(rest, len + 1, rest.len);
    }
    assert_int_equal(total, 15001);
    assert_int_equal(rate, 3001);
    assert_int_equal(lines, 5); /* begun, three seconds, the last one */
    struct audit_report report;
    const char *const paths[] = {path};
    assert_true(audit_verify(paths, 1, NULL, 0, &report, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(refusals_of_strangers_are_counts, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
