#include "platform/sigstruct.h"

#include <inttypes.h>

#include "crypto/digest.h"

static const uint8_t header[12] = {0x06, 0, 0, 0, 0xE1, 0, 0, 0, 0, 0, 0x01, 0};
static const uint8_t header2[16] = {0x01, 0x01, 0, 0, 0x60, 0, 0, 0, 0x60, 0, 0, 0, 0x01, 0, 0, 0};

/* The two signed ranges. */
#define HEAD_SIZE 128u
#define BODY_AT 900u
#define BODY_SIZE 128u

#define EXPONENT 3u
#define TYPE_DEBUG 0x80000000u /* bit 31 of the fourth word; the rest of it is zero */

static void constant(struct reader *r, struct bytes expected, const char *field)
{
    const size_t at = r->pos;
    const struct bytes found = reader_take(r, expected.len, field);
    for (size_t i = 0; i < found.len; i++)
        if (found.data[i] != expected.data[i])
            quoth_fail(r->err, QUOTH_SIGSTRUCT_MALFORMED, field, at + i,
                       "found %02x, expected %02x", found.data[i], expected.data[i]);
}

static void reserved(struct reader *r, size_t len, const char *field)
{
    const size_t at = r->pos;
    const struct bytes found = reader_take(r, len, field);
    for (size_t i = 0; i < found.len; i++)
        if (found.data[i] != 0)
            quoth_fail(r->err, QUOTH_SIGSTRUCT_MALFORMED, field, at + i, "found %02x, expected 00",
                       found.data[i]);
}

static uint32_t known(struct reader *r, uint32_t a, uint32_t b, const char *field)
{
    const size_t at = r->pos;
    const uint32_t found = reader_u32le(r, field);
    if (reader_ok(r) && found != a && found != b)
        quoth_fail(r->err, QUOTH_SIGSTRUCT_MALFORMED, field, at,
                   "found 0x%08" PRIx32 ", expected 0x%08" PRIx32 " or 0x%08" PRIx32, found, a, b);
    return found;
}

/* Whether a field of the family holds anything; the bytes themselves mean nothing here. */
static bool any(struct reader *r, size_t len, const char *field)
{
    return !bytes_all_zero(reader_take(r, len, field));
}

struct numbers {
    struct bytes modulus, signature, q1, q2;
};

static bool fields_read(struct reader *r, struct sigstruct *s, struct numbers *n)
{
    struct sigstruct_body *b = &s->body;

    constant(r, BYTES_OF(header), "header");
    (void)known(r, 0, TYPE_DEBUG, "type");
    b->vendor = known(r, 0, SIGSTRUCT_VENDOR_INTEL, "vendor");
    b->date = reader_u32le(r, "date");
    constant(r, BYTES_OF(header2), "header2");
    b->sw_defined = reader_u32le(r, "sw_defined");
    reserved(r, 84, "reserved1");
    n->modulus = reader_take(r, SIGSTRUCT_NUMBER_SIZE, "modulus");
    (void)known(r, EXPONENT, EXPONENT, "exponent");
    n->signature = reader_take(r, SIGSTRUCT_NUMBER_SIZE, "signature");
    b->misc_select = reader_u32le(r, "misc_select");
    b->misc_mask = reader_u32le(r, "misc_mask");
    reserved(r, 4, "cet_attributes");
    s->kss_ids = any(r, 16, "isv_family_id");
    b->flags = reader_u64le(r, "attributes.flags");
    b->xfrm = reader_u64le(r, "attributes.xfrm");
    b->flags_mask = reader_u64le(r, "attribute_mask.flags");
    b->xfrm_mask = reader_u64le(r, "attribute_mask.xfrm");
    bytes_copy(b->mr_enclave, reader_take(r, 32, "enclave_hash"));
    reserved(r, 16, "reserved3");
    s->kss_ids |= any(r, 16, "isv_ext_prod_id");
    b->isv_prod_id = reader_u16le(r, "isv_prod_id");
    b->isv_svn = reader_u16le(r, "isv_svn");
    reserved(r, 12, "reserved4");
    n->q1 = reader_take(r, SIGSTRUCT_NUMBER_SIZE, "q1");
    n->q2 = reader_take(r, SIGSTRUCT_NUMBER_SIZE, "q2");
    return reader_ok(r);
}

static struct sha256 signed_digest(struct bytes in)
{
    const struct bytes parts[] = {
        bytes_slice(in, 0, HEAD_SIZE),
        bytes_slice(in, BODY_AT, BODY_SIZE),
    };
    return sha256_of_parts(parts, COUNT(parts));
}

static bool signature_check(struct bytes in, const struct numbers *n, struct quoth_error *err)
{
    uint8_t q1[SIGSTRUCT_NUMBER_SIZE], q2[SIGSTRUCT_NUMBER_SIZE];
    const struct sha256 digest = signed_digest(in);
    struct quoth_error why = {0};

    if (!sigstruct_q1_q2(n->signature, n->modulus, q1, q2, &why))
        return quoth_fail(err, QUOTH_SIGSTRUCT_MALFORMED, "modulus", HEAD_SIZE, "%s", why.message);
    if (!bytes_equal(n->q1, BYTES_OF(q1)) || !bytes_equal(n->q2, BYTES_OF(q2)))
        return quoth_fail(err, QUOTH_SIGSTRUCT_SIGNATURE, "q1", 1040,
                          "Q1 and Q2 do not follow from signature and modulus");
    if (!sigstruct_signature_valid(n->signature, n->modulus, &digest))
        return quoth_fail(err, QUOTH_SIGSTRUCT_SIGNATURE, "signature", 516,
                          "the signature is not one of this modulus over these fields");
    return true;
}

bool sigstruct_read(struct bytes in, struct sigstruct *ret_sigstruct, struct quoth_error *err)
{
    struct reader r = {.in = in, .err = err};
    struct sigstruct s = {0};
    struct numbers n;

    if (in.len != SIGSTRUCT_SIZE) {
        quoth_fail(err, QUOTH_SIGSTRUCT_MALFORMED, "length", in.len, "has %zu bytes, expected %d",
                   in.len, SIGSTRUCT_SIZE);
        return quoth_within(err, "sigstruct");
    }
    if (!fields_read(&r, &s, &n) || !signature_check(in, &n, err))
        return quoth_within(err, "sigstruct");
    bytes_copy(s.modulus, n.modulus);
    const struct sha256 signer = sha256_of(n.modulus);
    bytes_copy(s.mr_signer, BYTES_OF(signer.bytes));
    *ret_sigstruct = s;
    return true;
}

static void head_write(const struct sigstruct_body *body, struct buffer *to)
{
    buffer_add(to, BYTES_OF(header));
    buffer_u32le(to, 0); /* TYPE */
    buffer_u32le(to, body->vendor);
    buffer_u32le(to, body->date);
    buffer_add(to, BYTES_OF(header2));
    buffer_u32le(to, body->sw_defined);
    buffer_fill(to, 84, 0);
}

static void body_write(const struct sigstruct_body *body, struct buffer *to)
{
    buffer_u32le(to, body->misc_select);
    buffer_u32le(to, body->misc_mask);
    buffer_fill(to, 4 + 16, 0); /* CET, ISVFAMILYID */
    buffer_u64le(to, body->flags);
    buffer_u64le(to, body->xfrm);
    buffer_u64le(to, body->flags_mask);
    buffer_u64le(to, body->xfrm_mask);
    buffer_add(to, BYTES_OF(body->mr_enclave));
    buffer_fill(to, 16 + 16, 0); /* reserved, ISVEXTPRODID */
    buffer_u16le(to, body->isv_prod_id);
    buffer_u16le(to, body->isv_svn);
}

static void add_reversed(struct buffer *to, struct bytes big_endian)
{
    for (size_t i = big_endian.len; i-- > 0;)
        buffer_u8(to, big_endian.data[i]);
    buffer_fill(to, SIGSTRUCT_NUMBER_SIZE - big_endian.len, 0);
}

/* The key's modulus, little-endian, if the processor would take it. */
static bool modulus_of(const struct private_key *key, struct buffer *ret_modulus,
                       struct quoth_error *err)
{
    AUTO(public_key) struct public_key *public = NULL;
    AUTO(buffer) struct buffer n = {0}, e = {0};

    if (private_key_kind(key) != KEY_KIND_RSA || private_key_bits(key) != 3072)
        return quoth_fail(err, QUOTH_KEY_UNSUPPORTED, "signing key", QUOTH_NO_OFFSET,
                          "has %u bits, expected RSA with 3072 bits and exponent 3",
                          private_key_bits(key));
    if (!private_key_public(key, &public, err) || !public_key_to_rsa(public, &n, &e, err))
        return false;
    if (e.len != 1 || e.data[0] != EXPONENT || n.len != SIGSTRUCT_NUMBER_SIZE)
        return quoth_fail(err, QUOTH_KEY_UNSUPPORTED, "signing key", QUOTH_NO_OFFSET,
                          "has another exponent, expected RSA with 3072 bits and exponent 3");
    add_reversed(ret_modulus, buffer_bytes(&n));
    return buffer_ok(ret_modulus, err);
}

bool sigstruct_write(const struct sigstruct_body *body, struct private_key *key,
                     struct buffer *ret_sigstruct, struct quoth_error *err)
{
    AUTO(buffer) struct buffer head = {0}, tail = {0}, modulus = {0}, big = {0}, signature = {0};
    uint8_t q1[SIGSTRUCT_NUMBER_SIZE], q2[SIGSTRUCT_NUMBER_SIZE];

    if (!modulus_of(key, &modulus, err))
        return false;
    head_write(body, &head);
    body_write(body, &tail);
    if (!buffer_ok(&head, err) || !buffer_ok(&tail, err))
        return false;
    const struct bytes parts[] = {buffer_bytes(&head), buffer_bytes(&tail)};
    if (!private_key_sign_rs256(key, parts, COUNT(parts), &big, err))
        return false;
    add_reversed(&signature, buffer_bytes(&big));
    if (!buffer_ok(&signature, err) ||
        !sigstruct_q1_q2(buffer_bytes(&signature), buffer_bytes(&modulus), q1, q2, err))
        return false;

    buffer_add(ret_sigstruct, buffer_bytes(&head));
    buffer_add(ret_sigstruct, buffer_bytes(&modulus));
    buffer_u32le(ret_sigstruct, EXPONENT);
    buffer_add(ret_sigstruct, buffer_bytes(&signature));
    buffer_add(ret_sigstruct, buffer_bytes(&tail));
    buffer_fill(ret_sigstruct, 12, 0);
    buffer_add(ret_sigstruct, BYTES_OF(q1));
    buffer_add(ret_sigstruct, BYTES_OF(q2));
    return buffer_ok(ret_sigstruct, err);
}

bool sigstruct_signer_of_pem(struct bytes pem, uint8_t ret_mr_signer[32], struct quoth_error *err)
{
    AUTO(private_key) struct private_key *key = NULL;
    AUTO(buffer) struct buffer modulus = {0};

    if (pem.len > 0 && memmem(pem.data, pem.len, "PRIVATE KEY-----", 16)) {
        if (!private_key_from_pem(pem, &key, err) || !modulus_of(key, &modulus, err))
            return false;
    } else {
        uint8_t *room = buffer_extend(&modulus, SIGSTRUCT_NUMBER_SIZE);
        if (!room)
            return buffer_ok(&modulus, err);
        if (!sigstruct_modulus_from_pem(pem, room, err))
            return false;
    }
    const struct sha256 signer = sha256_of(buffer_bytes(&modulus));
    bytes_copy(ret_mr_signer, BYTES_OF(signer.bytes));
    return true;
}

void sigstruct_defaults(bool debug, struct sigstruct_body *ret_body)
{
    *ret_body = (struct sigstruct_body){
        .misc_mask = 0xFFFFFFFF,
        .flags = SGX_FLAG_MODE64BIT | (debug ? SGX_FLAG_DEBUG : 0),
        .xfrm = SGX_XFRM_LEGACY,
        .flags_mask = 0xFFFFFFFFFFFFFFFF,
        .xfrm_mask = 0xFFFFFFFFFFF9FF1B, /* AVX 0x4, AVX-512 0xE0, AMX 0x60000 left open */
    };
}
