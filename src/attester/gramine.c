/* Gramine's files under /dev/attestation, which the software TEE offers as well. Source: Gramine,
 * Documentation/attestation.rst and libos/src/fs/dev/attestation.c (attester.md 2.1). */
#include "attester/driver.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>

#define FOLDER "/dev/attestation"
#define QUOTE_MAX 8192u
#define QUOTE_FIXED 436u       /* header, report body and the length of what follows */
#define QUOTE_LENGTH_AT 432u   /* u32, little-endian */
#define QUOTE_REPORT_DATA 368u /* 48 bytes of header, 320 of report body */
#define KEY_SIZE 16u

/* user_report_data belongs to the process, not to whoever opened it: writing it and opening the
 * quote must not be interleaved, whatever context a thread uses. */
static pthread_mutex_t files = PTHREAD_MUTEX_INITIALIZER;

static const char *path_of(char path[256], const char *root, const char *name)
{
    snprintf(path, 256, "%s" FOLDER "/%s", root, name);
    return path;
}

static bool probe(const char *root, struct quoth_error *err)
{
    char path[256];
    AUTO(buffer) struct buffer type = {0};
    struct quoth_error inner = {0};
    if (!file_read(path_of(path, root, "attestation_type"), 64, &type, &inner))
        return quoth_fail(err, QUOTH_TEE_ABSENT, FOLDER, QUOTH_NO_OFFSET, "no enclave: %s",
                          inner.message);
    struct bytes text = buffer_bytes(&type);
    if (text.len > 0 && text.data[text.len - 1] == '\n')
        text.len--;
    if (!bytes_equal(text, BYTES_LITERAL("dcap")))
        return quoth_fail(err, QUOTH_TEE_ABSENT, FOLDER "/attestation_type", QUOTH_NO_OFFSET,
                          "is \"%.*s\", not \"dcap\": set sgx.remote_attestation in the manifest",
                          (int)text.len, (const char *)text.data);
    return true;
}

static bool failed(const struct quoth_error *inner, const char *what, struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_EVIDENCE_FAILED, what, QUOTH_NO_OFFSET, "%s", inner->message);
}

static bool write_report_data(const char *root, const uint8_t report_data[REPORT_DATA_SIZE],
                              struct quoth_error *err)
{
    char path[256];
    AUTO(fd) int fd = open(path_of(path, root, "user_report_data"), O_WRONLY | O_CLOEXEC);
    struct quoth_error inner = {0};
    if (fd < 0)
        quoth_fail(&inner, QUOTH_IO, NULL, QUOTH_NO_OFFSET, "cannot be opened: %s",
                   strerror(errno));
    else if (file_write_fd(fd, "user_report_data", (struct bytes){report_data, REPORT_DATA_SIZE},
                           &inner))
        return true;
    return failed(&inner, FOLDER "/user_report_data", err);
}

/* The service may pad what it returns: the quote ends where its own length says. */
static bool cut(struct buffer *quote, struct quoth_error *err)
{
    const size_t len =
        quote->len < QUOTE_FIXED
            ? 0
            : QUOTE_FIXED + (size_t)bytes_u32le(buffer_bytes(quote), QUOTE_LENGTH_AT);
    if (len <= QUOTE_FIXED || len > quote->len)
        return quoth_fail(err, QUOTH_EVIDENCE_FAILED, FOLDER "/quote", QUOTH_NO_OFFSET,
                          "has %zu bytes, which is no whole quote", quote->len);
    quote->len = len;
    return true;
}

/* The quote is made when its file is opened: it is opened anew for each. */
static bool read_quote(const char *root, const uint8_t report_data[REPORT_DATA_SIZE],
                       struct buffer *ret_quote, struct quoth_error *err)
{
    char path[256];
    AUTO(buffer) struct buffer quote = {0};
    struct quoth_error inner = {0};
    if (!file_read(path_of(path, root, "quote"), QUOTE_MAX, &quote, &inner))
        return failed(&inner, FOLDER "/quote", err);
    if (!cut(&quote, err))
        return false;
    const struct bytes found = bytes_slice(buffer_bytes(&quote), QUOTE_REPORT_DATA, 64);
    if (!bytes_equal(found, (struct bytes){report_data, REPORT_DATA_SIZE}))
        return quoth_fail(err, QUOTH_EVIDENCE_FAILED, FOLDER "/quote", QUOTE_REPORT_DATA,
                          "carries other report data than was asked for: something else in this "
                          "process writes user_report_data");
    *ret_quote = take_value(quote);
    return true;
}

static bool evidence(const char *root, const uint8_t report_data[REPORT_DATA_SIZE],
                     struct buffer *ret_evidence, struct quoth_error *err)
{
    pthread_mutex_lock(&files);
    const bool ok = write_report_data(root, report_data, err) &&
                    read_quote(root, report_data, ret_evidence, err);
    pthread_mutex_unlock(&files);
    return ok;
}

static bool sealing_key(const char *root, const char *policy, uint8_t ret_key[16],
                        struct quoth_error *err)
{
    char name[32], path[256];
    AUTO(buffer) struct buffer key = {0};
    struct quoth_error inner = {0};
    snprintf(name, sizeof name, "keys/_sgx_%s", policy);
    if (!file_read(path_of(path, root, name), KEY_SIZE, &key, &inner))
        return failed(&inner, FOLDER "/keys", err);
    if (key.len != KEY_SIZE) /* Gramine: a key that is not set reads as empty */
        return quoth_fail(err, QUOTH_EVIDENCE_FAILED, FOLDER "/keys", QUOTH_NO_OFFSET,
                          "the key %s has %zu bytes, not 16", name, key.len);
    bytes_copy(ret_key, buffer_bytes(&key));
    return true;
}

const struct attester_driver attester_gramine = {
    .name = "gramine",
    .one_process = true,
    .probe = probe,
    .evidence = evidence,
    .sealing_key = sealing_key,
};
