#include "collateral/part.h"

#include "codec/der.h"
#include "codec/hex.h"
#include "codec/pem.h"

void collateral_builder_clear(struct collateral_builder *b)
{
    buffer_clear(&b->memory);
    *b = (struct collateral_builder){0};
}

static bool refuse(enum collateral_part part, size_t offset, const char *why,
                   struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_BUNDLE, collateral_part_name(part), offset, "%s", why);
}

static bool is_crl(enum collateral_part part)
{
    return part == COLLATERAL_ROOT_CRL || part == COLLATERAL_PCK_CRL;
}

static struct bytes without_nuls(struct bytes text)
{
    while (text.len > 0 && text.data[text.len - 1] == '\0')
        text.len--;
    return text;
}

/* Cuts der to the one element it begins with; what follows may be one NUL. The contents are for the
 * reader of CRLs to judge. */
static bool whole_element(struct bytes *der, enum collateral_part part, struct quoth_error *err)
{
    struct reader r = {.in = *der, .err = err};
    const struct bytes element = der_take_span(&r, collateral_part_name(part));
    if (!reader_ok(&r))
        return false;
    const struct bytes rest = bytes_slice(*der, r.pos, der->len);
    if (rest.len > 1 || !bytes_all_zero(rest))
        return refuse(part, r.pos, "has bytes behind its end", err);
    *der = element;
    return true;
}

static bool starts_with(struct bytes text, const char *prefix)
{
    return bytes_equal(bytes_slice(text, 0, strlen(prefix)), bytes_of_text(prefix));
}

static bool one_pem_block(struct bytes text, struct buffer *ret_der, struct quoth_error *err)
{
    struct reader r = {.in = text, .err = err};
    return pem_next_lenient(&r, "X509 CRL", ret_der) && reader_end(&r, "pem");
}

/* dcap.md 2.3: three encodings are in circulation, told apart by how they begin. */
static bool crl_to_der(struct bytes raw, enum collateral_part part, struct buffer *ret_der,
                       struct quoth_error *err)
{
    const struct bytes text = without_nuls(raw);
    if (raw.data[0] == 0x30) {
        buffer_add(ret_der, raw);
    } else if (starts_with(text, "-----BEGIN")) {
        if (!one_pem_block(text, ret_der, err))
            return quoth_within(err, collateral_part_name(part));
    } else if (!hex_decode(text, ret_der, err)) {
        return quoth_within(err, collateral_part_name(part));
    }
    if (!buffer_ok(ret_der, err))
        return false;
    if (ret_der->len == 0 || ret_der->data[0] != 0x30)
        return refuse(part, 0, "is no CRL in DER, PEM or hex", err);
    struct bytes der = buffer_bytes(ret_der);
    if (!whole_element(&der, part, err))
        return false;
    ret_der->len = der.len;
    return true;
}

static bool store(struct collateral_builder *b, enum collateral_part part, struct bytes clean,
                  struct quoth_error *err)
{
    if (b->part[part].len != 0)
        return refuse(part, QUOTH_NO_OFFSET, "is there twice", err);
    if (clean.len > COLLATERAL_PART_MAX)
        return quoth_fail(err, QUOTH_BUNDLE, collateral_part_name(part), COLLATERAL_PART_MAX,
                          "has %zu bytes, the limit is %u", clean.len, COLLATERAL_PART_MAX);
    b->part[part].at = b->memory.len;
    b->part[part].len = clean.len;
    buffer_add(&b->memory, clean);
    return buffer_ok(&b->memory, err);
}

bool collateral_add(struct collateral_builder *b, enum collateral_part part, struct bytes raw,
                    struct quoth_error *err)
{
    const struct bytes text = without_nuls(raw);
    if (text.len == 0)
        return true;
    if (!is_crl(part)) {
        const uint8_t *nul = memchr(text.data, '\0', text.len);
        return nul ? refuse(part, (size_t)(nul - text.data), "has a NUL inside", err)
                   : store(b, part, text, err);
    }
    AUTO(buffer) struct buffer der = {0};
    return crl_to_der(raw, part, &der, err) && store(b, part, buffer_bytes(&der), err);
}

const char *collateral_signed_member(enum collateral_part part)
{
    return part == COLLATERAL_TCB_INFO ? "tcbInfo" : "enclaveIdentity";
}

bool collateral_add_signed(struct collateral_builder *b, enum collateral_part part,
                           struct bytes object, struct bytes signature, struct quoth_error *err)
{
    const struct bytes hex = without_nuls(signature), inner = without_nuls(object);
    uint8_t raw[64]; /* r and s of P-256 */
    if (inner.len < 2 || inner.data[0] != '{' || inner.data[inner.len - 1] != '}')
        return refuse(part, 0, "is not a JSON object", err);
    if (!hex_decode_fixed(hex, raw, sizeof raw, err))
        return quoth_within(err, "signature") || quoth_within(err, collateral_part_name(part));
    AUTO(buffer) struct buffer body = {0};
    buffer_printf(&body, "{\"%s\":", collateral_signed_member(part));
    buffer_add(&body, inner);
    buffer_text(&body, ",\"signature\":\"");
    buffer_add(&body, hex);
    buffer_text(&body, "\"}");
    return buffer_ok(&body, err) && collateral_add(b, part, buffer_bytes(&body), err);
}

bool collateral_finish(struct collateral_builder *b, struct collateral *ret_collateral,
                       struct quoth_error *err)
{
    if (!buffer_ok(&b->memory, err))
        return false;
    struct collateral c = {0};
    c.memory = take_value(b->memory);
    for (size_t i = 0; i < COLLATERAL_PARTS; i++)
        if (b->part[i].len > 0)
            c.part[i] = bytes_slice(buffer_bytes(&c.memory), b->part[i].at, b->part[i].len);
    *b = (struct collateral_builder){0};
    *ret_collateral = c;
    return true;
}
