/* PEM, the textual encoding of RFC 7468. */
#ifndef QUOTH_CODEC_PEM_H
#define QUOTH_CODEC_PEM_H

#include "base/bytes.h"

/* For evidence: reads one block and moves past it, appending its contents to ret_der. Only the
 * bytes that pem_encode would write are accepted: "-----BEGIN LABEL-----" LF, base 64 in lines of
 * 64 columns (the last may be shorter) each with its LF, "-----END LABEL-----" LF. Anything else,
 * also before the block, is QUOTH_PEM in r->err, and ret_der keeps its contents. An empty block is
 * refused. */
bool pem_next(struct reader *r, const char *label, struct buffer *ret_der);

/* For files that an operator supplies: as pem_next, but lines may end with CR LF, may be of any
 * length, the last may lack its end, and empty lines may stand before and after a block (they are
 * read along with it, so that reader_left() is 0 after the last one). Other text is refused. */
bool pem_next_lenient(struct reader *r, const char *label, struct buffer *ret_der);

/* How many lines of the text start with "-----BEGIN ". */
size_t pem_count(struct bytes text);

/* Appends one block in the canonical form that pem_next demands. */
void pem_encode(const char *label, struct bytes der, struct buffer *to);

#endif
