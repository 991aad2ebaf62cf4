/* How long a server takes from exec to its first answer over TLS, keys and state being there. */
#include "base/time.h"
#include "bench/bench.h"
#include "bench/figures.h"
#include "bench/process.h"
#include "bench/stats.h"
#include "bench/wire.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#define RETRY_US 200
#define PATIENCE_US 10000000u

static pid_t spawn(char **command)
{
    const pid_t pid = fork();
    if (pid < 0)
        give_up("no process can be made");
    if (pid > 0)
        return pid;
    const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    execvp(command[0], command);
    _exit(127);
}

/* One attempt; false when nobody listens yet. */
static bool ask(const struct wire_target *target, struct bytes request, uint64_t until)
{
    struct wire w;
    struct epoll_event ready;
    bool answered = false;
    wire_open(&w, target);
    while (!answered && w.state != WIRE_BROKEN && time_monotonic_us() < until) {
        if (epoll_wait(target->epoll, &ready, 1, 10) < 1)
            continue;
        answered = wire_step(&w);
        if (w.state == WIRE_IDLE && !answered)
            wire_send(&w, request);
    }
    answered = answered && w.status == 200;
    wire_close(&w);
    return answered;
}

/* Milliseconds to the first answer, and the memory that the server then has. */
static double start_once(char **command, const struct wire_target *target, struct bytes request,
                         size_t *ret_rss)
{
    const uint64_t begin = time_monotonic_us(), until = begin + PATIENCE_US;
    const pid_t pid = spawn(command);
    bool answered = false;
    while (!answered && time_monotonic_us() < until) {
        answered = ask(target, request, until);
        if (!answered)
            usleep(RETRY_US);
    }
    const uint64_t end = time_monotonic_us();
    if (answered)
        *ret_rss = process_rss(pid);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    if (!answered)
        give_up("%s does not answer", command[0]);
    return (double)(end - begin) / 1e3;
}

/* quoth-bench start --url URL [--ca FILE] [--path PATH] [--times N] [--figures FILE] -- COMMAND...
 */
int verb_start(const struct arguments *a)
{
    const char *figures = argument(a, "figures", NULL);
    const size_t times = (size_t)argument_number(a, "times", 11);
    double ms[ROUNDS_MAX], rss[ROUNDS_MAX];
    struct wire_target target;
    AUTO(buffer) struct buffer request = {0};
    char **command = NULL;
    for (int i = 0; i + 1 < a->count && !command; i++)
        if (strcmp(a->at[i], "--") == 0)
            command = &a->at[i + 1];
    if (!command || times > ROUNDS_MAX)
        give_up("start needs -- and a command, and at most %d times", ROUNDS_MAX);
    wire_target_open(argument_need(a, "url"), argument(a, "ca", NULL), &target);
    wire_request(&target, "GET", argument(a, "path", "/livez"), (struct bytes){0}, &request);
    for (size_t i = 0; i < times; i++) {
        size_t bytes = 0;
        ms[i] = start_once(command, &target, buffer_bytes(&request), &bytes);
        rss[i] = (double)bytes;
    }
    printf("  start to first answer %.1f ms, resident memory then %.1f MB (medians of %zu)\n",
           median(ms, times), median(rss, times) / 1e6, times);
    figure_add(figures, "start_ms", median(ms, times));
    figure_add(figures, "start_rss_mb", median(rss, times) / 1e6);
    return 0;
}
