#include "platform/enclave_config.h"

#include "tests/unit.h"

#include <stdio.h>

#define CONFIG(members) "{\"exe\":\"a\",\"key\":\"k\",\"heapSize\":1" members "}"

static void egos_example_is_read(void **state)
{
    static const char json[] =
        "{\n \"exe\": \"helloworld\",\n \"key\": \"private.pem\",\n \"debug\": true,\n"
        " \"heapSize\": 512,\n \"executableHeap\": false,\n \"productID\": 1,\n"
        " \"securityVersion\": 1,\n \"mounts\": [\n"
        "  {\"source\": \"/home/user\", \"target\": \"/data\", \"type\": \"hostfs\", \"readOnly\": "
        "true},\n"
        "  {\"target\": \"/tmp\", \"type\": \"memfs\"}\n ],\n \"env\": [\n"
        "  {\"name\": \"LANG\", \"fromHost\": true},\n  {\"name\": \"PWD\", \"value\": "
        "\"/data\"}\n ],\n"
        " \"files\": [\n  {\"source\": \"/etc/ssl/cert.pem\", \"target\": \"/etc/ssl/cert.pem\"}\n "
        "]\n}";
    struct quoth_error err = {0};
    AUTO(enclave_config) struct enclave_config c = {0};
    AUTO(buffer) struct buffer warnings = {0};

    (void)state;
    if (!enclave_config_read(bytes_of_text(json), &c, &warnings, &err))
        fail_msg("%s: %s", err.where, err.message);
    assert_string_equal(c.exe, "helloworld");
    assert_string_equal(c.key, "private.pem");
    assert_true(c.debug);
    assert_int_equal(c.heap_mib, 512);
    assert_int_equal(c.product_id, 1);
    assert_int_equal(c.security_version, 1);
    assert_int_equal(c.mount_count, 2);
    assert_string_equal(c.mounts[0].source, "/home/user");
    assert_true(c.mounts[0].read_only);
    assert_null(c.mounts[1].source);
    assert_int_equal(c.env_count, 2);
    assert_true(c.env[0].from_host && !c.env[0].value);
    assert_string_equal(c.env[1].value, "/data");
    assert_int_equal(c.file_count, 1);
    assert_int_equal(warnings.len, 0);
}

static void the_default_is_a_configuration(void **state)
{
    struct quoth_error err = {0};
    AUTO(enclave_config) struct enclave_config c = {0};
    AUTO(buffer) struct buffer json = {0};

    (void)state;
    assert_true(enclave_config_write_default("my \"app\"", &json, &err));
    assert_true(enclave_config_read(buffer_bytes(&json), &c, NULL, &err));
    assert_string_equal(c.exe, "my \"app\"");
    assert_string_equal(c.key, "private.pem");
    assert_true(c.debug && !c.executable_heap);
    assert_int_equal(c.heap_mib, 512);
    assert_int_equal(c.mount_count + c.env_count + c.file_count, 0);
}

/* clang-format off */
static const struct {
    const char *name, *json, *words;
    enum quoth_code code;
} refusals[] = {
    {"no JSON", "exe=a", "", QUOTH_JSON},
    {"an array", "[]", "expected an object", QUOTH_ENCLAVE_CONFIG},
    {"no exe", "{\"key\":\"k\",\"heapSize\":1}", "\"exe\" is not set", QUOTH_ENCLAVE_CONFIG},
    {"empty exe", "{\"exe\":\"\",\"key\":\"k\",\"heapSize\":1}", "\"exe\" is not set", QUOTH_ENCLAVE_CONFIG},
    {"no key", "{\"exe\":\"a\",\"heapSize\":1}", "\"key\" is not set", QUOTH_ENCLAVE_CONFIG},
    {"no heap", "{\"exe\":\"a\",\"key\":\"k\"}", "\"heapSize\" is not set", QUOTH_ENCLAVE_CONFIG},
    {"heap of zero", "{\"exe\":\"a\",\"key\":\"k\",\"heapSize\":0}", "not set", QUOTH_ENCLAVE_CONFIG},
    {"heap below zero", "{\"exe\":\"a\",\"key\":\"k\",\"heapSize\":-1}", "", QUOTH_JSON_VALUE},
    {"heap of a pebibyte", "{\"exe\":\"a\",\"key\":\"k\",\"heapSize\":1073741824}", "", QUOTH_JSON_VALUE},
    {"heap as text", "{\"exe\":\"a\",\"key\":\"k\",\"heapSize\":\"1\"}", "", QUOTH_JSON_VALUE},
    {"product beyond 16 bits", CONFIG(",\"productID\":65536"), "", QUOTH_JSON_VALUE},
    {"version with a fraction", CONFIG(",\"securityVersion\":1.5"), "", QUOTH_JSON_VALUE},
    {"debug as a number", CONFIG(",\"debug\":1"), "", QUOTH_JSON_VALUE},
    {"a misspelt member", CONFIG(",\"Debug\":false"), "not a setting", QUOTH_ENCLAVE_CONFIG},
    {"a member twice", CONFIG(",\"exe\":\"b\""), "", QUOTH_JSON_DUPLICATE},
    {"mounts no list", CONFIG(",\"mounts\":{}"), "expected an array", QUOTH_ENCLAVE_CONFIG},
    {"a mount no object", CONFIG(",\"mounts\":[1]"), "expected an object", QUOTH_ENCLAVE_CONFIG},
    {"mount without target", CONFIG(",\"mounts\":[{\"type\":\"memfs\"}]"), "\"target\" is not set", QUOTH_ENCLAVE_CONFIG},
    {"mount without type", CONFIG(",\"mounts\":[{\"target\":\"/a\"}]"), "\"type\" is not set", QUOTH_ENCLAVE_CONFIG},
    {"mount of another type", CONFIG(",\"mounts\":[{\"target\":\"/a\",\"type\":\"nfs\"}]"), "neither", QUOTH_ENCLAVE_CONFIG},
    {"mount with more", CONFIG(",\"mounts\":[{\"target\":\"/a\",\"type\":\"memfs\",\"size\":1}]"), "not a setting", QUOTH_ENCLAVE_CONFIG},
    {"hostfs without source", CONFIG(",\"mounts\":[{\"target\":\"/a\",\"type\":\"hostfs\"}]"), "needs a \"source\"", QUOTH_ENCLAVE_CONFIG},
    {"hostfs as root", CONFIG(",\"mounts\":[{\"source\":\"/\",\"target\":\"/\",\"type\":\"hostfs\"}]"), "no confinement", QUOTH_ENCLAVE_CONFIG},
    {"the same target", CONFIG(",\"mounts\":[{\"target\":\"/a\",\"type\":\"memfs\"},{\"target\":\"/a\",\"type\":\"memfs\"}]"), "taken", QUOTH_ENCLAVE_CONFIG},
    {"target in a hostfs", CONFIG(",\"mounts\":[{\"source\":\"x\",\"target\":\"/a\",\"type\":\"hostfs\"},{\"target\":\"/a/b\",\"type\":\"memfs\"}]"), "folder of the host", QUOTH_ENCLAVE_CONFIG},
    {"relative target", CONFIG(",\"mounts\":[{\"target\":\"a\",\"type\":\"memfs\"}]"), "absolute", QUOTH_ENCLAVE_CONFIG},
    {"target with ..", CONFIG(",\"mounts\":[{\"target\":\"/a/../b\",\"type\":\"memfs\"}]"), "absolute", QUOTH_ENCLAVE_CONFIG},
    {"target with .", CONFIG(",\"mounts\":[{\"target\":\"/./b\",\"type\":\"memfs\"}]"), "absolute", QUOTH_ENCLAVE_CONFIG},
    {"target with //", CONFIG(",\"mounts\":[{\"target\":\"/a//b\",\"type\":\"memfs\"}]"), "absolute", QUOTH_ENCLAVE_CONFIG},
    {"target that ends in /", CONFIG(",\"mounts\":[{\"target\":\"/a/\",\"type\":\"memfs\"}]"), "absolute", QUOTH_ENCLAVE_CONFIG},
    {"target in /dev", CONFIG(",\"mounts\":[{\"source\":\"x\",\"target\":\"/dev/attestation\",\"type\":\"hostfs\"}]"), "/dev", QUOTH_ENCLAVE_CONFIG},
    {"env without name", CONFIG(",\"env\":[{\"value\":\"x\"}]"), "\"name\" is not set", QUOTH_ENCLAVE_CONFIG},
    {"env with =", CONFIG(",\"env\":[{\"name\":\"A=B\",\"value\":\"x\"}]"), "'='", QUOTH_ENCLAVE_CONFIG},
    {"env twice", CONFIG(",\"env\":[{\"name\":\"A\",\"value\":\"x\"},{\"name\":\"A\",\"value\":\"y\"}]"), "listed already", QUOTH_ENCLAVE_CONFIG},
    {"env with NUL", CONFIG(",\"env\":[{\"name\":\"A\",\"value\":\"\\u0000\"}]"), "", QUOTH_JSON},
    {"env value a number", CONFIG(",\"env\":[{\"name\":\"A\",\"value\":1}]"), "", QUOTH_JSON_VALUE},
    {"file without source", CONFIG(",\"files\":[{\"target\":\"/a\"}]"), "\"source\" is not set", QUOTH_ENCLAVE_CONFIG},
    {"file with content", CONFIG(",\"files\":[{\"target\":\"/a\",\"content\":\"\"}]"), "not a setting", QUOTH_ENCLAVE_CONFIG},
    {"file as root", CONFIG(",\"files\":[{\"source\":\"a\",\"target\":\"/\"}]"), "root", QUOTH_ENCLAVE_CONFIG},
    {"file in a hostfs", CONFIG(",\"mounts\":[{\"source\":\"x\",\"target\":\"/a\",\"type\":\"hostfs\"}],\"files\":[{\"source\":\"a\",\"target\":\"/a/b\"}]"), "folder of the host", QUOTH_ENCLAVE_CONFIG},
    {"file twice", CONFIG(",\"files\":[{\"source\":\"a\",\"target\":\"/a\"},{\"source\":\"b\",\"target\":\"/a\"}]"), "taken", QUOTH_ENCLAVE_CONFIG},
    {"file below a file", CONFIG(",\"files\":[{\"source\":\"a\",\"target\":\"/a\"},{\"source\":\"b\",\"target\":\"/a/b\"}]"), "taken", QUOTH_ENCLAVE_CONFIG},
    {"file over a folder of files", CONFIG(",\"files\":[{\"source\":\"a\",\"target\":\"/a/b\"},{\"source\":\"b\",\"target\":\"/a\"}]"), "taken", QUOTH_ENCLAVE_CONFIG},
};
/* clang-format on */

static void mistakes_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct quoth_error err = {0};
        AUTO(enclave_config) struct enclave_config c = {0};
        print_message("  %s\n", refusals[i].name);
        assert_false(enclave_config_read(bytes_of_text(refusals[i].json), &c, NULL, &err));
        assert_int_equal(err.code, refusals[i].code);
        assert_non_null(strstr(err.message, refusals[i].words));
        assert_int_equal(strncmp(err.where, "enclave.json", 12), 0);
        assert_null(c.exe);
    }
}

static void too_many_entries_are_refused(void **state)
{
    struct quoth_error err = {0};
    AUTO(enclave_config) struct enclave_config c = {0};
    AUTO(buffer) struct buffer json = {0};

    (void)state;
    buffer_text(
        &json,
        "{\"exe\":\"a\",\"key\":\"k\",\"heapSize\":1,\"env\":[{\"name\":\"A\",\"value\":\"\"}");
    for (unsigned i = 0; i < ENCLAVE_LIST_MAX; i++)
        buffer_printf(&json, ",{\"name\":\"A%u\",\"value\":\"\"}", i);
    buffer_text(&json, "]}");
    assert_false(enclave_config_read(buffer_bytes(&json), &c, NULL, &err));
    assert_int_equal(err.code, QUOTH_ENCLAVE_CONFIG);
}

static void doubtful_settings_give_warnings(void **state)
{
    struct quoth_error err = {0};
    AUTO(enclave_config) struct enclave_config c = {0};
    AUTO(buffer) struct buffer warnings = {0};

    (void)state;
    assert_true(enclave_config_read(
        bytes_of_text(CONFIG(",\"mounts\":[{\"source\":\"x\",\"target\":\"/m\",\"type\":\"memfs\","
                             "\"readOnly\":true}],\"env\":[{\"name\":\"E\"}]")),
        &c, &warnings, &err));
    buffer_u8(&warnings, 0);
    assert_string_equal((const char *)warnings.data,
                        "/m: the source of a memfs means nothing\n"
                        "/m: a read-only memfs stays empty\n"
                        "E: has neither a value nor fromHost, and will be empty\n");
    assert_null(c.mounts[0].source);
}

static const char measured_json[] =
    "{\"debug\":false,\"env\":[{\"fromHost\":false,\"name\":\"A\",\"value\":\"x\"},"
    "{\"fromHost\":true,\"name\":\"B\"}],\"executableHeap\":true,"
    "\"files\":[{\"content\":\"aGVsbG8=\",\"target\":\"/etc/note\"}],\"heapSize\":7,"
    "\"mounts\":[{\"readOnly\":true,\"source\":\"s\",\"target\":\"/t\",\"type\":\"hostfs\"},"
    "{\"readOnly\":false,\"target\":\"/"
    "m\",\"type\":\"memfs\"}],\"productID\":3,\"securityVersion\":4}";

static void what_is_measured_has_one_form(void **state)
{
    char folder[] = "/tmp/quoth-config.XXXXXX", path[64];
    struct quoth_error err = {0};
    AUTO(enclave_config) struct enclave_config c = {0}, again = {0};
    AUTO(buffer) struct buffer json = {0}, second = {0};

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/note", folder);
    assert_true(file_write(path, BYTES_LITERAL("hello"), 0600, &err));
    assert_true(enclave_config_read(
        bytes_of_text(
            "{\"securityVersion\":4, \"productID\":3, \"heapSize\":7, \"exe\":\"e\","
            "\"key\":\"k\", \"executableHeap\":true,"
            "\"files\":[{\"target\":\"/etc/note\",\"source\":\"note\"}],"
            "\"env\":[{\"value\":\"x\",\"name\":\"A\"},{\"name\":\"B\",\"fromHost\":true}],"
            "\"mounts\":[{\"type\":\"hostfs\",\"target\":\"/"
            "t\",\"source\":\"s\",\"readOnly\":true},"
            "{\"type\":\"memfs\",\"target\":\"/m\"}]}"),
        &c, NULL, &err));
    assert_true(enclave_config_load_files(&c, folder, &err));
    assert_true(enclave_config_write_measured(&c, &json, &err));
    assert_true(bytes_equal(buffer_bytes(&json), bytes_of_text(measured_json)));
    assert_true(enclave_config_read_measured(buffer_bytes(&json), &again, &err));
    assert_true(enclave_config_write_measured(&again, &second, &err));
    assert_true(bytes_equal(buffer_bytes(&json), buffer_bytes(&second)));
    assert_true(bytes_equal(buffer_bytes(&again.files[0].content), BYTES_LITERAL("hello")));
    remove(path);
    remove(folder);
}

static void no_other_form_is_read(void **state)
{
    static const struct {
        const char *from, *to; /* replaced in measured_json, once */
    } changes[] = {
        {"{\"debug\"",                            " {\"debug\""                          },
        {"\"debug\":false",                       "\"debug\": false"                     },
        {"\"debug\":false,",                      ""                                     },
        {"\"heapSize\":7",                        "\"heapSize\":0"                       },
        {"\"heapSize\":7",                        "\"heapSize\":7,\"exe\":\"e\""         },
        {"\"value\":\"x\"",                       "\"value\":\"\\u0078\""                },
        {"aGVsbG8=",                              "aGVsbG8"                              },
        {"aGVsbG8=",                              "aGVsbG9="                             },
        {"\"target\":\"/m\"",                     "\"target\":\"/m\",\"source\":\"\""    },
        {"\"fromHost\":false,",                   ""                                     },
        {"\"securityVersion\":4}",                "\"securityVersion\":4}\n"             },
        {"\"productID\":3,\"securityVersion\":4", "\"securityVersion\":4,\"productID\":3"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(changes); i++) {
        struct quoth_error err = {0};
        AUTO(enclave_config) struct enclave_config c = {0};
        AUTO(buffer) struct buffer json = {0};
        const char *at = strstr(measured_json, changes[i].from);
        assert_non_null(at);
        buffer_printf(&json, "%.*s%s%s", (int)(at - measured_json), measured_json, changes[i].to,
                      at + strlen(changes[i].from));
        print_message("  %s\n", changes[i].to);
        assert_false(enclave_config_read_measured(buffer_bytes(&json), &c, &err));
        assert_null(c.mounts);
    }
}

static void files_are_looked_for_beside_the_configuration(void **state)
{
    struct quoth_error err = {0};
    AUTO(enclave_config) struct enclave_config c = {0};

    (void)state;
    assert_true(enclave_config_read(
        bytes_of_text(CONFIG(",\"files\":[{\"source\":\"x\",\"target\":\"/x\"}]")), &c, NULL,
        &err));
    assert_false(enclave_config_load_files(&c, "/nonexistent", &err));
    assert_int_equal(err.code, QUOTH_IO);
    assert_string_equal(err.where, "/nonexistent/x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(egos_example_is_read),
        cmocka_unit_test(the_default_is_a_configuration),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(too_many_entries_are_refused),
        cmocka_unit_test(doubtful_settings_give_warnings),
        cmocka_unit_test(what_is_measured_has_one_form),
        cmocka_unit_test(no_other_form_is_read),
        cmocka_unit_test(files_are_looked_for_beside_the_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
