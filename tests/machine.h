/* A machine for attester tests: a temporary root folder with Gramine's files as plain files. The
 * quote does not change by itself: a test says which data it speaks of. */
#ifndef QUOTH_TESTS_MACHINE_H
#define QUOTH_TESTS_MACHINE_H

#include "base/file.h"
#include "crypto/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct machine {
    char root[64];
};

static inline void machine_write(const struct machine *m, const char *name, struct bytes data)
{
    char path[160];
    struct quoth_error err = {0};
    snprintf(path, sizeof path, "%s/dev/attestation/%s", m->root, name);
    if (!file_write(path, data, 0600, &err)) {
        fprintf(stderr, "%s: %s\n", path, err.message);
        abort();
    }
}

static inline void machine_remove(const struct machine *m, const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "%s/dev/attestation/%s", m->root, name);
    unlink(path);
}

/* A quote over the SHA-256 of data, whose signature part has len bytes, with padding after it. */
static inline void machine_quote(const struct machine *m, struct bytes data, size_t len,
                                 size_t padding)
{
    const struct sha256 digest = sha256_of(data);
    AUTO(buffer) struct buffer quote = {0};
    buffer_u16le(&quote, 3);
    buffer_fill(&quote, 366, 0x51);
    buffer_add(&quote, BYTES_OF(digest.bytes));
    buffer_fill(&quote, 32, 0);
    buffer_u32le(&quote, (uint32_t)len);
    buffer_fill(&quote, len, 0x77);
    buffer_fill(&quote, padding, 0);
    machine_write(m, "quote", buffer_bytes(&quote));
}

static inline void machine_open(struct machine *m)
{
    static const char *const folders[] = {"", "/dev", "/dev/attestation", "/dev/attestation/keys"};
    snprintf(m->root, sizeof m->root, "/tmp/quoth-machine-XXXXXX");
    if (!mkdtemp(m->root))
        abort();
    for (size_t i = 1; i < COUNT(folders); i++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", m->root, folders[i]);
        if (mkdir(path, 0700) != 0)
            abort();
    }
    machine_write(m, "attestation_type", BYTES_LITERAL("dcap"));
    machine_write(m, "user_report_data", (struct bytes){0});
    machine_write(m, "keys/_sgx_mrenclave", BYTES_LITERAL("0123456789abcdef"));
    machine_write(m, "keys/_sgx_mrsigner", BYTES_LITERAL("fedcba9876543210"));
    machine_quote(m, (struct bytes){0}, 600, 0);
}

static inline void machine_close(struct machine *m)
{
    static const char *const names[] = {"/dev/attestation/attestation_type",
                                        "/dev/attestation/user_report_data",
                                        "/dev/attestation/quote",
                                        "/dev/attestation/keys/_sgx_mrenclave",
                                        "/dev/attestation/keys/_sgx_mrsigner",
                                        "/dev/attestation/keys",
                                        "/dev/attestation",
                                        "/dev",
                                        ""};
    for (size_t i = 0; i < COUNT(names); i++) {
        char path[160];
        snprintf(path, sizeof path, "%s%s", m->root, names[i]);
        (void)remove(path);
    }
}

#endif
