#include "service/config/config_values.h"

#include <stdio.h>

static bool usage(struct quoth_error *err, const char *where, const char *what)
{
    return quoth_fail(err, QUOTH_USAGE, where, QUOTH_NO_OFFSET, "%s", what);
}

void *setting_member(struct config *s, size_t tenant, const struct setting_row *row)
{
    uint8_t *base = row->use & SETTING_OF_TENANT ? (uint8_t *)&s->tenants[tenant] : (uint8_t *)s;
    return base + row->offset;
}

const void *setting_value(const struct config *s, size_t tenant, const struct setting_row *row)
{
    const uint8_t *base =
        row->use & SETTING_OF_TENANT ? (const uint8_t *)&s->tenants[tenant] : (const uint8_t *)s;
    return base + row->offset;
}

static bool put_text(char **to, const char *value, struct quoth_error *err)
{
    free(*to);
    *to = strdup(value);
    return *to || quoth_fail(err, QUOTH_MEMORY, "settings", QUOTH_NO_OFFSET, "out of memory");
}

static bool put_number(uint64_t *to, const struct setting_row *row, const char *value,
                       const char *where, struct quoth_error *err)
{
    char *end;
    const bool digits = value[0] >= '0' && value[0] <= '9';
    const unsigned long long number = digits ? strtoull(value, &end, 10) : 0;
    if (!digits || *end != '\0' || number < row->least || number > row->most)
        return quoth_fail(err, QUOTH_USAGE, where, QUOTH_NO_OFFSET,
                          "is not a number from %llu to %llu", (unsigned long long)row->least,
                          (unsigned long long)row->most);
    *to = number;
    return true;
}

static bool put_choice(char **to, const struct setting_row *row, const char *value,
                       const char *where, struct quoth_error *err)
{
    return setting_is_choice(row->value, value)
               ? put_text(to, value, err)
               : quoth_fail(err, QUOTH_USAGE, where, QUOTH_NO_OFFSET, "is none of %s", row->value);
}

static bool put_flag(bool *to, const char *value, const char *where, struct quoth_error *err)
{
    *to = strcmp(value, "true") == 0;
    return *to || strcmp(value, "false") == 0 || usage(err, where, "is neither true nor false");
}

static bool put_item(struct setting_list *list, const char *value, const char *where,
                     struct quoth_error *err)
{
    if (list->count == SETTING_ITEMS_MAX)
        return usage(err, where, "is given too often");
    char **items = realloc(list->items, (list->count + 1) * sizeof *items);
    if (!items)
        return quoth_fail(err, QUOTH_MEMORY, "settings", QUOTH_NO_OFFSET, "out of memory");
    list->items = items;
    list->items[list->count] = NULL;
    if (!put_text(&list->items[list->count], value, err))
        return false;
    list->count++;
    return true;
}

static bool put(void *to, const struct setting_row *row, const char *value, const char *where,
                struct quoth_error *err)
{
    if (value[0] == '\0')
        return usage(err, where, "is empty");
    switch (row->kind) {
    case SETTING_TEXT:
        return put_text(to, value, err);
    case SETTING_CHOICE:
        return put_choice(to, row, value, where, err);
    case SETTING_NUMBER:
        return put_number(to, row, value, where, err);
    case SETTING_FLAG:
        return put_flag(to, value, where, err);
    case SETTING_LIST:
        return put_item(to, value, where, err);
    }
    return false;
}

bool setting_put(struct config *s, size_t tenant, const struct setting_row *row, const char *value,
                 const char *where, struct quoth_error *err)
{
    return put(setting_member(s, tenant, row), row, value, where, err);
}

bool setting_add_tenant(struct config *s, struct bytes issuer, size_t *ret_tenant,
                        struct quoth_error *err)
{
    if (s->tenant_count == SETTING_TENANTS_MAX)
        return quoth_fail(err, QUOTH_USAGE, "tenants", QUOTH_NO_OFFSET, "has more than %u members",
                          SETTING_TENANTS_MAX - TENANT_NAMED);
    AUTO(buffer) struct buffer text = {0};
    buffer_add(&text, issuer);
    char *owned = buffer_take_text(&text, err);
    if (!owned)
        return false;
    s->tenants[s->tenant_count].issuer = owned;
    *ret_tenant = s->tenant_count++;
    return true;
}

static void clear_member(void *at, enum setting_kind kind)
{
    struct setting_list *list = at;
    if (kind == SETTING_TEXT || kind == SETTING_CHOICE)
        free(*(char **)at);
    if (kind != SETTING_LIST)
        return;
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
}

void config_clear(struct config *s)
{
    for (size_t i = 0; i < setting_count; i++) {
        const struct setting_row *row = &setting_rows[i];
        const size_t tenants = row->use & SETTING_OF_TENANT ? s->tenant_count : 1;
        for (size_t t = 0; t < tenants; t++)
            clear_member(setting_member(s, t, row), row->kind);
    }
    for (size_t t = 0; t < s->tenant_count; t++)
        free(s->tenants[t].issuer);
    *s = (struct config){0};
}
