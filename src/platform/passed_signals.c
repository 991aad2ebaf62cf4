#include "platform/passed_signals.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"

static bool system_failed(const char *where, struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_UNAVAILABLE, where, QUOTH_NO_OFFSET, "%s", strerror(errno));
}

bool passed_signals_open(bool children, struct passed_signals *ret, struct quoth_error *err)
{
    static const int passed_on[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
    sigset_t set, before;

    (void)signal(SIGPIPE, SIG_IGN); /* a log that nobody reads ends no program */
    sigemptyset(&set);
    for (size_t i = 0; i < COUNT(passed_on); i++)
        sigaddset(&set, passed_on[i]);
    if (children)
        sigaddset(&set, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &set, &before) != 0)
        return system_failed("sigprocmask", err);
    const int fd = signalfd(-1, &set, SFD_CLOEXEC);
    if (fd < 0) {
        system_failed("signalfd", err);
        sigprocmask(SIG_SETMASK, &before, NULL);
        return false;
    }
    *ret = (struct passed_signals){fd, before};
    return true;
}

void passed_signals_close(struct passed_signals *s)
{
    if (s->fd < 0)
        return;
    fd_close(fd_take(&s->fd));
    sigprocmask(SIG_SETMASK, &s->before, NULL);
}

void passed_signals_send(const struct passed_signals *s, int program)
{
    struct signalfd_siginfo info;
    if (read(s->fd, &info, sizeof info) == sizeof info && info.ssi_code != SI_KERNEL &&
        info.ssi_signo != SIGCHLD)
        syscall(SYS_pidfd_send_signal, program, info.ssi_signo, NULL, 0);
}
