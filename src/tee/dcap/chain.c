#include "tee/dcap/chain.h"

#include "base/text.h"
#include "base/time.h"
#include "codec/pem.h"

#include <stdio.h>

/* What the certificate at a place must be. Every one also has all of authorityKeyIdentifier,
 * subjectKeyIdentifier, cRLDistributionPoints, critical keyUsage and critical basicConstraints. */
struct profile {
    const char *place;
    const char *names[2]; /* the commonName is one of these */
    bool is_ca, has_sgx;
    unsigned usage; /* all of these bits */
};

#define CA_USAGE (CERT_KEY_CERT_SIGN | CERT_CRL_SIGN)

static const struct profile pck_profiles[] = {
    {.place = "leaf",
     .names = {"Intel SGX PCK Certificate"},
     .has_sgx = true,
     .usage = CERT_DIGITAL_SIGNATURE                                                                       },
    {.place = "intermediate",
     .names = {"Intel SGX PCK Processor CA", "Intel SGX PCK Platform CA"},
     .is_ca = true,
     .usage = CA_USAGE                                                                                     },
    {.place = "root",         .names = {"Intel SGX Root CA"},              .is_ca = true, .usage = CA_USAGE},
};

static const struct profile signer_profiles[] = {
    {.place = "signer",               .names = {"Intel SGX TCB Signing"}, .usage = CERT_DIGITAL_SIGNATURE},
    { .place = "root", .names = {"Intel SGX Root CA"},                      .is_ca = true,               .usage = CA_USAGE},
};

static const struct profile *profiles_of(enum chain_kind kind)
{
    if (kind == CHAIN_CA)
        return pck_profiles + 1; /* all but the leaf */
    return kind == CHAIN_PCK ? pck_profiles : signer_profiles;
}

static size_t length_of(enum chain_kind kind)
{
    if (kind == CHAIN_CA)
        return COUNT(pck_profiles) - 1;
    return kind == CHAIN_PCK ? COUNT(pck_profiles) : COUNT(signer_profiles);
}

/* Undoes the PEM of count blocks; ends[i] is where the i-th one ends in der. */
static bool read_pem(struct bytes pem, size_t count, bool canonical, struct buffer *der,
                     size_t ends[CHAIN_CERTS_MAX], struct quoth_error *err)
{
    struct reader r = {.in = pem, .err = err};
    buffer_reserve(der, pem.len);
    for (size_t i = 0; i < count; i++) {
        if (canonical ? !pem_next(&r, "CERTIFICATE", der)
                      : !pem_next_lenient(&r, "CERTIFICATE", der))
            return false;
        ends[i] = der->len;
    }
    if (reader_left(&r) == 1)
        reader_zeros(&r, 1, "end");
    if (reader_ok(&r) && reader_left(&r) > 0)
        quoth_fail(err, QUOTH_CHAIN_INVALID, "", r.pos, "more than %zu certificates, or other text",
                   count);
    return reader_ok(&r);
}

static bool read_certs(struct bytes der, const size_t ends[CHAIN_CERTS_MAX], size_t count,
                       struct cert certs[CHAIN_CERTS_MAX], struct quoth_error *err)
{
    size_t start = 0;
    for (size_t i = 0; i < count; i++) {
        if (!cert_read(bytes_slice(der, start, ends[i] - start), &certs[i], err))
            return false;
        start = ends[i];
    }
    return true;
}

/* The one certificate in the set that this issuer name stands in and that is not its own issuer;
 * with no issuer, the one that is. NULL if there is none or more than one. */
static const struct cert *find_issued(const struct cert *certs, size_t count,
                                      const struct cert *issuer)
{
    const struct cert *found = NULL;
    for (size_t i = 0; i < count; i++) {
        const bool self_issued = bytes_equal(certs[i].issuer, certs[i].subject);
        const bool fits =
            issuer ? !self_issued && bytes_equal(certs[i].issuer, issuer->subject) : self_issued;
        if (fits && found)
            return NULL;
        if (fits)
            found = &certs[i];
    }
    return found;
}

static bool put_in_order(const struct cert *certs, struct chain *c, struct quoth_error *err)
{
    const struct profile *profiles = profiles_of(c->kind);
    const struct cert *above = NULL;
    for (size_t i = c->count; i-- > 0;) {
        above = find_issued(certs, c->count, above);
        if (!above)
            return quoth_fail(err, QUOTH_CHAIN_INVALID, profiles[i].place, QUOTH_NO_OFFSET,
                              "there is not exactly one certificate for this place");
        c->certs[i] = *above;
    }
    return true;
}

bool chain_read(struct bytes pem, enum chain_kind kind, bool canonical, struct chain *ret_chain,
                struct quoth_error *err)
{
    AUTO(chain) struct chain c = {.kind = kind, .count = length_of(kind)};
    struct cert certs[CHAIN_CERTS_MAX];
    size_t ends[CHAIN_CERTS_MAX] = {0};
    if (pem.len > CHAIN_TEXT_MAX)
        return quoth_fail(err, QUOTH_TOO_LARGE, "", QUOTH_NO_OFFSET, "has %zu bytes, limit is %u",
                          pem.len, CHAIN_TEXT_MAX);
    if (!read_pem(pem, c.count, canonical, &c.der, ends, err) || !buffer_ok(&c.der, err) ||
        !read_certs(buffer_bytes(&c.der), ends, c.count, certs, err) ||
        !put_in_order(certs, &c, err))
        return false;
    *ret_chain = take_value(c);
    return true;
}

void chain_clear(struct chain *c)
{
    buffer_clear(&c->der);
    *c = (struct chain){0};
}

static bool refuse(struct quoth_error *err, const char *place, const char *what)
{
    return quoth_fail(err, QUOTH_CHAIN_INVALID, place, QUOTH_NO_OFFSET, "%s", what);
}

static bool has_name(const struct cert *c, const struct profile *p, struct quoth_error *err)
{
    for (size_t i = 0; i < COUNT(p->names); i++)
        if (p->names[i] && bytes_equal(c->subject_cn, bytes_of_text(p->names[i])))
            return true;
    char found[64];
    return quoth_mismatch(err, QUOTH_CHAIN_INVALID, p->place, QUOTH_NO_OFFSET,
                          text_escape(found, sizeof found, c->subject_cn), p->names[0]);
}

/* below is the number of CA certificates between this one and the leaf. */
static bool has_constraints(const struct cert *c, const struct profile *p, size_t below,
                            struct quoth_error *err)
{
    if (!c->has_basic_constraints || !c->basic_constraints_critical)
        return refuse(err, p->place, "lacks critical basicConstraints");
    if (c->is_ca != p->is_ca)
        return refuse(err, p->place,
                      c->is_ca ? "is a CA certificate, and must not be"
                               : "is not a CA certificate");
    if (c->is_ca && c->path_len != CERT_NO_PATH_LEN && (size_t)c->path_len < below)
        return refuse(err, p->place, "its path length does not allow this chain");
    if (!c->has_key_usage || !c->key_usage_critical)
        return refuse(err, p->place, "lacks critical keyUsage");
    if ((c->key_usage & p->usage) != p->usage || (!p->is_ca && (c->key_usage & CA_USAGE)))
        return refuse(err, p->place, "its keyUsage is not that of its place");
    return true;
}

static bool fits_profile(const struct cert *c, const struct cert *issuer, const struct profile *p,
                         size_t below, struct quoth_error *err)
{
    if (!has_name(c, p, err) || !has_constraints(c, p, below, err))
        return false;
    if (c->aki.len == 0 || c->ski.len == 0 || !c->has_crl_distribution_points)
        return refuse(
            err, p->place,
            "lacks authorityKeyIdentifier, subjectKeyIdentifier or cRLDistributionPoints");
    if (!bytes_equal(c->aki, issuer->ski))
        return refuse(err, p->place, "names another issuer key than its issuer has");
    if ((c->sgx.len > 0) != p->has_sgx)
        return refuse(err, p->place,
                      p->has_sgx ? "lacks the SGX extension" : "has an SGX extension");
    return true;
}

bool chain_check_profile(const struct chain *c, struct quoth_error *err)
{
    const struct profile *profiles = profiles_of(c->kind);
    for (size_t i = c->count; i-- > 0;) {
        const size_t issuer = i + 1 < c->count ? i + 1 : i;
        if (!fits_profile(&c->certs[i], &c->certs[issuer], &profiles[i], i ? i - 1 : 0, err))
            return false;
    }
    return true;
}

void chain_window(const struct chain *c, int64_t *ret_from, int64_t *ret_until)
{
    *ret_from = c->certs[0].not_before;
    *ret_until = c->certs[0].not_after;
    for (size_t i = 1; i < c->count; i++) {
        if (c->certs[i].not_before > *ret_from)
            *ret_from = c->certs[i].not_before;
        if (c->certs[i].not_after < *ret_until)
            *ret_until = c->certs[i].not_after;
    }
}

bool window_check(int64_t from, int64_t until, int64_t at, enum quoth_code not_yet_valid,
                  enum quoth_code expired, const char *where, struct quoth_error *err)
{
    char now[TIME_TEXT_SIZE], bound[TIME_TEXT_SIZE];
    char expected[48];
    if (at >= from && at <= until)
        return true;
    const bool early = at < from;
    time_format(at, now);
    time_format(early ? from : until, bound);
    snprintf(expected, sizeof expected, "%s %s", early ? "not before" : "not after", bound);
    return quoth_mismatch(err, early ? not_yet_valid : expired, where, QUOTH_NO_OFFSET, now,
                          expected);
}

bool chain_check_time(const struct chain *c, int64_t at, struct quoth_error *err)
{
    const struct profile *profiles = profiles_of(c->kind);
    for (size_t i = c->count; i-- > 0;)
        if (!window_check(c->certs[i].not_before, c->certs[i].not_after, at,
                          QUOTH_CHAIN_NOT_YET_VALID, QUOTH_CHAIN_EXPIRED, profiles[i].place, err))
            return false;
    return true;
}

bool chain_is_platform(const struct chain *c)
{
    return bytes_equal(c->certs[1].subject_cn, BYTES_LITERAL("Intel SGX PCK Platform CA"));
}
