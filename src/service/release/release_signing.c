#include "service/release/release_signing.h"

#include "base/file.h"
#include "codec/pem.h"
#include "keys/local_ca.h"

#include <pthread.h>

#define PEM_MAX (64u << 10)
#define CHAIN_MAX 8u
#define SPARE_MAX 8u /* copies of the key that wait for the next answer */

struct release_signing {
    struct release_signer signer;
    struct private_key *key; /* copied, never used */

    pthread_mutex_t lock;
    struct private_key *spare[SPARE_MAX];
    size_t spare_count;
};

/* ---- a chain and its key */

struct identity { /* owned */
    struct private_key *key;
    struct buffer chain[CHAIN_MAX]; /* DER */
    size_t count;
};

static void identity_clear(struct identity *i)
{
    private_key_free(i->key);
    for (size_t k = 0; k < COUNT(i->chain); k++)
        buffer_clear(&i->chain[k]);
}
DEFINE_AUTO_VALUE(identity, struct identity, identity_clear)

static bool read_chain(struct bytes pem, struct identity *i, struct quoth_error *err)
{
    struct reader r = {.in = pem, .err = err};
    while (reader_left(&r) > 0) {
        if (i->count == CHAIN_MAX)
            return quoth_fail(err, QUOTH_CERTIFICATE_UNTRUSTED, "chain", QUOTH_NO_OFFSET,
                              "has more than %u certificates", CHAIN_MAX);
        if (!pem_next_lenient(&r, "CERTIFICATE", &i->chain[i->count]) ||
            !buffer_ok(&i->chain[i->count], err))
            return false;
        i->count++;
    }
    return true;
}

static bool read_files(const char *chain_path, const char *key_path, struct identity *i,
                       struct quoth_error *err)
{
    AUTO(buffer) struct buffer chain = {0}, key = {0};
    return file_read(chain_path, PEM_MAX, &chain, err) && file_read(key_path, PEM_MAX, &key, err) &&
           read_chain(buffer_bytes(&chain), i, err) &&
           private_key_from_pem(buffer_bytes(&key), &i->key, err);
}

static bool make_signer(const struct identity *i, struct release_signer *ret_signer,
                        struct quoth_error *err)
{
    struct bytes chain[CHAIN_MAX];
    for (size_t k = 0; k < i->count; k++)
        chain[k] = buffer_bytes(&i->chain[k]);
    return release_signer_init(i->key, chain, i->count, ret_signer, err);
}

bool release_signing_check_files(const char *chain_path, const char *key_path,
                                 struct quoth_error *err)
{
    AUTO(identity) struct identity i = {0};
    AUTO(release_signer) struct release_signer signer = {0};
    return read_files(chain_path, key_path, &i, err) && make_signer(&i, &signer, err);
}

/* ---- which one it is */

static bool load_own(const char *issuer, struct store *store, const struct master_key *master,
                     struct identity *i, struct quoth_error *err)
{
    AUTO(kept_keys) struct kept_keys cas = {0}, leaves = {0};
    if (!keys_load(store, master, issuer, KEY_FOR_CA, &cas, err) ||
        !keys_load(store, master, issuer, KEY_FOR_RELEASE, &leaves, err))
        return false;
    if (cas.count == 0 || leaves.count == 0)
        return quoth_fail(err, QUOTH_STORE_BROKEN, "store", QUOTH_NO_OFFSET,
                          "has no key that signs what is released");
    i->key = take(leaves.keys[0].key);
    i->chain[0] = take_value(leaves.keys[0].certificate);
    i->chain[1] = take_value(cas.keys[0].certificate);
    i->count = 2;
    return true;
}

/* Many an operator's chain for TLS ends before the root, and many a key is no RSA key: that is no
 * mistake, and the local CA stands in. */
static bool tls_files_will_do(const struct tenant_settings *s)
{
    struct quoth_error ignored = {0};
    return s->tls_cert && s->tls_key &&
           release_signing_check_files(s->tls_cert, s->tls_key, &ignored);
}

static bool choose(const struct tenant_settings *s, const char *issuer, struct store *store,
                   const struct master_key *master, struct identity *i, struct quoth_error *err)
{
    if (s->release_cert)
        return read_files(s->release_cert, s->release_key, i, err);
    return tls_files_will_do(s) ? read_files(s->tls_cert, s->tls_key, i, err)
                                : load_own(issuer, store, master, i, err);
}

bool release_signing_open(const struct tenant_settings *settings, const char *issuer,
                          struct store *store, const struct master_key *master,
                          struct release_signing **ret_signing, struct quoth_error *err)
{
    AUTO(identity) struct identity i = {0};
    AUTO(release_signing) struct release_signing *s = calloc(1, sizeof *s);
    if (!s)
        return quoth_fail(err, QUOTH_MEMORY, "release", QUOTH_NO_OFFSET, "out of memory");
    pthread_mutex_init(&s->lock, NULL);
    if (!choose(settings, issuer, store, master, &i, err) || !make_signer(&i, &s->signer, err))
        return quoth_within(err, "release");
    s->key = take(i.key);
    *ret_signing = take(s);
    return true;
}

void release_signing_close(struct release_signing *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->spare_count; i++)
        private_key_free(s->spare[i]);
    private_key_free(s->key);
    release_signer_clear(&s->signer);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* ---- signing */

static struct private_key *take_spare(struct release_signing *s)
{
    pthread_mutex_lock(&s->lock);
    struct private_key *key = s->spare_count > 0 ? s->spare[--s->spare_count] : NULL;
    pthread_mutex_unlock(&s->lock);
    return key;
}

static void give_back(struct release_signing *s, struct private_key *key)
{
    pthread_mutex_lock(&s->lock);
    if (s->spare_count < SPARE_MAX) {
        s->spare[s->spare_count++] = key;
        key = NULL;
    }
    pthread_mutex_unlock(&s->lock);
    private_key_free(key);
}

bool release_signing_answer(struct release_signing *s, const struct release_answer *a,
                            struct buffer *ret_body, struct quoth_error *err)
{
    struct private_key *key = take_spare(s);
    if (!key && !private_key_dup(s->key, &key, err))
        return false;
    const bool good = release_answer_write(a, &s->signer, key, ret_body, err);
    give_back(s, key);
    return good;
}

/* ---- keeping the one of the local CA */

static bool make_leaf(const char *issuer, const char *host, struct kept_keys *cas,
                      struct store *store, const struct master_key *master, int64_t version,
                      int64_t now, struct kept_key *ret_leaf, struct quoth_error *err)
{
    AUTO(kept_key) struct kept_key leaf = {0};
    if (cas->count == 0)
        return quoth_fail(err, QUOTH_STORE_BROKEN, "store", QUOTH_NO_OFFSET, "has no local CA");
    if (!local_ca_issue_rsa(&cas->keys[0], host, now, &leaf, err))
        return false;
    leaf.version = version;
    if (!key_keep(store, master, issuer, KEY_FOR_RELEASE, &leaf, err))
        return false;
    *ret_leaf = take_value(leaf);
    return true;
}

/* The CA is opened though nothing may be due: that it was altered is told while somebody still has
 * it, and not when the last certificate ends. */
bool release_signing_keep(const char *issuer, const char *host, struct store *store,
                          const struct master_key *master, int64_t now, int64_t *ret_renewal,
                          struct quoth_error *err)
{
    AUTO(kept_keys) struct kept_keys cas = {0}, leaves = {0};
    AUTO(kept_key) struct kept_key leaf = {0};
    struct quoth_error why = {0};
    if (!keys_load(store, master, issuer, KEY_FOR_CA, &cas, err) ||
        !keys_load(store, master, issuer, KEY_FOR_RELEASE, &leaves, err))
        return quoth_within(err, "release");
    const struct kept_key *old = leaves.count > 0 ? &leaves.keys[0] : NULL;
    if (old && now < local_ca_renew_at(old)) {
        *ret_renewal = local_ca_renew_at(old);
        return true;
    }
    if (make_leaf(issuer, host, &cas, store, master, old ? old->version + 1 : 1, now, &leaf,
                  &why)) {
        *ret_renewal = local_ca_renew_at(&leaf);
        return true;
    }
    if (why.code == QUOTH_STORE_CONFLICT) { /* somebody else was faster: look again soon */
        *ret_renewal = now + 1;
        return true;
    }
    *err = why;
    return quoth_within(err, "release");
}
