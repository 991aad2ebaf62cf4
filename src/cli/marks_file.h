/* High-water marks in a file of a folder of collateral, marks.json:
 *     {"ROOT":{"tcb_info.sgx.00906ed50000":{"number":17,"issued":"2025-06-19T10:56:11Z"}}}
 * ROOT is the SHA-256 of the anchor in hex. The service keeps its own in its store. */
#ifndef QUOTH_CLI_MARKS_FILE_H
#define QUOTH_CLI_MARKS_FILE_H

#include "collateral/marks.h"

#define MARKS_FILE_ENTRIES_MAX 1024u

struct marks_file; /* opaque */

/* Reads DIR/marks.json; one that is not there is empty. */
bool marks_file_open(const char *folder, struct marks_file **ret_file, struct quoth_error *err);
void marks_file_close(struct marks_file *f);
DEFINE_AUTO(marks_file, struct marks_file *, marks_file_close)

/* Loads from memory; stores into memory, for marks_file_save to write. */
struct collateral_marks marks_file_marks(struct marks_file *f);
bool marks_file_save(const struct marks_file *f, struct quoth_error *err);

#endif
