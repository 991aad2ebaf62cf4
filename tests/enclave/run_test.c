/* `quoth enclave run`, from outside: a static PIE that tries what it may not do. */
#include "tests/enclave/stage.h"

#include "base/file.h"
#include "codec/hex.h"
#include "platform/identity.h"
#include "tee/dcap/quote.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
/* cmocka wants setjmp.h and stdarg.h first */
#include <cmocka.h>

static void assert_says(const char *text, const char *words)
{
    if (!strstr(text, words))
        fail_msg("no \"%s\" in: %s", words, text);
}

static struct outcome probe(const char *what, const char *argument)
{
    return stage_quoth("enclave", "run", "./probe", what, argument, NULL);
}

static struct outcome probe_lacking(unsigned lack, const char *what, const char *argument)
{
    const char *const argv[] = {"quoth", "enclave", "run", "./probe", what, argument, NULL};
    return stage_run(&(struct run){.argv = argv, .lack = lack});
}

static void expect(struct outcome o, int status, const char *out)
{
    if (o.status != status || strcmp(o.out, out) != 0)
        fail_msg("status %d, expected %d; out \"%s\", expected \"%s\"; err %s", o.status, status,
                 o.out, out, o.err);
    outcome_clear(&o);
}

/* --- the program's status and what reaches it --- */

static void its_exit_status_is_passed_on(void **state)
{
    (void)state;
    stage_sign("");
    expect(probe("exit", "7"), 7, "");
    expect(probe("exit", "0"), 0, "");
    AUTO(outcome) struct outcome o = probe("abort", NULL);
    assert_int_equal(o.status, 128 + SIGABRT);
    assert_says(o.err, "signal 6");
}

static void it_is_told_that_nothing_protects_it(void **state)
{
    (void)state;
    AUTO(outcome) struct outcome o = probe("exit", "0");
    assert_says(o.err, "[quoth] SIMULATED TEE - no hardware protection (platform ");
    assert_says(o.err, "[quoth] confined by no_new_privs, seccomp");
}

static void arguments_pass_options_too(void **state)
{
    (void)state;
    AUTO(outcome)
    struct outcome o = stage_quoth("enclave", "run", "./probe", "arguments", "-l", "--output",
                                   "json", "--", "", "--platform=x", NULL);
    assert_int_equal(o.status, 0);
    assert_string_equal(o.out, "./probe|arguments|-l|--output|json|--||--platform=x|");
}

static void only_measured_variables_pass(void **state)
{
    static const char *const argv[] = {"quoth", "enclave", "run", "./probe", "environment", NULL};
    static const char *const env[] = {
        "FIXED=from the host", "HOSTS=from the host",           "EVIL=1", "LD_PRELOAD=/evil.so",
        "OPENSSL_CONF=/evil",  "GLIBC_TUNABLES=glibc.malloc=1", NULL,
    };

    (void)state;
    stage_sign("\"env\":[{\"name\":\"FIXED\",\"value\":\"measured\"},"
               "{\"name\":\"HOSTS\",\"fromHost\":true},"
               "{\"name\":\"UNSET\",\"fromHost\":true,\"value\":\"otherwise\"},"
               "{\"name\":\"ABSENT\",\"fromHost\":true},{\"name\":\"EMPTY\"}]");
    expect(stage_run(&(struct run){.argv = argv, .env = env}), 0,
           "FIXED=measured\nHOSTS=from the host\nUNSET=otherwise\nEMPTY=\n");
}

static void descriptors_but_three_are_closed(void **state)
{
    const int extra = open("/etc/passwd", O_RDONLY); /* inherited: not close-on-exec */

    (void)state;
    assert_true(extra >= 0 && fcntl(extra, F_DUPFD, 100) >= 100);
    expect(probe("descriptors", NULL), 0, "0 1 2 \n");
}

static void signals_reach_the_program(void **state)
{
    static const char *const argv[] = {"quoth", "enclave", "run", "./probe", "wait", NULL};
    char text[64] = "";
    int out, status;

    (void)state;
    const pid_t pid = stage_start(&(struct run){.argv = argv}, &out);
    assert_int_equal(read(out, text, sizeof text), 6);
    kill(pid, SIGTERM);
    memset(text, 0, sizeof text);
    assert_true(read(out, text, sizeof text) > 0);
    assert_string_equal(text, "signal 15\n");
    close(out);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void the_program_ends_with_its_supervisor(void **state)
{
    static const char *const argv[] = {"quoth", "enclave", "run", "./probe", "wait", NULL};
    static const unsigned lacks[] = {0, LACK_NAMESPACES};

    (void)state;
    for (size_t i = 0; i < COUNT(lacks); i++) {
        char text[64];
        int out;
        const pid_t pid = stage_start(&(struct run){.argv = argv, .lack = lacks[i]}, &out);
        assert_int_equal(read(out, text, sizeof text), 6);
        kill(pid, SIGKILL);
        struct pollfd wait = {.fd = out, .events = POLLIN};
        assert_int_equal(poll(&wait, 1, 10000), 1);
        assert_int_equal(read(out, text, sizeof text), 0); /* nobody holds the pipe any more */
        close(out);
        waitpid(pid, NULL, 0);
    }
}

static void what_it_leaves_behind_ends_with_it(void **state)
{
    static const char *const argv[] = {"quoth", "enclave", "run", "./probe", "leave-orphan", NULL};
    static const unsigned lacks[] = {0, LACK_NAMESPACES};

    (void)state;
    stage_sign("");
    for (size_t i = 0; i < COUNT(lacks); i++) {
        char text[64];
        int out, status;
        const pid_t pid = stage_start(&(struct run){.argv = argv, .lack = lacks[i]}, &out);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        struct pollfd wait = {.fd = out, .events = POLLIN};
        assert_int_equal(poll(&wait, 1, 10000), 1);
        assert_int_equal(read(out, text, sizeof text), 0);
        close(out);
    }
}

/* --- the walls --- */

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

static void calls_that_reach_out_are_refused(void **state)
{
    (void)state;
    stage_sign("");
    expect(probe("calls", NULL), 0, calls_expected);
    expect(probe_lacking(LACK_NAMESPACES, "calls", NULL), 0, calls_expected);
    expect(probe_lacking(LACK_LANDLOCK, "calls", NULL), 0, calls_expected);
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
    expect(probe("open", "/etc/passwd"), 0, "open: ENOENT\n");
    expect(probe("open", fuse), 0, "open: ENOENT\n");
    expect(probe("open", "/proc/self/environ"), 0, "open: ENOENT\n");
    expect(probe_lacking(LACK_NAMESPACES, "open", "/etc/passwd"), 0, "open: EACCES\n");
    expect(probe_lacking(LACK_NAMESPACES, "open", fuse), 0, "open: EACCES\n");
    expect(probe_lacking(LACK_NAMESPACES, "open", "/proc/self/environ"), 0, "open: EACCES\n");
    expect(probe_lacking(LACK_LANDLOCK, "open", fuse), 0, "open: ENOENT\n");
    expect(probe_lacking(LACK_NAMESPACES, "open", "/dev/null"), 0, "open: done\n");
}

static void it_is_alone(void **state)
{
    char expected[96];

    (void)state;
    snprintf(expected, sizeof expected, "uid %u, core 0, proc unseen, pid 1 above\n", getuid());
    expect(probe("who", NULL), 0, expected);
}

static void mounts_and_files_are_as_configured(void **state)
{
    char members[512], path[96];
    struct quoth_error err = {0};

    (void)state;
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
    AUTO(outcome) struct outcome r = probe_lacking(LACK_NAMESPACES, "exit", "0");
    assert_int_equal(r.status, 0);
    assert_says(r.err, "not available here: mount namespace, user namespace, pid namespace, ipc "
                       "namespace, uts namespace");
}

/* --- /dev/attestation --- */

static const char names_expected[] =
    "stat: done\naccess: done\nwrite to quote: EACCES\ndirectory: EACCES\nunknown: ENOENT\n"
    "path: EACCES\nby another spelling: done\ncreat: done\nbad address: EFAULT\n";

static void names_are_gramines(void **state)
{
    (void)state;
    stage_sign("");
    expect(probe("names", NULL), 0, names_expected);
    expect(probe("dump", "/dev/attestation/attestation_type"), 0, "64636170\n");
    expect(probe("dump", "/dev/attestation/user_report_data"), 0, "\n");
}

/* The quote that probe printed in hex; hold keeps its bytes. */
static struct dcap_quote quote_of(const char *text, struct buffer *hold)
{
    struct quoth_error err = {0};
    struct dcap_quote quote = {0};
    buffer_clear(hold);
    if (!hex_decode((struct bytes){(const uint8_t *)text, strcspn(text, "\n")}, hold, &err) ||
        !quote_read(buffer_bytes(hold), &quote, &err))
        fail_msg("no quote: %s: %s", err.message, text);
    return quote;
}

static void assert_report_data(const struct dcap_quote *quote, const char *expected)
{
    uint8_t padded[64] = {0};
    bytes_copy(padded, bytes_slice(bytes_of_text(expected), 0, sizeof padded));
    assert_true(bytes_equal(quote_report_data(quote), BYTES_OF(padded)));
}

static void quotes_bind_what_was_written(void **state)
{
    static const char long_text[] =
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef and more";
    static const struct {
        const char *name, *written;
        unsigned lack;
    } cases[] = {
        {"padded",             "short",   0              },
        {"cut",                long_text, 0              },
        {"without namespaces", "short",   LACK_NAMESPACES},
        {"without landlock",   "short",   LACK_LANDLOCK  },
    };

    (void)state;
    stage_sign("\"productID\":1234,\"securityVersion\":2");
    AUTO(outcome) struct outcome id = stage_quoth("enclave", "uniqueid", "probe", NULL);
    for (size_t i = 0; i < COUNT(cases); i++) {
        AUTO(buffer) struct buffer hold = {0};
        char unique[66];
        print_message("  %s\n", cases[i].name);
        AUTO(outcome) struct outcome o = probe_lacking(cases[i].lack, "quote", cases[i].written);
        const struct dcap_quote quote = quote_of(o.out, &hold);
        assert_report_data(&quote, cases[i].written);
        const struct bytes body = bytes_slice(buffer_bytes(&hold), 48, 384);
        hex_text(bytes_slice(body, 64, 32), unique, sizeof unique);
        assert_memory_equal(unique, id.out, 64);
        assert_int_equal(bytes_u16le(body, 256), 1234);
        assert_int_equal(bytes_u16le(body, 258), 2);
        assert_int_equal(bytes_u64le(body, 48), SGX_FLAG_INIT | SGX_FLAG_MODE64BIT);
    }
}

static void each_process_has_its_own_report_data(void **state)
{
    AUTO(buffer) struct buffer hold = {0};

    (void)state;
    stage_sign("");
    AUTO(outcome) struct outcome o = probe("fork-quotes", NULL);
    const struct dcap_quote childs = quote_of(o.out, &hold);
    assert_report_data(&childs, "");
    const struct dcap_quote parents = quote_of(strchr(o.out, '\n') + 1, &hold);
    assert_report_data(&parents, "parent");
}

static void a_name_that_changes_meanwhile_opens_nothing_else(void **state)
{
    static const unsigned lacks[] = {0, LACK_NAMESPACES};

    (void)state;
    stage_sign("");
    for (size_t i = 0; i < COUNT(lacks); i++)
        expect(probe_lacking(lacks[i], "race", NULL), 0, "some quotes, 0 odd\n");
}

static void callers_may_die_any_time(void **state)
{
    (void)state;
    expect(probe("die-opening", NULL), 0, "quote: done\n");
}

static void sealing_keys_follow_program_and_signer(void **state)
{
    static const char enclave[] = "/dev/attestation/keys/_sgx_mrenclave";
    static const char signer[] = "/dev/attestation/keys/_sgx_mrsigner";

    (void)state;
    stage_sign("");
    AUTO(outcome) struct outcome e1 = probe("dump", enclave);
    AUTO(outcome) struct outcome e2 = probe("dump", enclave);
    AUTO(outcome) struct outcome s1 = probe("dump", signer);
    assert_int_equal(strlen(e1.out), 33);
    assert_string_equal(e1.out, e2.out);
    assert_string_not_equal(e1.out, s1.out);
    stage_sign("\"env\":[{\"name\":\"A\",\"value\":\"1\"}]"); /* another enclave, same signer */
    AUTO(outcome) struct outcome e3 = probe("dump", enclave);
    AUTO(outcome) struct outcome s3 = probe("dump", signer);
    assert_string_not_equal(e1.out, e3.out);
    assert_string_equal(s1.out, s3.out);
    stage_sign("\"debug\":true");
    AUTO(outcome) struct outcome s4 = probe("dump", signer);
    assert_string_not_equal(s1.out, s4.out);
}

/* --- what is not as it was signed --- */

static void expect_refused(const char *exe, const char *words)
{
    AUTO(outcome) struct outcome o = stage_quoth("enclave", "run", exe, "exit", "0", NULL);
    if (o.status != 125 || o.out[0] != '\0')
        fail_msg("status %d, out \"%s\", err %s", o.status, o.out, o.err);
    assert_says(o.err, words);
}

static void a_changed_program_is_refused(void **state)
{
    struct stat st;

    (void)state;
    stage_sign("");
    assert_int_equal(stat("probe", &st), 0);
    stage_copy("probe.sig", "changed.sig");
    stage_copy("probe.enclave", "changed.enclave");
    stage_copy("probe", "changed");
    stage_flip("changed", 0x3000); /* code */
    expect_refused("./changed", "mr_enclave");
    stage_copy("probe", "changed");
    stage_flip("changed", 24); /* entry point */
    expect_refused("./changed", "mr_enclave");
    stage_copy("probe", "changed");
    stage_flip("changed", (size_t)st.st_size - 1); /* a section header: not loaded, not measured */
    AUTO(outcome) struct outcome o = stage_quoth("enclave", "run", "./changed", "exit", "5", NULL);
    assert_int_equal(o.status, 5);
}

static void a_changed_configuration_is_refused(void **state)
{
    struct quoth_error err = {0};

    (void)state;
    stage_sign("\"debug\":true");
    stage_copy("probe", "changed");
    stage_copy("probe.sig", "changed.sig");
    stage_copy("probe.enclave", "changed.enclave");
    stage_sign(""); /* probe.enclave now says debug: false */
    stage_copy("probe.enclave", "changed.enclave");
    expect_refused("./changed", "mr_enclave");
    stage_copy("probe.sig", "changed.sig");
    assert_true(file_write("changed.enclave",
                           BYTES_LITERAL("{ \"debug\":false,\"env\":[],\"executableHeap\":false,"
                                         "\"files\":[],\"heapSize\":64,\"mounts\":[],"
                                         "\"productID\":0,\"securityVersion\":0}"),
                           0644, &err));
    expect_refused("./changed", "canonical");
    unlink("changed.enclave");
    expect_refused("./changed", "there is no ./changed.enclave");
}

static void a_changed_signature_is_refused(void **state)
{
    static const struct {
        size_t at;
        const char *words;
    } flips[] = {
        {0,    "sigstruct.header"   },
        {20,   "sigstruct.signature"}, /* date */
        {128,  "sigstruct."         }, /* modulus */
        {516,  "sigstruct."         }, /* signature */
        {928,  "sigstruct.signature"}, /* attributes */
        {960,  "sigstruct.signature"}, /* enclave hash */
        {1026, "sigstruct.signature"}, /* security version */
        {1040, "sigstruct.q1"       },
        {1807, "sigstruct.q1"       },
    };

    (void)state;
    stage_sign("");
    stage_copy("probe", "changed");
    stage_copy("probe.enclave", "changed.enclave");
    for (size_t i = 0; i < COUNT(flips); i++) {
        stage_copy("probe.sig", "changed.sig");
        stage_flip("changed.sig", flips[i].at);
        expect_refused("./changed", flips[i].words);
    }
    unlink("changed.sig");
    expect_refused("./changed", "there is no ./changed.sig");
    expect_refused("./nothing", "cannot be opened");
    expect_refused("/bin/true", "there is no /bin/true.sig");
}

static void without_a_platform_nothing_runs(void **state)
{
    (void)state;
    AUTO(outcome)
    struct outcome o =
        stage_quoth("enclave", "run", "--platform", "/nonexistent", "./probe", "exit", "0", NULL);
    assert_int_equal(o.status, 3);
    assert_says(o.err, "quoth platform init");
    AUTO(outcome) struct outcome p = stage_quoth("enclave", "run", NULL);
    assert_int_equal(p.status, 2);
}

/* The same for somebody who is not root. */
static void nobody_can_run_enclaves_too(void **state)
{
    static const char *const calls[] = {"quoth", "enclave", "run", "./probe", "calls", NULL};
    static const char *const quote[] = {"quoth", "enclave", "run", "./probe",
                                        "quote", "text",    NULL};
    const uid_t nobody = 65534;
    char command[128];
    AUTO(buffer) struct buffer hold = {0};

    (void)state;
    if (getuid() != 0) {
        print_message("skipped: needs root to become somebody else\n");
        skip();
    }
    stage_sign("");
    snprintf(command, sizeof command, "chown -R %u %s/platform", nobody, stage_folder);
    assert_int_equal(system(command), 0);
    expect(stage_run(&(struct run){.argv = calls, .user = nobody}), 0, calls_expected);
    expect(stage_run(&(struct run){.argv = calls, .user = nobody, .lack = LACK_NAMESPACES}), 0,
           calls_expected);
    AUTO(outcome)
    struct outcome o =
        stage_run(&(struct run){.argv = quote, .user = nobody, .lack = LACK_NAMESPACES});
    const struct dcap_quote q = quote_of(o.out, &hold);
    assert_report_data(&q, "text");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_exit_status_is_passed_on),
        cmocka_unit_test(it_is_told_that_nothing_protects_it),
        cmocka_unit_test(arguments_pass_options_too),
        cmocka_unit_test(only_measured_variables_pass),
        cmocka_unit_test(descriptors_but_three_are_closed),
        cmocka_unit_test(signals_reach_the_program),
        cmocka_unit_test(the_program_ends_with_its_supervisor),
        cmocka_unit_test(what_it_leaves_behind_ends_with_it),
        cmocka_unit_test(calls_that_reach_out_are_refused),
        cmocka_unit_test(foreign_abis_are_killed),
        cmocka_unit_test(memory_is_executable_only_if_measured_so),
        cmocka_unit_test(the_hosts_files_are_out_of_reach),
        cmocka_unit_test(it_is_alone),
        cmocka_unit_test(mounts_and_files_are_as_configured),
        cmocka_unit_test(without_a_mount_namespace_the_same_files_are_served),
        cmocka_unit_test(below_the_floor_nothing_runs),
        cmocka_unit_test(names_are_gramines),
        cmocka_unit_test(quotes_bind_what_was_written),
        cmocka_unit_test(each_process_has_its_own_report_data),
        cmocka_unit_test(a_name_that_changes_meanwhile_opens_nothing_else),
        cmocka_unit_test(callers_may_die_any_time),
        cmocka_unit_test(sealing_keys_follow_program_and_signer),
        cmocka_unit_test(a_changed_program_is_refused),
        cmocka_unit_test(a_changed_configuration_is_refused),
        cmocka_unit_test(a_changed_signature_is_refused),
        cmocka_unit_test(without_a_platform_nothing_runs),
        cmocka_unit_test(nobody_can_run_enclaves_too),
    };
    return cmocka_run_group_tests(tests, stage_open, stage_close);
}
