/* Tokens as attackers and other issuers write them: any header, any payload, signed by any key. */
#ifndef QUOTH_TESTS_FORGE_H
#define QUOTH_TESTS_FORGE_H

#include "base/time.h"
#include "codec/base64.h"
#include "codec/json_write.h"
#include "crypto/key.h"
#include "crypto/x509_make.h"
#include "token/token.h"

#include <stdio.h>

#define forge_must(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static inline struct private_key *forge_key(enum key_type type)
{
    struct private_key *key = NULL;
    struct quoth_error err = {0};
    forge_must(private_key_generate(type, &key, &err));
    return key;
}

static inline struct public_key *forge_public(const struct private_key *key)
{
    struct public_key *public = NULL;
    struct quoth_error err = {0};
    forge_must(private_key_public(key, &public, &err));
    return public;
}

/* BASE64URL(header) . BASE64URL(payload), from texts as they are. */
static inline void forge_input(struct buffer *to, const char *header, const char *payload)
{
    base64url_encode(bytes_of_text(header), to);
    buffer_u8(to, '.');
    base64url_encode(bytes_of_text(payload), to);
}

/* The whole token; key NULL: with an empty signature. */
static inline void forge(struct buffer *to, const char *header, const char *payload,
                         struct private_key *key)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer signature = {0};
    forge_input(to, header, payload);
    const struct bytes input = buffer_bytes(to);
    if (key)
        forge_must(private_key_kind(key) == KEY_KIND_RSA
                       ? private_key_sign_rs256(key, &input, 1, &signature, &err)
                       : private_key_sign_es256(key, &input, 1, &signature, &err));
    buffer_u8(to, '.');
    base64url_encode(buffer_bytes(&signature), to);
    forge_must(!to->failed);
}

/* A self-signed certificate, DER. */
static inline void forge_certificate(struct buffer *to, struct private_key *key)
{
    struct quoth_error err = {0};
    const struct x509_name_part part = {"CN", "localhost"};
    AUTO(buffer) struct buffer name = {0};
    AUTO(public_key) struct public_key *public = forge_public(key);
    uint8_t serial[16];
    forge_must(x509_name_write(&part, 1, &name, &err));
    forge_must(x509_random_serial(serial, sizeof serial, &err));
    const struct x509_spec spec = {.serial = BYTES_OF(serial),
                                   .subject = buffer_bytes(&name),
                                   .not_before = time_now() - 300,
                                   .not_after = time_now() + 3600};
    forge_must(x509_make(&spec, public, key, to, &err));
}

/* {"keys":[...]} with one key, as an issuer publishes it. */
static inline void forge_jwks(struct buffer *to, const char *kid, const struct private_key *key)
{
    AUTO(public_key) struct public_key *public = forge_public(key);
    json_object_begin(to);
    json_name(to, "keys");
    json_array_begin(to);
    jwk_write(to, kid, public, NULL, 0);
    json_array_end(to);
    json_object_end(to);
    forge_must(!to->failed);
}

#endif
