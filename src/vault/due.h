/* What vault_tick does: the same as a request would, if it is still due when it comes to it. That it
 * is not, as another node was faster, is no failure. */
#ifndef QUOTH_VAULT_DUE_H
#define QUOTH_VAULT_DUE_H

#include "vault/vault.h"

bool due_purge(const struct vault *v, const struct vault_item *item, int64_t now,
               struct quoth_error *err);
bool due_rotate(const struct vault *v, const struct vault_item *item, int64_t now,
                struct quoth_error *err);
/* Keeps that it was told that the newest version nears its end. */
bool due_tell(const struct vault *v, const struct vault_item *item, int64_t now,
              struct quoth_error *err);

#endif
