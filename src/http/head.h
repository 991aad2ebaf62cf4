/* The gate: bytes from the wire become the head of a request, or are refused. It takes the strict
 * reading wherever RFC 9112 leaves a choice, because what two readers of one connection understand
 * differently is how requests are smuggled. Refused, though a lenient server would take them: bare
 * LF or CR, empty lines before the request line, blanks around a field name, folded fields,
 * controls anywhere, repeated or list-valued Content-Length (even equal), Content-Length together
 * with Transfer-Encoding, any transfer coding but chunked, missing or empty Host, and targets
 * that are not paths. A repeated Host and a target that names its host are QUOTH_HTTP_MISDIRECTED.
 */
#ifndef QUOTH_HTTP_HEAD_H
#define QUOTH_HTTP_HEAD_H

#include "http/message.h"

/* Looks for the end of the header block in the bytes that have arrived so far, going on from *pos,
 * which begins as 0. True: *ret_len is the length of the block with its empty line, or 0 while it
 * is not complete. False: QUOTH_HTTP_MALFORMED for bytes that no head may hold, or
 * QUOTH_HTTP_FIELDS_LARGE. */
bool http_head_scan(struct bytes in, size_t *pos, size_t *ret_len, struct quoth_error *err);

/* Reads a block that http_head_scan found. */
bool http_head_read(struct bytes block, struct http_head *ret_head, struct quoth_error *err);

/* For our clients: the same block of an answer, as strictly. method, target and path stay
 * empty. Refused besides: interim answers (1xx), for which nobody asked, and an answer whose length
 * only the end of the connection would tell. */
bool http_answer_read(struct bytes block, struct http_head *ret_head, int *ret_status,
                      struct quoth_error *err);

#endif
