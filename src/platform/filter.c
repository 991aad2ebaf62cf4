#include "platform/filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/personality.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"

DEFINE_AUTO(filter, scmp_filter_ctx, seccomp_release)

/* The kernel looks at the low 32 bits of an int argument, so the filter must, too. */
#define INT_MASK 0xFFFFFFFFu
#define INT_IS(arg, value) SCMP_CMP(arg, SCMP_CMP_MASKED_EQ, INT_MASK, value)
#define HAS_BITS(arg, bits) SCMP_CMP(arg, SCMP_CMP_MASKED_EQ, bits, bits)
#define LACKS_BITS(arg, bits) SCMP_CMP(arg, SCMP_CMP_MASKED_EQ, bits, 0)

/* Highest number of a system call this filter has an opinion on, and a bound for the numbers of
 * those to come: Linux has numbered in steps of one for decades. */
#define NEWEST_KNOWN 450 /* set_mempolicy_home_node, Linux 5.17 */
#define NEWEST_REFUSED 1023

static const int supervised[] = {
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(creat),
    SCMP_SYS(execveat),
};

/* Programs that know these have another way for older kernels. */
static const int missing[] = {
    SCMP_SYS(clone3), /* its flags lie in memory, where no filter can see them */
    SCMP_SYS(openat2),
};

static const int refused[] = {
    SCMP_SYS(acct),
    SCMP_SYS(add_key),
    SCMP_SYS(adjtimex),
    SCMP_SYS(bpf),
    SCMP_SYS(chroot),
    SCMP_SYS(clock_adjtime),
    SCMP_SYS(clock_settime),
    SCMP_SYS(create_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(execve),
    SCMP_SYS(fanotify_init),
    SCMP_SYS(finit_module),
    SCMP_SYS(fsconfig),
    SCMP_SYS(fsmount),
    SCMP_SYS(fsopen),
    SCMP_SYS(fspick),
    SCMP_SYS(init_module),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(ioperm),
    SCMP_SYS(iopl),
    SCMP_SYS(kcmp),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(kexec_load),
    SCMP_SYS(keyctl),
    SCMP_SYS(lookup_dcookie),
    SCMP_SYS(migrate_pages),
    SCMP_SYS(modify_ldt),
    SCMP_SYS(mount),
    SCMP_SYS(mount_setattr),
    SCMP_SYS(move_mount),
    SCMP_SYS(move_pages),
    SCMP_SYS(name_to_handle_at),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(open_tree),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(pivot_root),
    SCMP_SYS(process_madvise),
    SCMP_SYS(process_mrelease),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(ptrace),
    SCMP_SYS(quotactl),
    SCMP_SYS(quotactl_fd),
    SCMP_SYS(reboot),
    SCMP_SYS(request_key),
    SCMP_SYS(setns),
    SCMP_SYS(settimeofday),
    SCMP_SYS(swapoff),
    SCMP_SYS(swapon),
    SCMP_SYS(syslog),
    SCMP_SYS(umount2),
    SCMP_SYS(unshare),
    SCMP_SYS(uselib),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(vhangup),
};

static const unsigned namespaces[] = {
    CLONE_NEWUSER, CLONE_NEWNS,  CLONE_NEWPID,    CLONE_NEWNET,
    CLONE_NEWIPC,  CLONE_NEWUTS, CLONE_NEWCGROUP,
};

static const unsigned families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

/* libseccomp gives 0 or a negative errno; failures are collected by or. */
#define DENY(ctx, name, ...)                                                                       \
    (seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(name), __VA_ARGS__) != 0)

static bool add_calls(scmp_filter_ctx ctx, uint32_t action, const int *calls, size_t count)
{
    bool failed = false;
    for (size_t i = 0; i < count; i++)
        failed |= seccomp_rule_add(ctx, action, calls[i], 0) != 0;
    return failed;
}

static bool add_future(scmp_filter_ctx ctx)
{
    bool failed = false;
    for (int call = NEWEST_KNOWN + 1; call <= NEWEST_REFUSED; call++)
        failed |= seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), call, 0) != 0;
    return failed;
}

static bool add_processes(scmp_filter_ctx ctx)
{
    bool failed = false;
    for (size_t i = 0; i < COUNT(namespaces); i++)
        failed |= DENY(ctx, clone, 1, HAS_BITS(0, namespaces[i]));
    /* READ_IMPLIES_EXEC and the like; 0xffffffff only asks */
    failed |= DENY(ctx, personality, 1, SCMP_A0(SCMP_CMP_NE, INT_MASK, 0));
    return failed;
}

static bool add_memory(scmp_filter_ctx ctx, bool executable_heap)
{
    bool failed = DENY(ctx, shmat, 1, HAS_BITS(2, SHM_EXEC));

    if (executable_heap)
        return failed | DENY(ctx, mmap, 2, HAS_BITS(2, PROT_EXEC), LACKS_BITS(3, MAP_ANONYMOUS));
    failed |= DENY(ctx, mmap, 1, HAS_BITS(2, PROT_EXEC));
    failed |= DENY(ctx, mprotect, 1, HAS_BITS(2, PROT_EXEC));
    failed |= DENY(ctx, pkey_mprotect, 1, HAS_BITS(2, PROT_EXEC));
    return failed;
}

static bool add_devices(scmp_filter_ctx ctx)
{
    bool failed = DENY(ctx, socket, 1, SCMP_A0(SCMP_CMP_GT, AF_NETLINK, 0));

    for (unsigned family = 0; family <= AF_NETLINK; family++) {
        bool allowed = false;
        for (size_t i = 0; i < COUNT(families); i++)
            allowed |= families[i] == family;
        if (!allowed)
            failed |= DENY(ctx, socket, 1, SCMP_A0(SCMP_CMP_EQ, family, 0));
    }
    failed |= DENY(ctx, ioctl, 1, INT_IS(1, TIOCSTI));   /* types into the host's terminal */
    failed |= DENY(ctx, ioctl, 1, INT_IS(1, TIOCLINUX)); /* pastes into a console */
    return failed;
}

static bool add_rules(scmp_filter_ctx ctx, const struct filter_options *options)
{
    bool failed = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) != 0;

    failed |= seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2) != 0; /* a binary tree */
    failed |= add_calls(ctx, SCMP_ACT_NOTIFY, supervised, COUNT(supervised));
    failed |= add_calls(ctx, SCMP_ACT_ERRNO(ENOSYS), missing, COUNT(missing));
    failed |= add_calls(ctx, SCMP_ACT_ERRNO(EPERM), refused, COUNT(refused));
    failed |= add_future(ctx);
    failed |= add_processes(ctx);
    failed |= add_memory(ctx, options->executable_heap);
    failed |= add_devices(ctx);
    if (options->keep_dumpable)
        failed |= DENY(ctx, prctl, 1, INT_IS(0, PR_SET_DUMPABLE));
    return failed;
}

static bool unsupervised(struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_SANDBOX_MISSING, "seccomp", QUOTH_NO_OFFSET,
                      "the kernel offers no supervised system calls (seccomp user notification, "
                      "Linux 5.19): %s",
                      strerror(errno));
}

static bool available(struct quoth_error *err)
{
    const uint32_t action = SECCOMP_RET_USER_NOTIF;
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0 || unsupervised(err);
}

static bool native(scmp_filter_ctx ctx, struct quoth_error *err)
{
    return (ctx && seccomp_arch_exist(ctx, SCMP_ARCH_X86_64) == 0) ||
           quoth_fail(err, QUOTH_SANDBOX_MISSING, "seccomp", QUOTH_NO_OFFSET,
                      "the filter is made for x86-64 only");
}

static bool write_out(scmp_filter_ctx ctx, bool failed, struct buffer *ret_program,
                      struct quoth_error *err)
{
    AUTO(fd) int fd = memfd_create("filter", MFD_CLOEXEC);

    if (failed)
        return quoth_fail(err, QUOTH_SANDBOX_MISSING, "seccomp", QUOTH_NO_OFFSET,
                          "libseccomp cannot express the filter");
    if (fd < 0 || seccomp_export_bpf(ctx, fd) != 0 || lseek(fd, 0, SEEK_SET) != 0)
        return quoth_fail(err, QUOTH_SANDBOX_MISSING, "seccomp", QUOTH_NO_OFFSET,
                          "libseccomp cannot write the filter");
    return file_read_fd(fd, "filter", BPF_MAXINSNS * sizeof(struct sock_filter), ret_program, err);
}

bool filter_build(const struct filter_options *options, struct buffer *ret_program,
                  struct quoth_error *err)
{
    if (!available(err))
        return false;
    AUTO(filter) scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
    return native(ctx, err) && write_out(ctx, add_rules(ctx, options), ret_program, err);
}

bool filter_build_domain(struct buffer *ret_program, struct quoth_error *err)
{
    static const int calls[] = {
        SCMP_SYS(open),    SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(creat),    SCMP_SYS(mkdir),
        SCMP_SYS(mkdirat), SCMP_SYS(rmdir),  SCMP_SYS(unlink),  SCMP_SYS(unlinkat),
    };
    if (!available(err))
        return false;
    AUTO(filter) scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
    if (!native(ctx, err))
        return false;
    bool failed = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ALLOW) != 0;
    failed |= seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2) != 0;
    failed |= add_calls(ctx, SCMP_ACT_NOTIFY, calls, COUNT(calls));
    return write_out(ctx, failed, ret_program, err);
}

bool filter_install(struct bytes program, int *ret_listener, struct quoth_error *err)
{
    AUTO(buffer) struct buffer copy = {0};
    buffer_add(&copy, program); /* aligned, and not const as the kernel's struct wants it */
    if (!buffer_ok(&copy, err))
        return false;
    const struct sock_fprog prog = {
        .len = (unsigned short)(copy.len / sizeof(struct sock_filter)),
        .filter = (void *)copy.data,
    };
    /* WAIT_KILLABLE_RECV: a signal does not take a call back from the supervisor that has it. */
    const long fd =
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &prog);
    if (fd >= 0) {
        *ret_listener = (int)fd;
        return true;
    }
    if (errno == EBUSY)
        return quoth_fail(err, QUOTH_SANDBOX_MISSING, "seccomp", QUOTH_NO_OFFSET,
                          "this process is supervised already (seccomp user notification), and the "
                          "kernel allows one supervisor only");
    return unsupervised(err);
}
