#include "release/scalar.h"

static const char *const operator_names[RELEASE_OPERATOR_COUNT] = {
    [RELEASE_EQUALS] = "equals",   [RELEASE_NOT_EQUALS] = "notEquals",
    [RELEASE_LESS] = "less",       [RELEASE_LESS_OR_EQUALS] = "lessOrEquals",
    [RELEASE_GREATER] = "greater", [RELEASE_GREATER_OR_EQUALS] = "greaterOrEquals",
    [RELEASE_EXISTS] = "exists",
};

const char *release_operator_name(enum release_operator op)
{
    return operator_names[op];
}

bool release_operator_find(struct json name, enum release_operator *ret_op)
{
    for (size_t i = 0; i < RELEASE_OPERATOR_COUNT; i++)
        if (json_text_is(name, operator_names[i])) {
            *ret_op = (enum release_operator)i;
            return true;
        }
    return false;
}

/* A plain decimal integer, written in the one way that it can be, within the limit. */
static bool read_integer(struct bytes text, int64_t *ret_integer)
{
    const bool negative = text.len > 0 && text.data[0] == '-';
    const struct bytes digits = bytes_slice(text, negative, text.len);
    int64_t value = 0;
    if (digits.len == 0 || digits.len > 16 ||
        (digits.data[0] == '0' && (digits.len > 1 || negative)))
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return false;
        value = value * 10 + (digits.data[i] - '0');
    }
    if (value > RELEASE_INTEGER_MAX)
        return false;
    *ret_integer = negative ? -value : value;
    return true;
}

static bool has_any(struct bytes text, const char *characters)
{
    for (size_t i = 0; i < text.len; i++)
        if (strchr(characters, text.data[i])) /* the text of a number holds no NUL */
            return true;
    return false;
}

static struct release_scalar scalar_of(struct bytes text)
{
    struct release_scalar s = {.text = text};
    s.is_integer = read_integer(text, &s.integer);
    return s;
}

static struct bytes string_text(struct json string, struct buffer *hold)
{
    const struct bytes plain = json_plain(string);
    if (plain.data)
        return plain;
    buffer_clear(hold);
    json_text(string, hold);
    return buffer_bytes(hold);
}

bool release_scalar_read(struct json value, struct buffer *hold, struct release_scalar *ret_scalar)
{
    const struct bytes span = json_span(value);
    switch (json_type(value)) {
    case JSON_TRUE:
    case JSON_FALSE:
        *ret_scalar = (struct release_scalar){.text = span};
        return true;
    case JSON_NUMBER:
        *ret_scalar = scalar_of(bytes_equal(span, BYTES_LITERAL("-0")) ? BYTES_LITERAL("0") : span);
        ret_scalar->is_inexact = has_any(span, ".eE");
        return true;
    case JSON_STRING:
        *ret_scalar = scalar_of(string_text(value, hold));
        return !hold->failed;
    default:
        return false;
    }
}

bool release_scalar_compare(const struct release_scalar *found, enum release_operator op,
                            const struct release_scalar *wanted)
{
    const bool equal = bytes_equal(found->text, wanted->text);
    const bool ordered = found->is_integer && wanted->is_integer;
    switch (op) {
    case RELEASE_EQUALS:
        return equal;
    case RELEASE_NOT_EQUALS:
        return !equal && !found->is_inexact && !wanted->is_inexact;
    case RELEASE_LESS:
        return ordered && found->integer < wanted->integer;
    case RELEASE_LESS_OR_EQUALS:
        return ordered && found->integer <= wanted->integer;
    case RELEASE_GREATER:
        return ordered && found->integer > wanted->integer;
    case RELEASE_GREATER_OR_EQUALS:
        return ordered && found->integer >= wanted->integer;
    case RELEASE_EXISTS:
    case RELEASE_OPERATOR_COUNT:
        break;
    }
    return false;
}
