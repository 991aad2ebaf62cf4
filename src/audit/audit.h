/* The audit trail (THREATS 23): one JSON line for each decision, each naming the SHA-256 of the line
 * before it, so that nothing in the middle can be changed, moved or taken out. A checkpoint (number
 * and hash of the last line, signed by the service) makes a cut tail visible too.
 *
 *     {"seq":7,"prev":"<64 hex>","time":"2026-01-01T00:00:00Z","event":"policy.set", ...}
 *
 * A tenant has two streams on each node: administration, which is written and synced before its
 * answer and fails closed; and decisions, which are handed to a thread and synced in groups.
 *
 * A stream is a file that grows to AUDIT_ROTATE bytes. It is then renamed to FILE.NNNNNNNNNNNNNNN, the
 * number of its last line, and the chain goes on in a new FILE: old ones may be carried away, and
 * the names sort in the order of the chain. The first line of each file says which stream it is of:
 *
 *     ..."event":"audit.begun","stream":"https://host administration","id":"<32 hex>"}
 *     ..."event":"audit.continued", (the same)
 *
 * and two events tell of what is missing: "audit.gap" with the number of lines that could not be
 * written, and "audit.torn" with the bytes of a last line that a crash had cut off. */
#ifndef QUOTH_AUDIT_AUDIT_H
#define QUOTH_AUDIT_AUDIT_H

#include "audit/line.h"
#include "crypto/digest.h"

#define AUDIT_ROTATE (16u << 20) /* at a start the present file is read: 3.4 ms for a megabyte */
#define AUDIT_STREAM_MAX 352     /* an issuer, a blank, a word, and a NUL */
#define AUDIT_ID_SIZE 33         /* 32 hex digits and a NUL */

struct audit; /* one stream; opaque, used by any thread */

struct audit_options {  /* copied */
    const char *path;   /* of the file */
    const char *stream; /* "https://host administration": whose trail, and which */
    int64_t (*clock)(void);
    uint64_t rotate; /* bytes; 0: AUDIT_ROTATE */
};

/* Goes on with the stream, or begins it with a file of mode 0600. What stands after the last newline
 * is the line that a crash has cut off: it is moved to FILE.torn. QUOTH_AUDIT_BROKEN if the chain
 * does not hold otherwise or is another stream's; QUOTH_STATE_IN_USE while another process has it.
 * Blocks. */
bool audit_open(const struct audit_options *options, struct audit **ret_audit,
                struct quoth_error *err);
void audit_close(struct audit *a); /* writes what is left */
DEFINE_AUTO(audit, struct audit *, audit_close)

/* Appends the line and syncs before it returns; threads that wait at the same time share a sync.
 * Blocks. The line is used up, also on failure: QUOTH_AUDIT_UNAVAILABLE, and then nothing of it is in
 * the file. After a sync that failed, or when somebody else has touched the file, nothing is written
 * until the stream is opened again. */
bool audit_write(struct audit *a, struct audit_line *line, struct quoth_error *err);

/* Hands the line to the stream's thread; never blocks. When the thread has fallen too far behind, or
 * cannot write, the line is counted, and the count is written into the chain. The line is used up.
 */
void audit_post(struct audit *a, struct audit_line *line);

struct audit_head {
    uint64_t count;     /* number of the last line; 0 before the first */
    struct sha256 hash; /* of that line, without its newline; zeros before the first */
};

struct audit_checkpoint {
    char id[AUDIT_ID_SIZE]; /* of the stream */
    struct audit_head head;
};

/* Of what is on disk. Blocks as long as a write does. */
struct audit_checkpoint audit_checkpoint(struct audit *a);

/* Lines handed to audit_post that are not in the chain, since the stream was opened. */
uint64_t audit_lost(struct audit *a);

struct audit_report { /* what audit_verify has found */
    char stream[AUDIT_STREAM_MAX];
    uint64_t first; /* number of the first line that is there */
    struct audit_checkpoint last;
    uint64_t lost; /* lines that gaps speak of */
    uint64_t torn; /* lines that were cut off */
};

/* Reads the files of one stream, the oldest first. With checkpoints (of several streams): of that
 * of this stream, the line of its number must be there with its hash, or the first line must follow
 * it. QUOTH_AUDIT_BROKEN with file and line; QUOTH_AUDIT_CUT; QUOTH_AUDIT_CHECKPOINT if none of them
 * is this stream's. */
bool audit_verify(const char *const *paths, size_t count,
                  const struct audit_checkpoint *checkpoints, size_t checkpoint_count,
                  struct audit_report *ret_report, struct quoth_error *err);

#endif
