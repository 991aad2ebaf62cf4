/* A vault's certificates and answers, for tests and fuzzing: a root, a leaf for vault.example. */
#ifndef QUOTH_TESTS_VAULT_H
#define QUOTH_TESTS_VAULT_H

#include "crypto/x509_make.h"
#include "tests/forge.h"
#include "tests/key_vectors.h"

#define VAULT_NOW 1760000000 /* 2025-10-09 */
#define VAULT_HOST "vault.example"

struct vault {
    struct private_key *root_key, *key;
    struct buffer root, leaf;
};

/* host: NULL for a CA. Valid a day before and after now. */
static inline void vault_certify_at(int64_t now, const char *name, struct private_key *key,
                                    const char *issuer, struct private_key *issuer_key,
                                    const char *host, struct buffer *ret_der)
{
    static const uint8_t serial[] = {1, 2, 3};
    struct quoth_error err = {0};
    const struct x509_name_part subject_name = {"CN", name}, issuer_name = {"CN", issuer};
    const char *const dns[] = {host, NULL};
    const struct x509_extension ca[] = {
        {.kind = X509_BASIC_CONSTRAINTS, .critical = true, .is_ca = true,         .path_len = 1},
        {.kind = X509_KEY_USAGE,                              .critical = true,                         .bits = CERT_KEY_CERT_SIGN},
    };
    const struct x509_extension server[] = {
        {.kind = X509_SUBJECT_ALT_NAME, .dns = dns}
    };
    AUTO(buffer) struct buffer subject = {0}, by = {0};
    AUTO(public_key) struct public_key *public = forge_public(key);
    forge_must(x509_name_write(&subject_name, 1, &subject, &err));
    forge_must(x509_name_write(&issuer_name, 1, &by, &err));
    const struct x509_spec spec = {
        .serial = BYTES_OF(serial),
        .issuer = buffer_bytes(&by),
        .subject = buffer_bytes(&subject),
        .not_before = now - TIME_DAY,
        .not_after = now + TIME_DAY,
        .extensions = host ? server : ca,
        .extension_count = host ? COUNT(server) : COUNT(ca),
    };
    forge_must(x509_make(&spec, public, issuer_key, ret_der, &err));
}

static inline void vault_certify(const char *name, struct private_key *key, const char *issuer,
                                 struct private_key *issuer_key, const char *host,
                                 struct buffer *ret_der)
{
    vault_certify_at(VAULT_NOW, name, key, issuer, issuer_key, host, ret_der);
}

static inline struct private_key *vault_rfc_key(void)
{
    struct quoth_error err = {0};
    struct private_key *key = NULL;
    forge_must(private_key_from_pem(bytes_of_text(rfc7515_rsa_pem), &key, &err));
    return key;
}

/* The root has the key of RFC 7515; key becomes the vault's. */
static inline void vault_init(struct vault *v, struct private_key *key)
{
    *v = (struct vault){.root_key = vault_rfc_key(), .key = key};
    vault_certify("Root", v->root_key, "Root", v->root_key, NULL, &v->root);
    vault_certify("Vault", key, "Root", v->root_key, VAULT_HOST, &v->leaf);
}

static inline void vault_clear(struct vault *v)
{
    private_key_free(v->root_key);
    private_key_free(v->key);
    buffer_clear(&v->root);
    buffer_clear(&v->leaf);
}

#endif
