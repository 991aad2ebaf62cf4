#include "platform/pcs_routes.h"

#include "codec/hex.h"
#include "http/head.h"
#include "net/url.h"
#include "platform/test_bed.h"

#include <ctype.h>

#define SGX "/sgx/certification/v4"
#define TDX "/tdx/certification/v4"

static struct bed bed;
static struct vendor_facts facts;

static int start(void **state)
{
    struct quoth_error err = {0};

    (void)state;
    bed = bed_make();
    return vendor_facts(bed.folder, &facts, &err) ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    bed_remove(&bed);
    return 0;
}

/* In targets of the tables: {fmspc} stands for the platform's. */
static void expand(const char *target, char to[1024])
{
    AUTO(buffer) struct buffer hex = {0};
    const char *mark = strstr(target, "{fmspc}");

    hex_encode_upper(BYTES_OF(facts.settings.fmspc), &hex);
    snprintf(to, 1024, "%.*s%.*s%s", mark ? (int)(mark - target) : (int)strlen(target), target,
             mark ? (int)hex.len : 0, (const char *)hex.data, mark ? mark + strlen("{fmspc}") : "");
}

/* Asks for a target; clear x->response afterwards. Gives the status. */
static int get(const char *target, struct http_exchange *x)
{
    static const struct http_route *const tables[] = {pcs_routes, NULL};
    static char block[2048];
    char expanded[1024], allow[64];
    struct http_match match;
    struct quoth_error err = {0};

    expand(target, expanded);
    snprintf(block, sizeof block, "GET %s HTTP/1.1\r\nHost: pcs\r\n\r\n", expanded);
    *x = (struct http_exchange){.service = bed.folder};
    assert_true(http_head_read(bytes_of_text(block), &x->head, &err));
    if (!http_route_find(tables, NULL, &x->head, &match, allow, &err))
        return quoth_code_http(err.code);
    if (match.route->handler(x, &err) != HTTP_DONE)
        return quoth_code_http(err.code);
    return x->response.status ? x->response.status : 200;
}

static const struct {
    const char *target, *file, *field; /* file NULL: not looked at; field NULL: none */
} documents[] = {
    {SGX "/tcb?fmspc={fmspc}",                                                                         FILE_TCB_INFO,        "TCB-Info-Issuer-Chain"                   },
    {SGX "/tcb?update=early&fmspc={fmspc}",                                                            FILE_TCB_INFO,        "TCB-Info-Issuer-Chain"                   },
    {SGX "/tcb?fmspc={fmspc}&tcbEvaluationDataNumber=1",                                               FILE_TCB_INFO,        "TCB-Info-Issuer-Chain"                   },
    {TDX "/tcb?fmspc={fmspc}&update=standard",                                                         FILE_TDX_TCB_INFO,    "TCB-Info-Issuer-Chain"                   },
    {SGX "/qe/identity",                                                                               FILE_QE_IDENTITY,     "SGX-Enclave-Identity-Issuer-Chain"       },
    {SGX "/qe/identity?update=standard",                                                               FILE_QE_IDENTITY,     "SGX-Enclave-Identity-Issuer-Chain"       },
    {TDX "/qe/identity",                                                                               FILE_TD_QE_IDENTITY,  "SGX-Enclave-Identity-Issuer-Chain"       },
    {SGX "/tcbevaluationdatanumbers",                                                                  FILE_TCB_NUMBERS,     "TCB-Evaluation-Data-Numbers-Issuer-Chain"},
    {TDX "/tcbevaluationdatanumbers",                                                                  FILE_TDX_TCB_NUMBERS,
     "TCB-Evaluation-Data-Numbers-Issuer-Chain"                                                                                                                        },
    {SGX "/pckcrl?ca=platform&encoding=der",                                                           FILE_PLATFORM_CRL,    "SGX-PCK-CRL-Issuer-Chain"                },
    {SGX "/rootcacrl?encoding=der",                                                                    FILE_ROOT_CRL,        NULL                                      },
    {"/root-ca.crl",                                                                                   FILE_ROOT_CRL,        NULL                                      },
    {SGX "/crl?uri=http%3A%2F%2F127.0.0.1%3A8081%2Froot-ca.crl",                                       FILE_ROOT_CRL,        NULL                                      },
    {SGX
     "/crl?uri=http%3A%2F%2F127.0.0.1%3A8081%2Fsgx%2Fcertification%2Fv4%2Fpckcrl%3Fca%3Dplatform"
     "%26encoding%3Dder",                                                                         FILE_PLATFORM_CRL,    NULL                                      },
    {SGX "/pckcert?qeid=00&cpusvn=08080303040100050000000000000000&pcesvn=0d00&pceid=0000",
     FILE_PCK_CERT,                                                                                                          "SGX-PCK-Certificate-Issuer-Chain"        },
    {SGX
     "/pckcert?encrypted_ppid=00&cpusvn=09080303040100050000000000000000&pcesvn=0e00&pceid=0000", FILE_PCK_CERT,        "SGX-PCK-Certificate-Issuer-Chain"        },
};

static void what_lies_in_the_folder_is_served_as_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(documents); i++) {
        AUTO(buffer) struct buffer file = {0};
        struct http_exchange x;

        print_message("  %s\n", documents[i].target);
        assert_int_equal(get(documents[i].target, &x), 200);
        bed_read(&bed, documents[i].file, &file);
        assert_true(bytes_equal(buffer_bytes(&x.response.body), buffer_bytes(&file)));
        assert_int_equal(x.response.extras.len > 0, documents[i].field != NULL);
        if (documents[i].field)
            assert_memory_equal(x.response.extras.data, documents[i].field,
                                strlen(documents[i].field));
        http_response_clear(&x.response);
    }
}

/* Chains are PEM of the signer, then the root, nothing behind, percent-encoded to visible ASCII. */
static void an_issuer_chain_is_the_signer_and_the_root(void **state)
{
    (void)state;
    static const char prefix[] = "TCB-Info-Issuer-Chain: ";
    AUTO(buffer) struct buffer pem = {0};
    AUTO(buffer) struct buffer encoded = {0};
    struct http_exchange x;

    assert_int_equal(get(SGX "/tcb?fmspc={fmspc}", &x), 200);
    bed_read(&bed, FILE_TCB_SIGNING_CERT, &pem);
    bed_read(&bed, FILE_ROOT_CA_CERT, &pem);
    url_encode(buffer_bytes(&pem), &encoded);
    const struct bytes extras = buffer_bytes(&x.response.extras);
    assert_int_equal(extras.len, strlen(prefix) + encoded.len + 2);
    assert_true(
        bytes_equal(bytes_slice(extras, strlen(prefix), encoded.len), buffer_bytes(&encoded)));
    for (size_t i = 0; i < encoded.len; i++)
        assert_true(isalnum(encoded.data[i]) || strchr("%-._~", encoded.data[i]));
    assert_memory_equal(encoded.data, "-----BEGIN%20CERTIFICATE-----%0A", 32);
    http_response_clear(&x.response);
}

static void crls_are_hex_unless_asked_otherwise(void **state)
{
    (void)state;
    static const struct {
        const char *target, *file;
    } cases[] = {
        {SGX "/pckcrl?ca=platform", FILE_PLATFORM_CRL},
        {SGX "/rootcacrl",          FILE_ROOT_CRL    },
    };
    struct http_exchange x;

    for (size_t i = 0; i < COUNT(cases); i++) {
        AUTO(buffer) struct buffer der = {0};
        AUTO(buffer) struct buffer decoded = {0};
        struct quoth_error err = {0};

        bed_read(&bed, cases[i].file, &der);
        assert_int_equal(get(cases[i].target, &x), 200);
        assert_true(hex_decode(buffer_bytes(&x.response.body), &decoded, &err));
        assert_true(bytes_equal(buffer_bytes(&decoded), buffer_bytes(&der)));
        http_response_clear(&x.response);
    }
    assert_int_equal(get(SGX "/pckcrl?ca=platform&encoding=pem", &x), 200);
    assert_memory_equal(x.response.body.data, "-----BEGIN X509 CRL-----", 24);
    http_response_clear(&x.response);
}

static const struct {
    const char *target;
    int status;
} refusals[] = {
    {SGX "/tcb",                                                                            400},
    {SGX "/tcb?fmspc=",                                                                     400},
    {SGX "/tcb?fmspc=00906ED5000",                                                          400},
    {SGX "/tcb?fmspc=00906ED50000",                                                         404},
    {SGX "/tcb?fmspc={fmspc}00",                                                            400},
    {SGX "/tcb?fmspc=%00",                                                                  400},
    {SGX "/tcb?fmspc={fmspc}&fmspc=00",                                                     400},
    {SGX "/tcb?fmspc={fmspc}&update=soon",                                                  400},
    {SGX "/tcb?fmspc={fmspc}&update=early&tcbEvaluationDataNumber=1",                       400},
    {SGX "/tcb?fmspc={fmspc}&tcbEvaluationDataNumber=2",                                    404},
    {SGX "/tcb?fmspc={fmspc}&tcbEvaluationDataNumber=0",                                    410},
    {SGX "/tcb?fmspc={fmspc}&tcbEvaluationDataNumber=one",                                  400},
    {SGX "/tcb?fmspc={fmspc}&tcbEvaluationDataNumber=99999999999",                          400},
    {SGX "/qe/identity?update=now",                                                         400},
    {SGX "/qve/identity",                                                                   404},
    {SGX "/pckcrl",                                                                         400},
    {SGX "/pckcrl?ca=root",                                                                 400},
    {SGX "/pckcrl?ca=processor",                                                            404},
    {SGX "/pckcrl?ca=platform&encoding=xml",                                                400},
    {SGX "/crl",                                                                            400},
    {SGX "/crl?uri=https%3A%2F%2Felsewhere%2Froot-ca.crl",                                  400},
    {SGX "/crl?uri=http%3A%2F%2F127.0.0.1%3A8081%2Ffuse",                                   400},
    {SGX "/crl?uri=file%3A%2F%2F%2Fetc%2Fpasswd",                                           400},
    {SGX "/pckcert",                                                                        400},
    {SGX "/pckcert?qeid=00&cpusvn=00&pcesvn=0d00&pceid=0000",                               400},
    {SGX "/pckcert?cpusvn=08080303040100050000000000000000&pcesvn=0d00&pceid=0000",         400},
    {SGX "/pckcert?qeid=00&cpusvn=08080303040100050000000000000000&pcesvn=0d00&pceid=0100", 404},
    {SGX "/pckcert?qeid=00&cpusvn=08080303040100050000000000000000&pcesvn=0c00&pceid=0000", 462},
    {SGX "/pckcert?qeid=00&cpusvn=08080303040100040000000000000000&pcesvn=0d00&pceid=0000", 462},
    {SGX "/fmspcs?platform=phone",                                                          400},
    {SGX "/fuse",                                                                           404},
    {SGX "/../../../fuse",                                                                  404},
    {"/sgx/certification/v3/tcb?fmspc={fmspc}",                                             404},
    {"/platform.json",                                                                      404},
    {"/",                                                                                   404},
};

static void everything_else_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct http_exchange x;

        print_message("  %s\n", refusals[i].target);
        assert_int_equal(get(refusals[i].target, &x), refusals[i].status);
        assert_int_equal(x.response.extras.len, 0);
        http_response_clear(&x.response);
    }
}

static void a_pck_certificate_comes_with_what_it_covers(void **state)
{
    (void)state;
    char fmspc[1024];
    struct http_exchange x;

    expand("SGX-FMSPC: {fmspc}\r\n", fmspc);
    assert_int_equal(
        get(SGX "/pckcert?qeid=00&cpusvn=ffffffffffffffffffffffffffffffff&pcesvn=ffff&pceid=0000",
            &x),
        200);
    buffer_u8(&x.response.extras, 0);
    const char *extras = (const char *)x.response.extras.data;
    assert_non_null(strstr(extras, "SGX-TCBm: 080803030401000500000000000000000D00\r\n"));
    assert_non_null(strstr(extras, "SGX-PCK-Certificate-CA-Type: platform\r\n"));
    assert_non_null(strstr(extras, fmspc));
    http_response_clear(&x.response);
}

static void the_platform_is_listed_as_a_server(void **state)
{
    (void)state;
    static const struct {
        const char *target, *body;
    } cases[] = {
        {SGX "/fmspcs",                 "[{\"fmspc\":\"{fmspc}\",\"platform\":\"E3\"}]"},
        {SGX "/fmspcs?platform=all",    "[{\"fmspc\":\"{fmspc}\",\"platform\":\"E3\"}]"},
        {SGX "/fmspcs?platform=E3",     "[{\"fmspc\":\"{fmspc}\",\"platform\":\"E3\"}]"},
        {SGX "/fmspcs?platform=client", "[]"                                           },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char body[1024];
        struct http_exchange x;

        expand(cases[i].body, body);
        assert_int_equal(get(cases[i].target, &x), 200);
        assert_true(bytes_equal(buffer_bytes(&x.response.body), bytes_of_text(body)));
        http_response_clear(&x.response);
    }
}

static void what_the_vendor_publishes_is_served_at_once(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct http_exchange x;

    assert_int_equal(get(SGX "/tcb?fmspc={fmspc}&tcbEvaluationDataNumber=2", &x), 404);
    http_response_clear(&x.response);
    assert_true(vendor_set_tcb(bed.folder, TCB_OUT_OF_DATE, BED_NOW + 1, &err));
    assert_int_equal(get(SGX "/tcb?fmspc={fmspc}&tcbEvaluationDataNumber=2", &x), 200);
    assert_non_null(memmem(x.response.body.data, x.response.body.len, "\"OutOfDate\"", 11));
    http_response_clear(&x.response);
    assert_int_equal(get(SGX "/tcb?fmspc={fmspc}&tcbEvaluationDataNumber=1", &x), 410);
    http_response_clear(&x.response);
}

static void a_missing_file_is_the_services_fault(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer whole = {0};
    struct http_exchange x;
    char path[128];

    bed_read(&bed, FILE_ROOT_CRL, &whole);
    snprintf(path, sizeof path, "%s/%s", bed.folder, FILE_ROOT_CRL);
    assert_int_equal(remove(path), 0);
    assert_int_equal(get("/root-ca.crl", &x), 500);
    http_response_clear(&x.response);
    bed_write(&bed, FILE_ROOT_CRL, buffer_bytes(&whole));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_lies_in_the_folder_is_served_as_it_is),
        cmocka_unit_test(an_issuer_chain_is_the_signer_and_the_root),
        cmocka_unit_test(crls_are_hex_unless_asked_otherwise),
        cmocka_unit_test(everything_else_is_refused),
        cmocka_unit_test(a_pck_certificate_comes_with_what_it_covers),
        cmocka_unit_test(the_platform_is_listed_as_a_server),
        cmocka_unit_test(what_the_vendor_publishes_is_served_at_once),
        cmocka_unit_test(a_missing_file_is_the_services_fault),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
