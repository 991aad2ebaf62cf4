/* What a checkpoint token says: its members "x-quoth-audit" and "x-quoth-watermark" (ours: DESIGN
 * decision 11).
 *
 *     "x-quoth-audit":[{"stream":"https://host administration","id":"<32 hex>","count":7,
 *                       "head":"<64 hex>"}, ...]
 *     "x-quoth-watermark":42
 *
 * The second says how far the store had come (keys/watermark.h); checkpoints of older builds are
 * without it. */
#ifndef QUOTH_AUDIT_CHECKPOINT_H
#define QUOTH_AUDIT_CHECKPOINT_H

#include "audit/audit.h"
#include "codec/json.h"

#define CHECKPOINT_CLAIM "x-quoth-audit"
#define CHECKPOINT_WATERMARK "x-quoth-watermark"
#define CHECKPOINT_FILE_MAX (64u << 10)
#define CHECKPOINTS_MAX 8u

/* Appends one element of the list. */
void checkpoint_write(struct buffer *to, const char *stream, const struct audit_checkpoint *c);

/* Reads the list out of a payload whose signature was checked. QUOTH_AUDIT_CHECKPOINT. */
bool checkpoints_read(struct json payload, struct audit_checkpoint ret_list[CHECKPOINTS_MAX],
                      size_t *ret_count, struct quoth_error *err);

/* The version of the store's watermark in such a payload, from 1. QUOTH_AUDIT_CHECKPOINT, also when
 * it is missing. */
bool checkpoint_watermark(struct json payload, int64_t *ret_version, struct quoth_error *err);

/* The compact token in a file: as it stands, or in the answer of GET /audit/checkpoint. Appends. */
bool checkpoint_token(struct bytes file, struct buffer *ret_token, struct quoth_error *err);

#endif
