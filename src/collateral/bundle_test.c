#include "collateral/bundle.h"

#include "base/file.h"
#include "codec/pem.h"
#include "collateral/endorsements.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the two above first */
#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>

#define CRL "\x30\x03\x02\x01\x05" /* an element that DER allows; no reader of CRLs is here */
#define CRL_HEX "3003020105"
#define SIGNATURE                                                                                  \
    "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"                             \
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define TCB_BODY "{\"tcbInfo\":{\"v\":\"\\u0041\"},\"signature\":\"" SIGNATURE "\"}"
#define QE_BODY "{\"enclaveIdentity\":{\"v\":2},\"signature\":\"" SIGNATURE "\"}"

static const struct bytes expected[COLLATERAL_PARTS] = {
    [COLLATERAL_PCK_CRL_CHAIN] = BYTES_INIT("chain 1"),
    [COLLATERAL_ROOT_CRL] = BYTES_INIT(CRL),
    [COLLATERAL_PCK_CRL] = BYTES_INIT(CRL),
    [COLLATERAL_TCB_INFO_CHAIN] = BYTES_INIT("chain 2"),
    [COLLATERAL_TCB_INFO] = BYTES_INIT(TCB_BODY),
    [COLLATERAL_QE_IDENTITY_CHAIN] = BYTES_INIT("chain 3"),
    [COLLATERAL_QE_IDENTITY] = BYTES_INIT(QE_BODY),
};

static void assert_parts(const struct collateral *c)
{
    for (size_t i = 0; i < COLLATERAL_PARTS; i++)
        if (!bytes_equal(c->part[i], expected[i]))
            fail_msg("%s differs", collateral_part_name((enum collateral_part)i));
}

static const char form_a[] =
    " {\"pck_crl_issuer_chain\":\"chain 1\",\"root_ca_crl\":\"" CRL_HEX "\",\"pck_crl\":\"" CRL_HEX
    "\",\"tcb_info_issuer_chain\":\"chain 2\","
    "\"tcb_info\":\"{\\\"v\\\":\\\"\\\\u0041\\\"}\","
    "\"tcb_info_signature\":\"" SIGNATURE "\","
    "\"qe_identity_issuer_chain\":\"chain 3\",\"qe_identity\":\"{\\\"v\\\":2}\","
    "\"qe_identity_signature\":\"" SIGNATURE "\",\"other\":1}\n";

#define ITEM(text)                                                                                 \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text)                                                      \
    } /* with its NUL */

static void form_b(struct buffer *to)
{
    static const struct bytes items[] = {
        BYTES_INIT("\x01\0\0\0"),
        ITEM(TCB_BODY),
        ITEM("chain 2"),
        BYTES_INIT(CRL),
        ITEM(CRL),
        ITEM("chain 1"),
        ITEM(QE_BODY),
        ITEM("chain 3"),
        ITEM("2022-04-26T23:43:10Z"),
    };
    size_t size = 0;
    for (size_t i = 0; i < COUNT(items); i++)
        size += items[i].len;
    buffer_u32le(to, 1);
    buffer_u32le(to, 2);
    buffer_u32le(to, (uint32_t)(36 + size));
    buffer_u32le(to, 9);
    size = 0;
    for (size_t i = 0; i < COUNT(items); size += items[i++].len)
        buffer_u32le(to, (uint32_t)size);
    for (size_t i = 0; i < COUNT(items); i++)
        buffer_add(to, items[i]);
}

static const struct bytes seven[] = {
    ITEM("chain 1"), ITEM(CRL_HEX),   BYTES_INIT(CRL), ITEM("chain 2"),
    ITEM(TCB_BODY),  ITEM("chain 3"), ITEM(QE_BODY),
};

static void form_c(struct buffer *to)
{
    buffer_u32le(to, 0x00010003);
    buffer_u32le(to, 0x81);
    for (size_t i = 0; i < COUNT(seven); i++) {
        buffer_u64le(to, 0xDEADBEEFDEADBEEFu); /* a pointer of somebody else's */
        buffer_u32le(to, (uint32_t)seven[i].len);
        buffer_u32le(to, 0xFFFFFFFF); /* padding */
    }
    for (size_t i = 0; i < COUNT(seven); i++)
        buffer_add(to, seven[i]);
}

static void form_d(struct buffer *to)
{
    buffer_u32le(to, 0);
    for (size_t i = 0; i < COUNT(seven); i++)
        buffer_u32le(to, (uint32_t)seven[i].len);
    for (size_t i = 0; i < COUNT(seven); i++)
        buffer_add(to, seven[i]);
}

static void every_form_gives_the_same_parts(void **state)
{
    (void)state;
    static void (*const forms[])(struct buffer *) = {form_b, form_c, form_d};
    struct quoth_error err = {0};
    AUTO(collateral) struct collateral a = {0};
    assert_true(bundle_read(bytes_of_text(form_a), &a, &err));
    assert_parts(&a);
    for (size_t i = 0; i < COUNT(forms); i++) {
        AUTO(buffer) struct buffer data = {0};
        AUTO(collateral) struct collateral c = {0};
        forms[i](&data);
        assert_true(bundle_read(buffer_bytes(&data), &c, &err));
        assert_parts(&c);
    }
}

static void no_prefix_and_no_longer_form_is_read(void **state)
{
    (void)state;
    static void (*const forms[])(struct buffer *) = {form_b, form_c, form_d};
    for (size_t i = 0; i < COUNT(forms); i++) {
        AUTO(buffer) struct buffer data = {0};
        forms[i](&data);
        buffer_u8(&data, 0);
        for (size_t len = 0; len <= data.len; len++) {
            AUTO(collateral) struct collateral c = {0};
            struct quoth_error err = {0};
            if (len == data.len - 1)
                continue;
            assert_false(bundle_read(bytes_slice(buffer_bytes(&data), 0, len), &c, &err));
            assert_int_equal(quoth_code_exit(err.code), 4);
            assert_true(err.offset == QUOTH_NO_OFFSET || err.offset <= len);
        }
    }
}

static const struct {
    const char *name;
    struct bytes in;
    enum quoth_code code; /* QUOTH_OK: the part, or none if in is empty */
} crls[] = {
    {"DER",                   BYTES_INIT(CRL),                                                              QUOTH_OK    },
    {"DER and a NUL",         BYTES_INIT(CRL "\0"),                                                         QUOTH_OK    },
    {"PEM",                   BYTES_INIT("-----BEGIN X509 CRL-----\nMAMCAQU=\n-----END X509 CRL-----\n"),   QUOTH_OK    },
    {"PEM and a NUL",         BYTES_INIT("-----BEGIN X509 CRL-----\nMAMCAQU=\n-----END X509 CRL-----\n\0"),
     QUOTH_OK                                                                                                           },
    {"hex",                   BYTES_INIT(CRL_HEX),                                                          QUOTH_OK    },
    {"hex and NULs",          BYTES_INIT(CRL_HEX "\0\0"),                                                   QUOTH_OK    },
    {"nothing",               BYTES_INIT(""),                                                               QUOTH_OK    },
    {"a NUL",                 BYTES_INIT("\0"),                                                             QUOTH_OK    },
    {"cut DER",               BYTES_INIT("\x30\x03\x02\x01"),                                               QUOTH_DER   },
    {"only a tag",            BYTES_INIT("\x30"),                                                           QUOTH_DER   },
    {"DER and two NULs",      BYTES_INIT(CRL "\0\0"),                                                       QUOTH_BUNDLE},
    {"DER and a byte",        BYTES_INIT(CRL "x"),                                                          QUOTH_BUNDLE},
    {"DER twice",             BYTES_INIT(CRL CRL),                                                          QUOTH_BUNDLE},
    {"indefinite length",     BYTES_INIT("\x30\x80\0\0"),                                                   QUOTH_DER   },
    {"length too long",       BYTES_INIT("\x30\x81\x03\x02\x01\x05"),                                       QUOTH_DER   },
    {"length of four octets", BYTES_INIT("\x30\x84\xff\xff\xff\xff"),                                       QUOTH_DER   },
    {"odd hex",               BYTES_INIT("300302010"),                                                      QUOTH_HEX   },
    {"cut hex",               BYTES_INIT("30030201"),                                                       QUOTH_DER   },
    {"hex and a line end",    BYTES_INIT(CRL_HEX "\n"),                                                     QUOTH_HEX   },
    {"hex with 0x",           BYTES_INIT("0x" CRL_HEX),                                                     QUOTH_DER   },
    {"hex of something else", BYTES_INIT("A003020105"),                                                     QUOTH_BUNDLE},
    {"hex with a NUL inside",
     BYTES_INIT("30\0"
                "03020105"),
     QUOTH_HEX                                                                                                          },
    {"a certificate's PEM",
     BYTES_INIT("-----BEGIN CERTIFICATE-----\nMAMCAQU=\n-----END CERTIFICATE-----\n"),                      QUOTH_PEM   },
    {"PEM without an end",    BYTES_INIT("-----BEGIN X509 CRL-----\nMAMCAQU=\n"),                           QUOTH_PEM   },
    {"empty PEM",             BYTES_INIT("-----BEGIN X509 CRL-----\n-----END X509 CRL-----\n"),             QUOTH_PEM   },
    {"PEM of something else",
     BYTES_INIT("-----BEGIN X509 CRL-----\nAgEF\n-----END X509 CRL-----\n"),                                QUOTH_BUNDLE},
    {"two lists in PEM",
     BYTES_INIT("-----BEGIN X509 CRL-----\nMAMCAQU=\n-----END X509 CRL-----\n"
                "-----BEGIN X509 CRL-----\nMAMCAQU=\n-----END X509 CRL-----\n"),
     QUOTH_MALFORMED                                                                                                    },
    {"text behind PEM",       BYTES_INIT("-----BEGIN X509 CRL-----\nMAMCAQU=\n-----END X509 CRL-----\nx"),
     QUOTH_MALFORMED                                                                                                    },
    {"a web page",            BYTES_INIT("<html>"),                                                         QUOTH_HEX   },
};

/* Form D with one CRL in it and nothing else. */
static bool read_crl(struct bytes crl, struct collateral *ret, struct quoth_error *err)
{
    AUTO(buffer) struct buffer data = {0};
    buffer_u32le(&data, 0x81);
    for (size_t i = 0; i < 7; i++)
        buffer_u32le(&data, i == 2 ? (uint32_t)crl.len : 0);
    buffer_add(&data, crl);
    return bundle_read(buffer_bytes(&data), ret, err);
}

static void a_crl_becomes_der_or_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(crls); i++) {
        AUTO(collateral) struct collateral c = {0};
        struct quoth_error err = {0};
        print_message("  %s\n", crls[i].name);
        assert_int_equal(read_crl(crls[i].in, &c, &err), crls[i].code == QUOTH_OK);
        assert_int_equal(err.code, crls[i].code);
        if (crls[i].code != QUOTH_OK)
            assert_non_null(strstr(err.where, "pck_crl"));
        else if (crls[i].in.len > 1)
            assert_true(bytes_equal(c.part[COLLATERAL_PCK_CRL], expected[COLLATERAL_PCK_CRL]));
        else
            assert_int_equal(c.part[COLLATERAL_PCK_CRL].len, 0);
    }
}

static const struct {
    const char *name;
    struct bytes in;
    enum quoth_code code;
} json_refusals[] = {
    {"nothing",                     BYTES_INIT(""),                                                        QUOTH_BUNDLE    },
    {"white space",                 BYTES_INIT(" \n"),                                                     QUOTH_BUNDLE    },
    {"an empty object",             BYTES_INIT("{}"),                                                      QUOTH_BUNDLE    },
    {"only what we don't know",     BYTES_INIT("{\"tcbInfo\":\"x\"}"),                                     QUOTH_BUNDLE    },
    {"only what is empty",          BYTES_INIT("{\"pck_crl\":\"\"}"),                                      QUOTH_BUNDLE    },
    {"an array",                    BYTES_INIT("[]"),                                                      QUOTH_BUNDLE    },
    {"cut",                         BYTES_INIT("{\"pck_crl\":\"3003020105\""),                             QUOTH_JSON      },
    {"two objects",                 BYTES_INIT("{\"pck_crl\":\"3003020105\"}{}"),                          QUOTH_JSON      },
    {"a member twice",              BYTES_INIT("{\"pck_crl\":\"3003020105\",\"pck_crl\":\"3003020105\"}"),
     QUOTH_JSON_DUPLICATE                                                                                                  },
    {"a member twice, escaped",     BYTES_INIT("{\"pck_crl\":\"3003020105\",\"\\u0070ck_crl\":\"30\"}"),
     QUOTH_JSON_DUPLICATE                                                                                                  },
    {"a number",                    BYTES_INIT("{\"pck_crl\":3003020105}"),                                QUOTH_JSON_VALUE},
    {"null",                        BYTES_INIT("{\"pck_crl\":null}"),                                      QUOTH_JSON_VALUE},
    {"an object for the text",
     BYTES_INIT("{\"tcb_info\":{},\"tcb_info_signature\":\"" SIGNATURE "\"}"),                             QUOTH_JSON_VALUE},
    {"no signature",                BYTES_INIT("{\"tcb_info\":\"{}\"}"),                                   QUOTH_JSON_VALUE},
    {"only a signature",            BYTES_INIT("{\"tcb_info_signature\":\"" SIGNATURE "\"}"),              QUOTH_BUNDLE    },
    {"a short signature",           BYTES_INIT("{\"tcb_info\":\"{}\",\"tcb_info_signature\":\"00\"}"),
     QUOTH_HEX                                                                                                             },
    {"a signature of no digits",
     BYTES_INIT("{\"tcb_info\":\"{}\",\"tcb_info_signature\":\"" SIGNATURE "zz\"}"),                       QUOTH_HEX       },
    {"no object in the text",
     BYTES_INIT("{\"tcb_info\":\"7\",\"tcb_info_signature\":\"" SIGNATURE "\"}"),                          QUOTH_BUNDLE    },
    {"an array in the text",
     BYTES_INIT("{\"tcb_info\":\"[{}]\",\"tcb_info_signature\":\"" SIGNATURE "\"}"),                       QUOTH_BUNDLE    },
    {"an object that does not end",
     BYTES_INIT("{\"tcb_info\":\"{\",\"tcb_info_signature\":\"" SIGNATURE "\"}"),                          QUOTH_BUNDLE    },
    {"an object that goes on",
     BYTES_INIT("{\"tcb_info\":\"{}x\",\"tcb_info_signature\":\"" SIGNATURE "\"}"),                        QUOTH_BUNDLE    },
    {"a NUL in the text",           BYTES_INIT("{\"pck_crl_issuer_chain\":\"a\\u0000b\"}"),                QUOTH_JSON      },
    {"deep nesting",                BYTES_INIT("{\"x\":[[[[[[]]]]]]}"),                                    QUOTH_JSON_LIMIT},
    {"unknown version",             BYTES_INIT("\x02\0\0\0\x02\0\0\0\0\0\0\0"),                            QUOTH_BUNDLE    },
    {"a quote",                     BYTES_INIT("\x03\0\x02\0\0\0\0\0\0\0\0\0"),                            QUOTH_BUNDLE    },
};

static void broken_json_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(json_refusals); i++) {
        AUTO(collateral) struct collateral c = {0};
        struct quoth_error err = {0};
        print_message("  %s\n", json_refusals[i].name);
        assert_false(bundle_read(json_refusals[i].in, &c, &err));
        assert_int_equal(err.code, json_refusals[i].code);
        assert_int_equal(quoth_code_exit(err.code), 4);
    }
}

/* A number in a binary form, replaced. */
static const struct {
    const char *name;
    void (*form)(struct buffer *);
    size_t at;
    uint32_t value;
} edits[] = {
    {"B: version 2",               form_b, 0,   2         },
    {"B: type 3",                  form_b, 4,   3         },
    {"B: size 0",                  form_b, 8,   0         },
    {"B: size that wraps with 16", form_b, 8,   0xFFFFFFF0},
    {"B: huge size",               form_b, 8,   0xFFFFFFFF},
    {"B: eight items",             form_b, 12,  8         },
    {"B: ten items",               form_b, 12,  10        },
    {"B: no items",                form_b, 12,  0         },
    {"B: huge count",              form_b, 12,  0xFFFFFFFF},
    {"B: first offset not 0",      form_b, 16,  1         },
    {"B: second offset 0",         form_b, 20,  0         },
    {"B: version item too short",  form_b, 20,  3         },
    {"B: offsets descend",         form_b, 24,  4         },
    {"B: offset outside",          form_b, 48,  0x7FFFFFFF},
    {"B: huge offset",             form_b, 48,  0xFFFFFFFF},
    {"B: version item not 1",      form_b, 52,  2         },
    {"C: version 2",               form_c, 0,   2         },
    {"C: TEE type 0x80",           form_c, 4,   0x80      },
    {"C: first size larger",       form_c, 16,  9         },
    {"C: first size huge",         form_c, 16,  0xFFFFFFFF},
    {"C: last size smaller",       form_c, 112, 1         },
    {"C: last size wraps the sum", form_c, 112, 0xFFFFFFF0},
    {"D: TEE type 1",              form_d, 0,   1         },
    {"D: size larger",             form_d, 4,   9         },
    {"D: size huge",               form_d, 28,  0xFFFFFFFF},
};

static void sizes_from_outside_are_not_believed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(edits); i++) {
        AUTO(buffer) struct buffer data = {0}, value = {0};
        AUTO(collateral) struct collateral c = {0};
        struct quoth_error err = {0};
        print_message("  %s\n", edits[i].name);
        edits[i].form(&data);
        buffer_u32le(&value, edits[i].value);
        bytes_copy(data.data + edits[i].at, buffer_bytes(&value));
        assert_false(bundle_read(buffer_bytes(&data), &c, &err));
        assert_int_equal(quoth_code_exit(err.code), 4);
    }
}

/* A size that is true, and has no room for the nine offsets. */
static void offsets_need_room(void **state)
{
    (void)state;
    for (uint32_t size = 0; size <= 36; size++) {
        AUTO(buffer) struct buffer data = {0};
        AUTO(collateral) struct collateral c = {0};
        struct quoth_error err = {0};
        buffer_u32le(&data, 1);
        buffer_u32le(&data, 2);
        buffer_u32le(&data, size);
        buffer_u32le(&data, 9);
        for (uint32_t i = 0; i < size; i++) /* offsets that ascend */
            buffer_u8(&data, i % 4 ? 0 : (uint8_t)(4 * (i / 4)));
        assert_false(bundle_read(buffer_bytes(&data), &c, &err));
        assert_int_equal(err.code, QUOTH_BUNDLE);
    }
}

static void endorsements_are_bounded(void **state)
{
    (void)state;
    static void (*const forms[])(struct buffer *) = {form_b, form_c, form_d};
    static const size_t last_size[] = {8, 112, 28}; /* of the whole, or of the last part */
    for (size_t i = 0; i < COUNT(forms); i++) {
        AUTO(buffer) struct buffer data = {0}, size = {0};
        AUTO(collateral) struct collateral c = {0};
        struct quoth_error err = {0};
        forms[i](&data);
        const size_t more = ENDORSEMENTS_SIZE_MAX + 1 - data.len;
        buffer_u32le(&size, bytes_u32le(buffer_bytes(&data), last_size[i]) + (uint32_t)more);
        bytes_copy(data.data + last_size[i], buffer_bytes(&size));
        buffer_fill(&data, more, 0);
        assert_false(bundle_read(buffer_bytes(&data), &c, &err));
        assert_int_equal(err.code, QUOTH_TOO_LARGE);
        assert_string_equal(err.where, "endorsements");
    }
}

static void a_part_is_there_once(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(collateral_builder) struct collateral_builder b = {0};
    assert_true(collateral_add(&b, COLLATERAL_PCK_CRL, BYTES_LITERAL(CRL), &err));
    assert_true(collateral_add(&b, COLLATERAL_PCK_CRL, (struct bytes){0}, &err));
    assert_false(collateral_add(&b, COLLATERAL_PCK_CRL, BYTES_LITERAL(CRL), &err));
    assert_int_equal(err.code, QUOTH_BUNDLE);
    assert_string_equal(err.where, "pck_crl");
}

static void too_much_is_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer large = {0}, part = {0};
    AUTO(collateral) struct collateral c = {0};
    buffer_fill(&large, BUNDLE_SIZE_MAX + 1, ' ');
    assert_false(bundle_read(buffer_bytes(&large), &c, &err));
    assert_int_equal(err.code, QUOTH_TOO_LARGE);

    err = (struct quoth_error){0};
    buffer_text(&part, "{\"pck_crl_issuer_chain\":\"");
    buffer_fill(&part, COLLATERAL_PART_MAX + 1, 'A');
    buffer_text(&part, "\"}");
    assert_false(bundle_read(buffer_bytes(&part), &c, &err));
    assert_int_equal(err.code, QUOTH_BUNDLE);
    assert_string_equal(err.where, "pck_crl_issuer_chain");
}

static void what_was_written_is_read_again(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(collateral) struct collateral first = {0}, second = {0};
    AUTO(buffer) struct buffer text = {0};
    assert_true(bundle_read(bytes_of_text(form_a), &first, &err));
    assert_true(bundle_write(&first, &text, &err));
    assert_true(bundle_read(buffer_bytes(&text), &second, &err));
    assert_parts(&second);
}

static const struct {
    const char *name;
    struct bytes body;
    enum quoth_code code;
} bodies[] = {
    {"no JSON",        BYTES_INIT("x"),                                             QUOTH_JSON      },
    {"the inner half", BYTES_INIT("{\"v\":1}"),                                     QUOTH_JSON_VALUE},
    {"no signature",   BYTES_INIT("{\"tcbInfo\":{}}"),                              QUOTH_JSON_VALUE},
    {"not an object",  BYTES_INIT("{\"tcbInfo\":1,\"signature\":\"00\"}"),          QUOTH_JSON_VALUE},
    {"the other half", BYTES_INIT("{\"enclaveIdentity\":{},\"signature\":\"00\"}"),
     QUOTH_JSON_VALUE                                                                               },
};

static void only_signed_bodies_are_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct collateral c = {0};
        AUTO(buffer) struct buffer text = {0};
        struct quoth_error err = {0};
        c.part[COLLATERAL_TCB_INFO] = bodies[i].body;
        print_message("  %s\n", bodies[i].name);
        assert_false(bundle_write(&c, &text, &err));
        assert_int_equal(err.code, bodies[i].code);
        assert_int_equal(text.len, 0);
    }
}

/* Genuine bundles of each form. Two of them begin with 81 bytes of licence text. */
static const struct {
    const char *file;
    size_t skip;
} genuine[] = {
    {"phala-sgx-00a067-2025-06.json",   0 },
    {"phala-tdx-90c06f-2026-02.json",   0 },
    {"phala-tdx-b0c06f-2025-06.json",   0 },
    {"oe-sgx-endorsements-2022-04.bin", 81},
    {"oe-tdx-endorsements-2025-02.bin", 0 },
    {"flat-sgx-00906ed5-stale-tcb.bin", 0 },
};

static void genuine_bundles_are_read_whole(void **state)
{
    (void)state;
    const char *vectors = getenv("QUOTH_VECTORS");
    if (!vectors) {
        print_message("skipped: the bundles of QUOTH_VECTORS\n");
        skip();
    }
    for (size_t i = 0; i < COUNT(genuine); i++) {
        char path[512];
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer data = {0}, text = {0};
        AUTO(collateral) struct collateral c = {0}, again = {0};
        snprintf(path, sizeof path, "%s/dcap/collateral/%s", vectors, genuine[i].file);
        print_message("  %s\n", genuine[i].file);
        assert_true(file_read(path, BUNDLE_SIZE_MAX, &data, &err));
        assert_true(
            bundle_read(bytes_slice(buffer_bytes(&data), genuine[i].skip, data.len), &c, &err));
        for (size_t part = 0; part < COLLATERAL_PCK_CHAIN; part++)
            assert_true(c.part[part].len > 0);
        for (size_t part = COLLATERAL_TCB_INFO; part <= COLLATERAL_QE_IDENTITY; part += 2) {
            json_t *oracle = json_loadb((const char *)c.part[part].data, c.part[part].len,
                                        JSON_REJECT_DUPLICATES, NULL);
            assert_int_equal(json_object_size(oracle), 2);
            json_decref(oracle);
        }
        assert_int_equal(pem_count(c.part[COLLATERAL_PCK_CRL_CHAIN]), 2);
        assert_int_equal(c.part[COLLATERAL_ROOT_CRL].data[0], 0x30);
        assert_int_equal(c.part[COLLATERAL_PCK_CRL].data[0], 0x30);

        assert_true(bundle_write(&c, &text, &err));
        assert_true(bundle_read(buffer_bytes(&text), &again, &err));
        for (size_t part = 0; part < COLLATERAL_PARTS; part++)
            assert_true(bytes_equal(c.part[part], again.part[part]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_need_room),
        cmocka_unit_test(endorsements_are_bounded),
        cmocka_unit_test(a_part_is_there_once),
        cmocka_unit_test(every_form_gives_the_same_parts),
        cmocka_unit_test(no_prefix_and_no_longer_form_is_read),
        cmocka_unit_test(a_crl_becomes_der_or_is_refused),
        cmocka_unit_test(broken_json_is_refused),
        cmocka_unit_test(sizes_from_outside_are_not_believed),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(what_was_written_is_read_again),
        cmocka_unit_test(only_signed_bodies_are_written),
        cmocka_unit_test(genuine_bundles_are_read_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
