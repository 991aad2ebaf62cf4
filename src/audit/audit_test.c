/* What a stream is, goes on from, and is not gone on with. */
#include "audit/audit.h"

#include "tests/audit_stream.h"

static void append_raw(const char *bytes, size_t len)
{
    const int fd = open(path, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
}

static void a_stream_goes_on_where_it_ended(void **state)
{
    (void)state;
    struct stat st;
    struct audit *a = opened();
    write_some(a, 3);
    const struct audit_checkpoint before = audit_checkpoint(a);
    assert_int_equal(before.head.count, 4); /* the first says whose trail it is */
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    audit_close(a);
    a = opened();
    write_some(a, 2);
    assert_string_equal(audit_checkpoint(a).id, before.id);
    audit_close(a);
    struct audit_report r;
    struct quoth_error err = {0};
    const char *const paths[] = {path};
    assert_true(audit_verify(paths, 1, &before, 1, &r, &err));
    assert_int_equal(r.last.head.count, 6);
    assert_string_equal(r.stream, STREAM);
}

static void a_stream_has_one_writer(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct audit *a = opened(), *other = NULL;
    assert_false(open_as(STREAM, 0, &other, &err));
    assert_int_equal(err.code, QUOTH_STATE_IN_USE);
    audit_close(a);
}

static void a_stream_is_nobody_elses(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct audit *a = opened(), *other = NULL;
    audit_close(a);
    assert_false(open_as("https://b.example administration", 0, &other, &err));
    assert_int_equal(err.code, QUOTH_AUDIT_BROKEN);
}

static void a_torn_line_is_moved_aside_and_told(void **state)
{
    (void)state;
    static const struct {
        const char *name, *bytes;
        size_t len;
    } tails[] = {
        {"half a line",                  "{\"seq\":3,\"prev\":\"ab", 19},
        {"zeros, as a power cut leaves", "\0\0\0\0\0\0\0\0",         8 },
        {"half a line again",            "{",                        1 },
    };
    char torn[80];
    struct stat st;
    struct audit *a = opened();
    write_some(a, 1);
    audit_close(a);
    for (size_t i = 0; i < COUNT(tails); i++) {
        print_message("  %s\n", tails[i].name);
        append_raw(tails[i].bytes, tails[i].len);
        a = opened();
        write_some(a, 1);
        audit_close(a);
        assert_int_equal(verified().torn, i + 1);
    }
    snprintf(torn, sizeof torn, "%s.torn", path);
    assert_int_equal(stat(torn, &st), 0);
    assert_int_equal(st.st_size, 19 + 8 + 1 + 3);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void a_stream_of_which_nothing_but_half_a_line_is_left_begins_anew(void **state)
{
    (void)state;
    const int fd = open(path, O_WRONLY | O_CREAT, 0600);
    close(fd);
    append_raw("{\"seq\":1", 8);
    struct audit *a = opened();
    audit_close(a);
    const struct audit_report r = verified();
    assert_int_equal(r.last.head.count, 2);
    assert_int_equal(r.torn, 1);
}

static void a_changed_trail_is_not_gone_on_with(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct audit *a = opened(), *again = NULL;
    write_some(a, 3);
    audit_close(a);
    const int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "Z", 1, 300), 1);
    close(fd);
    assert_false(open_as(STREAM, 0, &again, &err));
    assert_int_equal(err.code, QUOTH_AUDIT_BROKEN);
    assert_non_null(strstr(err.where, "line "));
}

static void what_somebody_else_appends_or_moves_stops_the_stream(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct audit *a = opened();
    append_raw("x", 1);
    assert_false(written(a, 1, &err));
    assert_int_equal(err.code, QUOTH_AUDIT_UNAVAILABLE);
    audit_close(a);
    a = opened(); /* the tail is moved aside */
    char elsewhere[80];
    snprintf(elsewhere, sizeof elsewhere, "%s.moved", path);
    assert_int_equal(rename(path, elsewhere), 0);
    err = (struct quoth_error){0};
    assert_false(written(a, 1, &err));
    assert_int_equal(rename(elsewhere, path), 0);
    err = (struct quoth_error){0};
    assert_false(written(a, 1, &err)); /* until it is opened again */
    audit_close(a);
    a = opened();
    write_some(a, 1);
    audit_close(a);
    verified();
}

static void a_line_that_is_too_long_is_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct audit *a = opened();
    struct audit_line line = audit_begin("x", 0), posted = audit_begin("x", 0);
    for (int i = 0; i < 200; i++) {
        AUTO(buffer) struct buffer text = {0};
        buffer_fill(&text, 300, 'a');
        audit_bytes(&line, "name", buffer_bytes(&text));
        audit_bytes(&posted, "name", buffer_bytes(&text));
    }
    assert_false(audit_write(a, &line, &err));
    assert_int_equal(err.code, QUOTH_AUDIT_UNAVAILABLE);
    audit_post(a, &posted);
    assert_int_equal(audit_lost(a), 1);
    audit_close(a);
}

static void a_file_that_has_grown_is_put_aside_and_the_chain_goes_on(void **state)
{
    (void)state;
    static char names[20][400];
    struct quoth_error err = {0};
    struct audit *a = NULL;
    assert_true(open_as(STREAM, 2000, &a, &err));
    write_some(a, 40);
    audit_close(a);
    size_t count = list_files(names, 19);
    assert_true(count > 3);
    /* a crash between putting aside and making anew */
    char aside[80];
    const struct audit_report last = verified();
    snprintf(aside, sizeof aside, "%s.%015llu", path, (unsigned long long)last.last.head.count);
    assert_int_equal(rename(path, aside), 0);
    assert_true(open_as(STREAM, 2000, &a, &err));
    write_some(a, 1);
    const struct audit_checkpoint end_of_all = audit_checkpoint(a);
    audit_close(a);
    count = list_files(names, 19);
    const char *paths[20];
    for (size_t i = 0; i < count; i++)
        paths[i] = names[i];
    struct audit_report r;
    if (!audit_verify(paths, count, &end_of_all, 1, &r, &err))
        fail_msg("%s: %s", err.where, err.message);
    assert_int_equal(r.first, 1);
    assert_true(r.last.head.count > 41);
    /* one in the middle is gone; the oldest may be */
    const char *paths_without[20];
    size_t left = 0;
    for (size_t i = 0; i < count; i++)
        if (i != 1)
            paths_without[left++] = paths[i];
    assert_false(audit_verify(paths_without, left, NULL, 0, &r, &err));
    assert_int_equal(err.code, QUOTH_AUDIT_BROKEN);
    err = (struct quoth_error){0};
    assert_true(audit_verify(&paths[1], count - 1, &end_of_all, 1, &r, &err));
    assert_true(r.first > 1);
}

static void where_no_file_can_be_there_is_no_stream(void **state)
{
    (void)state;
    static const char *const places[] = {"/nowhere/trail", "/dev/null", "/tmp"};
    for (size_t i = 0; i < COUNT(places); i++) {
        struct quoth_error err = {0};
        struct audit *a = NULL;
        const struct audit_options o = {.path = places[i], .stream = STREAM, .clock = noon};
        assert_false(audit_open(&o, &a, &err));
        assert_int_equal(err.code, QUOTH_IO);
    }
    struct quoth_error err = {0};
    struct audit *a = NULL;
    assert_int_equal(symlink("/tmp/quoth-audit-elsewhere", path), 0);
    assert_false(open_as(STREAM, 0, &a, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_stream_goes_on_where_it_ended),
        CASE(a_stream_has_one_writer),
        CASE(a_stream_is_nobody_elses),
        CASE(a_torn_line_is_moved_aside_and_told),
        CASE(a_stream_of_which_nothing_but_half_a_line_is_left_begins_anew),
        CASE(a_changed_trail_is_not_gone_on_with),
        CASE(what_somebody_else_appends_or_moves_stops_the_stream),
        CASE(a_line_that_is_too_long_is_refused),
        CASE(a_file_that_has_grown_is_put_aside_and_the_chain_goes_on),
        CASE(where_no_file_can_be_there_is_no_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
