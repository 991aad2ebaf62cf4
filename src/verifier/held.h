/* Data that the poster holds and the evidence vouches for by its hash (maa.md 1.6). */
#ifndef QUOTH_VERIFIER_HELD_H
#define QUOTH_VERIFIER_HELD_H

#include "verifier/verifier.h"

/* Whether field, of the evidence, is the SHA-256 of data followed by zeros. A field shorter than a
 * hash never is. QUOTH_HELD_DATA_MISMATCH. */
bool held_data_bound(struct bytes data, struct bytes field, const char *where,
                     struct quoth_error *err);

/* Data of kind JSON as one object, re-emitted canonically onto to: strict, no two names equal after
 * case folding, at most 16 levels deep, every value kept (THREATS 13). One NUL may stand behind, as
 * C programs hash it along. QUOTH_HELD_DATA_INVALID. */
bool held_json_read(struct bytes data, const char *where, struct buffer *to,
                    struct quoth_error *err);

#endif
