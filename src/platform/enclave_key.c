#include "platform/enclave_key.h"

#include <libgen.h>

#include "base/file.h"

static bool public_write(const struct private_key *key, const char *beside, struct quoth_error *err)
{
    AUTO(public_key) struct public_key *public = NULL;
    AUTO(buffer) struct buffer pem = {0};
    AUTO(text) char *copy = strdup(beside); /* dirname() may write to it */
    if (!copy)
        return quoth_fail(err, QUOTH_MEMORY, beside, QUOTH_NO_OFFSET, "out of memory");
    AUTO(text) char *path = path_join(dirname(copy), "public.pem", err);
    return path && private_key_public(key, &public, err) && public_key_to_pem(public, &pem, err) &&
           file_write(path, buffer_bytes(&pem), 0644, err);
}

static bool key_make(const char *path, struct private_key **ret_key, struct quoth_error *err)
{
    AUTO(private_key) struct private_key *key = NULL;
    AUTO(buffer) struct buffer pem = {0};

    if (!private_key_generate(KEY_TYPE_RSA_3072_E3, &key, err) ||
        !private_key_to_pem(key, &pem, err) || !file_write(path, buffer_bytes(&pem), 0600, err) ||
        !public_write(key, path, err))
        return false;
    *ret_key = take(key);
    return true;
}

bool enclave_key_open(const char *path, struct private_key **ret_key, bool *ret_made,
                      struct quoth_error *err)
{
    AUTO(buffer) struct buffer pem = {0};

    *ret_made = !file_exists(path);
    if (*ret_made)
        return key_make(path, ret_key, err);
    return file_read(path, ENCLAVE_KEY_PEM_MAX, &pem, err) &&
           (private_key_from_pem(buffer_bytes(&pem), ret_key, err) || quoth_within(err, path));
}
