#include "tests/enclave/machine.h"

#include <errno.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static bool deny_namespaces(scmp_filter_ctx ctx)
{
    static const unsigned namespaces[] = {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID};
    bool ok = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(unshare), 0) == 0;
    for (size_t i = 0; i < COUNT(namespaces); i++)
        ok &= seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                               SCMP_A0(SCMP_CMP_MASKED_EQ, namespaces[i], namespaces[i])) == 0;
    return ok;
}

static bool deny(unsigned what)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
    bool ok = ctx != NULL;

    if (what & LACK_NAMESPACES)
        ok = ok && deny_namespaces(ctx);
    if (what & LACK_LANDLOCK)
        ok = ok && seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset),
                                    0) == 0;
    if (what & LACK_SECCOMP) /* after which no more filters come in */
        ok = ok && seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(seccomp), 0) == 0;
    ok = ok && seccomp_load(ctx) == 0;
    seccomp_release(ctx);
    return ok;
}

bool machine_enter(unsigned lacking, uid_t user)
{
    if (user != 0 && (setgid(user) != 0 || setuid(user) != 0))
        return false;
    return lacking == 0 || deny(lacking);
}

static bool in_a_child(bool (*tried)(unsigned), unsigned what, unsigned lacking, uid_t user)
{
    int status = -1;
    const pid_t pid = fork();
    if (pid == 0)
        _exit(machine_enter(lacking, user) && tried(what) ? 0 : 1);
    return waitpid(pid, &status, 0) == pid && status == 0;
}

/* Whether a namespace is to be had, by right or as the root of a user namespace. One of mounts is
 * of use only where they can be cut off from the host's, which a root folder (chroot) is not. */
static bool leaves(unsigned namespace)
{
    const bool user = unshare(CLONE_NEWUSER) == 0;
    if (namespace == CLONE_NEWUSER)
        return user;
    return unshare((int)namespace) == 0 &&
           (namespace != CLONE_NEWNS || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
}

static bool has_landlock(unsigned version)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >=
           version;
}

unsigned machine_walls(unsigned lacking, uid_t user)
{
    static const struct {
        bool (*tried)(unsigned);
        unsigned what, wall;
    } tries[] = {
        {has_landlock, 1,             JAIL_LANDLOCK},
        {leaves,       CLONE_NEWNS,   JAIL_MOUNT   },
        {leaves,       CLONE_NEWUSER, JAIL_USER    },
        {leaves,       CLONE_NEWPID,  JAIL_PID     },
        {leaves,       CLONE_NEWIPC,  JAIL_IPC     },
        {leaves,       CLONE_NEWUTS,  JAIL_UTS     },
    };
    unsigned walls = JAIL_NO_NEW_PRIVS | JAIL_SECCOMP;

    for (size_t i = 0; i < COUNT(tries); i++)
        if (in_a_child(tries[i].tried, tries[i].what, lacking, user))
            walls |= tries[i].wall;
    return walls;
}

bool machine_runs_enclaves(unsigned lacking, uid_t user)
{
    static const char *const without[] = {"", " without namespaces", " without Landlock",
                                          " without both"};
    if (machine_walls(lacking, user) & (JAIL_LANDLOCK | JAIL_MOUNT))
        return true;
    printf("skipped: enclaves%s: neither Landlock nor a mount namespace is left\n",
           without[lacking & (LACK_NAMESPACES | LACK_LANDLOCK)]);
    (void)fflush(stdout);
    return false;
}
