#include "fetch/pcs.h"

#include "fetch/issuer_chain.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the two above first */
#include <cmocka.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CRL "\x30\x03\x02\x01\x05"
#define CHAIN "-----BEGIN%20CERTIFICATE-----%0AMA%2B+%2f%3D%0A-----END%20CERTIFICATE-----%0A"
#define CHAIN_TEXT "-----BEGIN CERTIFICATE-----\nMA++/=\n-----END CERTIFICATE-----\n"

/* What the service answers to each of the four requests. */
struct answer {
    const char *path, *query; /* that it must have been asked for */
    int status;
    const char *field, *value; /* of the issuer chain */
    struct bytes body;
    bool field_twice, silent;
    size_t more; /* bytes added to the body */
};

enum { TCB, IDENTITY, PCK_CRL, ROOT_CRL, REQUESTS };

static const struct answer usual[REQUESTS] = {
    [TCB] = {.path = "/sgx/certification/v4/tcb",
             .query = "fmspc=00906ed50000&update=standard",
             .status = 200,
             .field = "TCB-Info-Issuer-Chain",
             .value = CHAIN,
             .body = BYTES_INIT("{\"tcbInfo\":{}}")},
    [IDENTITY] = {.path = "/sgx/certification/v4/qe/identity",
             .query = "update=standard",
             .status = 200,
             .field = "SGX-Enclave-Identity-Issuer-Chain",
             .value = CHAIN,
             .body = BYTES_INIT("{\"enclaveIdentity\":{}}")},
    [PCK_CRL] = {.path = "/sgx/certification/v4/pckcrl",
             .query = "ca=platform&encoding=der",
             .status = 200,
             .field = "SGX-PCK-CRL-Issuer-Chain",
             .value = CHAIN,
             .body = BYTES_INIT(CRL)},
    [ROOT_CRL] = {.path = "/sgx/certification/v4/rootcacrl",
             .status = 200,
             .body = BYTES_INIT("3003020105")},
};

static struct answer answers[REQUESTS]; /* of the service that is started next */

static void reply(struct evhttp_request *request, const struct answer *a)
{
    struct evkeyvalq *fields = evhttp_request_get_output_headers(request);
    struct evbuffer *body = evbuffer_new();
    const int times = a->field_twice ? 2 : 1;
    for (int i = 0; a->field && i < times; i++)
        evhttp_add_header(fields, a->field, a->value);
    if (a->status == 302)
        evhttp_add_header(fields, "Location", a->path);
    evbuffer_add(body, a->body.data, a->body.len);
    for (size_t i = 0; i < a->more; i++)
        evbuffer_add(body, "0", 1);
    evhttp_send_reply(request, a->status, NULL, body);
    evbuffer_free(body);
}

static void on_request(struct evhttp_request *request, void *context)
{
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    const char *query = evhttp_uri_get_query(uri);
    (void)context;
    for (size_t i = 0; i < REQUESTS; i++) {
        const struct answer *a = &answers[i];
        if (strcmp(evhttp_uri_get_path(uri), a->path) != 0)
            continue;
        if (a->silent)
            return;
        if (strcmp(query ? query : "", a->query ? a->query : "") == 0)
            reply(request, a);
        else
            evhttp_send_error(request, 400, "query");
        return;
    }
    evhttp_send_error(request, 404, "path");
}

/* A child process that serves answers as they are now. */
static struct service {
    pid_t pid;
    char url[64];
} service;

static void start_service(void)
{
    struct event_base *base = event_base_new();
    struct evhttp *http = evhttp_new(base);
    evhttp_set_gencb(http, on_request, NULL);
    struct evhttp_bound_socket *s = evhttp_bind_socket_with_handle(http, "127.0.0.1", 0);
    struct sockaddr_in address;
    socklen_t len = sizeof address;
    assert_non_null(s);
    assert_int_equal(getsockname(evhttp_bound_socket_get_fd(s), (struct sockaddr *)&address, &len),
                     0);
    snprintf(service.url, sizeof service.url, "http://127.0.0.1:%u", ntohs(address.sin_port));
    service.pid = fork();
    if (service.pid == 0) {
        event_reinit(base);
        event_base_dispatch(base);
        _exit(0);
    }
    assert_true(service.pid > 0);
    evhttp_free(http); /* closes this process's copy of the socket */
    event_base_free(base);
}

static int stop_service(void **state)
{
    (void)state;
    if (service.pid > 0) {
        kill(service.pid, SIGKILL);
        waitpid(service.pid, NULL, 0);
    }
    service.pid = 0;
    return 0;
}

static int begin(void **state)
{
    memcpy(answers, usual, sizeof usual);
    return stop_service(state);
}

static struct collateral_key key_of(const char *tee)
{
    struct collateral_key key;
    struct quoth_error err = {0};
    const struct sha256 root = {{1}};
    assert_true(collateral_key_make(&root, tee, "00906ed50000", "platform", &key, &err));
    return key;
}

static bool fetch(const struct pcs_options *options, const char *url, const char *tee,
                  struct collateral *ret, struct quoth_error *err)
{
    const struct collateral_key key = key_of(tee);
    struct pcs_options mine = *options;
    return pcs_collateral_fetch(&mine, url, &key, ret, err);
}

static void assert_whole(const struct collateral *c)
{
    static const struct bytes expected[COLLATERAL_PARTS] = {
        [COLLATERAL_PCK_CRL_CHAIN] = BYTES_INIT(CHAIN_TEXT),
        [COLLATERAL_ROOT_CRL] = BYTES_INIT(CRL),
        [COLLATERAL_PCK_CRL] = BYTES_INIT(CRL),
        [COLLATERAL_TCB_INFO_CHAIN] = BYTES_INIT(CHAIN_TEXT),
        [COLLATERAL_TCB_INFO] = BYTES_INIT("{\"tcbInfo\":{}}"),
        [COLLATERAL_QE_IDENTITY_CHAIN] = BYTES_INIT(CHAIN_TEXT),
        [COLLATERAL_QE_IDENTITY] = BYTES_INIT("{\"enclaveIdentity\":{}}"),
    };
    for (size_t i = 0; i < COLLATERAL_PARTS; i++)
        assert_true(bytes_equal(c->part[i], expected[i]));
}

static void everything_about_a_platform_is_fetched(void **state)
{
    (void)state;
    const struct pcs_options options = {0};
    struct quoth_error err = {0};
    AUTO(collateral) struct collateral c = {0};
    start_service();
    assert_true(fetch(&options, service.url, "sgx", &c, &err));
    assert_whole(&c);
}

static void the_path_of_the_api_may_stand_in_the_address(void **state)
{
    (void)state;
    static const char *const ends[] = {"/", "///", "/sgx/certification/v4",
                                       "/sgx/certification/v4/"};
    start_service();
    for (size_t i = 0; i < COUNT(ends); i++) {
        const struct pcs_options options = {0};
        struct quoth_error err = {0};
        AUTO(collateral) struct collateral c = {0};
        char url[128];
        snprintf(url, sizeof url, "%s%s", service.url, ends[i]);
        assert_true(fetch(&options, url, "sgx", &c, &err));
        assert_whole(&c);
    }
}

static void older_and_lower_case_names_of_fields_are_known(void **state)
{
    (void)state;
    const struct pcs_options options = {0};
    struct quoth_error err = {0};
    AUTO(collateral) struct collateral c = {0};
    answers[TCB].field = "SGX-TCB-Info-Issuer-Chain";
    answers[IDENTITY].field = "sgx-qe-identity-issuer-chain";
    answers[PCK_CRL].field = "sgx-pck-crl-issuer-chain";
    start_service();
    assert_true(fetch(&options, service.url, "sgx", &c, &err));
    assert_whole(&c);
}

static void tdx_and_other_generations_are_asked_for(void **state)
{
    (void)state;
    const struct pcs_options early = {.update = PCS_EARLY}, number = {.evaluation_number = 17};
    struct quoth_error err = {0};
    AUTO(collateral) struct collateral a = {0}, b = {0};
    answers[TCB].path = "/tdx/certification/v4/tcb";
    answers[IDENTITY].path = "/tdx/certification/v4/qe/identity";
    answers[TCB].query = "fmspc=00906ed50000&update=early";
    answers[IDENTITY].query = "update=early";
    start_service();
    assert_true(fetch(&early, service.url, "tdx", &a, &err));
    assert_whole(&a);
    stop_service(state);
    answers[TCB].query = "fmspc=00906ed50000&tcbEvaluationDataNumber=17";
    answers[IDENTITY].query = "tcbEvaluationDataNumber=17";
    start_service();
    assert_true(fetch(&number, service.url, "tdx", &b, &err));
    assert_whole(&b);
}

static const struct {
    const char *name;
    int at;               /* which request */
    struct answer change; /* members that are not zero replace the usual ones */
    enum quoth_code code;
} failures[] = {
    {"unknown platform",        TCB,      {.status = 404},                   QUOTH_SOURCE_UNKNOWN    },
    {"no QE identity",          IDENTITY, {.status = 404},                   QUOTH_SOURCE_UNAVAILABLE},
    {"bad request",             TCB,      {.status = 400},                   QUOTH_SOURCE_ANSWER     },
    {"unauthorized",            TCB,      {.status = 401},                   QUOTH_SOURCE_ANSWER     },
    {"number withdrawn",        TCB,      {.status = 410},                   QUOTH_SOURCE_UNAVAILABLE},
    {"too many requests",       PCK_CRL,  {.status = 429},                   QUOTH_SOURCE_UNAVAILABLE},
    {"cache out of order",      TCB,      {.status = 460},                   QUOTH_SOURCE_UNAVAILABLE},
    {"server error",            ROOT_CRL, {.status = 500},                   QUOTH_SOURCE_UNAVAILABLE},
    {"gateway",                 TCB,      {.status = 502},                   QUOTH_SOURCE_UNAVAILABLE},
    {"redirect",                TCB,      {.status = 302},                   QUOTH_SOURCE_ANSWER     },
    {"another success",         TCB,      {.status = 206},                   QUOTH_SOURCE_ANSWER     },
    {"no answer in time",       TCB,      {.silent = true},                  QUOTH_SOURCE_UNAVAILABLE},
    {"no chain",                TCB,      {.field = "X-Chain"},              QUOTH_SOURCE_ANSWER     },
    {"the chain twice",         IDENTITY, {.field_twice = true},             QUOTH_SOURCE_ANSWER     },
    {"an empty chain",          PCK_CRL,  {.value = ""},                     QUOTH_SOURCE_ANSWER     },
    {"a broken escape",         TCB,      {.value = CHAIN "%2"},             QUOTH_SOURCE_ANSWER     },
    {"no certificate",          TCB,      {.value = "hello"},                QUOTH_SOURCE_ANSWER     },
    {"an escaped NUL",          TCB,      {.value = CHAIN "%00"},            QUOTH_SOURCE_ANSWER     },
    {"another tag for the CRL", PCK_CRL,  {.body = BYTES_INIT("\x31\x00")},  QUOTH_SOURCE_ANSWER     },
    {"a page for the CRL",      ROOT_CRL, {.body = BYTES_INIT("<html>")},    QUOTH_SOURCE_ANSWER     },
    {"a cut CRL",               PCK_CRL,  {.body = BYTES_INIT("\x30\x03")},  QUOTH_SOURCE_ANSWER     },
    {"a NUL for the JSON",      TCB,      {.body = BYTES_INIT("\0")},        QUOTH_SOURCE_ANSWER     },
    {"a body over the limit",   TCB,      {.more = COLLATERAL_PART_MAX},     QUOTH_SOURCE_ANSWER     },
    {"a body over all limits",  TCB,      {.more = 4 * COLLATERAL_PART_MAX}, QUOTH_SOURCE_ANSWER     },
};

static void apply(const struct answer *change, struct answer *to)
{
    to->status = change->status ? change->status : to->status;
    to->field = change->field ? change->field : to->field;
    to->value = change->value ? change->value : to->value;
    to->body = change->body.len ? change->body : to->body;
    to->field_twice = change->field_twice;
    to->silent = change->silent;
    to->more = change->more;
}

static void wrong_answers_are_told_apart(void **state)
{
    for (size_t i = 0; i < COUNT(failures); i++) {
        const struct pcs_options options = {.timeout_ms = failures[i].change.silent ? 300 : 30000};
        struct quoth_error err = {0};
        AUTO(collateral) struct collateral c = {0};
        print_message("  %s\n", failures[i].name);
        begin(state);
        apply(&failures[i].change, &answers[failures[i].at]);
        start_service();
        assert_false(fetch(&options, service.url, "sgx", &c, &err));
        assert_int_equal(err.code, failures[i].code);
        assert_int_equal(quoth_code_exit(err.code), 3);
        assert_true(strncmp(err.where, "http://127.0.0.1", 16) == 0);
        assert_int_equal(c.memory.len, 0);
    }
}

static void a_chain_has_a_limit(void **state)
{
    (void)state;
    static char chain[(20u << 10) + 1];
    const struct pcs_options options = {0};
    struct quoth_error err = {0};
    AUTO(collateral) struct collateral c = {0};
    memset(chain, 'A', sizeof chain - 1);
    memcpy(chain, "-----BEGIN CERTIFICATE-----", 27);
    answers[TCB].value = chain;
    start_service();
    assert_false(fetch(&options, service.url, "sgx", &c, &err));
    assert_int_equal(err.code, QUOTH_SOURCE_ANSWER);
}

static const struct {
    const char *url;
    enum quoth_code code;
} addresses[] = {
    {"http://127.0.0.1:1",            QUOTH_SOURCE_UNAVAILABLE}, /* nobody listens */
    {"https://127.0.0.1:1",           QUOTH_SOURCE_UNAVAILABLE},
    {"http://[::1]:1",                QUOTH_SOURCE_UNAVAILABLE},
    {"http://localhost:1",            QUOTH_SOURCE_UNAVAILABLE},
    {"https://no-such-host.invalid",  QUOTH_SOURCE_UNAVAILABLE},
    {"http://192.0.2.1",              QUOTH_USAGE             },
    {"http://pccs.example",           QUOTH_USAGE             },
    {"http://127.0.0.1.example",      QUOTH_USAGE             },
    {"http://localhost.example",      QUOTH_USAGE             },
    {"https://user:word@127.0.0.1:1", QUOTH_USAGE             },
    {"ftp://127.0.0.1",               QUOTH_USAGE             },
    {"file:///etc/passwd",            QUOTH_USAGE             },
    {"127.0.0.1",                     QUOTH_USAGE             },
    {"",                              QUOTH_USAGE             },
};

static void addresses_are_judged_before_they_are_asked(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(addresses); i++) {
        const struct pcs_options options = {.timeout_ms = 30000};
        struct quoth_error err = {0};
        AUTO(collateral) struct collateral c = {0};
        print_message("  %s\n", addresses[i].url);
        assert_false(fetch(&options, addresses[i].url, "sgx", &c, &err));
        assert_int_equal(err.code, addresses[i].code);
    }
}

static void https_does_not_fall_back(void **state)
{
    (void)state;
    const struct pcs_options options = {.timeout_ms = 30000};
    struct quoth_error err = {0};
    AUTO(collateral) struct collateral c = {0};
    char url[80];
    start_service();
    snprintf(url, sizeof url, "https%s", service.url + 4); /* plain HTTP listens there */
    assert_false(fetch(&options, url, "sgx", &c, &err));
    assert_int_equal(err.code, QUOTH_SOURCE_UNAVAILABLE);
}

static const struct {
    const char *in, *out; /* out NULL: refused */
    size_t offset;
} chains[] = {
    {"-----BEGIN CERTIFICATE-----",             "-----BEGIN CERTIFICATE-----",      0 },
    {"%2D%2d---BEGIN%20CERTIFICATE-----%0D%0A", "-----BEGIN CERTIFICATE-----\r\n",  0 },
    {"-----BEGIN CERTIFICATE-----a+b%2Bc",      "-----BEGIN CERTIFICATE-----a+b+c", 0 },
    {"",                                        NULL,                               0 },
    {"-----BEGIN CERTIFICATE----",              NULL,                               0 },
    {" -----BEGIN CERTIFICATE-----",            NULL,                               0 },
    {"-----BEGIN CERTIFICATE-----%",            NULL,                               27},
    {"-----BEGIN CERTIFICATE-----%0",           NULL,                               27},
    {"-----BEGIN CERTIFICATE-----%0x",          NULL,                               27},
    {"-----BEGIN CERTIFICATE-----%%30",         NULL,                               27},
    {"-----BEGIN CERTIFICATE-----%00",          NULL,                               27},
    {"-----BEGIN CERTIFICATE-----%7F",          NULL,                               27},
    {"-----BEGIN CERTIFICATE-----%C3%BC",       NULL,                               27},
    {"-----BEGIN CERTIFICATE-----\x1b[31m",     NULL,                               27},
    {"-----BEGIN CERTIFICATE-----%09",          NULL,                               27},
};

static void chains_are_decoded_once_and_strictly(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(chains); i++) {
        AUTO(buffer) struct buffer pem = {0};
        struct quoth_error err = {0};
        const bool ok = issuer_chain_decode(bytes_of_text(chains[i].in), &pem, &err);
        assert_int_equal(ok, chains[i].out != NULL);
        if (ok)
            assert_true(bytes_equal(buffer_bytes(&pem), bytes_of_text(chains[i].out)));
        else
            assert_int_equal(err.offset, chains[i].offset);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, stop_service)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everything_about_a_platform_is_fetched),
        TEST(the_path_of_the_api_may_stand_in_the_address),
        TEST(older_and_lower_case_names_of_fields_are_known),
        TEST(tdx_and_other_generations_are_asked_for),
        TEST(wrong_answers_are_told_apart),
        TEST(a_chain_has_a_limit),
        TEST(addresses_are_judged_before_they_are_asked),
        TEST(https_does_not_fall_back),
        TEST(chains_are_decoded_once_and_strictly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
