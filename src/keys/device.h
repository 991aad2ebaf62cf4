/* Where the key that opens the keyring is kept: a file, a PKCS #11 token, a TPM. Each wraps 32 bytes
 * and unwraps them again; what is inside the last two never comes out (key-release.md 6.2, 6.6). */
#ifndef QUOTH_KEYS_DEVICE_H
#define QUOTH_KEYS_DEVICE_H

#include "base/bytes.h"

#define DEVICE_SECRET_SIZE 32
#define DEVICE_NAME_SIZE 80
#define DEVICE_WRAPPED_MAX 2048u

struct device; /* opaque; one thread at a time. Nothing is kept open between two calls that a pulled
                  token could break: every call finds its way anew, and fails in clear words */

/* source is a setting:
 *     PATH                                        32 bytes in a file (keys/master_file.h)
 *     pkcs11:token=LABEL;object=LABEL?module-path=FILE&pin-source=FILE      (RFC 7512)
 *     tpm:[TCTI][?pcrs=sha256:7,11]               "tpm:device:/dev/tpmrm0", "tpm:swtpm:host=..."
 * state_folder: no file of a device may lie in it (THREATS 34). A TPM is asked for its name here
 * (QUOTH_DEVICE_UNAVAILABLE if it does not answer), a token is not touched yet. QUOTH_USAGE for a
 * source of another form. */
bool device_open(const char *source, const char *state_folder, struct device **ret_device,
                 struct quoth_error *err);
bool device_is_file(const char *source);
void device_close(struct device *d);
DEFINE_AUTO(device, struct device *, device_close)

/* Makes the key inside if there is none: a new file, an AES-256 key in the token (sensitive, never
 * extractable). Nothing to do for a TPM. */
bool device_prepare(struct device *d, struct quoth_error *err);

/* "file:1f3a...", "pkcs11:LABEL/LABEL", "tpm:e329...", "tpm:e329.../000880" with PCRs: stable, without
 * PINs and paths; the name of its slot, and another on each machine that has a TPM of its own. That of a file comes from the key in it, and is "file:" until device_prepare has made one. */
const char *device_name(const struct device *d);

/* label is bound (GCM's additional data; of a TPM: hashed into what is sealed). Appends; blocks.
 * QUOTH_DEVICE_UNAVAILABLE (503, exit 3): no such token, it was pulled, TPM does not answer;
 * QUOTH_DEVICE_REFUSED: wrong or locked PIN, PCRs differ, no such key; QUOTH_SEAL_BROKEN: what is
 * wrapped is not of this device or label, or was altered. */
bool device_wrap(struct device *d, struct bytes label, const uint8_t secret[DEVICE_SECRET_SIZE],
                 struct buffer *ret_wrapped, struct quoth_error *err);
bool device_unwrap(struct device *d, struct bytes label, struct bytes wrapped,
                   uint8_t ret_secret[DEVICE_SECRET_SIZE], struct quoth_error *err);

/* ---- what a kind of device is; device.c lists all. After prepare it is closed and opened again.
 * source and state_folder live as long as self */
struct device_driver {
    const char *scheme; /* "pkcs11:"; "" for files, the last in the list */
    bool (*open)(const char *source, const char *state_folder, void **ret_self,
                 char ret_name[DEVICE_NAME_SIZE], struct quoth_error *err);
    void (*close)(void *self);
    bool (*prepare)(void *self, struct quoth_error *err);
    bool (*wrap)(void *self, struct bytes label, const uint8_t *secret, struct buffer *ret_wrapped,
                 struct quoth_error *err);
    bool (*unwrap)(void *self, struct bytes label, struct bytes wrapped, uint8_t *ret_secret,
                   struct quoth_error *err);
};
extern const struct device_driver device_file, device_pkcs11, device_tpm;

/* ---- a counter that never goes back, for finding a store that was put back whole (6.5) */
struct counter; /* opaque; a source is "tpm:TCTI?nv=0x01800001"; one thread at a time. All block */
bool counter_open(const char *source, struct counter **ret_counter, struct quoth_error *err);
void counter_close(struct counter *c);
DEFINE_AUTO(counter, struct counter *, counter_close)

/* Defines the counter if there is none, and gives its value; one that is there already is taken as
 * it stands. For those alone who have no value to compare with yet (init): a counter that somebody
 * removed must not come back unseen. */
bool counter_create(struct counter *c, uint64_t *ret_value, struct quoth_error *err);

/* QUOTH_DEVICE_UNAVAILABLE; QUOTH_DEVICE_REFUSED, also when there is no counter (any more) or its
 * index is something else. */
bool counter_read(struct counter *c, uint64_t *ret_value, struct quoth_error *err);
/* By one; gives the new value. */
bool counter_raise(struct counter *c, uint64_t *ret_value, struct quoth_error *err);

#endif
