/* The log: one line for each event, as JSON or as text, on standard error. Lines are handed to a
 * thread that writes them, so that a slow terminal or pipe never holds up a request; when it falls
 * too far behind, lines are dropped, counted, and the number is logged. Every outside string is
 * capped and escaped (THREATS 24). */
#ifndef QUOTH_SERVICE_LOG_H
#define QUOTH_SERVICE_LOG_H

#include "base/bytes.h"

enum log_level { LOG_INFO, LOG_WARN, LOG_ERROR };

#define LOG_TEXT_MAX 256 /* bytes of one value, escaped */

struct log; /* opaque, used by any thread */

bool log_open(int fd, bool json, struct log **ret_log, struct quoth_error *err);
void log_close(struct log *l); /* writes what is left, for two seconds */
DEFINE_AUTO(log, struct log *, log_close)

/* Builds a line on the caller's stack:
 *     struct log_line line = log_begin(log, LOG_INFO, "request");
 *     log_text(&line, "path", path);
 *     log_end(&line);
 */
struct log_line {
    struct log *log;
    struct buffer text;
};

struct log_line log_begin(struct log *l, enum log_level level, const char *event);
void log_bytes(struct log_line *line, const char *name, struct bytes value);
void log_text(struct log_line *line, const char *name, const char *value); /* NULL: left out */
void log_number(struct log_line *line, const char *name, int64_t value);
void log_failure(struct log_line *line, const struct quoth_error *why); /* NULL: nothing */
void log_end(struct log_line *line);

size_t log_dropped(struct log *l); /* lines, since it was opened */

#endif
