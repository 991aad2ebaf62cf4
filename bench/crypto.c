/* EC_KEY over one group, as in src/crypto/p256.c: no cheaper form is known. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "bench/crypto.h"

#include "base/auto.h"
#include "base/bytes.h"
#include "bench/bench.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <stdio.h>

#define TOKEN_SIZE 3072
#define POINT_SIZE 65

/* Bytes under each of the nine signatures: quote, QE report, PCK leaf, its CA, TCB info, QE
 * identity, their signer, two revocation lists. Sizes of genuine ones. */
static const size_t signed_sizes[9] = {432, 384, 1000, 510, 5200, 1100, 500, 250, 300};
#define HASHED_BESIDE 4300 /* a quote with its chain, hashed once for the token */

struct crypto {
    EC_GROUP *group;
    EC_KEY *key;
    uint8_t point[POINT_SIZE];
    uint8_t digest[32];
    ECDSA_SIG *signature;
    EVP_PKEY *rsa_key, *ec_key;
    EVP_PKEY_CTX *rsa, *ec, *rsa_verify, *oaep;
    uint8_t rsa_signature[256];
    uint8_t text[8192];
};

static void need(bool done)
{
    if (!done)
        give_up("libcrypto refuses");
}

/* A context that signs SHA-256 digests; made once, as fetching is not what is measured. */
static EVP_PKEY_CTX *signer(EVP_PKEY *key, bool rsa)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    need(ctx && EVP_PKEY_sign_init(ctx) == 1);
    need(!rsa || (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
                  EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1));
    return ctx;
}

struct crypto *crypto_open(void)
{
    struct crypto *c = calloc(1, sizeof *c);
    need(c != NULL);
    memset(c->text, 'q', sizeof c->text);
    SHA256(c->text, TOKEN_SIZE, c->digest);
    c->group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    c->key = EC_KEY_new();
    need(c->group && c->key && EC_KEY_set_group(c->key, c->group) == 1 &&
         EC_KEY_generate_key(c->key) == 1);
    need(EC_POINT_point2oct(c->group, EC_KEY_get0_public_key(c->key), POINT_CONVERSION_UNCOMPRESSED,
                            c->point, sizeof c->point, NULL) == sizeof c->point);
    c->signature = ECDSA_do_sign(c->digest, sizeof c->digest, c->key);
    c->rsa_key = EVP_RSA_gen(2048);
    c->ec_key = EVP_EC_gen("P-256");
    need(c->signature && c->rsa_key && c->ec_key);
    c->rsa = signer(c->rsa_key, true);
    c->ec = signer(c->ec_key, false);
    size_t len = sizeof c->rsa_signature;
    need(EVP_PKEY_sign(c->rsa, c->rsa_signature, &len, c->digest, sizeof c->digest) == 1);
    c->rsa_verify = EVP_PKEY_CTX_new(c->rsa_key, NULL);
    c->oaep = EVP_PKEY_CTX_new(c->rsa_key, NULL);
    need(c->rsa_verify && EVP_PKEY_verify_init(c->rsa_verify) == 1 &&
         EVP_PKEY_CTX_set_rsa_padding(c->rsa_verify, RSA_PKCS1_PADDING) == 1 &&
         EVP_PKEY_CTX_set_signature_md(c->rsa_verify, EVP_sha256()) == 1);
    need(c->oaep && EVP_PKEY_encrypt_init(c->oaep) == 1 &&
         EVP_PKEY_CTX_set_rsa_padding(c->oaep, RSA_PKCS1_OAEP_PADDING) == 1);
    return c;
}

void crypto_close(struct crypto *c)
{
    EVP_PKEY_CTX_free(c->rsa);
    EVP_PKEY_CTX_free(c->rsa_verify);
    EVP_PKEY_CTX_free(c->oaep);
    EVP_PKEY_CTX_free(c->ec);
    EVP_PKEY_free(c->rsa_key);
    EVP_PKEY_free(c->ec_key);
    ECDSA_SIG_free(c->signature);
    EC_KEY_free(c->key);
    EC_GROUP_free(c->group);
    free(c);
}

static void verify_ready(void *arg, size_t times)
{
    const struct crypto *c = arg;
    for (size_t i = 0; i < times; i++)
        need(ECDSA_do_verify(c->digest, sizeof c->digest, c->signature, c->key) == 1);
}

/* A signature over size bytes by a key that comes as its point. */
static void verify_fresh(const struct crypto *c, size_t size)
{
    uint8_t digest[32];
    SHA256(c->text, size, digest);
    EC_KEY *key = EC_KEY_new();
    EC_POINT *point = EC_POINT_new(c->group);
    need(key && point && EC_KEY_set_group(key, c->group) == 1 &&
         EC_POINT_oct2point(c->group, point, c->point, sizeof c->point, NULL) == 1 &&
         EC_KEY_set_public_key(key, point) == 1);
    need(ECDSA_do_verify(c->digest, sizeof c->digest, c->signature, key) == 1);
    EC_POINT_free(point);
    EC_KEY_free(key);
}

static void verify_count(const struct crypto *c, size_t count)
{
    uint8_t digest[32];
    SHA256(c->text, HASHED_BESIDE, digest);
    for (size_t i = 0; i < count; i++)
        verify_fresh(c, signed_sizes[i]);
}

static void sign(const struct crypto *c, EVP_PKEY_CTX *with)
{
    uint8_t digest[32], signature[256];
    size_t len = sizeof signature;
    SHA256(c->text, TOKEN_SIZE, digest);
    need(EVP_PKEY_sign(with, signature, &len, digest, sizeof digest) == 1);
}

void crypto_attest(struct crypto *c)
{
    verify_count(c, 1);
    sign(c, c->rsa);
}

static void rs256(void *arg, size_t times)
{
    const struct crypto *c = arg;
    for (size_t i = 0; i < times; i++)
        sign(c, c->rsa);
}

static void es256(void *arg, size_t times)
{
    const struct crypto *c = arg;
    for (size_t i = 0; i < times; i++)
        sign(c, c->ec);
}

static void verify_1(void *arg, size_t times)
{
    for (size_t i = 0; i < times; i++)
        verify_count(arg, 1);
}

static void verify_3(void *arg, size_t times)
{
    for (size_t i = 0; i < times; i++)
        verify_count(arg, 3);
}

static void verify_9(void *arg, size_t times)
{
    for (size_t i = 0; i < times; i++)
        verify_count(arg, 9);
}

static void attest(void *arg, size_t times)
{
    for (size_t i = 0; i < times; i++)
        crypto_attest(arg);
}

static void release(void *arg, size_t times)
{
    const struct crypto *c = arg;
    for (size_t i = 0; i < times; i++) {
        uint8_t digest[32], wrapped[256];
        size_t len = sizeof wrapped;
        SHA256(c->text, TOKEN_SIZE, digest);
        need(EVP_PKEY_verify(c->rsa_verify, c->rsa_signature, sizeof c->rsa_signature, digest,
                             sizeof digest) == 1);
        need(EVP_PKEY_encrypt(c->oaep, wrapped, &len, c->text, 32) == 1);
        sign(c, c->rsa);
    }
}

struct work crypto_work(struct crypto *c, enum crypto_work kind)
{
    static const struct work works[CRYPTO_WORKS] = {
        [CRYPTO_V] = {.name = "P-256 verification (V)",               .run = verify_ready},
        [CRYPTO_RS256] = {.name = "RS256 signature, RSA-2048, 3 KB",      .run = rs256       },
        [CRYPTO_ES256] = {.name = "ES256 signature, P-256, 3 KB",         .run = es256       },
        [CRYPTO_VERIFY_1] = {.name = "1 verification with key and hashes",   .run = verify_1    },
        [CRYPTO_VERIFY_3] = {.name = "3 verifications with keys and hashes", .run = verify_3    },
        [CRYPTO_VERIFY_9] = {.name = "9 verifications with keys and hashes", .run = verify_9    },
        [CRYPTO_RELEASE] = {.name = "OAEP, RS256 and its verification",     .run = release     },
        [CRYPTO_ATTEST] = {.name = "1 verification and RS256",             .run = attest      },
    };
    struct work w = works[kind];
    w.arg = c;
    return w;
}

/* The value of the first line of /proc/cpuinfo that begins with name. */
static void cpu_fact(const char *name, char *to, size_t size)
{
    char line[8192] = "";
    FILE *in = fopen("/proc/cpuinfo", "r");
    snprintf(to, size, "unknown");
    while (in && fgets(line, sizeof line, in)) {
        const char *colon = strchr(line, ':');
        if (!colon || strncmp(line, name, strlen(name)) != 0)
            continue;
        snprintf(to, size, "%s ", colon + 2);
        to[strcspn(to, "\n")] = ' ';
        break;
    }
    if (in)
        fclose(in);
}

void crypto_print_machine(void)
{
    static const char *const wanted[] = {"avx2", "avx512f", "avx512ifma", "adx", "sha_ni", "vaes"};
    char model[128], flags[8192];
    cpu_fact("model name", model, sizeof model);
    cpu_fact("flags", flags, sizeof flags);
    printf("%s; %zu cores; flags that matter:", model, cores_usable());
    for (size_t i = 0; i < COUNT(wanted); i++) {
        char word[32];
        snprintf(word, sizeof word, " %s ", wanted[i]);
        printf(" %s%s", strstr(flags, word) ? "" : "no ", wanted[i]);
    }
    printf("\n%s\n", OpenSSL_version(OPENSSL_VERSION));
}
