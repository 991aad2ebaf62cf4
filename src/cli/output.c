#include "cli/output.h"

#include "base/time.h"
#include "codec/json_write.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static void error_text(const struct quoth_error *err)
{
    fprintf(stderr, "quoth: ");
    if (err->where[0])
        fprintf(stderr, "%s", err->where);
    if (err->line)
        fprintf(stderr, "%sline %u, column %u", err->where[0] ? ", " : "", err->line, err->column);
    else if (err->offset != QUOTH_NO_OFFSET)
        fprintf(stderr, "%sbyte %zu", err->where[0] ? ", " : "", err->offset);
    const bool placed = err->where[0] || err->line || err->offset != QUOTH_NO_OFFSET;
    fprintf(stderr, "%s%s\nhint: %s\ncode: %s\n", placed ? ": " : "", err->message,
            quoth_code_hint(err->code), quoth_code_dotted(err->code));
}

void output_error(const struct cli *cli, const struct quoth_error *err)
{
    error_text(err);
    if (!cli->json)
        return;
    struct quoth_error ignored = {0};
    AUTO(buffer) struct buffer json = {0};
    json_object_begin(&json);
    json_name(&json, "error");
    json_error(&json, err);
    json_object_end(&json);
    (void)output_json(&json, &ignored); /* the text above has told it already */
}

bool output_write(const struct buffer *text, struct quoth_error *err)
{
    if (!buffer_ok(text, err))
        return false;
    if (fwrite(text->data, 1, text->len, stdout) != text->len || fflush(stdout) != 0)
        return quoth_fail(err, QUOTH_IO, "standard output", QUOTH_NO_OFFSET,
                          "cannot be written: %s", strerror(errno));
    return true;
}

bool output_json(struct buffer *json, struct quoth_error *err)
{
    buffer_text(json, "\n");
    return output_write(json, err);
}

const char *output_color(const struct cli *cli, enum output_color color)
{
    static const char *const sequences[] = {
        [COLOR_PLAIN] = "\033[0m",
        [COLOR_GOOD] = "\033[32m",
        [COLOR_BAD] = "\033[31m",
        [COLOR_DIM] = "\033[2m",
    };
    return cli->color ? sequences[color] : "";
}

#define PROGRESS_AFTER_US 1000000u

void output_progress(uint64_t started_us, const char *what)
{
    if (isatty(STDERR_FILENO) && time_monotonic_us() - started_us > PROGRESS_AFTER_US)
        fprintf(stderr, "\r\033[K%s ...", what);
}

void output_progress_end(void)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
}
