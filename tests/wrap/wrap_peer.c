/* What wrap_test.py compares with: wrap_peer wrap|unwrap ALGORITHM KEY.pem, hex in and hex out. */
#include "base/file.h"
#include "codec/hex.h"
#include "crypto/rsa_wrap.h"

#include <stdio.h>

static bool run(const char *verb, const char *name, const char *key_file, struct buffer *out,
                struct quoth_error *err)
{
    enum rsa_wrap algorithm;
    AUTO(private_key) struct private_key *key = NULL;
    AUTO(public_key) struct public_key *public = NULL;
    AUTO(buffer) struct buffer pem = {0}, text = {0}, in = {0};
    if (!rsa_wrap_find(bytes_of_text(name), &algorithm))
        return quoth_fail(err, QUOTH_USAGE, name, QUOTH_NO_OFFSET, "is no algorithm");
    if (!file_read(key_file, 1u << 16, &pem, err) || !file_read("-", 1u << 20, &text, err) ||
        !hex_decode(buffer_bytes(&text), &in, err) ||
        !private_key_from_pem(buffer_bytes(&pem), &key, err) ||
        !private_key_public(key, &public, err))
        return false;
    return strcmp(verb, "wrap") == 0 ? rsa_wrap(algorithm, public, buffer_bytes(&in), out, err)
                                     : rsa_unwrap(algorithm, key, buffer_bytes(&in), out, err);
}

int main(int argc, char **argv)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer out = {0};
    if (argc != 4 || !run(argv[1], argv[2], argv[3], &out, &err)) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    for (size_t i = 0; i < out.len; i++)
        printf("%02x", out.data[i]);
    printf("\n");
    return 0;
}
