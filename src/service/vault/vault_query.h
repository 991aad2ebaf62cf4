/* The query of a request to the vault. Unknown names are ignored, known ones stand once. */
#ifndef QUOTH_SERVICE_VAULT_QUERY_H
#define QUOTH_SERVICE_VAULT_QUERY_H

#include "base/bytes.h"

#define VAULT_API_VERSION_SIZE 24
#define VAULT_RESULTS_MAX 25u /* of one page (key-release.md 1.7) */

struct vault_query { /* owned: vault_query_clear */
    char api_version[VAULT_API_VERSION_SIZE];
    unsigned results;   /* maxresults: 1 to VAULT_RESULTS_MAX */
    struct buffer skip; /* $skiptoken; empty: the first page */
};

void vault_query_clear(struct vault_query *q);
DEFINE_AUTO_VALUE(vault_query, struct vault_query, vault_query_clear)

/* target: path and query, as sent. QUOTH_VAULT_API_VERSION if there is none of 7.0 to 7.6, or of a
 * day since 2025-06-01, also of one to come: SDKs raise it with each release, and the answers stay the
 * same (key-release.md 1.1); QUOTH_VAULT_RESULTS for what is no number from 1 to 25; QUOTH_URL for what
 * cannot be decoded or stands twice. */
bool vault_query_read(struct bytes target, struct vault_query *ret_query, struct quoth_error *err);

#endif
