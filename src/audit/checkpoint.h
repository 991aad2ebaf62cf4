/* What a checkpoint token says of streams: its member "x-quoth-audit" (ours: DESIGN decision 11).
 *
 *     "x-quoth-audit":[{"stream":"https://host administration","id":"<32 hex>","count":7,
 *                       "head":"<64 hex>"}, ...] */
#ifndef QUOTH_AUDIT_CHECKPOINT_H
#define QUOTH_AUDIT_CHECKPOINT_H

#include "audit/audit.h"
#include "codec/json.h"

#define CHECKPOINT_CLAIM "x-quoth-audit"
#define CHECKPOINTS_MAX 8u

/* Appends one element of the list. */
void checkpoint_write(struct buffer *to, const char *stream, const struct audit_checkpoint *c);

/* Reads the list out of a payload whose signature was checked. QUOTH_AUDIT_CHECKPOINT. */
bool checkpoints_read(struct json payload, struct audit_checkpoint ret_list[CHECKPOINTS_MAX],
                      size_t *ret_count, struct quoth_error *err);

#endif
