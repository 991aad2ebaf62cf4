#include "platform/pki.h"

#include "base/time.h"
#include "codec/pem.h"
#include "crypto/random.h"
#include "crypto/x509_make.h"
#include "platform/layout.h"
#include "platform/model.h"
#include "platform/pck_extension.h"

#include <stdio.h>

#define YEAR (365 * TIME_DAY)
#define URI_SIZE (SETTINGS_SERVICE_MAX + 64)

/* One certificate of the four. */
struct profile {
    const char *cn;
    const char *key_file, *cert_file;
    unsigned usage;
    bool is_ca;
    int path_len;
    int years;            /* 0: to the end of 2049, as Intel's root */
    const char *crl_path; /* below the service: the list that could name this certificate */
};

static const struct profile root_profile = {
    .cn = "Intel SGX Root CA",
    .key_file = FILE_ROOT_CA_KEY,
    .cert_file = FILE_ROOT_CA_CERT,
    .usage = CERT_KEY_CERT_SIGN | CERT_CRL_SIGN,
    .is_ca = true,
    .path_len = 1,
    .crl_path = PKI_ROOT_CRL_PATH,
};
static const struct profile platform_ca_profile = {
    .cn = "Intel SGX PCK Platform CA",
    .key_file = FILE_PLATFORM_CA_KEY,
    .cert_file = FILE_PLATFORM_CA_CERT,
    .usage = CERT_KEY_CERT_SIGN | CERT_CRL_SIGN,
    .is_ca = true,
    .path_len = 0,
    .years = 15,
    .crl_path = PKI_ROOT_CRL_PATH,
};
static const struct profile tcb_signing_profile = {
    .cn = "Intel SGX TCB Signing",
    .key_file = FILE_TCB_SIGNING_KEY,
    .cert_file = FILE_TCB_SIGNING_CERT,
    .usage = CERT_DIGITAL_SIGNATURE | CERT_NON_REPUDIATION,
    .path_len = CERT_NO_PATH_LEN,
    .years = 7,
    .crl_path = PKI_ROOT_CRL_PATH,
};
static const struct profile pck_profile = {
    .cn = "Intel SGX PCK Certificate",
    .key_file = FILE_PCK_KEY,
    .cert_file = FILE_PCK_CERT,
    .usage = CERT_DIGITAL_SIGNATURE | CERT_NON_REPUDIATION,
    .path_len = CERT_NO_PATH_LEN,
    .years = 7,
    .crl_path = PKI_PLATFORM_CRL_PATH,
};

/* Who holds a certificate: a key and a name. */
struct holder {
    struct private_key *key;
    struct public_key *public;
    struct sha1 id; /* subjectKeyIdentifier */
    struct buffer name;
};

static void holder_clear(struct holder *h)
{
    private_key_free(h->key);
    public_key_free(h->public);
    buffer_clear(&h->name);
}
DEFINE_AUTO_VALUE(holder, struct holder, holder_clear)

/* What all certificates of one platform have in common. */
struct making {
    const char *folder;
    const struct settings *settings;
    int64_t now;
    struct quoth_error *err;
};

static bool draw_key(struct holder *h, struct quoth_error *err)
{
    AUTO(private_key) struct private_key *key = NULL;
    AUTO(public_key) struct public_key *public = NULL;

    if (!private_key_generate(KEY_TYPE_P256, &key, err) || !private_key_public(key, &public, err) ||
        !x509_key_id_intel(public, &h->id, err))
        return false;
    private_key_free(h->key);
    public_key_free(h->public);
    h->key = take(key);
    h->public = take(public);
    return true;
}

static bool write_name(const struct profile *p, struct buffer *ret_name, struct quoth_error *err)
{
    const struct x509_name_part name[] = {
        {"CN", p->cn           },
        {"O",  PKI_ORGANISATION},
    };

    return x509_name_write(name, COUNT(name), ret_name, err);
}

static bool holder_make(const struct profile *p, struct holder *ret_holder, struct quoth_error *err)
{
    AUTO(holder) struct holder h = {0};

    do { /* the identifier becomes the serial: positive, and of 20 bytes */
        if (!draw_key(&h, err))
            return false;
    } while (h.id.bytes[0] == 0 || h.id.bytes[0] >= 0x80);
    if (!write_name(p, &h.name, err))
        return false;
    *ret_holder = take_value(h);
    return true;
}

static bool write_key(const struct making *m, const struct profile *p,
                      const struct private_key *key)
{
    AUTO(buffer) struct buffer pem = {0};

    return private_key_to_pem(key, &pem, m->err) &&
           layout_write(m->folder, p->key_file, buffer_bytes(&pem), m->err);
}

static bool write_cert(const struct making *m, const struct profile *p, struct bytes der)
{
    AUTO(buffer) struct buffer pem = {0};

    pem_encode("CERTIFICATE", der, &pem);
    return buffer_ok(&pem, m->err) &&
           layout_write(m->folder, p->cert_file, buffer_bytes(&pem), m->err);
}

static int64_t end_of_validity(const struct profile *p, int64_t start)
{
    int64_t last = 0;

    time_from_parts(2049, 12, 31, 23, 59, 59, &last);
    const int64_t end = start + p->years * YEAR;
    return p->years == 0 || end > last ? last : end;
}

/* Extensions in Intel's order; sgx is empty for all but the PCK certificate. */
static bool certify(const struct making *m, const struct profile *p, const struct holder *subject,
                    const struct holder *issuer, struct bytes serial, struct bytes sgx)
{
    char uri[URI_SIZE];
    AUTO(buffer) struct buffer der = {0};
    const struct x509_extension extensions[] = {
        {.kind = X509_AUTHORITY_KEY_ID, .id = BYTES_OF(issuer->id.bytes)},
        {                                             .kind = X509_CRL_DISTRIBUTION_POINT,                   .uri = uri                                },
        {                   .kind = X509_SUBJECT_KEY_ID,                             .id = BYTES_OF(subject->id.bytes)                                       },
        { .kind = X509_KEY_USAGE,                             .critical = true,                                .bits = p->usage},
        {                                                                                              .kind = X509_BASIC_CONSTRAINTS,
         .critical = true,
         .is_ca = p->is_ca,
         .path_len = p->path_len},
        {                                                                  .kind = X509_OTHER,                 .oid = PCK_EXTENSION_OID,                                                 .value = sgx},
    };
    const int64_t start = m->now - m->now % TIME_DAY;
    const struct x509_spec spec = {
        .serial = serial,
        .issuer = buffer_bytes(&issuer->name),
        .subject = buffer_bytes(&subject->name),
        .not_before = start,
        .not_after = end_of_validity(p, start),
        .extensions = extensions,
        .extension_count = COUNT(extensions) - (sgx.len ? 0 : 1),
    };

    snprintf(uri, sizeof uri, "%s%s", m->settings->service, p->crl_path);
    return x509_make(&spec, subject->public, issuer->key, &der, m->err) &&
           write_key(m, p, subject->key) && write_cert(m, p, buffer_bytes(&der));
}

static bool make(const struct making *m, const struct profile *p, const struct holder *issuer,
                 struct holder *ret_holder)
{
    AUTO(holder) struct holder h = {0};

    if (!holder_make(p, &h, m->err) ||
        !certify(m, p, &h, issuer ? issuer : &h, BYTES_OF(h.id.bytes), (struct bytes){0}))
        return false;
    if (ret_holder)
        *ret_holder = take_value(h);
    return true;
}

static bool make_pck(const struct making *m, const struct holder *issuer, struct bytes cpu_svn)
{
    AUTO(holder) struct holder h = {0};
    AUTO(buffer) struct buffer sgx = {0};
    uint8_t serial[20];
    struct pck pck = {
        .pcesvn = MODEL_PCE_SVN,
        .sgx_type = SGX_SCALABLE,
        .dynamic_platform = true,
        .cached_keys = true,
        .smt_enabled = true,
    };

    bytes_copy(pck.ppid, BYTES_OF(m->settings->ppid));
    bytes_copy(pck.fmspc, BYTES_OF(m->settings->fmspc));
    bytes_copy(pck.components, cpu_svn);
    bytes_copy(pck.cpusvn, cpu_svn);
    if (!random_fill(pck.platform_instance, sizeof pck.platform_instance, m->err) ||
        !x509_random_serial(serial, sizeof serial, m->err) ||
        !holder_make(&pck_profile, &h, m->err))
        return false;
    pck_extension_write(&pck, &sgx);
    return buffer_ok(&sgx, m->err) &&
           certify(m, &pck_profile, &h, issuer, BYTES_OF(serial), buffer_bytes(&sgx));
}

/* A holder whose key lies in the folder. */
static bool holder_read(const struct making *m, const struct profile *p, struct holder *ret_holder)
{
    AUTO(holder) struct holder h = {0};

    if (!pki_key(m->folder, p->key_file, &h.key, m->err) ||
        !private_key_public(h.key, &h.public, m->err) ||
        !x509_key_id_intel(h.public, &h.id, m->err) || !write_name(p, &h.name, m->err))
        return false;
    *ret_holder = take_value(h);
    return true;
}

bool pki_make(const char *folder, const struct settings *s, struct bytes cpu_svn, int64_t now,
              struct quoth_error *err)
{
    const struct making m = {folder, s, now, err};
    AUTO(holder) struct holder root = {0};
    AUTO(holder) struct holder platform_ca = {0};

    return make(&m, &root_profile, NULL, &root) &&
           make(&m, &platform_ca_profile, &root, &platform_ca) &&
           make(&m, &tcb_signing_profile, &root, NULL) && make_pck(&m, &platform_ca, cpu_svn);
}

bool pki_make_pck(const char *folder, const struct settings *s, struct bytes cpu_svn, int64_t now,
                  struct quoth_error *err)
{
    const struct making m = {folder, s, now, err};
    AUTO(holder) struct holder platform_ca = {0};

    return holder_read(&m, &platform_ca_profile, &platform_ca) &&
           make_pck(&m, &platform_ca, cpu_svn);
}

bool pki_key(const char *folder, const char *name, struct private_key **ret_key,
             struct quoth_error *err)
{
    AUTO(buffer) struct buffer pem = {0};

    return layout_read(folder, name, &pem, err) &&
           (private_key_from_pem(buffer_bytes(&pem), ret_key, err) || quoth_within(err, name));
}

bool pki_cert(const char *folder, const char *name, struct buffer *ret_der, struct quoth_error *err)
{
    AUTO(buffer) struct buffer pem = {0};

    if (!layout_read(folder, name, &pem, err))
        return false;
    struct reader r = {.in = buffer_bytes(&pem), .err = err};
    return (pem_next(&r, "CERTIFICATE", ret_der) && reader_end(&r, "end")) ||
           quoth_within(err, name);
}
