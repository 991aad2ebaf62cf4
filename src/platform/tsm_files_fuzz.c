/* What programs ask of configfs-tsm, line by line: a letter for the call and a path below the report
 * folder. Whatever they ask, an item is there from its making to its removing, has a quote over what
 * was last written to it and over nothing else, and every refusal is an errno. */
#include "base/file.h"
#include "platform/attestation_files.h"
#include "platform/tsm_files.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static bool quote(void *of, struct bytes report_data, struct buffer *ret_quote,
                  struct quoth_error *err)
{
    const uint8_t *last = of;
    require(report_data.len == 64 && report_data.data[63] == *last);
    buffer_add(ret_quote, report_data);
    return buffer_ok(ret_quote, err);
}

static bool store(void *of, const char *path, struct bytes content, struct quoth_error *err)
{
    (void)of, (void)err;
    require(tsm_guarded(path) && content.len > 0);
    return true;
}

static void make_and_remove(struct tsm_report *report, const char *path, bool make)
{
    const char *name = NULL;
    const int reason = make ? tsm_mkdir(report, path, &name) : tsm_rmdir(report, path, &name);

    require(reason >= TSM_KERNEL);
    require((reason == 0) == (name != NULL));
    if (!name)
        return;
    require(name[0] != '\0' && !strchr(name, '/') && strcmp(name, ".") != 0 &&
            strcmp(name, "..") != 0 && strlen(name) <= TSM_NAME_MAX);
    require(tsm_mkdir(report, path, &name) == (make ? EEXIST : 0));
    require(tsm_unlink(report, path) == EISDIR);
    if (!make)
        require(tsm_rmdir(report, path, &name) == 0 && tsm_unlink(report, path) == ENOENT);
}

static void open_one(struct tsm_report *report, const char *path, int flags, uint8_t *last)
{
    struct quoth_error err = {0};
    AUTO(fd) int fd = -1;

    const int reason = tsm_open(report, path, flags, &fd, &err);
    require(reason >= TSM_KERNEL && reason != EIO && err.code == QUOTH_OK);
    require((reason == 0) == (fd >= 0));
    if (fd < 0 || (flags & O_ACCMODE) != O_WRONLY)
        return;
    uint8_t data[64];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = *last + 1;
    require(write(fd, data, sizeof data) == sizeof data);
    fd_close(fd_take(&fd));
    *last += 1;
    /* what was written last is quoted at once, so that it is this item's */
    char outblob[4096];
    snprintf(outblob, sizeof outblob, "%.*s/outblob", (int)(strrchr(path, '/') - path), path);
    require(tsm_open(report, outblob, O_RDONLY, &fd, &err) == TSM_KERNEL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint8_t last = 0;
    const struct tsm_host host = {&last, quote, store};
    struct quoth_error err = {0};
    AUTO(tsm_report) struct tsm_report *report = NULL;
    require(tsm_report_open(&host, &report, &err));

    for (size_t at = 0, steps = 0; at < len && steps < 600; steps++) {
        const uint8_t call = data[at++];
        const uint8_t *end = memchr(data + at, '\n', len - at);
        const size_t size = end ? (size_t)(end - data) - at : len - at;
        char path[1024], normal[1024];
        snprintf(path, sizeof path, TSM_REPORT "/%.*s", (int)(size < 900 ? size : 900),
                 (const char *)data + at);
        at += size + 1;
        if (!attestation_path_normal(path, normal, sizeof normal) || !tsm_guarded(normal))
            continue;
        if (call == 'm' || call == 'r')
            make_and_remove(report, normal, call == 'm');
        else if (call == 'u')
            require(tsm_unlink(report, normal) >= TSM_KERNEL);
        else
            open_one(report, normal, call == 'w' ? O_WRONLY | O_CREAT | O_TRUNC : call & 0x7f,
                     &last);
    }
    return 0;
}
