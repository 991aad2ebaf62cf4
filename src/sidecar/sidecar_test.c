#include "sidecar/sidecar.h"

#include "codec/base64.h"
#include "tests/fake_vault.h"
#include "tests/unit.h"
#include "tests/verifier.h"

#include <sys/prctl.h>

static struct fake_vault vault;
static struct verifier verifier;
static struct quoth_attester *attester;
static struct sidecar_settings settings;
static struct sidecar_server *server;
static uint16_t port;

static int begin(void **state)
{
    struct quoth_error err = {0};
    (void)state;
    fake_vault_open(&vault);
    verifier_open(&verifier);
    settings = (struct sidecar_settings){
        .listen = "127.0.0.1:0",
        .verifiers = {1, {verifier.peer.url}},
        .verifier_ca = verifier.peer.ca_file,
        .vaults = {1, {vault.peer.url}   },
        .vault_ca = vault.ca_file,
    };
    if (!attester_open_with(&verifier_machine, "", &attester, &err) ||
        !sidecar_server_open(&settings, attester, &server, &err))
        return -1;
    port = (uint16_t)strtoul(strrchr(sidecar_server_address(server), ':') + 1, NULL, 10);
    return 0;
}

static int end(void **state)
{
    (void)state;
    sidecar_server_close(server);
    quoth_attester_close(attester);
    verifier_close(&verifier);
    fake_vault_close(&vault);
    return 0;
}

/* One exchange as bytes; the answer, head and all. */
static int say(const char *request, struct buffer *ret_answer)
{
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    uint8_t part[4096];
    ssize_t n;
    assert_true(connect(fd, (const struct sockaddr *)&to, sizeof to) == 0);
    assert_true(write(fd, request, strlen(request)) == (ssize_t)strlen(request));
    while ((n = read(fd, part, sizeof part)) > 0)
        buffer_add(ret_answer, (struct bytes){part, (size_t)n});
    close(fd);
    buffer_u8(ret_answer, 0);
    assert_true(ret_answer->len > 12);
    return (int)strtol((const char *)ret_answer->data + 9, NULL, 10);
}

static int post_as(const char *path, const char *type, const char *host, const char *body,
                   struct buffer *ret_answer)
{
    AUTO(buffer) struct buffer request = {0};
    buffer_printf(&request,
                  "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nConnection: close\r\n"
                  "Content-Length: %zu\r\n\r\n%s",
                  path, host, type, strlen(body), body);
    buffer_u8(&request, 0);
    return say((const char *)request.data, ret_answer);
}

static int post(const char *path, const char *body, struct buffer *ret_answer)
{
    return post_as(path, "application/json", "localhost:8080", body, ret_answer);
}

static const char *text(const struct buffer *answer)
{
    return (const char *)answer->data;
}

static void runtime_body(const char *data, bool raw, struct buffer *to)
{
    buffer_text(to, "{");
    if (!raw)
        buffer_printf(to, "\"maa_endpoint\":\"localhost:%u\",", verifier.peer.port);
    buffer_text(to, "\"runtime_data\":\"");
    base64_encode(bytes_of_text(data), to);
    buffer_text(to, "\"}");
    buffer_u8(to, 0);
}

static void release_body(const char *kid, struct buffer *to)
{
    buffer_printf(to,
                  "{\"maa_endpoint\":\"localhost:%u\",\"akv_endpoint\":\"https://localhost:%u\","
                  "\"kid\":\"%s\"}",
                  verifier.peer.port, vault.peer.port, kid);
    buffer_u8(to, 0);
}

static void it_says_that_it_is_there(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer answer = {0};
    assert_int_equal(
        say("GET /status HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: close\r\n\r\n", &answer),
        200);
    assert_non_null(strstr(text(&answer), "\r\n\r\n{\"message\":\"STATUS OK\"}"));
}

static void tokens_are_over_the_callers_data(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer body = {0}, answer = {0};
    AUTO(token) struct token token = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    struct quoth_error err = {0};
    struct bytes compact = {0};
    struct json runtime = {0};
    runtime_body("{\"keys\":[],\"mine\":true}", false, &body);
    assert_int_equal(post("/attest/maa", (const char *)body.data, &answer), 200);
    const char *json = strstr(text(&answer), "\r\n\r\n") + 4;
    assert_true(json_parse(bytes_of_text(json), NULL, &doc, &err) &&
                json_need_plain(json_root(&doc), "token", &compact, &err) &&
                token_read(compact, &token, &err) &&
                json_need_object(json_root(&token.payload), "x-ms-runtime", &runtime, &err));
    assert_true(bytes_equal(json_span(runtime), BYTES_LITERAL("{\"keys\":[],\"mine\":true}")));
}

static void evidence_is_over_the_hash_of_the_data(void **state)
{
    (void)state;
    const struct sha256 digest = sha256_of(BYTES_LITERAL("{\"a\":1}"));
    AUTO(buffer) struct buffer body = {0}, answer = {0}, wanted = {0};
    runtime_body("{\"a\":1}", true, &body);
    assert_int_equal(post("/attest/raw", (const char *)body.data, &answer), 200);
    buffer_text(&wanted, "{\"report\":\"");
    for (size_t i = 0; i < 64; i++)
        buffer_printf(&wanted, "%02x", i < 32 ? digest.bytes[i] : 0u);
    buffer_text(&wanted, "\"}");
    buffer_u8(&wanted, 0);
    assert_non_null(strstr(text(&answer), (const char *)wanted.data));
}

static void keys_come_as_json_web_keys(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer body = {0}, answer = {0}, kid = {0};
    fake_reset(&vault);
    fake_store(&vault, "oct-HSM", BYTES_LITERAL("0123456789abcdef"));
    release_body("k", &body);
    assert_int_equal(post("/key/release", (const char *)body.data, &answer), 200);
    buffer_printf(&kid, "{\"key\":\"{\\\"kid\\\":\\\"%s/keys/k/" FAKE_VERSION "\\\"",
                  vault.peer.url);
    buffer_u8(&kid, 0);
    assert_non_null(strstr(text(&answer), (const char *)kid.data));
    assert_non_null(strstr(text(&answer), "\\\"k\\\":\\\"MDEyMzQ1Njc4OWFiY2RlZg\\\""));
}

/* ---- refusals */

static void what_is_refused_reaches_nobody(void **state)
{
    (void)state;
    static const struct {
        const char *name, *path, *type, *host, *body, *code;
        int status;
    } rows[] = {
        {"another host in Host",                  "/key/release", "application/json", "evil.test",      "{}",
         "http.misdirected",                                                                                                       421},
        {"a rebound name",                        "/attest/raw",  "application/json", "localhost.evil", "{}",
         "http.misdirected",                                                                                                       421},
        {"a form of a page",                      "/attest/raw",  "text/plain",       "localhost",      "{}", "http.content-type",
         415                                                                                                                          },
        {"a page of another site",                "/attest/raw",  "application/json",
         "localhost\r\nOrigin: https://evil.test",                                                      "{}", "sidecar.origin",    403},
        {"a page that says not where it is from", "/key/release", "application/json",
         "localhost\r\nOrigin: null",                                                                   "{}", "sidecar.origin",    403},
        {"a page of this machine",                "/key/release", "application/json",
         "localhost\r\norigin: http://localhost:8080",                                                  "{}", "sidecar.origin",    403},
        {"no JSON",                               "/attest/maa",  "application/json", "localhost",      "x",  "json.syntax",       400},
        {"nothing in it",                         "/attest/maa",  "application/json", "localhost",      "{}", "json.value",        400},
        {"nothing in it either",                  "/key/release", "application/json", "localhost",      "{}",
         "json.value",                                                                                                             400},
        {"somebody else's vault",                 "/key/release", "application/json", "localhost",
         "{\"maa_endpoint\":\"evil.test\",\"akv_endpoint\":\"evil.test\",\"kid\":\"k\"}",                     "sidecar.endpoint",  403},
        {"a route of ours alone",                 "/key/create",  "application/json", "localhost",      "{}",
         "http.route.unknown",                                                                                                     404},
    };
    const unsigned asked = verifier.asked;
    fake_reset(&vault);
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(buffer) struct buffer answer = {0};
        print_message("  %s\n", rows[i].name);
        assert_int_equal(post_as(rows[i].path, rows[i].type, rows[i].host, rows[i].body, &answer),
                         rows[i].status);
        assert_non_null(strstr(text(&answer), "{\"error\":\""));
        assert_non_null(strstr(text(&answer), rows[i].code));
    }
    AUTO(buffer) struct buffer body = {0}, answer = {0};
    runtime_body("{\"v\":\"quoth-1\",\"cert\":\"AA\",\"nonce\":\"AA\"}", false, &body);
    assert_int_equal(post("/attest/maa", (const char *)body.data, &answer), 400);
    assert_int_equal(verifier.asked, asked);
    assert_int_equal(vault.challenges + vault.releases, 0);
}

/* A page may post a Blob of no type: then no Content-Type is sent, and the browser asks nobody before. */
static void a_page_that_names_no_type_is_a_page(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer body = {0}, request = {0}, answer = {0};
    fake_reset(&vault);
    fake_store(&vault, "oct-HSM", BYTES_LITERAL("0123456789abcdef"));
    release_body("k", &body);
    buffer_printf(&request,
                  "POST /key/release HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.test\r\n"
                  "Connection: close\r\nContent-Length: %zu\r\n\r\n%s",
                  body.len - 1, text(&body));
    buffer_u8(&request, 0);
    assert_int_equal(say(text(&request), &answer), 403);
    assert_int_equal(vault.challenges + vault.releases, 0);
}

/* Keys are in its memory, be it quothd or a program of its own. */
static void nobody_looks_into_its_memory(void **state)
{
    (void)state;
    char help[] = "--help", *argv[] = {help};
    assert_int_equal(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0);
    assert_int_equal(sidecar_main("sidecar", 1, argv), 0);
    assert_int_equal(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
}

static void a_large_body_is_not_read(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer answer = {0};
    assert_int_equal(say("POST /key/release HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                         "application/json\r\nConnection: close\r\nContent-Length: 70000\r\n\r\n",
                         &answer),
                     413);
}

static void the_reason_of_others_is_passed_on(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer body = {0}, answer = {0};
    fake_reset(&vault);
    vault.twist =
        (struct fake_twist){.path = "/release",
                            .status = 403,
                            .body = "{\"error\":{\"code\":\"Forbidden\",\"message\":\"unmet\"}}"};
    release_body("k", &body);
    assert_int_equal(post("/key/release", (const char *)body.data, &answer), 403);
    assert_non_null(strstr(text(&answer), "\"error\":\"vault: status 403, Forbidden: unmet\""));
}

/* The vault's path is made of it: nothing but a name, or a name and a version, gets there. */
static void a_kid_is_a_name_or_a_name_and_a_version(void **state)
{
    (void)state;
    static const char *const kids[] = {
        "",
        "/k",
        "k/",
        "k//",
        "k/..",
        "k/release?a=1",
        "k?a",
        "k#a",
        "../secrets/s",
        "k%2fa",
        "k.ey!",
        "k ",
        "a b",
        "k/" FAKE_VERSION "/release",
    };
    fake_reset(&vault);
    for (size_t i = 0; i < COUNT(kids); i++) {
        AUTO(buffer) struct buffer body = {0}, answer = {0};
        print_message("  %s\n", kids[i]);
        release_body(kids[i], &body);
        assert_int_equal(post("/key/release", (const char *)body.data, &answer), 400);
        assert_non_null(strstr(text(&answer), "{\"error\":\"kid: "));
        assert_non_null(strstr(text(&answer), "\"code\":\"json.value\""));
    }
    assert_int_equal(vault.challenges + vault.releases, 0);
}

static const struct attester_driver one_process = {
    .name = "fake", .one_process = true, .evidence = verifier_machine_evidence};

static void a_tee_of_one_process_is_no_place_for_it(void **state)
{
    (void)state;
    struct quoth_error err = {0}, none = {0};
    struct quoth_attester *a = NULL;
    struct sidecar_server *s = NULL;
    struct sidecar_settings open = settings;
    assert_true(attester_open_with(&one_process, "", &a, &none));
    assert_false(sidecar_server_open(&settings, a, &s, &err));
    assert_int_equal(err.code, QUOTH_SIDECAR_LOOPBACK);
    open.open_loopback = true;
    assert_true(sidecar_server_open(&open, a, &s, &none));
    sidecar_server_close(s);
    quoth_attester_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_that_it_is_there),
        cmocka_unit_test(tokens_are_over_the_callers_data),
        cmocka_unit_test(evidence_is_over_the_hash_of_the_data),
        cmocka_unit_test(keys_come_as_json_web_keys),
        cmocka_unit_test(what_is_refused_reaches_nobody),
        cmocka_unit_test(a_page_that_names_no_type_is_a_page),
        cmocka_unit_test(nobody_looks_into_its_memory),
        cmocka_unit_test(a_large_body_is_not_read),
        cmocka_unit_test(the_reason_of_others_is_passed_on),
        cmocka_unit_test(a_kid_is_a_name_or_a_name_and_a_version),
        cmocka_unit_test(a_tee_of_one_process_is_no_place_for_it),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
