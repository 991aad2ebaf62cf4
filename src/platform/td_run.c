#include "platform/td_run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "platform/filter.h"
#include "platform/jail_message.h"
#include "platform/orphans.h"
#include "platform/passed_signals.h"
#include "platform/platform.h"
#include "platform/td_calls.h"
#include "platform/td_mounts.h"
#include "platform/tracee.h"
#include "platform/vector.h"

static bool system_failed(const char *where, struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_UNAVAILABLE, where, QUOTH_NO_OFFSET, "%s", strerror(errno));
}

/* What program and supervisor know of each other. */
struct domain {
    pid_t program;
    int control;
    int listener; /* its supervised calls */
    int folder;   /* of the items */
    int pidfd;
};

static void domain_clear(struct domain *d)
{
    if (d->program > 0) {
        kill(d->program, SIGKILL);
        while (waitpid(d->program, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (d->control >= 0)
        orphans_end(getpid());
    fd_close(d->control);
    fd_close(d->listener);
    fd_close(d->folder);
    fd_close(d->pidfd);
}

#define DOMAIN_EMPTY                                                                               \
    {                                                                                              \
        .program = -1, .control = -1, .listener = -1, .folder = -1, .pidfd = -1                    \
    }
DEFINE_AUTO_VALUE(domain, struct domain, domain_clear)

/* --- the program's side --- */

static _Noreturn void give_up(int control, const struct quoth_error *err)
{
    const struct jail_message message = {.kind = JAIL_FAILED, .err = *err};
    jail_message_send(control, &message, -1);
    _exit(126);
}

static bool supervise(int *ret_listener, struct quoth_error *err)
{
    AUTO(buffer) struct buffer filter = {0};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return quoth_fail(err, QUOTH_SANDBOX_MISSING, "no_new_privs", QUOTH_NO_OFFSET, "%s",
                          strerror(errno));
    return filter_build_domain(&filter, err) &&
           filter_install(buffer_bytes(&filter), ret_listener, err);
}

static void tell(int control, int descriptor)
{
    const struct jail_message message = {.kind = JAIL_READY};
    jail_message_send(control, &message, descriptor);
    close(descriptor);
}

static _Noreturn void program_main(int control, const char *hidden, const char *path,
                                   char *const *argv)
{
    struct quoth_error err = {0};
    int folder = -1, listener = -1;
    char go;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!td_mounts_enter(hidden, &folder, &err))
        give_up(control, &err);
    tell(control, folder);
    if (!supervise(&listener, &err))
        give_up(control, &err);
    tell(control, listener);
    if (recv(control, &go, 1, 0) != 1)
        _exit(126);
    execv(path, argv);
    quoth_fail(&err, QUOTH_ENCLAVE_EXEC, path, QUOTH_NO_OFFSET, "%s", strerror(errno));
    give_up(control, &err);
}

/* --- the supervisor's side --- */

static bool receive(struct domain *d, int *ret_descriptor, struct quoth_error *err)
{
    struct jail_message message;
    pid_t sender;

    if (!jail_message_receive(d->control, &message, ret_descriptor, &sender, err))
        return false;
    if (message.kind == JAIL_READY && *ret_descriptor >= 0)
        return true;
    *err = message.err;
    return false;
}

/* Forks the program; it waits for the word to start. */
static bool domain_open(const char *hidden, const char *path, char *const *argv, struct domain *ret,
                        struct quoth_error *err)
{
    AUTO(domain) struct domain d = DOMAIN_EMPTY;
    const int on = 1;
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return system_failed("socketpair", err);
    d.control = ends[0];
    AUTO(fd) int theirs = ends[1];
    if (setsockopt(d.control, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0)
        return system_failed("SO_PASSCRED", err);
    d.program = fork();
    if (d.program < 0)
        return system_failed("fork", err);
    if (d.program == 0) {
        close(d.control);
        program_main(theirs, hidden, path, argv);
    }
    fd_close(fd_take(&theirs)); /* so that its end is seen when the program is gone */
    if (!receive(&d, &d.folder, err) || !receive(&d, &d.listener, err))
        return false;
    if (!tracee_readable(d.program))
        return quoth_fail(err, QUOTH_SANDBOX_MISSING, "supervisor", QUOTH_NO_OFFSET,
                          "may not read what the program asks for in its memory: %s (see sysctl "
                          "kernel.yama.ptrace_scope)",
                          strerror(errno));
    d.pidfd = (int)syscall(SYS_pidfd_open, d.program, 0);
    if (d.pidfd < 0)
        return system_failed("pidfd_open", err);
    *ret = d;
    d = (struct domain)DOMAIN_EMPTY;
    return true;
}

/* Buries whoever has died, orphans of the domain included; true when the program was among them. */
static bool reap(struct domain *d, int *ret_wait_status)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        if (pid == d->program) {
            *ret_wait_status = status;
            d->program = -1;
        }
    return d->program < 0;
}

/* The control socket closes when the program is executed; a message is why it was not. */
static bool started(struct domain *d, struct quoth_error *err)
{
    struct jail_message message;
    struct pollfd wait = {.fd = d->control, .events = POLLIN};
    struct quoth_error closed = {0};
    int none;
    pid_t sender;

    if (poll(&wait, 1, 0) != 1 ||
        !jail_message_receive(d->control, &message, &none, &sender, &closed))
        return true;
    *err = message.err;
    return false;
}

static bool serve(struct domain *d, struct td_calls *calls, const struct passed_signals *signals,
                  int *ret_wait_status, struct quoth_error *err)
{
    struct pollfd waits[] = {
        {.fd = d->listener, .events = POLLIN},
        {.fd = signals->fd, .events = POLLIN},
    };

    for (;;) {
        if (reap(d, ret_wait_status))
            return started(d, err);
        if (poll(waits, COUNT(waits), -1) < 0 && errno != EINTR)
            return system_failed("poll", err);
        if ((waits[0].revents & POLLIN) && !td_calls_serve(calls, err))
            return false;
        if (waits[0].revents & POLLHUP)
            waits[0].fd = -1; /* nobody is left */
        if (waits[1].revents)
            passed_signals_send(signals, d->pidfd);
    }
}

/* --- the whole --- */

struct host {
    struct platform *platform;
    struct td_identity identity;
    int folder;
};

static bool quote(void *of, struct bytes report_data, struct buffer *ret_quote,
                  struct quoth_error *err)
{
    const struct host *h = of;
    return platform_td_quote(h->platform, &h->identity, report_data, 4, ret_quote, err);
}

static bool store(void *of, const char *path, struct bytes content, struct quoth_error *err)
{
    const struct host *h = of;
    return td_calls_store(h->folder, path, content, err);
}

static bool supervisor_main(struct domain *d, struct host *host, FILE *log, int *ret_wait_status,
                            struct quoth_error *err)
{
    const struct tsm_host functions = {.of = host, .quote = quote, .store = store};
    AUTO(tsm_report) struct tsm_report *report = NULL;
    AUTO(notices) struct notices notices = {0};
    AUTO(passed_signals) struct passed_signals signals = PASSED_SIGNALS_EMPTY;

    if (!tsm_report_open(&functions, &report, err) || !notices_open(d->listener, &notices, err) ||
        !passed_signals_open(true, &signals, err))
        return false;
    (void)signal(SIGIO, SIG_IGN); /* comes when a program wants a file that we have a lease of */
    struct td_calls calls = {&notices, report, d->folder, log};
    if (send(d->control, "", 1, MSG_NOSIGNAL) != 1)
        return system_failed("start", err);
    return serve(d, &calls, &signals, ret_wait_status, err);
}

static void announce(FILE *log, const char *platform)
{
    fprintf(log, "[quoth] SIMULATED TEE - no hardware protection (platform %s)\n", platform);
    (void)fflush(log);
}

/* An absolute path without links: what is to be covered inside. */
static bool platform_place(const char *given, char **ret_folder, struct quoth_error *err)
{
    AUTO(text) char *folder = NULL;
    if (!platform_folder(given, &folder, err))
        return false;
    *ret_folder = realpath(folder, NULL);
    return *ret_folder ||
           quoth_fail(err, QUOTH_PLATFORM_ABSENT, folder, QUOTH_NO_OFFSET, "%s", strerror(errno));
}

/* The program is forked off before the platform is opened, so it has no key in its memory. */
bool td_run(const struct td_run *run, int *ret_wait_status, struct quoth_error *err)
{
    AUTO(text) char *path = NULL, *folder = NULL;
    AUTO(vector) struct vector argv = {0};
    AUTO(domain) struct domain domain = DOMAIN_EMPTY;
    AUTO(platform) struct platform *platform = NULL;
    struct host host;

    prctl(PR_SET_CHILD_SUBREAPER, 1); /* we may look into our descendants only */
    if (!td_measure(&run->plan, &host.identity, err) || !td_find(run->plan.exe, &path, err) ||
        !platform_place(run->platform, &folder, err) ||
        !vector_arguments(&argv, run->plan.exe, run->plan.args, err) ||
        !domain_open(folder, path, argv.items, &domain, err))
        return false;
    prctl(PR_SET_DUMPABLE, 0); /* nobody looks at the keys in our memory, alive or as a core */
    if (!platform_open(folder, &platform, err))
        return false;
    host.platform = platform;
    host.folder = domain.folder;
    announce(run->log, platform_id(platform));
    return supervisor_main(&domain, &host, run->log, ret_wait_status, err);
}
