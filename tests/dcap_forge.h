/* A vendor of quotes for tests, who makes any mistake that is asked for and signs it: certificates,
 * revocation lists, documents and quotes of version 3, in the profile of dcap.md section 2 unless a
 * test changes a fact before they are made. */
#ifndef QUOTH_TESTS_DCAP_FORGE_H
#define QUOTH_TESTS_DCAP_FORGE_H

#include "codec/der.h"
#include "codec/hex.h"
#include "codec/pem.h"
#include "crypto/x509_make.h"
#include "tee/dcap/dcap.h"
#include "tests/unit.h"

#include <stdio.h>

#define FORGE_NOW INT64_C(1795262400) /* 2026-11-21T12:00:00Z */
#define FORGE_DAY INT64_C(86400)

enum { FORGE_ROOT, FORGE_CA, FORGE_LEAF, FORGE_SIGNER, FORGE_CERTS };

struct forge_cert {
    const char *cn;
    int issuer; /* whose key signs and whose name stands as issuer */
    int named;  /* whose name stands as issuer, if another; -1: the issuer's */
    int aki_of; /* whose key the authorityKeyIdentifier names; -1: the issuer's */
    bool is_ca;
    int path_len;
    unsigned usage;
    bool has_sgx;
    unsigned omit;         /* bit 1 << enum x509_extension_kind */
    unsigned not_critical; /* the same */
    int64_t not_before, not_after;
};

struct forge {
    struct private_key *keys[FORGE_CERTS], *attestation;
    struct forge_cert certs[FORGE_CERTS];
    struct buffer sgx;              /* the SGX extension; forge_pck_extension fills it */
    struct buffer der[FORGE_CERTS]; /* made by forge_make_certs */
    struct trust trust;             /* in the root */
    uint8_t cpusvn[16];
};

static inline struct private_key *forge_new_key(void)
{
    struct private_key *key = NULL;
    struct quoth_error err = {0};
    assert_true(private_key_generate(KEY_TYPE_P256, &key, &err));
    return key;
}

static inline struct bytes forge_point(const struct private_key *key, struct buffer *hold)
{
    struct quoth_error err = {0};
    AUTO(public_key) struct public_key *public = NULL;
    assert_true(private_key_public(key, &public, &err));
    buffer_clear(hold);
    assert_true(public_key_to_spki(public, hold, &err));
    return bytes_slice(buffer_bytes(hold), 26, 65);
}

/* SEQUENCE { OID base.arc, value } */
static inline void forge_entry(struct buffer *to, const char *base, unsigned arc, uint8_t tag,
                               struct bytes content)
{
    char oid[48];
    AUTO(buffer) struct buffer entry = {0};
    snprintf(oid, sizeof oid, "%s.%u", base, arc);
    der_write_oid(&entry, oid);
    der_write_tlv(&entry, tag, content);
    der_write_tlv(to, DER_SEQUENCE, buffer_bytes(&entry));
}

#define FORGE_SGX_OID "1.2.840.113741.1.13.1"

/* The value of the SGX extension of a Processor CA's certificate: all SVNs svn, PCESVN 11, zeros.
 */
static inline void forge_pck_extension(struct buffer *to, uint8_t svn)
{
    static const uint8_t zeros[16];
    const uint8_t number[] = {svn}, pcesvn[] = {11};
    AUTO(buffer) struct buffer tcb = {0}, all = {0};
    for (unsigned i = 1; i <= 16; i++)
        forge_entry(&tcb, FORGE_SGX_OID ".2", i, DER_INTEGER, BYTES_OF(number));
    forge_entry(&tcb, FORGE_SGX_OID ".2", 17, DER_INTEGER, BYTES_OF(pcesvn));
    forge_entry(&tcb, FORGE_SGX_OID ".2", 18, DER_OCTET_STRING, BYTES_OF(zeros));
    forge_entry(&all, FORGE_SGX_OID, 1, DER_OCTET_STRING, BYTES_OF(zeros));
    forge_entry(&all, FORGE_SGX_OID, 2, DER_SEQUENCE, buffer_bytes(&tcb));
    forge_entry(&all, FORGE_SGX_OID, 3, DER_OCTET_STRING, bytes_slice(BYTES_OF(zeros), 0, 2));
    forge_entry(&all, FORGE_SGX_OID, 4, DER_OCTET_STRING, bytes_slice(BYTES_OF(zeros), 0, 6));
    forge_entry(&all, FORGE_SGX_OID, 5, DER_ENUMERATED, bytes_slice(BYTES_OF(zeros), 0, 1));
    der_write_tlv(to, DER_SEQUENCE, buffer_bytes(&all));
}

/* Keys, and the facts of certificates without a mistake. */
static inline void forge_init(struct forge *f)
{
    const unsigned ca = CERT_KEY_CERT_SIGN | CERT_CRL_SIGN,
                   leaf = CERT_DIGITAL_SIGNATURE | CERT_NON_REPUDIATION;
    const int64_t from = FORGE_NOW - 300 * FORGE_DAY, until = FORGE_NOW + 3000 * FORGE_DAY;
    *f = (struct forge){
        .certs = {
                  [FORGE_ROOT] = {.cn = "Intel SGX Root CA",
                            .issuer = FORGE_ROOT,
                            .is_ca = true,
                            .path_len = 1,
                            .usage = ca},
                  [FORGE_CA] = {.cn = "Intel SGX PCK Processor CA",
                          .issuer = FORGE_ROOT,
                          .is_ca = true,
                          .path_len = 0,
                          .usage = ca},
                  [FORGE_LEAF] = {.cn = "Intel SGX PCK Certificate",
                            .issuer = FORGE_CA,
                            .usage = leaf,
                            .path_len = CERT_NO_PATH_LEN,
                            .has_sgx = true},
                  [FORGE_SIGNER] = {.cn = "Intel SGX TCB Signing",
                              .issuer = FORGE_ROOT,
                              .usage = leaf,
                              .path_len = CERT_NO_PATH_LEN},
                  }
    };
    for (int i = 0; i < FORGE_CERTS; i++) {
        f->keys[i] = forge_new_key();
        f->certs[i].named = f->certs[i].aki_of = -1;
        f->certs[i].not_before = from;
        f->certs[i].not_after = until;
    }
    f->attestation = forge_new_key();
    forge_pck_extension(&f->sgx, 5);
}

static inline void forge_clear(struct forge *f)
{
    for (int i = 0; i < FORGE_CERTS; i++) {
        private_key_free(f->keys[i]);
        buffer_clear(&f->der[i]);
    }
    private_key_free(f->attestation);
    buffer_clear(&f->sgx);
}
DEFINE_AUTO_VALUE(forge, struct forge, forge_clear)

static inline void forge_name(const char *cn, struct buffer *to)
{
    const struct x509_name_part parts[] = {
        {"CN", cn           },
        {"O",  "Quoth tests"},
        {"C",  "US"         }
    };
    struct quoth_error err = {0};
    assert_true(x509_name_write(parts, COUNT(parts), to, &err));
}

static inline struct sha1 forge_key_id(const struct private_key *key)
{
    struct quoth_error err = {0};
    struct sha1 id;
    AUTO(public_key) struct public_key *public = NULL;
    assert_true(private_key_public(key, &public, &err));
    assert_true(x509_key_id_intel(public, &id, &err));
    return id;
}

/* The serial is that of every certificate at this place: its number plus one. */
static inline void forge_make_cert(const struct forge *f, int which, struct buffer *to)
{
    const struct forge_cert *c = &f->certs[which];
    const int named = c->named < 0 ? c->issuer : c->named;
    const struct sha1 ski = forge_key_id(f->keys[which]),
                      aki = forge_key_id(f->keys[c->aki_of < 0 ? c->issuer : c->aki_of]);
    const uint8_t serial[] = {(uint8_t)(which + 1)};
    const struct x509_extension all[] = {
        {.kind = X509_AUTHORITY_KEY_ID,            .id = BYTES_OF(aki.bytes)},
        {                                                        .kind = X509_CRL_DISTRIBUTION_POINT, .uri = "https://quoth.example/root.crl"                         },
        {                              .kind = X509_SUBJECT_KEY_ID,                                        .id = BYTES_OF(ski.bytes)                                           },
        { .kind = X509_KEY_USAGE,                                        .critical = true,                                    .bits = c->usage},
        {                                                                                                             .kind = X509_BASIC_CONSTRAINTS,
         .critical = true,
         .is_ca = c->is_ca,
         .path_len = c->path_len},
        {                                                                                 .kind = X509_OTHER,          .oid = FORGE_SGX_OID,                                   .value = buffer_bytes(&f->sgx)},
    };
    struct x509_extension extensions[COUNT(all)];
    size_t count = 0;
    for (size_t i = 0; i < COUNT(all); i++) {
        if ((c->omit >> all[i].kind & 1u) || (all[i].kind == X509_OTHER && !c->has_sgx))
            continue;
        extensions[count] = all[i];
        extensions[count++].critical &= !(c->not_critical >> all[i].kind & 1u);
    }
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer issuer = {0}, subject = {0};
    AUTO(public_key) struct public_key *public = NULL;
    forge_name(f->certs[named].cn, &issuer);
    forge_name(c->cn, &subject);
    const struct x509_spec spec = {.serial = BYTES_OF(serial),
                                   .issuer = buffer_bytes(&issuer),
                                   .subject = buffer_bytes(&subject),
                                   .not_before = c->not_before,
                                   .not_after = c->not_after,
                                   .extensions = extensions,
                                   .extension_count = count};
    assert_true(private_key_public(f->keys[which], &public, &err));
    buffer_clear(to);
    if (!x509_make(&spec, public, f->keys[c->issuer], to, &err))
        fail_msg("%s", err.message);
}

static inline void forge_make_certs(struct forge *f)
{
    for (int i = 0; i < FORGE_CERTS; i++)
        forge_make_cert(f, i, &f->der[i]);
}

/* Trusts the root; for that it must be one. */
static inline void forge_trust(struct forge *f)
{
    struct quoth_error err = {0};
    f->trust = (struct trust){0};
    assert_true(trust_add(&f->trust, TRUST_SIMULATED, TRUST_FOR_ALL,
                          buffer_bytes(&f->der[FORGE_ROOT]), &err));
}

/* Certificates as PEM, in the order given, -1 at the end. */
static inline void forge_pem(const struct forge *f, const int *order, struct buffer *to)
{
    buffer_clear(to);
    for (; *order >= 0; order++)
        pem_encode("CERTIFICATE", buffer_bytes(&f->der[*order]), to);
}

struct forge_list {
    int issuer, named; /* key, and name */
    int revoked;       /* place of the revoked certificate, or -1 */
    int64_t this_update, next_update;
};

static inline void forge_crl(const struct forge *f, const struct forge_list *l, struct buffer *to)
{
    struct quoth_error err = {0};
    const uint8_t serial[] = {(uint8_t)(l->revoked + 1)};
    const struct x509_revoked revoked = {BYTES_OF(serial), FORGE_NOW - FORGE_DAY};
    const struct sha1 aki = forge_key_id(f->keys[l->issuer]);
    AUTO(buffer) struct buffer issuer = {0};
    forge_name(f->certs[l->named].cn, &issuer);
    const struct x509_crl_spec spec = {.issuer = buffer_bytes(&issuer),
                                       .authority_key_id = BYTES_OF(aki.bytes),
                                       .number = 1,
                                       .this_update = l->this_update,
                                       .next_update = l->next_update,
                                       .revoked = &revoked,
                                       .revoked_count = l->revoked >= 0};
    buffer_clear(to);
    assert_true(x509_make_crl(&spec, f->keys[l->issuer], to, &err));
}

/* {"name":inner,"signature":"..."} */
static inline void forge_document(struct private_key *key, const char *name, const char *inner,
                                  struct buffer *to)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer signature = {0};
    const struct bytes part = bytes_of_text(inner);
    assert_true(private_key_sign_es256(key, &part, 1, &signature, &err));
    buffer_clear(to);
    buffer_printf(to, "{\"%s\":%s,\"signature\":\"", name, inner);
    hex_encode(buffer_bytes(&signature), to);
    buffer_text(to, "\"}");
}

#define FORGE_COMPONENTS(svn)                                                                      \
    "[{\"svn\":" svn "},{\"svn\":" svn "},{\"svn\":" svn "},{\"svn\":" svn "},"                    \
    "{\"svn\":" svn "},{\"svn\":" svn "},{\"svn\":" svn "},{\"svn\":" svn "},"                     \
    "{\"svn\":" svn "},{\"svn\":" svn "},{\"svn\":" svn "},{\"svn\":" svn "},"                     \
    "{\"svn\":" svn "},{\"svn\":" svn "},{\"svn\":" svn "},{\"svn\":" svn "}]"

#define FORGE_TCB_INFO                                                                             \
    "{\"id\":\"SGX\",\"version\":3,\"issueDate\":\"2026-11-01T00:00:00Z\","                        \
    "\"nextUpdate\":\"2026-12-01T00:00:00Z\",\"fmspc\":\"000000000000\",\"pceId\":\"0000\","       \
    "\"tcbType\":0,\"tcbEvaluationDataNumber\":17,\"tcbLevels\":["                                 \
    "{\"tcb\":{\"sgxtcbcomponents\":" FORGE_COMPONENTS(                                            \
        "5") ",\"pcesvn\":11},"                                                                    \
             "\"tcbDate\":\"2026-03-01T00:00:00Z\",\"tcbStatus\":\"UpToDate\"},"                   \
             "{\"tcb\":{\"sgxtcbcomponents\":" FORGE_COMPONENTS(                                   \
                 "3") ",\"pcesvn\":11},"                                                           \
                      "\"tcbDate\":\"2025-03-01T00:00:00Z\",\"tcbStatus\":\"OutOfDate\","          \
                      "\"advisoryIDs\":[\"INTEL-SA-00001\"]}]}"

#define FORGE_QE_IDENTITY                                                                          \
    "{\"id\":\"QE\",\"version\":2,\"issueDate\":\"2026-11-01T00:00:00Z\","                         \
    "\"nextUpdate\":\"2026-12-01T00:00:00Z\",\"tcbEvaluationDataNumber\":18,"                      \
    "\"miscselect\":\"00000000\",\"miscselectMask\":\"FFFFFFFF\","                                 \
    "\"attributes\":\"11000000000000000000000000000000\","                                         \
    "\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\","                                     \
    "\"mrsigner\":\"0000000000000000000000000000000000000000000000000000000000000000\","           \
    "\"isvprodid\":1,\"tcbLevels\":[{\"tcb\":{\"isvsvn\":2},"                                      \
    "\"tcbDate\":\"2026-03-01T00:00:00Z\",\"tcbStatus\":\"UpToDate\"}]}"

/* What a quote says, and what its certification data are. */
struct forge_quote {
    uint64_t flags;           /* of the enclave */
    struct bytes report_data; /* at most 64 bytes */
    struct bytes config_id;   /* at most 64 bytes */
    enum certification_type type;
    struct bytes certification;
    bool key_off_curve; /* the attestation key is no point of the curve, and bound all the same */
    const struct private_key *bound_key; /* in the QE's report data; NULL: the attestation key */
};

static inline void forge_sgx_body(struct buffer *to, uint64_t flags, uint16_t product, uint16_t svn,
                                  struct bytes config_id, struct bytes report_data)
{
    buffer_fill(to, 48, 0);
    buffer_u64le(to, flags);
    buffer_u64le(to, 7);
    buffer_fill(to, 128, 0);
    buffer_add(to, config_id);
    buffer_fill(to, 64 - config_id.len, 0);
    buffer_u16le(to, product);
    buffer_u16le(to, svn);
    buffer_fill(to, 60, 0);
    buffer_add(to, report_data);
    buffer_fill(to, 64 - report_data.len, 0);
}

static inline void forge_sign(struct private_key *key, struct bytes over, struct buffer *to)
{
    struct quoth_error err = {0};
    assert_true(private_key_sign_es256(key, &over, 1, to, &err));
}

/* A quote of version 3, QE product 1, SVN 2, no authentication data. */
static inline void forge_make_quote(const struct forge *f, const struct forge_quote *q,
                                    struct buffer *to)
{
    static const uint8_t vendor[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                       0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};
    AUTO(buffer) struct buffer signature = {0}, qe = {0}, point = {0}, bound = {0};
    static const uint8_t nowhere[64] = {1};
    const struct bytes xy = q->key_off_curve
                                ? BYTES_OF(nowhere)
                                : bytes_slice(forge_point(f->attestation, &point), 1, 64);
    const struct sha256 binding =
        sha256_of(q->bound_key ? bytes_slice(forge_point(q->bound_key, &bound), 1, 64) : xy);
    buffer_clear(to);
    buffer_u16le(to, 3);
    buffer_u16le(to, 2);
    buffer_fill(to, 8, 0);
    buffer_add(to, BYTES_OF(vendor));
    buffer_fill(to, 20, 0);
    forge_sgx_body(to, q->flags, 1, 1, q->config_id, q->report_data);
    forge_sign(f->attestation, buffer_bytes(to), &signature);
    forge_sgx_body(&qe, 0x15, 1, 2, (struct bytes){0}, BYTES_OF(binding.bytes));
    buffer_u32le(to, (uint32_t)(584 + q->certification.len));
    buffer_add(to, buffer_bytes(&signature));
    buffer_add(to, xy);
    buffer_add(to, buffer_bytes(&qe));
    forge_sign(f->keys[FORGE_LEAF], buffer_bytes(&qe), to);
    buffer_u16le(to, 0);
    buffer_u16le(to, (uint16_t)q->type);
    buffer_u32le(to, (uint32_t)q->certification.len);
    buffer_add(to, q->certification);
}

#endif
