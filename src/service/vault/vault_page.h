/* Lists of the vault, a page at a time (key-release.md 1.7). Where the next page begins stands in
 * $skiptoken, sealed: a client can make none and learn nothing from it, and it is good for the list
 * that it was made for alone, on any node, whatever terms come and go. It names the last entry, so that
 * what is made or deleted meanwhile moves no other entry. */
#ifndef QUOTH_SERVICE_VAULT_PAGE_H
#define QUOTH_SERVICE_VAULT_PAGE_H

#include "service/vault/vault_request.h"

/* Names, or with deleted those that can be recovered; and the versions of the name in the path. */
bool vault_page_names(struct vault_request *r, bool deleted, struct quoth_error *err);
bool vault_page_versions(struct vault_request *r, struct quoth_error *err);

#endif
