/* What the tests of the state folder share: a folder, a configuration that names it, and two roots. */
#ifndef QUOTH_TESTS_STATE_FOLDER_H
#define QUOTH_TESTS_STATE_FOLDER_H

#include "codec/pem.h"
#include "crypto/x509_make.h"
#include "service/state/state.h"
#include "tests/unit.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#define NOW 1750000000
#define ISSUER "https://attest.example.org:8443"

static char folder[] = "/tmp/quoth-state-XXXXXX";
static char state_path[64], store_path[80], key_path[64], root_path[64], second_path[64];
static char *sources[] = {key_path};
static struct config config;
static char issuer[] = ISSUER;

/* Two roots of the vendors' profile, made for the test. */
static char root_hex[2][72];

static inline void make_root(int n, const char *path)
{
    struct quoth_error err = {0};
    AUTO(private_key) struct private_key *key = NULL;
    AUTO(public_key) struct public_key *public = NULL;
    AUTO(buffer) struct buffer name = {0}, der = {0}, pem = {0};
    struct sha1 id;
    uint8_t serial[16];
    const struct x509_name_part cn = {"CN", n ? "Second Root" : "First Root"};
    assert_true(private_key_generate(KEY_TYPE_P256, &key, &err) &&
                private_key_public(key, &public, &err) && x509_key_id(public, &id, &err) &&
                x509_name_write(&cn, 1, &name, &err) &&
                x509_random_serial(serial, sizeof serial, &err));
    /* clang-format off */
    const struct x509_extension extensions[] = {
        {.kind = X509_SUBJECT_KEY_ID,    .id = BYTES_OF(id.bytes)},
        {.kind = X509_KEY_USAGE,         .critical = true, .bits = CERT_KEY_CERT_SIGN | CERT_CRL_SIGN},
        {.kind = X509_BASIC_CONSTRAINTS, .critical = true, .is_ca = true, .path_len = 1},
    };
    /* clang-format on */
    const struct x509_spec spec = {.serial = BYTES_OF(serial),
                                   .subject = buffer_bytes(&name),
                                   .not_before = NOW,
                                   .not_after = NOW + 86400,
                                   .extensions = extensions,
                                   .extension_count = COUNT(extensions)};
    assert_true(x509_make(&spec, public, key, &der, &err));
    const struct sha256 fingerprint = sha256_of(buffer_bytes(&der));
    hex_text(BYTES_OF(fingerprint.bytes), root_hex[n], sizeof root_hex[n]);
    pem_encode("CERTIFICATE", buffer_bytes(&der), &pem);
    assert_true(file_write(path, buffer_bytes(&pem), 0600, &err));
}

static inline int begin(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(state_path, sizeof state_path, "%s/a/state", folder);
    snprintf(key_path, sizeof key_path, "%s/keys/master", folder);
    snprintf(root_path, sizeof root_path, "%s/root.pem", folder);
    snprintf(second_path, sizeof second_path, "%s/second.pem", folder);
    make_root(0, root_path);
    make_root(1, second_path);
    snprintf(store_path, sizeof store_path, "%s/quoth.db", state_path);
    config = (struct config){
        .issuer = issuer, .state = state_path, .store = store_path, .master_key = {sources, 1}
    };
    return 0;
}

static inline void empty(const char *path)
{
    DIR *d = opendir(path);
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        char name[400];
        snprintf(name, sizeof name, "%s/%s", path, e->d_name);
        if (e->d_type != DT_DIR)
            unlink(name);
        else if (e->d_name[0] != '.')
            empty(name);
    }
    if (d)
        closedir(d);
    rmdir(path);
}

static inline int end(void **state)
{
    (void)state;
    empty(folder);
    snprintf(folder, sizeof folder, "/tmp/quoth-state-XXXXXX");
    return 0;
}

static inline void init(void)
{
    struct quoth_error err = {0};
    AUTO(state_report) struct state_report report = {.what = STATE_MADE};
    if (!state_init(&config, NOW, &report, &err))
        fail_msg("%s: %s", err.where, err.message);
}

static inline void open_with_key(struct state *ret_state, struct master_key *ret_key)
{
    struct quoth_error err = {0};
    if (!state_open(&config, NULL, ret_key, ret_state, &err))
        fail_msg("%s: %s", err.where, err.message);
}

#define with_folder(test) cmocka_unit_test_setup_teardown(test, begin, end)

#endif
