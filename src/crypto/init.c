#include "crypto/init.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <pthread.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool started;

/* OpenSSL reads its configuration the first time that something asks for it, unless it was told not
 * to before. */
static void start(void)
{
    started = OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1;
}

bool crypto_init(struct quoth_error *err)
{
    if (pthread_once(&once, start) != 0 || !started)
        return quoth_fail(err, QUOTH_UNAVAILABLE, "openssl", QUOTH_NO_OFFSET,
                          "OpenSSL does not start");
    return true;
}

void crypto_forget_errors(void)
{
    ERR_clear_error();
}
