/* Who signs what a tenant releases (key-release.md 2.5): an RSA key with a certificate for the issuer's
 * host, whose chain goes along to the root. In this order: the operator's (release-cert and
 * release-key), that of tls-cert if it is RSA and its chain ends with a root, or one of the tenant's
 * local CA, which is kept sealed for the purpose KEY_FOR_RELEASE and made anew in time. */
#ifndef QUOTH_SERVICE_VAULT_RELEASE_SIGNING_H
#define QUOTH_SERVICE_VAULT_RELEASE_SIGNING_H

#include "keys/keep.h"
#include "release/answer.h"
#include "service/config/config.h"

struct release_signing; /* opaque, used by any thread */

/* As settings, files and store are now. QUOTH_STORE_BROKEN if the store has no key of the local CA for
 * it: release_signing_keep makes one. Blocks. */
bool release_signing_open(const struct tenant_settings *settings, const char *issuer,
                          struct store *store, const struct master_key *master,
                          struct release_signing **ret_signing, struct quoth_error *err);
void release_signing_close(struct release_signing *s); /* accepts NULL */
DEFINE_AUTO(release_signing, struct release_signing *, release_signing_close)

/* Signs an answer: release_answer_write with a copy of the key that no other thread has. */
bool release_signing_answer(struct release_signing *s, const struct release_answer *a,
                            struct buffer *ret_body, struct quoth_error *err);

/* Makes the key of the local CA if there is none, or one is due. *ret_renewal: when the next is.
 * Another node may be at the same: then theirs holds. QUOTH_SEAL_BROKEN if the key or the CA was
 * altered, though nothing is due. Blocks, and takes a while: RSA. */
bool release_signing_keep(const char *issuer, const char *host, struct store *store,
                          const struct master_key *master, int64_t now, int64_t *ret_renewal,
                          struct quoth_error *err);

/* For --check-config: whether chain and key may sign. QUOTH_CERTIFICATE_UNTRUSTED,
 * QUOTH_KEY_UNSUPPORTED, and what the files are not. */
bool release_signing_check_files(const char *chain_path, const char *key_path,
                                 struct quoth_error *err);

#endif
