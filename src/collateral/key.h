/* Which collateral a platform needs, as its verified certificate chain says (struct tee_platform in
 * tee/tee.h has the same facts; this room lies above it). */
#ifndef QUOTH_COLLATERAL_KEY_H
#define QUOTH_COLLATERAL_KEY_H

#include "collateral/collateral.h"
#include "crypto/digest.h"

struct collateral_key {
    struct sha256 root; /* trust anchor, which selects the source list */
    char tee[4];        /* "sgx" or "tdx" */
    char fmspc[13];     /* 12 lower-case hex digits */
    char ca[10];        /* "platform" or "processor" */
};

/* Checks every text: they end up in URLs and paths. QUOTH_USAGE. */
bool collateral_key_make(const struct sha256 *root, const char *tee, const char *fmspc,
                         const char *ca, struct collateral_key *ret_key, struct quoth_error *err);

bool collateral_key_equal(const struct collateral_key *a, const struct collateral_key *b);

#define COLLATERAL_KEY_TEXT_SIZE 32

/* "sgx-00906ed50000-platform": in file names, logs and errors. Returns text. */
char *collateral_key_text(const struct collateral_key *key, char text[COLLATERAL_KEY_TEXT_SIZE]);

#endif
