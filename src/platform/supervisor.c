#include "platform/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "platform/attestation_files.h"
#include "platform/notices.h"
#include "platform/passed_signals.h"
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
    struct notices notices;
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

static struct answer opened(int fd, int flags)
{
    return (struct answer){.descriptor = fd, .close_on_exec = (flags & O_CLOEXEC) != 0};
}

/* Everything else is the kernel's affair, unless the enclave has no root of its own. */
static struct answer other_answer(const struct supervisor *s, const char *path, int flags)
{
    int fd = -1;

    if (s->about->jail->walls & JAIL_MOUNT)
        return answer_passed();
    const int error = served_open(s->about->config, path, flags, &fd);
    if (error == SERVED_NOTHING)
        return answer_passed();
    return error ? answer_refused(error) : opened(fd, flags);
}

static struct answer attestation_answer(struct supervisor *s, const char *path, int flags)
{
    struct quoth_error err = {0};
    int fd = -1;
    pid_t id;

    if (!tracee_process((pid_t)s->notices.call->pid, &id))
        return answer_refused(EACCES);
    struct process *p = process_find(s, id);
    if (!p)
        return answer_refused(EMFILE);
    const int error =
        attestation_open(s->about->device, s->about->identity, &p->state, path, flags, &fd, &err);
    if (error == 0)
        return opened(fd, flags);
    explain(s, path, &err);
    return answer_refused(error);
}

/* The path is read once. If the program changes it meanwhile, and the call goes on, the kernel
 * finds nothing of ours under the other name: the files exist for this supervisor only. */
static struct answer open_answer(struct supervisor *s, uint64_t address, int flags)
{
    char path[4096], normal[4096];
    const int error = tracee_text((pid_t)s->notices.call->pid, address, path, sizeof path);

    if (!notices_waiting(&s->notices))
        return answer_refused(EINTR);
    if (error)
        return answer_refused(error);
    if (!attestation_path_normal(path, normal, sizeof normal))
        return answer_passed();
    return attestation_path_guarded(normal) ? attestation_answer(s, normal, flags)
                                            : other_answer(s, normal, flags);
}

static struct answer call_answer(void *who)
{
    struct supervisor *s = who;
    const struct seccomp_data *call = &s->notices.call->data;

    switch (call->nr) {
    case SYS_open:
        return open_answer(s, call->args[0], (int)call->args[1]);
    case SYS_openat:
        return open_answer(s, call->args[1], (int)call->args[2]);
    case SYS_creat:
        return open_answer(s, call->args[0], O_CREAT | O_WRONLY | O_TRUNC);
    case SYS_execveat:
        if (s->started)
            return answer_refused(EPERM);
        s->started = true;
        return answer_passed();
    default:
        return answer_refused(EPERM);
    }
}

static bool serve(struct supervisor *s, const struct passed_signals *signals, int *ret_wait_status,
                  struct quoth_error *err)
{
    struct jail *jail = s->about->jail;
    struct pollfd waits[] = {
        {.fd = jail->control,  .events = POLLIN},
        {.fd = jail->listener, .events = POLLIN},
        {.fd = signals->fd,    .events = POLLIN},
    };

    for (;;) {
        if (poll(waits, COUNT(waits), -1) < 0 && errno != EINTR)
            return system_failed("poll", err);
        if (waits[0].revents)
            return jail_result(jail, ret_wait_status, err);
        if ((waits[1].revents & POLLIN) && !notices_serve(&s->notices, call_answer, s, err))
            return false;
        if (waits[1].revents & POLLHUP)
            waits[1].fd = -1; /* the program has ended; the keeper is about to say how */
        if (waits[2].revents)
            passed_signals_send(signals, jail->program);
    }
}

static void supervisor_clear(struct supervisor *s)
{
    for (size_t i = 0; s->processes && i < PROCESSES_MAX; i++)
        if (s->processes[i].id != 0)
            process_clear(&s->processes[i]);
    free(s->processes);
    notices_clear(&s->notices);
}
DEFINE_AUTO_VALUE(supervisor, struct supervisor, supervisor_clear)

bool supervisor_run(const struct supervision *about, int *ret_wait_status, struct quoth_error *err)
{
    AUTO(supervisor) struct supervisor s = {.about = about};
    AUTO(passed_signals) struct passed_signals signals = PASSED_SIGNALS_EMPTY;

    s.processes = calloc(PROCESSES_MAX, sizeof *s.processes);
    if (!s.processes)
        return quoth_fail(err, QUOTH_MEMORY, "supervisor", QUOTH_NO_OFFSET, "out of memory");
    return notices_open(about->jail->listener, &s.notices, err) &&
           passed_signals_open(false, &signals, err) && jail_start(about->jail, err) &&
           serve(&s, &signals, ret_wait_status, err);
}
