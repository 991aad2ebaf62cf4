/* What a server is to its clients for a while: a key, the certificate over it, and the token in
 * which the verifier vouches for the certificate. */
#ifndef QUOTH_SERVE_IDENTITY_H
#define QUOTH_SERVE_IDENTITY_H

#include <quoth/attester.h>

#include "base/bytes.h"
#include "crypto/key.h"

struct identity { /* owned: identity_clear. A zeroed one is none */
    struct private_key *key;
    struct buffer certificate; /* DER */
    struct buffer token;       /* empty until attested */
    int64_t expires;           /* of certificate and token, the earlier */
};

void identity_clear(struct identity *i);
DEFINE_AUTO_VALUE(identity, struct identity, identity_clear)

/* A self-signed certificate over a key, which it takes also if it fails: random serial of 128 bits,
 * valid from five minutes ago for seconds from now, for name as CN and DNS name. */
bool identity_make(struct private_key *key, const char *name, int64_t now, unsigned seconds,
                   struct identity *ret_identity, struct quoth_error *err);

/* Has a verifier attest the certificate; where and how long to wait is in request. */
bool identity_attest(struct identity *i, struct quoth_attester *attester,
                     const struct quoth_token_request *request, struct quoth_error *err);

#endif
