/* Evidence as people keep it: the bytes themselves, or hexadecimal or base 64 text of them. */
#ifndef QUOTH_CLI_EVIDENCE_FILE_H
#define QUOTH_CLI_EVIDENCE_FILE_H

#include "base/bytes.h"

#define EVIDENCE_FILE_MAX (1u << 20)

/* Reads a file ("-": standard input). Text (nothing but printable ASCII and white space, which no
 * evidence is) is hex, with or without 0x in front, or base 64 in either alphabet. ret_evidence
 * must be empty. False: QUOTH_IO, QUOTH_TOO_LARGE; QUOTH_MALFORMED for text that is neither. */
bool evidence_file_read(const char *path, struct buffer *ret_evidence, struct quoth_error *err);

#endif
