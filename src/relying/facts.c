#include "relying/facts.h"

#include "codec/base64.h"
#include "codec/hex.h"
#include "codec/json_write.h"
#include "crypto/digest.h"
#include "crypto/x509.h"
#include "token/held.h"

/* A JSON fault inside a claim, told as one of the claim. */
static bool bad_claim(const char *name, const struct quoth_error *inner, struct quoth_error *err)
{
    const enum quoth_code code = inner->code == QUOTH_MEMORY ? QUOTH_MEMORY : QUOTH_TOKEN_CLAIM;
    return quoth_fail(err, code, name, inner->offset, "%s", inner->message);
}

bool claim_int(struct json claims, const char *name, int64_t max, int64_t *ret_number,
               struct quoth_error *err)
{
    struct quoth_error inner = {0};
    return json_need_int(claims, name, 0, max, ret_number, &inner) || bad_claim(name, &inner, err);
}

bool claim_bool(struct json claims, const char *name, bool *ret_value, struct quoth_error *err)
{
    struct quoth_error inner = {0};
    return json_need_bool(claims, name, ret_value, &inner) || bad_claim(name, &inner, err);
}

bool claim_text(struct json claims, const char *name, char *ret_text, size_t size,
                struct quoth_error *err)
{
    struct quoth_error inner = {0};
    struct bytes text;
    if (!json_need_plain(claims, name, &text, &inner))
        return bad_claim(name, &inner, err);
    if (text.len >= size)
        return quoth_fail(err, QUOTH_TOKEN_CLAIM, name, QUOTH_NO_OFFSET,
                          "has %zu characters, limit is %zu", text.len, size - 1);
    bytes_copy((uint8_t *)ret_text, text);
    ret_text[text.len] = '\0';
    return true;
}

static bool has(struct json claims, const char *name)
{
    struct json ignored;
    return json_member(claims, name, &ignored);
}

/* Lower-case digits, as they are issued: one value has one text. */
static bool claim_hex(struct json claims, const char *name, uint8_t *ret_data, size_t len,
                      struct quoth_error *err)
{
    char text[129];
    struct quoth_error inner = {0};
    if (!claim_text(claims, name, text, sizeof text, err))
        return false;
    if (strpbrk(text, "ABCDEF") || !hex_decode_fixed(bytes_of_text(text), ret_data, len, &inner))
        return quoth_fail(err, QUOTH_TOKEN_CLAIM, name, QUOTH_NO_OFFSET,
                          "is not %zu lower-case hexadecimal digits", 2 * len);
    return true;
}

static bool claim_u16(struct json claims, const char *name, uint16_t *ret_number,
                      struct quoth_error *err)
{
    int64_t number = 0;
    if (!claim_int(claims, name, UINT16_MAX, &number, err))
        return false;
    *ret_number = (uint16_t)number;
    return true;
}

static bool read_sgx(struct json claims, struct quoth_verified *v, struct quoth_error *err)
{
    return claim_hex(claims, "x-ms-sgx-mrenclave", v->unique_id, 32, err) &&
           claim_hex(claims, "x-ms-sgx-mrsigner", v->signer_id, 32, err) &&
           claim_u16(claims, "x-ms-sgx-product-id", &v->product_id, err) &&
           claim_u16(claims, "x-ms-sgx-svn", &v->security_version, err) &&
           claim_bool(claims, "x-ms-sgx-is-debuggable", &v->debug, err);
}

/* What is said only by some verifiers: Azure's own tokens know no x-quoth-*, and a policy is signed
 * or not. What is said must be of its type all the same. */
static bool read_optional(struct json claims, struct quoth_verified *v, struct quoth_error *err)
{
    return (!has(claims, "x-quoth-simulated") ||
            claim_bool(claims, "x-quoth-simulated", &v->simulated, err)) &&
           (!has(claims, "x-quoth-tcb-status") ||
            claim_text(claims, "x-quoth-tcb-status", v->tcb_status, sizeof v->tcb_status, err)) &&
           (!has(claims, "x-ms-policy-hash") ||
            claim_text(claims, "x-ms-policy-hash", v->policy_hash, sizeof v->policy_hash, err));
}

/* {"x5c":[base64 DER, ...]}: the certificate of the policy's signer comes first. */
static bool read_policy_signer(struct json claims, struct quoth_verified *v,
                               struct quoth_error *err)
{
    static const char name[] = "x-ms-policy-signer";
    struct json signer, chain;
    struct bytes text;
    AUTO(buffer) struct buffer der = {0};
    struct quoth_error inner = {0};
    if (!json_member(claims, name, &signer))
        return true;
    if (!json_need_array(signer, "x5c", &chain, &inner) ||
        !json_get_plain(json_first(chain), &text, &inner) || !base64_decode(text, &der, &inner))
        return bad_claim(name, &inner, err);
    const struct sha256 digest = sha256_of(buffer_bytes(&der));
    bytes_copy(v->policy_signer, BYTES_OF(digest.bytes));
    v->has_policy_signer = true;
    return true;
}

/* Memory of the caller's kind: malloc'd, with a NUL behind it. */
static bool hand_over(struct buffer *from, uint8_t **ret_data, size_t *ret_len,
                      struct quoth_error *err)
{
    const size_t len = from->len;
    char *text = buffer_take_text(from, err);
    if (!text)
        return false;
    *ret_data = (uint8_t *)text;
    *ret_len = len;
    return true;
}

static bool is_certificate(struct bytes der)
{
    AUTO(x509_cert) struct x509_cert *cert = NULL;
    struct quoth_error ignored = {0};
    return x509_cert_from_der(der, &cert, &ignored);
}

/* The verifier has compared the hash of these bytes with the report data; where the token lets us,
 * we compare again (maa.md 1.6). */
static bool check_report_data(struct json claims, struct bytes held, struct quoth_error *err)
{
    static const char name[] = "x-ms-sgx-report-data";
    uint8_t report_data[64];
    if (!has(claims, name))
        return true;
    const struct sha256 digest = sha256_of(held);
    if (!claim_hex(claims, name, report_data, sizeof report_data, err))
        return false;
    const struct bytes all = BYTES_OF(report_data);
    return (bytes_equal(bytes_slice(all, 0, 32), BYTES_OF(digest.bytes)) &&
            bytes_all_zero(bytes_slice(all, 32, 32))) ||
           quoth_fail(err, QUOTH_TOKEN_CLAIM, name, QUOTH_NO_OFFSET,
                      "is not the SHA-256 of the held data and zeros");
}

/* Bytes stay bytes, whatever they look like: only a certificate is recognised (THREATS 2). */
static bool read_binary(struct json claims, struct quoth_verified *v, struct quoth_error *err)
{
    static const char name[] = "x-ms-sgx-ehd";
    AUTO(buffer) struct buffer held = {0}, copy = {0};
    struct quoth_error inner = {0};
    struct bytes text;
    if (!json_need_plain(claims, name, &text, &inner) || !base64url_decode(text, &held, &inner))
        return bad_claim(name, &inner, err);
    if (!check_report_data(claims, buffer_bytes(&held), err))
        return false;
    if (is_certificate(buffer_bytes(&held))) {
        buffer_add(&copy, buffer_bytes(&held));
        if (!hand_over(&copy, &v->certificate, &v->certificate_len, err))
            return false;
    }
    return hand_over(&held, &v->held_data, &v->held_data_len, err);
}

/* An envelope of ours tells certificate and challenge; other objects are handed on as they are. One
 * that says it is ours must be it in full. */
static bool read_json(struct json runtime, struct quoth_verified *v, struct quoth_error *err)
{
    AUTO(held_envelope) struct held_envelope envelope = {0};
    AUTO(buffer) struct buffer text = {0};
    struct json version;
    if (json_type(runtime) != JSON_OBJECT)
        return quoth_fail(err, QUOTH_TOKEN_CLAIM, "x-ms-runtime", json_offset(runtime),
                          "is not an object");
    if (json_member(runtime, "v", &version) && json_text_is(version, "quoth-1")) {
        if (!held_envelope_read(json_span(runtime), &envelope, err))
            return quoth_within(err, "x-ms-runtime");
        if (!is_certificate(buffer_bytes(&envelope.certificate)))
            return quoth_fail(err, QUOTH_TOKEN_CLAIM, "x-ms-runtime.cert", QUOTH_NO_OFFSET,
                              "is not a certificate");
        v->nonce_len = envelope.nonce.len;
        bytes_copy(v->nonce, buffer_bytes(&envelope.nonce));
        if (!hand_over(&envelope.certificate, &v->certificate, &v->certificate_len, err))
            return false;
    }
    json_write_canonical(runtime, &text);
    v->held_json = true;
    return hand_over(&text, &v->held_data, &v->held_data_len, err);
}

static bool read_held(struct json claims, struct quoth_verified *v, struct quoth_error *err)
{
    struct json runtime;
    const bool is_json = json_member(claims, "x-ms-runtime", &runtime);
    const bool is_binary = has(claims, "x-ms-sgx-ehd");
    if (is_json && is_binary)
        return quoth_fail(err, QUOTH_TOKEN_CLAIM, "x-ms-runtime", QUOTH_NO_OFFSET,
                          "stands beside x-ms-sgx-ehd: held data is of one type");
    return is_json ? read_json(runtime, v, err) : !is_binary || read_binary(claims, v, err);
}

bool facts_read(struct json claims, struct quoth_verified *v, struct quoth_error *err)
{
    return read_sgx(claims, v, err) && read_optional(claims, v, err) &&
           read_policy_signer(claims, v, err) && read_held(claims, v, err);
}
