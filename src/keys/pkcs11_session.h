/* A visit to a PKCS #11 token: from loading its module to the logged-in session, and back out. Nothing
 * is kept between two visits, so a token that was pulled is simply found or not found the next time.
 *
 * Direct calls (PKCS #11 v2.40): the module's file is loaded, C_GetFunctionList gives its functions.
 * A module is one per process, whoever uses it; so visits come one after the other, and each
 * initialises the module anew, which is when modules look for their tokens. */
#ifndef QUOTH_KEYS_PKCS11_SESSION_H
#define QUOTH_KEYS_PKCS11_SESSION_H

#include "keys/pkcs11_uri.h"

#define CRYPTOKI_GNU
#include <p11-kit/pkcs11.h>

struct pkcs11_session { /* a plain value; zeroed: no session */
    const struct ck_function_list *functions;
    ck_session_handle_t handle;
    bool initialised; /* by this visit, which then has to finalise */
    bool entered, opened;
    void *module;
};

/* Finds the token by its label and logs in with the PIN, once: a wrong PIN is not tried again, and
 * when the token says that one try is left, none is made. to_write: for making objects.
 * QUOTH_DEVICE_UNAVAILABLE: the module or the token is not there; QUOTH_DEVICE_REFUSED: the PIN, or
 * two tokens of that label. Blocks. */
bool pkcs11_session_open(const struct pkcs11_uri *uri, const char *state_folder, bool to_write,
                         struct pkcs11_session *ret_session, struct quoth_error *err);
void pkcs11_session_close(struct pkcs11_session *s);
DEFINE_AUTO_VALUE(pkcs11_session, struct pkcs11_session, pkcs11_session_close)

/* Tells what the token answered to a call, and returns false: refused for what the token understood
 * and would not do, unavailable for all else. */
bool pkcs11_fail(struct quoth_error *err, const char *call, ck_rv_t rv);

#endif
