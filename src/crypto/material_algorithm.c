#include "base/text.h"
#include "crypto/init.h"
#include "crypto/material_inside.h"

#define S (1u << MATERIAL_SIGNS)
#define E (1u << MATERIAL_ENCRYPTS)
#define W (1u << MATERIAL_WRAPS)

/* RFC 7518 3, 4, 5.3; RFC 8812 3.2; the rest are Azure's names (key-release.md 1.10). */
/* clang-format off */
static const struct material_algorithm algorithms[] = {
    {"RS256",                MATERIAL_RSA, S,     METHOD_PKCS1,    NULL,     0,   "SHA256", 32},
    {"RS384",                MATERIAL_RSA, S,     METHOD_PKCS1,    NULL,     0,   "SHA384", 48},
    {"RS512",                MATERIAL_RSA, S,     METHOD_PKCS1,    NULL,     0,   "SHA512", 64},
    {"PS256",                MATERIAL_RSA, S,     METHOD_PSS,      NULL,     0,   "SHA256", 32},
    {"PS384",                MATERIAL_RSA, S,     METHOD_PSS,      NULL,     0,   "SHA384", 48},
    {"PS512",                MATERIAL_RSA, S,     METHOD_PSS,      NULL,     0,   "SHA512", 64},
    {"RSNULL",               MATERIAL_RSA, S,     METHOD_PKCS1,    NULL,     0,   NULL,     0 },
    {"RSA-OAEP",             MATERIAL_RSA, E | W, METHOD_OAEP,     NULL,     0,   "SHA1",   0 },
    {"RSA-OAEP-256",         MATERIAL_RSA, E | W, METHOD_OAEP,     NULL,     0,   "SHA256", 0 },
    {"RSA1_5",               MATERIAL_RSA, E | W, METHOD_RSA1_5,   NULL,     0,   NULL,     0 },
    {"ES256",                MATERIAL_EC,  S,     METHOD_ECDSA,    "P-256",  0,   NULL,     32},
    {"ES384",                MATERIAL_EC,  S,     METHOD_ECDSA,    "P-384",  0,   NULL,     48},
    {"ES512",                MATERIAL_EC,  S,     METHOD_ECDSA,    "P-521",  0,   NULL,     64},
    {"ES256K",               MATERIAL_EC,  S,     METHOD_ECDSA,    "P-256K", 0,   NULL,     32},
    {"HS256",                MATERIAL_OCT, S,     METHOD_HMAC,     NULL,     0,   "SHA256", 0 },
    {"HS384",                MATERIAL_OCT, S,     METHOD_HMAC,     NULL,     0,   "SHA384", 0 },
    {"HS512",                MATERIAL_OCT, S,     METHOD_HMAC,     NULL,     0,   "SHA512", 0 },
    {"A128GCM",              MATERIAL_OCT, E,     METHOD_GCM,      NULL,     128, NULL,     0 },
    {"A192GCM",              MATERIAL_OCT, E,     METHOD_GCM,      NULL,     192, NULL,     0 },
    {"A256GCM",              MATERIAL_OCT, E,     METHOD_GCM,      NULL,     256, NULL,     0 },
    {"A128CBC",              MATERIAL_OCT, E,     METHOD_CBC,      NULL,     128, NULL,     0 },
    {"A192CBC",              MATERIAL_OCT, E,     METHOD_CBC,      NULL,     192, NULL,     0 },
    {"A256CBC",              MATERIAL_OCT, E,     METHOD_CBC,      NULL,     256, NULL,     0 },
    {"A128CBCPAD",           MATERIAL_OCT, E,     METHOD_CBC_PAD,  NULL,     128, NULL,     0 },
    {"A192CBCPAD",           MATERIAL_OCT, E,     METHOD_CBC_PAD,  NULL,     192, NULL,     0 },
    {"A256CBCPAD",           MATERIAL_OCT, E,     METHOD_CBC_PAD,  NULL,     256, NULL,     0 },
    {"A128KW",               MATERIAL_OCT, E | W, METHOD_WRAP,     NULL,     128, NULL,     0 },
    {"A192KW",               MATERIAL_OCT, E | W, METHOD_WRAP,     NULL,     192, NULL,     0 },
    {"A256KW",               MATERIAL_OCT, E | W, METHOD_WRAP,     NULL,     256, NULL,     0 },
    {"CKM_AES_KEY_WRAP",     MATERIAL_OCT, E | W, METHOD_WRAP,     NULL,     0,   NULL,     0 },
    {"CKM_AES_KEY_WRAP_PAD", MATERIAL_OCT, E | W, METHOD_WRAP_PAD, NULL,     0,   NULL,     0 },
};
/* clang-format on */

static bool fits(const struct material *m, const struct material_algorithm *a, unsigned uses)
{
    return a->type == m->type && a->uses & uses && (a->bits == 0 || a->bits == m->bits) &&
           (!a->curve || strcmp(a->curve, m->curve->name) == 0);
}

/* "RS256 RS384 ...", or "none". */
static bool list(const struct material *m, unsigned uses, struct buffer *to,
                 struct quoth_error *err)
{
    for (size_t i = 0; i < COUNT(algorithms); i++)
        if (fits(m, &algorithms[i], uses))
            buffer_printf(to, "%s%s", to->len ? " " : "", algorithms[i].name);
    if (to->len == 0)
        buffer_text(to, "none");
    buffer_u8(to, 0);
    return buffer_ok(to, err);
}

static bool refuse(const struct material *m, struct bytes name, unsigned uses,
                   struct quoth_error *err)
{
    char found[64];
    AUTO(buffer) struct buffer has = {0};
    return list(m, uses, &has, err) &&
           quoth_mismatch(err, QUOTH_KEY_ALGORITHM, "alg", QUOTH_NO_OFFSET,
                          text_escape(found, sizeof found, name), (const char *)has.data);
}

bool material_algorithm_for(const struct material *m, struct bytes name, enum material_use use,
                            const struct material_algorithm **ret_algorithm,
                            struct quoth_error *err)
{
    for (size_t i = 0; i < COUNT(algorithms); i++)
        if (bytes_equal(name, bytes_of_text(algorithms[i].name)) &&
            fits(m, &algorithms[i], 1u << use)) {
            *ret_algorithm = &algorithms[i];
            return true;
        }
    return refuse(m, name, 1u << use, err);
}

const char *material_algorithm_name(const struct material_algorithm *a)
{
    return a->name;
}

bool material_has(const struct material *m, const struct material_algorithm *a, unsigned uses,
                  struct quoth_error *err)
{
    return fits(m, a, uses) || refuse(m, bytes_of_text(a->name), uses, err);
}

bool material_input(struct quoth_error *err, const char *where, size_t len, const char *expected)
{
    return quoth_fail(err, QUOTH_KEY_INPUT, where, QUOTH_NO_OFFSET, "has %zu bytes, expected %s",
                      len, expected);
}

bool material_broken(struct quoth_error *err)
{
    crypto_forget_errors();
    return quoth_fail(err, QUOTH_KEY_CIPHERTEXT, "value", QUOTH_NO_OFFSET,
                      "does not decrypt with this key, algorithm, iv, aad and tag");
}

bool material_unavailable(struct quoth_error *err, const struct material_algorithm *a)
{
    crypto_forget_errors();
    return quoth_fail(err, QUOTH_UNAVAILABLE, "key", QUOTH_NO_OFFSET,
                      "OpenSSL does not run %s with it", a->name);
}
