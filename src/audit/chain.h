/* The chain itself: how a line is made to follow another, and whether lines do. No files here. */
#ifndef QUOTH_AUDIT_CHAIN_H
#define QUOTH_AUDIT_CHAIN_H

#include "audit/audit.h"

#define CHAIN_BEGUN "audit.begun"         /* the first line of a stream */
#define CHAIN_CONTINUED "audit.continued" /* the first of each file after */
#define CHAIN_GAP "audit.gap"
#define CHAIN_TORN "audit.torn"

/* Appends text (an object without its last brace, as lines are built) to to as the line that
 * follows head, with its newline, and moves head on. QUOTH_TOO_LARGE beyond AUDIT_LINE_MAX, to then
 * being as it was; QUOTH_MEMORY. */
bool chain_add(struct audit_head *head, struct bytes text, struct buffer *to,
               struct quoth_error *err);

/* Reads files of one stream, in pieces of any size. A zeroed struct has seen nothing. */
struct chain_walk { /* owned: chain_walk_clear */
    struct audit_report report;
    const struct audit_checkpoint *checkpoints;
    size_t checkpoint_count;
    const struct audit_checkpoint *checkpoint; /* that of this stream, once it is known */
    bool in_file;                              /* a line of the present file was read */
    bool met;                                  /* the checkpoint's line was there */
    uint64_t line, offset; /* of what is read next, in the present file, from 1 and 0 */
    struct buffer partial; /* of a line whose newline has not come */
};

void chain_walk_clear(struct chain_walk *w);
DEFINE_AUTO_VALUE(chain_walk, struct chain_walk, chain_walk_clear)

/* Each line must follow the one before it, and the first of a file must say which stream it is of.
 * QUOTH_AUDIT_BROKEN with number and offset of the line in its file; QUOTH_AUDIT_CHECKPOINT if
 * there are checkpoints, and none is of this stream. */
bool chain_walk_feed(struct chain_walk *w, struct bytes more, struct quoth_error *err);

/* The present file ends here: QUOTH_AUDIT_BROKEN inside of a line. */
bool chain_walk_end_file(struct chain_walk *w, struct quoth_error *err);

/* All was read: QUOTH_AUDIT_CUT unless the checkpoint's line was met. */
bool chain_walk_end(const struct chain_walk *w, struct quoth_error *err);

#endif
