/* THREATS 36: what OPENSSL_CONF names must never take effect. The configuration here asks for a
 * provider that does not exist and lets nothing be fetched; each way of starting runs in a child of
 * its own, as a process initialises OpenSSL once. */
#include "crypto/init.h"

#include "crypto/key.h"
#include "tests/unit.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/wait.h>
#include <unistd.h>

static const char hostile[] = "openssl_conf = init\n"
                              "[init]\n"
                              "providers = providers\n"
                              "alg_section = algorithms\n"
                              "[providers]\n"
                              "bogus = bogus\n"
                              "[bogus]\n"
                              "module = /nonexistent/bogus.so\n"
                              "activate = 1\n"
                              "[algorithms]\n"
                              "default_properties = provider=bogus\n";

static bool can_fetch(void)
{
    EVP_MD *md = EVP_MD_fetch(NULL, "SHA256", NULL);
    EVP_MD_free(md);
    return md != NULL;
}

/* OpenSSL's own way: with its configuration. Shows that the file above does harm. */
static bool works_without_us(void)
{
    OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
    return can_fetch();
}

static bool works_after_crypto_init(void)
{
    struct quoth_error err = {0};
    const bool ok = crypto_init(&err);
    OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL); /* too late to do harm */
    return ok && can_fetch();
}

static bool signs(void)
{
    struct quoth_error err = {0};
    AUTO(private_key) struct private_key *key = NULL;
    AUTO(buffer) struct buffer signature = {0};
    const struct bytes text = BYTES_LITERAL("x");
    return private_key_generate(KEY_TYPE_P256, &key, &err) &&
           private_key_sign_es256(key, &text, 1, &signature, &err) && can_fetch();
}

static bool reads_a_point(void)
{
    static const uint8_t zeros[P256_POINT_SIZE] = {0x04};
    struct quoth_error err = {0};
    struct p256_public *key = NULL;
    p256_public_from_point(BYTES_OF(zeros), &key, &err);
    return err.code == QUOTH_KEY_MALFORMED && can_fetch();
}

static bool reads_a_modulus(void)
{
    struct quoth_error err = {0};
    AUTO(public_key) struct public_key *key = NULL;
    uint8_t n[256];
    memset(n, 0xFF, sizeof n);
    return public_key_from_rsa(BYTES_OF(n), BYTES_LITERAL("\x01\x00\x01"), &key, &err) &&
           can_fetch();
}

static const struct {
    const char *name;
    bool (*first)(void);
    bool works;
} starts[] = {
    {"OpenSSL alone is taken in",     works_without_us,        false},
    {"crypto_init is not",            works_after_crypto_init, true },
    {"a private key comes first",     signs,                   true },
    {"a point comes first",           reads_a_point,           true },
    {"an RSA public key comes first", reads_a_modulus,         true },
};

static bool in_child(bool (*first)(void))
{
    const pid_t child = fork();
    if (child == 0)
        _exit(first() ? 0 : 1);
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status) == 0;
}

static void a_hostile_configuration_has_no_effect(void **state)
{
    (void)state;
    char path[] = "/tmp/quoth-openssl-XXXXXX";
    struct quoth_error err = {0};
    const int fd = mkstemp(path);
    assert_true(file_write_fd(fd, path, bytes_of_text(hostile), &err));
    close(fd);
    setenv("OPENSSL_CONF", path, 1);
    for (size_t i = 0; i < COUNT(starts); i++) {
        print_message("  %s\n", starts[i].name);
        assert_int_equal(in_child(starts[i].first), starts[i].works);
    }
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hostile_configuration_has_no_effect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
