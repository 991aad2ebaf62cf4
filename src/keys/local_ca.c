#include "keys/local_ca.h"

#include "crypto/x509.h"
#include "crypto/x509_make.h"

#include <arpa/inet.h>
#include <stdio.h>

#define DAY 86400LL
#define CA_DAYS 3650
#define CLOCK_SLACK DAY

struct hosts { /* what a certificate is for; lists end with NULL */
    const char *dns[2], *ips[3];
};

static bool is_address(const char *host)
{
    uint8_t any[16];
    return inet_pton(AF_INET, host, any) == 1 || inet_pton(AF_INET6, host, any) == 1;
}

bool local_ca_is_local(const char *host)
{
    return strcmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0 ||
           strcmp(host, "::1") == 0;
}

static struct hosts hosts_of(const char *host)
{
    if (local_ca_is_local(host))
        return (struct hosts){
            .dns = {"localhost"},
              .ips = { "127.0.0.1",      "::1"}
        };
    if (is_address(host))
        return (struct hosts){.ips = {host}};
    return (struct hosts){.dns = {host}};
}

/* Constraints of one kind of name say nothing about the other (RFC 5280 4.2.1.10): where the CA has
 * no names of a kind, it gets one that nobody has, which shuts out the rest. */
static struct hosts constraints_of(const char *host)
{
    struct hosts permitted = hosts_of(host);
    if (!permitted.dns[0])
        permitted.dns[0] = "invalid"; /* RFC 2606 */
    if (!permitted.ips[0])
        permitted.ips[0] = "0.0.0.0";
    return permitted;
}

/* The blanks keep a common name from being taken for a host by old rules, and judged as one. */
static bool name_of(const char *what, const char *host, struct buffer *ret_name,
                    struct quoth_error *err)
{
    char cn[64]; /* ub-common-name; the name that counts is the alternative one */
    snprintf(cn, sizeof cn, "%s%s", what, host);
    const struct x509_name_part parts[] = {
        {"O",  "Quoth"},
        {"CN", cn     }
    };
    return x509_name_write(parts, COUNT(parts), ret_name, err);
}

static bool make_key(enum key_type type, struct kept_key *k, struct public_key **ret_public,
                     struct sha1 *ret_id, struct quoth_error *err)
{
    return private_key_generate(type, &k->key, err) &&
           private_key_public(k->key, ret_public, err) && x509_key_id(*ret_public, ret_id, err);
}

bool local_ca_make(const char *host, int64_t now, struct kept_key *ret_ca, struct quoth_error *err)
{
    AUTO(kept_key) struct kept_key k = {.id = "1", .version = 1, .created = now, .signs_from = now};
    AUTO(public_key) struct public_key *public = NULL;
    AUTO(buffer) struct buffer name = {0};
    uint8_t serial[16];
    struct sha1 key_id;
    if (!name_of("local CA for ", host, &name, err) ||
        !make_key(KEY_TYPE_P256, &k, &public, &key_id, err) ||
        !x509_random_serial(serial, sizeof serial, err))
        return quoth_within(err, "local-ca");
    const struct hosts permitted = constraints_of(host);
    const struct x509_extension extensions[] = {
        {.kind = X509_BASIC_CONSTRAINTS, .critical = true,                              .is_ca = true, .path_len = 0},
        {.kind = X509_KEY_USAGE,                 .critical = true,                                                              .bits = CERT_KEY_CERT_SIGN | CERT_CRL_SIGN},
        {.kind = X509_NAME_CONSTRAINTS,
         .critical = true,
         .dns = permitted.dns,
         .ips = permitted.ips},
        {.kind = X509_SUBJECT_KEY_ID,  .id = BYTES_OF(key_id.bytes)                                                             },
    };
    const struct x509_spec spec = {
        .serial = BYTES_OF(serial),
        .subject = buffer_bytes(&name),
        .not_before = now - CLOCK_SLACK,
        .not_after = now + CA_DAYS * DAY,
        .extensions = extensions,
        .extension_count = COUNT(extensions),
    };
    if (!x509_make(&spec, public, k.key, &k.certificate, err))
        return quoth_within(err, "local-ca");
    *ret_ca = take_value(k);
    return true;
}

static bool issue(enum key_type type, struct kept_key *ca, const char *host, int64_t now,
                  struct kept_key *ret_leaf, struct quoth_error *err)
{
    AUTO(kept_key)
    struct kept_key k = {.id = "leaf", .version = 1, .created = now, .signs_from = now};
    AUTO(public_key) struct public_key *public = NULL, *ca_public = NULL;
    AUTO(x509_cert) struct x509_cert *ca_cert = NULL;
    AUTO(buffer) struct buffer name = {0};
    uint8_t serial[16];
    struct sha1 key_id, ca_id;
    if (!x509_cert_from_der(buffer_bytes(&ca->certificate), &ca_cert, err) ||
        !name_of("service at ", host, &name, err) || !make_key(type, &k, &public, &key_id, err) ||
        !private_key_public(ca->key, &ca_public, err) || !x509_key_id(ca_public, &ca_id, err) ||
        !x509_random_serial(serial, sizeof serial, err))
        return quoth_within(err, "tls-leaf");
    static const char *const server[] = {X509_SERVER_AUTH, NULL};
    const struct hosts names = hosts_of(host);
    const struct x509_extension extensions[] = {
        {.kind = X509_BASIC_CONSTRAINTS,         .critical = true,  .path_len = CERT_NO_PATH_LEN},
        {.kind = X509_KEY_USAGE,                                      .critical = true,                                  .bits = CERT_DIGITAL_SIGNATURE},
        {.kind = X509_EXTENDED_KEY_USAGE,        .oids = server},
        {.kind = X509_SUBJECT_ALT_NAME,
         .dns = names.dns[0] ? names.dns : NULL,
         .ips = names.ips[0] ? names.ips : NULL},
        {.kind = X509_SUBJECT_KEY_ID, .id = BYTES_OF(key_id.bytes)                   },
        {.kind = X509_AUTHORITY_KEY_ID,            .id = BYTES_OF(ca_id.bytes)},
    };
    const struct x509_spec spec = {
        .serial = BYTES_OF(serial),
        .issuer = x509_cert_subject(ca_cert),
        .subject = buffer_bytes(&name),
        .not_before = now - CLOCK_SLACK,
        .not_after = now + LOCAL_CA_LEAF_DAYS * DAY,
        .extensions = extensions,
        .extension_count = COUNT(extensions),
    };
    if (!x509_make(&spec, public, ca->key, &k.certificate, err))
        return quoth_within(err, "tls-leaf");
    *ret_leaf = take_value(k);
    return true;
}

bool local_ca_issue(struct kept_key *ca, const char *host, int64_t now, struct kept_key *ret_leaf,
                    struct quoth_error *err)
{
    return issue(KEY_TYPE_P256, ca, host, now, ret_leaf, err);
}

bool local_ca_issue_rsa(struct kept_key *ca, const char *host, int64_t now,
                        struct kept_key *ret_leaf, struct quoth_error *err)
{
    return issue(KEY_TYPE_RSA_2048, ca, host, now, ret_leaf, err);
}

int64_t local_ca_renew_at(const struct kept_key *leaf)
{
    return leaf->created + (LOCAL_CA_LEAF_DAYS - LOCAL_CA_RENEW_DAYS) * DAY;
}
