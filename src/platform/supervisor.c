#include "platform/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "platform/attestation_files.h"
#include "platform/served_files.h"
#include "platform/tracee.h"

#define PROCESSES_MAX 256u /* of one enclave that use /dev/attestation at the same time */

struct process {
    pid_t id; /* thread group; 0 is a free place */
    int pidfd;
    struct attestation_state state;
};

struct supervisor {
    const struct supervision *about;
    bool started; /* the one execveat has passed */
    struct process *processes;
    struct seccomp_notif *call; /* of the size this kernel gives it */
    size_t call_size;
};

/* What becomes of a call. */
struct answer {
    bool go_on;     /* the kernel carries it out */
    int error;      /* errno for the program */
    int descriptor; /* or a descriptor for it, ours to close */
};

static bool system_failed(const char *where, struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_UNAVAILABLE, where, QUOTH_NO_OFFSET, "%s", strerror(errno));
}

static void process_clear(struct process *p)
{
    attestation_state_clear(&p->state);
    fd_close(p->pidfd);
    p->id = 0;
    p->pidfd = -1;
}

static bool process_ended(const struct process *p)
{
    struct pollfd ended = {.fd = p->pidfd, .events = POLLIN};
    return poll(&ended, 1, 0) == 1;
}

/* The state of a process; NULL if it is gone or there are too many. */
static struct process *process_find(struct supervisor *s, pid_t id)
{
    struct process *vacant = NULL;

    for (size_t i = 0; i < PROCESSES_MAX; i++) {
        struct process *p = &s->processes[i];
        if (p->id != 0 && process_ended(p)) /* ids are used again, states are not */
            process_clear(p);
        if (p->id == id)
            return p;
        if (p->id == 0 && !vacant)
            vacant = p;
    }
    if (!vacant)
        return NULL;
    const int pidfd = (int)syscall(SYS_pidfd_open, id, 0);
    if (pidfd < 0)
        return NULL;
    vacant->id = id;
    vacant->pidfd = pidfd;
    attestation_state_init(&vacant->state);
    return vacant;
}

static void explain(const struct supervisor *s, const char *path, const struct quoth_error *err)
{
    char shown[128];
    if (s->about->log && err->code != QUOTH_OK)
        fprintf(s->about->log, "[quoth] %s: %s %s\n",
                text_escape(shown, sizeof shown, bytes_of_text(path)), err->where, err->message);
}

static struct answer refused(int error)
{
    return (struct answer){.error = error, .descriptor = -1};
}

static struct answer passed(void)
{
    return (struct answer){.go_on = true, .descriptor = -1};
}

/* Everything else is the kernel's affair, unless the enclave has no root of its own. */
static struct answer other_answer(const struct supervisor *s, const char *path, int flags)
{
    int fd = -1;

    if (s->about->jail->walls & JAIL_MOUNT)
        return passed();
    const int error = served_open(s->about->config, path, flags, &fd);
    if (error == SERVED_NOTHING)
        return passed();
    return error ? refused(error) : (struct answer){.descriptor = fd};
}

static struct answer attestation_answer(struct supervisor *s, const char *path, int flags)
{
    struct quoth_error err = {0};
    int fd = -1;
    pid_t id;

    if (!tracee_process((pid_t)s->call->pid, &id))
        return refused(EACCES);
    struct process *p = process_find(s, id);
    if (!p)
        return refused(EMFILE);
    const int error =
        attestation_open(s->about->device, s->about->identity, &p->state, path, flags, &fd, &err);
    if (error == 0)
        return (struct answer){.descriptor = fd};
    explain(s, path, &err);
    return refused(error);
}

/* The path is read once. If the program changes it meanwhile, and the call goes on, the kernel
 * finds nothing of ours under the other name: the files exist for this supervisor only. */
static struct answer open_answer(struct supervisor *s, uint64_t address, int flags)
{
    char path[4096], normal[4096];
    const int error = tracee_text((pid_t)s->call->pid, address, path, sizeof path);

    /* the process may have died and its id been given to another while we read */
    if (ioctl(s->about->jail->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &s->call->id) != 0)
        return refused(EINTR);
    if (error)
        return refused(error);
    if (!attestation_path_normal(path, normal, sizeof normal))
        return passed();
    return attestation_path_guarded(normal) ? attestation_answer(s, normal, flags)
                                            : other_answer(s, normal, flags);
}

static struct answer call_answer(struct supervisor *s)
{
    const struct seccomp_data *call = &s->call->data;

    switch (call->nr) {
    case SYS_open:
        return open_answer(s, call->args[0], (int)call->args[1]);
    case SYS_openat:
        return open_answer(s, call->args[1], (int)call->args[2]);
    case SYS_creat:
        return open_answer(s, call->args[0], O_CREAT | O_WRONLY | O_TRUNC);
    case SYS_execveat:
        if (s->started)
            return refused(EPERM);
        s->started = true;
        return passed();
    default:
        return refused(EPERM);
    }
}

static int flags_of(const struct seccomp_data *call)
{
    return call->nr == SYS_open ? (int)call->args[1]
                                : (call->nr == SYS_openat ? (int)call->args[2] : 0);
}

/* Fails only if the caller is gone or has no descriptor left; the kernel tells it the latter. */
static void hand_over(const struct supervisor *s, int fd)
{
    const struct seccomp_notif_addfd add = {
        .id = s->call->id,
        .flags = SECCOMP_ADDFD_FLAG_SEND, /* the number it gets is the result of its call */
        .srcfd = (uint32_t)fd,
        .newfd_flags = (uint32_t)(flags_of(&s->call->data) & O_CLOEXEC),
    };
    if (ioctl(s->about->jail->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add) >= 0 || errno == ENOENT)
        return;
    const struct seccomp_notif_resp none = {.id = s->call->id, .error = -errno};
    (void)!ioctl(s->about->jail->listener, SECCOMP_IOCTL_NOTIF_SEND, &none);
}

static bool call_serve(struct supervisor *s, struct quoth_error *err)
{
    const int listener = s->about->jail->listener;

    bytes_wipe(s->call, s->call_size); /* the kernel insists on zeros */
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, s->call) != 0)
        return errno == ENOENT || errno == EINTR || system_failed("seccomp", err);
    AUTO(fd) int descriptor = -1;
    const struct answer answer = call_answer(s);
    descriptor = answer.descriptor;
    if (descriptor >= 0) {
        hand_over(s, descriptor);
        return true;
    }
    const struct seccomp_notif_resp resp = {
        .id = s->call->id,
        .error = answer.go_on ? 0 : -answer.error,
        .flags = answer.go_on ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0,
    };
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp) != 0 && errno != ENOENT)
        return system_failed("seccomp", err);
    return true;
}

/* What a terminal sends goes to the whole process group, the program included. */
static void signal_pass(const struct supervisor *s, int signals)
{
    struct signalfd_siginfo info;
    if (read(signals, &info, sizeof info) == sizeof info && info.ssi_code != SI_KERNEL)
        syscall(SYS_pidfd_send_signal, s->about->jail->program, info.ssi_signo, NULL, 0);
}

static bool serve(struct supervisor *s, int signals, int *ret_wait_status, struct quoth_error *err)
{
    struct jail *jail = s->about->jail;
    struct pollfd waits[] = {
        {.fd = jail->control,  .events = POLLIN},
        {.fd = jail->listener, .events = POLLIN},
        {.fd = signals,        .events = POLLIN},
    };

    for (;;) {
        if (poll(waits, COUNT(waits), -1) < 0 && errno != EINTR)
            return system_failed("poll", err);
        if (waits[0].revents)
            return jail_result(jail, ret_wait_status, err);
        if ((waits[1].revents & POLLIN) && !call_serve(s, err))
            return false;
        if (waits[1].revents & POLLHUP)
            waits[1].fd = -1; /* the program has ended; the keeper is about to say how */
        if (waits[2].revents)
            signal_pass(s, signals);
    }
}

/* Room for what the kernel writes, which may be more than we know of. */
static bool call_room(struct supervisor *s, struct quoth_error *err)
{
    struct seccomp_notif_sizes sizes;
    if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) != 0)
        return system_failed("seccomp", err);
    s->call_size = sizes.seccomp_notif > sizeof *s->call ? sizes.seccomp_notif : sizeof *s->call;
    s->call = calloc(1, s->call_size);
    s->processes = calloc(PROCESSES_MAX, sizeof *s->processes);
    return (s->call && s->processes) ||
           quoth_fail(err, QUOTH_MEMORY, "supervisor", QUOTH_NO_OFFSET, "out of memory");
}

static void supervisor_clear(struct supervisor *s)
{
    for (size_t i = 0; s->processes && i < PROCESSES_MAX; i++)
        if (s->processes[i].id != 0)
            process_clear(&s->processes[i]);
    free(s->processes);
    free(s->call);
}
DEFINE_AUTO_VALUE(supervisor, struct supervisor, supervisor_clear)

bool supervisor_run(const struct supervision *about, int *ret_wait_status, struct quoth_error *err)
{
    static const int passed_on[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
    AUTO(supervisor) struct supervisor s = {.about = about};
    sigset_t set, before;

    if (!call_room(&s, err))
        return false;
    (void)signal(SIGPIPE, SIG_IGN); /* a log that nobody reads ends no enclave */
    sigemptyset(&set);
    for (size_t i = 0; i < COUNT(passed_on); i++)
        sigaddset(&set, passed_on[i]);
    if (sigprocmask(SIG_BLOCK, &set, &before) != 0)
        return system_failed("sigprocmask", err);
    AUTO(fd) int signals = signalfd(-1, &set, SFD_CLOEXEC);
    const bool ok = signals >= 0
                        ? jail_start(about->jail, err) && serve(&s, signals, ret_wait_status, err)
                        : system_failed("signalfd", err);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return ok;
}
