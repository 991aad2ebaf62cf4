/* A key made of any parts at all works: it comes back from its stored form, and verifies what it
 * signs or decrypts what it encrypts. And no ciphertext gets anything out of a key but a text or one
 * of two refusals. The first byte chooses. */
#include "crypto/material.h"

#include "crypto/key.h"
#include "tests/fuzz/fuzz.h"
#include "tests/key_vectors.h"

static struct material *own_rsa(void)
{
    static struct material *m;
    struct quoth_error err = {0};
    struct private_key *key = NULL;
    struct buffer der = {0};
    if (m)
        return m;
    require(private_key_from_pem(bytes_of_text(rfc7515_rsa_pem), &key, &err));
    require(private_key_to_der(key, &der, &err));
    require(material_import(MATERIAL_RSA, buffer_bytes(&der), &m, &err));
    private_key_free(key);
    buffer_clear(&der);
    return m;
}

static struct material *own_oct(void)
{
    static const uint8_t k[32] = {1};
    static struct material *m;
    struct quoth_error err = {0};
    if (!m)
        require(material_import(MATERIAL_OCT, BYTES_OF(k), &m, &err));
    return m;
}

/* As many bytes as a length of two bytes says, or as there are. */
static struct bytes next(struct reader *r)
{
    const size_t left = reader_left(r);
    const size_t wanted = left < 2 ? 0 : reader_u16be(r, "length");
    return reader_take(r, wanted < reader_left(r) ? wanted : reader_left(r), "part");
}

static void check_key(struct material *m)
{
    static const char *const signing[] = {"RS256", NULL, "HS256"};
    static const uint8_t digest[64] = {0};
    struct quoth_error err = {0};
    struct pkcs8_public public = {0};
    struct buffer stored = {0}, signature = {0};
    struct material *again = NULL;
    const struct material_algorithm *a;
    const char *ec = material_bits(m) == 384 ? "ES384" : material_bits(m) == 521 ? "ES512" : NULL;
    const size_t len = ec ? (ec[2] == '3' ? 48 : 64) : 32;
    bool valid = false;

    require(material_export(m, &stored, &err));
    require(material_import(material_type(m), buffer_bytes(&stored), &again, &err));
    require(material_public(m, &public, &err) == (material_type(m) != MATERIAL_OCT));
    if (material_type(m) == MATERIAL_EC && !ec)
        ec = strcmp(public.curve, "P-256") == 0 ? "ES256" : "ES256K";
    err = (struct quoth_error){0};
    require(material_algorithm_for(m, bytes_of_text(ec ? ec : signing[material_type(m)]),
                                   MATERIAL_SIGNS, &a, &err));
    require(material_sign(m, a, (struct bytes){digest, len}, &signature, &err));
    require(material_verify(again, a, (struct bytes){digest, len}, buffer_bytes(&signature), &valid,
                            &err) &&
            valid);
    pkcs8_public_clear(&public);
    buffer_clear(&stored);
    buffer_clear(&signature);
    material_free(again);
}

static void try_parts(struct reader *r, enum material_type type)
{
    static const char *const curves[] = {"P-256", "P-384", "P-521", "P-256K"};
    struct quoth_error err = {0};
    struct material *m = NULL;
    struct material_parts p = {.type = type, .curve = bytes_of_text(curves[reader_left(r) % 4])};
    struct bytes *const members[] = {&p.n,  &p.e,  &p.d, &p.p, &p.q, &p.dp,
                                     &p.dq, &p.qi, &p.x, &p.y, &p.k};
    for (size_t i = 0; i < COUNT(members); i++)
        *members[i] = next(r);
    if (!material_from_parts(&p, &m, &err)) {
        require(err.code == QUOTH_KEY_MALFORMED || err.code == QUOTH_KEY_UNSUPPORTED);
        return;
    }
    check_key(m);
    material_free(m);
}

static void try_stored(struct bytes stored, enum material_type type)
{
    struct quoth_error err = {0};
    struct material *m = NULL;
    struct buffer again = {0};
    if (!material_import(type, stored, &m, &err)) {
        require(err.code == QUOTH_KEY_MALFORMED || err.code == QUOTH_KEY_UNSUPPORTED ||
                err.code == QUOTH_TOO_LARGE);
        return;
    }
    require(material_export(m, &again, &err));
    require(bytes_equal(buffer_bytes(&again), stored));
    material_free(m);
    buffer_clear(&again);
}

static void try_text(struct reader *r, struct material *m, const char *algorithm)
{
    struct quoth_error err = {0};
    struct buffer plain = {0};
    const struct material_algorithm *a;
    struct material_text t = {.iv = next(r), .aad = next(r), .tag = next(r)};
    t.value = reader_take(r, reader_left(r), "value");
    require(material_algorithm_for(m, bytes_of_text(algorithm), MATERIAL_ENCRYPTS, &a, &err));
    if (!material_decrypt(m, a, &t, &plain, &err))
        require((err.code == QUOTH_KEY_CIPHERTEXT || err.code == QUOTH_KEY_INPUT) &&
                plain.len == 0);
    buffer_clear(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const algorithms[] = {
        "RSA-OAEP", "RSA-OAEP-256", "RSA1_5", "A256GCM",
        "A256CBC",  "A256CBCPAD",   "A256KW", "CKM_AES_KEY_WRAP_PAD"};
    struct quoth_error err = {0};
    struct reader r = {
        .in = {data, len},
          .err = &err
    };
    if (len == 0)
        return 0;
    const unsigned choice = reader_u8(&r, "choice") % 14;
    if (choice < 3)
        try_parts(&r, (enum material_type)choice);
    else if (choice < 6)
        try_stored(bytes_slice((struct bytes){data, len}, 1, len),
                   (enum material_type)(choice - 3));
    else
        try_text(&r, choice - 6 < 3 ? own_rsa() : own_oct(), algorithms[choice - 6]);
    return 0;
}
