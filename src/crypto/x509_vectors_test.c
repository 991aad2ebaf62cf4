/* Every certificate and CRL in the genuine and simulated DCAP vectors (quotes, PCS answers, Open
 * Enclave endorsements): our readers accept them, OpenSSL agrees with every field, and each signed
 * by another that is there verifies. */
#include "crypto/cert.h"
#include "crypto/crl.h"
#include "tests/unit.h"
#include "tests/x509_oracle.h"

#include <dirent.h>
#include <openssl/pem.h>

#define FOUND_MAX 4096

DEFINE_AUTO(oracle_bio, BIO *, BIO_free)

static struct {
    struct buffer certs[FOUND_MAX], crls[FOUND_MAX];
    size_t cert_count, crl_count;
} found;

/* Keeps one of each. */
static void keep(struct buffer *list, size_t *count, struct bytes der)
{
    for (size_t i = 0; i < *count; i++)
        if (bytes_equal(buffer_bytes(&list[i]), der))
            return;
    assert_true(*count < FOUND_MAX);
    buffer_add(&list[(*count)++], der);
}

static void keep_der(struct bytes der)
{
    AUTO(oracle_cert) X509 *cert = oracle_cert_read(der);
    AUTO(oracle_crl) X509_CRL *crl = cert ? NULL : oracle_crl_read(der);
    if (cert)
        keep(found.certs, &found.cert_count, der);
    else if (crl)
        keep(found.crls, &found.crl_count, der);
}

/* The block that begins right here, in the midst of a quote perhaps. */
static void read_pem(struct bytes text)
{
    AUTO(oracle_bio) BIO *in = BIO_new_mem_buf(text.data, (int)text.len);
    char *name, *header;
    unsigned char *der;
    long len;
    if (in && PEM_read_bio(in, &name, &header, &der, &len) == 1) {
        keep_der((struct bytes){der, (size_t)len});
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(der);
    }
    ERR_clear_error();
}

static void scan_pem(struct bytes text)
{
    const struct bytes begin = BYTES_LITERAL("-----BEGIN ");
    for (size_t at = 0; at < text.len; at++)
        if (bytes_equal(bytes_slice(text, at, begin.len), begin))
            read_pem(bytes_slice(text, at, 8192));
}

/* PEM inside JSON strings. */
static void unescape(struct bytes in, struct buffer *out)
{
    for (size_t i = 0; i < in.len; i++) {
        const bool is_newline = in.data[i] == '\\' && i + 1 < in.len && in.data[i + 1] == 'n';
        buffer_u8(out, is_newline ? '\n' : in.data[i]);
        i += is_newline;
    }
}

static bool is_hex(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static void scan(struct bytes in);

/* Long runs of digits: CRLs of PCCS, quotes as text. */
static void scan_hex(struct bytes in)
{
    for (size_t start = 0; start < in.len; start++) {
        size_t end = start;
        while (end < in.len && is_hex(in.data[end]))
            end++;
        if (end - start >= 400) {
            struct quoth_error err = {0};
            AUTO(buffer) struct buffer data = {0};
            if (hex_decode(bytes_slice(in, start, (end - start) & ~(size_t)1), &data, &err))
                scan(buffer_bytes(&data));
        }
        start = end;
    }
}

static void scan(struct bytes in)
{
    AUTO(buffer) struct buffer plain = {0};
    unescape(in, &plain);
    keep_der(in);
    scan_pem(in);
    scan_pem(buffer_bytes(&plain));
    scan_hex(in);
}

static void scan_folder(const char *path)
{
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (struct dirent *e = readdir(folder); e; e = readdir(folder)) {
        struct quoth_error err = {0};
        AUTO(text) char *inside = path_join(path, e->d_name, &err);
        AUTO(buffer) struct buffer data = {0};
        if (e->d_type == DT_DIR && e->d_name[0] != '.')
            scan_folder(inside);
        else if (e->d_type == DT_REG && file_read(inside, 16u << 20, &data, &err))
            scan(buffer_bytes(&data));
    }
    closedir(folder);
}

static int gather(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    const char *vectors = getenv("QUOTH_VECTORS");
    AUTO(text) char *folder = vectors ? path_join(vectors, "dcap", &err) : NULL;
    if (folder)
        scan_folder(folder);
    return 0;
}

static int release(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOUND_MAX; i++) {
        buffer_clear(&found.certs[i]);
        buffer_clear(&found.crls[i]);
    }
    return 0;
}

static void need_vectors(void)
{
    if (getenv("QUOTH_VECTORS"))
        return;
    print_message("skipped: needs the certificates and CRLs below QUOTH_VECTORS/dcap\n");
    skip();
}

static bool is_signed_by_one_of_them(struct bytes issuer, struct bytes tbs, struct bytes signature)
{
    const struct sha256 digest = sha256_of(tbs);
    for (size_t i = 0; i < found.cert_count; i++) {
        struct quoth_error err = {0};
        struct cert candidate;
        AUTO(p256_public) struct p256_public *key = NULL;
        if (cert_read(buffer_bytes(&found.certs[i]), &candidate, &err) &&
            bytes_equal(candidate.subject, issuer) &&
            p256_public_from_point(candidate.point, &key, &err) &&
            p256_verify(key, &digest, signature))
            return true;
    }
    return false;
}

static void certificates_are_read_as_openssl_reads_them(void **state)
{
    (void)state;
    need_vectors();
    size_t verified = 0;
    for (size_t i = 0; i < found.cert_count; i++) {
        struct quoth_error err = {0};
        struct cert cert;
        if (!cert_read(buffer_bytes(&found.certs[i]), &cert, &err))
            fail_msg("%s at %zu: %s", err.where, err.offset, err.message);
        oracle_agrees_on_cert(buffer_bytes(&found.certs[i]), &cert);
        verified += is_signed_by_one_of_them(cert.issuer, cert.tbs, BYTES_OF(cert.signature));
    }
    print_message("  %zu certificates, %zu with their issuer\n", found.cert_count, verified);
    assert_true(found.cert_count > 40 && verified > found.cert_count / 2);
}

static void revocation_lists_are_read_as_openssl_reads_them(void **state)
{
    (void)state;
    need_vectors();
    size_t verified = 0;
    for (size_t i = 0; i < found.crl_count; i++) {
        struct quoth_error err = {0};
        struct crl crl;
        if (!crl_read(buffer_bytes(&found.crls[i]), &crl, &err))
            fail_msg("%s at %zu: %s", err.where, err.offset, err.message);
        oracle_agrees_on_crl(buffer_bytes(&found.crls[i]), &crl);
        verified += is_signed_by_one_of_them(crl.issuer, crl.tbs, BYTES_OF(crl.signature));
    }
    print_message("  %zu revocation lists, %zu with their issuer\n", found.crl_count, verified);
    assert_true(found.crl_count > 10 && verified > found.crl_count / 2);
}

/* Every byte of a genuine certificate changed: refused, or read differently, or its signature
 * broken; and what is still read, OpenSSL reads the same. */
static void no_changed_certificate_verifies(void **state)
{
    (void)state;
    need_vectors();
    struct quoth_error err = {0};
    struct cert cert, changed;
    AUTO(buffer) struct buffer root = {0};
    AUTO(p256_public) struct p256_public *key = NULL;
    size_t read = 0;
    unit_vector("dcap/roots/intel-sgx-root-ca.der", &root);
    assert_true(cert_read(buffer_bytes(&root), &cert, &err));
    assert_true(p256_public_from_point(cert.point, &key, &err));
    assert_true(cert_signed_by(&cert, key));
    for (size_t bit = 0; bit < 8 * root.len; bit++) {
        struct quoth_error ignored = {0};
        root.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (cert_read(buffer_bytes(&root), &changed, &ignored)) {
            read++;
            oracle_agrees_on_cert(buffer_bytes(&root), &changed);
            assert_false(cert_signed_by(&changed, key));
        }
        root.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    print_message("  %zu of %zu one-bit changes are still certificates; none verifies\n", read,
                  8 * root.len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates_are_read_as_openssl_reads_them),
        cmocka_unit_test(revocation_lists_are_read_as_openssl_reads_them),
        cmocka_unit_test(no_changed_certificate_verifies),
    };
    return cmocka_run_group_tests(tests, gather, release);
}
