#include "service/serving_tls.h"

#include "base/file.h"
#include "codec/pem.h"
#include "keys/local_ca.h"

#define PEM_MAX (64u << 10)

void serving_tls_clear(struct serving_tls *t)
{
    tls_server_close(t->server);
    *t = (struct serving_tls){0};
}

/* Opens the server, or gives new keys to one that is open. */
static bool show(struct serving_tls *t, struct bytes chain_pem, const struct private_key *key,
                 struct quoth_error *err)
{
    return t->server ? tls_server_replace(t->server, chain_pem, key, err)
                     : tls_server_open(chain_pem, key, &t->server, err);
}

static bool show_files(struct serving_tls *t, const struct config *s, struct quoth_error *err)
{
    AUTO(buffer) struct buffer chain = {0}, pem = {0};
    AUTO(private_key) struct private_key *key = NULL;
    return file_read(s->tenants[TENANT_FIRST].tls_cert, PEM_MAX, &chain, err) &&
           file_read(s->tenants[TENANT_FIRST].tls_key, PEM_MAX, &pem, err) &&
           private_key_from_pem(buffer_bytes(&pem), &key, err) &&
           show(t, buffer_bytes(&chain), key, err);
}

/* Takes the place of the leaf that there is; version counts them. */
static bool make_leaf(const struct state *state, const struct master_key *master, int64_t version,
                      int64_t now, struct kept_key *ret_leaf, struct quoth_error *err)
{
    AUTO(kept_keys) struct kept_keys cas = {0};
    AUTO(kept_key) struct kept_key leaf = {0};
    if (!keys_load(state->store, master, state->tenants[0].issuer, KEY_FOR_CA, &cas, err))
        return false;
    if (cas.count == 0)
        return quoth_fail(err, QUOTH_STORE_BROKEN, "store", QUOTH_NO_OFFSET, "has no local CA");
    if (!local_ca_issue(&cas.keys[0], state->tenants[0].host, now, &leaf, err))
        return false;
    leaf.version = version;
    if (!key_keep(state->store, master, state->tenants[0].issuer, KEY_FOR_TLS, &leaf, err))
        return false;
    *ret_leaf = take_value(leaf);
    return true;
}

static bool show_leaf(struct serving_tls *t, const struct state *state,
                      const struct master_key *master, int64_t now, struct quoth_error *err)
{
    AUTO(kept_keys) struct kept_keys leaves = {0};
    AUTO(kept_key) struct kept_key leaf = {0};
    AUTO(buffer) struct buffer pem = {0};
    if (!keys_load(state->store, master, state->tenants[0].issuer, KEY_FOR_TLS, &leaves, err))
        return false;
    const struct kept_key *old = leaves.count > 0 ? &leaves.keys[0] : NULL;
    if (old && now < local_ca_renew_at(old))
        leaf = take_value(leaves.keys[0]);
    else if (!make_leaf(state, master, old ? old->version + 1 : 1, now, &leaf, err))
        return false;
    pem_encode("CERTIFICATE", buffer_bytes(&leaf.certificate), &pem);
    if (!buffer_ok(&pem, err) || !show(t, buffer_bytes(&pem), leaf.key, err))
        return false;
    t->renew_at = local_ca_renew_at(&leaf);
    return true;
}

bool serving_tls_open(const struct config *s, const struct state *state,
                      const struct master_key *master, int64_t now, struct serving_tls *ret_tls,
                      struct quoth_error *err)
{
    AUTO(serving_tls) struct serving_tls t = {0};
    if (s->tenants[TENANT_FIRST].tls_cert ? !show_files(&t, s, err)
                                          : !show_leaf(&t, state, master, now, err))
        return quoth_within(err, "tls");
    *ret_tls = take_value(t);
    return true;
}

bool serving_tls_refresh(struct serving_tls *t, const struct config *s, const struct state *state,
                         const struct master_key *master, int64_t now, struct quoth_error *err)
{
    if (s->tenants[TENANT_FIRST].tls_cert)
        return show_files(t, s, err) || quoth_within(err, "tls");
    if (now < t->renew_at)
        return true;
    return show_leaf(t, state, master, now, err) || quoth_within(err, "tls");
}
