#include "attester/tsm.h"

#include "base/file.h"
#include "codec/hex.h"
#include "crypto/random.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FOLDER "/sys/kernel/config/tsm/report"
#define PATH_SIZE 256u
#define TEXT_MAX 64u             /* provider and generation */
#define OUTBLOB_MAX (256u << 10) /* bytes; the largest buffer of a driver has 128 KiB */
#define TRIES 6u
#define FIRST_PAUSE_MS 50u /* doubled each time: a second and a half in all */

/* An item is a folder of our own, with the attributes as its files. Its name is random: containers
 * of one VM share the folder, and have the same process numbers. */
struct item {
    char path[PATH_SIZE];
    int error; /* of the step that failed, as some pass; 0: none that could */
};

static void item_remove(struct item *item)
{
    if (item->path[0])
        rmdir(item->path); /* with all that is in it: configfs makes and removes the files */
}
DEFINE_AUTO_VALUE(item, struct item, item_remove)

/* Why there is no item. Where the folder is, there is a TEE, and we fail; nobody shall take that
 * for an ordinary machine. */
static bool make_failed(int error, struct quoth_error *err)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return quoth_fail(
            err, QUOTH_TEE_ABSENT, FOLDER, QUOTH_NO_OFFSET,
            "not there: no confidential VM, configfs not mounted, no guest driver, or "
            "Linux before 6.7");
    case ENXIO:
        return quoth_fail(err, QUOTH_TEE_ABSENT, FOLDER, QUOTH_NO_OFFSET,
                          "has no provider: the guest driver is not loaded");
    case EACCES:
    case EPERM:
        return quoth_fail(err, QUOTH_EVIDENCE_FAILED, FOLDER, QUOTH_NO_OFFSET,
                          "%s: only root may ask for evidence here", strerror(error));
    default:
        return quoth_fail(err, QUOTH_EVIDENCE_FAILED, FOLDER, QUOTH_NO_OFFSET,
                          "an item cannot be made: %s", strerror(error));
    }
}

static bool item_make(const char *root, struct item *ret_item, struct quoth_error *err)
{
    uint8_t random[8];
    char name[2 * sizeof random + 1];
    struct item item = {0};
    if (!random_fill(random, sizeof random, err))
        return false;
    snprintf(item.path, sizeof item.path, "%s" FOLDER "/quoth-%s", root,
             hex_text(BYTES_OF(random), name, sizeof name));
    if (mkdir(item.path, 0700) != 0)
        return make_failed(errno, err);
    *ret_item = item;
    return true;
}

static bool failed(struct item *item, int error, const char *attribute, const char *what,
                   struct quoth_error *err)
{
    char where[96];
    snprintf(where, sizeof where, FOLDER "/*/%s", attribute);
    item->error = error;
    return quoth_fail(err, QUOTH_EVIDENCE_FAILED, where, QUOTH_NO_OFFSET, "%s", what);
}

static bool attribute_read(struct item *item, const char *name, size_t limit,
                           struct buffer *ret_data, struct quoth_error *err)
{
    char path[PATH_SIZE + 16];
    struct quoth_error inner = {0};
    snprintf(path, sizeof path, "%s/%s", item->path, name);
    errno = 0;
    return file_read(path, limit, ret_data, &inner) ||
           failed(item, errno, name, inner.message, err);
}

/* In one write, which counts when the file is closed. */
static bool attribute_write(struct item *item, const char *name, struct bytes data,
                            struct quoth_error *err)
{
    char path[PATH_SIZE + 16];
    snprintf(path, sizeof path, "%s/%s", item->path, name);
    AUTO(fd) int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, data.data, data.len) != (ssize_t)data.len)
        return failed(item, errno, name, strerror(errno), err);
    return true;
}

/* An attribute of one line. */
static bool line_read(struct item *item, const char *name, char *ret_line, size_t size,
                      struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    if (!attribute_read(item, name, TEXT_MAX, &text, err))
        return false;
    const size_t len = text.len > 0 && text.data[text.len - 1] == '\n' ? text.len - 1 : text.len;
    if (len == 0 || len >= size)
        return failed(item, 0, name, "is no line of a length that is known", err);
    bytes_copy((uint8_t *)ret_line, bytes_slice(buffer_bytes(&text), 0, len));
    ret_line[len] = '\0';
    return true;
}

static bool generation_read(struct item *item, unsigned long *ret_count, struct quoth_error *err)
{
    char line[24], *end;
    if (!line_read(item, "generation", line, sizeof line, err))
        return false;
    errno = 0;
    const unsigned long count = strtoul(line, &end, 10);
    if (line[0] < '0' || line[0] > '9' || *end || errno)
        return failed(item, 0, "generation", "is no number", err);
    *ret_count = count;
    return true;
}

bool tsm_provider(const char *root, char ret_provider[TSM_PROVIDER_MAX], struct quoth_error *err)
{
    AUTO(item) struct item item = {0};
    return item_make(root, &item, err) &&
           line_read(&item, "provider", ret_provider, TSM_PROVIDER_MAX, err);
}

/* One time through. The generation counts writes to the item: another number than one more is
 * somebody else's, and the evidence might be over his bytes. */
static bool report_once(struct item *item, struct bytes inblob, struct buffer *ret_outblob,
                        struct quoth_error *err)
{
    AUTO(buffer) struct buffer outblob = {0};
    unsigned long before, after;
    if (!generation_read(item, &before, err) || !attribute_write(item, "inblob", inblob, err) ||
        !attribute_read(item, "outblob", OUTBLOB_MAX, &outblob, err) ||
        !generation_read(item, &after, err))
        return false;
    if (after != before + 1)
        return failed(item, EAGAIN, "generation", "somebody else writes to this item", err);
    if (outblob.len == 0) /* the TDX driver says so of a quote that failed */
        return failed(item, 0, "outblob",
                      "is empty: the host made no quote (is its quoting service running?)", err);
    *ret_outblob = take_value(outblob);
    return true;
}

static bool passes(int error)
{
    return error == EBUSY || error == EINTR || error == EAGAIN;
}

bool tsm_report(const char *root, const uint8_t report_data[REPORT_DATA_SIZE],
                struct buffer *ret_outblob, struct quoth_error *err)
{
    const struct bytes inblob = {report_data, REPORT_DATA_SIZE};
    unsigned pause_ms = FIRST_PAUSE_MS;
    for (unsigned left = TRIES;; left--) {
        AUTO(item) struct item item = {0};
        struct quoth_error why = {0};
        if (!item_make(root, &item, err))
            return false;
        if (report_once(&item, inblob, ret_outblob, &why))
            return true;
        if (!passes(item.error) || left == 1) {
            *err = why;
            return false;
        }
        const struct timespec pause = {pause_ms / 1000, (long)(pause_ms % 1000) * 1000000};
        nanosleep(&pause, NULL);
        pause_ms *= 2;
    }
}
