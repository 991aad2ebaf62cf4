/* Values that must have a type and a range, and the explanation when they do not. */
#include "codec/json_node.h"

#include "base/text.h"
#include "base/time.h"
#include "codec/hex.h"

#include <stdio.h>

#define PATH_SIZE sizeof(((struct quoth_error *)0)->where)

static bool refuse(struct json value, const char *found, const char *expected,
                   struct quoth_error *err)
{
    char path[PATH_SIZE];
    return quoth_mismatch(err, QUOTH_JSON_VALUE, json_path(value, path, sizeof path),
                          json_offset(value), found, expected);
}

static bool is_type(struct json value, enum json_type type, struct quoth_error *err)
{
    if (json_type(value) != type)
        return refuse(value, json_type_text(json_type(value)), json_type_text(type), err);
    return true;
}

bool json_get_plain(struct json value, struct bytes *ret_view, struct quoth_error *err)
{
    if (!is_type(value, JSON_STRING, err))
        return false;
    const struct bytes view = json_plain(value);
    if (!view.data)
        return refuse(value, "a string with escapes", "a string without escapes", err);
    *ret_view = view;
    return true;
}

bool json_get_text(struct json value, struct buffer *ret_text, struct quoth_error *err)
{
    if (!is_type(value, JSON_STRING, err))
        return false;
    json_text(value, ret_text);
    return buffer_ok(ret_text, err);
}

/* The digits from at on as a number that is at most max. */
static bool digits(struct bytes text, size_t at, uint64_t max, uint64_t *ret_number)
{
    uint64_t number = 0;
    for (; at < text.len; at++) {
        const uint64_t digit = (uint64_t)text.data[at] - '0';
        if (digit > 9 || number > max / 10 || digit > max - number * 10)
            return false;
        number = number * 10 + digit;
    }
    *ret_number = number;
    return true;
}

static bool refuse_number(struct json value, const char *expected, struct quoth_error *err)
{
    char found[48];
    return refuse(value, text_escape(found, sizeof found, json_span(value)), expected, err);
}

bool json_get_uint(struct json value, uint64_t max, uint64_t *ret_number, struct quoth_error *err)
{
    char expected[64];
    if (!is_type(value, JSON_NUMBER, err))
        return false;
    if (digits(json_span(value), 0, max, ret_number))
        return true;
    snprintf(expected, sizeof expected, "a whole number from 0 to %llu", (unsigned long long)max);
    return refuse_number(value, expected, err);
}

bool json_get_int(struct json value, int64_t min, int64_t max, int64_t *ret_number,
                  struct quoth_error *err)
{
    char expected[80];
    if (!is_type(value, JSON_NUMBER, err))
        return false;
    snprintf(expected, sizeof expected, "a whole number from %lld to %lld", (long long)min,
             (long long)max);
    const struct bytes text = json_span(value);
    const bool negative = text.data[0] == '-';
    uint64_t magnitude;
    if (!digits(text, negative, (uint64_t)INT64_MAX + negative, &magnitude) ||
        (negative && magnitude == 0))
        return refuse_number(value, expected, err);
    const int64_t number = negative ? -(int64_t)(magnitude - 1) - 1 : (int64_t)magnitude;
    if (number < min || number > max)
        return refuse_number(value, expected, err);
    *ret_number = number;
    return true;
}

bool json_get_bool(struct json value, bool *ret_value, struct quoth_error *err)
{
    const enum json_type type = json_type(value);
    if (type != JSON_TRUE && type != JSON_FALSE)
        return refuse(value, json_type_text(type), "true or false", err);
    *ret_value = type == JSON_TRUE;
    return true;
}

/* Turns what a decoder said about the contents of a string into an error about the value. */
static bool refuse_contents(struct json value, const struct quoth_error *inner,
                            struct quoth_error *err)
{
    char path[PATH_SIZE];
    const size_t offset = json_offset(value) + 1 + inner->offset;
    return quoth_mismatch(err, QUOTH_JSON_VALUE, json_path(value, path, sizeof path), offset,
                          inner->found, inner->expected);
}

bool json_get_time(struct json value, int64_t *ret_time, struct quoth_error *err)
{
    struct bytes text = {0};
    struct quoth_error inner = {0};
    if (!json_get_plain(value, &text, err))
        return false;
    return time_parse(text, ret_time, &inner) || refuse_contents(value, &inner, err);
}

bool json_get_hex(struct json value, uint8_t *ret_data, size_t len, struct quoth_error *err)
{
    struct bytes text = {0};
    struct quoth_error inner = {0};
    if (!json_get_plain(value, &text, err))
        return false;
    return hex_decode_fixed(text, ret_data, len, &inner) || refuse_contents(value, &inner, err);
}

static bool refuse_missing(struct json parent, const char *name, struct quoth_error *err)
{
    char path[PATH_SIZE], member[PATH_SIZE];
    json_path(parent, path, sizeof path);
    snprintf(member, sizeof member, "%s%s%s", path, path[0] ? "." : "", name);
    return quoth_mismatch(err, QUOTH_JSON_VALUE, member, json_offset(parent), "no such member",
                          "a member");
}

bool json_need(struct json parent, const char *name, struct json *ret_value,
               struct quoth_error *err)
{
    return is_type(parent, JSON_OBJECT, err) &&
           (json_member(parent, name, ret_value) || refuse_missing(parent, name, err));
}

static bool need_type(struct json parent, const char *name, enum json_type type,
                      struct json *ret_value, struct quoth_error *err)
{
    struct json value;
    if (!json_need(parent, name, &value, err) || !is_type(value, type, err))
        return false;
    *ret_value = value;
    return true;
}

bool json_need_object(struct json parent, const char *name, struct json *ret_object,
                      struct quoth_error *err)
{
    return need_type(parent, name, JSON_OBJECT, ret_object, err);
}

bool json_need_array(struct json parent, const char *name, struct json *ret_array,
                     struct quoth_error *err)
{
    return need_type(parent, name, JSON_ARRAY, ret_array, err);
}

bool json_need_plain(struct json parent, const char *name, struct bytes *ret_view,
                     struct quoth_error *err)
{
    struct json value;
    return json_need(parent, name, &value, err) && json_get_plain(value, ret_view, err);
}

bool json_need_text(struct json parent, const char *name, struct buffer *ret_text,
                    struct quoth_error *err)
{
    struct json value;
    return json_need(parent, name, &value, err) && json_get_text(value, ret_text, err);
}

bool json_need_uint(struct json parent, const char *name, uint64_t max, uint64_t *ret_number,
                    struct quoth_error *err)
{
    struct json value;
    return json_need(parent, name, &value, err) && json_get_uint(value, max, ret_number, err);
}

bool json_need_int(struct json parent, const char *name, int64_t min, int64_t max,
                   int64_t *ret_number, struct quoth_error *err)
{
    struct json value;
    return json_need(parent, name, &value, err) && json_get_int(value, min, max, ret_number, err);
}

bool json_need_bool(struct json parent, const char *name, bool *ret_value, struct quoth_error *err)
{
    struct json value;
    return json_need(parent, name, &value, err) && json_get_bool(value, ret_value, err);
}

bool json_need_time(struct json parent, const char *name, int64_t *ret_time,
                    struct quoth_error *err)
{
    struct json value;
    return json_need(parent, name, &value, err) && json_get_time(value, ret_time, err);
}

bool json_need_hex(struct json parent, const char *name, uint8_t *ret_data, size_t len,
                   struct quoth_error *err)
{
    struct json value;
    return json_need(parent, name, &value, err) && json_get_hex(value, ret_data, len, err);
}
