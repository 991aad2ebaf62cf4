/* Keys and texts of RFC 7515 A.4, RFC 7516 A.1 to A.3 and RFC 7520 4.4, as base64url, and how to make
 * keys of them; for tests. */
#ifndef QUOTH_TESTS_MATERIAL_VECTORS_H
#define QUOTH_TESTS_MATERIAL_VECTORS_H

#include "codec/base64.h"
#include "crypto/key.h"
#include "crypto/material.h"
#include "tests/key_vectors.h"
#include "tests/unit.h"

/* clang-format off */
#define RFC7515_ES512_X "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk"
#define RFC7515_ES512_Y "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"
#define RFC7515_ES512_D "AY5pb7A0UFiB3RELSD64fTLOSV_jazdF7fLYyuTw8lOfRhWg6Y6rUrPAxerEzgdRhajnu0ferB0d53vM9mE15j2C"
#define RFC7515_ES512_INPUT "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA"
#define RFC7515_ES512_SIGNATURE \
    "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwF" \
    "KdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn"

/* RSA-OAEP and A256GCM */
#define RFC7516_OAEP_N \
    "oahUIoWw0K0usKNuOR6H4wkf4oBUXHTxRvgb48E-BVvxkeDNjbC4he8rUWcJoZmds2h7M70imEVhRU5djINXtqllXI4DFqcI" \
    "1DgjT9LewND8MW2Krf3Spsk_ZkoFnilakGygTwpZ3uesH-PFABNIUYpOiN15dsQRkgr0vEhxN92i2asbOenSZeyaxziK72Uw" \
    "xrrKoExv6kc5twXTq4h-QChLOln0_mtUZwfsRaMStPs6mS6XrgxnxbWhojf663tuEQueGC-FCMfra36C9knDFGzKsNa7LZK2" \
    "djYgyD3JR_MB_4NUJW_TqOQtwHYbxevoJArm-L5StowjzGy-_bq6Gw"
#define RFC7516_OAEP_D \
    "kLdtIj6GbDks_ApCSTYQtelcNttlKiOyPzMrXHeI-yk1F7-kpDxY4-WY5NWV5KntaEeXS1j82E375xxhWMHXyvjYecPT9fpw" \
    "R_M9gV8n9Hrh2anTpTD93Dt62ypW3yDsJzBnTnrYu1iwWRgBKrEYY46qAZIrA2xAwnm2X7uGR1hghkqDp0Vqj3kbSCz1XyfC" \
    "s6_LehBwtxHIyh8Ripy40p24moOAbgxVw3rxT_vlt3UVe4WO3JkJOzlpUf-KTVI2Ptgm-dARxTEtE-id-4OJr0h-K-VFs3VS" \
    "ndVTIznSxfyrj8ILL6MG_Uv8YAu7VILSB3lOW085-4qE3DzgrTjgyQ"
#define RFC7516_OAEP_WRAPPED \
    "OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckCL9kiMT03JGeipsEdY3mx_etLbbWSrFr05kLzcSr4qKA" \
    "q7YN7e9jwQRb23nfa6c9d-StnImGyFDbSv04uVuxIp5Zms1gNxKKK2Da14B8S4rzVRltdYwam_lDp5XnZAYpQdb76FdIKLaV" \
    "mqgfwX7XWRxv2322i-vDxRfqNzo_tETKzpVLzfiwQyeyPGLBIO56YJ7eObdv0je81860ppamavo35UgoRdbYaBcoh9QcfylQ" \
    "r66oc6vFWXRcZ_ZT2LawVCWTIy3brGPi6UklfCpIMfIjf7iGdXKHzg"
#define RFC7516_OAEP_KEY "saH0gFSP4XM_tAP_a5rU9ooHbltwLiJpL4LLLnrqQPw" /* content encryption key */

#define RFC7516_GCM_AAD "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ" /* as it stands */
#define RFC7516_GCM_IV "48V1_ALb6US04U3b"
#define RFC7516_GCM_VALUE \
    "5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A"
#define RFC7516_GCM_TAG "XFBoMYUZodetZdvTiFvSkQ"
#define RFC7516_GCM_TEXT "The true sign of intelligence is not knowledge but imagination."

/* RSA1_5 */
#define RFC7516_RSA1_5_N \
    "sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri23bOdgWp4Dy1WlUzewbgBHod5pcM9H95GQRV3JDXboIRROSBigeC" \
    "5yjU1hGzHHyXss8UDprecbAYxknTcQkhslANGRUZmdTOQ5qTRsLAt6BTYuyvVRdhS8exSZEy_c4gs_7svlJJQ4H9_NxsiIoL" \
    "wAEk7-Q3UXERGYw_75IDrGA84-lA_-Ct4eTlXHBIY2EaV7t7LjJaynVJCpkv4LKjTTAumiGUIuQhrNhZLuF_RJLqHpM2kgWF" \
    "LU7-VTdL1VbC2tejvcI2BlMkEpk1BzBZI0KQB0GaDWFLN-aEAw3vRw"
#define RFC7516_RSA1_5_D \
    "VFCWOqXr8nvZNyaaJLXdnNPXZKRaWCjkU5Q2egQQpTBMwhprMzWzpR8Sxq1OPThh_J6MUD8Z35wky9b8eEO0pwNS8xlh1lOF" \
    "RRBoNqDIKVOku0aZb-rynq8cxjDTLZQ6Fz7jSjR1Klop-YKaUHc9GsEofQqYruPhzSA-QgajZGPbE_0ZaVDJHfyd7UUBUKun" \
    "FMScbflYAAOYJqVIVwaYR5zWEEceUjNnTNo_CVSj-VvXLO5VZfCUAVLgW4dpf1SrtZjSt34YLsRarSb127reG_DUwg9Ch-Ky" \
    "vjT1SkHgUWRVGcyly7uvVGRSDwsXypdrNinPA4jlhoNdizK2zF2CWQ"
#define RFC7516_RSA1_5_WRAPPED \
    "UGhIOguC7IuEvf_NPVaXsGMoLOmwvc1GyqlIKOK1nN94nHPoltGRhWhw7Zx0-kFm1NJn8LE9XShH59_i8J0PH5ZZyNfGy2xG" \
    "dULU7sHNF6Gp2vPLgNZ__deLKxGHZ7PcHALUzoOegEI-8E66jX2E4zyJKx-YxzZIItRzC5hlRirb6Y5Cl_p-ko3YvkkysZIF" \
    "NPccxRU7qve1WYPxqbb2Yw8kZqa2rMWI5ng8OtvzlV7elprCbuPhcCdZ6XDP0_F8rkXds2vE4X-ncOIM8hAYHHi29NX0mcKi" \
    "RaD0-D-ljQTP-cFPgwCp6X-nZZd9OHBv-B3oWh2TbqmScqXMR4gp_A"

/* A128KW; what is wrapped is the same as with RSA1_5 */
#define RFC7516_KW_K "GawgguFyGrWKav7AX4VKUg"
#define RFC7516_KW_WRAPPED "6KB707dM9YTIgHtLvtgWQ8mKwboJW3of9locizkDTHzBC2IlrT1oOQ"
#define RFC7516_KEY "BNMfxVSd_P4LZJ36P6pqzmt81C1vawnbyLEA8I-cLM8"

#define RFC7520_HS256_K "hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg"
#define RFC7520_HS256_INPUT \
    "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9." \
    "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0" \
    "aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91" \
    "IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4"
#define RFC7520_HS256_MAC "s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0"
/* clang-format on */

static inline struct bytes vector_base64(const char *text, struct buffer *hold)
{
    struct quoth_error err = {0};
    buffer_clear(hold);
    if (!base64url_decode(bytes_of_text(text), hold, &err))
        fail_msg("not base64url: %s", text);
    return buffer_bytes(hold);
}

static inline struct material *vector_key(const struct material_parts *parts)
{
    struct quoth_error err = {0};
    struct material *m = NULL;
    if (!material_from_parts(parts, &m, &err))
        fail_msg("%s: %s", err.where, err.message);
    return m;
}

static inline struct material *vector_rsa(const char *n, const char *d)
{
    AUTO(buffer) struct buffer nb = {0}, db = {0};
    const struct material_parts parts = {.type = MATERIAL_RSA,
                                         .n = vector_base64(n, &nb),
                                         .e = BYTES_LITERAL("\1\0\1"),
                                         .d = vector_base64(d, &db)};
    return vector_key(&parts);
}

/* The RSA key of RFC 7515 A.2. */
static inline struct material *vector_rsa_of_pem(void)
{
    struct quoth_error err = {0};
    struct material *m = NULL;
    AUTO(private_key) struct private_key *key = NULL;
    AUTO(buffer) struct buffer der = {0};
    if (!private_key_from_pem(bytes_of_text(rfc7515_rsa_pem), &key, &err) ||
        !private_key_to_der(key, &der, &err) ||
        !material_import(MATERIAL_RSA, buffer_bytes(&der), &m, &err))
        fail_msg("%s: %s", err.where, err.message);
    return m;
}

static inline struct material *vector_oct(struct bytes k)
{
    const struct material_parts parts = {.type = MATERIAL_OCT, .k = k};
    return vector_key(&parts);
}

static inline struct material *vector_ec(const char *curve, const char *x, const char *y,
                                         const char *d) /* in hex */
{
    AUTO(buffer) struct buffer xb = {0}, yb = {0}, db = {0};
    const struct material_parts parts = {.type = MATERIAL_EC,
                                         .curve = bytes_of_text(curve),
                                         .x = unit_hex(x, &xb),
                                         .y = unit_hex(y, &yb),
                                         .d = unit_hex(d, &db)};
    return vector_key(&parts);
}

static inline const struct material_algorithm *
vector_algorithm(const struct material *m, const char *name, enum material_use use)
{
    struct quoth_error err = {0};
    const struct material_algorithm *a = NULL;
    if (!material_algorithm_for(m, bytes_of_text(name), use, &a, &err))
        fail_msg("%s: %s", name, err.message);
    return a;
}

#endif
