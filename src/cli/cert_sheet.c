#include "cli/cert_sheet.h"

#include "codec/der.h"
#include "codec/pem.h"
#include "crypto/digest.h"

bool pem_take_cert(struct reader *pem, struct buffer *ret_der, struct cert *ret_cert)
{
    return pem_next_lenient(pem, "CERTIFICATE", ret_der) &&
           cert_read(buffer_bytes(ret_der), ret_cert, pem->err);
}

static const char *attribute_name(struct bytes oid, char dotted[64])
{
    static const struct {
        const char *oid, *name;
    } known[] = {
        {"2.5.4.3",  "CN"},
        {"2.5.4.10", "O" },
        {"2.5.4.7",  "L" },
        {"2.5.4.8",  "ST"},
        {"2.5.4.6",  "C" },
    };
    for (size_t i = 0; i < COUNT(known); i++)
        if (der_oid_is(oid, known[i].oid))
            return known[i].name;
    return der_oid_text(oid, dotted, 64);
}

/* "CN=..., O=...": the organisation is what tells a simulator's names from the vendor's. */
static void show_name(struct sheet *s, const char *title, struct bytes name)
{
    struct quoth_error err = {0};
    struct reader r = {.in = name, .err = &err}, sequence, set, pair;
    AUTO(buffer) struct buffer text = {0};
    char dotted[64];
    if (!der_take_tag(&r, DER_SEQUENCE, &sequence, "name"))
        return;
    while (reader_ok(&sequence) && reader_left(&sequence) > 0) {
        if (!der_take_tag(&sequence, DER_SET, &set, "name") ||
            !der_take_tag(&set, DER_SEQUENCE, &pair, "name"))
            break;
        const struct bytes oid = der_oid(&pair, "name.type");
        const uint8_t tag =
            der_peek_tag(&pair, DER_UTF8_STRING) ? DER_UTF8_STRING : DER_PRINTABLE_STRING;
        const struct bytes value = der_content(&pair, tag, "name.value");
        buffer_printf(&text, "%s%s=", text.len ? ", " : "", attribute_name(oid, dotted));
        buffer_add(&text, value);
    }
    sheet_text(s, title, buffer_bytes(&text));
}

static void show_cert(struct sheet *s, const struct cert *c)
{
    const struct sha256 fingerprint = sha256_of(c->der);
    show_name(s, "subject", c->subject);
    show_name(s, "issuer", c->issuer);
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
