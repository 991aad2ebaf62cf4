#include "keys/tpm_source.h"

#include "tests/unit.h"

typedef bool read_fn(struct bytes text, struct tpm_source *ret_source, struct quoth_error *err);

static const struct {
    const char *name, *text;
    read_fn *read;
    const char *tcti;
    uint32_t pcrs, nv;
} read_well[] = {
    {"the TPM of the machine", "tpm:",                               tpm_source_of_key,     "device:/dev/tpmrm0", 0,        0         },
    {"a device",               "tpm:device:/dev/tpm0",               tpm_source_of_key,     "device:/dev/tpm0",   0,        0         },
    {"a software TPM",         "tpm:swtpm:host=127.0.0.1,port=2321", tpm_source_of_key,
     "swtpm:host=127.0.0.1,port=2321",                                                                            0,        0         },
    {"PCRs",                   "tpm:?pcrs=sha256:7,11",              tpm_source_of_key,     "device:/dev/tpmrm0", 0x880,    0         },
    {"one PCR",                "tpm:tabrmd?pcrs=sha256:0",           tpm_source_of_key,     "tabrmd",             1,        0         },
    {"the last PCR",           "tpm:?pcrs=sha256:9,10,23",           tpm_source_of_key,     "device:/dev/tpmrm0", 0x800600,
     0                                                                                                                                },
    {"a counter",              "tpm:?nv=0x01800001",                 tpm_source_of_counter, "device:/dev/tpmrm0", 0,        0x01800001},
    {"capital digits",         "tpm:device?nv=0x01BFFFFF",           tpm_source_of_counter, "device",             0,        0x01bfffff},
};

static void sources_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(read_well); i++) {
        struct quoth_error err = {0};
        struct tpm_source s;
        print_message("  %s\n", read_well[i].name);
        assert_true(read_well[i].read(bytes_of_text(read_well[i].text), &s, &err));
        assert_string_equal(s.tcti, read_well[i].tcti);
        assert_int_equal(s.pcrs, read_well[i].pcrs);
        assert_int_equal(s.nv, read_well[i].nv);
    }
}

static const struct {
    const char *name, *text;
    read_fn *read;
    const char *where;
    size_t offset;
} refusals[] = {
    {"nothing",                          "",                                 tpm_source_of_key,     "source", 0              },
    {"another scheme",                   "TPM:",                             tpm_source_of_key,     "source", 0              },
    {"an interface that runs a command", "tpm:cmd:sh",                       tpm_source_of_key,     "tcti",   4              },
    {"a library of somebody's",          "tpm:/tmp/evil.so:",                tpm_source_of_key,     "tcti",   4              },
    {"one that records",                 "tpm:pcap",                         tpm_source_of_key,     "tcti",   4              },
    {"a blank",                          "tpm:device:/dev/tpm 0",            tpm_source_of_key,     "tcti",   19             },
    {"a line end",                       "tpm:device:/dev/tpm0\n",           tpm_source_of_key,     "tcti",   20             },
    {"no option",                        "tpm:?",                            tpm_source_of_key,     "source", 5              },
    {"an unknown option",                "tpm:?pcr=sha256:7",                tpm_source_of_key,     "source", 5              },
    {"no bank",                          "tpm:?pcrs=7",                      tpm_source_of_key,     "pcrs",   10             },
    {"a weak bank",                      "tpm:?pcrs=sha1:7",                 tpm_source_of_key,     "pcrs",   10             },
    {"no PCR",                           "tpm:?pcrs=sha256:",                tpm_source_of_key,     "pcrs",   17             },
    {"beyond the last PCR",              "tpm:?pcrs=sha256:24",              tpm_source_of_key,     "pcrs",   17             },
    {"a number that wraps",              "tpm:?pcrs=sha256:263",             tpm_source_of_key,     "pcrs",   17             },
    {"three digits",                     "tpm:?pcrs=sha256:007",             tpm_source_of_key,     "pcrs",   17             },
    {"a leading zero",                   "tpm:?pcrs=sha256:07",              tpm_source_of_key,     "pcrs",   17             },
    {"a PCR twice",                      "tpm:?pcrs=sha256:7,7",             tpm_source_of_key,     "pcrs",   19             },
    {"PCRs out of order",                "tpm:?pcrs=sha256:11,7",            tpm_source_of_key,     "pcrs",   20             },
    {"a comma at the end",               "tpm:?pcrs=sha256:7,",              tpm_source_of_key,     "pcrs",   19             },
    {"something behind the PCRs",        "tpm:?pcrs=sha256:7&nv=0x01800001", tpm_source_of_key,     "pcrs",
     18                                                                                                                      },
    {"a letter behind the PCRs",         "tpm:?pcrs=sha256:7x",              tpm_source_of_key,     "pcrs",   18             },
    {"a range",                          "tpm:?pcrs=sha256:0-7",             tpm_source_of_key,     "pcrs",   18             },
    {"a counter for a key",              "tpm:?nv=0x01800001",               tpm_source_of_key,     "nv",     QUOTH_NO_OFFSET},
    {"a key for a counter",              "tpm:?pcrs=sha256:7",               tpm_source_of_counter, "nv",     QUOTH_NO_OFFSET},
    {"a counter without index",          "tpm:",                             tpm_source_of_counter, "nv",     QUOTH_NO_OFFSET},
    {"a decimal index",                  "tpm:?nv=25165825",                 tpm_source_of_counter, "source", 5              },
    {"a short index",                    "tpm:?nv=0x180001",                 tpm_source_of_counter, "nv",     10             },
    {"a long index",                     "tpm:?nv=0x0180000100",             tpm_source_of_counter, "nv",     10             },
    {"the maker's index",                "tpm:?nv=0x013fffff",               tpm_source_of_counter, "nv",     10             },
    {"TCG's index",                      "tpm:?nv=0x01c00002",               tpm_source_of_counter, "nv",     10             },
    {"no index at all",                  "tpm:?nv=0x81000001",               tpm_source_of_counter, "nv",     10             },
};

static void refusals_say_what_and_where(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct quoth_error err = {0};
        struct tpm_source s;
        print_message("  %s\n", refusals[i].name);
        assert_false(refusals[i].read(bytes_of_text(refusals[i].text), &s, &err));
        assert_int_equal(err.code, QUOTH_USAGE);
        assert_string_equal(err.where, refusals[i].where);
        if (err.offset != refusals[i].offset)
            fail_msg("%s: at %zu", err.message, err.offset);
    }
}

static void an_interface_has_a_limit(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct tpm_source s;
    AUTO(buffer) struct buffer text = {0};
    buffer_text(&text, "tpm:device:");
    buffer_fill(&text, TPM_TCTI_MAX - 7, '/');
    assert_true(tpm_source_of_key(buffer_bytes(&text), &s, &err));
    buffer_u8(&text, '/');
    assert_false(tpm_source_of_key(buffer_bytes(&text), &s, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources_are_read),
        cmocka_unit_test(refusals_say_what_and_where),
        cmocka_unit_test(an_interface_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
