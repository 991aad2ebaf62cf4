#include <quoth/error.h>

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#undef quoth_fail /* as base/bytes.h wraps them for the analyzer */
#undef quoth_mismatch
#undef quoth_within

/* clang-format off */
static const struct {
    const char *dotted, *hint;
    int http, exit;
} codes[QUOTH_CODE_COUNT] = {
    [QUOTH_OK] = {"ok", "", 200, 0},
#define ROW(name, dotted, http, exit, hint) [QUOTH_##name] = {dotted, hint, http, exit},
    QUOTH_CODES(ROW)
#undef ROW
};
/* clang-format on */

/* Outside strings reach these texts; a terminal or a log must be able to show them as they are. */
static void put(char *to, size_t size, const char *text)
{
    text_escape(to, size, (struct bytes){(const uint8_t *)text, strlen(text)});
}

static bool is_first(const struct quoth_error *err)
{
    return err->code == QUOTH_OK;
}

bool quoth_fail(struct quoth_error *err, enum quoth_code code, const char *where, size_t offset,
                const char *format, ...)
{
    if (!is_first(err))
        return false;
    char raw[sizeof err->message];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(raw, sizeof raw, format, args);
    va_end(args);

    *err = (struct quoth_error){.code = code, .offset = offset};
    put(err->where, sizeof err->where, where ? where : "");
    put(err->message, sizeof err->message, raw);
    return false;
}

bool quoth_mismatch(struct quoth_error *err, enum quoth_code code, const char *where, size_t offset,
                    const char *found, const char *expected)
{
    if (!is_first(err))
        return false;
    quoth_fail(err, code, where, offset, "found %s, expected %s", found, expected);
    put(err->found, sizeof err->found, found);
    put(err->expected, sizeof err->expected, expected);
    return false;
}

bool quoth_at(struct quoth_error *err, unsigned line, unsigned column)
{
    if (is_first(err) || err->line)
        return false;
    err->line = line;
    err->column = column;
    return false;
}

bool quoth_within(struct quoth_error *err, const char *outer)
{
    if (is_first(err))
        return false;
    char inner[sizeof err->where];
    memcpy(inner, err->where, sizeof inner);
    snprintf(err->where, sizeof err->where, "%s%s%s", outer, inner[0] ? "." : "", inner);
    return false;
}

const char *quoth_code_dotted(enum quoth_code code)
{
    return code < QUOTH_CODE_COUNT ? codes[code].dotted : "unknown";
}

const char *quoth_code_hint(enum quoth_code code)
{
    return code < QUOTH_CODE_COUNT ? codes[code].hint : "";
}

int quoth_code_http(enum quoth_code code)
{
    return code < QUOTH_CODE_COUNT ? codes[code].http : 500;
}

int quoth_code_exit(enum quoth_code code)
{
    return code < QUOTH_CODE_COUNT ? codes[code].exit : 3;
}
