/* Chains of Intel's certificates: taken from PEM text, put in order, and held against the profile
 * of each place in the chain. Who is trusted is decided elsewhere. Source: Intel "SGX PCK
 * Certificate and CRL Profile Specification"; RFC 5280 section 6; dcap.md 2.1 and 4.3. */
#ifndef QUOTH_TEE_DCAP_CHAIN_H
#define QUOTH_TEE_DCAP_CHAIN_H

#include "crypto/cert.h"

#define CHAIN_CERTS_MAX 3
#define CHAIN_TEXT_MAX (32u << 10) /* bytes of PEM */

enum chain_kind {
    CHAIN_PCK,    /* PCK certificate, Processor or Platform CA, root */
    CHAIN_SIGNER, /* TCB signer, root */
    CHAIN_CA,     /* Processor or Platform CA, root: who signs the CRL of PCK certificates */
};

/* Owned: chain_clear. The certificates view der. */
struct chain {
    enum chain_kind kind;
    struct buffer der;                  /* in the order of the text */
    struct cert certs[CHAIN_CERTS_MAX]; /* from the leaf to the root */
    size_t count;
};

/* Reads the certificates and puts them in order: exactly as many as the kind has, one self-issued,
 * each of the others issued by exactly the next. canonical is for evidence: nothing but blocks as
 * pem_encode writes them, and at most one NUL behind (THREATS 39); otherwise line ends are free, as
 * for what operators supply. QUOTH_PEM, QUOTH_DER, QUOTH_CERTIFICATE_..., QUOTH_CHAIN_INVALID. */
bool chain_read(struct bytes pem, enum chain_kind kind, bool canonical, struct chain *ret_chain,
                struct quoth_error *err);
void chain_clear(struct chain *c);
DEFINE_AUTO_VALUE(chain, struct chain, chain_clear)

/* Names, extensions, usages and key identifiers of every certificate: all that the profile demands
 * and no signature. QUOTH_CHAIN_INVALID. */
bool chain_check_profile(const struct chain *c, struct quoth_error *err);

static inline const struct cert *chain_leaf(const struct chain *c)
{
    return &c->certs[0];
}

static inline const struct cert *chain_root(const struct chain *c)
{
    return &c->certs[c->count - 1];
}

/* The instants at which all certificates are valid, both included; empty if from > until. */
void chain_window(const struct chain *c, int64_t *ret_from, int64_t *ret_until);

/* Whether all certificates are valid at this instant. QUOTH_CHAIN_EXPIRED or
 * QUOTH_CHAIN_NOT_YET_VALID names the first, from the root, that is not. */
bool chain_check_time(const struct chain *c, int64_t at, struct quoth_error *err);

/* The same for any window: says from when or until when what is named by where is valid. */
bool window_check(int64_t from, int64_t until, int64_t at, enum quoth_code not_yet_valid,
                  enum quoth_code expired, const char *where, struct quoth_error *err);

/* Whether a PCK chain's intermediate is the Platform CA; else it is the Processor CA. */
bool chain_is_platform(const struct chain *c);

#endif
