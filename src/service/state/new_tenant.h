/* All that makes a tenant: what init puts into the store at once, and what it hands out as files. */
#ifndef QUOTH_SERVICE_NEW_TENANT_H
#define QUOTH_SERVICE_NEW_TENANT_H

#include "keys/keep.h"
#include "service/state/state.h"

#define NEW_TENANT_RECORDS 6

/* Filled in place, as the records point into it: it cannot be copied. */
struct new_tenant { /* owned: new_tenant_clear */
    char issuer[STATE_ISSUER_MAX], host[STATE_HOST_MAX];
    struct kept_key token_key, ca, leaf;
    struct buffer values[NEW_TENANT_RECORDS]; /* plain */
    struct store_put records[NEW_TENANT_RECORDS];
    size_t record_count;
    struct buffer ca_pem, admin_token; /* for files; the token with a line end */
};

void new_tenant_clear(struct new_tenant *t);
DEFINE_AUTO_VALUE(new_tenant, struct new_tenant, new_tenant_clear)

/* Makes keys, local CA, admin token and records as settings say: trust, trust model, signers. t is
 * zeroed. QUOTH_USAGE; QUOTH_TRUST_ROOT. Takes a while: RSA. */
bool new_tenant_make(struct new_tenant *t, const char *issuer,
                     const struct tenant_settings *settings, int64_t now, struct quoth_error *err);

/* A new admin token, and what the store keeps of it, as {"sha256":"...","expires":N}. Appended. */
bool admin_token_make(int64_t now, struct buffer *ret_token, struct buffer *ret_record,
                      struct quoth_error *err);

#endif
