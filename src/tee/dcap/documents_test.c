/* TCB info and QE identity: one fact changed, and what is said of it. */
#include "tee/dcap/qe_identity.h"
#include "tee/dcap/signed_json.h"
#include "tee/dcap/tcb_info.h"
#include "tests/dcap_forge.h"

#define ZEROS_48                                                                                   \
    "000000000000000000000000000000000000000000000000"                                             \
    "000000000000000000000000000000000000000000000000"
#define MODULE                                                                                     \
    "\"mrsigner\":\"" ZEROS_48 "\",\"attributes\":\"0000000000000000\","                           \
    "\"attributesMask\":\"FFFFFFFFFFFFFFFF\""
#define MODULE_LEVELS                                                                              \
    "\"tcbLevels\":[{\"tcb\":{\"isvsvn\":2},\"tcbDate\":\"2025-03-01T00:00:00Z\","                 \
    "\"tcbStatus\":\"OutOfDate\"},{\"tcb\":{\"isvsvn\":4},"                                        \
    "\"tcbDate\":\"2026-03-01T00:00:00Z\",\"tcbStatus\":\"UpToDate\"}]"

static const char tdx[] =
    "{\"id\":\"TDX\",\"version\":3,\"issueDate\":\"2026-11-01T00:00:00Z\","
    "\"nextUpdate\":\"2026-12-01T00:00:00Z\",\"fmspc\":\"F0F0F0F00000\",\"pceId\":\"0000\","
    "\"tcbType\":0,\"tcbEvaluationDataNumber\":17,\"tdxModule\":{" MODULE "},"
    "\"tdxModuleIdentities\":[{\"id\":\"TDX_03\"," MODULE "," MODULE_LEVELS "},"
    "{\"id\":\"tdx_0a\"," MODULE "," MODULE_LEVELS "}],\"tcbLevels\":["
    "{\"tcb\":{\"sgxtcbcomponents\":" FORGE_COMPONENTS(
        "5") ",\"pcesvn\":11,"
             "\"tdxtcbcomponents\":" FORGE_COMPONENTS(
                 "3") "},"
                      "\"tcbDate\":\"2026-03-01T00:00:00Z\",\"tcbStatus\":\"UpToDate\"}]}";

static const char version_2[] =
    "{\"version\":2,\"issueDate\":\"2020-11-01T00:00:00Z\",\"nextUpdate\":\"2020-12-01T00:00:00Z\","
    "\"fmspc\":\"00906ED50000\",\"pceId\":\"0000\",\"tcbType\":0,\"tcbEvaluationDataNumber\":10,"
    "\"tcbLevels\":[{\"tcb\":{\"sgxtcbcomp01svn\":17,\"sgxtcbcomp02svn\":17,"
    "\"sgxtcbcomp03svn\":2,\"sgxtcbcomp04svn\":4,\"sgxtcbcomp05svn\":1,\"sgxtcbcomp06svn\":128,"
    "\"sgxtcbcomp07svn\":7,\"sgxtcbcomp08svn\":0,\"sgxtcbcomp09svn\":0,\"sgxtcbcomp10svn\":0,"
    "\"sgxtcbcomp11svn\":0,\"sgxtcbcomp12svn\":0,\"sgxtcbcomp13svn\":0,\"sgxtcbcomp14svn\":0,"
    "\"sgxtcbcomp15svn\":0,\"sgxtcbcomp16svn\":9,\"pcesvn\":10},"
    "\"tcbDate\":\"2020-11-11T00:00:00Z\",\"tcbStatus\":\"SWHardeningNeeded\","
    "\"advisoryIDs\":[\"INTEL-SA-00334\"]}]}";

/* from is replaced by to, where it stands first. */
static void edit(const char *text, const char *from, const char *to, struct buffer *ret_text)
{
    const char *at = strstr(text, from);
    if (!at)
        fail_msg("%s is not in the text", from);
    buffer_clear(ret_text);
    buffer_printf(ret_text, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

struct change {
    const char *text, *from, *to;
    const char *where; /* NULL: the text is read all the same */
};

static const struct change tcb_changes[] = {
    {FORGE_TCB_INFO, "\"id\":\"SGX\"",                        "\"id\":\"SGx\"",                                "id"                                            },
    {FORGE_TCB_INFO, "\"id\":\"SGX\",",                       "",                                              "id"                                            },
    {FORGE_TCB_INFO, "\"version\":3",                         "\"version\":1",                                 "version"                                       },
    {FORGE_TCB_INFO, "\"version\":3",                         "\"version\":4",                                 "version"                                       },
    {FORGE_TCB_INFO, "\"version\":3",                         "\"version\":\"3\"",                             "version"                                       },
    {FORGE_TCB_INFO, "\"version\":3",                         "\"version\":3.0",                               "version"                                       },
    {FORGE_TCB_INFO, "\"version\":3",                         "\"version\":3e0",                               "version"                                       },
    {FORGE_TCB_INFO, "\"version\":3",                         "\"version\":2",                                 "id"                                            },
    {FORGE_TCB_INFO, "11-01T00:00:00Z",                       "11-01T00:00:00",                                "issueDate"                                     },
    {FORGE_TCB_INFO, "11-01T00:00:00Z",                       "11-31T00:00:00Z",                               "issueDate"                                     },
    {FORGE_TCB_INFO, "11-01T00:00:00Z",                       "11-01 00:00:00Z",                               "issueDate"                                     },
    {FORGE_TCB_INFO, "\"nextUpdate\"",                        "\"nextupdate\"",                                "nextUpdate"                                    },
    {FORGE_TCB_INFO, "\"000000000000\"",                      "\"00000000000\"",                               "fmspc"                                         },
    {FORGE_TCB_INFO, "\"000000000000\"",                      "\"00000000000g\"",                              "fmspc"                                         },
    {FORGE_TCB_INFO, "\"pceId\":\"0000\",",                   "",                                              "pceId"                                         },
    {FORGE_TCB_INFO, "\"tcbType\":0",                         "\"tcbType\":1",                                 "tcbType"                                       },
    {FORGE_TCB_INFO, "\"tcbType\":0",                         "\"tcbType\":false",                             "tcbType"                                       },
    {FORGE_TCB_INFO, "Number\":17",                           "Number\":4294967296",                           "tcbEvaluationDataNumber"                       },
    {FORGE_TCB_INFO, "Number\":17",                           "Number\":-1",                                   "tcbEvaluationDataNumber"                       },
    {FORGE_TCB_INFO, "\"svn\":5",                             "\"svn\":256",                                   "tcbLevels[0].tcb.sgxtcbcomponents[0].svn"      },
    {FORGE_TCB_INFO, "\"svn\":5",                             "\"svn\":-1",                                    "tcbLevels[0].tcb.sgxtcbcomponents[0].svn"      },
    {FORGE_TCB_INFO, "\"svn\":5",                             "\"svn\":\"5\"",                                 "tcbLevels[0].tcb.sgxtcbcomponents[0].svn"      },
    {FORGE_TCB_INFO, "\"svn\":5",                             "\"svN\":5",                                     "tcbLevels[0].tcb.sgxtcbcomponents[0].svn"      },
    {FORGE_TCB_INFO, "\"svn\":5",                             "\"svn\":5,\"category\":1",
     "tcbLevels[0].tcb.sgxtcbcomponents[0].category"                                                                                                           },
    {FORGE_TCB_INFO, "{\"svn\":5},",                          "",                                              "tcbLevels[0].tcb.sgxtcbcomponents"             },
    {FORGE_TCB_INFO, "{\"svn\":5}",                           "{\"svn\":5},{\"svn\":5}",                       "tcbLevels[0].tcb.sgxtcbcomponents"             },
    {FORGE_TCB_INFO, "\"pcesvn\":11",                         "\"pcesvn\":65536",                              "tcbLevels[0].tcb.pcesvn"                       },
    {FORGE_TCB_INFO, "\"pcesvn\":11",                         "\"pcesvn\":11,\"tdxtcbcomponents\":[]",
     "tcbLevels[0].tcb.tdxtcbcomponents"                                                                                                                       },
    {FORGE_TCB_INFO, "UpToDate",                              "Uptodate",                                      "tcbLevels[0].tcbStatus"                        },
    {FORGE_TCB_INFO, "UpToDate",                              "TDRelaunchAdvised",                             "tcbLevels[0].tcbStatus"                        },
    {FORGE_TCB_INFO, "UpToDate",                              "Unknown",                                       "tcbLevels[0].tcbStatus"                        },
    {FORGE_TCB_INFO, "\"tcbDate\":\"2026-03-01T00:00:00Z\",", "",                                              "tcbLevels[0].tcbDate"                          },
    {FORGE_TCB_INFO, "[\"INTEL-SA-00001\"]",                  "\"INTEL-SA-00001\"",                            "tcbLevels[1].advisoryIDs"                      },
    {FORGE_TCB_INFO, "[\"INTEL-SA-00001\"]",                  "[1]",                                           "tcbLevels[1].advisoryIDs[0]"                   },
    {FORGE_TCB_INFO, "[\"INTEL-SA-00001\"]",                  "[\"\"]",                                        "tcbLevels[1].advisoryIDs[0]"                   },
    {FORGE_TCB_INFO, "[\"INTEL-SA-00001\"]",                  "[\"a b\"]",                                     "tcbLevels[1].advisoryIDs[0]"                   },
    {FORGE_TCB_INFO, "INTEL-SA-00001",                        "INTEL-SA-0000000000000001",                     "tcbLevels[1].advisoryIDs[0]"                   },
    {FORGE_TCB_INFO, "INTEL-SA-00001",                        "INTEL/00001",                                   "tcbLevels[1].advisoryIDs[0]"                   },
    {FORGE_TCB_INFO, "INTEL-SA-00001",                        "INTEL:00001",                                   "tcbLevels[1].advisoryIDs[0]"                   },
    {FORGE_TCB_INFO, "INTEL-SA-00001",                        "INTEL@00001",                                   "tcbLevels[1].advisoryIDs[0]"                   },
    {FORGE_TCB_INFO, "INTEL-SA-00001",                        "INTEL[00001",                                   "tcbLevels[1].advisoryIDs[0]"                   },
    {FORGE_TCB_INFO, "INTEL-SA-00001",                        "INTEL`00001",                                   "tcbLevels[1].advisoryIDs[0]"                   },
    {FORGE_TCB_INFO, "INTEL-SA-00001",                        "INTEL{00001",                                   "tcbLevels[1].advisoryIDs[0]"                   },
    {FORGE_TCB_INFO, "INTEL-SA-00001",                        "INTEL_00001",                                   "tcbLevels[1].advisoryIDs[0]"                   },
    {FORGE_TCB_INFO, "INTEL-SA-00001",                        "AZaz09-BYby18",                                 NULL                                            },
    {FORGE_TCB_INFO, "INTEL-SA-00001",                        "INTEL-SA-00001-ABCDEFGH",                       NULL                                            },
    {FORGE_TCB_INFO, "INTEL-SA-00001",                        "INTEL-SA-00001-ABCDEFGHI",                      "tcbLevels[1].advisoryIDs[0]"                   },
    {FORGE_TCB_INFO, "\"tcbLevels\"",                         "\"tcbLevel\"",                                  "tcbLevels"                                     },
    {FORGE_TCB_INFO, "[\"INTEL-SA-00001\"]",                  "null",                                          "tcbLevels[1].advisoryIDs"                      },
    {FORGE_TCB_INFO, "\"pcesvn\":11",                         "\"pcesvn\":11,\"tdxtcbcomponents\":null",       NULL                                            },
    {FORGE_TCB_INFO, "\"svn\":5",                             "\"svn\":5,\"category\":\"BIOS\",\"type\":\"\"", NULL                                            },
    {FORGE_TCB_INFO, "\"tcbType\":0",                         "\"tcbType\":0,\"aNewMember\":[1]",              NULL                                            },
    {tdx,            "TDX_03",                                "TDX_3",                                         "tdxModuleIdentities[0].id"                     },
    {tdx,            "TDX_03",                                "TDX_0g",                                        "tdxModuleIdentities[0].id"                     },
    {tdx,            "TDX_03",                                "TDX-03",                                        "tdxModuleIdentities[0].id"                     },
    {tdx,            "TDX_03",                                "TDX_0A",                                        "tdxModuleIdentities[1]"                        },
    {tdx,            "\"tdxModule\"",                         "\"tdxmodule\"",                                 "tdxModule"                                     },
    {tdx,            "\"tdxModule\":{\"mrsigner\"",           "\"tdxModule\":{\"MRSIGNER\"",                   "tdxModule.mrsigner"                            },
    {tdx,            "\"attributesMask\"",                    "\"mask\"",                                      "tdxModule.attributesMask"                      },
    {tdx,            "\"tdxModuleIdentities\":[",             "\"tdxModuleIdentities\":{},\"other\":[",
     "tdxModuleIdentities"                                                                                                                                     },
    {tdx,            "\"isvsvn\":2",                          "\"isvsvn\":4",                                  "tdxModuleIdentities[0].tcbLevels"              },
    {tdx,            "\"isvsvn\":2",                          "\"isvsvn\":65536",                              "tdxModuleIdentities[0].tcbLevels[0].tcb.isvsvn"},
    {tdx,            "OutOfDate",                             "ConfigurationNeeded",                           "tdxModuleIdentities[0].tcbLevels[0].tcbStatus" },
    {tdx,            "\"tdxtcbcomponents\"",                  "\"tdxcomponents\"",                             "tcbLevels[0].tcb.tdxtcbcomponents"             },
    {tdx,            "\"tdxModuleIdentities\"",               "\"other\"",                                     NULL                                            },
    {tdx,            "TDX_03",                                "TDX_030",                                       "tdxModuleIdentities[0].id"                     },
    {tdx,            "\"TDX_03\",\"mrsigner\"",               "\"TDX_03\",\"signer\"",                         "tdxModuleIdentities[0].mrsigner"               },
    {tdx,            "\"attributes\"",                        "\"attribute\"",                                 "tdxModule.attributes"                          },
    {version_2,      "\"version\":2",                         "\"version\":3",                                 "id"                                            },
    {version_2,      "\"version\":2",                         "\"version\":2,\"id\":\"SGX\"",                  "id"                                            },
    {version_2,      "\"sgxtcbcomp16svn\"",                   "\"sgxtcbcomp17svn\"",                           "tcbLevels[0].tcb.sgxtcbcomp16svn"              },
    {version_2,      "\"sgxtcbcomp06svn\":128",               "\"sgxtcbcomp06svn\":300",
     "tcbLevels[0].tcb.sgxtcbcomp06svn"                                                                                                                        },
};

static void try_change(const struct change *c, bool (*read)(struct json, struct quoth_error *))
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    print_message("  %s -> %s\n", c->from, c->to);
    edit(c->text, c->from, c->to, &text);
    assert_true(json_parse(buffer_bytes(&text), NULL, &doc, &err));
    const bool good = read(json_root(&doc), &err);
    if (!c->where) {
        if (!good)
            fail_msg("%s: %s", err.where, err.message);
        return;
    }
    assert_false(good);
    assert_int_equal(err.code, QUOTH_JSON_VALUE);
    assert_string_equal(err.where, c->where);
    assert_true(err.offset < text.len);
}

static bool read_tcb(struct json inner, struct quoth_error *err)
{
    AUTO(tcb_info) struct tcb_info info = {0};
    return tcb_info_read(inner, &info, err);
}

static void tcb_info_is_read_strictly(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(tcb_changes); i++)
        try_change(&tcb_changes[i], read_tcb);
}

static const struct change qe_changes[] = {
    {FORGE_QE_IDENTITY, "\"QE\"",              "\"TDQE\"",                     "id"                     },
    {FORGE_QE_IDENTITY, "\"version\":2",       "\"version\":1",                "version"                },
    {FORGE_QE_IDENTITY, "\"version\":2",       "\"version\":3",                "version"                },
    {FORGE_QE_IDENTITY, "11-01T",              "11-00T",                       "issueDate"              },
    {FORGE_QE_IDENTITY, "12-01T",              "13-01T",                       "nextUpdate"             },
    {FORGE_QE_IDENTITY, "\"FFFFFFFF\"",        "\"FFFFFFFFFF\"",               "miscselectMask"         },
    {FORGE_QE_IDENTITY, "\"miscselect\"",      "\"Miscselect\"",               "miscselect"             },
    {FORGE_QE_IDENTITY, "\"attributesMask\"",  "\"mask\"",                     "attributesMask"         },
    {FORGE_QE_IDENTITY, "\"attributes\":\"11", "\"attributes\":\"",            "attributes"             },
    {FORGE_QE_IDENTITY, "\"isvprodid\":1",     "\"isvprodid\":65536",          "isvprodid"              },
    {FORGE_QE_IDENTITY, "\"tcbLevels\":[",     "\"tcbLevels\":[],\"other\":[", "tcbLevels"              },
    {FORGE_QE_IDENTITY, "UpToDate",            "SWHardeningNeeded",            "tcbLevels[0].tcbStatus" },
    {FORGE_QE_IDENTITY, "\"isvsvn\":2",        "\"isvsvn\":2.5",               "tcbLevels[0].tcb.isvsvn"},
    {FORGE_QE_IDENTITY, "\"isvprodid\":1",     "\"isvprodid\":1,\"more\":{}",  NULL                     },
    {FORGE_QE_IDENTITY, "\"QE\"",              "\"TD_QE\"",                    NULL                     },
};

static bool read_qe(struct json inner, struct quoth_error *err)
{
    AUTO(qe_identity) struct qe_identity identity = {0};
    return qe_identity_read(inner, &identity, err);
}

static void qe_identity_is_read_strictly(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(qe_changes); i++)
        try_change(&qe_changes[i], read_qe);
}

static void levels_are_sorted_from_newest_to_oldest(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(json_doc) struct json_doc a = {0}, b = {0};
    AUTO(tcb_info) struct tcb_info of_tdx = {0}, of_2 = {0};
    assert_true(json_parse(bytes_of_text(tdx), NULL, &a, &err));
    assert_true(tcb_info_read(json_root(&a), &of_tdx, &err));
    const struct tdx_module_identity *module = tcb_info_module(&of_tdx, 0x0A);
    assert_non_null(module);
    assert_int_equal(module->levels.items[0].isvsvn, 4);
    assert_int_equal(isv_levels_match(&module->levels, 9)->status, TCB_UP_TO_DATE);
    assert_int_equal(isv_levels_match(&module->levels, 3)->status, TCB_OUT_OF_DATE);
    assert_null(isv_levels_match(&module->levels, 1));
    assert_null(tcb_info_module(&of_tdx, 1));

    assert_true(json_parse(bytes_of_text(version_2), NULL, &b, &err));
    assert_true(tcb_info_read(json_root(&b), &of_2, &err));
    assert_int_equal(of_2.tee, DCAP_SGX);
    assert_int_equal(of_2.levels[0].sgx[5], 128);
    assert_int_equal(of_2.levels[0].sgx[15], 9);
    assert_string_equal(of_2.levels[0].level.advisories[0].text, "INTEL-SA-00334");
}

/* What is compared with a quote is what stands in the text. */
static void modules_are_read(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer one = {0}, two = {0}, three = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(tcb_info) struct tcb_info info = {0};
    edit(tdx, "\"tdxModule\":{\"mrsigner\":\"00", "\"tdxModule\":{\"mrsigner\":\"a1", &one);
    buffer_u8(&one, 0);
    edit((const char *)one.data, "\"TDX_03\",\"mrsigner\":\"00", "\"TDX_03\",\"mrsigner\":\"a2",
         &two);
    buffer_u8(&two, 0);
    edit((const char *)two.data, "\"attributes\":\"00", "\"attributes\":\"a3", &three);
    assert_true(json_parse(buffer_bytes(&three), NULL, &doc, &err));
    assert_true(tcb_info_read(json_root(&doc), &info, &err));
    assert_int_equal(info.tdx_module.mrsigner[0], 0xA1);
    assert_int_equal(info.tdx_module.attributes[0], 0xA3);
    assert_int_equal(tcb_info_module(&info, 3)->module.mrsigner[0], 0xA2);
    assert_int_equal(tcb_info_module(&info, 10)->module.mrsigner[0], 0);
}

/* count items: a number from 10 on between two texts. */
static void repeat(struct buffer *to, const char *before, const char *after, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        buffer_printf(to, "%s%s%u%s", i ? "," : "", before, 10 + i, after);
}

/* One more than there is room for. Everything is small: what bounds the cost is the count. */
static void arrays_are_bounded(void **state)
{
    (void)state;
    static const struct {
        const char *text, *from, *before, *after;
        unsigned most;
        bool (*read)(struct json, struct quoth_error *);
        const char *where;
    } rows[] = {
        {FORGE_TCB_INFO,    "\"INTEL-SA-00001\"",        "\"INTEL-SA-",            "\"",                               64,  read_tcb,
         "tcbLevels[1].advisoryIDs"                                                                                                                        },
        {FORGE_TCB_INFO,    "\"tcbLevels\":[",
         "{\"tcb\":{\"sgxtcbcomponents\":" FORGE_COMPONENTS("9") ",\"pcesvn\":",
         "},\"tcbDate\":\"2026-03-01T00:00:00Z\",\"tcbStatus\":\"UpToDate\"}",                                         254, read_tcb,
         "tcbLevels"                                                                                                                                       },
        {FORGE_QE_IDENTITY, "\"tcbLevels\":[",           "{\"tcb\":{\"isvsvn\":3",
         "},\"tcbDate\":\"2026-03-01T00:00:00Z\",\"tcbStatus\":\"UpToDate\"}",                                         255, read_qe,
         "tcbLevels"                                                                                                                                       },
        {tdx,               "\"tdxModuleIdentities\":[", "{\"id\":\"TDX_",         "\"," MODULE "," MODULE_LEVELS "}", 30,
         read_tcb,                                                                                                                    "tdxModuleIdentities"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        for (unsigned more = 0; more < 2; more++) {
            struct quoth_error err = {0};
            AUTO(buffer) struct buffer items = {0}, text = {0};
            AUTO(json_doc) struct json_doc doc = {0};
            const bool is_list = rows[i].from[strlen(rows[i].from) - 1] == '[';
            if (is_list)
                buffer_text(&items, rows[i].from);
            repeat(&items, rows[i].before, rows[i].after, rows[i].most + more);
            buffer_text(&items, is_list ? "," : "");
            buffer_u8(&items, 0);
            edit(rows[i].text, rows[i].from, (const char *)items.data, &text);
            assert_true(json_parse(buffer_bytes(&text), NULL, &doc, &err));
            const bool good = rows[i].read(json_root(&doc), &err);
            if (good == more)
                fail_msg("%s, %u: %s at %s", rows[i].where, more, err.message, err.where);
            if (more)
                assert_string_equal(err.where, rows[i].where);
        }
}

#define SIGNATURE                                                                                  \
    "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"                             \
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const struct {
    const char *name, *text;
    enum quoth_code code;
} envelopes[] = {
    {"nothing",                         "",                                                                QUOTH_JSON          },
    {"an array",                        "[]",                                                              QUOTH_JSON_VALUE    },
    {"no document",                     "{\"signature\":\"" SIGNATURE "\"}",                               QUOTH_JSON_VALUE    },
    {"no signature",                    "{\"tcbInfo\":{}}",                                                QUOTH_JSON_VALUE    },
    {"another member",                  "{\"tcbInfo\":{},\"signature\":\"" SIGNATURE "\",\"x\":1}",
     QUOTH_JSON_VALUE                                                                                                          },
    {"two documents",                   "{\"tcbInfo\":{},\"tcbInfo\":{},\"signature\":\"" SIGNATURE "\"}",
     QUOTH_JSON_DUPLICATE                                                                                                      },
    {"two documents, one name escaped",
     "{\"tcbInfo\":{},\"tcb\\u0049nfo\":{},\"signature\":\"" SIGNATURE "\"}",                              QUOTH_JSON_DUPLICATE},
    {"a document that is text",         "{\"tcbInfo\":\"{}\",\"signature\":\"" SIGNATURE "\"}",
     QUOTH_JSON_VALUE                                                                                                          },
    {"a short signature",               "{\"tcbInfo\":{},\"signature\":\"0011\"}",                         QUOTH_JSON_VALUE    },
    {"a signature one digit long",      "{\"tcbInfo\":{},\"signature\":\"" SIGNATURE "0\"}",
     QUOTH_JSON_VALUE                                                                                                          },
    {"a name within, twice",            "{\"tcbInfo\":{\"a\":1,\"a\":2},\"signature\":\"" SIGNATURE "\"}",
     QUOTH_JSON_DUPLICATE                                                                                                      },
    {"something behind",                "{\"tcbInfo\":{},\"signature\":\"" SIGNATURE "\"}x",               QUOTH_JSON          },
};

static void the_envelope_is_read_strictly(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(envelopes); i++) {
        struct quoth_error err = {0};
        AUTO(signed_json) struct signed_json json = {0};
        print_message("  %s\n", envelopes[i].name);
        assert_false(signed_json_read(bytes_of_text(envelopes[i].text), "tcbInfo", &json, &err));
        assert_int_equal(err.code, envelopes[i].code);
    }
}

/* The bytes between the braces, wherever they stand and however they look. */
static void the_signature_is_over_the_bytes_as_they_stand(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    static const char spaced[] = "{ \"a\" : \"}\\\"{\",\n\"b\":1.0 }";
    AUTO(private_key) struct private_key *key = forge_new_key();
    AUTO(buffer) struct buffer body = {0}, point = {0};
    AUTO(p256_public) struct p256_public *public = NULL;
    AUTO(signed_json) struct signed_json json = {0};
    forge_document(key, "tcbInfo", spaced, &body);
    assert_true(p256_public_from_point(forge_point(key, &point), &public, &err));
    assert_true(signed_json_read(buffer_bytes(&body), "tcbInfo", &json, &err));
    assert_true(bytes_equal(json.signed_part, bytes_of_text(spaced)));
    assert_true(signed_json_signed_by(&json, public));
    signed_json_clear(&json);
    *strchr((char *)body.data, '\n') = ' '; /* the same value, and not the same bytes */
    assert_true(signed_json_read(buffer_bytes(&body), "tcbInfo", &json, &err));
    assert_false(signed_json_signed_by(&json, public));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcb_info_is_read_strictly),
        cmocka_unit_test(qe_identity_is_read_strictly),
        cmocka_unit_test(levels_are_sorted_from_newest_to_oldest),
        cmocka_unit_test(modules_are_read),
        cmocka_unit_test(arrays_are_bounded),
        cmocka_unit_test(the_envelope_is_read_strictly),
        cmocka_unit_test(the_signature_is_over_the_bytes_as_they_stand),
    };
    return cmocka_run_group_tests_name("tee/dcap/documents", tests, NULL, NULL);
}
