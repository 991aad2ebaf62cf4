#include "platform/platform.h"

#include "base/file.h"
#include "platform/layout.h"
#include "platform/model.h"
#include "platform/quoting.h"
#include "platform/settings.h"

#include <stdlib.h>

#define GRAMINE_XFRM_MASK 0xfffffffffff9ff1bu

struct platform {
    struct processor cpu;
    struct quoting_enclave sgx, tdx;
    struct buffer pck_chain; /* certification data of type 5: PEM, leaf first, one NUL behind */
    char id[PLATFORM_ID_SIZE];
};

bool platform_folder(const char *given, char **ret_folder, struct quoth_error *err)
{
    const char *data_home = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    AUTO(buffer) struct buffer folder = {0};

    if (given)
        buffer_text(&folder, given);
    else if (data_home && data_home[0] == '/') /* relative ones are to be ignored, says XDG */
        buffer_printf(&folder, "%s/quoth/platform", data_home);
    else if (home && home[0])
        buffer_printf(&folder, "%s/.local/share/quoth/platform", home);
    else
        return quoth_fail(err, QUOTH_USAGE, "platform", QUOTH_NO_OFFSET,
                          "there is no home directory: name a folder with --platform");
    char *text = buffer_take_text(&folder, err);
    if (text)
        *ret_folder = text;
    return text != NULL;
}

static bool open_processor(const char *folder, struct processor *ret_cpu, struct quoth_error *err)
{
    AUTO(buffer) struct buffer fuse = {0};
    AUTO(buffer) struct buffer cpu_svn = {0};
    AUTO(buffer) struct buffer owner_epoch = {0};

    return layout_read(folder, FILE_FUSE, &fuse, err) &&
           layout_read(folder, FILE_CPU_SVN, &cpu_svn, err) &&
           layout_read(folder, FILE_OWNER_EPOCH, &owner_epoch, err) &&
           processor_init(ret_cpu, buffer_bytes(&fuse), buffer_bytes(&cpu_svn),
                          buffer_bytes(&owner_epoch), err);
}

bool platform_open(const char *folder, struct platform **ret_platform, struct quoth_error *err)
{
    struct settings settings;
    AUTO(platform) struct platform *p = calloc(1, sizeof *p);

    if (!p)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    if (!settings_read(folder, &settings, err) || !open_processor(folder, &p->cpu, err) ||
        !quoting_open(folder, QUOTING_SGX, &p->cpu, &p->sgx, err) ||
        !quoting_open(folder, QUOTING_TDX, &p->cpu, &p->tdx, err) ||
        !layout_read(folder, FILE_PCK_CERT, &p->pck_chain, err) ||
        !layout_read(folder, FILE_PLATFORM_CA_CERT, &p->pck_chain, err) ||
        !layout_read(folder, FILE_ROOT_CA_CERT, &p->pck_chain, err))
        return false;
    buffer_u8(&p->pck_chain, 0);
    settings_platform_id(&settings, p->id);
    if (!buffer_ok(&p->pck_chain, err))
        return false;
    *ret_platform = take(p);
    return true;
}

void platform_close(struct platform *p)
{
    if (!p)
        return;
    processor_clear(&p->cpu);
    quoting_clear(&p->sgx);
    quoting_clear(&p->tdx);
    buffer_clear(&p->pck_chain);
    free(p);
}

const char *platform_id(const struct platform *p)
{
    return p->id;
}

const struct processor *platform_processor(const struct platform *p)
{
    return &p->cpu;
}

void platform_quoting_target_info(uint8_t ret_target_info[SGX_TARGET_INFO_SIZE])
{
    const struct enclave_identity qe = quoting_identity(QUOTING_SGX);

    processor_target_info(&qe, ret_target_info);
}

bool platform_quote(struct platform *p, struct bytes report, unsigned version,
                    struct buffer *ret_quote, struct quoth_error *err)
{
    const struct enclave_identity qe = quoting_identity(QUOTING_SGX);

    return processor_report_check(&p->cpu, &qe, report, err) &&
           quoting_sign(&p->sgx, version, QUOTING_SGX_REPORT,
                        bytes_slice(report, 0, SGX_REPORT_BODY_SIZE), buffer_bytes(&p->pck_chain),
                        ret_quote, err);
}

/* TD report 1.0, and 1.5 with the running module's versions, which are those at launch. */
static void td_report_write(const struct td_identity *of, struct bytes report_data, bool v15,
                            struct buffer *to)
{
    static const uint8_t tee_tcb_svn[16] = MODEL_TDX_SVN;
    const struct sha384 module = sha384_of(BYTES_LITERAL(MODEL_TDX_MODULE));

    buffer_add(to, BYTES_OF(tee_tcb_svn));
    buffer_add(to, BYTES_OF(module.bytes)); /* MRSEAM */
    buffer_fill(to, 48, 0);                 /* MRSIGNERSEAM */
    buffer_fill(to, 8, 0);                  /* SEAMATTRIBUTES */
    buffer_u64le(to, of->attributes);
    buffer_u64le(to, of->xfam);
    buffer_add(to, BYTES_OF(of->mr_td));
    buffer_add(to, BYTES_OF(of->mr_config_id));
    buffer_add(to, BYTES_OF(of->mr_owner));
    buffer_add(to, BYTES_OF(of->mr_owner_config));
    for (size_t i = 0; i < COUNT(of->rtmr); i++)
        buffer_add(to, BYTES_OF(of->rtmr[i]));
    buffer_add(to, report_data);
    if (!v15)
        return;
    buffer_add(to, BYTES_OF(tee_tcb_svn));
    buffer_add(to, BYTES_OF(of->mr_service_td));
}

bool platform_td_quote(struct platform *p, const struct td_identity *of, struct bytes report_data,
                       unsigned version, struct buffer *ret_quote, struct quoth_error *err)
{
    const bool v15 = version == 5;
    AUTO(buffer) struct buffer report = {0};

    if (report_data.len != SGX_REPORT_DATA_SIZE)
        return quoth_fail(err, QUOTH_MALFORMED, "reportdata", QUOTH_NO_OFFSET,
                          "has %zu bytes, not %d", report_data.len, SGX_REPORT_DATA_SIZE);
    td_report_write(of, report_data, v15, &report);
    return buffer_ok(&report, err) &&
           quoting_sign(&p->tdx, version, v15 ? QUOTING_TD_REPORT_15 : QUOTING_TD_REPORT_10,
                        buffer_bytes(&report), buffer_bytes(&p->pck_chain), ret_quote, err);
}

static bool device_report(void *platform, const struct enclave_identity *of,
                          struct bytes target_info, struct bytes report_data,
                          uint8_t ret_report[SGX_REPORT_SIZE], struct quoth_error *err)
{
    const struct platform *p = platform;

    return processor_report(&p->cpu, of, target_info, report_data, ret_report, err);
}

/* What a program on hardware does in two steps: a report for the quoting enclave, and its quote. */
static bool device_quote(void *platform, const struct enclave_identity *of,
                         struct bytes report_data, struct buffer *ret_quote,
                         struct quoth_error *err)
{
    struct platform *p = platform;
    uint8_t target_info[SGX_TARGET_INFO_SIZE], report[SGX_REPORT_SIZE];

    platform_quoting_target_info(target_info);
    return processor_report(&p->cpu, of, BYTES_OF(target_info), report_data, report, err) &&
           platform_quote(p, BYTES_OF(report), 3, ret_quote, err);
}

static bool device_seal_key(void *platform, const struct enclave_identity *of,
                            enum seal_policy policy, uint8_t ret_key[SGX_KEY_SIZE],
                            struct quoth_error *err)
{
    const struct platform *p = platform;
    AUTO(buffer) struct buffer request = {0};

    buffer_u16le(&request, SGX_KEY_SEAL);
    buffer_u16le(&request, policy == SEAL_TO_ENCLAVE ? SGX_POLICY_MRENCLAVE : SGX_POLICY_MRSIGNER);
    buffer_u16le(&request, of->isv_svn);
    buffer_u16le(&request, 0);
    buffer_add(&request, BYTES_OF(p->cpu.cpu_svn));
    buffer_u64le(&request, UINT64_MAX);
    buffer_u64le(&request, GRAMINE_XFRM_MASK);
    buffer_fill(&request, 32, 0); /* KEYID */
    buffer_u32le(&request, UINT32_MAX);
    buffer_fill(&request, SGX_KEY_REQUEST_SIZE - 76, 0);
    return buffer_ok(&request, err) &&
           processor_key(&p->cpu, of, buffer_bytes(&request), ret_key, err);
}

struct device platform_device(struct platform *p)
{
    return (struct device){
        .platform = p,
        .report = device_report,
        .quote = device_quote,
        .seal_key = device_seal_key,
    };
}
