#include "platform/revocation.h"

#include "base/time.h"
#include "crypto/x509_make.h"
#include "platform/layout.h"
#include "platform/pki.h"

#define SERIAL_MAX 20

struct list {
    const char *file, *issuer_key, *issuer_cert;
    int days;
};

static const struct list root_list = {
    .file = FILE_ROOT_CRL,
    .issuer_key = FILE_ROOT_CA_KEY,
    .issuer_cert = FILE_ROOT_CA_CERT,
    .days = 365,
};
static const struct list platform_list = {
    .file = FILE_PLATFORM_CRL,
    .issuer_key = FILE_PLATFORM_CA_KEY,
    .issuer_cert = FILE_PLATFORM_CA_CERT,
    .days = 30,
};

/* What can be revoked, and who says so. */
static const struct {
    const struct list *list;
    const char *cert;
} certificates[REVOCABLE_COUNT] = {
    [REVOCABLE_PCK] = {&platform_list, FILE_PCK_CERT        },
    [REVOCABLE_PLATFORM_CA] = {&root_list,     FILE_PLATFORM_CA_CERT},
    [REVOCABLE_TCB_SIGNING] = {&root_list,     FILE_TCB_SIGNING_CERT},
};

/* The entries of one list, with the serials that they view. */
struct entries {
    struct x509_revoked revoked[REVOCABLE_COUNT];
    uint8_t serials[REVOCABLE_COUNT][SERIAL_MAX];
    size_t count;
};

static bool add_entry(struct entries *to, const char *folder, const char *cert_file, int64_t since,
                      struct quoth_error *err)
{
    AUTO(buffer) struct buffer der = {0};
    struct cert cert;

    if (!pki_cert(folder, cert_file, &der, err) || !cert_read(buffer_bytes(&der), &cert, err))
        return false;
    bytes_copy(to->serials[to->count], cert.serial); /* 20 bytes at most: see crypto/cert.h */
    to->revoked[to->count].serial = (struct bytes){to->serials[to->count], cert.serial.len};
    to->revoked[to->count].time = since;
    to->count++;
    return true;
}

static bool collect(struct entries *to, const char *folder, const struct settings *s,
                    const struct list *list, struct quoth_error *err)
{
    for (size_t i = 0; i < REVOCABLE_COUNT; i++)
        if (s->revoked[i] && certificates[i].list == list &&
            !add_entry(to, folder, certificates[i].cert, s->revoked[i], err))
            return false;
    return true;
}

static bool issue(const char *folder, const struct settings *s, const struct list *list,
                  int64_t now, struct quoth_error *err)
{
    AUTO(buffer) struct buffer issuer_der = {0};
    AUTO(buffer) struct buffer der = {0};
    AUTO(private_key) struct private_key *key = NULL;
    struct entries entries = {.count = 0};
    struct cert issuer;

    if (!pki_key(folder, list->issuer_key, &key, err) ||
        !pki_cert(folder, list->issuer_cert, &issuer_der, err) ||
        !cert_read(buffer_bytes(&issuer_der), &issuer, err) ||
        !collect(&entries, folder, s, list, err))
        return false;
    const struct x509_crl_spec spec = {
        .issuer = issuer.subject,
        .authority_key_id = issuer.ski,
        .number = s->crl_number,
        .this_update = now,
        .next_update = now + list->days * TIME_DAY,
        .revoked = entries.revoked,
        .revoked_count = entries.count,
    };
    return x509_make_crl(&spec, key, &der, err) &&
           layout_write(folder, list->file, buffer_bytes(&der), err);
}

bool revocation_issue(const char *folder, const struct settings *s, int64_t now,
                      struct quoth_error *err)
{
    return issue(folder, s, &root_list, now, err) && issue(folder, s, &platform_list, now, err);
}
