#include "tests/material_vectors.h"

#define OCT128 "000102030405060708090a0b0c0d0e0f"
#define OCT192 OCT128 "1011121314151617"
#define OCT256 OCT192 "18191a1b1c1d1e1f"

static struct material *oct(const char *hex)
{
    AUTO(buffer) struct buffer k = {0};
    return vector_oct(unit_hex(hex, &k));
}

/* An RSA key, or an oct key of the size that the name says. */
static struct material *key_for(const char *algorithm)
{
    if (algorithm[0] == 'R')
        return vector_rsa_of_pem();
    return oct(strncmp(algorithm, "A128", 4) == 0   ? OCT128
               : strncmp(algorithm, "A192", 4) == 0 ? OCT192
                                                    : OCT256);
}

static enum quoth_code decrypt(struct material *m, const char *algorithm,
                               const struct material_text *sealed, struct buffer *to)
{
    struct quoth_error err = {0};
    buffer_clear(to);
    if (material_decrypt(m, vector_algorithm(m, algorithm, MATERIAL_ENCRYPTS), sealed, to, &err))
        return QUOTH_OK;
    assert_int_equal(to->len, 0);
    if (err.code == QUOTH_KEY_CIPHERTEXT) { /* the same words, whatever it is */
        assert_string_equal(err.where, "value");
        assert_string_equal(err.message,
                            "does not decrypt with this key, algorithm, iv, aad and tag");
    }
    return err.code;
}

static void opens(struct material *m, const char *algorithm, const struct material_text *sealed,
                  struct bytes plain)
{
    AUTO(buffer) struct buffer out = {0};
    print_message("  %s\n", algorithm);
    assert_int_equal(decrypt(m, algorithm, sealed, &out), QUOTH_OK);
    assert_true(bytes_equal(buffer_bytes(&out), plain));
}

static void the_texts_of_rfc_7516(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer v = {0}, iv = {0}, tag = {0}, k = {0}, plain = {0};
    AUTO(material)
    struct material *oaep = vector_rsa(RFC7516_OAEP_N, RFC7516_OAEP_D),
                    *old = vector_rsa(RFC7516_RSA1_5_N, RFC7516_RSA1_5_D),
                    *gcm = vector_oct(vector_base64(RFC7516_OAEP_KEY, &k)),
                    *kw = vector_oct(vector_base64(RFC7516_KW_K, &k));
    opens(oaep, "RSA-OAEP",
          &(struct material_text){.value = vector_base64(RFC7516_OAEP_WRAPPED, &v)},
          vector_base64(RFC7516_OAEP_KEY, &plain));
    opens(old, "RSA1_5",
          &(struct material_text){.value = vector_base64(RFC7516_RSA1_5_WRAPPED, &v)},
          vector_base64(RFC7516_KEY, &plain));
    opens(kw, "A128KW", &(struct material_text){.value = vector_base64(RFC7516_KW_WRAPPED, &v)},
          vector_base64(RFC7516_KEY, &plain));
    opens(gcm, "A256GCM",
          &(struct material_text){.value = vector_base64(RFC7516_GCM_VALUE, &v),
                                  .iv = vector_base64(RFC7516_GCM_IV, &iv),
                                  .aad = BYTES_LITERAL(RFC7516_GCM_AAD),
                                  .tag = vector_base64(RFC7516_GCM_TAG, &tag)},
          BYTES_LITERAL(RFC7516_GCM_TEXT));
}

/* RFC 3394 4.1, 4.2, 4.3, 4.6; RFC 5649 6; NIST SP 800-38A F.2; test case 4 of "The Galois/Counter
 * Mode of Operation". OAEP with SHA-256: made with the Python package cryptography 48. */
/* clang-format off */
#define CBC_IV "000102030405060708090a0b0c0d0e0f"
#define CBC_TEXT \
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51" \
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
#define DATA128 "00112233445566778899aabbccddeeff"

static const struct {
    const char *algorithm, *k, *value, *iv, *aad, *tag, *plain;
} texts[] = {
    {"A128KW", OCT128, "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5", "", "", "", DATA128},
    {"A192KW", OCT192, "96778b25ae6ca435f92b5b97c050aed2468ab8a17ad84e5d", "", "", "", DATA128},
    {"A256KW", OCT256, "64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7", "", "", "", DATA128},
    {"A256KW", OCT256, "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21", "", "", "",
     DATA128 "000102030405060708090a0b0c0d0e0f"},
    {"CKM_AES_KEY_WRAP", OCT192, "96778b25ae6ca435f92b5b97c050aed2468ab8a17ad84e5d", "", "", "", DATA128},
    {"CKM_AES_KEY_WRAP_PAD", "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8",
     "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a", "", "", "", "c37b7e6492584340bed12207808941155068f738"},
    {"CKM_AES_KEY_WRAP_PAD", "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8", "afbeb0f07dfbf5419200f2ccb50bb24f", "", "", "",
     "466f7250617369"},
    {"A128CBC", "2b7e151628aed2a6abf7158809cf4f3c",
     "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
     "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7", CBC_IV, "", "", CBC_TEXT},
    {"A192CBC", "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
     "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a"
     "571b242012fb7ae07fa9baac3df102e008b0e27988598881d920a9e64f5615cd", CBC_IV, "", "", CBC_TEXT},
    {"A256CBC", "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
     "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
     "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b", CBC_IV, "", "", CBC_TEXT},
    {"A128GCM", "feffe9928665731c6d6a8f9467308308",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
     "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2", "5bc94fbc3221a5db94fae95ae7121a47",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"},
    {"RSA-OAEP-256", NULL,
     "7dcef9e26c126a60b523ec77aab3043f68e74d7d3307e0b9e06cd3e81950489142c5b0d57fc3b480c7341a74db8db3da"
     "b39a07981f30597a3c128be8407700518e197fed32389699dec1c3ca5ffcea47a5b7946488b532097f0541fe0f3e89a5"
     "e327b89870cdbd77aa7175af9b5a2badb914015ca24e524d1e26292f77b526c45832cf52e7c26756b1eef2f4af0895f5"
     "681ede645494fe8a41d18a69309cb6af395c1071f65a98d33e43844a4c53d884feb4da3bfa170cdfcbad61ac606e2444"
     "e24a3e8514b2beaf198db6b5861bfab0d77abf0b436598c407d783687f5413c23125a1101ac4728e0c4a165ebb32a671"
     "1b8da348b70bc5b59c85289a4d9bc0b8", "", "", "", "71756f7468"},
};

/* The same with MGF1 over SHA-1. */
static const char oaep_mixed[] =
    "4d7a311ee16f31678843351fdcad8d9a74b86dce09842b5af93985ab756d2575c25d151db4e05626894bd480245e45d4"
    "d6eaa4212495373ccd3dc1eb5206ffad463b8eb9e4ddd6a5ccc8773c48ff5608a200d1886ccfda9cf52d1ffbd6f5998e"
    "319215e698a8798c1ddc0b773512bf1a07c58acd4139cd1cdd8cd6fe9fccd6ec3d9e401d0a1b2327be4e9b49c511b8b4"
    "d6d8c169efa08b2b5cd3a13c310342344e2eb7aee67578733c832c123c4564cbeb2755ebdb1fda5cb5e3d53d8236a423"
    "a110f03f7610ac56afbfeae5e8cdfb2a719e08b3a39351755c14bc14a77fba8662a0bc128d1e8cfc1a7de13af4a916e0"
    "b5c6ed8c79d08d44f6ea94a87186a25e";
/* clang-format on */

static void the_texts_of_standards(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        AUTO(buffer) struct buffer v = {0}, iv = {0}, aad = {0}, tag = {0}, plain = {0};
        AUTO(material) struct material *m = texts[i].k ? oct(texts[i].k) : vector_rsa_of_pem();
        const struct material_text sealed = {.value = unit_hex(texts[i].value, &v),
                                             .iv = unit_hex(texts[i].iv, &iv),
                                             .aad = unit_hex(texts[i].aad, &aad),
                                             .tag = unit_hex(texts[i].tag, &tag)};
        opens(m, texts[i].algorithm, &sealed, unit_hex(texts[i].plain, &plain));
    }
}

static const char *const all[] = {"RSA-OAEP",
                                  "RSA-OAEP-256",
                                  "RSA1_5",
                                  "A128GCM",
                                  "A192GCM",
                                  "A256GCM",
                                  "A128CBC",
                                  "A192CBC",
                                  "A256CBC",
                                  "A128CBCPAD",
                                  "A192CBCPAD",
                                  "A256CBCPAD",
                                  "A128KW",
                                  "A192KW",
                                  "A256KW",
                                  "CKM_AES_KEY_WRAP",
                                  "CKM_AES_KEY_WRAP_PAD"};

struct sealed { /* what an encryption gave */
    struct buffer value, iv, tag;
};

static void sealed_clear(struct sealed *s)
{
    buffer_clear(&s->value);
    buffer_clear(&s->iv);
    buffer_clear(&s->tag);
}
DEFINE_AUTO_VALUE(sealed, struct sealed, sealed_clear)

static bool is_cbc(const char *algorithm)
{
    return strstr(algorithm, "CBC");
}

static bool is_gcm(const char *algorithm)
{
    return strstr(algorithm, "GCM");
}

static const uint8_t some[400] = "some text that is not a secret to anybody who reads this";

static struct material_text text_for(const char *algorithm, struct bytes value)
{
    return (struct material_text){
        .value = value,
        .iv = {some, is_cbc(algorithm) ? 16 : 0},
        .aad = {some, is_gcm(algorithm) ? 9 : 0 }
    };
}

static bool encrypt(struct material *m, const char *algorithm, const struct material_text *t,
                    struct sealed *s, struct quoth_error *err)
{
    return material_encrypt(m, vector_algorithm(m, algorithm, MATERIAL_ENCRYPTS), t, &s->value,
                            &s->iv, &s->tag, err);
}

static struct material_text text_of(const struct sealed *s, const struct material_text *plain)
{
    return (struct material_text){.value = buffer_bytes(&s->value),
                                  .iv = s->iv.len ? buffer_bytes(&s->iv) : plain->iv,
                                  .aad = plain->aad,
                                  .tag = buffer_bytes(&s->tag)};
}

static void what_is_encrypted_comes_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(all); i++)
        for (size_t len = 0; len <= 190; len++) {
            struct quoth_error err = {0};
            AUTO(sealed) struct sealed s = {0};
            AUTO(buffer) struct buffer out = {0};
            AUTO(material) struct material *m = key_for(all[i]);
            const struct material_text plain = text_for(all[i], (struct bytes){some, len});
            if (!encrypt(m, all[i], &plain, &s, &err)) {
                assert_int_equal(err.code, QUOTH_KEY_INPUT);
                assert_int_equal(s.value.len + s.iv.len + s.tag.len, 0);
                continue;
            }
            const struct material_text sealed = text_of(&s, &plain);
            assert_int_equal(s.iv.len, is_gcm(all[i]) ? 12 : 0);
            assert_int_equal(s.tag.len, is_gcm(all[i]) ? 16 : 0);
            assert_int_equal(decrypt(m, all[i], &sealed, &out), QUOTH_OK);
            assert_true(bytes_equal(buffer_bytes(&out), plain.value));
        }
}

/* Each bit of value, iv, aad and tag, one after the other. */
static void a_changed_bit_of_what_is_authentic_is_found(void **state)
{
    static const char *const authentic[] = {"A128GCM", "A256GCM",          "A128KW",
                                            "A256KW",  "CKM_AES_KEY_WRAP", "CKM_AES_KEY_WRAP_PAD"};
    (void)state;
    for (size_t i = 0; i < COUNT(authentic); i++) {
        struct quoth_error err = {0};
        uint8_t aad[9];
        AUTO(sealed) struct sealed s = {0};
        AUTO(buffer) struct buffer out = {0};
        AUTO(material) struct material *m = key_for(authentic[i]);
        struct material_text plain = text_for(authentic[i], (struct bytes){some, 24});
        bytes_copy(aad, plain.aad);
        plain.aad.data = aad;
        assert_true(encrypt(m, authentic[i], &plain, &s, &err));
        const struct material_text sealed = text_of(&s, &plain);
        const struct {
            uint8_t *data;
            size_t len;
        } parts[] = {
            {s.value.data, s.value.len  },
            {s.iv.data,    s.iv.len     },
            {aad,          plain.aad.len},
            {s.tag.data,   s.tag.len    }
        };
        for (size_t p = 0; p < COUNT(parts); p++)
            for (size_t bit = 0; bit < 8 * parts[p].len; bit++) {
                parts[p].data[bit / 8] ^= (uint8_t)(1 << bit % 8);
                assert_int_equal(decrypt(m, authentic[i], &sealed, &out), QUOTH_KEY_CIPHERTEXT);
                parts[p].data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            }
        assert_int_equal(decrypt(m, authentic[i], &sealed, &out), QUOTH_OK);
    }
}

static void another_key_or_algorithm_does_not_decrypt(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer out = {0}, hold = {0};
    AUTO(sealed) struct sealed gcm = {0}, wrapped = {0}, oaep = {0};
    AUTO(material)
    struct material *m = oct(OCT256), *other = oct(&CBC_TEXT[64]), *rsa = vector_rsa_of_pem(),
                    *theirs = vector_rsa(RFC7516_OAEP_N, RFC7516_OAEP_D);
    const struct material_text with_aad = text_for("A256GCM", BYTES_LITERAL("sixteen bytes...")),
                               plain = text_for("A256KW", BYTES_LITERAL("sixteen bytes..."));
    assert_true(encrypt(m, "A256GCM", &with_aad, &gcm, &err));
    assert_true(encrypt(m, "A256KW", &plain, &wrapped, &err));
    assert_true(encrypt(rsa, "RSA-OAEP", &plain, &oaep, &err));
    const struct material_text a = text_of(&gcm, &with_aad), b = text_of(&wrapped, &plain),
                               c = text_of(&oaep, &plain),
                               mixed = {.value = unit_hex(oaep_mixed, &hold)};
    assert_int_equal(decrypt(other, "A256GCM", &a, &out), QUOTH_KEY_CIPHERTEXT);
    assert_int_equal(decrypt(other, "A256KW", &b, &out), QUOTH_KEY_CIPHERTEXT);
    assert_int_equal(decrypt(m, "CKM_AES_KEY_WRAP_PAD", &b, &out), QUOTH_KEY_CIPHERTEXT);
    assert_int_equal(decrypt(theirs, "RSA-OAEP", &c, &out), QUOTH_KEY_CIPHERTEXT);
    assert_int_equal(decrypt(rsa, "RSA-OAEP-256", &c, &out), QUOTH_KEY_CIPHERTEXT);
    assert_int_equal(decrypt(rsa, "RSA-OAEP-256", &mixed, &out), QUOTH_KEY_CIPHERTEXT);
    assert_int_equal(decrypt(rsa, "RSA-OAEP", &mixed, &out), QUOTH_KEY_CIPHERTEXT);
}

static void lengths_that_nothing_has_are_refused(void **state)
{
    static const struct {
        const char *algorithm;
        size_t value, iv, aad, tag;
        const char *where;
    } rows[] = {
        {"RSA-OAEP",             255,    0,  0,     0,  "value"},
        {"RSA-OAEP",             257,    0,  0,     0,  "value"},
        {"RSA-OAEP",             0,      0,  0,     0,  "value"},
        {"RSA1_5",               255,    0,  0,     0,  "value"},
        {"RSA1_5",               257,    0,  0,     0,  "value"},
        {"RSA1_5",               256,    12, 0,     0,  "iv"   },
        {"RSA-OAEP",             256,    0,  3,     0,  "aad"  },
        {"RSA-OAEP",             256,    0,  0,     16, "tag"  },
        {"A256GCM",              16,     0,  0,     16, "iv"   },
        {"A256GCM",              16,     11, 0,     16, "iv"   },
        {"A256GCM",              16,     13, 0,     16, "iv"   },
        {"A256GCM",              16,     16, 0,     16, "iv"   },
        {"A256GCM",              16,     12, 0,     0,  "tag"  },
        {"A256GCM",              16,     12, 0,     4,  "tag"  },
        {"A256GCM",              16,     12, 0,     15, "tag"  },
        {"A256GCM",              16,     12, 0,     17, "tag"  },
        {"A256CBC",              16,     0,  0,     0,  "iv"   },
        {"A256CBC",              16,     12, 0,     0,  "iv"   },
        {"A256CBC",              16,     17, 0,     0,  "iv"   },
        {"A256CBC",              0,      16, 0,     0,  "value"},
        {"A256CBC",              15,     16, 0,     0,  "value"},
        {"A256CBC",              17,     16, 0,     0,  "value"},
        {"A256CBC",              16,     16, 1,     0,  "aad"  },
        {"A256CBC",              16,     16, 0,     16, "tag"  },
        {"A256CBCPAD",           0,      16, 0,     0,  "value"},
        {"A256CBCPAD",           31,     16, 0,     0,  "value"},
        {"A256KW",               0,      0,  0,     0,  "value"},
        {"A256KW",               16,     0,  0,     0,  "value"},
        {"A256KW",               25,     0,  0,     0,  "value"},
        {"A256KW",               24,     8,  0,     0,  "iv"   },
        {"CKM_AES_KEY_WRAP_PAD", 8,      0,  0,     0,  "value"},
        {"CKM_AES_KEY_WRAP_PAD", 17,     0,  0,     0,  "value"},
        {"A256GCM",              90000,  12, 0,     16, "value"},
        {"A256GCM",              16,     12, 90000, 16, "aad"  },
        {"A256KW",               800000, 0,  0,     0,  "value"},
    };
    static const uint8_t zeros[800000];
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer out = {0};
        AUTO(material) struct material *m = key_for(rows[i].algorithm);
        const struct material_text t = {
            {zeros, rows[i].value},
            {zeros, rows[i].iv   },
            {zeros, rows[i].aad  },
            {zeros, rows[i].tag  }
        };
        print_message("  %s: %zu %zu %zu %zu\n", rows[i].algorithm, rows[i].value, rows[i].iv,
                      rows[i].aad, rows[i].tag);
        assert_false(material_decrypt(m, vector_algorithm(m, rows[i].algorithm, MATERIAL_ENCRYPTS),
                                      &t, &out, &err));
        assert_int_equal(err.code, QUOTH_KEY_INPUT);
        assert_string_equal(err.where, rows[i].where);
    }
}

static void what_cannot_be_encrypted_says_so(void **state)
{
    static const struct {
        const char *algorithm;
        size_t value, iv, aad, tag;
        const char *where;
    } rows[] = {
        {"RSA-OAEP",             0,     0,  0,     0,  "value"},
        {"RSA-OAEP",             215,   0,  0,     0,  "value"},
        {"RSA-OAEP-256",         191,   0,  0,     0,  "value"},
        {"RSA1_5",               246,   0,  0,     0,  "value"},
        {"RSA1_5",               0,     0,  0,     0,  "value"},
        {"RSA1_5",               16,    0,  1,     0,  "aad"  },
        {"A256GCM",              16,    12, 0,     0,  "iv"   }, /* one that is given */
        {"A256GCM",              16,    0,  0,     16, "tag"  },
        {"A256GCM",              70000, 0,  0,     0,  "value"},
        {"A256GCM",              16,    0,  70000, 0,  "aad"  },
        {"A256CBC",              16,    0,  0,     0,  "iv"   },
        {"A256CBC",              15,    16, 0,     0,  "value"},
        {"A256CBC",              0,     16, 0,     0,  "value"},
        {"A256CBCPAD",           15,    15, 0,     0,  "iv"   },
        {"A256CBCPAD",           15,    16, 4,     0,  "aad"  },
        {"A256KW",               8,     0,  0,     0,  "value"},
        {"A256KW",               17,    0,  0,     0,  "value"},
        {"A256KW",               16,    16, 0,     0,  "iv"   },
        {"CKM_AES_KEY_WRAP",     0,     0,  0,     0,  "value"},
        {"CKM_AES_KEY_WRAP_PAD", 0,     0,  0,     0,  "value"},
        {"CKM_AES_KEY_WRAP_PAD", 70000, 0,  0,     0,  "value"},
    };
    static const uint8_t zeros[70000];
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quoth_error err = {0};
        AUTO(sealed) struct sealed s = {0};
        AUTO(material) struct material *m = key_for(rows[i].algorithm);
        const struct material_text t = {
            {zeros, rows[i].value},
            {zeros, rows[i].iv   },
            {zeros, rows[i].aad  },
            {zeros, rows[i].tag  }
        };
        print_message("  %s: %zu %zu %zu %zu\n", rows[i].algorithm, rows[i].value, rows[i].iv,
                      rows[i].aad, rows[i].tag);
        assert_false(encrypt(m, rows[i].algorithm, &t, &s, &err));
        assert_int_equal(err.code, QUOTH_KEY_INPUT);
        assert_string_equal(err.where, rows[i].where);
        assert_int_equal(s.value.len + s.iv.len + s.tag.len, 0);
    }
}

/* The attack of Vaudenay: all values of the last byte of the block before. One of them gives one
 * byte of padding; every other one is refused in the same words, or is another whole padding. */
static void padding_of_blocks_is_right_or_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(sealed) struct sealed s = {0};
    AUTO(buffer) struct buffer out = {0};
    AUTO(material) struct material *m = oct(OCT256);
    const struct material_text plain = text_for("A256CBC", (struct bytes){some, 32});
    assert_true(encrypt(m, "A256CBC", &plain, &s, &err)); /* no padding inside */
    const struct material_text sealed = text_of(&s, &plain);
    unsigned opened = 0;
    for (unsigned value = 0; value < 256; value++) {
        s.value.data[15] = (uint8_t)value;
        opened += decrypt(m, "A256CBCPAD", &sealed, &out) == QUOTH_OK;
    }
    assert_int_equal(opened, 1);
}

/* Every length of padding, with each of its bytes wrong in turn. */
static void each_byte_of_padding_counts(void **state)
{
    (void)state;
    AUTO(material) struct material *m = oct(OCT256);
    for (uint8_t count = 0; count <= 17; count++)
        for (size_t broken = 0; broken <= 16; broken++) {
            struct quoth_error err = {0};
            uint8_t block[16] = {0};
            AUTO(sealed) struct sealed s = {0};
            AUTO(buffer) struct buffer out = {0};
            for (size_t i = 1; i <= 16 && i <= count; i++)
                block[16 - i] = count;
            block[15] = count;
            if (broken > 1 && broken <= count)
                block[16 - broken] ^= 0x80;
            const struct material_text plain = text_for("A256CBC", BYTES_OF(block));
            assert_true(encrypt(m, "A256CBC", &plain, &s, &err));
            const struct material_text sealed = text_of(&s, &plain);
            const bool good = count >= 1 && count <= 16 && !(broken > 1 && broken <= count);
            assert_int_equal(decrypt(m, "A256CBCPAD", &sealed, &out),
                             good ? QUOTH_OK : QUOTH_KEY_CIPHERTEXT);
            assert_int_equal(out.len, good ? 16 - count : 0);
        }
}

static void no_iv_comes_twice(void **state)
{
    (void)state;
    AUTO(material) struct material *m = oct(OCT256);
    AUTO(sealed) struct sealed first = {0};
    struct quoth_error err = {0};
    const struct material_text plain = text_for("A256GCM", BYTES_LITERAL("text"));
    assert_true(encrypt(m, "A256GCM", &plain, &first, &err));
    for (int i = 0; i < 50; i++) {
        AUTO(sealed) struct sealed s = {0};
        assert_true(encrypt(m, "A256GCM", &plain, &s, &err));
        assert_false(bytes_equal(buffer_bytes(&s.iv), buffer_bytes(&first.iv)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_texts_of_rfc_7516),
        cmocka_unit_test(the_texts_of_standards),
        cmocka_unit_test(what_is_encrypted_comes_back),
        cmocka_unit_test(a_changed_bit_of_what_is_authentic_is_found),
        cmocka_unit_test(another_key_or_algorithm_does_not_decrypt),
        cmocka_unit_test(lengths_that_nothing_has_are_refused),
        cmocka_unit_test(what_cannot_be_encrypted_says_so),
        cmocka_unit_test(padding_of_blocks_is_right_or_refused),
        cmocka_unit_test(each_byte_of_padding_counts),
        cmocka_unit_test(no_iv_comes_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
