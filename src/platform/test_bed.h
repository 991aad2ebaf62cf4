/* For tests only: a fresh platform in a temporary folder. */
#ifndef QUOTH_PLATFORM_TEST_BED_H
#define QUOTH_PLATFORM_TEST_BED_H

#include "base/file.h"
#include "codec/pem.h"
#include "crypto/cert.h"
#include "platform/identity.h"
#include "platform/layout.h"
#include "platform/vendor.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
/* cmocka wants setjmp.h and stdarg.h first */
#include <cmocka.h>

#define BED_NOW 1795262400 /* 2026-11-21T12:00:00Z */

struct bed {
    char folder[40];
};

static inline int bed_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static inline void bed_remove(struct bed *bed)
{
    if (bed->folder[0])
        nftw(bed->folder, bed_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
DEFINE_AUTO_VALUE(bed, struct bed, bed_remove)

/* An empty folder. */
static inline struct bed bed_empty(void)
{
    struct bed bed = {"/tmp/quoth-platform.XXXXXX"};

    assert_non_null(mkdtemp(bed.folder));
    return bed;
}

static inline struct bed bed_make(void)
{
    struct bed bed = bed_empty();
    struct quoth_error err = {0};

    if (!vendor_init(bed.folder, NULL, BED_NOW, &err))
        fail_msg("%s: %s", err.where, err.message);
    return bed;
}

static inline void bed_read(const struct bed *bed, const char *name, struct buffer *ret_data)
{
    struct quoth_error err = {0};

    assert_true(layout_read(bed->folder, name, ret_data, &err));
}

static inline void bed_write(const struct bed *bed, const char *name, struct bytes data)
{
    struct quoth_error err = {0};

    assert_true(layout_write(bed->folder, name, data, &err));
}

/* A certificate of the folder; it views memory. */
static inline struct cert bed_cert(const struct bed *bed, const char *name, struct buffer *memory)
{
    AUTO(buffer) struct buffer pem = {0};
    struct quoth_error err = {0};
    struct cert cert;

    bed_read(bed, name, &pem);
    struct reader r = {.in = buffer_bytes(&pem), .err = &err};
    assert_true(pem_next(&r, "CERTIFICATE", memory));
    assert_true(cert_read(buffer_bytes(memory), &cert, &err));
    return cert;
}

static inline bool bed_verify(struct bytes point, struct bytes signed_part, struct bytes signature)
{
    struct quoth_error err = {0};
    AUTO(p256_public) struct p256_public *key = NULL;
    const struct sha256 digest = sha256_of(signed_part);

    assert_true(point.len == 64 ? p256_public_from_xy(point, &key, &err)
                                : p256_public_from_point(point, &key, &err));
    return p256_verify(key, &digest, signature);
}

/* An enclave that is nobody's in particular. */
static inline struct enclave_identity bed_enclave(void)
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

#endif
