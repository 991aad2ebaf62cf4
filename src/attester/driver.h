/* One way to get evidence about the program that asks. A new TEE is a driver and its name in the
 * list in attester.c; the order there is the order of detection. */
#ifndef QUOTH_ATTESTER_DRIVER_H
#define QUOTH_ATTESTER_DRIVER_H

#include <quoth/attester.h>

#include "base/bytes.h"

#define REPORT_DATA_SIZE 64u

struct attester_driver {
    const char *name; /* "gramine": what quoth_attester_open takes */
    bool one_process; /* this TEE is the process alone: its sockets are the host's */
    /* Whether this machine offers it. False with err: QUOTH_TEE_ABSENT and the reason, or another
     * code where the TEE is there and cannot be used: nothing else is tried then. root is put before
     * absolute paths: "" but in tests. */
    bool (*probe)(const char *root, struct quoth_error *err);
    /* The evidence over these 64 bytes, added to an empty buffer. */
    bool (*evidence)(const char *root, const uint8_t report_data[REPORT_DATA_SIZE],
                     struct buffer *ret_evidence, struct quoth_error *err);
    bool (*sealing_key)(const char *root, const char *policy, uint8_t ret_key[16],
                        struct quoth_error *err); /* NULL: this TEE has none */
};

extern const struct attester_driver attester_gramine, attester_tdx;

/* For tests: an attester on a driver of the test's own, or on the known ones below another root
 * folder. The library itself takes neither from anywhere, as the host must not choose them. */
bool attester_open_with(const struct attester_driver *driver, const char *root,
                        struct quoth_attester **ret_attester, struct quoth_error *err);
bool attester_open_at(const char *root, const char *platform, struct quoth_attester **ret_attester,
                      struct quoth_error *err);

#endif
