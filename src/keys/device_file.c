/* A file with 32 random bytes (keys/master_file.h). What it wraps is
 *
 *     salt (16), nonce (12), 32 bytes encrypted, tag (16)
 *
 * under AES-256-GCM, with a key of its own for each text: HKDF of the file's key, the salt, and a
 * fixed text. The file is read for each call and kept by nobody. */
#include "codec/hex.h"
#include "crypto/aead.h"
#include "crypto/kdf.h"
#include "crypto/random.h"
#include "keys/device.h"
#include "keys/master_file.h"

#include <stdio.h>

#define SALT_SIZE 16
#define WRAPPED_SIZE (SALT_SIZE + AEAD_OVERHEAD + DEVICE_SECRET_SIZE)

struct file_device { /* both are borrowed: of the device */
    const char *path, *state_folder;
};

static bool derive(const struct file_device *f, struct bytes salt, const char *use,
                   struct aead_key *ret_key, struct quoth_error *err)
{
    AUTO(master_file) struct master_file file = {0};
    return master_file_read(f->path, f->state_folder, &file, err) &&
           hkdf_sha256(salt, BYTES_OF(file.bytes), bytes_of_text(use), ret_key->bytes,
                       sizeof ret_key->bytes, err);
}

/* Eight bytes that follow from the key, and from which it does not follow. */
static bool name_key(const struct file_device *f, char ret_name[DEVICE_NAME_SIZE],
                     struct quoth_error *err)
{
    AUTO(aead_key) struct aead_key mark = {0};
    char hex[17];
    if (!derive(f, (struct bytes){0}, "quoth master file name 1", &mark, err))
        return false;
    hex_text(bytes_slice(BYTES_OF(mark.bytes), 0, 8), hex, sizeof hex);
    snprintf(ret_name, DEVICE_NAME_SIZE, "file:%s", hex);
    return true;
}

static void file_close(void *self)
{
    free(self);
}

static bool file_open(const char *source, const char *state_folder, void **ret_self,
                      char ret_name[DEVICE_NAME_SIZE], struct quoth_error *err)
{
    struct file_device f = {source, state_folder};
    snprintf(ret_name, DEVICE_NAME_SIZE, "file:");
    if (file_exists(source) && !name_key(&f, ret_name, err))
        return false;
    struct file_device *self = malloc(sizeof *self);
    if (!self)
        return quoth_fail(err, QUOTH_MEMORY, "master-key", QUOTH_NO_OFFSET, "out of memory");
    *self = f;
    *ret_self = self;
    return true;
}

static bool file_prepare(void *self, struct quoth_error *err)
{
    const struct file_device *f = self;
    const char *slash = strrchr(f->path, '/');
    if (file_exists(f->path))
        return true;
    if (slash && slash != f->path) {
        AUTO(text) char *folder = strndup(f->path, (size_t)(slash - f->path));
        if (!folder || !file_make_folders(folder, err))
            return false;
    }
    return master_file_create(f->path, f->state_folder, err);
}

static bool file_wrap(void *self, struct bytes label, const uint8_t *secret,
                      struct buffer *ret_wrapped, struct quoth_error *err)
{
    AUTO(aead_key) struct aead_key key = {0};
    uint8_t salt[SALT_SIZE];
    if (!random_fill(salt, sizeof salt, err) ||
        !derive(self, BYTES_OF(salt), "quoth slot 1", &key, err))
        return false;
    buffer_add(ret_wrapped, BYTES_OF(salt));
    return aead_seal(&key, label, (struct bytes){secret, DEVICE_SECRET_SIZE}, ret_wrapped, err);
}

static bool file_unwrap(void *self, struct bytes label, struct bytes wrapped, uint8_t *ret_secret,
                        struct quoth_error *err)
{
    AUTO(aead_key) struct aead_key key = {0};
    AUTO(buffer) struct buffer secret = {0};
    if (wrapped.len != WRAPPED_SIZE)
        return quoth_fail(err, QUOTH_SEAL_BROKEN, "wrapped", QUOTH_NO_OFFSET,
                          "has %zu bytes, expected %d", wrapped.len, WRAPPED_SIZE);
    if (!derive(self, bytes_slice(wrapped, 0, SALT_SIZE), "quoth slot 1", &key, err) ||
        !aead_open(&key, label, bytes_slice(wrapped, SALT_SIZE, wrapped.len), &secret, err))
        return false;
    bytes_copy(ret_secret, buffer_bytes(&secret));
    return true;
}

const struct device_driver device_file = {
    .scheme = "",
    .open = file_open,
    .close = file_close,
    .prepare = file_prepare,
    .wrap = file_wrap,
    .unwrap = file_unwrap,
};
