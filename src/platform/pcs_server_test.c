#include "platform/pcs_server.h"

#include "codec/hex.h"
#include "fetch/pcs.h"
#include "platform/test_bed.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

static struct bed bed;

static int start(void **state)
{
    (void)state;
    bed = bed_make();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    bed_remove(&bed);
    return 0;
}

/* Sends a request to the server and reads until it closes. */
static void exchange(const char *url, const char *request, struct buffer *ret_answer)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval limit = {.tv_sec = 60};
    struct quoth_error err = {0};
    AUTO(fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    to.sin_port = htons((uint16_t)strtoul(strrchr(url, ':') + 1, NULL, 10));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
    assert_true(file_read_fd(fd, "answer", 65536, ret_answer, &err));
    buffer_u8(ret_answer, 0);
}

static void a_client_gets_the_root_crl(void **state)
{
    (void)state;
    AUTO(pcs_server) struct pcs_server *server = NULL;
    AUTO(buffer) struct buffer answer = {0};
    AUTO(buffer) struct buffer der = {0};
    struct quoth_error err = {0};

    assert_true(pcs_server_open(bed.folder, "127.0.0.1:0", &server, &err));
    assert_memory_equal(pcs_server_url(server), "http://127.0.0.1:", 17);
    exchange(pcs_server_url(server),
             "GET /root-ca.crl HTTP/1.1\r\nHost: pcs\r\nConnection: close\r\n\r\n", &answer);
    bed_read(&bed, FILE_ROOT_CRL, &der);
    assert_memory_equal(answer.data, "HTTP/1.1 200 ", 13);
    assert_non_null(memmem(answer.data, answer.len, "Content-Type: application/pkix-crl\r\n", 36));
    assert_non_null(memmem(answer.data, answer.len, der.data, der.len));
}

static void other_methods_and_paths_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *request, *status;
    } cases[] = {
        {"POST /root-ca.crl HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
         "HTTP/1.1 405 "                                                                                           },
        {"GET /fuse HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",                              "HTTP/1.1 404 "},
        {"GET /root-ca.crl\r\n\r\n",                                                                "HTTP/1.1 400 "},
    };
    AUTO(pcs_server) struct pcs_server *server = NULL;
    struct quoth_error err = {0};

    assert_true(pcs_server_open(bed.folder, "127.0.0.1:0", &server, &err));
    for (size_t i = 0; i < COUNT(cases); i++) {
        AUTO(buffer) struct buffer answer = {0};

        exchange(pcs_server_url(server), cases[i].request, &answer);
        assert_memory_equal(answer.data, cases[i].status, strlen(cases[i].status));
    }
}

static const struct {
    const char *tee, *tcb_info, *identity;
} clients[] = {
    {"sgx", FILE_TCB_INFO,     FILE_QE_IDENTITY   },
    {"tdx", FILE_TDX_TCB_INFO, FILE_TD_QE_IDENTITY},
};

static void expect_part(const struct collateral *c, enum collateral_part part, const char *file,
                        const char *second_file)
{
    AUTO(buffer) struct buffer expected = {0};

    bed_read(&bed, file, &expected);
    if (second_file)
        bed_read(&bed, second_file, &expected);
    print_message("  %s\n", collateral_part_name(part));
    assert_true(bytes_equal(c->part[part], buffer_bytes(&expected)));
}

/* Over HTTP, with the client of the verifier. */
static void the_verifiers_client_gets_everything(void **state)
{
    (void)state;
    AUTO(pcs_server) struct pcs_server *server = NULL;
    AUTO(pcs) struct pcs *client = NULL;
    const struct pcs_options options = {.update = PCS_STANDARD};
    struct quoth_error err = {0};
    struct vendor_facts facts;
    char fmspc[13];

    assert_true(vendor_facts(bed.folder, &facts, &err));
    hex_text(BYTES_OF(facts.settings.fmspc), fmspc, sizeof fmspc);
    assert_true(pcs_server_open(bed.folder, "127.0.0.1:0", &server, &err));
    assert_true(pcs_open(&options, &client, &err));
    for (size_t i = 0; i < COUNT(clients); i++) {
        AUTO(collateral) struct collateral c = {0};
        struct collateral_key key;

        assert_true(
            collateral_key_make(&facts.root, clients[i].tee, fmspc, "platform", &key, &err));
        if (!pcs_fetch(client, pcs_server_url(server), &key, &c, &err))
            fail_msg("%s: %s", err.where, err.message);
        expect_part(&c, COLLATERAL_TCB_INFO, clients[i].tcb_info, NULL);
        expect_part(&c, COLLATERAL_QE_IDENTITY, clients[i].identity, NULL);
        expect_part(&c, COLLATERAL_TCB_INFO_CHAIN, FILE_TCB_SIGNING_CERT, FILE_ROOT_CA_CERT);
        expect_part(&c, COLLATERAL_QE_IDENTITY_CHAIN, FILE_TCB_SIGNING_CERT, FILE_ROOT_CA_CERT);
        expect_part(&c, COLLATERAL_PCK_CRL_CHAIN, FILE_PLATFORM_CA_CERT, FILE_ROOT_CA_CERT);
        expect_part(&c, COLLATERAL_PCK_CRL, FILE_PLATFORM_CRL, NULL);
        expect_part(&c, COLLATERAL_ROOT_CRL, FILE_ROOT_CRL, NULL);
    }
}

static void the_verifiers_client_hears_of_no_other_platform(void **state)
{
    (void)state;
    AUTO(pcs_server) struct pcs_server *server = NULL;
    AUTO(pcs) struct pcs *client = NULL;
    AUTO(collateral) struct collateral c = {0};
    const struct pcs_options options = {.update = PCS_STANDARD};
    const struct sha256 root = {{0}};
    struct quoth_error err = {0};
    struct collateral_key key;

    assert_true(pcs_server_open(bed.folder, "127.0.0.1:0", &server, &err));
    assert_true(pcs_open(&options, &client, &err));
    assert_true(collateral_key_make(&root, "sgx", "00906ed50000", "platform", &key, &err));
    assert_false(pcs_fetch(client, pcs_server_url(server), &key, &c, &err));
    assert_int_equal(err.code, QUOTH_SOURCE_UNKNOWN);
}

static void only_loopback_is_served(void **state)
{
    (void)state;
    static const char *const addresses[] = {
        "0.0.0.0:0",          "[::]:0",    "192.0.2.1:0", "localhost.example:0", "127.example:0",
        "[::ffff:0.0.0.0]:0", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:65536",     "",
    };

    for (size_t i = 0; i < COUNT(addresses); i++) {
        struct quoth_error err = {0};
        struct pcs_server *server = NULL;

        print_message("  \"%s\"\n", addresses[i]);
        assert_false(pcs_server_open(bed.folder, addresses[i], &server, &err));
        assert_null(server);
    }
}

static void without_a_platform_there_is_nothing_to_serve(void **state)
{
    (void)state;
    AUTO(bed) struct bed empty = bed_empty();
    struct quoth_error err = {0};
    struct pcs_server *server = NULL;

    assert_false(pcs_server_open(empty.folder, "127.0.0.1:0", &server, &err));
    assert_int_equal(err.code, QUOTH_PLATFORM_ABSENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_gets_the_root_crl),
        cmocka_unit_test(other_methods_and_paths_are_refused),
        cmocka_unit_test(the_verifiers_client_gets_everything),
        cmocka_unit_test(the_verifiers_client_hears_of_no_other_platform),
        cmocka_unit_test(only_loopback_is_served),
        cmocka_unit_test(without_a_platform_there_is_nothing_to_serve),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
