/* Collateral does not roll back (THREATS 9): the newest state of each document that was ever
 * accepted is kept as a high-water mark per document and trust anchor, and an older one is refused.
 * CRL numbers are no help, as Intel's are always 1. */
#ifndef QUOTH_COLLATERAL_MARKS_H
#define QUOTH_COLLATERAL_MARKS_H

#include "collateral/key.h"

struct collateral_mark {        /* a zeroed struct is "none" */
    uint32_t evaluation_number; /* tcbEvaluationDataNumber; 0 for CRLs */
    int64_t issued;             /* issueDate or thisUpdate */
    bool unproven;              /* not known to be the vendor's: compared, but never kept */
};

#define COLLATERAL_DOCUMENT_SIZE 48

/* Where marks are kept; they outlive the process. Both block. document is printable ASCII, such as
 * "tcb_info.sgx.00906ed50000", and root the anchor under which it is signed. */
struct collateral_marks {
    void *context;
    bool (*load)(void *context, const struct sha256 *root, const char *document,
                 struct collateral_mark *ret_mark /* zeroed if there is none */,
                 struct quoth_error *err);
    bool (*store)(void *context, const struct sha256 *root, const char *document,
                  const struct collateral_mark *mark, struct quoth_error *err);
};

/* Compares the documents of a set with their marks, then raises the marks. of has COLLATERAL_PARTS
 * entries. False: QUOTH_SOURCE_ROLLBACK, naming the document, its date or number and the mark's;
 * nothing was raised. With allow_older nothing is refused, the marks take the new values even if
 * lower, and *ret_older says so. What is unproven is compared all the same: else an old document
 * would pass by leaving its proof out. One thread at a time. */
bool marks_advance(const struct collateral_marks *marks, const struct collateral_key *key,
                   const struct collateral_mark *of, bool allow_older, bool *ret_older,
                   struct quoth_error *err);

#endif
