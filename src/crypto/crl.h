/* Certificate revocation lists of the vendors' fixed profile, read without OpenSSL: version 2,
 * ecdsa-with-SHA256, nextUpdate present (RFC 5280 section 5). DER only: PEM and hex are the
 * collateral room's to undo. */
#ifndef QUOTH_CRYPTO_CRL_H
#define QUOTH_CRYPTO_CRL_H

#include "base/bytes.h"
#include "crypto/p256.h"

#define CRL_SIZE_MAX (1u << 20) /* bytes of DER; Intel's largest has about 2,700 */

/* A plain value; its views point into der and live as long as those bytes do. */
struct crl {
    struct bytes der;
    struct bytes tbs;    /* what is signed: the whole TBSCertList, header included */
    struct bytes issuer; /* Name with its header: compare byte for byte */
    struct bytes issuer_cn;
    int64_t this_update, next_update;
    struct bytes revoked; /* the entries one after the other, every one checked; empty if none */
    size_t revoked_count;
    struct bytes number; /* cRLNumber, unsigned big-endian; empty if absent. Intel's is always 1 */
    struct bytes aki;    /* keyIdentifier of authorityKeyIdentifier; empty if absent */
    uint8_t signature[P256_SIGNATURE_SIZE];
};

/* Reads one list and walks all its entries. QUOTH_CRL_UNSUPPORTED or QUOTH_UNSUPPORTED for what is
 * outside the profile: other algorithms or versions, no nextUpdate, an unknown critical extension
 * of the list or an entry, delta lists and lists for some certificates only. QUOTH_DER,
 * QUOTH_MALFORMED or QUOTH_CRL_MALFORMED for what is no list; QUOTH_TOO_LARGE beyond CRL_SIZE_MAX.
 */
bool crl_read(struct bytes der, struct crl *ret_crl, struct quoth_error *err);

/* Whether issuer_key signed the list: one digest and one verification. */
bool crl_signed_by(const struct crl *crl, const struct p256_public *issuer_key);

/* Whether the list names this serial (unsigned big-endian; leading zeros do not matter). */
bool crl_lists(const struct crl *crl, struct bytes serial);

#endif
