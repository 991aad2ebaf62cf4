/* A simulated trust domain as its platform sees it: what is measured of the program that runs in
 * it. The measurements stand where those of a directly booted TD stand: the firmware in MRTD, the
 * kernel in RTMR 1, its command line in RTMR 2. */
#ifndef QUOTH_PLATFORM_TD_H
#define QUOTH_PLATFORM_TD_H

#include "platform/platform.h"

#define TD_EXE_MAX (UINT64_C(4) << 30)
#define TD_INIT_DATA_MAX (1u << 20)

struct td_plan {
    const char *exe;         /* a path, or a name that is looked up in PATH */
    const char *const *args; /* after the program's name; NULL-terminated */
    const char *init_data;   /* file, or NULL */
    bool debug;
};

/* The path of a program, as a shell would find it; free it. QUOTH_TD_EXE_ABSENT. */
bool td_find(const char *exe, char **ret_path, struct quoth_error *err);

/* MRTD      SHA-384 of the model of the firmware
 * RTMR 1    extended once, with the SHA-384 of the bytes of the file exe
 * RTMR 2    extended once, with the SHA-384 of args, each followed by a NUL; the name under which
 *           the program was called is left out
 * MRCONFIGID  SHA-256 of the file init_data and 16 zero bytes, as Kata has it
 *
 * The others are zero. False: QUOTH_TD_EXE_ABSENT, QUOTH_IO, QUOTH_TOO_LARGE. */
bool td_measure(const struct td_plan *plan, struct td_identity *ret_identity,
                struct quoth_error *err);

#endif
