#include "keys/tpm_source.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct bytes in = {data, len};
    struct quoth_error err = {0};
    struct tpm_source s;

    if (tpm_source_of_key(in, &s, &err))
        require(err.code == QUOTH_OK && s.nv == 0 && s.pcrs >> TPM_PCR_COUNT == 0 &&
                strnlen(s.tcti, sizeof s.tcti) < sizeof s.tcti);
    else
        require(err.code == QUOTH_USAGE && err.message[0] != '\0');
    err = (struct quoth_error){0};
    if (tpm_source_of_counter(in, &s, &err))
        require(s.pcrs == 0 && s.nv >= TPM_NV_FIRST && s.nv <= TPM_NV_LAST);
    else
        require(err.code == QUOTH_USAGE && (err.offset <= len || err.offset == QUOTH_NO_OFFSET));
    return 0;
}
