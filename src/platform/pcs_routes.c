#include "platform/pcs_routes.h"

#include "codec/hex.h"
#include "codec/json_write.h"
#include "codec/pem.h"
#include "net/url.h"
#include "platform/layout.h"
#include "platform/model.h"
#include "platform/pki.h"
#include "platform/settings.h"

#define SGX "/sgx/certification/v4"
#define TDX "/tdx/certification/v4"

/* Statuses beside HTTP's own (dcap.md 3.6). */
#define PCCS_NOT_CERTIFIED 462

static const char *folder_of(const struct http_exchange *x)
{
    return x->service;
}

/* A refusal in the service's own words. */
static enum http_outcome answer_status(struct http_exchange *x, int status, const char *text)
{
    buffer_clear(&x->response.body);
    buffer_clear(&x->response.extras);
    x->response.status = status;
    x->response.content_type = "text/plain";
    buffer_text(&x->response.body, text);
    return HTTP_DONE;
}

static enum http_outcome bad_request(struct http_exchange *x)
{
    return answer_status(x, 400, "Invalid request parameters.");
}

static enum http_outcome not_found(struct http_exchange *x)
{
    return answer_status(x, 404, "No cache data for this platform.");
}

/* The parameter as a text, "" if there is none; NULL if it is broken. It lies in memory. */
static const char *query(const struct http_exchange *x, const char *name, struct buffer *memory)
{
    struct quoth_error err = {0};

    url_query(x->head.target, name, memory, &err);
    buffer_u8(memory, 0);
    if (err.code != QUOTH_OK || memory->failed || strlen((char *)memory->data) + 1 != memory->len)
        return NULL;
    return (const char *)memory->data;
}

static bool query_hex(const struct http_exchange *x, const char *name, uint8_t *ret_data,
                      size_t len)
{
    AUTO(buffer) struct buffer memory = {0};
    struct quoth_error ignored = {0};
    const char *text = query(x, name, &memory);

    return text && hex_decode_fixed(bytes_of_text(text), ret_data, len, &ignored);
}

/* A field with a certificate and the root, percent-encoded. */
static bool add_chain(struct http_exchange *x, const char *field, const char *cert_file,
                      struct quoth_error *err)
{
    AUTO(buffer) struct buffer pem = {0};
    AUTO(buffer) struct buffer encoded = {0};

    if (!layout_read(folder_of(x), cert_file, &pem, err) ||
        !layout_read(folder_of(x), FILE_ROOT_CA_CERT, &pem, err))
        return false;
    url_encode(buffer_bytes(&pem), &encoded);
    AUTO(text) char *value = buffer_take_text(&encoded, err);
    return value && http_response_field(&x->response, field, value, err);
}

/* A document signed by the TCB signer, as it lies in the folder. */
static enum http_outcome answer_document(struct http_exchange *x, const char *file,
                                         const char *chain_field, struct quoth_error *err)
{
    x->response.content_type = "application/json";
    return layout_read(folder_of(x), file, &x->response.body, err) &&
                   add_chain(x, chain_field, FILE_TCB_SIGNING_CERT, err)
               ? HTTP_DONE
               : HTTP_REFUSED;
}

enum choice { CHOICE_SERVED, CHOICE_GONE, CHOICE_UNKNOWN, CHOICE_INVALID };

/* The choice between TCB recoveries: by age, which is the same here, or by number. */
static enum choice choice_of(const struct http_exchange *x, const struct settings *s)
{
    AUTO(buffer) struct buffer update_memory = {0};
    AUTO(buffer) struct buffer number_memory = {0};
    const char *update = query(x, "update", &update_memory);
    const char *number = query(x, "tcbEvaluationDataNumber", &number_memory);

    if (!update || !number || (update[0] && number[0]))
        return CHOICE_INVALID;
    if (update[0])
        return strcmp(update, "standard") == 0 || strcmp(update, "early") == 0 ? CHOICE_SERVED
                                                                               : CHOICE_INVALID;
    if (!number[0])
        return CHOICE_SERVED;
    if (strspn(number, "0123456789") != strlen(number) || strlen(number) > 9)
        return CHOICE_INVALID;
    const unsigned long wanted = strtoul(number, NULL, 10);
    return wanted == s->evaluation_data_number  ? CHOICE_SERVED
           : wanted < s->evaluation_data_number ? CHOICE_GONE
                                                : CHOICE_UNKNOWN;
}

static enum http_outcome answer_chosen(struct http_exchange *x, const char *file,
                                       const char *chain_field, struct quoth_error *err)
{
    struct settings s;

    if (!settings_read(folder_of(x), &s, err))
        return HTTP_REFUSED;
    switch (choice_of(x, &s)) {
    case CHOICE_SERVED:
        return answer_document(x, file, chain_field, err);
    case CHOICE_GONE:
        return answer_status(x, 410, "The TCB evaluation data number is no longer available.");
    case CHOICE_UNKNOWN:
        return not_found(x);
    default:
        return bad_request(x);
    }
}

static enum http_outcome answer_tcb(struct http_exchange *x, const char *file,
                                    struct quoth_error *err)
{
    struct settings s;
    uint8_t fmspc[sizeof s.fmspc];

    if (!query_hex(x, "fmspc", fmspc, sizeof fmspc))
        return bad_request(x);
    if (!settings_read(folder_of(x), &s, err))
        return HTTP_REFUSED;
    if (!bytes_equal(BYTES_OF(fmspc), BYTES_OF(s.fmspc)))
        return not_found(x);
    return answer_chosen(x, file, "TCB-Info-Issuer-Chain", err);
}

static enum http_outcome sgx_tcb(struct http_exchange *x, struct quoth_error *err)
{
    return answer_tcb(x, FILE_TCB_INFO, err);
}

static enum http_outcome tdx_tcb(struct http_exchange *x, struct quoth_error *err)
{
    return answer_tcb(x, FILE_TDX_TCB_INFO, err);
}

static enum http_outcome sgx_identity(struct http_exchange *x, struct quoth_error *err)
{
    return answer_chosen(x, FILE_QE_IDENTITY, "SGX-Enclave-Identity-Issuer-Chain", err);
}

static enum http_outcome tdx_identity(struct http_exchange *x, struct quoth_error *err)
{
    return answer_chosen(x, FILE_TD_QE_IDENTITY, "SGX-Enclave-Identity-Issuer-Chain", err);
}

static enum http_outcome sgx_numbers(struct http_exchange *x, struct quoth_error *err)
{
    return answer_document(x, FILE_TCB_NUMBERS, "TCB-Evaluation-Data-Numbers-Issuer-Chain", err);
}

static enum http_outcome tdx_numbers(struct http_exchange *x, struct quoth_error *err)
{
    return answer_document(x, FILE_TDX_TCB_NUMBERS, "TCB-Evaluation-Data-Numbers-Issuer-Chain",
                           err);
}

/* A CRL in hex, as PCCS serves it, unless another encoding is asked for. */
static enum http_outcome answer_crl(struct http_exchange *x, const char *file, const char *encoding,
                                    struct quoth_error *err)
{
    AUTO(buffer) struct buffer der = {0};

    if (!layout_read(folder_of(x), file, &der, err))
        return HTTP_REFUSED;
    if (strcmp(encoding, "der") == 0) {
        x->response.content_type = "application/pkix-crl";
        buffer_add(&x->response.body, buffer_bytes(&der));
    } else if (strcmp(encoding, "pem") == 0) {
        x->response.content_type = "application/x-pem-file";
        pem_encode("X509 CRL", buffer_bytes(&der), &x->response.body);
    } else if (encoding[0] == '\0') {
        x->response.content_type = "text/plain";
        hex_encode(buffer_bytes(&der), &x->response.body);
    } else {
        return bad_request(x);
    }
    return buffer_ok(&x->response.body, err) ? HTTP_DONE : HTTP_REFUSED;
}

static enum http_outcome pck_crl(struct http_exchange *x, struct quoth_error *err)
{
    AUTO(buffer) struct buffer ca_memory = {0};
    AUTO(buffer) struct buffer encoding_memory = {0};
    const char *ca = query(x, "ca", &ca_memory);
    const char *encoding = query(x, "encoding", &encoding_memory);

    if (!ca || !encoding || (strcmp(ca, "platform") != 0 && strcmp(ca, "processor") != 0))
        return bad_request(x);
    if (strcmp(ca, "processor") == 0) /* this vendor has no such CA */
        return not_found(x);
    if (!add_chain(x, "SGX-PCK-CRL-Issuer-Chain", FILE_PLATFORM_CA_CERT, err))
        return HTTP_REFUSED;
    return answer_crl(x, FILE_PLATFORM_CRL, encoding, err);
}

static enum http_outcome root_crl(struct http_exchange *x, struct quoth_error *err)
{
    AUTO(buffer) struct buffer memory = {0};
    const char *encoding = query(x, "encoding", &memory);

    return encoding ? answer_crl(x, FILE_ROOT_CRL, encoding, err) : bad_request(x);
}

static enum http_outcome root_crl_der(struct http_exchange *x, struct quoth_error *err)
{
    return answer_crl(x, FILE_ROOT_CRL, "der", err);
}

/* The list at an address that one of the platform's certificates names; no other is known. */
static enum http_outcome crl_by_uri(struct http_exchange *x, struct quoth_error *err)
{
    AUTO(buffer) struct buffer memory = {0};
    struct settings s;
    const char *uri = query(x, "uri", &memory);

    if (!uri || !uri[0])
        return bad_request(x);
    if (!settings_read(folder_of(x), &s, err))
        return HTTP_REFUSED;
    const size_t base = strlen(s.service);
    if (strncmp(uri, s.service, base) != 0)
        return bad_request(x);
    if (strcmp(uri + base, PKI_ROOT_CRL_PATH) == 0)
        return answer_crl(x, FILE_ROOT_CRL, "der", err);
    if (strcmp(uri + base, PKI_PLATFORM_CRL_PATH) == 0)
        return answer_crl(x, FILE_PLATFORM_CRL, "der", err);
    return bad_request(x);
}

/* What asks for a PCK certificate: the raw versions of a platform. */
struct pck_query {
    uint8_t cpu_svn[16], pce_svn[2], pce_id[2];
};

/* A cache knows platforms by the id of their quoting enclave, the service by their encrypted PPID;
 * this service has one platform, whatever the name. */
static bool pck_query_read(const struct http_exchange *x, struct pck_query *ret_query)
{
    AUTO(buffer) struct buffer qeid_memory = {0};
    AUTO(buffer) struct buffer ppid_memory = {0};
    const char *qeid = query(x, "qeid", &qeid_memory);
    const char *ppid = query(x, "encrypted_ppid", &ppid_memory);

    return qeid && ppid && (qeid[0] || ppid[0]) &&
           query_hex(x, "cpusvn", ret_query->cpu_svn, sizeof ret_query->cpu_svn) &&
           query_hex(x, "pcesvn", ret_query->pce_svn, sizeof ret_query->pce_svn) &&
           query_hex(x, "pceid", ret_query->pce_id, sizeof ret_query->pce_id);
}

/* Whether a platform with these versions may use the certificate for cpu_svn. */
static bool covers(const struct pck_query *q, struct bytes cpu_svn)
{
    if (bytes_u16le(BYTES_OF(q->pce_svn), 0) < MODEL_PCE_SVN || cpu_svn.len != sizeof q->cpu_svn)
        return false;
    for (size_t i = 0; i < sizeof q->cpu_svn; i++)
        if (q->cpu_svn[i] < cpu_svn.data[i])
            return false;
    return true;
}

static bool add_pck_fields(struct http_exchange *x, const struct settings *s,
                           const struct buffer *cpu_svn, struct quoth_error *err)
{
    AUTO(buffer) struct buffer tcbm = {0};
    AUTO(buffer) struct buffer tcbm_hex = {0};
    AUTO(buffer) struct buffer fmspc_hex = {0};

    buffer_add(&tcbm, buffer_bytes(cpu_svn));
    buffer_u16le(&tcbm, MODEL_PCE_SVN);
    hex_encode_upper(buffer_bytes(&tcbm), &tcbm_hex);
    hex_encode_upper(BYTES_OF(s->fmspc), &fmspc_hex);
    AUTO(text) char *tcbm_text = buffer_take_text(&tcbm_hex, err);
    AUTO(text) char *fmspc_text = buffer_take_text(&fmspc_hex, err);
    return tcbm_text && fmspc_text &&
           http_response_field(&x->response, "SGX-TCBm", tcbm_text, err) &&
           http_response_field(&x->response, "SGX-FMSPC", fmspc_text, err) &&
           http_response_field(&x->response, "SGX-PCK-Certificate-CA-Type", "platform", err);
}

static enum http_outcome pck_cert(struct http_exchange *x, struct quoth_error *err)
{
    AUTO(buffer) struct buffer cpu_svn = {0};
    struct pck_query q;
    struct settings s;

    if (!pck_query_read(x, &q))
        return bad_request(x);
    if (!bytes_all_zero(BYTES_OF(q.pce_id)))
        return not_found(x);
    if (!settings_read(folder_of(x), &s, err) ||
        !layout_read(folder_of(x), FILE_CPU_SVN, &cpu_svn, err))
        return HTTP_REFUSED;
    if (!covers(&q, buffer_bytes(&cpu_svn)))
        return answer_status(x, PCCS_NOT_CERTIFIED,
                             "Certificates are not available for certain TCBs.");
    x->response.content_type = "application/x-pem-file";
    return layout_read(folder_of(x), FILE_PCK_CERT, &x->response.body, err) &&
                   add_chain(x, "SGX-PCK-Certificate-Issuer-Chain", FILE_PLATFORM_CA_CERT, err) &&
                   add_pck_fields(x, &s, &cpu_svn, err)
               ? HTTP_DONE
               : HTTP_REFUSED;
}

/* The kinds of machine, of which this is a server. */
static bool fmspcs_platform(const char *platform, bool *ret_ours)
{
    static const char *const known[] = {"", "all", "E3", "E5", "client"};

    for (size_t i = 0; i < COUNT(known); i++)
        if (strcmp(platform, known[i]) == 0) {
            *ret_ours = i < 3;
            return true;
        }
    return false;
}

static enum http_outcome fmspcs(struct http_exchange *x, struct quoth_error *err)
{
    AUTO(buffer) struct buffer memory = {0};
    struct buffer *body = &x->response.body;
    struct settings s;
    bool ours;
    const char *platform = query(x, "platform", &memory);

    if (!platform || !fmspcs_platform(platform, &ours))
        return bad_request(x);
    if (!settings_read(folder_of(x), &s, err))
        return HTTP_REFUSED;
    AUTO(buffer) struct buffer fmspc = {0};
    hex_encode_upper(BYTES_OF(s.fmspc), &fmspc);
    x->response.content_type = "application/json";
    json_array_begin(body);
    if (ours) {
        json_object_begin(body);
        json_named_string(body, "fmspc", buffer_bytes(&fmspc));
        json_named_cstring(body, "platform", "E3");
        json_object_end(body);
    }
    json_array_end(body);
    return buffer_ok(&fmspc, err) && buffer_ok(body, err) ? HTTP_DONE : HTTP_REFUSED;
}

#define GET(path, handler, summary)                                                                \
    {                                                                                              \
        HTTP_GET, path, HTTP_ROLE_ANYONE, 0, handler, summary, NULL                                \
    }

const struct http_route pcs_routes[] = {
    GET(SGX "/tcb", sgx_tcb, "TCB info of SGX"),
    GET(TDX "/tcb", tdx_tcb, "TCB info of TDX"),
    GET(SGX "/qe/identity", sgx_identity, "identity of the quoting enclave"),
    GET(TDX "/qe/identity", tdx_identity, "identity of the TD quoting enclave"),
    GET(SGX "/tcbevaluationdatanumbers", sgx_numbers, "numbers of TCB evaluations"),
    GET(TDX "/tcbevaluationdatanumbers", tdx_numbers, "numbers of TCB evaluations for TDX"),
    GET(SGX "/pckcrl", pck_crl, "the platform CA's revocation list"),
    GET(SGX "/rootcacrl", root_crl, "the root CA's revocation list"),
    GET(SGX "/crl", crl_by_uri, "the revocation list at a distribution point"),
    GET(PKI_ROOT_CRL_PATH, root_crl_der, "the distribution point of the root CA"),
    GET(SGX "/pckcert", pck_cert, "the platform's PCK certificate"),
    GET(SGX "/fmspcs", fmspcs, "the platforms that are known"),
    {0},
};
