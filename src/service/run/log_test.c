#include "service/run/log.h"

#include "codec/json.h"
#include "tests/unit.h"

#include <unistd.h>

static int pipe_fds[2];

static struct log *opened(bool json)
{
    struct quoth_error err = {0};
    struct log *l = NULL;
    assert_int_equal(pipe(pipe_fds), 0);
    assert_true(log_open(pipe_fds[1], json, &l, &err));
    return l;
}

/* Closes the log and gives what it wrote. */
static struct bytes finished(struct log *l, struct buffer *hold)
{
    struct quoth_error err = {0};
    log_close(l);
    close(pipe_fds[1]);
    assert_true(file_read_fd(pipe_fds[0], "pipe", 8u << 20, hold, &err));
    close(pipe_fds[0]);
    return buffer_bytes(hold);
}

static void say(struct log *l)
{
    struct quoth_error why = {0};
    quoth_fail(&why, QUOTH_MALFORMED, "a.b", 7, "is bad");
    struct log_line line = log_begin(l, LOG_WARN, "request");
    log_text(&line, "plain", "value");
    log_text(&line, "absent", NULL);
    log_text(&line, "blank", "two words");
    log_text(&line, "hostile", "a\nb\x1b[2J\"c\" \xe2\x80\xaex");
    log_number(&line, "number", -5);
    log_failure(&line, &why);
    log_end(&line);
}

static void a_json_line_is_one_object(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer hold = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    struct json value;
    struct log *l = opened(true);
    say(l);
    const struct bytes text = finished(l, &hold);
    assert_true(json_parse(text, NULL, &doc, &err));
    assert_ptr_equal(memchr(text.data, '\n', text.len), text.data + text.len - 1);
    const struct json root = json_root(&doc);
    assert_true(json_need(root, "level", &value, &err) && json_text_is(value, "warn"));
    assert_true(json_need(root, "event", &value, &err) && json_text_is(value, "request"));
    assert_true(json_need(root, "code", &value, &err) && json_text_is(value, "input.malformed"));
    assert_true(json_need(root, "hostile", &value, &err) &&
                json_text_is(value, "a\\x0ab\\x1b[2J\"c\" \\xe2\\x80\\xaex"));
    assert_false(json_member(root, "absent", &value));
}

static void a_text_line_is_one_line(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer hold = {0};
    struct log *l = opened(false);
    say(l);
    struct bytes text = finished(l, &hold);
    static const char wanted[] =
        " warn request plain=value blank=\"two words\""
        " hostile=\"a\\\\x0ab\\\\x1b[2J\\\"c\\\" \\\\xe2\\\\x80\\\\xaex\" number=-5"
        " code=input.malformed where=a.b offset=7 message=\"is bad\"\n";
    assert_int_equal(text.len, 20 + sizeof wanted - 1);
    assert_memory_equal(text.data + 20, wanted, sizeof wanted - 1);
}

static void a_value_is_capped(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer hold = {0}, huge = {0};
    struct log *l = opened(false);
    buffer_fill(&huge, 100000, 'x');
    struct log_line line = log_begin(l, LOG_INFO, "e");
    log_bytes(&line, "v", buffer_bytes(&huge));
    log_end(&line);
    assert_in_range(finished(l, &hold).len, 250, 320);
}

/* Nobody reads: nothing waits, and what is lost is counted and told. */
static void a_reader_that_sleeps_holds_nobody_up(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer heard = {0};
    struct log *l = opened(false);
    for (int i = 0; i < 40000; i++) {
        struct log_line line = log_begin(l, LOG_INFO, "line");
        log_text(&line, "filler", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
        log_end(&line);
    }
    assert_true(log_dropped(l) > 0);
    while (!heard.data || !memmem(heard.data, heard.len, "log.dropped", 11)) {
        uint8_t part[65536];
        const ssize_t got = read(pipe_fds[0], part, sizeof part);
        assert_true(got > 0);
        buffer_add(&heard, (struct bytes){part, (size_t)got});
    }
    log_close(l);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_json_line_is_one_object),
        cmocka_unit_test(a_text_line_is_one_line),
        cmocka_unit_test(a_value_is_capped),
        cmocka_unit_test(a_reader_that_sleeps_holds_nobody_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
