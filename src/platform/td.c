#include "platform/td.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/digest.h"
#include "platform/model.h"
#include "tee/dcap/report.h"

static bool absent(const char *exe, const char *what, struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_TD_EXE_ABSENT, exe, QUOTH_NO_OFFSET, "%s", what);
}

static bool is_program(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* An empty part of PATH is the working directory (POSIX, 8.3). */
bool td_find(const char *exe, char **ret_path, struct quoth_error *err)
{
    const char *path = getenv("PATH");

    if (strchr(exe, '/')) {
        if (!file_exists(exe))
            return absent(exe, strerror(errno), err);
        *ret_path = strdup(exe);
        return *ret_path || quoth_fail(err, QUOTH_MEMORY, exe, QUOTH_NO_OFFSET, "out of memory");
    }
    for (const char *at = path; at; at = strchr(at, ':') ? strchr(at, ':') + 1 : NULL) {
        AUTO(buffer) struct buffer candidate = {0};
        const size_t len = strcspn(at, ":");
        buffer_add(&candidate, (struct bytes){(const uint8_t *)at, len});
        buffer_printf(&candidate, "%s/%s", len == 0 ? "." : "", exe);
        AUTO(text) char *text = buffer_take_text(&candidate, err);
        if (!text)
            return false;
        if (is_program(text)) {
            *ret_path = take(text);
            return true;
        }
    }
    return absent(exe, "no folder of PATH has a program of this name", err);
}

/* TDG.MR.RTMR.EXTEND: the register becomes the digest of itself and what is added. */
static void extend(uint8_t rtmr[48], const struct sha384 *event)
{
    uint8_t both[96];

    bytes_copy(both, (struct bytes){rtmr, 48});
    bytes_copy(both + 48, BYTES_OF(event->bytes));
    const struct sha384 sum = sha384_of(BYTES_OF(both));
    bytes_copy(rtmr, BYTES_OF(sum.bytes));
}

static bool file_measure(const char *path, struct sha384 *ret_digest, struct quoth_error *err)
{
    AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0)
        return quoth_fail(err, QUOTH_IO, path, QUOTH_NO_OFFSET, "cannot be measured: %s",
                          strerror(errno));
    if (!S_ISREG(st.st_mode))
        return quoth_fail(err, QUOTH_IO, path, QUOTH_NO_OFFSET, "is not a file");
    if ((uint64_t)st.st_size > TD_EXE_MAX)
        return quoth_fail(err, QUOTH_TOO_LARGE, path, QUOTH_NO_OFFSET, "has %jd bytes",
                          (intmax_t)st.st_size);
    const size_t len = (size_t)st.st_size;
    void *map = len ? mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    if (map == MAP_FAILED)
        return quoth_fail(err, QUOTH_IO, path, QUOTH_NO_OFFSET, "cannot be measured: %s",
                          strerror(errno));
    *ret_digest = sha384_of((struct bytes){map, len});
    if (map)
        munmap(map, len);
    return true;
}

static bool args_measure(const char *const *args, struct sha384 *ret_digest,
                         struct quoth_error *err)
{
    AUTO(buffer) struct buffer line = {0};
    for (size_t i = 0; args[i]; i++) {
        buffer_text(&line, args[i]);
        buffer_u8(&line, 0);
    }
    if (!buffer_ok(&line, err))
        return false;
    *ret_digest = sha384_of(buffer_bytes(&line));
    return true;
}

static bool init_data_measure(const char *path, uint8_t mr_config_id[48], struct quoth_error *err)
{
    AUTO(buffer) struct buffer data = {0};
    if (!path)
        return true;
    if (!file_read(path, TD_INIT_DATA_MAX, &data, err))
        return false;
    const struct sha256 digest = sha256_of(buffer_bytes(&data));
    bytes_copy(mr_config_id, BYTES_OF(digest.bytes));
    return true;
}

bool td_measure(const struct td_plan *plan, struct td_identity *ret_identity,
                struct quoth_error *err)
{
    struct td_identity td = {
        .attributes = TD_ATTRIBUTE_SEPT_VE_DISABLE | (plan->debug ? TD_ATTRIBUTE_DEBUG : 0),
        .xfam = MODEL_TD_XFAM,
    };
    const struct sha384 firmware = sha384_of(BYTES_LITERAL(MODEL_TD_FIRMWARE));
    struct sha384 program, args;
    AUTO(text) char *path = NULL;

    if (!td_find(plan->exe, &path, err) || !file_measure(path, &program, err) ||
        !args_measure(plan->args, &args, err) ||
        !init_data_measure(plan->init_data, td.mr_config_id, err))
        return false;
    bytes_copy(td.mr_td, BYTES_OF(firmware.bytes));
    extend(td.rtmr[1], &program);
    extend(td.rtmr[2], &args);
    *ret_identity = td;
    return true;
}
