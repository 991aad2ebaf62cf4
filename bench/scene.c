#include "bench/scene.h"

#include "base/file.h"
#include "base/time.h"
#include "bench/bench.h"
#include "collateral/bundle.h"
#include "collateral/part.h"
#include "crypto/cert.h"
#include "platform/layout.h"
#include "platform/pki.h"
#include "platform/platform.h"
#include "platform/vendor.h"

#include <ftw.h>
#include <stdio.h>

void scene_clear(struct scene *s)
{
    for (size_t i = 0; i < s->count; i++)
        buffer_clear(&s->quotes[i]);
    collateral_clear(&s->collateral);
    *s = (struct scene){0};
}

static struct enclave_identity an_enclave(void)
{
    struct enclave_identity e = {
        .flags = SGX_FLAG_INIT | SGX_FLAG_MODE64BIT,
        .xfrm = 7,
        .isv_prod_id = 1234,
        .isv_svn = 2,
    };
    memset(e.mr_enclave, 0xE1, sizeof e.mr_enclave);
    memset(e.mr_signer, 0x51, sizeof e.mr_signer);
    return e;
}

void scene_quote(const char *folder, struct bytes report_data, struct buffer *ret_quote)
{
    struct quoth_error err = {0};
    AUTO(platform) struct platform *p = NULL;
    const struct enclave_identity enclave = an_enclave();
    if (platform_open(folder, &p, &err)) {
        const struct device device = platform_device(p);
        device.quote(device.platform, &enclave, report_data, ret_quote, &err);
    }
    give_up_if(&err);
}

void scene_td_quote(const char *folder, struct bytes report_data, struct buffer *ret_quote)
{
    struct quoth_error err = {0};
    AUTO(platform) struct platform *p = NULL;
    const struct td_identity td = {.attributes = UINT64_C(1) << 28, .xfam = 0xE7};
    if (platform_open(folder, &p, &err))
        platform_td_quote(p, &td, report_data, 4, ret_quote, &err);
    give_up_if(&err);
}

/* One or two files of the platform's folder as a part. */
static const struct {
    enum collateral_part part;
    const char *file, *second;
} part_files[] = {
    {COLLATERAL_TCB_INFO,          FILE_TCB_INFO,         NULL             },
    {COLLATERAL_QE_IDENTITY,       FILE_QE_IDENTITY,      NULL             },
    {COLLATERAL_TCB_INFO_CHAIN,    FILE_TCB_SIGNING_CERT, FILE_ROOT_CA_CERT},
    {COLLATERAL_QE_IDENTITY_CHAIN, FILE_TCB_SIGNING_CERT, FILE_ROOT_CA_CERT},
    {COLLATERAL_PCK_CRL_CHAIN,     FILE_PLATFORM_CA_CERT, FILE_ROOT_CA_CERT},
    {COLLATERAL_ROOT_CRL,          FILE_ROOT_CRL,         NULL             },
    {COLLATERAL_PCK_CRL,           FILE_PLATFORM_CRL,     NULL             },
};

static bool read_collateral(const char *folder, struct collateral *ret_collateral,
                            struct quoth_error *err)
{
    AUTO(collateral_builder) struct collateral_builder b = {0};
    for (size_t i = 0; i < COUNT(part_files); i++) {
        AUTO(buffer) struct buffer data = {0};
        const char *second = part_files[i].second;
        if (!layout_read(folder, part_files[i].file, &data, err) ||
            (second && !layout_read(folder, second, &data, err)) ||
            !collateral_add(&b, part_files[i].part, buffer_bytes(&data), err))
            return false;
    }
    return collateral_finish(&b, ret_collateral, err);
}

static bool read_root(const char *folder, struct trust *trust, struct quoth_error *err)
{
    AUTO(buffer) struct buffer der = {0};
    return pki_cert(folder, FILE_ROOT_CA_CERT, &der, err) &&
           trust_add(trust, TRUST_SIMULATED, TRUST_FOR_ALL, buffer_bytes(&der), err);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

void scene_simulate(size_t count, struct scene *ret_scene)
{
    struct quoth_error err = {0};
    const uint8_t report_data[64] = {1};
    char folder[] = "/tmp/quoth-bench.XXXXXX";
    struct scene s = {.count = count, .accept = TCB_ACCEPT_DEFAULT, .at = time_now()};
    if (!mkdtemp(folder))
        give_up("no temporary folder can be made");
    bool made = vendor_init(folder, NULL, s.at, &err);
    for (size_t i = 0; i < count && made; i++) {
        made = i == 0 || vendor_replace_machine(folder, s.at, &err);
        if (made)
            scene_quote(folder, BYTES_OF(report_data), &s.quotes[i]);
    }
    if (made && read_collateral(folder, &s.collateral, &err))
        read_root(folder, &s.trust, &err);
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    give_up_if(&err);
    *ret_scene = s;
}

static void read_file(const char *vectors, const char *name, struct buffer *ret_data)
{
    struct quoth_error err = {0};
    char path[512];
    snprintf(path, sizeof path, "%s/dcap/%s", vectors, name);
    file_read(path, BUNDLE_SIZE_MAX, ret_data, &err);
    give_up_if(&err);
}

void scene_read(const char *vectors, const char *quote, const char *bundle, int64_t at,
                struct scene *ret_scene)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer data = {0};
    struct scene s = {.count = 1, .accept = ~(tcb_status_set)0, .at = at};
    trust_init_built_in(&s.trust);
    read_file(vectors, quote, &s.quotes[0]);
    read_file(vectors, bundle, &data);
    bundle_read(buffer_bytes(&data), &s.collateral, &err);
    give_up_if(&err);
    *ret_scene = s;
}
