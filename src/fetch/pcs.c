#include "fetch/pcs.h"

#include "collateral/part.h"
#include "fetch/download.h"
#include "fetch/issuer_chain.h"

#include <stdio.h>

#define API "/certification/v4"
#define URL_SIZE 512

/* Hex of a CRL, as a PCCS gives it, is the longest form of a part. */
#define BODY_MAX (2 * (size_t)COLLATERAL_PART_MAX)

struct pcs {
    struct pcs_options options;
    struct downloader *downloader;
};

/* The names that the issuer chain's field has had; RFC 9110 field names have no case. */
static const char *const tcb_info_fields[] = {"TCB-Info-Issuer-Chain", "SGX-TCB-Info-Issuer-Chain",
                                              NULL};
static const char *const identity_fields[] = {"SGX-Enclave-Identity-Issuer-Chain",
                                              "SGX-QE-Identity-Issuer-Chain", NULL};
static const char *const pck_crl_fields[] = {"SGX-PCK-CRL-Issuer-Chain", NULL};

#define NO_PART COLLATERAL_PARTS

/* One request: what its body and its issuer chain become. */
struct errand {
    char url[URL_SIZE];
    enum collateral_part body, chain; /* chain: NO_PART if the answer carries none */
    const char *const *fields;
};

static bool ends_with(struct bytes text, const char *end)
{
    const size_t len = strlen(end);
    return text.len >= len &&
           bytes_equal(bytes_slice(text, text.len - len, len), bytes_of_text(end));
}

/* "https://host:port" of an address that may have slashes or the path of the API behind it. */
static struct bytes base_of(const char *address)
{
    struct bytes base = bytes_of_text(address);
    while (ends_with(base, "/"))
        base.len--;
    if (ends_with(base, "/sgx" API))
        base.len -= strlen("/sgx" API);
    return base;
}

/* "update=standard", or the number: both together are an error of the request. */
static const char *version_query(const struct pcs *p, char text[48])
{
    if (p->options.evaluation_number)
        snprintf(text, 48, "tcbEvaluationDataNumber=%u", p->options.evaluation_number);
    else
        snprintf(text, 48, "update=%s", p->options.update == PCS_EARLY ? "early" : "standard");
    return text;
}

#define ERRANDS 4u

static bool plan(const struct pcs *p, const char *address, const struct collateral_key *key,
                 struct errand to[ERRANDS], struct quoth_error *err)
{
    const struct bytes base = base_of(address);
    char version[48];
    if (base.len > URL_SIZE / 2) {
        quoth_fail(err, QUOTH_USAGE, "url", URL_SIZE / 2, "is too long");
        return false;
    }
    const int len = (int)base.len;
    const char *at = (const char *)base.data;
    (void)version_query(p, version);

    to[0] = (struct errand){
        .body = COLLATERAL_TCB_INFO, .chain = COLLATERAL_TCB_INFO_CHAIN, .fields = tcb_info_fields};
    snprintf(to[0].url, URL_SIZE, "%.*s/%s" API "/tcb?fmspc=%s&%s", len, at, key->tee, key->fmspc,
             version);
    to[1] = (struct errand){.body = COLLATERAL_QE_IDENTITY,
                            .chain = COLLATERAL_QE_IDENTITY_CHAIN,
                            .fields = identity_fields};
    snprintf(to[1].url, URL_SIZE, "%.*s/%s" API "/qe/identity?%s", len, at, key->tee, version);
    to[2] = (struct errand){
        .body = COLLATERAL_PCK_CRL, .chain = COLLATERAL_PCK_CRL_CHAIN, .fields = pck_crl_fields};
    snprintf(to[2].url, URL_SIZE, "%.*s/sgx" API "/pckcrl?ca=%s&encoding=der", len, at, key->ca);
    to[3] = (struct errand){.body = COLLATERAL_ROOT_CRL, .chain = NO_PART};
    if (bytes_equal(base, BYTES_LITERAL(PCS_INTEL))) /* Intel serves it elsewhere, a PCCS itself */
        snprintf(to[3].url, URL_SIZE, "%s", PCS_INTEL_ROOT_CRL);
    else
        snprintf(to[3].url, URL_SIZE, "%.*s/sgx" API "/rootcacrl", len, at);
    return true;
}

/* Only the TCB info speaks of one platform: 404 there means that they do not know it. */
static bool judge_status(const struct errand *errand, long status, struct quoth_error *err)
{
    if (status == 200)
        return true;
    if (status == 404 && errand->body == COLLATERAL_TCB_INFO)
        return quoth_fail(err, QUOTH_SOURCE_UNKNOWN, errand->url, QUOTH_NO_OFFSET,
                          "knows no such platform");
    const bool theirs = status >= 404;
    return quoth_fail(err, theirs ? QUOTH_SOURCE_UNAVAILABLE : QUOTH_SOURCE_ANSWER, errand->url,
                      QUOTH_NO_OFFSET, "answered with status %ld", status);
}

static bool add_chain(const struct errand *errand, struct bytes field,
                      struct collateral_builder *to, struct quoth_error *err)
{
    AUTO(buffer) struct buffer pem = {0};
    if (errand->chain == NO_PART)
        return true;
    if (field.len == 0)
        return quoth_fail(err, QUOTH_SOURCE_ANSWER, errand->url, QUOTH_NO_OFFSET,
                          "came without the field %s", errand->fields[0]);
    return issuer_chain_decode(field, &pem, err) &&
           collateral_add(to, errand->chain, buffer_bytes(&pem), err);
}

/* What is wrong with the contents is wrong with the answer, whatever its form. */
static bool blame(const struct errand *errand, const struct quoth_error *why,
                  struct quoth_error *err)
{
    return quoth_fail(err, why->code == QUOTH_MEMORY ? QUOTH_MEMORY : QUOTH_SOURCE_ANSWER,
                      errand->url, why->offset, "%s: %s", why->where, why->message);
}

static bool run(struct pcs *p, const struct errand *errand, struct collateral_builder *to,
                struct quoth_error *err)
{
    AUTO(download) struct download got = {0};
    struct quoth_error why = {0};
    if (!download_get(p->downloader, errand->url, errand->fields, &got, err) ||
        !judge_status(errand, got.status, err))
        return false;
    if (!collateral_add(to, errand->body, buffer_bytes(&got.body), &why) ||
        !add_chain(errand, buffer_bytes(&got.field), to, &why))
        return blame(errand, &why, err);
    return to->part[errand->body].len > 0 || quoth_fail(err, QUOTH_SOURCE_ANSWER, errand->url,
                                                        QUOTH_NO_OFFSET, "came without a body");
}

bool pcs_fetch(struct pcs *p, const char *base, const struct collateral_key *key,
               struct collateral *ret_collateral, struct quoth_error *err)
{
    AUTO(collateral_builder) struct collateral_builder b = {0};
    struct errand errands[ERRANDS];
    if (!plan(p, base, key, errands, err))
        return false;
    for (size_t i = 0; i < ERRANDS; i++)
        if (!run(p, &errands[i], &b, err))
            return false;
    return collateral_finish(&b, ret_collateral, err);
}

bool pcs_open(const struct pcs_options *options, struct pcs **ret_pcs, struct quoth_error *err)
{
    AUTO(pcs) struct pcs *p = calloc(1, sizeof *p);
    const struct download_options download = {
        .ca_file = options->ca_file,
        .allow_http = options->allow_http,
        .timeout_ms = options->timeout_ms,
        .max_body = BODY_MAX,
        .max_field = ISSUER_CHAIN_MAX,
        .waiting = options->waiting,
        .waiting_context = options->waiting_context,
    };
    if (!p) {
        quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
        return false;
    }
    p->options = *options;
    if (!downloader_open(&download, &p->downloader, err))
        return false;
    *ret_pcs = take(p);
    return true;
}

void pcs_close(struct pcs *p)
{
    if (p)
        downloader_close(p->downloader);
    free(p);
}

bool pcs_collateral_fetch(void *context, const char *url, const struct collateral_key *key,
                          struct collateral *ret_collateral, struct quoth_error *err)
{
    AUTO(pcs) struct pcs *p = NULL;
    return pcs_open(context, &p, err) && pcs_fetch(p, url, key, ret_collateral, err);
}
