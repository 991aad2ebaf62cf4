/* A quote of a simulated platform over the SHA-256 of a file, without an enclave or a trust domain
 * around it: make_quote PLATFORM FILE [sgx|tdx|tdx-debug|tdx-profiled], to standard output. A trust domain
 * has the hash in MRCONFIGID too, as init-time data. */
#include "base/file.h"
#include "crypto/digest.h"
#include "platform/platform.h"

#include <stdio.h>
#include <unistd.h>

static bool make_enclaves(struct platform *p, struct bytes report_data, struct buffer *ret_quote,
                          struct quoth_error *err)
{
    struct enclave_identity enclave = {
        .flags = SGX_FLAG_INIT | SGX_FLAG_MODE64BIT, .xfrm = 7, .isv_prod_id = 1234, .isv_svn = 2};
    memset(enclave.mr_enclave, 0xE1, sizeof enclave.mr_enclave);
    memset(enclave.mr_signer, 0x51, sizeof enclave.mr_signer);
    const struct device device = platform_device(p);
    return device.quote(device.platform, &enclave, report_data, ret_quote, err);
}

/* TDATTRIBUTES that say of a domain of this kind that others look into it: DEBUG, PERF_PROF. */
static uint64_t openness_of(const char *kind)
{
    return strcmp(kind, "tdx-debug") == 0 ? 0x01 : strcmp(kind, "tdx-profiled") == 0 ? 0x20 : 0;
}

static bool make_domains(struct platform *p, const char *kind, struct bytes report_data,
                         struct buffer *ret_quote, struct quoth_error *err)
{
    struct td_identity td = {.attributes = UINT64_C(1) << 28 | openness_of(kind), .xfam = 0xE7};
    memset(td.mr_td, 0xD1, sizeof td.mr_td);
    bytes_copy(td.mr_config_id, bytes_slice(report_data, 0, sizeof td.mr_config_id));
    return platform_td_quote(p, &td, report_data, 4, ret_quote, err);
}

static bool make(const char *folder, const char *path, const char *kind, struct buffer *ret_quote,
                 struct quoth_error *err)
{
    AUTO(buffer) struct buffer data = {0};
    AUTO(platform) struct platform *p = NULL;
    uint8_t report_data[64] = {0};
    if (!file_read(path, 1 << 20, &data, err) || !platform_open(folder, &p, err))
        return false;
    const struct sha256 digest = sha256_of(buffer_bytes(&data));
    bytes_copy(report_data, BYTES_OF(digest.bytes));
    return strncmp(kind, "tdx", 3) == 0
               ? make_domains(p, kind, BYTES_OF(report_data), ret_quote, err)
               : make_enclaves(p, BYTES_OF(report_data), ret_quote, err);
}

int main(int argc, char **argv)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer quote = {0};
    const char *kind = argc == 4 ? argv[3] : "sgx";
    if ((argc == 3 || argc == 4) && make(argv[1], argv[2], kind, &quote, &err) &&
        file_write_fd(STDOUT_FILENO, "standard output", buffer_bytes(&quote), &err))
        return 0;
    fprintf(stderr, "make_quote: %s: %s\n", err.where, err.message);
    return 1;
}
