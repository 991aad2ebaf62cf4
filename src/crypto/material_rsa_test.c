/* RSA1_5 and its implicit rejection. */
#include "crypto/digest.h"
#include "crypto/openssl.h"
#include "tests/material_vectors.h"

#include <openssl/rsa.h>

static struct bytes decrypt(struct material *m, const char *algorithm, struct bytes sealed,
                            struct buffer *to)
{
    struct quoth_error err = {0};
    const struct material_text t = {.value = sealed};
    buffer_clear(to);
    if (!material_decrypt(m, vector_algorithm(m, algorithm, MATERIAL_WRAPS), &t, to, &err))
        fail_msg("%s: %s", err.where, err.message);
    return buffer_bytes(to);
}

/* A block under RSA without padding, by the public half. */
static void encrypt_block(const uint8_t block[256], uint8_t ret_sealed[256])
{
    struct quoth_error err = {0};
    size_t len = 256;
    AUTO(private_key) struct private_key *key = NULL;
    assert_true(private_key_from_pem(bytes_of_text(rfc7515_rsa_pem), &key, &err));
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(private_key_evp(key), NULL);
    assert_true(ctx && EVP_PKEY_encrypt_init(ctx) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1 &&
                EVP_PKEY_encrypt(ctx, ret_sealed, &len, block, 256) == 1);
    EVP_PKEY_CTX_free(ctx);
}

/* Blocks whose padding is wrong, each in its own way, and what OpenSSL 4.0 decrypts them to: the
 * length and the SHA-256. `fill` bytes after the two first, then zeros or not. */
static const struct {
    const char *name;
    uint8_t first, second;
    size_t fill;
    bool no_zero;
    size_t len;
    const char *sha256;
} wrong[] = {
    {"version 1",              1, 2, 200, false, 68,
     "2369e57d8556887edc2aee0c98f7e5a1057c16e6530171d17c7d2041fd41fc20"},
    {"block type 1",           0, 1, 200, false, 98,
     "40a9e3eaa5029834c693a75088ac2911e828f7d71df5a47b01de6ac3f81ecd26"},
    {"seven bytes of filling", 0, 2, 7,   false, 104,
     "f812bb39554f23dae4ff8594fd8cd5166d74d0ea0044fc084448eb9671b931ab"},
    {"no zero",                0, 2, 254, true,  115,
     "b00cbffdebcfb21a6e8e39ed4780e55db2fd3428b60323d5c4791553b4f666e4"},
};

static void make_block(uint8_t first, uint8_t second, uint8_t filling, size_t fill, bool no_zero,
                       const char *text, uint8_t ret_block[256])
{
    ret_block[0] = first;
    ret_block[1] = second;
    for (size_t i = 2; i < 256; i++)
        ret_block[i] = filling;
    if (no_zero)
        return;
    ret_block[2 + fill] = 0;
    for (size_t i = 3 + fill; i < 256; i++)
        ret_block[i] = (uint8_t)text[(i - 3 - fill) % strlen(text)];
    if (first != second && fill == 200) /* 13 times "text", and "x" */
        ret_block[255] = 'x';
}

static void wrong_padding_gives_the_texts_of_openssl(void **state)
{
    (void)state;
    AUTO(material) struct material *m = vector_rsa_of_pem();
    for (size_t i = 0; i < COUNT(wrong); i++) {
        uint8_t block[256], sealed[256];
        AUTO(buffer) struct buffer out = {0}, hold = {0};
        make_block(wrong[i].first, wrong[i].second, wrong[i].second == 1 ? 0xff : 0xaa,
                   wrong[i].fill, wrong[i].no_zero, wrong[i].fill == 7 ? "t" : "text", block);
        encrypt_block(block, sealed);
        print_message("  %s\n", wrong[i].name);
        decrypt(m, "RSA1_5", BYTES_OF(sealed), &out);
        assert_int_equal(out.len, wrong[i].len);
        const struct sha256 found = sha256_of(buffer_bytes(&out));
        assert_true(bytes_equal(BYTES_OF(found.bytes), unit_hex(wrong[i].sha256, &hold)));
    }
}

/* Ciphertexts that nobody made: a byte, then 255 times another. Also of OpenSSL 4.0. */
static void what_nobody_encrypted_gives_the_texts_of_openssl(void **state)
{
    static const struct {
        uint8_t first, rest;
        const char *text;
    } rows[] = {
        {0x00, 0x01,
         "0350811429b6074e666ad360ee01c73688cf223814ace91151961f7a15950564"
         "f6e1240bf1869bb35dd4fe1df2c696a2505b51730da20b875123fd214f3b4c81"                    },
        {0x00, 0xff, "94b2b7bb62ab950a34274b137b8ff1620664e55f56c50666deca60b31ecf889c6d9392e8"},
        {0x00, 0x00, "352c8c3b411bc837227f81ec663e5e040a34b7a28bc28c03b23b65722986852a201b29db"},
        {0xa1, 0x00,
         "150249f7e80e8830f8638cf0254a3e97e24fe90c777254e895ed70b1596c363cd6960ec39ef653936ac60054"
         "df93b3e8e01528c1"                                                                    },
    };
    (void)state;
    AUTO(material) struct material *m = vector_rsa_of_pem();
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t sealed[256];
        AUTO(buffer) struct buffer out = {0}, hold = {0};
        memset(sealed, rows[i].rest, sizeof sealed);
        sealed[0] = rows[i].first;
        assert_true(bytes_equal(decrypt(m, "RSA1_5", BYTES_OF(sealed), &out),
                                unit_hex(rows[i].text, &hold)));
    }
}

/* The shortest padding there is, the longest, and the text between. */
static void right_padding_gives_the_text(void **state)
{
    (void)state;
    AUTO(material) struct material *m = vector_rsa_of_pem();
    for (size_t fill = 8; fill <= 253; fill++) {
        uint8_t block[256], sealed[256];
        AUTO(buffer) struct buffer out = {0};
        make_block(0, 2, 0xaa, fill, false, "t", block);
        encrypt_block(block, sealed);
        decrypt(m, "RSA1_5", BYTES_OF(sealed), &out);
        assert_true(bytes_equal(buffer_bytes(&out), bytes_slice(BYTES_OF(block), 3 + fill, 256)));
    }
}

/* What is not less than the modulus is nobody's ciphertext, and everybody can see that. */
static void what_is_not_less_than_the_modulus_is_refused(void **state)
{
    (void)state;
    AUTO(material) struct material *m = vector_rsa_of_pem();
    AUTO(buffer) struct buffer n = {0}, out = {0};
    uint8_t ones[256];
    memset(ones, 0xff, sizeof ones);
    static const char *const rsa[] = {"RSA1_5", "RSA-OAEP", "RSA-OAEP-256"};
    const struct bytes sealed[] = {BYTES_OF(ones), unit_hex(rfc7515_rsa_n, &n)};
    for (size_t i = 0; i < 2 * COUNT(rsa); i++) {
        struct quoth_error err = {0};
        const struct material_text t = {.value = sealed[i % 2]};
        assert_false(
            material_decrypt(m, vector_algorithm(m, rsa[i / 2], MATERIAL_WRAPS), &t, &out, &err));
        assert_int_equal(err.code, QUOTH_KEY_CIPHERTEXT);
        assert_string_equal(err.message,
                            "does not decrypt with this key, algorithm, iv, aad and tag");
        assert_int_equal(out.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_padding_gives_the_texts_of_openssl),
        cmocka_unit_test(what_nobody_encrypted_gives_the_texts_of_openssl),
        cmocka_unit_test(right_padding_gives_the_text),
        cmocka_unit_test(what_is_not_less_than_the_modulus_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
