/* What a program asks for when it asks for a key (key-release.md 2.1):
 *     {"target":"<attestation token>","nonce":"...","enc":"RSA_AES_KEY_WRAP_256"} */
#ifndef QUOTH_SERVICE_VAULT_RELEASE_REQUEST_H
#define QUOTH_SERVICE_VAULT_RELEASE_REQUEST_H

#include "crypto/rsa_wrap.h"

#define RELEASE_NONCE_MAX 1024u /* bytes */

struct release_request { /* owned: release_request_clear */
    struct buffer target;
    bool has_nonce;
    struct buffer nonce;     /* comes back as it came, and is compared with nothing */
    enum rsa_wrap algorithm; /* CKM_RSA_AES_KEY_WRAP if none is named */
};

void release_request_clear(struct release_request *r);
DEFINE_AUTO_VALUE(release_request, struct release_request, release_request_clear)

/* Members of other names are passed over; null is as good as absent. QUOTH_JSON... */
bool release_request_read(struct bytes body, struct release_request *ret_request,
                          struct quoth_error *err);

#endif
