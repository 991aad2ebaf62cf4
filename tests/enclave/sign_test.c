/* `quoth enclave sign`, `signerid`, `uniqueid` and `show`, from outside. */
#include "tests/enclave/stage.h"

#include "base/file.h"
#include "codec/hex.h"
#include "crypto/digest.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
/* cmocka wants setjmp.h and stdarg.h first */
#include <cmocka.h>

static void write_text(const char *path, const char *text)
{
    struct quoth_error err = {0};
    assert_true(file_write(path, bytes_of_text(text), 0644, &err));
}

/* An empty folder below the stage, to be in. */
static int enter(void **state)
{
    (void)state;
    if (mkdir("work", 0755) != 0 || chdir("work") != 0)
        return -1;
    stage_copy(getenv("QUOTH_PROBE"), "app");
    stage_copy("../private.pem", "k.pem"); /* making one takes seconds */
    return 0;
}

static int leave(void **state)
{
    (void)state;
    return chdir(stage_folder) != 0 || system("rm -rf work") != 0;
}

static void expect_refusal(struct outcome o, int status, const char *words)
{
    if (o.status != status)
        fail_msg("status %d, expected %d: %s", o.status, status, o.err);
    assert_says(o.err, words);
    outcome_clear(&o);
}

static void without_a_configuration_a_default_is_made(void **state)
{
    struct stat st;

    (void)state;
    AUTO(outcome) struct outcome o = stage_quoth("enclave", "sign", "app", NULL);
    assert_int_equal(o.status, 0);
    assert_int_equal(
        strncmp(o.out, "Generating new enclave.json\nGenerating new private.pem\n", 54), 0);
    assert_true(file_exists("app.sig") && file_exists("app.enclave") && file_exists("public.pem"));
    assert_int_equal(stat("app.sig", &st), 0);
    assert_int_equal(st.st_size, 1808);
    assert_int_equal(stat("private.pem", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);

    /* from now on it is found, with or without the name, and says the same */
    AUTO(outcome) struct outcome again = stage_quoth("enclave", "sign", "app", NULL);
    AUTO(outcome) struct outcome plain = stage_quoth("enclave", "sign", NULL);
    assert_string_equal(again.out, strstr(o.out, "unique id"));
    assert_string_equal(again.out, plain.out);
    expect_refusal(stage_quoth("enclave", "sign", "other", NULL), 2, "not the one in enclave.json");
}

static void paths_start_at_the_configuration(void **state)
{
    (void)state;
    mkdir("sub", 0755);
    assert_int_equal(rename("app", "sub/app"), 0);
    write_text("sub/note", "measured");
    write_text("sub/my.json", "{\"exe\":\"app\",\"key\":\"keys.pem\",\"heapSize\":1,"
                              "\"files\":[{\"source\":\"note\",\"target\":\"/note\"}]}");
    AUTO(outcome) struct outcome o = stage_quoth("enclave", "sign", "sub/my.json", NULL);
    assert_int_equal(o.status, 0);
    assert_says(o.out, "Generating new sub/keys.pem");
    assert_true(file_exists("sub/app.sig") && file_exists("sub/app.enclave") &&
                file_exists("sub/keys.pem") && file_exists("sub/public.pem"));
    assert_false(file_exists("app.sig"));
}

static void mistakes_are_explained(void **state)
{
    (void)state;
    expect_refusal(stage_quoth("enclave", "sign", NULL), 3, "enclave.json");
    stage_copy("/proc/self/exe", "dynamic");
    expect_refusal(stage_quoth("enclave", "sign", "dynamic", NULL), 4, "is dynamically linked");
    unlink("enclave.json");
    expect_refusal(stage_quoth("enclave", "sign", "nothing", NULL), 3, "nothing");
    write_text("enclave.json", "{\"exe\":\"app\",\"key\":\"k.pem\",\"heapSize\":1,\"Debug\":true}");
    expect_refusal(stage_quoth("enclave", "sign", NULL), 4, "enclave.json.Debug");
    write_text("enclave.json", "{\"exe\":\"app\",\"key\":\"k.pem\",\"heapSize\":1}");
    write_text("k.pem", "-----BEGIN PRIVATE KEY-----\n");
    expect_refusal(stage_quoth("enclave", "sign", NULL), 4, "k.pem");
    assert_int_equal(system("openssl genrsa -out k.pem 3072 2>/dev/null"), 0);
    expect_refusal(stage_quoth("enclave", "sign", NULL), 4, "exponent 3");
    expect_refusal(stage_quoth("enclave", "sign", "--date", "2025-02-30", NULL), 2, "--date");
    expect_refusal(stage_quoth("enclave", "sign", "--date", "20250203", NULL), 2, "--date");
    assert_false(file_exists("app.sig"));
}

struct hash_text {
    char hex[66];
};

/* The signer id as another program helps to find it: the modulus, reversed, hashed. */
static struct hash_text modulus_hash(const char *key)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer modulus = {0}, reversed = {0};
    char command[96], line[1024];
    struct hash_text text;

    snprintf(command, sizeof command, "openssl rsa -in %s -noout -modulus 2>/dev/null", key);
    FILE *openssl = popen(command, "re");
    assert_non_null(openssl);
    assert_non_null(fgets(line, sizeof line, openssl));
    pclose(openssl);
    const char *hex = line + strlen("Modulus=");
    const struct bytes digits = {(const uint8_t *)hex, strcspn(hex, "\n")};
    assert_true(hex_decode(digits, &modulus, &err));
    for (size_t i = modulus.len; i-- > 0;)
        buffer_u8(&reversed, modulus.data[i]);
    const struct sha256 hash = sha256_of(buffer_bytes(&reversed));
    hex_text(BYTES_OF(hash.bytes), text.hex, sizeof text.hex);
    return text;
}

/* A key as EGo and Gramine make it. */
static void keys_of_openssl_serve(void **state)
{
    (void)state;
    assert_int_equal(system("openssl genrsa -3 -out private.pem 3072 2>/dev/null &&"
                            "openssl rsa -in private.pem -pubout -out other.pem 2>/dev/null"),
                     0);
    AUTO(outcome) struct outcome o = stage_quoth("enclave", "sign", "app", NULL);
    assert_int_equal(o.status, 0);
    assert_null(strstr(o.out, "Generating new private.pem"));
    AUTO(outcome) struct outcome private = stage_quoth("enclave", "signerid", "private.pem", NULL);
    AUTO(outcome) struct outcome public = stage_quoth("enclave", "signerid", "other.pem", NULL);
    AUTO(outcome) struct outcome sig = stage_quoth("enclave", "signerid", "app.sig", NULL);
    AUTO(outcome) struct outcome app = stage_quoth("enclave", "signerid", "app", NULL);
    assert_int_equal(strlen(private.out), 65);
    assert_string_equal(private.out, public.out);
    assert_string_equal(private.out, sig.out);
    assert_string_equal(private.out, app.out);
    assert_int_equal(strncmp(private.out, modulus_hash("private.pem").hex, 64), 0);
}

static void a_program_that_changed_has_no_id(void **state)
{
    (void)state;
    AUTO(outcome) struct outcome o = stage_quoth("enclave", "sign", "app", NULL);
    assert_int_equal(o.status, 0);
    AUTO(outcome) struct outcome id = stage_quoth("enclave", "uniqueid", "app", NULL);
    AUTO(outcome) struct outcome sig = stage_quoth("enclave", "uniqueid", "app.sig", NULL);
    assert_string_equal(id.out, sig.out);
    stage_flip("app", 0x3000);
    expect_refusal(stage_quoth("enclave", "uniqueid", "app", NULL), 1, "mr_enclave");
    stage_flip("app.sig", 960);
    expect_refusal(stage_quoth("enclave", "signerid", "app", NULL), 1, "sigstruct.signature");
    expect_refusal(stage_quoth("enclave", "show", "app.sig", NULL), 1, "sigstruct.signature");
    unlink("app.sig");
    expect_refusal(stage_quoth("enclave", "uniqueid", "app", NULL), 1, "no app.sig");
    expect_refusal(stage_quoth("enclave", "show", "/dev/null", NULL), 1, "is no SIGSTRUCT");
}

static void the_records_hash_to_the_unique_id(void **state)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer records = {0};
    char hex[66];

    (void)state;
    write_text("enclave.json", "{\"exe\":\"app\",\"key\":\"k.pem\",\"heapSize\":1}");
    AUTO(outcome) struct outcome o = stage_quoth("enclave", "sign", "--records", "app.sgxs", NULL);
    assert_int_equal(o.status, 0);
    assert_true(file_read("app.sgxs", 1u << 28, &records, &err));
    const struct sha256 hash = sha256_of(buffer_bytes(&records));
    assert_says(o.out, hex_text(BYTES_OF(hash.bytes), hex, sizeof hex));
    expect_refusal(stage_quoth("enclave", "sign", "--records", "/nonexistent/x", NULL), 3,
                   "/nonexistent/x");
}

static void show_tells_what_was_signed(void **state)
{
    (void)state;
    write_text("enclave.json", "{\"exe\":\"app\",\"key\":\"k.pem\",\"heapSize\":1,\"debug\":true,"
                               "\"productID\":1234,\"securityVersion\":2}");
    AUTO(outcome)
    struct outcome o =
        stage_quoth("enclave", "sign", "--date", "2025-07-04", "--output", "json", NULL);
    assert_int_equal(o.status, 0);
    json_t *ids = json_loads(o.out, 0, NULL);
    assert_non_null(ids);
    AUTO(outcome) struct outcome text = stage_quoth("enclave", "show", "app", NULL);
    assert_int_equal(strncmp(text.out, "Attributes:\n    mr_signer: ", 27), 0);
    assert_says(text.out, "\n    isv_prod_id: 1234\n    isv_svn: 2\n    debug_enclave: true\n"
                          "    attribute_flags: 0x6\n    attribute_xfrms: 0x3\n");
    assert_says(text.out, "\n    date: 2025-07-04\n");
    AUTO(outcome)
    struct outcome json = stage_quoth("enclave", "show", "app.sig", "--output", "json", NULL);
    json_t *shown = json_loads(json.out, 0, NULL);
    assert_non_null(shown);
    assert_string_equal(json_string_value(json_object_get(shown, "mr_enclave")),
                        json_string_value(json_object_get(ids, "uniqueId")));
    assert_string_equal(json_string_value(json_object_get(shown, "mr_signer")),
                        json_string_value(json_object_get(ids, "signerId")));
    assert_int_equal(json_integer_value(json_object_get(shown, "isv_prod_id")), 1234);
    assert_true(json_is_true(json_object_get(shown, "debug_enclave")));
    json_decref(shown);
    json_decref(ids);
}

static void warnings_are_printed(void **state)
{
    (void)state;
    write_text("enclave.json", "{\"exe\":\"app\",\"key\":\"k.pem\",\"heapSize\":1,"
                               "\"env\":[{\"name\":\"A\\u001b[1m\"}]}");
    AUTO(outcome) struct outcome o = stage_quoth("enclave", "sign", NULL);
    assert_int_equal(o.status, 0);
    assert_says(o.out, "Warning: A\\x1b[1m: has neither a value nor fromHost");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_a_configuration_a_default_is_made, enter, leave),
        cmocka_unit_test_setup_teardown(paths_start_at_the_configuration, enter, leave),
        cmocka_unit_test_setup_teardown(mistakes_are_explained, enter, leave),
        cmocka_unit_test_setup_teardown(keys_of_openssl_serve, enter, leave),
        cmocka_unit_test_setup_teardown(a_program_that_changed_has_no_id, enter, leave),
        cmocka_unit_test_setup_teardown(the_records_hash_to_the_unique_id, enter, leave),
        cmocka_unit_test_setup_teardown(show_tells_what_was_signed, enter, leave),
        cmocka_unit_test_setup_teardown(warnings_are_printed, enter, leave),
    };
    return cmocka_run_group_tests(tests, stage_open, stage_close);
}
