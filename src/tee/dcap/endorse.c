#include "tee/dcap/endorse.h"

#include "codec/pem.h"
#include "tee/dcap/certify.h"
#include "tee/dcap/signed_json.h"

static enum quoth_code code_of_collateral(enum quoth_code code)
{
    switch (code) {
    case QUOTH_CHAIN_INVALID:
    case QUOTH_CHAIN_UNTRUSTED:
    case QUOTH_CHAIN_SIMULATED:
        return QUOTH_COLLATERAL_UNTRUSTED;
    case QUOTH_CHAIN_EXPIRED:
        return QUOTH_COLLATERAL_EXPIRED;
    case QUOTH_CHAIN_NOT_YET_VALID:
        return QUOTH_COLLATERAL_NOT_YET_VALID;
    case QUOTH_CHAIN_REVOKED:
        return QUOTH_COLLATERAL_REVOKED;
    default: /* our own fault stays ours; what a reader says of form becomes one code */
        return quoth_code_http(code) >= 500 ? code : QUOTH_COLLATERAL_MALFORMED;
    }
}

bool collateral_fault(enum collateral_part part, struct quoth_error *err)
{
    err->code = code_of_collateral(err->code);
    return quoth_within(err, collateral_part_name(part));
}

bool collateral_need(const struct collateral *c, enum collateral_part part, struct bytes *ret_part,
                     struct quoth_error *err)
{
    const char *name = collateral_part_name(part);
    if (!c)
        return quoth_fail(err, QUOTH_COLLATERAL_UNAVAILABLE, name, QUOTH_NO_OFFSET,
                          "there is no collateral for this platform");
    if (c->part[part].len == 0)
        return quoth_fail(err, QUOTH_COLLATERAL_MISSING, name, QUOTH_NO_OFFSET,
                          "is not in the collateral");
    if (c->part[part].len > COLLATERAL_PART_MAX)
        return quoth_fail(err, QUOTH_COLLATERAL_MALFORMED, name, QUOTH_NO_OFFSET,
                          "has %zu bytes, limit is %u", c->part[part].len, COLLATERAL_PART_MAX);
    *ret_part = c->part[part];
    return true;
}

/* One kind of collateral: how it is read and held against the certificate above it that vouches for
 * it, and for how long it holds. The value is read into zeroed memory; release frees it whatever
 * was read. */
struct kind {
    const char *role;
    size_t size;
    bool (*read)(struct prover *p, struct bytes text, const struct cert *above, void *value,
                 struct quoth_error *err);
    void (*window)(const void *value, int64_t *ret_from, int64_t *ret_until);
    void (*release)(void *value);
};

static bool prove_anew(struct prover *p, const struct proof_key *key, const struct kind *kind,
                       const struct cert *above, const void **ret_value, struct quoth_error *err)
{
    int64_t from, until;
    const struct bytes text = key->parts[0];
    void *value = calloc(1, kind->size);
    if (!value)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    if (!kind->read(p, text, above, value, err)) {
        kind->release(value);
        return false;
    }
    kind->window(value, &from, &until);
    *ret_value = value;
    return prover_keep(p, key, from, until, value, kind->size + text.len, kind->release, err);
}

static bool prove(struct prover *p, const struct collateral *c, enum collateral_part part,
                  const struct kind *kind, const struct cert *above, const void **ret_value,
                  struct quoth_error *err)
{
    struct bytes text;
    if (!collateral_need(c, part, &text, err))
        return false;
    const struct bytes parts[] = {text, above->der};
    const struct proof_key key = prover_proof(p, kind->role, parts, COUNT(parts));
    *ret_value = prover_find(p, &key);
    return *ret_value || prove_anew(p, &key, kind, above, ret_value, err) ||
           collateral_fault(part, err);
}

/* Revocation lists. */

static void release_list(void *value)
{
    struct revocation_list *l = value;
    buffer_clear(&l->der);
    free(l);
}

static bool read_list(struct prover *p, struct bytes der, const struct cert *issuer, void *value,
                      struct quoth_error *err)
{
    struct revocation_list *l = value;
    buffer_add(&l->der, der); /* the views of the list must outlive the collateral */
    if (!buffer_ok(&l->der, err) || !crl_read(buffer_bytes(&l->der), &l->crl, err))
        return false;
    if (!bytes_equal(l->crl.issuer, issuer->subject))
        return quoth_fail(err, QUOTH_COLLATERAL_MISMATCH, "issuer", QUOTH_NO_OFFSET,
                          "is not the CA of this platform");
    const struct p256_public *key = prover_key(p, issuer->point, err);
    if (!key || !crl_signed_by(&l->crl, key))
        return quoth_fail(err, QUOTH_COLLATERAL_SIGNATURE, "signature", QUOTH_NO_OFFSET,
                          "the CA of this platform did not sign the list");
    if (!bytes_equal(l->crl.aki, issuer->ski))
        return quoth_fail(err, QUOTH_COLLATERAL_MISMATCH, "authorityKeyIdentifier", QUOTH_NO_OFFSET,
                          "is missing, or not that of the CA");
    if (l->crl.number.len == 0)
        return quoth_fail(err, QUOTH_COLLATERAL_MALFORMED, "cRLNumber", QUOTH_NO_OFFSET,
                          "is missing");
    l->hash = sha256_of(der);
    return true;
}

static void list_window(const void *value, int64_t *ret_from, int64_t *ret_until)
{
    const struct revocation_list *l = value;
    *ret_from = l->crl.this_update;
    *ret_until = l->crl.next_update;
}

bool prove_revocation_list(struct prover *p, const struct collateral *c, enum collateral_part part,
                           const struct cert *issuer, const struct revocation_list **ret_list,
                           struct quoth_error *err)
{
    static const struct kind lists = {"crl", sizeof(struct revocation_list), read_list, list_window,
                                      release_list};
    const void *value = NULL;
    if (!prove(p, c, part, &lists, issuer, &value, err))
        return false;
    *ret_list = value;
    return true;
}

/* Signers. */

static void release_signer(void *value)
{
    struct signer *s = value;
    chain_clear(&s->chain);
    free(s);
}

static bool hash_chain(const struct chain *c, struct sha256 *ret_hash, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    for (size_t i = 0; i < c->count; i++)
        pem_encode("CERTIFICATE", c->certs[i].der, &text);
    buffer_u8(&text, 0);
    if (!buffer_ok(&text, err))
        return false;
    *ret_hash = sha256_of(buffer_bytes(&text));
    return true;
}

static bool read_signer(struct prover *p, struct bytes pem, const struct cert *root, void *value,
                        struct quoth_error *err)
{
    struct signer *s = value;
    if (!chain_read(pem, CHAIN_SIGNER, false, &s->chain, err) ||
        !chain_check_profile(&s->chain, err))
        return false;
    const struct cert *own_root = chain_root(&s->chain);
    if (!bytes_equal(own_root->point, root->point))
        return quoth_fail(err, QUOTH_CHAIN_UNTRUSTED, "root", QUOTH_NO_OFFSET,
                          "is not the root of the evidence");
    return root_vouches_for_itself(p, own_root, err) &&
           signed_by_issuer(p, chain_leaf(&s->chain), own_root, "signer", err) &&
           hash_chain(&s->chain, &s->hash, err);
}

static void signer_window(const void *value, int64_t *ret_from, int64_t *ret_until)
{
    const struct signer *s = value;
    chain_window(&s->chain, ret_from, ret_until);
}

bool prove_signer(struct prover *p, const struct collateral *c, enum collateral_part part,
                  const struct cert *root, const struct signer **ret_signer,
                  struct quoth_error *err)
{
    static const struct kind signers = {"tcb.signer", sizeof(struct signer), read_signer,
                                        signer_window, release_signer};
    const void *value = NULL;
    if (!prove(p, c, part, &signers, root, &value, err))
        return false;
    *ret_signer = value;
    return true;
}

/* Signed documents. */

static struct sha256 hash_body(struct bytes body)
{
    const struct bytes parts[] = {
        body, {(const uint8_t *)"", 1}
    };
    return sha256_of_parts(parts, COUNT(parts));
}

/* Reads the envelope; what is inside is believed only once the signature holds. */
static bool open_document(struct prover *p, struct bytes body, const char *name,
                          const struct cert *signer, struct signed_json *ret_json,
                          struct quoth_error *err)
{
    const struct p256_public *key = prover_key(p, signer->point, err);
    if (!key || !signed_json_read(body, name, ret_json, err))
        return false;
    return signed_json_signed_by(ret_json, key) ||
           quoth_fail(err, QUOTH_COLLATERAL_SIGNATURE, "signature", QUOTH_NO_OFFSET,
                      "the TCB signer did not sign the document");
}

static void release_tcb_info(void *value)
{
    struct tcb_info_document *d = value;
    tcb_info_clear(&d->info);
    free(d);
}

static bool read_tcb_info(struct prover *p, struct bytes body, const struct cert *signer,
                          void *value, struct quoth_error *err)
{
    struct tcb_info_document *d = value;
    AUTO(signed_json) struct signed_json json = {0};
    if (!open_document(p, body, "tcbInfo", signer, &json, err) ||
        !tcb_info_read(json.inner, &d->info, err))
        return false;
    d->hash = hash_body(body);
    return true;
}

static void tcb_info_window(const void *value, int64_t *ret_from, int64_t *ret_until)
{
    const struct tcb_info_document *d = value;
    *ret_from = d->info.issue_date - ISSUE_DATE_SKEW;
    *ret_until = d->info.next_update;
}

bool prove_tcb_info(struct prover *p, const struct collateral *c, const struct signer *signer,
                    const struct tcb_info_document **ret_document, struct quoth_error *err)
{
    static const struct kind documents = {"tcb.info", sizeof(struct tcb_info_document),
                                          read_tcb_info, tcb_info_window, release_tcb_info};
    const void *value = NULL;
    if (!prove(p, c, COLLATERAL_TCB_INFO, &documents, chain_leaf(&signer->chain), &value, err))
        return false;
    *ret_document = value;
    return true;
}

static void release_qe_identity(void *value)
{
    struct qe_identity_document *d = value;
    qe_identity_clear(&d->identity);
    free(d);
}

static bool read_qe_identity(struct prover *p, struct bytes body, const struct cert *signer,
                             void *value, struct quoth_error *err)
{
    struct qe_identity_document *d = value;
    AUTO(signed_json) struct signed_json json = {0};
    if (!open_document(p, body, "enclaveIdentity", signer, &json, err) ||
        !qe_identity_read(json.inner, &d->identity, err))
        return false;
    d->hash = hash_body(body);
    return true;
}

static void qe_identity_window(const void *value, int64_t *ret_from, int64_t *ret_until)
{
    const struct qe_identity_document *d = value;
    *ret_from = d->identity.issue_date - ISSUE_DATE_SKEW;
    *ret_until = d->identity.next_update;
}

bool prove_qe_identity(struct prover *p, const struct collateral *c, const struct signer *signer,
                       const struct qe_identity_document **ret_document, struct quoth_error *err)
{
    static const struct kind documents = {"qe.identity", sizeof(struct qe_identity_document),
                                          read_qe_identity, qe_identity_window,
                                          release_qe_identity};
    const void *value = NULL;
    if (!prove(p, c, COLLATERAL_QE_IDENTITY, &documents, chain_leaf(&signer->chain), &value, err))
        return false;
    *ret_document = value;
    return true;
}

/* Times. */

static bool check_window(const struct prover *p, enum collateral_part part, int64_t from,
                         int64_t until, struct quoth_error *err)
{
    return window_check(from, until + p->grace, p->at, QUOTH_COLLATERAL_NOT_YET_VALID,
                        QUOTH_COLLATERAL_EXPIRED, collateral_part_name(part), err);
}

bool revocation_list_check_time(const struct prover *p, enum collateral_part part,
                                const struct revocation_list *list, struct quoth_error *err)
{
    return check_window(p, part, list->crl.this_update, list->crl.next_update, err);
}

bool signer_check_time(const struct prover *p, enum collateral_part part,
                       const struct signer *signer, struct quoth_error *err)
{
    return chain_check_time(&signer->chain, p->at, err) || collateral_fault(part, err);
}

bool document_check_time(const struct prover *p, enum collateral_part part, int64_t issue_date,
                         int64_t next_update, struct quoth_error *err)
{
    return check_window(p, part, issue_date - ISSUE_DATE_SKEW, next_update, err);
}
