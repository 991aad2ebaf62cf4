#include "audit/files.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>

static bool walk_file(struct chain_walk *w, const char *path, struct quoth_error *err)
{
    AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return quoth_fail(err, QUOTH_IO, path, QUOTH_NO_OFFSET, "cannot be opened: %s",
                          strerror(errno));
    return audit_file_walk(fd, path, w, err) &&
           (chain_walk_end_file(w, err) || quoth_within(err, path));
}

bool audit_verify(const char *const *paths, size_t count,
                  const struct audit_checkpoint *checkpoints, size_t checkpoint_count,
                  struct audit_report *ret_report, struct quoth_error *err)
{
    AUTO(chain_walk)
    struct chain_walk w = {.checkpoints = checkpoints, .checkpoint_count = checkpoint_count};
    for (size_t i = 0; i < count; i++)
        if (!walk_file(&w, paths[i], err))
            return false;
    if (!chain_walk_end(&w, err))
        return false;
    *ret_report = w.report;
    return true;
}
