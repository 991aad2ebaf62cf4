/* The walls around a program in an enclave, tried by one that wants out: on this machine, and on
 * one that lacks namespaces, Landlock or supervised system calls. */
#include "tests/enclave/stage.h"

#include "base/file.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
/* cmocka wants setjmp.h and stdarg.h first */
#include <cmocka.h>

static const char calls_expected[] =
    "ptrace: EPERM\nprocess_vm_readv: EPERM\nprocess_vm_writev: EPERM\npidfd_getfd: EPERM\n"
    "io_uring_setup: EPERM\nio_uring_enter: EPERM\nopenat2: ENOSYS\nopen_by_handle_at: EPERM\n"
    "bpf: EPERM\nperf_event_open: EPERM\nuserfaultfd: EPERM\nkeyctl: EPERM\nadd_key: EPERM\n"
    "kexec_load: EPERM\ninit_module: EPERM\nmount: EPERM\numount2: EPERM\npivot_root: EPERM\n"
    "chroot: EPERM\nfsopen: EPERM\nopen_tree: EPERM\nunshare: EPERM\nsetns: EPERM\n"
    "clone into a namespace: EPERM\nclone3: ENOSYS\npersonality: EPERM\nclock_settime: EPERM\n"
    "reboot: EPERM\nmodify_ldt: EPERM\ncall 460: ENOSYS\nexecve: EPERM\nexecveat: EPERM\n"
    "socket of AF_ALG: EPERM\nsocket of AF_VSOCK: EPERM\nsocket of AF_INET: done\n"
    "ioctl TIOCSTI: EPERM\nioctl TIOCSTI and high bits: EPERM\nshmat executable: EPERM\n";

/* This one as it is, and without one or the other. */
static const unsigned machines[] = {0, LACK_NAMESPACES, LACK_LANDLOCK};

static void assert_lists(const char *text, const char *begin, unsigned walls)
{
    AUTO(buffer) struct buffer line = {0};
    buffer_text(&line, begin);
    jail_walls_text(walls, &line);
    buffer_text(&line, "\n");
    buffer_u8(&line, 0);
    assert_says(text, (const char *)line.data);
}

static void every_wall_that_the_machine_gives_is_raised(void **state)
{
    (void)state;
    stage_sign("");
    for (size_t i = 0; i < COUNT(machines); i++) {
        const unsigned walls = machine_walls(machines[i], 0);
        if (!machine_runs_enclaves(machines[i], 0))
            continue;
        AUTO(outcome) struct outcome o = probe_lacking(machines[i], "exit", "0");
        assert_int_equal(o.status, 0);
        assert_lists(o.err, "[quoth] confined by ", walls);
        if (walls == JAIL_ALL)
            assert_null(strstr(o.err, "not available"));
        else
            assert_lists(o.err, "[quoth] not available here: ", JAIL_ALL & ~walls);
    }
}

static void calls_that_reach_out_are_refused(void **state)
{
    (void)state;
    stage_sign("");
    for (size_t i = 0; i < COUNT(machines); i++)
        if (machine_runs_enclaves(machines[i], 0))
            expect(probe_lacking(machines[i], "calls", NULL), 0, calls_expected);
}

static void foreign_abis_are_killed(void **state)
{
    (void)state;
    expect(probe("x32", NULL), 128 + SIGSYS, "");
    expect(probe("i386", NULL), 128 + SIGSYS, "");
}

static void memory_is_executable_only_if_measured_so(void **state)
{
    (void)state;
    stage_sign("");
    expect(probe("memory", NULL), 0,
           "map of a file: EPERM\nmap of memory: EPERM\nmprotect: EPERM\npkey_mprotect: EPERM\n");
    stage_sign("\"executableHeap\":true");
    expect(probe("memory", NULL), 0,
           "map of a file: EPERM\nmap of memory: done\nmprotect: done\npkey_mprotect: done\n");
}

static void the_hosts_files_are_out_of_reach(void **state)
{
    char fuse[96];

    (void)state;
    stage_sign("");
    snprintf(fuse, sizeof fuse, "%s/platform/fuse", stage_folder);
    assert_true(file_exists(fuse));
    for (size_t i = 0; i < COUNT(machines); i++) {
        const bool own_root = machine_walls(machines[i], 0) & JAIL_MOUNT;
        const char *refused = own_root ? "open: ENOENT\n" : "open: EACCES\n";
        if (!machine_runs_enclaves(machines[i], 0))
            continue;
        expect(probe_lacking(machines[i], "open", "/etc/passwd"), 0, refused);
        expect(probe_lacking(machines[i], "open", fuse), 0, refused);
        expect(probe_lacking(machines[i], "open", "/proc/self/environ"), 0, refused);
        expect(probe_lacking(machines[i], "open", "/dev/null"), 0, "open: done\n");
    }
}

static void it_is_alone(void **state)
{
    char expected[96];

    (void)state;
    snprintf(expected, sizeof expected, "uid %u, core 0, proc unseen, pid 1 %s\n", getuid(),
             machine_walls(0, 0) & JAIL_PID ? "above" : "elsewhere");
    expect(probe("who", NULL), 0, expected);
}

static void mounts_and_files_are_as_configured(void **state)
{
    char members[512], path[96];
    struct quoth_error err = {0};

    (void)state;
    if (!(machine_walls(0, 0) & JAIL_MOUNT)) {
        print_message("skipped: mounts that need a mount namespace, which this machine does not "
                      "give\n");
        skip();
    }
    mkdir("shared", 0755);
    assert_true(file_write("shared/note", BYTES_LITERAL("hello"), 0644, &err));
    snprintf(members, sizeof members,
             "\"mounts\":[{\"source\":\"shared\",\"target\":\"/ro\",\"type\":\"hostfs\","
             "\"readOnly\":true},{\"source\":\"%s/shared\",\"target\":\"/rw/deep\",\"type\":"
             "\"hostfs\"},{\"target\":\"/mem\",\"type\":\"memfs\"}],"
             "\"files\":[{\"source\":\"shared/note\",\"target\":\"/etc/note\"}]",
             stage_folder);
    stage_sign(members);
    assert_true(file_write("shared/note", BYTES_LITERAL("later"), 0644, &err));
    expect(probe("open", "/ro/note"), 0, "open: done\nlater\n");
    expect(probe("open", "/etc/note"), 0, "open: done\nhello\n");
    expect(probe("write", "/ro/new"), 0, "open: EROFS\n");
    expect(probe("write", "/mem/new"), 0, "open: done\nwrite: done\n");
    expect(probe("write", "/new"), 0, "open: done\nwrite: done\n");
    expect(probe("write", "/etc/note"), 0, "open: EACCES\n");
    expect(probe("write", "/rw/deep/new"), 0, "open: done\nwrite: done\n");
    assert_true(file_exists("shared/new"));
    snprintf(path, sizeof path, "%s/shared/new", stage_folder);
    expect(probe("open", path), 0, "open: ENOENT\n");
}

static void without_a_mount_namespace_the_same_files_are_served(void **state)
{
    char members[512], path[96];
    struct quoth_error err = {0};

    (void)state;
    if (!machine_runs_enclaves(LACK_NAMESPACES, 0))
        skip();
    assert_true(file_write("secret", BYTES_LITERAL("hidden"), 0644, &err));
    mkdir("open", 0755);
    assert_true(file_write("open/note", BYTES_LITERAL("seen"), 0644, &err));
    snprintf(members, sizeof members,
             "\"mounts\":[{\"source\":\"%s/open\",\"target\":\"%s/open\",\"type\":\"hostfs\","
             "\"readOnly\":true}],\"files\":[{\"source\":\"open/note\",\"target\":\"/x/y/note\"}]",
             stage_folder, stage_folder);
    stage_sign(members);
    snprintf(path, sizeof path, "%s/open/note", stage_folder);
    expect(probe_lacking(LACK_NAMESPACES, "open", path), 0, "open: done\nseen\n");
    expect(probe_lacking(LACK_NAMESPACES, "write", path), 0, "open: EACCES\n");
    expect(probe_lacking(LACK_NAMESPACES, "open", "/x/y/note"), 0, "open: done\nseen\n");
    expect(probe_lacking(LACK_NAMESPACES, "write", "/x/y/note"), 0, "open: EACCES\n");
    snprintf(path, sizeof path, "%s/secret", stage_folder);
    expect(probe_lacking(LACK_NAMESPACES, "open", path), 0, "open: EACCES\n");

    stage_sign("\"mounts\":[{\"source\":\"open\",\"target\":\"/ca\",\"type\":\"hostfs\","
               "\"readOnly\":true},{\"source\":\"secret\",\"target\":\"/one\",\"type\":\"hostfs\","
               "\"readOnly\":true}]");
    assert_int_equal(symlink("../secret", "open/link"), 0);
    assert_int_equal(mkfifo("open/fifo", 0666), 0);
    expect(probe_lacking(LACK_NAMESPACES, "open", "/ca/note"), 0, "open: done\nseen\n");
    expect(probe_lacking(LACK_NAMESPACES, "open", "/one"), 0, "open: done\nhidden\n");
    expect(probe_lacking(LACK_NAMESPACES, "open", "/ca/../ca/none"), 0, "open: ENOENT\n");
    expect(probe_lacking(LACK_NAMESPACES, "open", "/ca/link"), 0, "open: ENOENT\n");
    expect(probe_lacking(LACK_NAMESPACES, "open", "/ca/fifo"), 0, "open: EACCES\n");
    expect(probe_lacking(LACK_NAMESPACES, "write", "/ca/note"), 0, "open: EROFS\n");
    expect(probe_lacking(LACK_NAMESPACES, "open", "/cat"), 0, "open: ENOENT\n");

    stage_sign("\"mounts\":[{\"target\":\"/mem\",\"type\":\"memfs\"}]");
    AUTO(outcome) struct outcome o = probe_lacking(LACK_NAMESPACES, "exit", "0");
    assert_int_equal(o.status, 3);
    assert_says(o.err, "the mount at /mem needs a mount namespace");
}

static void below_the_floor_nothing_runs(void **state)
{
    static const char *const strict[] = {"quoth",   "enclave", "run", "--require-sandbox",
                                         "./probe", "exit",    "0",   NULL};

    (void)state;
    stage_sign("");
    AUTO(outcome) struct outcome o = probe_lacking(LACK_NAMESPACES | LACK_LANDLOCK, "exit", "0");
    assert_int_equal(o.status, 3);
    assert_says(o.err, "this machine does not give: landlock, mount namespace");
    AUTO(outcome) struct outcome p = probe_lacking(LACK_SECCOMP, "exit", "0");
    assert_int_equal(p.status, 3);
    assert_says(p.err, "user notification");
    AUTO(outcome)
    struct outcome q = stage_run(&(struct run){.argv = strict, .lack = LACK_NAMESPACES});
    assert_int_equal(q.status, 3);
    assert_says(q.err, "mount namespace, user namespace, pid namespace");
}

/* The same for somebody who is not root, and whom the build folder may be closed to. */
static void nobody_can_run_enclaves_too(void **state)
{
    static const char *const calls[] = {"./quoth", "enclave", "run", "./probe", "calls", NULL};
    static const char *const dump[] = {
        "./quoth", "enclave", "run", "./probe", "dump", "/dev/attestation/attestation_type", NULL};
    const uid_t nobody = 65534;
    char command[128];

    (void)state;
    if (getuid() != 0) {
        print_message("skipped: needs root to become somebody else\n");
        skip();
    }
    stage_sign("");
    stage_copy(getenv("QUOTH_BIN"), "quoth");
    snprintf(command, sizeof command, "chown -R %u %s/platform", nobody, stage_folder);
    assert_int_equal(system(command), 0);
    for (size_t i = 0; i < COUNT(machines); i++) {
        struct run run = {.argv = calls, .user = nobody, .lack = machines[i]};
        if (!machine_runs_enclaves(machines[i], nobody))
            continue;
        expect(stage_run(&run), 0, calls_expected);
        run.argv = dump;
        expect(stage_run(&run), 0, "64636170\n");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_wall_that_the_machine_gives_is_raised),
        cmocka_unit_test(calls_that_reach_out_are_refused),
        cmocka_unit_test(foreign_abis_are_killed),
        cmocka_unit_test(memory_is_executable_only_if_measured_so),
        cmocka_unit_test(the_hosts_files_are_out_of_reach),
        cmocka_unit_test(it_is_alone),
        cmocka_unit_test(mounts_and_files_are_as_configured),
        cmocka_unit_test(without_a_mount_namespace_the_same_files_are_served),
        cmocka_unit_test(below_the_floor_nothing_runs),
        cmocka_unit_test(nobody_can_run_enclaves_too),
    };
    return cmocka_run_group_tests(tests, stage_open, stage_close);
}
