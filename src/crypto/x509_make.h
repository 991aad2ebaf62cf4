/* Making certificates and CRLs: the local CA, token-signing certificates, enclave certificates, and
 * the simulated vendor's PKI, whose profile fixes the order of extensions and the types of strings.
 * DER out, signed with SHA-256. RFC 5280. */
#ifndef QUOTH_CRYPTO_X509_MAKE_H
#define QUOTH_CRYPTO_X509_MAKE_H

#include "base/bytes.h"
#include "crypto/cert.h"
#include "crypto/key.h"

/* One attribute of a name: "CN", "O", "OU", "L", "ST", "C" or "serialNumber". Values are UTF-8 and
 * become UTF8String, but C and serialNumber PrintableString. */
struct x509_name_part {
    const char *attribute;
    const char *value;
};

/* Appends a Name (DER) with the parts in the order given, one per RDN. */
bool x509_name_write(const struct x509_name_part *parts, size_t count, struct buffer *ret_name,
                     struct quoth_error *err);

enum x509_extension_kind {
    X509_AUTHORITY_KEY_ID,       /* id: keyIdentifier */
    X509_SUBJECT_KEY_ID,         /* id */
    X509_KEY_USAGE,              /* bits: of enum cert_key_usage */
    X509_BASIC_CONSTRAINTS,      /* is_ca, path_len */
    X509_EXTENDED_KEY_USAGE,     /* oids, NULL-terminated, in dotted text */
    X509_SUBJECT_ALT_NAME,       /* dns and ips */
    X509_CRL_DISTRIBUTION_POINT, /* uri */
    X509_NAME_CONSTRAINTS, /* dns and ips are the permitted subtrees; ips name one host each */
    X509_OTHER,            /* oid and value: DER that goes inside the OCTET STRING */
};

#define X509_SERVER_AUTH "1.3.6.1.5.5.7.3.1"
#define X509_CLIENT_AUTH "1.3.6.1.5.5.7.3.2"

/* Only the members named beside the kind are read. */
struct x509_extension {
    enum x509_extension_kind kind;
    bool critical;
    struct bytes id;
    unsigned bits;
    bool is_ca;
    int path_len; /* CERT_NO_PATH_LEN for none */
    const char *const *oids;
    const char *const *dns, *const *ips; /* NULL-terminated; ips as text, v4 or v6; NULL for none */
    const char *uri;
    const char *oid;
    struct bytes value;
};

struct x509_spec {
    struct bytes serial;  /* unsigned big-endian, 1 to 20 bytes, not zero; see x509_random_serial */
    struct bytes issuer;  /* Name (DER); empty: the subject, for a self-signed certificate */
    struct bytes subject; /* Name (DER) */
    int64_t not_before, not_after; /* UTCTime from 1950 to 2049, GeneralizedTime outside */
    const struct x509_extension *extensions; /* written in this order */
    size_t extension_count;
};

/* Appends the certificate of subject_key, signed by issuer_key (the subject's own key in private
 * form for a self-signed one). QUOTH_INTERNAL for a spec that cannot be written. */
bool x509_make(const struct x509_spec *spec, const struct public_key *subject_key,
               struct private_key *issuer_key, struct buffer *ret_der, struct quoth_error *err);

struct x509_revoked {
    struct bytes serial; /* unsigned big-endian */
    int64_t time;
};

struct x509_crl_spec {
    struct bytes issuer; /* Name (DER) */
    struct bytes authority_key_id;
    uint64_t number;
    int64_t this_update, next_update;
    const struct x509_revoked *revoked; /* each with reason keyCompromise */
    size_t revoked_count;
};

/* Appends the list, with cRLNumber and authorityKeyIdentifier in Intel's order. */
bool x509_make_crl(const struct x509_crl_spec *spec, struct private_key *issuer_key,
                   struct buffer *ret_der, struct quoth_error *err);

/* A random positive serial of 16 or 20 bytes (the first byte is between 1 and 7f). */
bool x509_random_serial(uint8_t *ret_serial, size_t len, struct quoth_error *err);

/* Key identifiers: SHA-1 over the BIT STRING's contents (RFC 5280 4.2.1.2, method 1, what most of
 * the world writes), and Intel's, SHA-1 over the whole SubjectPublicKeyInfo. */
bool x509_key_id(const struct public_key *key, struct sha1 *ret_id, struct quoth_error *err);
bool x509_key_id_intel(const struct public_key *key, struct sha1 *ret_id, struct quoth_error *err);

#endif
