#include "cli/marks_file.h"

#include "base/file.h"
#include "codec/hex.h"
#include "codec/json.h"
#include "codec/json_write.h"

#include <stdio.h>

struct entry {
    char root[65];
    char document[COLLATERAL_DOCUMENT_SIZE];
    struct collateral_mark mark;
};

struct marks_file {
    char *path;
    size_t count;
    struct entry entries[MARKS_FILE_ENTRIES_MAX]; /* those of one root stand together */
};

static struct entry *find(struct marks_file *f, const char *root, const char *document)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->entries[i].root, root) == 0 && strcmp(f->entries[i].document, document) == 0)
            return &f->entries[i];
    return NULL;
}

/* Behind the last entry of its root. */
static struct entry *insert(struct marks_file *f, const char *root, const char *document)
{
    size_t at = f->count;
    if (f->count == MARKS_FILE_ENTRIES_MAX)
        return NULL;
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->entries[i].root, root) == 0)
            at = i + 1;
    for (size_t i = f->count++; i > at; i--)
        f->entries[i] = f->entries[i - 1];
    f->entries[at] = (struct entry){0};
    snprintf(f->entries[at].root, sizeof f->entries[at].root, "%s", root);
    snprintf(f->entries[at].document, sizeof f->entries[at].document, "%s", document);
    return &f->entries[at];
}

static bool load(void *context, const struct sha256 *root, const char *document,
                 struct collateral_mark *ret_mark, struct quoth_error *err)
{
    char hex[65];
    const struct entry *e =
        find(context, hex_text(BYTES_OF(root->bytes), hex, sizeof hex), document);
    (void)err;
    *ret_mark = e ? e->mark : (struct collateral_mark){0};
    return true;
}

static bool store(void *context, const struct sha256 *root, const char *document,
                  const struct collateral_mark *mark, struct quoth_error *err)
{
    char hex[65];
    hex_text(BYTES_OF(root->bytes), hex, sizeof hex);
    struct entry *e = find(context, hex, document);
    if (!e)
        e = insert(context, hex, document);
    if (!e)
        return quoth_fail(err, QUOTH_TOO_LARGE, "marks.json", QUOTH_NO_OFFSET,
                          "holds %u documents, which is the limit", MARKS_FILE_ENTRIES_MAX);
    e->mark = *mark;
    return true;
}

struct collateral_marks marks_file_marks(struct marks_file *f)
{
    return (struct collateral_marks){.context = f, .load = load, .store = store};
}

static bool read_entry(struct marks_file *f, const char *root, struct json member,
                       struct quoth_error *err)
{
    char document[COLLATERAL_DOCUMENT_SIZE];
    uint64_t number;
    int64_t issued;
    const struct bytes name = json_plain(json_member_name(member));
    if (name.len == 0 || name.len >= sizeof document)
        return quoth_fail(err, QUOTH_MALFORMED, "document", json_offset(member),
                          "has no name, or one that is too long");
    snprintf(document, sizeof document, "%.*s", (int)name.len, (const char *)name.data);
    if (!json_need_uint(member, "number", UINT32_MAX, &number, err) ||
        !json_need_time(member, "issued", &issued, err))
        return false;
    struct entry *e = insert(f, root, document);
    if (!e)
        return quoth_fail(err, QUOTH_TOO_LARGE, "documents", json_offset(member),
                          "are more than %u", MARKS_FILE_ENTRIES_MAX);
    e->mark = (struct collateral_mark){.evaluation_number = (uint32_t)number, .issued = issued};
    return true;
}

static bool read_root(struct marks_file *f, struct json member, struct quoth_error *err)
{
    char root[65];
    uint8_t digest[32];
    const struct bytes name = json_plain(json_member_name(member));
    if (!hex_decode_fixed(name, digest, sizeof digest, err))
        return quoth_within(err, "root");
    hex_text(BYTES_OF(digest), root, sizeof root);
    for (struct json e = json_first(member); json_exists(e); e = json_next(e))
        if (!read_entry(f, root, e, err))
            return false;
    return true;
}

static bool read_file(struct marks_file *f, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    const struct json_limits limits = {.max_depth = 4};
    if (!file_read(f->path, 1u << 20, &text, err) ||
        !json_parse(buffer_bytes(&text), &limits, &doc, err))
        return false;
    for (struct json m = json_first(json_root(&doc)); json_exists(m); m = json_next(m))
        if (!read_root(f, m, err))
            return false;
    return json_type(json_root(&doc)) == JSON_OBJECT ||
           quoth_fail(err, QUOTH_MALFORMED, NULL, 0, "is not a JSON object");
}

bool marks_file_open(const char *folder, struct marks_file **ret_file, struct quoth_error *err)
{
    AUTO(marks_file) struct marks_file *f = calloc(1, sizeof *f);
    if (!f)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    f->path = path_join(folder, "marks.json", err);
    if (!f->path)
        return false;
    if (file_exists(f->path) && !read_file(f, err))
        return quoth_within(err, f->path);
    *ret_file = take(f);
    return true;
}

void marks_file_close(struct marks_file *f)
{
    if (f)
        free(f->path);
    free(f);
}

static void write_entry(struct buffer *to, const struct entry *e)
{
    json_name(to, e->document);
    json_object_begin(to);
    json_named_uint(to, "number", e->mark.evaluation_number);
    json_named_time(to, "issued", e->mark.issued);
    json_object_end(to);
}

bool marks_file_save(const struct marks_file *f, struct quoth_error *err)
{
    AUTO(buffer) struct buffer json = {0};
    json_object_begin(&json);
    for (size_t i = 0; i < f->count; i++) {
        const struct entry *e = &f->entries[i];
        const bool first = i == 0 || strcmp(e[-1].root, e->root) != 0;
        const bool last = i + 1 == f->count || strcmp(e[1].root, e->root) != 0;
        if (first) {
            json_name(&json, e->root);
            json_object_begin(&json);
        }
        write_entry(&json, e);
        if (last)
            json_object_end(&json);
    }
    json_object_end(&json);
    buffer_text(&json, "\n");
    return buffer_ok(&json, err) && file_write(f->path, buffer_bytes(&json), 0644, err);
}
