/* The items of Linux configfs-tsm in a TDX guest, without the system calls: what making, removing
 * and opening a name below /sys/kernel/config/tsm/report means. An item is a folder with inblob
 * (written: 64 bytes of report data), outblob (read: the quote), provider and generation; all
 * processes of a trust domain share it. Source: Linux, Documentation/ABI/testing/
 * configfs-tsm-report, drivers/virt/coco/guest/report.c, fs/configfs/file.c (attester.md 2.5).
 *
 * Folders and files are real, so that programs can list and examine them; the files that are read
 * hold what they held when one was last opened. What is written to inblob goes to a memory file. As
 * in the kernel it counts once it is closed, each such time is one more generation, and outblob is
 * made once per generation. One difference remains, as it is looked at later: more than 64 bytes
 * are not refused by the write() but by the next read of outblob. Who uses this has to ignore SIGIO. */
#ifndef QUOTH_PLATFORM_TSM_FILES_H
#define QUOTH_PLATFORM_TSM_FILES_H

#include "base/bytes.h"

#define TSM_CONFIGFS "/sys/kernel/config"
#define TSM_REPORT TSM_CONFIGFS "/tsm/report"
#define TSM_NAME_MAX 255u
#define TSM_ITEMS_MAX 256u /* of one domain at the same time */
#define TSM_WRITERS_MAX 8u /* of one item at the same time */

enum tsm_attribute { TSM_GENERATION, TSM_INBLOB, TSM_OUTBLOB, TSM_PROVIDER, TSM_ATTRIBUTE_COUNT };

struct tsm_attribute_row {
    const char *name;
    unsigned mode;        /* of its file; nobody, root included, opens it otherwise */
    struct bytes content; /* of its file, at first */
};

extern const struct tsm_attribute_row tsm_attributes[TSM_ATTRIBUTE_COUNT];

/* Who quotes and who keeps the files. */
struct tsm_host {
    void *of; /* handed to each function */

    /* report_data has 64 bytes; appends to ret_quote. */
    bool (*quote)(void *of, struct bytes report_data, struct buffer *ret_quote,
                  struct quoth_error *err);

    /* Gives the file of this path the content. */
    bool (*store)(void *of, const char *path, struct bytes content, struct quoth_error *err);
};

struct tsm_report; /* opaque: the items of one trust domain */

bool tsm_report_open(const struct tsm_host *host, struct tsm_report **ret_report,
                     struct quoth_error *err);
void tsm_report_close(struct tsm_report *report); /* accepts NULL */
DEFINE_AUTO(tsm_report, struct tsm_report *, tsm_report_close)

/* What the kernel is left to do by itself, on the folders and files as they are; no errno. */
#define TSM_KERNEL (-1)

/* All of these take a path in normal form (attestation_path_normal) and return 0, an errno of the
 * kernel's, or TSM_KERNEL. */

/* Whether the path is the report folder or lies in it. The others are for such paths. */
bool tsm_guarded(const char *path);

/* The caller then makes the item's folder, or removes it. ret_name lives as long as path. */
int tsm_mkdir(struct tsm_report *report, const char *path, const char **ret_name);
int tsm_rmdir(struct tsm_report *report, const char *path, const char **ret_name);

int tsm_unlink(struct tsm_report *report, const char *path);

/* Opens with the flags of open(2). 0 comes with a descriptor to hand over: of a memory file, for
 * inblob, or one whose read(2) fails with EINVAL, for an outblob that cannot be had. EIO: what the
 * host said, which err then explains. */
int tsm_open(struct tsm_report *report, const char *path, int flags, int *ret_fd,
             struct quoth_error *err);

#endif
