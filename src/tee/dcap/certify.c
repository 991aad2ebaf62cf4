#include "tee/dcap/certify.h"

#include "codec/hex.h"

#include <stdio.h>

#define KEY_SIZE 512 /* bytes that OpenSSL takes for one, roughly */

/* A point out of evidence or collateral that is none is a fault of what holds it, under the code
 * given; being out of memory is ours. */
static bool refuse_key(const struct quoth_error *why, enum quoth_code code, const char *where,
                       struct quoth_error *err)
{
    return quoth_fail(err, quoth_code_http(why->code) >= 500 ? why->code : code, where,
                      QUOTH_NO_OFFSET, "the key that should have signed it %s", why->message);
}

/* The key of such a point. */
static const struct p256_public *key_of(struct prover *p, struct bytes point, enum quoth_code code,
                                        const char *where, struct quoth_error *err)
{
    struct quoth_error inner = {0};
    const struct p256_public *key = prover_key(p, point, &inner);
    if (!key)
        refuse_key(&inner, code, where, err);
    return key;
}

bool signed_by_issuer(struct prover *p, const struct cert *cert, const struct cert *issuer,
                      const char *place, struct quoth_error *err)
{
    const struct p256_public *key = key_of(p, issuer->point, QUOTH_CHAIN_INVALID, place, err);
    return key && (cert_signed_by(cert, key) ||
                   quoth_fail(err, QUOTH_CHAIN_INVALID, place, QUOTH_NO_OFFSET,
                              "is not signed by its issuer"));
}

bool root_vouches_for_itself(struct prover *p, const struct cert *cert, struct quoth_error *err)
{
    const struct trust_anchor *anchor = trust_find(p->trust, p->tee, cert->point);
    const struct sha256 fingerprint = sha256_of(cert->der);
    if (anchor && sha256_equal(&anchor->fingerprint, &fingerprint))
        return true;
    return signed_by_issuer(p, cert, cert, "root", err);
}

static void release_key(void *value)
{
    p256_public_free(value);
}

/* An intermediate signs many PCK certificates, so its own signature is a proof of its own: its key,
 * ready to verify with. Owned by the prover. */
static const struct p256_public *prove_intermediate(struct prover *p, const struct cert *ca,
                                                    const struct cert *root,
                                                    struct quoth_error *err)
{
    const struct bytes parts[] = {ca->der, root->der};
    const struct proof_key key = prover_proof(p, "pck.intermediate", parts, COUNT(parts));
    const int64_t from = ca->not_before > root->not_before ? ca->not_before : root->not_before;
    const int64_t until = ca->not_after < root->not_after ? ca->not_after : root->not_after;
    const struct p256_public *known = prover_find(p, &key);
    struct p256_public *made = NULL;
    struct quoth_error inner = {0};
    if (known)
        return known;
    if (!root_vouches_for_itself(p, root, err) ||
        !signed_by_issuer(p, ca, root, "intermediate", err))
        return NULL;
    if (!p256_public_from_point(ca->point, &made, &inner)) {
        refuse_key(&inner, QUOTH_CHAIN_INVALID, "leaf", err);
        return NULL;
    }
    return prover_keep(p, &key, from, until, made, KEY_SIZE, release_key, err) ? made : NULL;
}

static bool prove_leaf(struct prover *p, const struct cert *certs, struct quoth_error *err)
{
    const struct p256_public *ca = prove_intermediate(p, &certs[1], &certs[2], err);
    if (!ca)
        return false;
    return cert_signed_by(&certs[0], ca) ||
           quoth_fail(err, QUOTH_CHAIN_INVALID, "leaf", QUOTH_NO_OFFSET,
                      "is not signed by its issuer");
}

/* Which CA issued the certificate decides which entries its SGX extension has (dcap.md 2.2). */
static bool read_pck(struct pck_chain *c, struct quoth_error *err)
{
    if (!pck_read(chain_leaf(&c->chain)->sgx, &c->pck, err))
        return false;
    if (c->pck.is_platform != chain_is_platform(&c->chain))
        return quoth_fail(err, QUOTH_CHAIN_INVALID, "leaf", QUOTH_NO_OFFSET,
                          "its SGX extension is not that of its issuer's certificates");
    return true;
}

static bool read_pck_chain(struct prover *p, struct bytes pem, bool canonical, struct pck_chain *c,
                           struct quoth_error *err)
{
    if (!chain_read(pem, CHAIN_PCK, canonical, &c->chain, err) ||
        !chain_check_profile(&c->chain, err))
        return false;
    p->untrusted = !trust_find(p->trust, p->tee, chain_root(&c->chain)->point);
    return prove_leaf(p, c->chain.certs, err) && read_pck(c, err);
}

static void release_pck_chain(void *value)
{
    struct pck_chain *c = value;
    chain_clear(&c->chain);
    free(c);
}

bool prove_pck_chain(struct prover *p, struct bytes pem, bool canonical,
                     const struct pck_chain **ret_chain, struct quoth_error *err)
{
    const struct proof_key key =
        prover_proof(p, canonical ? "pck.chain" : "pck.chain.supplied", &pem, 1);
    const struct pck_chain *known = prover_find(p, &key);
    if (known) {
        *ret_chain = known;
        return true;
    }
    struct pck_chain *c = calloc(1, sizeof *c);
    if (!c)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    if (!read_pck_chain(p, pem, canonical, c, err)) {
        release_pck_chain(c);
        return false;
    }
    int64_t from, until;
    chain_window(&c->chain, &from, &until);
    if (!prover_keep(p, &key, from, until, c, sizeof *c + c->chain.der.cap, release_pck_chain, err))
        return false;
    *ret_chain = c;
    return true;
}

static bool matches(const char *field, struct bytes certified, struct bytes named,
                    struct quoth_error *err)
{
    char f[40], e[40];
    return bytes_equal(certified, named) ||
           quoth_mismatch(err, QUOTH_CHAIN_INVALID, field, QUOTH_NO_OFFSET,
                          hex_text(certified, f, sizeof f), hex_text(named, e, sizeof e));
}

bool pck_matches_certification(const struct pck *pck, const struct certification *named,
                               struct quoth_error *err)
{
    char found[8], expected[8];
    if (!matches("leaf.cpusvn", BYTES_OF(pck->cpusvn), named->cpusvn, err))
        return false;
    if (named->pceid.len > 0 && !matches("leaf.pceid", BYTES_OF(pck->pceid), named->pceid, err))
        return false;
    if (named->type == CERTIFICATION_PPID &&
        !matches("leaf.ppid", BYTES_OF(pck->ppid), named->ppid, err))
        return false;
    if (pck->pcesvn == named->pcesvn)
        return true;
    snprintf(found, sizeof found, "%u", pck->pcesvn);
    snprintf(expected, sizeof expected, "%u", named->pcesvn);
    return quoth_mismatch(err, QUOTH_CHAIN_INVALID, "leaf.pcesvn", QUOTH_NO_OFFSET, found,
                          expected);
}

bool prove_chain_of_quote(struct prover *p, const struct collateral *supplied,
                          const struct dcap_quote *quote, const struct pck_chain **ret_chain,
                          struct quoth_error *err)
{
    const struct certification *c = &quote->certification;
    struct bytes text = {0};
    if (c->type == CERTIFICATION_PCK_CHAIN)
        return prove_pck_chain(p, c->data, true, ret_chain, err) ||
               quoth_within(err, "quote.certification");
    if (supplied)
        text = supplied->part[COLLATERAL_PCK_CHAIN];
    if (text.len == 0)
        return quoth_fail(err, QUOTH_QUOTE_CERTIFICATION, "quote.certification", c->offset,
                          "the quote names its PCK certificate (type %d) and none was supplied",
                          c->type);
    return (prove_pck_chain(p, text, false, ret_chain, err) &&
            pck_matches_certification(&(*ret_chain)->pck, c, err)) ||
           quoth_within(err, collateral_part_name(COLLATERAL_PCK_CHAIN));
}

bool refuse_unknown_root(const struct cert *root, struct quoth_error *err)
{
    char fingerprint[72];
    const struct sha256 digest = sha256_of(root->der);
    return quoth_mismatch(err,
                          trust_is_marked(root) ? QUOTH_CHAIN_SIMULATED : QUOTH_CHAIN_UNTRUSTED,
                          "quote.certification.root", QUOTH_NO_OFFSET,
                          hex_text(BYTES_OF(digest.bytes), fingerprint, sizeof fingerprint),
                          "the root of a trusted vendor");
}

static bool check_qe_signature(struct prover *p, const struct cert *leaf,
                               const struct dcap_quote *quote, struct quoth_error *err)
{
    static const char where[] = "quote.qe_report.signature";
    const struct sha256 digest = sha256_of(quote->qe_report.raw);
    const struct p256_public *key = key_of(p, leaf->point, QUOTH_QE_SIGNATURE, where, err);
    return key &&
           (p256_verify(key, &digest, quote->qe_signature) ||
            quoth_fail(err, QUOTH_QE_SIGNATURE, where, QUOTH_NO_OFFSET,
                       "the PCK certificate's key did not sign the quoting enclave's report"));
}

/* SHA-256 of attestation key and authentication data, then zeros: Intel's QE writes nothing else,
 * though Intel's verifier does not look at the second half. */
static bool check_qe_report_data(const struct dcap_quote *quote, struct quoth_error *err)
{
    const struct bytes parts[] = {quote->attestation_key, quote->auth_data};
    const struct sha256 digest = sha256_of_parts(parts, COUNT(parts));
    const struct bytes found = quote->qe_report.report_data;
    char f[72], e[72];
    if (!bytes_equal(bytes_slice(found, 0, 32), BYTES_OF(digest.bytes)))
        return quoth_mismatch(err, QUOTH_QE_REPORT_DATA, "quote.qe_report.reportdata",
                              QUOTH_NO_OFFSET, hex_text(bytes_slice(found, 0, 32), f, sizeof f),
                              hex_text(BYTES_OF(digest.bytes), e, sizeof e));
    if (!bytes_all_zero(bytes_slice(found, 32, 32)))
        return quoth_fail(err, QUOTH_QE_REPORT_DATA, "quote.qe_report.reportdata", QUOTH_NO_OFFSET,
                          "the second half is not zero");
    return true;
}

bool read_attestation_key(const struct dcap_quote *quote, struct p256_public **ret_key,
                          struct quoth_error *err)
{
    return p256_public_from_xy(quote->attestation_key, ret_key, err) ||
           quoth_within(err, "quote.attestation_key");
}

const struct p256_public *prove_attestation_key(struct prover *p, const struct chain *pck,
                                                const struct dcap_quote *quote,
                                                struct quoth_error *ret_signature,
                                                struct quoth_error *ret_report_data)
{
    const struct cert *leaf = chain_leaf(pck);
    const struct bytes parts[] = {leaf->point, quote->qe_report.raw, quote->qe_signature,
                                  quote->attestation_key, quote->auth_data};
    const struct proof_key proof = prover_proof(p, "quote.attestation-key", parts, COUNT(parts));
    const struct p256_public *known = prover_find(p, &proof);
    if (known)
        return known;

    struct p256_public *key = NULL;
    const bool is_signed = check_qe_signature(p, leaf, quote, ret_signature);
    if (!check_qe_report_data(quote, ret_report_data) || !is_signed ||
        !read_attestation_key(quote, &key, ret_report_data) ||
        !prover_keep(p, &proof, leaf->not_before, leaf->not_after, key, KEY_SIZE, release_key,
                     ret_report_data))
        return NULL;
    return key;
}

bool quote_signed_by(const struct dcap_quote *quote, const struct p256_public *key,
                     struct quoth_error *err)
{
    const struct sha256 digest = sha256_of(quote->signed_part);
    return p256_verify(key, &digest, quote->signature) ||
           quoth_fail(err, QUOTH_QUOTE_SIGNATURE, "quote.signature", QUOTH_NO_OFFSET,
                      "the attestation key did not sign header and body");
}
