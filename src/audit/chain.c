#include "audit/chain.h"

#include "codec/hex.h"
#include "codec/json.h"

#include <inttypes.h>
#include <stdio.h>

#define PREFIX_MAX 128 /* {"seq":<20 digits>,"prev":"<64>", and a NUL */

static struct bytes prefix(const struct audit_head *after, char text[PREFIX_MAX])
{
    char hash[2 * sizeof after->hash.bytes + 1];
    hex_text(BYTES_OF(after->hash.bytes), hash, sizeof hash);
    snprintf(text, PREFIX_MAX, "{\"seq\":%" PRIu64 ",\"prev\":\"%s\",", after->count + 1, hash);
    return bytes_of_text(text);
}

bool chain_add(struct audit_head *head, struct bytes text, struct buffer *to,
               struct quoth_error *err)
{
    char begin[PREFIX_MAX];
    const struct bytes first = prefix(head, begin);
    const struct bytes parts[] = {first, bytes_slice(text, 1, text.len), BYTES_LITERAL("}")};
    const size_t before = to->len, len = parts[0].len + parts[1].len + parts[2].len;
    if (len > AUDIT_LINE_MAX)
        return quoth_fail(err, QUOTH_TOO_LARGE, "audit", QUOTH_NO_OFFSET,
                          "a line of %zu bytes, limit is %u", len, AUDIT_LINE_MAX);
    buffer_reserve(to, len + 1);
    for (size_t i = 0; i < COUNT(parts); i++)
        buffer_add(to, parts[i]);
    buffer_u8(to, '\n');
    if (!buffer_ok(to, err))
        return false;
    head->count++;
    head->hash = sha256_of(bytes_slice(buffer_bytes(to), before, len));
    return true;
}

void chain_walk_clear(struct chain_walk *w)
{
    buffer_clear(&w->partial);
    *w = (struct chain_walk){0};
}

static bool broken(const struct chain_walk *w, const char *what, struct quoth_error *err)
{
    char where[32];
    snprintf(where, sizeof where, "line %" PRIu64, w->line + 1);
    return quoth_fail(err, QUOTH_AUDIT_BROKEN, where, (size_t)w->offset, "%s", what);
}

/* The first line of all files may be any of the chain: where it stands is what it says. */
static bool take_up(struct chain_walk *w, struct json line, struct quoth_error *err)
{
    struct audit_head *head = &w->report.last.head;
    uint64_t seq;
    if (!json_need_uint(line, "seq", INT64_MAX, &seq, err) ||
        !json_need_hex(line, "prev", head->hash.bytes, sizeof head->hash.bytes, err))
        return false;
    if (seq == 0)
        return broken(w, "lines are counted from 1", err);
    head->count = seq - 1;
    w->report.first = seq;
    const struct sha256 zeros = {{0}};
    return seq > 1 || sha256_equal(&head->hash, &zeros) ||
           broken(w, "is the first line and names one before it", err);
}

static bool choose_checkpoint(struct chain_walk *w, struct quoth_error *err)
{
    const char *id = w->report.last.id;
    for (size_t i = 0; i < w->checkpoint_count; i++)
        if (strcmp(w->checkpoints[i].id, id) == 0)
            w->checkpoint = &w->checkpoints[i];
    return w->checkpoint_count == 0 || w->checkpoint ||
           quoth_mismatch(err, QUOTH_AUDIT_CHECKPOINT, "checkpoint", QUOTH_NO_OFFSET,
                          w->checkpoints[0].id, id);
}

/* The first line of a file says whose it is. */
static bool check_stream(struct chain_walk *w, struct json line, struct quoth_error *err)
{
    struct json event;
    struct bytes stream, id;
    struct audit_report *r = &w->report;
    const bool begins = r->last.head.count == 0;
    if (!json_need(line, "event", &event, err))
        return false;
    if (!json_text_is(event, begins ? CHAIN_BEGUN : CHAIN_CONTINUED))
        return broken(w, "does not begin a file of this trail", err);
    if (!json_need_plain(line, "stream", &stream, err) || !json_need_plain(line, "id", &id, err))
        return false;
    if (stream.len >= sizeof r->stream || id.len != sizeof r->last.id - 1)
        return broken(w, "does not say whose trail this is", err);
    if (r->stream[0] && (!bytes_equal(stream, bytes_of_text(r->stream)) ||
                         !bytes_equal(id, bytes_of_text(r->last.id))))
        return broken(w, "is of another trail than the file before", err);
    bytes_copy((uint8_t *)r->stream, stream);
    r->stream[stream.len] = '\0';
    bytes_copy((uint8_t *)r->last.id, id);
    return choose_checkpoint(w, err);
}

/* What lines say of lines that are not there. */
static bool count_missing(struct chain_walk *w, struct json line, struct quoth_error *err)
{
    struct json event;
    uint64_t lines = 0;
    if (!json_need(line, "event", &event, err))
        return false;
    if (json_text_is(event, CHAIN_TORN))
        w->report.torn++;
    if (json_text_is(event, CHAIN_GAP) && !json_need_uint(line, "lines", INT64_MAX, &lines, err))
        return false;
    w->report.lost += lines;
    return true;
}

/* The line that follows what was read, byte for byte in its beginning. */
static bool check_place(struct chain_walk *w, struct bytes text, struct quoth_error *err)
{
    char begin[PREFIX_MAX];
    const struct bytes expected = prefix(&w->report.last.head, begin);
    return (text.len > expected.len && bytes_equal(bytes_slice(text, 0, expected.len), expected)) ||
           broken(w, "does not follow the line before it", err);
}

static bool check_checkpoint(struct chain_walk *w, struct quoth_error *err)
{
    const struct audit_checkpoint *c = w->checkpoint;
    const struct audit_head *head = &w->report.last.head;
    if (!c || head->count != c->head.count)
        return true;
    w->met = true;
    return sha256_equal(&head->hash, &c->head.hash) ||
           broken(w, "is not the line that the checkpoint was signed over", err);
}

static bool read_line(struct chain_walk *w, struct bytes text, struct quoth_error *err)
{
    const struct json_limits limits = {.max_len = AUDIT_LINE_MAX, .max_depth = 8};
    AUTO(json_doc) struct json_doc doc = {0};
    struct audit_head *head = &w->report.last.head;
    if (!json_parse(text, &limits, &doc, err))
        return false;
    const struct json line = json_root(&doc);
    const bool first = w->report.first == 0;
    if ((first && !take_up(w, line, err)) || !check_place(w, text, err) ||
        (!w->in_file && !check_stream(w, line, err)) || (first && !check_checkpoint(w, err)) ||
        !count_missing(w, line, err))
        return false;
    w->in_file = true;
    *head = (struct audit_head){head->count + 1, sha256_of(text)};
    return check_checkpoint(w, err);
}

/* What is no line of a trail at all is a broken trail, not bad JSON of somebody who asks. */
static bool is_of_json(enum quoth_code code)
{
    return code == QUOTH_JSON || code == QUOTH_JSON_DUPLICATE || code == QUOTH_JSON_LIMIT ||
           code == QUOTH_JSON_VALUE || code == QUOTH_TOO_LARGE;
}

static bool take_line(struct chain_walk *w, struct bytes text, struct quoth_error *err)
{
    struct quoth_error why = {0};
    if (!read_line(w, text, &why) && is_of_json(why.code))
        return broken(w, why.message, err);
    if (why.code != QUOTH_OK) {
        *err = why;
        return false;
    }
    w->line++;
    w->offset += text.len + 1;
    return true;
}

static size_t line_len(struct bytes text)
{
    size_t len = 0;
    while (len < text.len && text.data[len] != '\n')
        len++;
    return len;
}

bool chain_walk_feed(struct chain_walk *w, struct bytes more, struct quoth_error *err)
{
    while (more.len > 0) {
        const size_t len = line_len(more);
        const struct bytes piece = bytes_slice(more, 0, len);
        if (w->partial.len + len > AUDIT_LINE_MAX)
            return broken(w, "is longer than any line of a trail", err);
        if (len == more.len || w->partial.len > 0)
            buffer_add(&w->partial, piece);
        if (!buffer_ok(&w->partial, err) || len == more.len)
            return buffer_ok(&w->partial, err);
        if (!take_line(w, w->partial.len > 0 ? buffer_bytes(&w->partial) : piece, err))
            return false;
        w->partial.len = 0;
        more = bytes_slice(more, len + 1, more.len);
    }
    return true;
}

bool chain_walk_end_file(struct chain_walk *w, struct quoth_error *err)
{
    if (w->partial.len > 0)
        return broken(w, "ends before its newline", err);
    if (!w->in_file)
        return broken(w, "is not there: the file is empty", err);
    w->in_file = false;
    w->line = w->offset = 0;
    return true;
}

bool chain_walk_end(const struct chain_walk *w, struct quoth_error *err)
{
    const struct audit_report *r = &w->report;
    return !w->checkpoint || w->met ||
           quoth_fail(err, QUOTH_AUDIT_CUT, "trail", QUOTH_NO_OFFSET,
                      "has lines %" PRIu64 " to %" PRIu64
                      ", the checkpoint was signed over line %" PRIu64,
                      r->first, r->last.head.count, w->checkpoint->head.count);
}
