#include "service/config/config_share.h"

#include "service/config/config_check.h"
#include "service/config/config_values.h"

static struct config_share *share_of(int argc, char *const *argv, struct config *config,
                                     struct quoth_error *err)
{
    struct config_share *s = calloc(1, sizeof *s);
    if (!s) {
        quoth_fail(err, QUOTH_MEMORY, "settings", QUOTH_NO_OFFSET, "out of memory");
        return NULL;
    }
    atomic_init(&s->holders, 1);
    s->argc = argc;
    s->argv = argv;
    s->config = take_value(*config);
    return s;
}

bool config_share_read(int argc, char *const *argv, enum config_command *ret_command,
                       struct config_share **ret_share, struct quoth_error *err)
{
    AUTO(config) struct config config = {0};
    struct config_share *s = NULL;
    if (config_read(argc, argv, ret_command, &config, err))
        s = share_of(argc, argv, &config, err);
    if (s)
        *ret_share = s;
    return s != NULL;
}

bool config_share_again(const struct config_share *s, struct config_share **ret_share,
                        struct config_report *report)
{
    AUTO(config) struct config config = {0};
    enum config_command command;
    struct quoth_error err = {0};
    if (!config_examine(s->argc, s->argv, &command, &config, report))
        return false;
    struct config_share *again = share_of(s->argc, s->argv, &config, &err);
    if (again)
        *ret_share = again;
    else
        config_report_add(report, QUOTH_NO_OFFSET, &err);
    return again != NULL;
}

struct config_share *config_share_hold(struct config_share *s)
{
    atomic_fetch_add(&s->holders, 1);
    return s;
}

void config_share_release(struct config_share *s)
{
    if (!s || atomic_fetch_sub(&s->holders, 1) != 1)
        return;
    config_clear(&s->config);
    free(s);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_list(const struct setting_list *a, const struct setting_list *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = strcmp(a->items[i], b->items[i]) == 0;
    return same;
}

static bool same_value(const void *a, const void *b, enum setting_kind kind)
{
    switch (kind) {
    case SETTING_TEXT:
    case SETTING_CHOICE:
        return same_text(*(char *const *)a, *(char *const *)b);
    case SETTING_LIST:
        return same_list(a, b);
    case SETTING_NUMBER:
        return *(const uint64_t *)a == *(const uint64_t *)b;
    case SETTING_FLAG:
        return *(const bool *)a == *(const bool *)b;
    }
    return false;
}

/* The tenant of this issuer in another configuration. */
static size_t tenant_in(const struct config *s, const char *issuer, size_t tenant)
{
    return issuer ? (size_t)(config_tenant(s, issuer) - s->tenants) : tenant;
}

static bool same_everywhere(const struct config *a, const struct config *b,
                            const struct setting_row *row)
{
    const size_t tenants = row->use & SETTING_OF_TENANT ? a->tenant_count : 1;
    bool same = true;
    for (size_t t = 0; same && t < tenants; t++)
        same = same_value(setting_value(a, t, row),
                          setting_value(b, tenant_in(b, a->tenants[t].issuer, t), row), row->kind);
    return same;
}

void config_share_differences(const struct config *running, const struct config *read,
                              struct buffer *to)
{
    for (size_t i = 0; i < setting_count; i++) {
        const struct setting_row *row = &setting_rows[i];
        if (row->use & SETTING_AT_START &&
            !(same_everywhere(running, read, row) && same_everywhere(read, running, row)))
            buffer_printf(to, "%s%s", to->len > 0 ? ", " : "", row->name);
    }
}
