/* The system calls that a program of the software TEE may make. A real enclave can make none by
 * itself; here the filter is part of the wall between the program and what is not its own: other
 * processes, the platform's keys, code that was not measured. An enclave's:
 *
 *     killed      every call of a foreign ABI (x32, i386)
 *     handed to   open, openat, creat: the supervisor answers those on its own files and lets the
 *     supervisor  others go on; execveat: it lets the launcher's pass, once
 *     refused     execve; io_uring, openat2 and calls newer than this filter (ENOSYS where a
 *                 program has another way), as they would go round it; executable maps of files,
 *                 and of anything without executableHeap; other processes' memory, debugging, mounts and
 *                 namespaces, kernel keys, clocks, modules and the like
 *
 * Source: seccomp(2), seccomp_unotify(2). */
#ifndef QUOTH_PLATFORM_FILTER_H
#define QUOTH_PLATFORM_FILTER_H

#include "base/bytes.h"

struct filter_options {
    bool executable_heap; /* anonymous memory may be executable */
    bool keep_dumpable;   /* the supervisor could not read the memory of a process that is not */
};

/* Builds the filter as an array of struct sock_filter. False: QUOTH_SANDBOX_MISSING. */
bool filter_build(const struct filter_options *options, struct buffer *ret_program,
                  struct quoth_error *err);

/* The filter of a trust domain, which may do whatever its user may: it hands open, openat, openat2,
 * creat, mkdir, mkdirat, rmdir, unlink and unlinkat to the supervisor and knows nothing else. Calls
 * of a foreign ABI go past it. */
bool filter_build_domain(struct buffer *ret_program, struct quoth_error *err);

/* Puts the calling thread, which has no_new_privs set, behind the filter for good, and gives the
 * descriptor on which the supervisor gets its calls. False: QUOTH_SANDBOX_MISSING with the reason
 * (no user notification, another supervisor above us, kernel before 5.19). */
bool filter_install(struct bytes program, int *ret_listener, struct quoth_error *err);

#endif
