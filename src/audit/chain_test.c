#include "audit/chain.h"

#include "tests/unit.h"

#define ID "00112233445566778899aabbccddeeff"
#define LINES 6

static struct audit_line numbered(const char *event, int64_t number)
{
    struct audit_line line = audit_begin(event, 1767225600);
    audit_number(&line, "number", number);
    audit_text(&line, "who", "token:\"ab\"\n");
    return line;
}

static void add(struct audit_head *head, struct audit_line line, struct buffer *to)
{
    struct quoth_error err = {0};
    if (!chain_add(head, buffer_bytes(&line.text), to, &err))
        fail_msg("%s", err.message);
    audit_line_clear(&line);
}

static void add_first(struct audit_head *head, const char *stream, const char *id,
                      struct buffer *to)
{
    struct audit_line line =
        audit_begin(head->count == 0 ? CHAIN_BEGUN : CHAIN_CONTINUED, 1767225600);
    audit_text(&line, "stream", stream);
    audit_text(&line, "id", id);
    add(head, line, to);
}

/* A trail in memory, the views of its lines with their newlines, and its checkpoint. */
struct trail {
    struct buffer text;
    struct bytes lines[LINES];
    struct audit_checkpoint end;
};

static void begin(struct trail *t, int64_t salt)
{
    size_t ends[LINES];
    *t = (struct trail){.end = {.id = ID}};
    add_first(&t->end.head, "https://a administration", ID, &t->text);
    ends[0] = t->text.len;
    for (size_t i = 1; i < LINES; i++) {
        add(&t->end.head, numbered("policy.set", salt + (int64_t)i), &t->text);
        ends[i] = t->text.len;
    }
    for (size_t i = 0; i < LINES; i++)
        t->lines[i] = bytes_slice(buffer_bytes(&t->text), i ? ends[i - 1] : 0,
                                  ends[i] - (i ? ends[i - 1] : 0));
}

static bool walk(struct bytes text, const struct audit_checkpoint *checkpoint,
                 struct audit_report *ret_report, struct quoth_error *err)
{
    AUTO(chain_walk)
    struct chain_walk w = {.checkpoints = checkpoint, .checkpoint_count = checkpoint != NULL};
    const bool good =
        chain_walk_feed(&w, text, err) && chain_walk_end_file(&w, err) && chain_walk_end(&w, err);
    if (good && ret_report)
        *ret_report = w.report;
    return good;
}

static void refused(const char *name, const struct buffer *text,
                    const struct audit_checkpoint *checkpoint, enum quoth_code code)
{
    struct quoth_error err = {0};
    if (walk(buffer_bytes(text), checkpoint, NULL, &err))
        fail_msg("%s: was believed", name);
    if (err.code != code)
        fail_msg("%s: %s", name, err.message);
}

static void a_trail_holds_however_it_is_read(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct trail t;
    struct audit_report r;
    begin(&t, 0);
    assert_true(walk(buffer_bytes(&t.text), &t.end, &r, &err));
    assert_int_equal(r.first, 1);
    assert_int_equal(r.last.head.count, LINES);
    assert_string_equal(r.stream, "https://a administration");
    assert_string_equal(r.last.id, ID);
    for (size_t cut = 0; cut <= t.text.len; cut++) {
        AUTO(chain_walk) struct chain_walk w = {.checkpoints = &t.end, .checkpoint_count = 1};
        assert_true(chain_walk_feed(&w, bytes_slice(buffer_bytes(&t.text), 0, cut), &err));
        assert_true(chain_walk_feed(&w, bytes_slice(buffer_bytes(&t.text), cut, t.text.len), &err));
        assert_true(chain_walk_end_file(&w, &err) && chain_walk_end(&w, &err));
    }
    buffer_clear(&t.text);
}

static void every_changed_byte_is_found(void **state)
{
    (void)state;
    struct trail t;
    begin(&t, 0);
    const size_t last = t.text.len - t.lines[LINES - 1].len;
    for (size_t at = 0; at < t.text.len; at++)
        for (unsigned flip = 1; flip < 256; flip = flip * 2 + 1) {
            struct quoth_error err = {0};
            t.text.data[at] ^= (uint8_t)flip;
            assert_false(walk(buffer_bytes(&t.text), &t.end, NULL, &err));
            /* the last line has none after it: its checkpoint vouches for it */
            if (at < last)
                assert_false(walk(buffer_bytes(&t.text), NULL, NULL, &err));
            t.text.data[at] ^= (uint8_t)flip;
        }
    buffer_clear(&t.text);
}

static void rebuild(struct buffer *to, const struct trail *t, const size_t *order, size_t count)
{
    to->len = 0;
    for (size_t i = 0; i < count; i++)
        buffer_add(to, t->lines[order[i]]);
}

static void lines_cannot_be_taken_out_swapped_or_doubled(void **state)
{
    (void)state;
    struct trail t;
    AUTO(buffer) struct buffer other = {0};
    begin(&t, 0);
    for (size_t gone = 0; gone + 1 < LINES; gone++) {
        size_t order[LINES], count = 0;
        for (size_t i = 0; i < LINES; i++)
            if (i != gone)
                order[count++] = i;
        rebuild(&other, &t, order, count);
        refused("a deleted line", &other, NULL, QUOTH_AUDIT_BROKEN);
    }
    for (size_t a = 0; a < LINES; a++)
        for (size_t b = a + 1; b < LINES; b++) {
            size_t order[LINES];
            for (size_t i = 0; i < LINES; i++)
                order[i] = i == a ? b : i == b ? a : i;
            rebuild(&other, &t, order, LINES);
            refused("swapped lines", &other, NULL, QUOTH_AUDIT_BROKEN);
        }
    for (size_t twice = 0; twice < LINES; twice++) {
        size_t order[LINES + 1], count = 0;
        for (size_t i = 0; i < LINES; i++) {
            order[count++] = i;
            if (i == twice)
                order[count++] = i;
        }
        rebuild(&other, &t, order, count);
        refused("a doubled line", &other, NULL, QUOTH_AUDIT_BROKEN);
    }
    buffer_clear(&t.text);
}

static void a_cut_tail_is_found_with_a_checkpoint_alone(void **state)
{
    (void)state;
    const size_t order[LINES] = {0, 1, 2, 3, 4, 5};
    struct trail t;
    AUTO(buffer) struct buffer other = {0};
    begin(&t, 0);
    for (size_t count = 1; count < LINES; count++) {
        struct quoth_error err = {0};
        rebuild(&other, &t, order, count);
        assert_true(walk(buffer_bytes(&other), NULL, NULL, &err));
        refused("a cut tail", &other, &t.end, QUOTH_AUDIT_CUT);
    }
    buffer_clear(&t.text);
}

static void a_trail_made_anew_is_found_with_a_checkpoint(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct trail t, forged;
    begin(&t, 0);
    begin(&forged, 100);
    assert_true(walk(buffer_bytes(&forged.text), NULL, NULL, &err));
    refused("another history", &forged.text, &t.end, QUOTH_AUDIT_BROKEN);
    struct audit_checkpoint elsewhere = t.end;
    elsewhere.id[0] = 'f';
    refused("the checkpoint of another stream", &t.text, &elsewhere, QUOTH_AUDIT_CHECKPOINT);
    buffer_clear(&t.text);
    buffer_clear(&forged.text);
}

static void what_is_no_trail_is_refused(void **state)
{
    (void)state;
    struct trail t;
    AUTO(buffer) struct buffer text = {0};
    begin(&t, 0);
    refused("nothing", &text, NULL, QUOTH_AUDIT_BROKEN);
    buffer_text(&text, "\n");
    refused("a blank line", &text, NULL, QUOTH_AUDIT_BROKEN);
    text.len = 0;
    buffer_text(&text, "{}\n");
    refused("an empty object", &text, NULL, QUOTH_AUDIT_BROKEN);
    text.len = 0;
    buffer_fill(&text, AUDIT_LINE_MAX + 1, 'a');
    refused("a line without end", &text, NULL, QUOTH_AUDIT_BROKEN);
    text.len = 0;
    buffer_add(&text, bytes_slice(buffer_bytes(&t.text), 0, t.text.len - 1));
    refused("no last newline", &text, NULL, QUOTH_AUDIT_BROKEN);
    text.len = 0;
    buffer_add(&text, t.lines[1]);
    refused("a file without its first line", &text, NULL, QUOTH_AUDIT_BROKEN);
    text.len = 0;
    buffer_add(&text, buffer_bytes(&t.text));
    buffer_text(&text, "\n");
    refused("a blank last line", &text, NULL, QUOTH_AUDIT_BROKEN);
    text.len = 0;
    struct audit_head head = {.count = 0, .hash = {{1}}};
    add_first(&head, "https://a administration", ID, &text);
    refused("a first line that names one before", &text, NULL, QUOTH_AUDIT_BROKEN);
    text.len = 0;
    head = (struct audit_head){0};
    add_first(&head, "https://a administration", "short", &text);
    refused("a stream without an id", &text, NULL, QUOTH_AUDIT_BROKEN);
    buffer_clear(&t.text);
}

/* Feeds two files and says how it went. */
static bool walk_two(const struct buffer *a, const struct buffer *b,
                     struct audit_report *ret_report, struct quoth_error *err)
{
    AUTO(chain_walk) struct chain_walk w = {0};
    const bool good = chain_walk_feed(&w, buffer_bytes(a), err) && chain_walk_end_file(&w, err) &&
                      chain_walk_feed(&w, buffer_bytes(b), err) && chain_walk_end_file(&w, err);
    *ret_report = w.report;
    return good;
}

static void a_chain_goes_over_files(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct trail t;
    struct audit_report r;
    AUTO(buffer) struct buffer next = {0}, stranger = {0}, bare = {0};
    begin(&t, 0);
    struct audit_head head = t.end.head, copy = head;
    add_first(&head, "https://a administration", ID, &next);
    struct audit_line gap = audit_begin(CHAIN_GAP, 0);
    audit_number(&gap, "lines", 7);
    add(&head, gap, &next);
    assert_true(walk_two(&t.text, &next, &r, &err));
    assert_int_equal(r.last.head.count, LINES + 2);
    assert_int_equal(r.lost, 7);
    assert_false(walk_two(&next, &t.text, &r, &err)); /* in the wrong order */
    err = (struct quoth_error){0};
    assert_false(walk_two(&t.text, &t.text, &r, &err));
    add_first(&copy, "https://b administration", ID, &stranger);
    assert_false(walk_two(&t.text, &stranger, &r, &err));
    copy = t.end.head;
    add(&copy, numbered("policy.set", 9), &bare);
    assert_false(walk_two(&t.text, &bare, &r, &err));
    /* the second file alone: the checkpoint of the first one's last line is what it follows */
    err = (struct quoth_error){0};
    assert_true(walk(buffer_bytes(&next), &t.end, &r, &err));
    assert_int_equal(r.first, LINES + 1);
    t.end.head.hash.bytes[0] ^= 1;
    refused("a file that follows another line", &next, &t.end, QUOTH_AUDIT_BROKEN);
    t.end.head.count--;
    refused("a file that begins later", &next, &t.end, QUOTH_AUDIT_CUT);
    buffer_clear(&t.text);
}

static void lines_hold_no_surprise(void **state)
{
    (void)state;
    static const char hostile[] = "a\x1b[31m\"\\\n\xe2\x80\xae\x80 and much more";
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0}, huge = {0};
    struct audit_head head = {0};
    struct audit_line line = audit_begin("x", 0);
    buffer_fill(&huge, 5000, 'a');
    audit_bytes(&line, "hostile", BYTES_OF(hostile));
    audit_bytes(&line, "long", buffer_bytes(&huge));
    audit_text(&line, "absent", NULL);
    audit_failure(&line, &(struct quoth_error){0});
    add(&head, line, &text);
    for (size_t i = 0; i + 1 < text.len; i++)
        assert_in_range(text.data[i], 0x20, 0x7e);
    assert_true(text.len < 1200);
    buffer_clear(&huge);
    buffer_text(&huge, "{");
    buffer_fill(&huge, AUDIT_LINE_MAX, 'a');
    text.len = 0;
    assert_false(chain_add(&head, buffer_bytes(&huge), &text, &err));
    assert_int_equal(err.code, QUOTH_TOO_LARGE);
    assert_int_equal(text.len, 0);
    assert_int_equal(head.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trail_holds_however_it_is_read),
        cmocka_unit_test(every_changed_byte_is_found),
        cmocka_unit_test(lines_cannot_be_taken_out_swapped_or_doubled),
        cmocka_unit_test(a_cut_tail_is_found_with_a_checkpoint_alone),
        cmocka_unit_test(a_trail_made_anew_is_found_with_a_checkpoint),
        cmocka_unit_test(what_is_no_trail_is_refused),
        cmocka_unit_test(a_chain_goes_over_files),
        cmocka_unit_test(lines_hold_no_surprise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
