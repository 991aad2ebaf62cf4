#include "platform/quoting.h"

#include "platform/layout.h"
#include "platform/model.h"
#include "platform/pki.h"

#define ECDSA_P256 2u /* attestation key type */
#define TEE_TDX 0x81u
#define CERTIFICATION_QE_REPORT 6u
#define CERTIFICATION_PCK_CHAIN 5u

/* Intel's, which verifiers insist on: it says whose format this is, not whose enclave. */
static const uint8_t vendor_id[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                      0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};

/* QE authentication data, as Intel's quoting enclave has it. */
static const uint8_t authentication_data[32] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                                11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                                22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

static const struct {
    struct bytes code, signer; /* texts whose hashes are MRENCLAVE and MRSIGNER */
    uint16_t prod_id;
    const char *key_file, *report_file;
} kinds[] = {
    [QUOTING_SGX] = {BYTES_INIT(MODEL_QE_CODE),    BYTES_INIT(MODEL_QE_SIGNER),    MODEL_QE_PROD_ID,
                     FILE_ATTESTATION_KEY,                                                                                    FILE_QE_REPORT   },
    [QUOTING_TDX] = {BYTES_INIT(MODEL_TD_QE_CODE), BYTES_INIT(MODEL_TD_QE_SIGNER),
                     MODEL_TD_QE_PROD_ID,                                                            FILE_TD_ATTESTATION_KEY, FILE_TD_QE_REPORT},
};

struct enclave_identity quoting_identity(enum quoting_kind kind)
{
    const struct sha256 code = sha256_of(kinds[kind].code);
    const struct sha256 signer = sha256_of(kinds[kind].signer);
    struct enclave_identity identity = {
        .flags = SGX_FLAG_INIT | SGX_FLAG_MODE64BIT | SGX_FLAG_PROVISION_KEY,
        .xfrm = 0xE7,
        .isv_prod_id = kinds[kind].prod_id,
        .isv_svn = MODEL_QE_SVN,
    };

    bytes_copy(identity.mr_enclave, BYTES_OF(code.bytes));
    bytes_copy(identity.mr_signer, BYTES_OF(signer.bytes));
    return identity;
}

static bool public_xy(const struct private_key *key, uint8_t ret_xy[64], struct quoth_error *err)
{
    AUTO(public_key) struct public_key *public = NULL;
    uint8_t point[P256_POINT_SIZE];

    if (!private_key_public(key, &public, err) || !public_key_to_point(public, point, err))
        return false;
    bytes_copy(ret_xy, bytes_slice(BYTES_OF(point), 1, 64));
    return true;
}

/* The quoting enclave's report names its attestation key: SHA-256(X || Y || authentication data),
 * then zeros. */
static bool certify(enum quoting_kind kind, const struct processor *cpu,
                    const struct private_key *key, struct private_key *pck,
                    struct buffer *ret_certification, struct quoth_error *err)
{
    const struct enclave_identity identity = quoting_identity(kind);
    uint8_t xy[64], report_data[SGX_REPORT_DATA_SIZE] = {0};

    if (!public_xy(key, xy, err))
        return false;
    const struct bytes named[] = {BYTES_OF(xy), BYTES_OF(authentication_data)};
    const struct sha256 digest = sha256_of_parts(named, COUNT(named));
    bytes_copy(report_data, BYTES_OF(digest.bytes));
    processor_report_body(cpu, &identity, BYTES_OF(report_data), ret_certification);
    if (!buffer_ok(ret_certification, err))
        return false;
    AUTO(buffer) struct buffer signature = {0};
    const struct bytes report = buffer_bytes(ret_certification);
    if (!private_key_sign_es256(pck, &report, 1, &signature, err))
        return false;
    buffer_add(ret_certification, buffer_bytes(&signature));
    return buffer_ok(ret_certification, err);
}

bool quoting_make(const char *folder, enum quoting_kind kind, const struct processor *cpu,
                  struct private_key *pck, struct quoth_error *err)
{
    AUTO(private_key) struct private_key *key = NULL;
    AUTO(buffer) struct buffer pem = {0};
    AUTO(buffer) struct buffer certification = {0};

    return private_key_generate(KEY_TYPE_P256, &key, err) && private_key_to_pem(key, &pem, err) &&
           certify(kind, cpu, key, pck, &certification, err) &&
           layout_write(folder, kinds[kind].key_file, buffer_bytes(&pem), err) &&
           layout_write(folder, kinds[kind].report_file, buffer_bytes(&certification), err);
}

/* Only this enclave on this processor could make it, and it tells nothing of the key behind it. */
static bool pseudonym(enum quoting_kind kind, const struct processor *cpu, uint8_t ret_id[16],
                      struct quoth_error *err)
{
    const struct enclave_identity identity = quoting_identity(kind);
    uint8_t key[SGX_KEY_SIZE];
    AUTO(buffer) struct buffer request = {0};

    buffer_u16le(&request, SGX_KEY_SEAL);
    buffer_u16le(&request, SGX_POLICY_MRSIGNER);
    buffer_fill(&request, SGX_KEY_REQUEST_SIZE - 4, 0);
    if (!buffer_ok(&request, err) ||
        !processor_key(cpu, &identity, buffer_bytes(&request), key, err))
        return false;
    const struct sha256 digest = sha256_of(BYTES_OF(key));
    bytes_wipe(key, sizeof key);
    bytes_copy(ret_id, bytes_slice(BYTES_OF(digest.bytes), 0, 16));
    return true;
}

bool quoting_open(const char *folder, enum quoting_kind kind, const struct processor *cpu,
                  struct quoting_enclave *ret_enclave, struct quoth_error *err)
{
    AUTO(quoting_enclave) struct quoting_enclave q = {0};
    AUTO(buffer) struct buffer certification = {0};

    if (!pki_key(folder, kinds[kind].key_file, &q.key, err) || !public_xy(q.key, q.xy, err) ||
        !layout_read(folder, kinds[kind].report_file, &certification, err) ||
        !pseudonym(kind, cpu, q.id, err))
        return false;
    if (certification.len != sizeof q.certification)
        return quoth_fail(err, QUOTH_MALFORMED, kinds[kind].report_file, QUOTH_NO_OFFSET,
                          "has %zu bytes, not %zu", certification.len, sizeof q.certification);
    bytes_copy(q.certification, buffer_bytes(&certification));
    *ret_enclave = take_value(q);
    return true;
}

void quoting_clear(struct quoting_enclave *q)
{
    private_key_free(q->key);
    *q = (struct quoting_enclave){0};
}

static void header_write(const struct quoting_enclave *q, unsigned version, bool tdx,
                         struct buffer *to)
{
    buffer_u16le(to, (uint16_t)version);
    buffer_u16le(to, ECDSA_P256);
    buffer_u32le(to, tdx ? TEE_TDX : 0);
    buffer_u16le(to, version == 3 ? MODEL_QE_SVN : 0); /* reserved in later versions */
    buffer_u16le(to, version == 3 ? MODEL_PCE_SVN : 0);
    buffer_add(to, BYTES_OF(vendor_id));
    buffer_add(to, BYTES_OF(q->id));
    buffer_fill(to, 4, 0);
}

/* Everything under the quote's signature: header, in version 5 the body's descriptor, body. */
static void signed_part_write(const struct quoting_enclave *q, unsigned version,
                              enum quoting_body type, struct bytes body, struct buffer *to)
{
    header_write(q, version, type != QUOTING_SGX_REPORT, to);
    if (version == 5) {
        buffer_u16le(to, (uint16_t)type);
        buffer_u32le(to, (uint32_t)body.len);
    }
    buffer_add(to, body);
}

/* From the quoting enclave's report to the end; versions 4 and 5 put a header before it. */
static void certification_write(const struct quoting_enclave *q, struct bytes pck_chain,
                                struct buffer *to)
{
    buffer_add(to, BYTES_OF(q->certification));
    buffer_u16le(to, sizeof authentication_data);
    buffer_add(to, BYTES_OF(authentication_data));
    buffer_u16le(to, CERTIFICATION_PCK_CHAIN);
    buffer_u32le(to, (uint32_t)pck_chain.len);
    buffer_add(to, pck_chain);
}

static void signature_data_write(const struct quoting_enclave *q, unsigned version,
                                 struct bytes signature, struct bytes pck_chain, struct buffer *to)
{
    AUTO(buffer) struct buffer certification = {0};
    AUTO(buffer) struct buffer data = {0};

    certification_write(q, pck_chain, &certification);
    buffer_add(&data, signature);
    buffer_add(&data, BYTES_OF(q->xy));
    if (version > 3) {
        buffer_u16le(&data, CERTIFICATION_QE_REPORT);
        buffer_u32le(&data, (uint32_t)certification.len);
    }
    buffer_add(&data, buffer_bytes(&certification));
    buffer_u32le(to, (uint32_t)data.len);
    buffer_add(to, buffer_bytes(&data));
    to->failed |= data.failed || certification.failed;
}

bool quoting_sign(struct quoting_enclave *q, unsigned version, enum quoting_body type,
                  struct bytes body, struct bytes pck_chain, struct buffer *ret_quote,
                  struct quoth_error *err)
{
    AUTO(buffer) struct buffer quote = {0};
    AUTO(buffer) struct buffer signature = {0};
    const unsigned first = type == QUOTING_SGX_REPORT ? 3 : type == QUOTING_TD_REPORT_10 ? 4 : 5;

    if (version < first || version > 5)
        return quoth_fail(err, QUOTH_UNSUPPORTED, "quote.version", QUOTH_NO_OFFSET,
                          "version %u of the quote format does not hold this report", version);
    signed_part_write(q, version, type, body, &quote);
    const struct bytes signed_part = buffer_bytes(&quote);
    if (!buffer_ok(&quote, err) ||
        !private_key_sign_es256(q->key, &signed_part, 1, &signature, err))
        return false;
    signature_data_write(q, version, buffer_bytes(&signature), pck_chain, &quote);
    buffer_add(ret_quote, buffer_bytes(&quote));
    ret_quote->failed |= quote.failed;
    return buffer_ok(ret_quote, err);
}
