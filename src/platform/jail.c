#include "platform/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "platform/filter.h"
#include "platform/image.h"
#include "platform/jail_message.h"
#include "platform/jail_walls.h"
#include "platform/orphans.h"
#include "platform/rootfs.h"
#include "platform/served_files.h"
#include "platform/tracee.h"

/* What the keeper and the program know. */
struct cell {
    const struct jail_plan *plan;
    int control;
    unsigned walls;
    uid_t user; /* ours before there was a user namespace, where they read as nobody's */
    gid_t group;
    sigset_t signals; /* the mask the program is to start with */
};

static bool system_failed(const char *where, struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_UNAVAILABLE, where, QUOTH_NO_OFFSET, "%s", strerror(errno));
}

/* --- the program's side --- */

static _Noreturn void give_up(const struct cell *cell, const struct quoth_error *err)
{
    const struct jail_message message = {.kind = JAIL_FAILED, .err = *err};
    jail_message_send(cell->control, &message, -1);
    _exit(126);
}

static void limit(int resource, uint64_t value)
{
    struct rlimit r;
    if (getrlimit((unsigned)resource, &r) != 0)
        return;
    r.rlim_max = value < r.rlim_max ? value : r.rlim_max;
    r.rlim_cur = r.rlim_max;
    (void)!setrlimit((unsigned)resource, &r);
}

/* The sizes that were measured: as much heap as configured and a stack per thread; no core dumps.
 */
static void limits_set(const struct enclave_config *config)
{
    const uint64_t stack = (uint64_t)ENCLAVE_STACK_PAGES * SGX_PAGE;
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_STACK, stack);
    limit(RLIMIT_DATA, ((uint64_t)config->heap_mib << 20) + ENCLAVE_THREADS * stack);
}

static bool walls_raise(struct cell *cell, int *ret_listener, struct quoth_error *err)
{
    const struct jail_plan *plan = cell->plan;
    const struct filter_options options = {
        .executable_heap = plan->config->executable_heap,
        .keep_dumpable = !(cell->walls & JAIL_USER),
    };
    AUTO(buffer) struct buffer filter = {0};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return quoth_fail(err, QUOTH_SANDBOX_MISSING, "no_new_privs", QUOTH_NO_OFFSET, "%s",
                          strerror(errno));
    cell->walls |= JAIL_NO_NEW_PRIVS;
    if (!walls_landlock(plan->config, &cell->walls, err))
        return false;
    walls_drop_capabilities();
    if (!filter_build(&options, &filter, err) ||
        !filter_install(buffer_bytes(&filter), ret_listener, err))
        return false;
    cell->walls |= JAIL_SECCOMP;
    return true;
}

/* From here on every open() waits for the supervisor: what is needed has been opened. */
static _Noreturn void program_main(struct cell *cell)
{
    struct quoth_error err = {0};
    struct jail_message ready = {.kind = JAIL_READY};
    int listener = -1;
    char go;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!walls_raise(cell, &listener, &err))
        give_up(cell, &err);
    ready.walls = cell->walls;
    jail_message_send(cell->control, &ready, listener);
    close(listener);
    if (recv(cell->control, &go, 1, 0) != 1)
        _exit(126);

    /* all descriptors but 0, 1 and 2 end with this program of ours, the control socket included */
    if (syscall(SYS_close_range, 3, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */) != 0) {
        system_failed("close_range", &err);
        give_up(cell, &err);
    }
    limits_set(cell->plan->config); /* they are the program's, not ours */
    (void)signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &cell->signals, NULL);
    syscall(SYS_execveat, cell->plan->program, "", cell->plan->argv, cell->plan->envp,
            AT_EMPTY_PATH);
    quoth_fail(&err, QUOTH_ENCLAVE_EXEC, "execveat", QUOTH_NO_OFFSET, "%s", strerror(errno));
    give_up(cell, &err);
}

/* --- the keeper --- */

static bool chamber_prepare(struct cell *cell, struct quoth_error *err)
{
    const struct jail_plan *plan = cell->plan;
    int root = -1;

    if ((cell->walls & JAIL_USER) && !walls_map_user(cell->user, cell->group, err))
        return false;
    walls_unshare(&cell->walls);
    rootfs_prepare(&root);
    if (root < 0) {
        if (!served_suffices(plan->config, err))
            return false;
    } else {
        const bool entered = rootfs_enter(root, plan->config, err);
        close(root);
        if (!entered)
            return false;
        cell->walls |= JAIL_MOUNT;
    }
    if (chdir(plan->folder) != 0)
        return quoth_fail(err, QUOTH_IO, "PWD", QUOTH_NO_OFFSET, "%s: %s", plan->folder,
                          strerror(errno));
    return true;
}

/* Waits for the program, tells how it ended, and stays for the orphans it left, all of which are
 * ours (PR_SET_CHILD_SUBREAPER), until the supervisor ends us. A pid namespace ends with us. */
static _Noreturn void keeper_wait(const struct cell *cell, pid_t program)
{
    for (;;) {
        struct jail_message ended = {.kind = JAIL_ENDED};
        const pid_t pid = waitpid(-1, &ended.wait_status, 0);
        if (pid == program)
            jail_message_send(cell->control, &ended, -1);
        if (pid < 0 && errno != EINTR)
            _exit(0);
    }
}

static _Noreturn void keeper_main(struct cell *cell)
{
    struct quoth_error err = {0};
    sigset_t all;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* the supervisor may look into its descendants only */
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &cell->signals);
    if (!chamber_prepare(cell, &err))
        give_up(cell, &err);
    const pid_t program = fork();
    if (program == 0)
        program_main(cell);
    if (program < 0) {
        system_failed("fork", &err);
        give_up(cell, &err);
    }
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    walls_drop_capabilities();
    keeper_wait(cell, program);
}

/* --- the supervisor's side --- */

static bool out_of_turn(struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_ENCLAVE_EXEC, "keeper", QUOTH_NO_OFFSET,
                      "the program ended before it was started");
}

static bool walls_suffice(const struct jail_plan *plan, unsigned walls, struct quoth_error *err)
{
    const unsigned floor = JAIL_NO_NEW_PRIVS | JAIL_SECCOMP;
    AUTO(buffer) struct buffer text = {0};

    if (plan->require_all ? walls == JAIL_ALL
                          : (walls & floor) == floor && (walls & (JAIL_LANDLOCK | JAIL_MOUNT)))
        return true;
    jail_walls_text((plan->require_all ? JAIL_ALL : floor | JAIL_LANDLOCK | JAIL_MOUNT) & ~walls,
                    &text);
    buffer_u8(&text, 0);
    if (!buffer_ok(&text, err))
        return false;
    return quoth_fail(err, QUOTH_SANDBOX_MISSING, "sandbox", QUOTH_NO_OFFSET,
                      "this machine does not give: %s", (const char *)text.data);
}

static bool ready_receive(const struct jail_plan *plan, struct jail *jail, struct quoth_error *err)
{
    struct jail_message message;
    pid_t program = -1;

    if (!jail_message_receive(jail->control, &message, &jail->listener, &program, err))
        return false;
    if (message.kind == JAIL_FAILED) {
        *err = message.err;
        return false;
    }
    if (message.kind != JAIL_READY)
        return out_of_turn(err);
    jail->walls = message.walls;
    if (!walls_suffice(plan, jail->walls, err))
        return false;
    if (!tracee_readable(program))
        return quoth_fail(err, QUOTH_SANDBOX_MISSING, "supervisor", QUOTH_NO_OFFSET,
                          "may not read what the program asks for in its memory: %s (see sysctl "
                          "kernel.yama.ptrace_scope)",
                          strerror(errno));
    jail->program = (int)syscall(SYS_pidfd_open, program, 0);
    return jail->program >= 0 || system_failed("pidfd_open", err);
}

/* Some systems give a user namespace without the rights that should come with it (AppArmor), and it
 * is found out only inside, when there is no way back. */
static bool user_namespace_works(uid_t user, gid_t group)
{
    struct quoth_error err = {0};
    int status;

    const pid_t scout = fork();
    if (scout == 0)
        _exit(unshare(CLONE_NEWUSER) == 0 && walls_map_user(user, group, &err) ? 0 : 1);
    return scout > 0 && waitpid(scout, &status, 0) == scout && status == 0;
}

/* As fork(), into as many new namespaces as there are to be had. */
static pid_t fork_apart(bool user_namespace, unsigned *ret_walls)
{
    static const struct {
        unsigned long flags;
        unsigned walls;
    } ways[] = {
        {CLONE_NEWUSER | CLONE_NEWPID, JAIL_USER | JAIL_PID},
        {CLONE_NEWPID,                 JAIL_PID            },
        {CLONE_NEWUSER,                JAIL_USER           },
        {0,                            0                   },
    };
    pid_t pid = -1;

    for (size_t i = 0; i < COUNT(ways) && pid < 0; i++) {
        if ((ways[i].walls & JAIL_USER) && !user_namespace)
            continue;
        *ret_walls = ways[i].walls;
        pid = (pid_t)syscall(SYS_clone, ways[i].flags | SIGCHLD, NULL, NULL, NULL, NULL);
    }
    return pid;
}

bool jail_open(const struct jail_plan *plan, struct jail *ret_jail, struct quoth_error *err)
{
    AUTO(jail) struct jail jail = JAIL_EMPTY;
    struct cell cell = {.plan = plan, .user = geteuid(), .group = getegid()};
    const int on = 1;
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return system_failed("socketpair", err);
    jail.control = ends[0];
    AUTO(fd) int theirs = ends[1];
    /* the sender's process id comes translated from its namespace to ours */
    if (setsockopt(jail.control, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0)
        return system_failed("SO_PASSCRED", err);
    jail.keeper = fork_apart(user_namespace_works(cell.user, cell.group), &cell.walls);
    if (jail.keeper < 0)
        return system_failed("fork", err);
    if (jail.keeper == 0) {
        cell.control = theirs;
        close(jail.control);
        keeper_main(&cell);
    }
    fd_close(fd_take(&theirs)); /* so that its end is seen when the others are gone */
    if (!ready_receive(plan, &jail, err))
        return false;
    *ret_jail = jail;
    jail = (struct jail)JAIL_EMPTY;
    return true;
}

/* Without a pid namespace, what a program leaves behind would outlive it, and its supervisor. */
void jail_close(struct jail *jail)
{
    if (jail->keeper > 0) {
        if (!(jail->walls & JAIL_PID))
            orphans_end(jail->keeper);
        kill(jail->keeper, SIGKILL);
        while (waitpid(jail->keeper, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    fd_close(jail->control);
    fd_close(jail->listener);
    fd_close(jail->program);
    *jail = (struct jail)JAIL_EMPTY;
}

bool jail_start(struct jail *jail, struct quoth_error *err)
{
    return send(jail->control, "", 1, MSG_NOSIGNAL) == 1 || system_failed("start", err);
}

bool jail_result(struct jail *jail, int *ret_wait_status, struct quoth_error *err)
{
    struct jail_message message;
    int none = -1;
    pid_t sender;

    if (!jail_message_receive(jail->control, &message, &none, &sender, err))
        return false;
    if (message.kind == JAIL_ENDED) {
        *ret_wait_status = message.wait_status;
        return true;
    }
    if (message.kind == JAIL_FAILED)
        *err = message.err;
    return out_of_turn(err);
}

void jail_walls_text(unsigned walls, struct buffer *to)
{
    static const struct {
        unsigned bit;
        const char *name;
    } names[] = {
        {JAIL_NO_NEW_PRIVS, "no_new_privs"   },
        {JAIL_SECCOMP,      "seccomp"        },
        {JAIL_LANDLOCK,     "landlock"       },
        {JAIL_MOUNT,        "mount namespace"},
        {JAIL_USER,         "user namespace" },
        {JAIL_PID,          "pid namespace"  },
        {JAIL_IPC,          "ipc namespace"  },
        {JAIL_UTS,          "uts namespace"  },
    };
    const char *comma = "";
    for (size_t i = 0; i < COUNT(names); i++) {
        if (!(walls & names[i].bit))
            continue;
        buffer_printf(to, "%s%s", comma, names[i].name);
        comma = ", ";
    }
    if (*comma == '\0')
        buffer_text(to, "nothing");
}
