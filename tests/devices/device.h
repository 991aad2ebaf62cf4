/* A device opened by its driver, a folder for the state that it protects, and what tests ask of every
 * kind of device. */
#ifndef QUOTH_TESTS_DEVICES_DEVICE_H
#define QUOTH_TESTS_DEVICES_DEVICE_H

#include "keys/device.h"
#include "tests/unit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define LABEL BYTES_LITERAL("quoth keyring")

static const uint8_t secret[DEVICE_SECRET_SIZE] = "thirty-two bytes of a great key";

/* Says why and skips the test. */
static inline void without(const char *what)
{
    print_message("skipped: needs %s\n", what);
    skip();
}

/* Runs a program and waits; true when it ended with 0. */
static inline bool run(const char *command)
{
    return system(command) == 0; /* NOLINT(cert-env33-c): of tests, with words of ours */
}

struct opened {
    const struct device_driver *driver;
    void *self;
    char name[DEVICE_NAME_SIZE];
};

static inline void opened_close(struct opened *o)
{
    if (o->self)
        o->driver->close(o->self);
    o->self = NULL;
}
DEFINE_AUTO_VALUE(opened, struct opened, opened_close)

static inline struct opened open_with(const struct device_driver *driver, const char *source,
                                      const char *state_folder)
{
    struct quoth_error err = {0};
    struct opened o = {.driver = driver};
    if (!driver->open(source, state_folder, &o.self, o.name, &err))
        fail_msg("%s: %s: %s", source, err.where, err.message);
    return o;
}

static inline void prepares(struct opened *o)
{
    struct quoth_error err = {0};
    if (!o->driver->prepare(o->self, &err))
        fail_msg("%s: %s", err.where, err.message);
}

static inline void wraps(struct opened *o, struct buffer *ret_wrapped)
{
    struct quoth_error err = {0};
    if (!o->driver->wrap(o->self, LABEL, secret, ret_wrapped, &err))
        fail_msg("%s: %s", err.where, err.message);
    assert_true(ret_wrapped->len <= DEVICE_WRAPPED_MAX);
}

static inline void unwraps(struct opened *o, struct bytes wrapped)
{
    struct quoth_error err = {0};
    uint8_t again[DEVICE_SECRET_SIZE] = {0};
    if (!o->driver->unwrap(o->self, LABEL, wrapped, again, &err))
        fail_msg("%s: %s", err.where, err.message);
    assert_memory_equal(again, secret, sizeof again);
}

static inline void expect_refusal(const struct quoth_error *err, const uint8_t *out,
                                  enum quoth_code code, const char *says)
{
    if (err->code != code || !strstr(err->message, says))
        fail_msg("%s: %s: %s (not %s: \"%s\")", quoth_code_dotted(err->code), err->where,
                 err->message, quoth_code_dotted(code), says);
    assert_true(bytes_all_zero((struct bytes){out, DEVICE_SECRET_SIZE}));
}

static inline void refuses_to_unwrap(struct opened *o, struct bytes label, struct bytes wrapped,
                                     enum quoth_code code, const char *says)
{
    struct quoth_error err = {0};
    uint8_t again[DEVICE_SECRET_SIZE] = {0};
    assert_false(o->driver->unwrap(o->self, label, wrapped, again, &err));
    expect_refusal(&err, again, code, says);
}

static inline void refuses_to_wrap(struct opened *o, enum quoth_code code, const char *says)
{
    static const uint8_t nothing[DEVICE_SECRET_SIZE];
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer wrapped = {0};
    assert_false(o->driver->wrap(o->self, LABEL, secret, &wrapped, &err));
    expect_refusal(&err, nothing, code, says);
    assert_int_equal(wrapped.len, 0);
}

static inline void refuses_to_prepare(struct opened *o, enum quoth_code code, const char *says)
{
    static const uint8_t nothing[DEVICE_SECRET_SIZE];
    struct quoth_error err = {0};
    assert_false(o->driver->prepare(o->self, &err));
    expect_refusal(&err, nothing, code, says);
}

#endif
