#include "cli/cert_sheet.h"

#include "codec/pem.h"
#include "crypto/digest.h"

bool pem_take_cert(struct reader *pem, struct buffer *ret_der, struct cert *ret_cert)
{
    return pem_next_lenient(pem, "CERTIFICATE", ret_der) &&
           cert_read(buffer_bytes(ret_der), ret_cert, pem->err);
}

static void show_cert(struct sheet *s, const struct cert *c)
{
    const struct sha256 fingerprint = sha256_of(c->der);
    sheet_text(s, "subject", c->subject_cn);
    sheet_text(s, "issuer", c->issuer_cn);
    sheet_hex(s, "serial", c->serial);
    sheet_time(s, "notBefore", c->not_before);
    sheet_time(s, "notAfter", c->not_after);
    sheet_hex(s, "sha256", BYTES_OF(fingerprint.bytes));
}

void sheet_chain(struct sheet *s, const char *name, struct bytes pem)
{
    struct quoth_error err = {0};
    struct reader r = {.in = pem, .err = &err};
    sheet_list_begin(s, name);
    for (size_t i = 1; reader_ok(&r) && reader_left(&r) > 1; i++) { /* 1: a NUL at the end */
        AUTO(buffer) struct buffer der = {0};
        struct cert cert;
        sheet_entry_begin(s, i);
        if (pem_take_cert(&r, &der, &cert))
            show_cert(s, &cert);
        else
            sheet_cstring(s, "error", err.message);
        sheet_entry_end(s);
    }
    sheet_list_end(s);
}
