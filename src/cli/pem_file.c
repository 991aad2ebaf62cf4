#include "cli/pem_file.h"

#include "base/file.h"
#include "codec/pem.h"

void pem_chain_clear(struct pem_chain *c)
{
    for (size_t i = 0; i < c->count; i++)
        buffer_clear(&c->der[i]);
    *c = (struct pem_chain){0};
}

static bool read_next(struct reader *r, struct pem_chain *c, struct quoth_error *err)
{
    AUTO(x509_cert) struct x509_cert *certificate = NULL;
    if (c->count == COUNT(c->der))
        return quoth_fail(err, QUOTH_CERTIFICATE_MALFORMED, NULL, QUOTH_NO_OFFSET,
                          "holds more than %zu certificates", COUNT(c->der));
    struct buffer *der = &c->der[c->count++];
    return pem_next_lenient(r, "CERTIFICATE", der) &&
           x509_cert_from_der(buffer_bytes(der), &certificate, err);
}

bool pem_chain_read(const char *path, struct pem_chain *ret_chain, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    AUTO(pem_chain) struct pem_chain c = {0};
    if (!file_read(path, X509_SIZE_MAX, &text, err))
        return false;
    struct reader r = {.in = buffer_bytes(&text), .err = err};
    do
        if (!read_next(&r, &c, err))
            return quoth_within(err, path);
    while (reader_left(&r) > 0);
    *ret_chain = take_value(c);
    return true;
}

bool pem_key_read(const char *path, struct private_key **ret_key, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    return file_read(path, X509_SIZE_MAX, &text, err) &&
           (private_key_from_pem(buffer_bytes(&text), ret_key, err) || quoth_within(err, path));
}
