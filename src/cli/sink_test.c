#include "cli/sink.h"

#include "tests/unit.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a command writes to the pipe that its own output is. */
static int run(const struct sink_args *args, struct bytes secret, struct buffer *ret_out)
{
    int out[2], status = -1;
    uint8_t part[256];
    ssize_t n;
    assert_int_equal(pipe(out), 0);
    const pid_t child = fork();
    if (child == 0) {
        struct quoth_error err = {0};
        dup2(out[1], STDOUT_FILENO);
        close(out[0]);
        const bool written = sink_check(args, &err) && sink_write(args, secret, &err);
        _exit(written ? 0 : 100 + quoth_code_exit(err.code));
    }
    close(out[1]);
    while ((n = read(out[0], part, sizeof part)) > 0)
        buffer_add(ret_out, (struct bytes){part, (size_t)n});
    close(out[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WEXITSTATUS(status);
}

static void a_command_has_it_in_its_environment_alone(void **state)
{
    (void)state;
    const struct sink_args args = {
        .env = "KEY",
        .command = {5, {"sh", "-c", "printf '%s %s' \"$KEY\" \"$1\"; exit 7", "sh", "a b"}}
    };
    AUTO(buffer) struct buffer out = {0};
    setenv("KEY", "what was there before", 1);
    assert_int_equal(run(&args, BYTES_LITERAL("secret"), &out), 7); /* the command's own status */
    assert_true(bytes_equal(buffer_bytes(&out), BYTES_LITERAL("secret a b")));
    assert_string_equal(getenv("KEY"), "what was there before");
    unsetenv("KEY");
}

static void what_fits_no_environment_is_refused(void **state)
{
    (void)state;
    const struct sink_args args = {
        .env = "KEY", .command = {1, {"true"}}
    };
    const struct sink_args nothing = {
        .env = "KEY", .command = {1, {"/no/such/program"}}
    };
    AUTO(buffer) struct buffer out = {0};
    assert_int_equal(run(&args, BYTES_LITERAL("a\0b"), &out), 104);
    assert_int_equal(run(&nothing, BYTES_LITERAL("a"), &out), 103);
    assert_int_equal(run(&args, BYTES_LITERAL(""), &out), 0);
    assert_int_equal(out.len, 0);
}

static void pipes_and_memory_are_written(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer out = {0}, back = {0};
    AUTO(fd) int memory = memfd_create("sink", MFD_CLOEXEC);
    const struct sink_args plain = {0};
    const struct sink_args to_memory = {
        .fd = {true, (uint64_t)memory}
    };
    assert_int_equal(run(&plain, BYTES_LITERAL("a\0b"), &out), 0);
    assert_true(bytes_equal(buffer_bytes(&out), BYTES_LITERAL("a\0b")));
    assert_true(sink_check(&to_memory, &err) && sink_write(&to_memory, BYTES_LITERAL("key"), &err));
    assert_true(lseek(memory, 0, SEEK_SET) == 0 && file_read_fd(memory, "memory", 10, &back, &err));
    assert_true(bytes_equal(buffer_bytes(&back), BYTES_LITERAL("key")));
}

static void other_descriptors_are_refused(void **state)
{
    (void)state;
    AUTO(fd) int readable = open("/dev/null", O_RDONLY | O_CLOEXEC);
    const uint64_t fds[] = {(uint64_t)readable, 999, UINT64_MAX, (uint64_t)INT32_MAX + 1};
    for (size_t i = 0; i < COUNT(fds); i++) {
        struct quoth_error err = {0};
        const struct sink_args args = {
            .fd = {true, fds[i]}
        };
        assert_false(sink_check(&args, &err));
        assert_int_equal(err.code, QUOTH_USAGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_has_it_in_its_environment_alone),
        cmocka_unit_test(what_fits_no_environment_is_refused),
        cmocka_unit_test(pipes_and_memory_are_written),
        cmocka_unit_test(other_descriptors_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
