/* Whatever crl_read accepts, OpenSSL accepts and reads the same, every entry included. */
#include "crypto/crl.h"

#include "tests/fuzz/fuzz.h"
#include "tests/x509_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct bytes der = {data, len};
    struct quoth_error err = {0};
    struct crl crl;

    if (crl_read(der, &crl, &err))
        oracle_agrees_on_crl(der, &crl);
    else
        require(err.code != QUOTH_OK && err.offset <= len && err.message[0] != '\0');
    return 0;
}
