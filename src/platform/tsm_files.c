#include "platform/tsm_files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "platform/memory_file.h"

const struct tsm_attribute_row tsm_attributes[TSM_ATTRIBUTE_COUNT] = {
    [TSM_GENERATION] = {"generation", 0444, BYTES_INIT("0\n")        },
    [TSM_INBLOB] = {"inblob",     0200, {0}                      },
    [TSM_OUTBLOB] = {"outblob",    0400, {0}                      },
    [TSM_PROVIDER] = {"provider",   0444, BYTES_INIT("tdx_guest\n")},
};

struct tsm_item {
    char name[TSM_NAME_MAX + 1]; /* empty: a free place */
    uint64_t generation;         /* of what was written */
    uint64_t shown, quoted;      /* the generations that the files generation and outblob are of */
    size_t report_data_len;      /* as written; more than 64 means too much */
    uint8_t report_data[64];
    int writers[TSM_WRITERS_MAX]; /* memory files that were opened for writing, oldest first */
    size_t writer_count;
};

struct tsm_report {
    struct tsm_host host;
    struct tsm_item items[TSM_ITEMS_MAX];
};

/* --- names --- */

/* Where a guarded path leads. */
struct place {
    struct bytes item; /* empty: the report folder itself */
    const char *rest;  /* behind the item, without slash; NULL: the item itself */
};

static struct place place_of(const char *path)
{
    const char *at = path + strlen(TSM_REPORT);
    at += *at == '/';
    const size_t len = strcspn(at, "/");
    return (struct place){
        .item = {(const uint8_t *)at, len},
        .rest = at[len] == '/' ? at + len + 1 : NULL,
    };
}

bool tsm_guarded(const char *path)
{
    const size_t len = strlen(TSM_REPORT);
    return strncmp(path, TSM_REPORT, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

/* The item of that name; the empty one is of the free places. */
static struct tsm_item *item_find(struct tsm_report *report, struct bytes name)
{
    for (size_t i = 0; i < TSM_ITEMS_MAX; i++)
        if (bytes_equal(bytes_of_text(report->items[i].name), name))
            return &report->items[i];
    return NULL;
}

/* TSM_ATTRIBUTE_COUNT if there is none of that name. */
static enum tsm_attribute attribute_find(const char *name)
{
    size_t i = 0;
    while (i < TSM_ATTRIBUTE_COUNT && strcmp(name, tsm_attributes[i].name) != 0)
        i++;
    return (enum tsm_attribute)i;
}

/* --- what was written --- */

/* A lease for reading is given only while nobody has the file open for writing, be it another
 * process, by way of fork() or otherwise; until we close it, who opens it to write has to wait
 * (fcntl(2)). */
static bool closed_by_all(int fd)
{
    return fcntl(fd, F_SETLEASE, F_RDLCK) == 0 || errno != EAGAIN;
}

static void commit(struct tsm_item *item, int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_size == 0) /* opened and closed again */
        return;
    item->report_data_len = (size_t)st.st_size;
    if (pread(fd, item->report_data, sizeof item->report_data, 0) < 0)
        item->report_data_len = 0;
    item->generation++;
}

/* Takes over what has been written and closed since the last look. */
static void item_commit(struct tsm_item *item)
{
    size_t left = 0;
    for (size_t i = 0; i < item->writer_count; i++) {
        if (closed_by_all(item->writers[i])) {
            commit(item, item->writers[i]);
            close(item->writers[i]);
        } else {
            item->writers[left++] = item->writers[i];
        }
    }
    item->writer_count = left;
}

static void item_clear(struct tsm_item *item)
{
    for (size_t i = 0; i < item->writer_count; i++)
        close(item->writers[i]);
    *item = (struct tsm_item){0};
}

bool tsm_report_open(const struct tsm_host *host, struct tsm_report **ret_report,
                     struct quoth_error *err)
{
    struct tsm_report *report = calloc(1, sizeof *report);
    if (!report)
        return quoth_fail(err, QUOTH_MEMORY, "report", QUOTH_NO_OFFSET, "out of memory");
    report->host = *host;
    *ret_report = report;
    return true;
}

void tsm_report_close(struct tsm_report *report)
{
    for (size_t i = 0; report && i < TSM_ITEMS_MAX; i++)
        item_clear(&report->items[i]);
    free(report);
}

/* --- opening --- */

/* What is out of memory or descriptors says so; anything else is the machine's fault. */
static int reason_of(int error)
{
    return error == ENOMEM || error == EMFILE || error == ENFILE ? error : EIO;
}

/* The kernel keeps this one for itself and hands over another description, so that the lease tells
 * when that is closed. */
static int inblob_open(struct tsm_item *item, int *ret_fd, struct quoth_error *err)
{
    AUTO(fd) int file = -1, kept = -1;

    if (item->writer_count == TSM_WRITERS_MAX)
        return ENFILE;
    if (!memory_file_empty(&file, err) || !memory_file_reopen(file, O_RDONLY, &kept, err) ||
        !memory_file_reopen(file, O_WRONLY, ret_fd, err))
        return reason_of(errno);
    item->writers[item->writer_count++] = fd_take(&kept);
    return 0;
}

/* A descriptor that opens well and whose read() says EINVAL, as that of a blob which the provider
 * would not make: epoll has nothing to read. */
static int unreadable_open(int *ret_fd)
{
    const int fd = epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0)
        return reason_of(errno);
    *ret_fd = fd;
    return 0;
}

static int outblob_open(const struct tsm_host *host, struct tsm_item *item, const char *path,
                        int *ret_fd, struct quoth_error *err)
{
    AUTO(buffer) struct buffer quote = {0};

    if (item->report_data_len != sizeof item->report_data) /* also if nothing was written yet */
        return unreadable_open(ret_fd);
    if (item->quoted != item->generation) {
        if (!host->quote(host->of, BYTES_OF(item->report_data), &quote, err) ||
            !host->store(host->of, path, buffer_bytes(&quote), err))
            return EIO;
        item->quoted = item->generation;
    }
    return TSM_KERNEL;
}

static int generation_open(const struct tsm_host *host, struct tsm_item *item, const char *path,
                           struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};

    if (item->shown == item->generation)
        return TSM_KERNEL;
    buffer_printf(&text, "%" PRIu64 "\n", item->generation);
    if (!buffer_ok(&text, err) || !host->store(host->of, path, buffer_bytes(&text), err))
        return EIO;
    item->shown = item->generation;
    return TSM_KERNEL;
}

/* fs/configfs/file.c: the mode decides for every user. */
static int access_check(enum tsm_attribute attribute, int flags)
{
    const unsigned mode = tsm_attributes[attribute].mode;
    const int access = flags & O_ACCMODE;

    if (flags & O_DIRECTORY)
        return ENOTDIR;
    if ((flags & O_CREAT) && (flags & O_EXCL))
        return EEXIST;
    if (access != O_RDONLY && !(mode & 0200))
        return EACCES;
    return access != O_WRONLY && !(mode & 0400) ? EACCES : 0;
}

static int attribute_open(const struct tsm_host *host, struct tsm_item *item,
                          enum tsm_attribute attribute, const char *path, int *ret_fd,
                          struct quoth_error *err)
{
    item_commit(item);
    switch (attribute) {
    case TSM_GENERATION:
        return generation_open(host, item, path, err);
    case TSM_INBLOB:
        return inblob_open(item, ret_fd, err);
    case TSM_OUTBLOB:
        return outblob_open(host, item, path, ret_fd, err);
    default:
        return TSM_KERNEL;
    }
}

int tsm_open(struct tsm_report *report, const char *path, int flags, int *ret_fd,
             struct quoth_error *err)
{
    const struct place place = place_of(path);
    struct tsm_item *item = place.item.len > 0 ? item_find(report, place.item) : NULL;
    const enum tsm_attribute attribute =
        item && place.rest ? attribute_find(place.rest) : TSM_ATTRIBUTE_COUNT;

    if (flags & O_PATH)
        return TSM_KERNEL;
    if (attribute != TSM_ATTRIBUTE_COUNT) {
        const int refusal = access_check(attribute, flags);
        return refusal ? refusal
                       : attribute_open(&report->host, item, attribute, path, ret_fd, err);
    }
    /* no file can be made beside an item or in it */
    const bool missing = place.item.len > 0 && (place.rest ? item != NULL : item == NULL);
    return missing && (flags & O_CREAT) && !(place.rest && strchr(place.rest, '/')) ? EACCES
                                                                                    : TSM_KERNEL;
}

/* --- making and removing --- */

/* Removing what an item has inside: reason for an attribute. */
static int inside(const struct tsm_item *item, const char *rest, int reason)
{
    if (!item || strchr(rest, '/'))
        return TSM_KERNEL; /* which does not find the folder */
    return attribute_find(rest) != TSM_ATTRIBUTE_COUNT ? reason : ENOENT;
}

int tsm_mkdir(struct tsm_report *report, const char *path, const char **ret_name)
{
    const struct place place = place_of(path);
    struct tsm_item *item = item_find(report, place.item);

    if (place.item.len == 0)
        return EEXIST;
    if (place.rest) {
        if (!item || strchr(place.rest, '/'))
            return TSM_KERNEL; /* which does not find the folder */
        return attribute_find(place.rest) != TSM_ATTRIBUTE_COUNT ? EEXIST : EPERM;
    }
    if (item)
        return EEXIST;
    if (place.item.len > TSM_NAME_MAX)
        return ENAMETOOLONG;
    item = item_find(report, (struct bytes){0});
    if (!item)
        return ENOSPC;
    bytes_copy((uint8_t *)item->name, place.item);
    *ret_name = (const char *)place.item.data;
    return 0;
}

int tsm_rmdir(struct tsm_report *report, const char *path, const char **ret_name)
{
    const struct place place = place_of(path);
    struct tsm_item *item = place.item.len > 0 ? item_find(report, place.item) : NULL;

    if (place.item.len == 0)
        return EPERM; /* the folder is the subsystem's */
    if (place.rest)
        return inside(item, place.rest, ENOTDIR);
    if (!item)
        return ENOENT;
    item_clear(item);
    *ret_name = (const char *)place.item.data;
    return 0;
}

int tsm_unlink(struct tsm_report *report, const char *path)
{
    const struct place place = place_of(path);
    const struct tsm_item *item = place.item.len > 0 ? item_find(report, place.item) : NULL;

    if (place.rest)
        return inside(item, place.rest, EPERM);
    return item || place.item.len == 0 ? EISDIR : ENOENT;
}
