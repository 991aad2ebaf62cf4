/* What the tests of administrators share: a provider and what signs for it, an admin token, and client
 * certificates. */
#ifndef QUOTH_TESTS_ADMINISTRATORS_H
#define QUOTH_TESTS_ADMINISTRATORS_H

#include "service/access/admin_token.h"
#include "tests/forge.h"
#include "tests/unit.h"

#define NOW 1767268800
#define TENANT "https://attest.example"
#define PROVIDER "https://idp.example/realm"
#define CONTRIBUTOR (ROLE_READER | ROLE_CONTRIBUTOR)

#define HEADER "{\"alg\":\"RS256\",\"kid\":\"k\",\"typ\":\"JWT\"}"
#define TIMES ",\"exp\":1767269400,\"iat\":1767268700"

static struct private_key *key; /* of the provider */

static inline int make_key(void **state)
{
    (void)state;
    key = forge_key(KEY_TYPE_RSA_2048);
    return 0;
}

static inline int free_key(void **state)
{
    (void)state;
    private_key_free(key);
    return 0;
}

static inline struct admin_token token_of(const char *text, int64_t expires)
{
    return (struct admin_token){
        .exists = true, .hash = sha256_of(bytes_of_text(text)), .expires = expires};
}

static inline void make_certificate(int64_t from, int64_t until, struct buffer *to, char hex[65])
{
    struct quoth_error err = {0};
    AUTO(private_key) struct private_key *own = forge_key(KEY_TYPE_P256);
    AUTO(public_key) struct public_key *public = forge_public(own);
    AUTO(buffer) struct buffer name = {0};
    const struct x509_name_part cn = {"CN", "operator"};
    assert_true(x509_name_write(&cn, 1, &name, &err));
    const struct x509_spec spec = {.serial = BYTES_LITERAL("\1"),
                                   .subject = buffer_bytes(&name),
                                   .not_before = from,
                                   .not_after = until};
    assert_true(x509_make(&spec, public, own, to, &err));
    const struct sha256 hash = sha256_of(buffer_bytes(to));
    hex_text(BYTES_OF(hash.bytes), hex, 65);
}

#endif
