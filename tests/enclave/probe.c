/* A program for an enclave that tries what an enclave may not do, and tells what came of it: a
 * static PIE, as every program of the software TEE. probe NAME [ARG] does one thing; probe calls
 * makes every call of a table and prints "name: errno". */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/openat2.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char quote_path[] = "/dev/attestation/quote";
static const char data_path[] = "/dev/attestation/user_report_data";

static void report(const char *name, long result)
{
    printf("%s: %s\n", name, result < 0 ? strerrorname_np(errno) : "done");
}

static void calls(void)
{
    struct io_uring_params ring = {0};
    struct open_how how = {0};
    union bpf_attr program = {0};
    struct perf_event_attr event = {.size = sizeof event};
    char byte = 0, *arguments[] = {(char *)"x", NULL};
    struct iovec here = {&byte, 1}, there = {&byte, 1};
    struct {
        unsigned long flags[11];
    } clone_args = {{0}};

    report("ptrace", ptrace(PTRACE_TRACEME, 0, NULL, NULL));
    report("process_vm_readv", process_vm_readv(getppid(), &here, 1, &there, 1, 0));
    report("process_vm_writev", process_vm_writev(getppid(), &here, 1, &there, 1, 0));
    report("pidfd_getfd", syscall(SYS_pidfd_getfd, 0, 0, 0));
    report("io_uring_setup", syscall(SYS_io_uring_setup, 1, &ring));
    report("io_uring_enter", syscall(SYS_io_uring_enter, 0, 0, 0, 0, NULL, 0));
    report("openat2", syscall(SYS_openat2, AT_FDCWD, quote_path, &how, sizeof how));
    report("open_by_handle_at", syscall(SYS_open_by_handle_at, AT_FDCWD, NULL, 0));
    report("bpf", syscall(SYS_bpf, BPF_PROG_LOAD, &program, sizeof program));
    report("perf_event_open", syscall(SYS_perf_event_open, &event, 0, -1, -1, 0));
    report("userfaultfd", syscall(SYS_userfaultfd, 0));
    report("keyctl", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 0));
    report("add_key", syscall(SYS_add_key, "user", "x", &byte, 1, KEY_SPEC_PROCESS_KEYRING));
    report("kexec_load", syscall(SYS_kexec_load, 0, 0, NULL, 0));
    report("init_module", syscall(SYS_init_module, NULL, 0, ""));
    report("mount", mount("none", "/tmp", "tmpfs", 0, NULL));
    report("umount2", umount2("/tmp", 0));
    report("pivot_root", syscall(SYS_pivot_root, ".", "."));
    report("chroot", chroot("/tmp"));
    report("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
    report("open_tree", syscall(SYS_open_tree, AT_FDCWD, "/", 1));
    report("unshare", unshare(CLONE_NEWUSER));
    report("setns", setns(0, 0));
    report("clone into a namespace",
           syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, 0));
    report("clone3", syscall(SYS_clone3, &clone_args, sizeof clone_args));
    report("personality", personality(READ_IMPLIES_EXEC));
    report("clock_settime", syscall(SYS_clock_settime, 0, NULL));
    report("reboot", syscall(SYS_reboot, 0, 0, 0, NULL));
    report("modify_ldt", syscall(SYS_modify_ldt, 1, NULL, 0));
    report("call 460", syscall(460));
    report("execve", execve("/x", arguments, environ));
    report("execveat", syscall(SYS_execveat, AT_FDCWD, "/x", arguments, environ, 0));
    report("socket of AF_ALG", socket(AF_ALG, SOCK_SEQPACKET, 0));
    report("socket of AF_VSOCK", socket(AF_VSOCK, SOCK_STREAM, 0));
    report("socket of AF_INET", socket(AF_INET, SOCK_STREAM, 0));
    report("ioctl TIOCSTI", ioctl(0, TIOCSTI, &byte));
    report("ioctl TIOCSTI and high bits", syscall(SYS_ioctl, 0, 0x100000000UL | TIOCSTI, &byte));
    report("shmat executable", syscall(SYS_shmat, 0, NULL, SHM_EXEC));
}

/* Executable memory in the ways there are. */
static void memory(void)
{
    const int fd = memfd_create("code", 0);
    const int shared = MAP_PRIVATE;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    (void)!ftruncate(fd, 4096);
    report("map of a file",
           mmap(NULL, 4096, PROT_READ | PROT_EXEC, shared, fd, 0) == MAP_FAILED ? -1 : 0);
    report("map of memory",
           mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
               ? -1
               : 0);
    report("mprotect", mprotect(page, 4096, PROT_READ | PROT_EXEC));
    report("pkey_mprotect", syscall(SYS_pkey_mprotect, page, 4096, PROT_READ | PROT_EXEC, -1));
}

static void x32(void)
{
    printf("%ld\n", syscall(0x40000000L | SYS_getpid));
}

static void i386(void)
{
    long pid;
    __asm__ volatile("int $0x80" : "=a"(pid) : "a"(20L) : "memory");
    printf("%ld\n", pid);
}

static void environment(void)
{
    for (char **e = environ; *e; e++)
        puts(*e);
}

static void descriptors(void)
{
    for (int fd = 0; fd < 1024; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            printf("%d ", fd);
    puts("");
}

static void who(void)
{
    struct rlimit core = {1, 1};
    FILE *status = fopen("/proc/self/status", "r");
    getrlimit(RLIMIT_CORE, &core);
    printf("uid %u, core %lu, proc %s, pid 1 %s\n", getuid(), (unsigned long)core.rlim_cur,
           status ? "seen" : "unseen", getppid() == 1 ? "above" : "elsewhere");
}

static void open_one(const char *path)
{
    char line[64];
    const int fd = open(path, O_RDONLY);
    report("open", fd);
    const ssize_t len = fd < 0 ? 0 : read(fd, line, sizeof line);
    if (len > 0)
        printf("%.*s\n", (int)len, line);
}

static void write_one(const char *path)
{
    const int fd = open(path, O_WRONLY | O_CREAT, 0600);
    report("open", fd);
    if (fd >= 0)
        report("write", write(fd, "x", 1));
}

static void hex(const unsigned char *data, ssize_t len)
{
    for (ssize_t i = 0; i < len; i++)
        printf("%02x", data[i]);
    puts("");
}

static void dump(const char *path)
{
    unsigned char data[8192];
    const int fd = open(path, O_RDONLY);
    if (fd < 0) {
        report("open", -1);
        return;
    }
    hex(data, read(fd, data, sizeof data));
    close(fd);
}

static void set_report_data(const char *text)
{
    const int fd = open(data_path, O_WRONLY);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        report("user_report_data", -1);
    close(fd);
}

static void quote(const char *text)
{
    set_report_data(text);
    dump(quote_path);
}

/* A child's state is its own: it starts with no report data. */
static void fork_quotes(void)
{
    set_report_data("parent");
    if (fork() == 0) {
        dump(quote_path);
        exit(0);
    }
    wait(NULL);
    dump(quote_path);
}

/* A grandchild that nobody waits for; it holds standard output. */
static void leave_orphan(void)
{
    if (fork() == 0) {
        if (fork() == 0)
            pause();
        _exit(0);
    }
    wait(NULL);
}

static char flipping[] = "/dev/attestation/quote";

static void *flip(void *unused)
{
    (void)unused;
    for (;;) { /* between the guarded name and one of the host's */
        memcpy(flipping, "/etc/passwd\0", 12);
        memcpy(flipping, quote_path, sizeof quote_path);
    }
    return NULL;
}

/* Whatever name the supervisor reads and the kernel finds: a quote, or nothing of the host's. */
static void race(void)
{
    pthread_t thread;
    unsigned quotes = 0, odd = 0;

    if (pthread_create(&thread, NULL, flip, NULL) != 0)
        abort();
    for (unsigned i = 0; i < 3000; i++) {
        char data[16];
        const int fd = open(flipping, O_RDONLY);
        const ssize_t len = fd < 0 ? 0 : read(fd, data, sizeof data);
        if (len > 0 && memcmp(data, "\x03\0\x02\0", 4) == 0)
            quotes++;
        else if (len > 0)
            odd++;
        if (fd >= 0)
            close(fd);
    }
    printf("%s quotes, %u odd\n", quotes ? "some" : "no", odd);
}

/* Children that die while the supervisor has their calls. */
static void die_opening(void)
{
    for (unsigned i = 0; i < 60; i++) {
        const pid_t child = fork();
        if (child == 0)
            for (;;)
                close(open(quote_path, O_RDONLY));
        usleep(200 * (i % 10));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    printf("quote: %s\n", open(quote_path, O_RDONLY) >= 0 ? "done" : "failed");
}

static void looks(void)
{
    struct stat st;
    report("stat", stat(quote_path, &st));
    report("access", access(data_path, R_OK | W_OK));
}

static void names(void)
{
    report("write to quote", open(quote_path, O_WRONLY));
    report("directory", open("/dev/attestation", O_RDONLY | O_DIRECTORY));
    report("unknown", open("/dev/attestation/nothing", O_RDONLY));
    report("path", open(quote_path, O_PATH));
    report("by another spelling", open("/dev/../dev//attestation/./quote", O_RDONLY));
    report("creat", creat(data_path, 0600));
    report("bad address", syscall(SYS_openat, AT_FDCWD, 1, O_RDONLY));
}

static volatile sig_atomic_t signalled;

static void note(int signal)
{
    signalled = signal;
}

/* The signal may come as soon as it is said to be waited for: it is let in while waiting alone. */
static void wait_for_signal(void)
{
    sigset_t term, before;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, &before);
    signal(SIGTERM, note);
    puts("ready");
    fflush(stdout);
    while (!signalled)
        sigsuspend(&before);
    printf("signal %d\n", signalled);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "", *arg = argc > 2 ? argv[2] : "";
    static const struct {
        const char *name;
        void (*run)(void);
    } plain[] = {
        {"calls",        calls          },
        {"memory",       memory         },
        {"x32",          x32            },
        {"i386",         i386           },
        {"environment",  environment    },
        {"descriptors",  descriptors    },
        {"who",          who            },
        {"fork-quotes",  fork_quotes    },
        {"looks",        looks          },
        {"names",        names          },
        {"wait",         wait_for_signal},
        {"race",         race           },
        {"die-opening",  die_opening    },
        {"leave-orphan", leave_orphan   },
    };
    static const struct {
        const char *name;
        void (*run)(const char *);
    } with_argument[] = {
        {"open",  open_one },
        {"write", write_one},
        {"dump",  dump     },
        {"quote", quote    },
    };

    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (strcmp(what, plain[i].name) == 0)
            plain[i].run();
    for (size_t i = 0; i < sizeof with_argument / sizeof with_argument[0]; i++)
        if (strcmp(what, with_argument[i].name) == 0)
            with_argument[i].run(arg);
    if (strcmp(what, "arguments") == 0)
        for (int i = 0; i < argc; i++)
            printf("%s|", argv[i]);
    if (strcmp(what, "abort") == 0)
        abort();
    fflush(stdout);
    return strcmp(what, "exit") == 0 ? atoi(arg) : 0;
}
