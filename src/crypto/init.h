/* OpenSSL, started without its configuration file: openssl.cnf, OPENSSL_CONF and the providers and
 * engines they name belong to the host, and what the host can change is not trusted. */
#ifndef QUOTH_CRYPTO_INIT_H
#define QUOTH_CRYPTO_INIT_H

#include <quoth/error.h>

/* Programs call this first thing, before any other use of OpenSSL; every module of this room that
 * reaches a part of OpenSSL that could read the configuration calls it too. Cheap after the first
 * time, safe from any thread. False with QUOTH_UNAVAILABLE if OpenSSL cannot start. */
bool crypto_init(struct quoth_error *err);

/* Forgets what a failed call left in the calling thread's error queue: TLS code that asks the queue
 * how its own call went would take it for its own. */
void crypto_forget_errors(void);

#endif
