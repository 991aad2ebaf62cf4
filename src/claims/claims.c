#include "claims/claims.h"

#include "codec/base64.h"
#include "codec/hex.h"

#include <stdlib.h>

/* One block per claim: itself, its name with a NUL, its value. So the views of a claim stay where
 * they are while the set grows. */
struct entry {
    struct claim claim;
    size_t name_len;
    uint8_t memory[];
};

struct slot {
    struct entry *entry;
};

struct claims {
    struct slot *slots;
    size_t count, cap;
    struct quoth_error failure; /* of the first addition that failed */
};

struct claims *claims_open(void)
{
    return calloc(1, sizeof(struct claims));
}

void claims_close(struct claims *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->count; i++)
        free(c->slots[i].entry);
    free(c->slots);
    free(c);
}

static const struct entry *find(const struct claims *c, struct bytes name)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct entry *e = c->slots[i].entry;
        if (e->name_len == name.len && memcmp(e->memory, name.data, name.len) == 0)
            return e;
    }
    return NULL;
}

static bool has_room(struct claims *c)
{
    if (c->count < c->cap)
        return true;
    const size_t cap = c->cap ? 2 * c->cap : 32;
    struct slot *slots = reallocarray(c->slots, cap, sizeof *slots);
    if (!slots)
        return quoth_fail(&c->failure, QUOTH_MEMORY, "claims", QUOTH_NO_OFFSET, "out of memory");
    c->slots = slots;
    c->cap = cap;
    return true;
}

void claims_add(struct claims *c, const struct claim *claim)
{
    const struct bytes name = bytes_of_text(claim->name);
    if (c->failure.code != QUOTH_OK || !has_room(c))
        return;
    if (find(c, name)) {
        quoth_fail(&c->failure, QUOTH_INTERNAL, claim->name, QUOTH_NO_OFFSET,
                   "the claim was added twice");
        return;
    }
    struct entry *e = malloc(sizeof *e + name.len + 1 + claim->text.len);
    if (!e) {
        quoth_fail(&c->failure, QUOTH_MEMORY, "claims", QUOTH_NO_OFFSET, "out of memory");
        return;
    }
    e->claim = *claim;
    e->name_len = name.len;
    bytes_copy(e->memory, (struct bytes){name.data, name.len + 1});
    bytes_copy(e->memory + name.len + 1, claim->text);
    e->claim.name = (const char *)e->memory;
    e->claim.text = (struct bytes){e->memory + name.len + 1, claim->text.len};
    c->slots[c->count++].entry = e;
}

void claims_add_bool(struct claims *c, enum claim_origin from, const char *name, bool value)
{
    claims_add(c,
               &(struct claim){.name = name, .kind = CLAIM_BOOL, .origin = from, .boolean = value});
}

void claims_add_int(struct claims *c, enum claim_origin from, const char *name, int64_t value)
{
    claims_add(c,
               &(struct claim){.name = name, .kind = CLAIM_INT, .origin = from, .integer = value});
}

void claims_add_text(struct claims *c, enum claim_origin from, const char *name, struct bytes value)
{
    claims_add(c, &(struct claim){.name = name, .kind = CLAIM_TEXT, .origin = from, .text = value});
}

void claims_add_json(struct claims *c, enum claim_origin from, const char *name, struct bytes json)
{
    claims_add(c, &(struct claim){.name = name, .kind = CLAIM_JSON, .origin = from, .text = json});
}

void claims_add_written(struct claims *c, enum claim_origin from, const char *name,
                        const struct buffer *json)
{
    if (buffer_ok(json, &c->failure))
        claims_add_json(c, from, name, buffer_bytes(json));
}

/* Measurements are short and many: written on the stack. */
void claims_add_hex(struct claims *c, enum claim_origin from, const char *name, struct bytes value)
{
    char digits[2 * 64 + 1];
    AUTO(buffer) struct buffer text = {0};
    if (value.len <= 64) {
        claims_add_text(c, from, name, bytes_of_text(hex_text(value, digits, sizeof digits)));
        return;
    }
    hex_encode(value, &text);
    if (buffer_ok(&text, &c->failure))
        claims_add_text(c, from, name, buffer_bytes(&text));
}

void claims_add_base64url(struct claims *c, enum claim_origin from, const char *name,
                          struct bytes value)
{
    AUTO(buffer) struct buffer text = {0};
    base64url_encode(value, &text);
    if (buffer_ok(&text, &c->failure))
        claims_add_text(c, from, name, buffer_bytes(&text));
}

bool claims_ok(const struct claims *c, struct quoth_error *err)
{
    if (c->failure.code != QUOTH_OK && err->code == QUOTH_OK)
        *err = c->failure;
    return c->failure.code == QUOTH_OK;
}

size_t claims_count(const struct claims *c)
{
    return c->count;
}

const struct claim *claims_at(const struct claims *c, size_t index)
{
    return index < c->count ? &c->slots[index].entry->claim : NULL;
}

const struct claim *claims_find(const struct claims *c, const char *name)
{
    const struct entry *e = find(c, bytes_of_text(name));
    return e ? &e->claim : NULL;
}

void claim_write(struct buffer *to, const struct claim *claim)
{
    switch (claim->kind) {
    case CLAIM_BOOL:
        json_bool(to, claim->boolean);
        break;
    case CLAIM_INT:
        json_int(to, claim->integer);
        break;
    case CLAIM_TEXT:
        json_string(to, claim->text);
        break;
    case CLAIM_JSON:
        json_raw(to, claim->text);
        break;
    }
}

static int by_name(const void *a, const void *b)
{
    const struct slot *x = a, *y = b;
    return strcmp(x->entry->claim.name, y->entry->claim.name);
}

void claims_write(struct buffer *to, const struct claims *c)
{
    struct slot *sorted = calloc(c->count + 1, sizeof *sorted);
    if (!sorted) {
        to->failed = true;
        return;
    }
    for (size_t i = 0; i < c->count; i++)
        sorted[i] = c->slots[i];
    qsort(sorted, c->count, sizeof *sorted, by_name);
    json_object_begin(to);
    for (size_t i = 0; i < c->count; i++) {
        json_name(to, sorted[i].entry->claim.name);
        claim_write(to, &sorted[i].entry->claim);
    }
    json_object_end(to);
    free(sorted);
}
