#include "platform/jail_walls.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "platform/jail.h"
#include "platform/landlock.h"
#include "platform/rootfs.h"

/* In one write, as the kernel wants these. */
static bool proc_write(const char *path, const char *text, struct quoth_error *err)
{
    AUTO(fd) int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return quoth_fail(err, QUOTH_SANDBOX_MISSING, path, QUOTH_NO_OFFSET, "%s", strerror(errno));
    return file_write_fd(fd, path, bytes_of_text(text), err);
}

bool walls_map_user(uid_t user, gid_t group, struct quoth_error *err)
{
    char users[64], groups[64];
    snprintf(users, sizeof users, "%u %u 1", user, user);
    snprintf(groups, sizeof groups, "%u %u 1", group, group);
    return proc_write("/proc/self/setgroups", "deny", err) &&
           proc_write("/proc/self/uid_map", users, err) &&
           proc_write("/proc/self/gid_map", groups, err);
}

void walls_unshare(unsigned *walls)
{
    if (unshare(CLONE_NEWIPC) == 0)
        *walls |= JAIL_IPC;
    if (unshare(CLONE_NEWUTS) == 0 && sethostname("enclave", 7) == 0)
        *walls |= JAIL_UTS;
}

bool walls_landlock(const struct enclave_config *config, unsigned *walls, struct quoth_error *err)
{
    struct landlock_path paths[ENCLAVE_LIST_MAX + 8];
    size_t count = 0;

    if (landlock_version() == 0)
        return true;
    if (*walls & JAIL_MOUNT) {
        paths[count++] = (struct landlock_path){"/", true};
    } else {
        for (size_t i = 0; rootfs_devices[i]; i++)
            paths[count++] = (struct landlock_path){rootfs_devices[i], true};
        for (size_t i = 0; i < config->mount_count; i++)
            if (config->mounts[i].source)
                paths[count++] =
                    (struct landlock_path){config->mounts[i].source, !config->mounts[i].read_only};
    }
    if (!landlock_restrict(paths, count, err))
        return false;
    *walls |= JAIL_LANDLOCK;
    return true;
}

void walls_drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct none[2] = {0};

    /* each of these fails harmlessly for a user who has nothing to give up */
    for (unsigned long cap = 0; prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0; cap++)
        ;
    (void)!setgroups(0, NULL);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    syscall(SYS_capset, &header, none);
}
