/* Asking a verifier for a token, for SGX as EGo's CreateAzureAttestationToken does (attester.md
 * 3.2), but over verified TLS. */
#include "attester/attester.h"
#include "base/text.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "codec/json_write.h"
#include "tee/dcap/quote.h"

#define OE_REPORT_VERSION 1u
#define OE_REPORT_REMOTE 2u
#define ANSWER_MAX (256u << 10) /* a token of 128 KiB and room for its wrapping */

/* Open Enclave's report: 16 bytes of header before the quote (attester.md 2.3). No quote begins as
 * the header does: its first two bytes are its version, 3 or more. */
static void write_report(struct buffer *to, struct bytes evidence)
{
    if (evidence.len < 2 || bytes_u16le(evidence, 0) != OE_REPORT_VERSION) {
        buffer_u32le(to, OE_REPORT_VERSION);
        buffer_u32le(to, OE_REPORT_REMOTE);
        buffer_u64le(to, evidence.len);
    }
    buffer_add(to, evidence);
}

/* An attestation type of Azure's interface (maa.md 1.3): where evidence goes, and as what. */
struct attestation_type {
    const char *route, *member;
    void (*write)(struct buffer *to, struct bytes evidence);
};

static const struct attestation_type open_enclave = {"/attest/OpenEnclave?api-version=2020-10-01",
                                                     "report", write_report};
static const struct attestation_type tdx_vm = {"/attest/TdxVm?api-version=2025-06-01", "quote",
                                               buffer_add};

/* What is no quote of TDX goes the way of SGX: it is the verifier's to judge. */
static const struct attestation_type *type_of(struct bytes evidence)
{
    enum dcap_tee tee;
    return quote_peek_tee(evidence, &tee) && tee == DCAP_TDX ? &tdx_vm : &open_enclave;
}

static void write_data(const struct quoth_token_request *request, struct buffer *to)
{
    json_name(to, "runtimeData");
    json_object_begin(to);
    json_named_base64url(to, "data", (struct bytes){request->data, request->data_len});
    json_named_cstring(to, "dataType", request->data_type == QUOTH_DATA_JSON ? "JSON" : "Binary");
    json_object_end(to);
}

static void write_request(const struct quoth_token_request *request, const char *member,
                          const struct buffer *evidence, struct buffer *to)
{
    json_object_begin(to);
    json_named_base64url(to, member, buffer_bytes(evidence));
    if (request->data)
        write_data(request, to);
    if (request->nonce) {
        json_named_cstring(to, "nonce", request->nonce);
    }
    json_object_end(to);
}

/* Whether somebody's reader, however lenient, might take the bytes for a JSON object. */
static bool looks_like_json(struct bytes data)
{
    const struct bytes mark = BYTES_LITERAL("\xEF\xBB\xBF");
    size_t at = bytes_equal(bytes_slice(data, 0, mark.len), mark) ? mark.len : 0;
    while (at < data.len && data.data[at] <= ' ')
        at++;
    return at < data.len && data.data[at] == '{';
}

/* Whoever posts evidence chooses the type of its data. Bytes that are meant as Binary must
 * therefore not be such that they could be posted as JSON, with a meaning we never gave them
 * (THREATS 2). */
static bool check_data(const struct quoth_token_request *request, struct quoth_error *err)
{
    const struct bytes data = {request->data, request->data_len};
    AUTO(json_doc) struct json_doc doc = {0};
    struct quoth_error why = {0};
    if (!request->data)
        return true;
    if (request->data_type == QUOTH_DATA_BINARY)
        return !looks_like_json(data) ||
               quoth_fail(err, QUOTH_MALFORMED, "runtimeData", 0,
                          "could be posted as JSON by others: wrap it, or say that it is JSON");
    if (!json_parse(data, NULL, &doc, &why))
        return quoth_fail(err, QUOTH_MALFORMED, "runtimeData", why.offset, "%s", why.message);
    return json_type(json_root(&doc)) == JSON_OBJECT ||
           quoth_fail(err, QUOTH_MALFORMED, "runtimeData", 0, "is not a JSON object");
}

/* The code and message of Azure's error envelope (maa.md 1.11), for people. */
static void explain(const struct https_response *response, char *to, size_t size)
{
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(buffer) struct buffer code = {0}, message = {0};
    struct quoth_error ignored = {0};
    struct json error = {0}, member = {0};
    to[0] = '\0';
    if (!json_parse(buffer_bytes(&response->body), NULL, &doc, &ignored) ||
        !json_member(json_root(&doc), "error", &error))
        return;
    if (json_member(error, "code", &member))
        json_text(member, &code);
    if (json_member(error, "message", &member))
        json_text(member, &message);
    if (code.len > 0 && message.len > 0)
        buffer_text(&code, ": ");
    buffer_add(&code, buffer_bytes(&message));
    if (!code.failed)
        text_escape(to, size, buffer_bytes(&code));
}

bool attester_refused(const struct https_response *response, const char *where,
                      enum quoth_code refusal, struct quoth_error *err)
{
    char why[160];
    const int status = response->status;
    explain(response, why, sizeof why);
    return quoth_fail(err,
                      status == 429 || status == 503 ? QUOTH_PEER_BUSY
                      : status >= 500                ? QUOTH_UNAVAILABLE
                      : status >= 400                ? refusal
                                                     : QUOTH_HTTP_ANSWER,
                      where, QUOTH_NO_OFFSET, "status %d%s%s", status, why[0] ? ", " : "", why);
}

static bool take_token(const struct https_response *response, char **ret_token,
                       struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(buffer) struct buffer token = {0};
    struct quoth_error inner = {0};
    struct bytes text;
    if (!json_parse(buffer_bytes(&response->body), NULL, &doc, &inner) ||
        !json_need_plain(json_root(&doc), "token", &text, &inner))
        return quoth_fail(err, QUOTH_HTTP_ANSWER, "verifier.token", inner.offset, "%s",
                          inner.message);
    buffer_add(&token, text);
    char *copy = buffer_take_text(&token, err);
    if (copy)
        *ret_token = copy;
    return copy != NULL;
}

static bool post(const struct quoth_token_request *request, const char *route,
                 const struct buffer *body, struct https_response *ret_response,
                 struct quoth_error *err)
{
    const struct tls_client_options options = {.trust = TLS_TRUST_CA, .ca_file = request->ca_file};
    const struct https_request exchange = {.method = "POST",
                                           .content_type = "application/json",
                                           .accept = "application/json",
                                           .body = buffer_bytes(body),
                                           .timeout_ms = request->timeout_ms,
                                           .max_body = ANSWER_MAX};
    AUTO(tls_client) struct tls_client *tls = NULL;
    AUTO(buffer) struct buffer url = {0};
    buffer_text(&url, request->verifier);
    buffer_text(&url, route);
    AUTO(text) char *text = buffer_take_text(&url, err);
    return text && tls_client_open(&options, &tls, err) &&
           https_fetch(tls, text, &exchange, ret_response, err);
}

bool attester_post(struct bytes evidence, const struct quoth_token_request *request,
                   unsigned *ret_wait_s, char **ret_token, struct quoth_error *err)
{
    AUTO(buffer) struct buffer posted = {0}, body = {0};
    AUTO(https_response) struct https_response response = {0};
    const struct attestation_type *type = type_of(evidence);
    if (!check_data(request, err))
        return false;
    type->write(&posted, evidence);
    write_request(request, type->member, &posted, &body);
    if (!buffer_ok(&posted, err) || !buffer_ok(&body, err) ||
        !post(request, type->route, &body, &response, err))
        return false;
    if (ret_wait_s)
        *ret_wait_s = response.retry_after;
    return response.status == 200
               ? take_token(&response, ret_token, err)
               : attester_refused(&response, "verifier", QUOTH_ATTESTATION_REFUSED, err);
}

bool quoth_attester_token(struct quoth_attester *a, const struct quoth_token_request *request,
                          char **ret_token, struct quoth_error *err)
{
    AUTO(buffer) struct buffer evidence = {0};
    if (!request->data)
        return quoth_fail(err, QUOTH_USAGE, "runtimeData", QUOTH_NO_OFFSET,
                          "evidence is made over held data, and there is none");
    return check_data(request, err) && /* before evidence is made, which others could use */
           attester_evidence(a, (struct bytes){request->data, request->data_len}, &evidence, err) &&
           attester_post(buffer_bytes(&evidence), request, NULL, ret_token, err);
}
