#include "platform/td_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "platform/attestation_files.h"
#include "platform/tracee.h"

#define PATH_SIZE 4096u

/* --- the folders and files that stand for the items --- */

static void item_remove(int folder, const char *name)
{
    AUTO(fd) int item = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    for (size_t i = 0; item >= 0 && i < TSM_ATTRIBUTE_COUNT; i++)
        (void)unlinkat(item, tsm_attributes[i].name, 0);
    (void)unlinkat(folder, name, AT_REMOVEDIR);
}

static bool attributes_make(int item)
{
    struct quoth_error err = {0};

    for (size_t i = 0; i < TSM_ATTRIBUTE_COUNT; i++) {
        const struct tsm_attribute_row *row = &tsm_attributes[i];
        AUTO(fd) int fd = openat(item, row->name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
        if (fd < 0 || !file_write_fd(fd, row->name, row->content, &err) ||
            fchmod(fd, row->mode) != 0)
            return false;
    }
    return true;
}

/* Returns 0 or an errno. */
static int item_make(int folder, const char *name)
{
    if (mkdirat(folder, name, 0755) != 0)
        return errno;
    AUTO(fd) int item = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (item >= 0 && fchmod(item, 0755) == 0 && attributes_make(item))
        return 0;
    const int reason = errno;
    item_remove(folder, name);
    return reason ? reason : EIO;
}

/* In place: a program that compares what it opened with what it examined before finds one file. */
static bool rewrite(int folder, const char *name, struct bytes content, struct quoth_error *err)
{
    struct stat st;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
        fchmodat(folder, name, 0600, 0) != 0)
        return false;
    AUTO(fd) int fd = openat(folder, name, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);
    return fd >= 0 && file_write_fd(fd, name, content, err) && fchmod(fd, st.st_mode & 0777) == 0;
}

bool td_calls_store(int folder, const char *path, struct bytes content, struct quoth_error *err)
{
    return rewrite(folder, path + strlen(TSM_REPORT "/"), content, err) ||
           quoth_fail(err, QUOTH_UNAVAILABLE, "configfs", QUOTH_NO_OFFSET, "%s", strerror(errno));
}

/* --- what the calls mean --- */

static struct answer answer_of(int reason)
{
    return reason == TSM_KERNEL ? answer_passed() : answer_refused(reason);
}

static struct answer mkdir_answer(struct td_calls *c, const char *path)
{
    const char *name;
    const int reason = tsm_mkdir(c->report, path, &name);
    if (reason != 0)
        return answer_of(reason);
    const int failure = item_make(c->folder, name);
    if (failure != 0)
        (void)tsm_rmdir(c->report, path, &name);
    return answer_refused(failure);
}

static struct answer rmdir_answer(struct td_calls *c, const char *path)
{
    const char *name;
    const int reason = tsm_rmdir(c->report, path, &name);
    if (reason == 0)
        item_remove(c->folder, name);
    return answer_of(reason);
}

static struct answer open_answer(struct td_calls *c, const char *path, uint64_t flags)
{
    struct quoth_error err = {0};
    char shown[128];
    int fd = -1;

    const int reason = tsm_open(c->report, path, (int)flags, &fd, &err);
    if (reason == 0)
        return (struct answer){.descriptor = fd, .close_on_exec = (flags & O_CLOEXEC) != 0};
    if (c->log && err.code != QUOTH_OK)
        fprintf(c->log, "[quoth] %s: %s %s\n",
                text_escape(shown, sizeof shown, bytes_of_text(path)), err.where, err.message);
    return answer_of(reason);
}

/* --- the calls --- */

/* A call, brought to one form. */
struct request {
    enum { REQUEST_OPEN, REQUEST_MKDIR, REQUEST_RMDIR, REQUEST_UNLINK } what;
    int folder;     /* descriptor that the path starts at */
    uint64_t path;  /* address */
    uint64_t flags; /* REQUEST_OPEN */
};

/* Returns 0 or an errno; the kernel says the same of a struct open_how that it cannot read. */
static int request_of(const struct seccomp_notif *notice, struct request *ret)
{
    const __u64 *args = notice->data.args;
    const int nr = notice->data.nr;
    const bool at =
        nr == SYS_openat || nr == SYS_openat2 || nr == SYS_mkdirat || nr == SYS_unlinkat;
    struct open_how how;

    *ret = (struct request){.folder = at ? (int)args[0] : AT_FDCWD, .path = args[at ? 1 : 0]};
    switch (nr) {
    case SYS_mkdir:
    case SYS_mkdirat:
        ret->what = REQUEST_MKDIR;
        return 0;
    case SYS_rmdir:
        ret->what = REQUEST_RMDIR;
        return 0;
    case SYS_unlink:
    case SYS_unlinkat:
        ret->what = at && (args[2] & AT_REMOVEDIR) ? REQUEST_RMDIR : REQUEST_UNLINK;
        return 0;
    case SYS_creat:
        ret->flags = O_CREAT | O_WRONLY | O_TRUNC;
        return 0;
    case SYS_openat2:
        if (tracee_bytes((pid_t)notice->pid, args[2], &how, sizeof how) != 0)
            return EFAULT;
        ret->flags = how.flags;
        return 0;
    default:
        ret->flags = (uint32_t)args[at ? 2 : 1];
        return 0;
    }
}

/* False: the path does not concern us, or cannot be read, which the kernel will find, too. */
static bool path_guarded(const struct td_calls *c, const struct request *request,
                         char ret_path[PATH_SIZE])
{
    const pid_t thread = (pid_t)c->notices->call->pid;
    char path[PATH_SIZE], whole[2 * PATH_SIZE];

    return tracee_text(thread, request->path, path, sizeof path) == 0 &&
           tracee_path(thread, request->folder, path, whole, sizeof whole) &&
           attestation_path_normal(whole, ret_path, PATH_SIZE) && tsm_guarded(ret_path);
}

/* The path is read once. If the program changes it meanwhile, and the call goes on, the kernel
 * finds folders and files that cannot be written. */
static struct answer call_answer(void *who)
{
    struct td_calls *c = who;
    struct request request;
    char path[PATH_SIZE];

    const int reason = request_of(c->notices->call, &request);
    if (reason)
        return answer_refused(reason);
    const bool guarded = path_guarded(c, &request, path);
    if (!notices_waiting(c->notices))
        return answer_refused(EINTR);
    if (!guarded)
        return answer_passed();
    switch (request.what) {
    case REQUEST_MKDIR:
        return mkdir_answer(c, path);
    case REQUEST_RMDIR:
        return rmdir_answer(c, path);
    case REQUEST_UNLINK:
        return answer_of(tsm_unlink(c->report, path));
    default:
        return open_answer(c, path, request.flags);
    }
}

bool td_calls_serve(struct td_calls *calls, struct quoth_error *err)
{
    return notices_serve(calls->notices, call_answer, calls, err);
}
