/* Keys and certificates in PEM files of operators. */
#ifndef QUOTH_CLI_PEM_FILE_H
#define QUOTH_CLI_PEM_FILE_H

#include "crypto/x509.h"
#include "token/jws.h"

struct pem_chain { /* owned: pem_chain_clear */
    struct buffer der[JWS_CHAIN_MAX];
    size_t count; /* at least 1 */
};

void pem_chain_clear(struct pem_chain *c);
DEFINE_AUTO_VALUE(pem_chain, struct pem_chain, pem_chain_clear)

/* Every certificate of a file, in its order; each is read by OpenSSL to be sure that it is one. */
bool pem_chain_read(const char *path, struct pem_chain *ret_chain, struct quoth_error *err);

bool pem_key_read(const char *path, struct private_key **ret_key, struct quoth_error *err);

#endif
