#include "tee/dcap/level.h"

#include "base/text.h"

#include <stdlib.h>

bool level_refuse(struct json value, const char *expected, struct quoth_error *err)
{
    char where[96], found[64];
    json_path(value, where, sizeof where);
    text_escape(found, sizeof found, json_span(value));
    return quoth_mismatch(err, QUOTH_JSON_VALUE, where, json_offset(value), found, expected);
}

static bool status_fits(enum tcb_status status, bool of_platform)
{
    switch (status) {
    case TCB_UP_TO_DATE:
    case TCB_OUT_OF_DATE:
    case TCB_REVOKED:
        return true;
    case TCB_SW_HARDENING_NEEDED:
    case TCB_CONFIGURATION_NEEDED:
    case TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED:
    case TCB_OUT_OF_DATE_CONFIGURATION_NEEDED:
        return of_platform;
    default: /* computed here, never published */
        return false;
    }
}

static bool read_status(struct json object, bool of_platform, enum tcb_status *ret_status,
                        struct quoth_error *err)
{
    struct json value;
    struct bytes text;
    if (!json_need(object, "tcbStatus", &value, err) || !json_get_plain(value, &text, err))
        return false;
    if (!tcb_status_find(text, ret_status) || !status_fits(*ret_status, of_platform))
        return level_refuse(value, "a TCB status", err);
    return true;
}

/* "INTEL-SA-00615": letters, digits and hyphens. */
static bool read_advisory(struct json value, struct tcb_advisory *ret_advisory,
                          struct quoth_error *err)
{
    struct bytes text;
    if (!json_get_plain(value, &text, err))
        return false;
    bool fits = text.len > 0 && text.len < sizeof ret_advisory->text;
    for (size_t i = 0; fits && i < text.len; i++) {
        const uint8_t c = text.data[i];
        fits =
            (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    }
    if (!fits)
        return level_refuse(value, "an advisory like INTEL-SA-00615", err);
    *ret_advisory = (struct tcb_advisory){0};
    bytes_copy((uint8_t *)ret_advisory->text, text);
    return true;
}

static bool read_advisories(struct json object, struct level *l, struct quoth_error *err)
{
    struct json array;
    if (!json_member(object, "advisoryIDs", &array))
        return true;
    if (json_type(array) != JSON_ARRAY)
        return level_refuse(array, "an array", err);
    const size_t count = json_count(array);
    if (count > TCB_ADVISORIES_MAX)
        return level_refuse(array, "at most 64 advisories", err);
    l->advisories = calloc(count ? count : 1, sizeof *l->advisories);
    if (!l->advisories)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    for (struct json v = json_first(array); json_exists(v); v = json_next(v))
        if (!read_advisory(v, &l->advisories[l->advisory_count++], err))
            return false;
    return true;
}

bool level_read(struct json object, bool of_platform, struct level *ret_level,
                struct quoth_error *err)
{
    struct level l = {0};
    if (!json_need_time(object, "tcbDate", &l.date, err) ||
        !read_status(object, of_platform, &l.status, err) || !read_advisories(object, &l, err)) {
        level_clear(&l);
        return false;
    }
    *ret_level = l;
    return true;
}

void level_clear(struct level *l)
{
    free(l->advisories);
    *l = (struct level){0};
}

static bool read_isv_level(struct json object, struct isv_level *ret_level, struct quoth_error *err)
{
    struct json tcb;
    uint64_t isvsvn;
    if (!json_need_object(object, "tcb", &tcb, err) ||
        !json_need_uint(tcb, "isvsvn", UINT16_MAX, &isvsvn, err) ||
        !level_read(object, false, &ret_level->level, err))
        return false;
    ret_level->isvsvn = (uint16_t)isvsvn;
    return true;
}

static int newest_first(const void *a, const void *b)
{
    const struct isv_level *x = a, *y = b;
    return (int)y->isvsvn - (int)x->isvsvn;
}

static bool read_items(struct json array, struct isv_levels *l, struct quoth_error *err)
{
    for (struct json v = json_first(array); json_exists(v); v = json_next(v)) {
        if (!read_isv_level(v, &l->items[l->count], err))
            return false;
        l->count++;
    }
    qsort(l->items, l->count, sizeof *l->items, newest_first);
    for (size_t i = 1; i < l->count; i++)
        if (l->items[i].isvsvn == l->items[i - 1].isvsvn)
            return level_refuse(array, "each isvsvn once", err);
    return true;
}

bool isv_levels_read(struct json parent, struct isv_levels *ret_levels, struct quoth_error *err)
{
    struct json array;
    struct isv_levels l = {0};
    if (!json_need_array(parent, "tcbLevels", &array, err))
        return false;
    const size_t count = json_count(array);
    if (count == 0 || count > LEVELS_MAX)
        return level_refuse(array, "1 to 256 levels", err);
    l.items = calloc(count, sizeof *l.items);
    if (!l.items)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    if (!read_items(array, &l, err)) {
        isv_levels_clear(&l);
        return false;
    }
    *ret_levels = l;
    return true;
}

void isv_levels_clear(struct isv_levels *l)
{
    for (size_t i = 0; i < l->count; i++)
        level_clear(&l->items[i].level);
    free(l->items);
    *l = (struct isv_levels){0};
}

const struct level *isv_levels_match(const struct isv_levels *l, uint16_t isvsvn)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->items[i].isvsvn <= isvsvn)
            return &l->items[i].level;
    return NULL;
}
