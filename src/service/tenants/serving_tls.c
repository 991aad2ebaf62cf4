#include "service/tenants/serving_tls.h"

#include "base/file.h"
#include "codec/pem.h"
#include "keys/local_ca.h"

#define PEM_MAX (64u << 10)

static const struct tenant_settings *settings_of(const struct tenant *t)
{
    return tenant_settings_in(t, t->config);
}

static bool show(struct tls_server *server, const struct tenant *t, struct bytes chain_pem,
                 const struct private_key *key, struct quoth_error *err)
{
    struct tls_identity identity = {
        .realm = t->issuer,
        .chain_pem = chain_pem,
        .key = key,
        .asks = settings_of(t)->client_certificate.count > 0,
    };
    tenant_hosts(t, identity.names);
    return tls_server_show(server, t->index, &identity, err);
}

static bool show_files(struct tls_server *server, struct tenant *t, struct quoth_error *err)
{
    AUTO(buffer) struct buffer chain = {0}, pem = {0};
    AUTO(private_key) struct private_key *key = NULL;
    t->leaf_renewal = 0;
    return file_read(settings_of(t)->tls_cert, PEM_MAX, &chain, err) &&
           file_read(settings_of(t)->tls_key, PEM_MAX, &pem, err) &&
           private_key_from_pem(buffer_bytes(&pem), &key, err) &&
           show(server, t, buffer_bytes(&chain), key, err);
}

/* Takes the place of the leaf that there is; version counts them. */
static bool make_leaf(const struct tenant *t, struct store *store, const struct master_key *master,
                      int64_t version, int64_t now, struct kept_key *ret_leaf,
                      struct quoth_error *err)
{
    AUTO(kept_keys) struct kept_keys cas = {0};
    AUTO(kept_key) struct kept_key leaf = {0};
    if (!keys_load(store, master, t->issuer, KEY_FOR_CA, &cas, err))
        return false;
    if (cas.count == 0)
        return quoth_fail(err, QUOTH_STORE_BROKEN, "store", QUOTH_NO_OFFSET, "has no local CA");
    if (!local_ca_issue(&cas.keys[0], t->host, now, &leaf, err))
        return false;
    leaf.version = version;
    if (!key_keep(store, master, t->issuer, KEY_FOR_TLS, &leaf, err))
        return false;
    *ret_leaf = take_value(leaf);
    return true;
}

static bool show_leaf(struct tls_server *server, struct tenant *t, struct store *store,
                      const struct master_key *master, int64_t now, struct quoth_error *err)
{
    AUTO(kept_keys) struct kept_keys leaves = {0};
    AUTO(kept_key) struct kept_key leaf = {0};
    AUTO(buffer) struct buffer pem = {0};
    if (!keys_load(store, master, t->issuer, KEY_FOR_TLS, &leaves, err))
        return false;
    const struct kept_key *old = leaves.count > 0 ? &leaves.keys[0] : NULL;
    if (old && now < local_ca_renew_at(old))
        leaf = take_value(leaves.keys[0]);
    else if (!make_leaf(t, store, master, old ? old->version + 1 : 1, now, &leaf, err))
        return false;
    pem_encode("CERTIFICATE", buffer_bytes(&leaf.certificate), &pem);
    if (!buffer_ok(&pem, err) || !show(server, t, buffer_bytes(&pem), leaf.key, err))
        return false;
    t->leaf_renewal = local_ca_renew_at(&leaf);
    return true;
}

bool serving_tls_show(struct tls_server *server, struct tenant *t, struct store *store,
                      const struct master_key *master, int64_t now, struct quoth_error *err)
{
    return (settings_of(t)->tls_cert ? show_files(server, t, err)
                                     : show_leaf(server, t, store, master, now, err)) ||
           quoth_within(err, "tls");
}
