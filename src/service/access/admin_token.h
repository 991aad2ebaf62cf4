/* The admin token that `quothd init` makes for a tenant: a file in the hands of an administrator;
 * the store has its hash, and until when (THREATS 19). */
#ifndef QUOTH_SERVICE_ADMIN_TOKEN_H
#define QUOTH_SERVICE_ADMIN_TOKEN_H

#include "crypto/digest.h"
#include "keys/records.h"
#include "service/access/administrator.h"

struct admin_token { /* a plain value; zeroed: there is none */
    bool exists;
    struct sha256 hash;
    int64_t expires;
};

/* The record of a tenant: kind "admin", id "token", a version for each renewal. */
#define KIND_ADMIN "admin"
#define ADMIN_TOKEN_ID "token"

/* Of the newest version; there is none if init made none, as when a node joins a store. */
bool admin_token_load(struct store *store, const struct master_key *master, const char *issuer,
                      struct admin_token *ret_token, struct quoth_error *err);

/* Reads {"sha256":"<64 hex>","expires":N}. QUOTH_STORE_BROKEN. */
bool admin_token_read(struct bytes record, struct admin_token *ret_token, struct quoth_error *err);

/* "token:" and the first digits of its hash: which of several tokens it was, and nothing that helps
 * to know it. Returns text. */
#define ADMIN_TOKEN_NAME_SIZE 15
char *admin_token_name(const struct admin_token *token, char text[ADMIN_TOKEN_NAME_SIZE]);

/* Whether presented is that token: a contributor of that name.
 * How long that takes does not depend on where they differ. QUOTH_ADMIN_UNAUTHENTICATED. */
bool admin_token_admin(const struct admin_token *token, struct bytes presented, int64_t now,
                       struct admin *ret_admin, struct quoth_error *err);

#endif
