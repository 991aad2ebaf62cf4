/* `quoth enclave run`, from outside: what reaches the program, how it ends, and what is refused
 * because it is not as it was signed. */
#include "tests/enclave/stage.h"

#include "base/file.h"
#include "platform/image.h"

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
        if (!machine_runs_enclaves(lacks[i], 0))
            continue;
        const pid_t pid = stage_start(&(struct run){.argv = argv, .lack = lacks[i]}, &out);
        assert_int_equal(read(out, text, sizeof text), 6);
        kill(pid, SIGKILL);
        struct pollfd wait = {.fd = out, .events = POLLIN};
        assert_int_equal(poll(&wait, 1, 60000), 1);
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
        if (!machine_runs_enclaves(lacks[i], 0))
            continue;
        const pid_t pid = stage_start(&(struct run){.argv = argv, .lack = lacks[i]}, &out);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        struct pollfd wait = {.fd = out, .events = POLLIN};
        assert_int_equal(poll(&wait, 1, 60000), 1);
        assert_int_equal(read(out, text, sizeof text), 0);
        close(out);
    }
}

static pid_t child_of(pid_t parent)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer list = {0};
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)parent, (int)parent);
    assert_true(file_read(path, 4096, &list, &err));
    buffer_u8(&list, 0);
    const long child = strtol((const char *)list.data, NULL, 10);
    assert_true(child > 0);
    return (pid_t)child;
}

struct mapping {
    unsigned long start, end, offset;
    char access[5], name[64];
};

/* Compares executable memory of a process with the rebuilt file; true if it is the kernel's own. */
static bool code_is_measured(pid_t pid, const struct mapping *m, struct bytes file)
{
    uint8_t memory[4096];
    char path[32];

    if (strcmp(m->name, "[vdso]") == 0 || strcmp(m->name, "[vsyscall]") == 0)
        return false;
    assert_non_null(strstr(m->name, "/memfd:enclave"));
    assert_null(strchr(m->access, 'w'));
    snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
    AUTO(fd) int fd = open(path, O_RDONLY);
    for (unsigned long at = m->start; at < m->end; at += sizeof memory) {
        uint8_t expected[4096] = {0};
        bytes_copy(expected, bytes_slice(file, m->offset + at - m->start, sizeof expected));
        assert_int_equal(pread(fd, memory, sizeof memory, (off_t)at), sizeof memory);
        assert_memory_equal(memory, expected, sizeof memory);
    }
    return true;
}

static void code_in_memory_is_the_measured_code(void **state)
{
    static const char *const argv[] = {"quoth", "enclave", "run", "./probe", "wait", NULL};
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer elf = {0};
    AUTO(image) struct image image = {0};
    char text[64], path[32], line[256];
    unsigned measured = 0;
    int out;

    (void)state;
    assert_true(file_read("probe", 64u << 20, &elf, &err));
    assert_true(image_build(buffer_bytes(&elf), &image, &err));
    const pid_t quoth = stage_start(&(struct run){.argv = argv}, &out);
    assert_int_equal(read(out, text, sizeof text), 6);
    const pid_t program = child_of(child_of(quoth));
    snprintf(path, sizeof path, "/proc/%d/maps", (int)program);
    FILE *maps = fopen(path, "re");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps)) {
        struct mapping m = {0};
        if (sscanf(line, "%lx-%lx %4s %lx %*s %*s %63s", &m.start, &m.end, m.access, &m.offset,
                   m.name) >= 4 &&
            strchr(m.access, 'x'))
            measured += code_is_measured(program, &m, buffer_bytes(&image.file));
    }
    fclose(maps);
    assert_int_equal(measured, 1);
    kill(quoth, SIGTERM);
    waitpid(quoth, NULL, 0);
    close(out);
}

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
        cmocka_unit_test(code_in_memory_is_the_measured_code),
        cmocka_unit_test(a_changed_program_is_refused),
        cmocka_unit_test(a_changed_configuration_is_refused),
        cmocka_unit_test(a_changed_signature_is_refused),
        cmocka_unit_test(without_a_platform_nothing_runs),
    };
    return cmocka_run_group_tests(tests, stage_open, stage_close);
}
