/* A folder with a platform and a signed probe, and ways to run commands in it: for the tests of
 * `quoth enclave`. */
#ifndef QUOTH_TESTS_ENCLAVE_STAGE_H
#define QUOTH_TESTS_ENCLAVE_STAGE_H

#include "tests/enclave/machine.h"

struct outcome { /* owned texts, NUL-terminated */
    int status;  /* exit status, or -signal */
    char *out, *err;
};

void outcome_clear(struct outcome *o);
DEFINE_AUTO_VALUE(outcome, struct outcome, outcome_clear)

struct run {
    const char *const *argv; /* argv[0] "quoth" is the command under test; ends with NULL */
    const char *const *env;  /* besides QUOTH_PLATFORM; may be NULL */
    unsigned lack;           /* LACK_NAMESPACES, ... */
    uid_t user;              /* 0: ours */
};

/* Makes the folder, goes there, and signs probe with a configuration that says heapSize 64. Group
 * setup and teardown of cmocka. */
int stage_open(void **state);
int stage_close(void **state);

extern char stage_folder[64];

/* Writes enclave.json for probe with these members besides exe, key and heapSize ("" for none, else
 * `"debug": true, ...`), and signs. */
void stage_sign(const char *members);

struct outcome stage_run(const struct run *run);

/* `quoth ARGS...`, ended by NULL. */
struct outcome stage_quoth(const char *first, ...) __attribute__((sentinel));

/* Starts without waiting; standard output is a pipe. */
pid_t stage_start(const struct run *run, int *ret_out);

/* Changes one bit of a byte of a file of the folder. */
void stage_flip(const char *name, size_t at);

void stage_copy(const char *from, const char *to);

/* `quoth enclave run ./probe WHAT [ARGUMENT]`; argument may be NULL. */
struct outcome probe(const char *what, const char *argument);
struct outcome probe_lacking(unsigned lacking, const char *what, const char *argument);

void assert_says(const char *text, const char *words);

/* Compares and clears. */
void expect(struct outcome o, int status, const char *out);

#endif
