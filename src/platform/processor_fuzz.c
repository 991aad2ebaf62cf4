/* What a program in an enclave hands to the processor: key requests, targets and reports. */
#include "platform/processor.h"
#include "tests/fuzz/fuzz.h"

static const uint8_t fuse[PROCESSOR_FUSE_SIZE] = {1};
static const uint8_t cpu_svn[16] = {8, 8, 3};
static const uint8_t owner_epoch[16] = {2};
static const uint8_t report_data[SGX_REPORT_DATA_SIZE] = {3};

static void key(const struct processor *cpu, const struct enclave_identity *e, struct bytes in)
{
    struct quoth_error err = {0};
    uint8_t first[SGX_KEY_SIZE], second[SGX_KEY_SIZE];

    if (!processor_key(cpu, e, in, first, &err)) {
        require(err.code != QUOTH_OK && err.message[0] != '\0');
        return;
    }
    require(in.len == SGX_KEY_REQUEST_SIZE);
    require(bytes_u16le(in, 0) == SGX_KEY_REPORT || bytes_u16le(in, 4) <= e->isv_svn);
    require(processor_key(cpu, e, in, second, &err));
    require(bytes_equal(BYTES_OF(first), BYTES_OF(second)));
}

static void report(const struct processor *cpu, const struct enclave_identity *e, struct bytes in)
{
    struct quoth_error err = {0};
    uint8_t made[SGX_REPORT_SIZE], own[SGX_TARGET_INFO_SIZE];

    processor_target_info(e, own);
    if (!processor_report(cpu, e, in, BYTES_OF(report_data), made, &err)) {
        require(err.code == QUOTH_MALFORMED && err.message[0] != '\0');
        return;
    }
    /* Only its target can check it. */
    err = (struct quoth_error){0};
    require(processor_report_check(cpu, e, BYTES_OF(made), &err) == bytes_equal(in, BYTES_OF(own)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct bytes in = {data, len};
    const struct enclave_identity e = {
        .flags = SGX_FLAG_INIT | SGX_FLAG_MODE64BIT,
        .xfrm = 7,
        .mr_enclave = {4},
        .mr_signer = {5},
        .isv_prod_id = 6,
        .isv_svn = 7,
    };
    AUTO(processor) struct processor cpu = {0};
    struct quoth_error err = {0};

    require(processor_init(&cpu, BYTES_OF(fuse), BYTES_OF(cpu_svn), BYTES_OF(owner_epoch), &err));
    key(&cpu, &e, in);
    report(&cpu, &e, in);
    err = (struct quoth_error){0};
    require(!processor_report_check(&cpu, &e, in, &err)); /* a MAC is not guessed */
    require(err.code != QUOTH_OK);
    return 0;
}
