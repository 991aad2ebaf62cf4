#include "tests/enclave/stage.h"

#include "base/file.h"
#include "platform/vendor.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
/* cmocka wants setjmp.h and stdarg.h first */
#include <cmocka.h>

#define ARGUMENTS_MAX 32u

char stage_folder[64];

void outcome_clear(struct outcome *o)
{
    free(o->out);
    free(o->err);
}

static char *text_of(const char *path)
{
    AUTO(buffer) struct buffer data = {0};
    struct quoth_error err = {0};
    assert_true(file_read(path, 1u << 20, &data, &err));
    char *text = buffer_take_text(&data, &err);
    assert_non_null(text);
    return text;
}

static _Noreturn void become(const struct run *run, int out, int err)
{
    const char *environment[ARGUMENTS_MAX];
    char platform[96];
    size_t count = 0;

    snprintf(platform, sizeof platform, "QUOTH_PLATFORM=%s/platform", stage_folder);
    environment[count++] = platform;
    for (size_t i = 0; run->env && run->env[i]; i++)
        environment[count++] = run->env[i];
    environment[count] = NULL;
    dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    if (!machine_enter(run->lack, run->user))
        _exit(98);
    const char *file = strcmp(run->argv[0], "quoth") == 0 ? getenv("QUOTH_BIN") : run->argv[0];
    execve(file, (char *const *)(uintptr_t)run->argv, (char *const *)(uintptr_t)environment);
    _exit(97);
}

struct outcome stage_run(const struct run *run)
{
    int status;
    const int out = open("out", O_RDWR | O_CREAT | O_TRUNC, 0666);
    const int err = open("err", O_RDWR | O_CREAT | O_TRUNC, 0666);
    assert_true(out >= 0 && err >= 0);
    const pid_t pid = fork();
    if (pid == 0)
        become(run, out, err);
    close(out);
    close(err);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return (struct outcome){
        .status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
        .out = text_of("out"),
        .err = text_of("err"),
    };
}

struct outcome stage_quoth(const char *first, ...)
{
    const char *argv[ARGUMENTS_MAX] = {"quoth", first};
    size_t count = 2;
    va_list args;

    va_start(args, first);
    while (count + 1 < ARGUMENTS_MAX && (argv[count] = va_arg(args, const char *)))
        count++;
    va_end(args);
    return stage_run(&(struct run){.argv = argv});
}

pid_t stage_start(const struct run *run, int *ret_out)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    const pid_t pid = fork();
    if (pid == 0)
        become(run, ends[1], open("/dev/null", O_WRONLY));
    close(ends[1]);
    *ret_out = ends[0];
    return pid;
}

void stage_sign(const char *members)
{
    AUTO(buffer) struct buffer json = {0};
    struct quoth_error err = {0};

    buffer_printf(&json, "{\"exe\":\"probe\",\"key\":\"private.pem\",\"heapSize\":64%s%s}",
                  members[0] ? "," : "", members);
    assert_true(file_write("enclave.json", buffer_bytes(&json), 0644, &err));
    AUTO(outcome) struct outcome o = stage_quoth("enclave", "sign", NULL);
    if (o.status != 0)
        fail_msg("sign: %s", o.err);
}

void stage_copy(const char *from, const char *to)
{
    AUTO(buffer) struct buffer data = {0};
    struct quoth_error err = {0};
    assert_true(file_read(from, 64u << 20, &data, &err));
    assert_true(file_write(to, buffer_bytes(&data), 0755, &err));
}

void stage_flip(const char *name, size_t at)
{
    AUTO(buffer) struct buffer data = {0};
    struct quoth_error err = {0};
    assert_true(file_read(name, 64u << 20, &data, &err));
    assert_true(at < data.len);
    data.data[at] ^= 1;
    assert_true(file_write(name, buffer_bytes(&data), 0755, &err));
}

int stage_open(void **state)
{
    struct quoth_error err = {0};

    (void)state;
    snprintf(stage_folder, sizeof stage_folder, "/tmp/quoth-enclave.XXXXXX");
    if (!mkdtemp(stage_folder) || chmod(stage_folder, 0755) != 0 || chdir(stage_folder) != 0)
        return -1;
    if (!getenv("QUOTH_BIN") || !getenv("QUOTH_PROBE"))
        fail_msg("QUOTH_BIN and QUOTH_PROBE say what is tested; meson sets them");
    if (!vendor_init("platform", NULL, 1795262400, &err))
        fail_msg("%s: %s", err.where, err.message);
    stage_copy(getenv("QUOTH_PROBE"), "probe");
    stage_sign("");
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

int stage_close(void **state)
{
    (void)state;
    return chdir("/") != 0 || nftw(stage_folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void assert_says(const char *text, const char *words)
{
    if (!strstr(text, words))
        fail_msg("no \"%s\" in: %s", words, text);
}

struct outcome probe(const char *what, const char *argument)
{
    return probe_lacking(0, what, argument);
}

struct outcome probe_lacking(unsigned lacking, const char *what, const char *argument)
{
    const char *const argv[] = {"quoth", "enclave", "run", "./probe", what, argument, NULL};
    return stage_run(&(struct run){.argv = argv, .lack = lacking});
}

void expect(struct outcome o, int status, const char *out)
{
    if (o.status != status || strcmp(o.out, out) != 0)
        fail_msg("status %d, expected %d; out \"%s\", expected \"%s\"; err %s", o.status, status,
                 o.out, out, o.err);
    outcome_clear(&o);
}
