#include "cli/sink.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

static bool is_variable(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    return strchr(letters, name[0]) != NULL &&
           name[strspn(name + 1,
                       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789") +
                1] == '\0';
}

static bool in_memory(int fd)
{
    struct statfs fs;
    return fstatfs(fd, &fs) == 0 && (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

static bool check_descriptor(int fd, const char *name, bool terminal, struct quoth_error *err)
{
    struct stat what;
    const int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fstat(fd, &what) != 0 || (flags & O_ACCMODE) == O_RDONLY)
        return quoth_fail(err, QUOTH_USAGE, name, QUOTH_NO_OFFSET, "is not open for writing");
    if ((S_ISREG(what.st_mode) && !in_memory(fd)) || S_ISBLK(what.st_mode))
        return quoth_fail(
            err, QUOTH_USAGE, name, QUOTH_NO_OFFSET,
            "leads to a disk, where keys and secrets do not belong: give a pipe, or a "
            "file in a memory file system");
    return terminal || !isatty(fd) ||
           quoth_fail(err, QUOTH_USAGE, name, QUOTH_NO_OFFSET,
                      "is a terminal: say --stdout if that is meant, or --fd, or --env");
}

static int descriptor_of(const struct sink_args *a)
{
    return a->fd.given ? (int)a->fd.value : STDOUT_FILENO;
}

bool sink_check(const struct sink_args *a, struct quoth_error *err)
{
    if (a->fd.given + (a->env != NULL) + a->to_stdout > 1)
        return quoth_fail(err, QUOTH_USAGE, "--fd, --env, --stdout", QUOTH_NO_OFFSET,
                          "exclude each other");
    if (a->env ? !is_variable(a->env) : a->command.count > 0)
        return quoth_fail(err, QUOTH_USAGE, "--env", QUOTH_NO_OFFSET,
                          a->env ? "is no name of a variable" : "is missing before a command");
    if (a->env)
        return a->command.count > 0 || quoth_fail(err, QUOTH_USAGE, "COMMAND", QUOTH_NO_OFFSET,
                                                  "is missing: --env VAR -- COMMAND [ARGS]");
    if (a->fd.given && a->fd.value > INT16_MAX)
        return quoth_fail(err, QUOTH_USAGE, "--fd", QUOTH_NO_OFFSET, "is no descriptor");
    return check_descriptor(descriptor_of(a), a->fd.given ? "--fd" : "standard output",
                            a->to_stdout, err);
}

static bool run(const struct sink_args *a, struct bytes secret, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    if (secret.len > 0 && memchr(secret.data, '\0', secret.len))
        return quoth_fail(err, QUOTH_MALFORMED, a->env, QUOTH_NO_OFFSET,
                          "would have a NUL in it: take --format base64");
    buffer_add(&text, secret);
    buffer_u8(&text, 0);
    if (!buffer_ok(&text, err))
        return false;
    char *const *const argv = (char *const *)(const void *)a->command.items;
    if (setenv(a->env, (const char *)text.data, 1) == 0)
        execvp(a->command.items[0], argv);
    const int why = errno;
    unsetenv(a->env);
    return quoth_fail(err, QUOTH_IO, a->command.items[0], QUOTH_NO_OFFSET, "does not run: %s",
                      strerror(why));
}

bool sink_write(const struct sink_args *a, struct bytes secret, struct quoth_error *err)
{
    if (a->env)
        return run(a, secret, err);
    const int fd = descriptor_of(a);
    const char *name = a->fd.given ? "--fd" : "standard output";
    while (secret.len > 0) {
        const ssize_t n = write(fd, secret.data, secret.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return quoth_fail(err, QUOTH_IO, name, QUOTH_NO_OFFSET, "cannot be written: %s",
                              strerror(errno));
        secret = bytes_slice(secret, (size_t)n, secret.len);
    }
    return true;
}
