/* The audit trail (THREATS 23): one JSON line for each decision, each naming the SHA-256 of the line
 * before it, so that nothing in the middle can be changed or taken out. A checkpoint (count and
 * head, signed by the service) makes a cut tail visible too.
 *
 *     {"seq":1,"prev":"00..","time":"2026-01-01T00:00:00Z","event":"policy.set", ...}
 *
 * A tenant has two streams on each node: administration, which is written and synced before its
 * answer and fails closed; and decisions, which are handed to a thread and synced in groups. */
#ifndef QUOTH_AUDIT_AUDIT_H
#define QUOTH_AUDIT_AUDIT_H

#include "base/bytes.h"
#include "crypto/digest.h"

struct audit; /* one stream; opaque, used by any thread */

/* Goes on with the file, or begins it with mode 0600. A last line that was cut off by a crash is
 * moved to FILE.torn; a chain that does not hold otherwise is QUOTH_AUDIT_BROKEN. Blocks. */
bool audit_open(const char *path, struct audit **ret_audit, struct quoth_error *err);
void audit_close(struct audit *a); /* writes what is left */
DEFINE_AUTO(audit, struct audit *, audit_close)

/* A line on the caller's stack:
 *     struct audit_line line = audit_begin("policy.set", now);
 *     audit_text(&line, "who", name);
 *     if (!audit_write(a, &line, err)) refuse
 */
struct audit_line {
    struct buffer text;
};

struct audit_line audit_begin(const char *event, int64_t now);
void audit_text(struct audit_line *line, const char *name, const char *value); /* NULL: left out */
void audit_bytes(struct audit_line *line, const char *name, struct bytes value);
void audit_number(struct audit_line *line, const char *name, int64_t value);
void audit_failure(struct audit_line *line, const struct quoth_error *why); /* NULL: nothing */

/* Appends the line and syncs before it returns. Blocks. The line is used up, also on failure. */
bool audit_write(struct audit *a, struct audit_line *line, struct quoth_error *err);

/* Hands the line to the stream's thread; never blocks. When the thread has fallen too far behind
 * the line is counted, and the count is written into the chain. The line is used up. */
void audit_post(struct audit *a, struct audit_line *line);

struct audit_head {
    uint64_t count;     /* lines */
    struct sha256 hash; /* of the last one; zeros before the first */
};

/* Of what is on disk. */
struct audit_head audit_head(struct audit *a);

/* Reads a whole stream. With checkpoint: the line of that number must be there with that hash.
 * QUOTH_AUDIT_BROKEN with the number of the line; QUOTH_AUDIT_CUT. */
bool audit_verify(const char *path, const struct audit_head *checkpoint,
                  struct audit_head *ret_head, struct quoth_error *err);

#endif
