/* A quote of a simulated platform over the SHA-256 of a file, without an enclave around it:
 * make_quote PLATFORM FILE, to standard output. */
#include "base/file.h"
#include "crypto/digest.h"
#include "platform/platform.h"

#include <stdio.h>
#include <unistd.h>

static bool make(const char *folder, const char *path, struct buffer *ret_quote,
                 struct quoth_error *err)
{
    AUTO(buffer) struct buffer data = {0};
    AUTO(platform) struct platform *p = NULL;
    uint8_t report_data[64] = {0};
    struct enclave_identity enclave = {
        .flags = SGX_FLAG_INIT | SGX_FLAG_MODE64BIT, .xfrm = 7, .isv_prod_id = 1234, .isv_svn = 2};
    memset(enclave.mr_enclave, 0xE1, sizeof enclave.mr_enclave);
    memset(enclave.mr_signer, 0x51, sizeof enclave.mr_signer);
    if (!file_read(path, 1 << 20, &data, err) || !platform_open(folder, &p, err))
        return false;
    const struct sha256 digest = sha256_of(buffer_bytes(&data));
    bytes_copy(report_data, BYTES_OF(digest.bytes));
    const struct device device = platform_device(p);
    return device.quote(device.platform, &enclave, BYTES_OF(report_data), ret_quote, err);
}

int main(int argc, char **argv)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer quote = {0};
    if (argc == 3 && make(argv[1], argv[2], &quote, &err) &&
        file_write_fd(STDOUT_FILENO, "standard output", buffer_bytes(&quote), &err))
        return 0;
    fprintf(stderr, "make_quote: %s: %s\n", err.where, err.message);
    return 1;
}
