#include "tests/vectors/vectors.h"

#include "codec/json.h"
#include "codec/pem.h"
#include "collateral/part.h"

#include <stdio.h>

static void split(char *line, char **cells, size_t *ret_count)
{
    size_t count = 0;
    while (line && count < 64) {
        cells[count++] = line;
        line = strchr(line, '\t');
        if (line)
            *line++ = '\0';
    }
    *ret_count = count;
}

/* The next line, NUL-terminated in place, or NULL. */
static char *next_line(struct table *t)
{
    if (t->at >= t->text.len)
        return NULL;
    char *line = (char *)t->text.data + t->at;
    char *end = memchr(line, '\n', t->text.len - t->at);
    if (!end)
        return NULL;
    *end = '\0';
    t->at += (size_t)(end - line) + 1;
    return line;
}

void table_open(struct table *t, const char *folder, const char *name)
{
    *t = (struct table){0};
    vector_read(folder, name, &t->text);
    split(next_line(t), t->head, &t->head_count);
}

void table_clear(struct table *t)
{
    buffer_clear(&t->text);
}

bool table_next(struct table *t)
{
    char *line = next_line(t);
    if (!line)
        return false;
    split(line, t->cells, &t->count);
    t->row++;
    return true;
}

const char *table_cell(const struct table *t, const char *column)
{
    for (size_t i = 0; i < t->head_count; i++)
        if (strcmp(t->head[i], column) == 0)
            return i < t->count ? t->cells[i] : "";
    fail_msg("the table has no column %s", column);
    return "";
}

static bool ends_with(const char *text, const char *end)
{
    const size_t a = strlen(text), b = strlen(end);
    return a >= b && strcmp(text + a - b, end) == 0;
}

static void keep_member(struct buffer *data, const char *member)
{
    struct quoth_error err = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(buffer) struct buffer text = {0};
    if (!json_parse(buffer_bytes(data), NULL, &doc, &err) ||
        !json_need_text(json_root(&doc), member, &text, &err))
        fail_msg("%s: %s", member, err.message);
    buffer_clear(data);
    buffer_add(data, buffer_bytes(&text));
}

static void keep_decoded(struct buffer *data)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer decoded = {0};
    struct bytes text = buffer_bytes(data);
    while (text.len > 0 && text.data[text.len - 1] == '\n')
        text.len--;
    if (bytes_equal(bytes_slice(text, 0, 2), BYTES_LITERAL("0x")))
        text = bytes_slice(text, 2, text.len);
    if (!hex_decode(text, &decoded, &err))
        fail_msg("%s", err.message);
    buffer_clear(data);
    buffer_add(data, buffer_bytes(&decoded));
}

/* Two files begin with 81 bytes of licence text. */
static void drop_licence(struct buffer *data)
{
    AUTO(buffer) struct buffer rest = {0};
    buffer_add(&rest, bytes_slice(buffer_bytes(data), 81, data->len));
    buffer_clear(data);
    buffer_add(data, buffer_bytes(&rest));
}

void vector_read(const char *folder, const char *name, struct buffer *ret_data)
{
    struct quoth_error err = {0};
    char file[256];
    const char *member = strchr(name, '#');
    snprintf(file, sizeof file, "%.*s", member ? (int)(member - name) : (int)strlen(name), name);
    AUTO(text) char *path = path_join(folder, file, &err);
    buffer_clear(ret_data);
    if (!path || !file_read(path, 16u << 20, ret_data, &err))
        fail_msg("%s: %s", name, err.message);
    if (member)
        keep_member(ret_data, member + 1);
    if (ends_with(file, ".hex"))
        keep_decoded(ret_data);
    if (ends_with(file, ".evidence") || strstr(file, "oe-sgx-endorsements"))
        drop_licence(ret_data);
}

void vector_add_part(struct collateral_builder *b, enum collateral_part part, const char *folder,
                     const char *name)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer data = {0};
    if (name[0] == '\0' || strcmp(name, "-") == 0)
        return;
    vector_read(folder, name, &data);
    if (!collateral_add(b, part, buffer_bytes(&data), &err))
        fail_msg("%s: %s", name, err.message);
}

void vector_trust(const char *folder, const char *pem_name, enum trust_class class,
                  struct trust *ret_trust)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer pem = {0}, der = {0};
    vector_read(folder, pem_name, &pem);
    struct reader r = {.in = buffer_bytes(&pem), .err = &err};
    *ret_trust = (struct trust){0};
    if (!pem_next_lenient(&r, "CERTIFICATE", &der) ||
        !trust_add(ret_trust, class, TRUST_FOR_ALL, buffer_bytes(&der), &err))
        fail_msg("%s: %s: %s", pem_name, err.where, err.message);
}
