#include "attester/attester.h"

#include "codec/base64.h"
#include "codec/json.h"
#include "tests/machine.h"
#include "tests/tls_peer.h"
#include "tests/unit.h"

static struct machine machine;
static struct quoth_attester *attester;

static int start(void **state)
{
    struct quoth_error err = {0};
    (void)state;
    machine_open(&machine);
    return attester_open_at(machine.root, NULL, &attester, &err) ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    quoth_attester_close(attester);
    machine_close(&machine);
    return 0;
}

static const struct {
    const char *name, *type; /* NULL: no such file */
    const char *platform;
    enum quoth_code code;
} detections[] = {
    {"Gramine with DCAP",           "dcap",   NULL,      QUOTH_OK        },
    {"with a newline",              "dcap\n", NULL,      QUOTH_OK        },
    {"asked for by name",           "dcap",   "gramine", QUOTH_OK        },
    {"Gramine without attestation", "none",   NULL,      QUOTH_TEE_ABSENT},
    {"EPID",                        "epid",   NULL,      QUOTH_TEE_ABSENT},
    {"an empty file",               "",       NULL,      QUOTH_TEE_ABSENT},
    {"more than the word",          "dcap2",  NULL,      QUOTH_TEE_ABSENT},
    {"an ordinary machine",         NULL,     NULL,      QUOTH_TEE_ABSENT},
    {"asked for and not there",     NULL,     "gramine", QUOTH_TEE_ABSENT},
    {"a platform nobody knows",     "dcap",   "sample",  QUOTH_USAGE     },
    {"no name at all",              "dcap",   "",        QUOTH_USAGE     },
};

static void nothing_insecure_is_fallen_back_to(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(detections); i++) {
        struct machine other;
        struct quoth_attester *a = NULL;
        struct quoth_error err = {0};
        print_message("  %s\n", detections[i].name);
        machine_open(&other);
        machine_remove(&other, "attestation_type");
        if (detections[i].type)
            machine_write(&other, "attestation_type", bytes_of_text(detections[i].type));
        assert_int_equal(attester_open_at(other.root, detections[i].platform, &a, &err),
                         detections[i].code == QUOTH_OK);
        assert_int_equal(err.code, detections[i].code);
        if (a)
            assert_string_equal(quoth_attester_platform(a), "gramine");
        quoth_attester_close(a);
        machine_close(&other);
    }
}

static void evidence_is_the_quote_over_the_hash(void **state)
{
    (void)state;
    const struct bytes data = BYTES_LITERAL("held data");
    const struct sha256 digest = sha256_of(data);
    struct quoth_error err = {0};
    uint8_t *evidence = NULL;
    size_t len = 0;
    AUTO(buffer) struct buffer asked = {0};
    char path[128];
    machine_quote(&machine, data, 600, 3000); /* the service pads what it returns */
    assert_true(quoth_attester_evidence(attester, data.data, data.len, &evidence, &len, &err));
    assert_int_equal(len, 436 + 600);
    assert_int_equal(evidence[len - 1], 0x77);
    free(evidence);

    snprintf(path, sizeof path, "%s/dev/attestation/user_report_data", machine.root);
    assert_true(file_read(path, 100, &asked, &err));
    assert_int_equal(asked.len, 64);
    assert_true(bytes_equal(bytes_slice(buffer_bytes(&asked), 0, 32), BYTES_OF(digest.bytes)));
    assert_true(bytes_all_zero(bytes_slice(buffer_bytes(&asked), 32, 32)));
}

static enum quoth_code evidence_over(struct bytes data)
{
    struct quoth_error err = {0};
    uint8_t *evidence = NULL;
    size_t len = 0;
    if (quoth_attester_evidence(attester, data.data, data.len, &evidence, &len, &err))
        free(evidence);
    else
        print_message("    %s: %s\n", err.where, err.message);
    return err.code;
}

static void broken_quotes_are_noticed(void **state)
{
    (void)state;
    const struct bytes data = BYTES_LITERAL("held data");
    AUTO(buffer) struct buffer large = {0};
    machine_quote(&machine, data, 600, 0);
    assert_int_equal(evidence_over(data), QUOTH_OK);
    print_message("  over other data\n");
    assert_int_equal(evidence_over(BYTES_LITERAL("other data")), QUOTH_EVIDENCE_FAILED);
    print_message("  without a signature\n");
    machine_quote(&machine, data, 0, 100);
    assert_int_equal(evidence_over(data), QUOTH_EVIDENCE_FAILED);
    print_message("  larger than Gramine's largest\n");
    machine_quote(&machine, data, 600, 8000);
    assert_int_equal(evidence_over(data), QUOTH_EVIDENCE_FAILED);
    print_message("  shorter than it says\n");
    buffer_fill(&large, 432, 1);
    buffer_u32le(&large, 1000);
    buffer_fill(&large, 999, 1);
    machine_write(&machine, "quote", buffer_bytes(&large));
    assert_int_equal(evidence_over(data), QUOTH_EVIDENCE_FAILED);
    print_message("  with a length that wraps\n");
    buffer_clear(&large);
    buffer_fill(&large, 436, 0xff);
    machine_write(&machine, "quote", buffer_bytes(&large));
    assert_int_equal(evidence_over(data), QUOTH_EVIDENCE_FAILED);
    print_message("  empty\n");
    machine_write(&machine, "quote", (struct bytes){0});
    assert_int_equal(evidence_over(data), QUOTH_EVIDENCE_FAILED);
    print_message("  not there\n");
    machine_remove(&machine, "quote");
    assert_int_equal(evidence_over(data), QUOTH_EVIDENCE_FAILED);
    print_message("  no place for the report data\n");
    machine_quote(&machine, data, 600, 0);
    machine_remove(&machine, "user_report_data");
    assert_int_equal(evidence_over(data), QUOTH_EVIDENCE_FAILED);
    machine_write(&machine, "user_report_data", (struct bytes){0});
}

static void sealing_keys_have_16_bytes_and_two_names(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    uint8_t key[16];
    assert_true(quoth_attester_sealing_key(attester, "mrenclave", key, &err));
    assert_memory_equal(key, "0123456789abcdef", 16);
    assert_true(quoth_attester_sealing_key(attester, "mrsigner", key, &err));
    assert_memory_equal(key, "fedcba9876543210", 16);
    static const char *const refused[] = {"", "MRENCLAVE", "../quote", "sgx_mrenclave", "default"};
    for (size_t i = 0; i < COUNT(refused); i++) {
        err = (struct quoth_error){0};
        assert_false(quoth_attester_sealing_key(attester, refused[i], key, &err));
        assert_int_equal(err.code, QUOTH_USAGE);
    }
    machine_write(&machine, "keys/_sgx_mrsigner", BYTES_LITERAL("short"));
    err = (struct quoth_error){0};
    assert_false(quoth_attester_sealing_key(attester, "mrsigner", key, &err));
    assert_int_equal(err.code, QUOTH_EVIDENCE_FAILED);
    machine_write(&machine, "keys/_sgx_mrsigner", (struct bytes){0}); /* Gramine: not set */
    err = (struct quoth_error){0};
    assert_false(quoth_attester_sealing_key(attester, "mrsigner", key, &err));
    assert_int_equal(err.code, QUOTH_EVIDENCE_FAILED);
}

static void runtime_data_is_the_envelope(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(text) char *json = NULL;
    assert_true(quoth_runtime_data((const uint8_t *)"c", 1, (const uint8_t *)"0123456789abcdef", 16,
                                   &json, &err));
    assert_string_equal(json,
                        "{\"v\":\"quoth-1\",\"cert\":\"Yw\",\"nonce\":\"MDEyMzQ1Njc4OWFiY2RlZg\"}");
    char *none = NULL;
    assert_false(
        quoth_runtime_data((const uint8_t *)"c", 1, (const uint8_t *)"short", 5, &none, &err));
    assert_null(none);
}

struct verifier { /* what the other side says, and what it saw */
    int status;
    const char *body;
    struct buffer seen;
};

static enum peer_end verify(void *arg, struct tls_peer *peer, struct bytes request,
                            struct buffer *ret_answer)
{
    struct verifier *v = arg;
    (void)peer;
    buffer_clear(&v->seen);
    buffer_add(&v->seen, request);
    peer_say(ret_answer, v->status, v->body);
    return PEER_GOODBYE;
}

static enum quoth_code ask(struct verifier *v, enum quoth_data_type type, struct bytes data,
                           char **ret_token)
{
    struct tls_peer peer;
    struct quoth_error err = {0};
    tls_peer_open(&peer, verify, v, NULL);
    const struct quoth_token_request request = {.verifier = peer.url,
                                                .ca_file = peer.ca_file,
                                                .data_type = type,
                                                .data = data.data,
                                                .data_len = data.len,
                                                .timeout_ms = 30000};
    if (!quoth_attester_token(attester, &request, ret_token, &err))
        print_message("    %s: %s\n", err.where, err.message);
    tls_peer_close(&peer);
    return err.code;
}

/* The request as EGo posts it: attester.md 3.2. */
static void check_request(const struct buffer *seen, struct bytes data, const char *type)
{
    static const char line[] = "POST /attest/OpenEnclave?api-version=2020-10-01 HTTP/1.1\r\n";
    struct quoth_error err = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(buffer) struct buffer report = {0}, held = {0};
    struct bytes text;
    struct json runtime;
    assert_memory_equal(seen->data, line, sizeof line - 1);
    const uint8_t *body = memmem(seen->data, seen->len, "\r\n\r\n", 4);
    assert_non_null(body);
    const size_t at = (size_t)(body - seen->data) + 4;
    assert_true(json_parse(bytes_slice(buffer_bytes(seen), at, seen->len), NULL, &doc, &err));
    assert_int_equal(json_count(json_root(&doc)), 2);
    assert_true(json_need_plain(json_root(&doc), "report", &text, &err));
    assert_true(base64url_decode(text, &report, &err));
    assert_int_equal(bytes_u32le(buffer_bytes(&report), 0), 1);
    assert_int_equal(bytes_u32le(buffer_bytes(&report), 4), 2);
    assert_int_equal(bytes_u64le(buffer_bytes(&report), 8), report.len - 16);
    assert_int_equal(bytes_u16le(buffer_bytes(&report), 16), 3);
    assert_true(json_need_object(json_root(&doc), "runtimeData", &runtime, &err));
    assert_true(json_need_plain(runtime, "data", &text, &err));
    assert_true(base64url_decode(text, &held, &err));
    assert_true(bytes_equal(buffer_bytes(&held), data));
    assert_true(json_need_plain(runtime, "dataType", &text, &err));
    assert_true(bytes_equal(text, bytes_of_text(type)));
}

static void a_token_is_asked_for_as_ego_does(void **state)
{
    (void)state;
    static const struct {
        enum quoth_data_type type;
        const char *name;
        struct bytes data;
    } rows[] = {
        {QUOTH_DATA_BINARY, "Binary", BYTES_INIT("\x30\x82 a certificate")},
        {QUOTH_DATA_JSON,   "JSON",   BYTES_INIT("{\"v\":\"mine\"}")      },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct verifier v = {200, "{\"token\":\"a.b.c\"}", {0}};
        AUTO(text) char *token = NULL;
        machine_quote(&machine, rows[i].data, 600, 0);
        assert_int_equal(ask(&v, rows[i].type, rows[i].data, &token), QUOTH_OK);
        assert_string_equal(token, "a.b.c");
        check_request(&v.seen, rows[i].data, rows[i].name);
        buffer_clear(&v.seen);
    }
}

#define OPEN_ENCLAVE "POST /attest/OpenEnclave?api-version=2020-10-01 HTTP/1.1\r\n"
#define TDX_VM "POST /attest/TdxVm?api-version=2025-06-01 HTTP/1.1\r\n"
#define OE_HEADER(len) "\1\0\0\0\2\0\0\0" len "\0\0\0\0\0\0\0"
#define TEN_OF(c) c c c c c c c c c c
#define FORTY_OF(c) TEN_OF(c) TEN_OF(c) TEN_OF(c) TEN_OF(c)
#define QUOTE_3 "\3\0\2\0\0\0\0\0" FORTY_OF("q")
#define QUOTE_4_SGX "\4\0\2\0\0\0\0\0" FORTY_OF("q")
#define QUOTE_4_TDX "\4\0\2\0\x81\0\0\0" FORTY_OF("q")
#define QUOTE_5_TDX "\5\0\2\0\x81\0\0\0" FORTY_OF("q")

static const struct {
    const char *name;
    struct bytes evidence;
    const char *line, *member;
    struct bytes posted;
} kinds[] = {
    {"SGX",                   BYTES_INIT(QUOTE_3),                    OPEN_ENCLAVE, "report", BYTES_INIT(OE_HEADER("0") QUOTE_3)},
    {"SGX in its header",     BYTES_INIT(OE_HEADER("0") QUOTE_3),     OPEN_ENCLAVE, "report",
     BYTES_INIT(OE_HEADER("0") QUOTE_3)                                                                                         },
    {"SGX, version 4",        BYTES_INIT(QUOTE_4_SGX),                OPEN_ENCLAVE, "report",
     BYTES_INIT(OE_HEADER("0") QUOTE_4_SGX)                                                                                     },
    {"TDX",                   BYTES_INIT(QUOTE_4_TDX),                TDX_VM,       "quote",  BYTES_INIT(QUOTE_4_TDX)           },
    {"TDX, version 5",        BYTES_INIT(QUOTE_5_TDX),                TDX_VM,       "quote",  BYTES_INIT(QUOTE_5_TDX)           },
    {"TDX in SGX's header",   BYTES_INIT(OE_HEADER("0") QUOTE_4_TDX), OPEN_ENCLAVE, "report",
     BYTES_INIT(OE_HEADER("0") QUOTE_4_TDX)                                                                                     },
    {"too short to be known", BYTES_INIT("\3\1quote"),                OPEN_ENCLAVE, "report",
     BYTES_INIT(OE_HEADER("\7") "\3\1quote")                                                                                    },
    {"nothing",               BYTES_INIT(""),                         OPEN_ENCLAVE, "report", BYTES_INIT(OE_HEADER("\0"))       },
};

/* Each kind to its route; a bare quote of SGX gets its header, the others go as they are. */
static void evidence_goes_where_its_kind_is_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct verifier v = {200, "{\"token\":\"a.b.c\"}", {0}};
        struct tls_peer peer;
        struct quoth_error err = {0};
        AUTO(text) char *token = NULL;
        AUTO(buffer) struct buffer expected = {0};
        print_message("  %s\n", kinds[i].name);
        tls_peer_open(&peer, verify, &v, NULL);
        const struct quoth_token_request request = {
            .verifier = peer.url, .ca_file = peer.ca_file, .nonce = "n\"1", .timeout_ms = 30000};
        assert_true(attester_post(kinds[i].evidence, &request, NULL, &token, &err));
        assert_memory_equal(v.seen.data, kinds[i].line, strlen(kinds[i].line));
        buffer_printf(&expected, "{\"%s\":\"", kinds[i].member);
        base64url_encode(kinds[i].posted, &expected);
        buffer_text(&expected, "\",\"nonce\":\"n\\\"1\"}");
        assert_true(
            bytes_equal(bytes_slice(buffer_bytes(&v.seen), v.seen.len - expected.len, expected.len),
                        buffer_bytes(&expected)));
        tls_peer_close(&peer);
        buffer_clear(&v.seen);
    }
}

static void evidence_without_held_data_is_not_made(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    char *token = NULL;
    const struct quoth_token_request request = {.verifier = "https://localhost:1"};
    assert_false(quoth_attester_token(attester, &request, &token, &err));
    assert_int_equal(err.code, QUOTH_USAGE);
}

static const struct {
    const char *name;
    int status;
    const char *body;
    enum quoth_code code;
} answers[] = {
    {"refused by policy",     400,
     "{\"error\":{\"code\":\"PolicyEvaluationError\",\"message\":\"no \\u001b[2J permit\"}}", QUOTH_ATTESTATION_REFUSED},
    {"refused without words", 400, "",                                                        QUOTH_ATTESTATION_REFUSED},
    {"refused in HTML",       403, "<html>",                                                  QUOTH_ATTESTATION_REFUSED},
    {"refused in odd types",  400, "{\"error\":{\"code\":7,\"message\":[]}}",
     QUOTH_ATTESTATION_REFUSED                                                                                         },
    {"no such route",         404, "{}",                                                      QUOTH_ATTESTATION_REFUSED},
    {"too many requests",     429, "{}",                                                      QUOTH_PEER_BUSY          },
    {"its own fault",         500, "{}",                                                      QUOTH_UNAVAILABLE        },
    {"collateral is missing", 503, "{\"error\":{\"code\":\"x\"}}",                            QUOTH_PEER_BUSY          },
    {"a redirect",            302, "",                                                        QUOTH_HTTP_ANSWER        },
    {"created",               201, "{\"token\":\"a.b.c\"}",                                   QUOTH_HTTP_ANSWER        },
    {"no token",              200, "{}",                                                      QUOTH_HTTP_ANSWER        },
    {"a token that is null",  200, "{\"token\":null}",                                        QUOTH_HTTP_ANSWER        },
    {"two tokens",            200, "{\"token\":\"a\",\"token\":\"b\"}",                       QUOTH_HTTP_ANSWER        },
    {"not JSON",              200, "a.b.c",                                                   QUOTH_HTTP_ANSWER        },
    {"nothing",               200, "",                                                        QUOTH_HTTP_ANSWER        },
};

static void what_the_verifier_says_is_told_apart(void **state)
{
    (void)state;
    const struct bytes data = BYTES_LITERAL("\x30 certificate");
    machine_quote(&machine, data, 600, 0);
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct verifier v = {answers[i].status, answers[i].body, {0}};
        char *token = NULL;
        print_message("  %s\n", answers[i].name);
        assert_int_equal(ask(&v, QUOTH_DATA_BINARY, data, &token), answers[i].code);
        assert_null(token);
        buffer_clear(&v.seen);
    }
}

static const struct {
    const char *name;
    enum quoth_data_type type;
    struct bytes data;
} ambiguous[] = {
    {"Binary that is JSON",            QUOTH_DATA_BINARY, BYTES_INIT("{\"v\":\"quoth-1\"}")},
    {"Binary that is nearly JSON",     QUOTH_DATA_BINARY, BYTES_INIT("{\"a\":1,\"a\":2}")  },
    {"Binary with blanks before JSON", QUOTH_DATA_BINARY, BYTES_INIT(" \r\n\t{}")          },
    {"Binary with a byte order mark",  QUOTH_DATA_BINARY, BYTES_INIT("\xEF\xBB\xBF{}")     },
    {"Binary with NULs before JSON",   QUOTH_DATA_BINARY, BYTES_INIT("\0\0{}")             },
    {"JSON that is no object",         QUOTH_DATA_JSON,   BYTES_INIT("[1]")                },
    {"JSON that is none",              QUOTH_DATA_JSON,   BYTES_INIT("\x30\x82")           },
    {"JSON with duplicates",           QUOTH_DATA_JSON,   BYTES_INIT("{\"a\":1,\"a\":2}")  },
    {"JSON with something behind",     QUOTH_DATA_JSON,   BYTES_INIT("{}x")                },
    {"JSON that is nothing",           QUOTH_DATA_JSON,   BYTES_INIT("")                   },
};

/* THREATS 2: no evidence is even made. */
static void data_of_two_meanings_is_never_attested(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ambiguous); i++) {
        struct verifier v = {200, "{\"token\":\"a.b.c\"}", {0}};
        char *token = NULL;
        print_message("  %s\n", ambiguous[i].name);
        machine_quote(&machine, ambiguous[i].data, 600, 0);
        assert_int_equal(ask(&v, ambiguous[i].type, ambiguous[i].data, &token), QUOTH_MALFORMED);
        assert_null(v.seen.data);
    }
}

static void a_verifier_of_another_ca_is_not_told(void **state)
{
    (void)state;
    struct verifier v = {200, "{\"token\":\"a.b.c\"}", {0}};
    struct tls_peer peer, other;
    struct quoth_error err = {0};
    char *token = NULL;
    const struct bytes data = BYTES_LITERAL("\x30 certificate");
    machine_quote(&machine, data, 600, 0);
    tls_peer_open(&peer, verify, &v, NULL);
    tls_peer_open(&other, verify, &v, NULL);
    const struct quoth_token_request request = {.verifier = peer.url,
                                                .ca_file = other.ca_file,
                                                .data = data.data,
                                                .data_len = data.len,
                                                .timeout_ms = 30000};
    assert_false(quoth_attester_token(attester, &request, &token, &err));
    assert_int_equal(err.code, QUOTH_TLS_UNTRUSTED);
    assert_null(v.seen.data);
    tls_peer_close(&peer);
    tls_peer_close(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_insecure_is_fallen_back_to),
        cmocka_unit_test(evidence_is_the_quote_over_the_hash),
        cmocka_unit_test(broken_quotes_are_noticed),
        cmocka_unit_test(sealing_keys_have_16_bytes_and_two_names),
        cmocka_unit_test(runtime_data_is_the_envelope),
        cmocka_unit_test(a_token_is_asked_for_as_ego_does),
        cmocka_unit_test(evidence_goes_where_its_kind_is_judged),
        cmocka_unit_test(evidence_without_held_data_is_not_made),
        cmocka_unit_test(what_the_verifier_says_is_told_apart),
        cmocka_unit_test(data_of_two_meanings_is_never_attested),
        cmocka_unit_test(a_verifier_of_another_ca_is_not_told),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
