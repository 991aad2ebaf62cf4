#include "vault/rotation.h"

#include "vault/duration.h"

#include <stdio.h>

#define EXPIRY_DAYS 28 /* at least */
#define MARGIN_DAYS 7  /* between a rotation and making and end */
#define NOTIFY "P30D"

static bool refuse(struct quoth_error *err, const char *where, const char *what)
{
    return quoth_fail(err, QUOTH_VAULT_ROTATION, where, QUOTH_NO_OFFSET, "%s", what);
}

static bool read_time(const char *text, const char *where, int64_t *ret_days,
                      struct quoth_error *err)
{
    struct duration d;
    if (!duration_read(bytes_of_text(text), &d, err))
        return quoth_within(err, where);
    *ret_days = duration_days(&d);
    return true;
}

static bool check_rotate(const struct vault_rotation *r, int64_t expiry, struct quoth_error *err)
{
    static const char where[] = "lifetimeActions.Rotate";
    int64_t days = 0;
    if (!read_time(r->actions[VAULT_ROTATE].time, where, &days, err))
        return false;
    if (r->actions[VAULT_ROTATE].before_expiry && expiry == 0)
        return refuse(err, where, "timeBeforeExpiry needs an expiryTime");
    if (days < MARGIN_DAYS)
        return refuse(err, where, "is less than 7 days after the making, or before the end");
    return expiry == 0 || days <= expiry - MARGIN_DAYS ||
           refuse(err, where, "leaves less than 7 days to the other end of expiryTime");
}

static bool check_notify(const struct vault_rotation *r, struct quoth_error *err)
{
    static const char where[] = "lifetimeActions.Notify";
    int64_t days = 0;
    if (!read_time(r->actions[VAULT_NOTIFY].time, where, &days, err))
        return false;
    return r->actions[VAULT_NOTIFY].before_expiry ||
           refuse(err, where, "is told before the end only: give timeBeforeExpiry");
}

bool rotation_check(const struct vault_rotation *r, struct quoth_error *err)
{
    int64_t expiry = 0;
    if (r->expiry[0] && !read_time(r->expiry, "attributes.expiryTime", &expiry, err))
        return false;
    if (r->expiry[0] && expiry < EXPIRY_DAYS)
        return refuse(err, "attributes.expiryTime", "is less than 28 days");
    return (!r->actions[VAULT_ROTATE].is_set || check_rotate(r, expiry, err)) &&
           (!r->actions[VAULT_NOTIFY].is_set || check_notify(r, err));
}

void rotation_complete(struct vault_rotation *r)
{
    if (r->actions[VAULT_NOTIFY].is_set)
        return;
    r->actions[VAULT_NOTIFY].is_set = true;
    r->actions[VAULT_NOTIFY].before_expiry = true;
    snprintf(r->actions[VAULT_NOTIFY].time, VAULT_DURATION_SIZE, NOTIFY);
}

struct vault_rotation vault_rotation_shown(const struct vault_item *item)
{
    struct vault_rotation shown = item->rotation;
    rotation_complete(&shown);
    return shown;
}

bool rotation_watches(const struct vault_item *item)
{
    const struct vault_version *newest = vault_item_newest(item);
    return item->kind == VAULT_KEY && vault_item_state(item) == VAULT_LIVE &&
           (item->rotation.actions[VAULT_ROTATE].is_set || newest->has_exp);
}

static bool is_time(const struct vault_rotation *r, enum vault_action action,
                    const struct vault_version *version, int64_t now)
{
    struct quoth_error ignored = {0};
    struct duration d; /* was read when it was set */
    if (!r->actions[action].is_set ||
        !duration_read(bytes_of_text(r->actions[action].time), &d, &ignored))
        return false;
    if (r->actions[action].before_expiry)
        return version->has_exp && duration_before(version->exp, &d) <= now;
    return duration_after(version->created, &d) <= now;
}

bool rotation_is_due(const struct vault_item *item, int64_t now)
{
    const struct vault_version *newest = vault_item_newest(item);
    return rotation_watches(item) && newest->enabled &&
           is_time(&item->rotation, VAULT_ROTATE, newest, now);
}

bool rotation_nears(const struct vault_item *item, int64_t now)
{
    const struct vault_rotation shown = vault_rotation_shown(item);
    const struct vault_version *newest = vault_item_newest(item);
    return rotation_watches(item) && !newest->notified &&
           is_time(&shown, VAULT_NOTIFY, newest, now);
}

bool rotation_end(const struct vault_rotation *r, int64_t now, int64_t *ret_end)
{
    struct quoth_error ignored = {0};
    struct duration d;
    if (!r->expiry[0] || !duration_read(bytes_of_text(r->expiry), &d, &ignored))
        return false;
    *ret_end = duration_after(now, &d);
    return true;
}
