/* A private RSA key from the JWK of a vector, for tests: PKCS #1 (RFC 8017 A.1.2) in PEM. */
#ifndef QUOTH_TESTS_RSA_JWK_H
#define QUOTH_TESTS_RSA_JWK_H

#include "codec/base64.h"
#include "codec/der.h"
#include "codec/json.h"
#include "codec/pem.h"
#include "crypto/key.h"

#include <stdio.h>

#define rsa_jwk_must(condition)                                                                    \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static inline struct private_key *rsa_jwk_private(struct json jwk)
{
    static const char *const names[] = {"n", "e", "d", "p", "q", "dp", "dq", "qi"};
    struct quoth_error err = {0};
    struct private_key *key = NULL;
    AUTO(buffer) struct buffer numbers = {0}, der = {0}, pem = {0};
    der_write_integer_u64(&numbers, 0); /* version: two primes */
    for (size_t i = 0; i < COUNT(names); i++) {
        AUTO(buffer) struct buffer number = {0};
        struct bytes text;
        rsa_jwk_must(json_need_plain(jwk, names[i], &text, &err));
        rsa_jwk_must(base64url_decode(text, &number, &err));
        der_write_integer(&numbers, buffer_bytes(&number));
    }
    der_write_tlv(&der, DER_SEQUENCE, buffer_bytes(&numbers));
    pem_encode("RSA PRIVATE KEY", buffer_bytes(&der), &pem);
    rsa_jwk_must(private_key_from_pem(buffer_bytes(&pem), &key, &err));
    return key;
}

#endif
