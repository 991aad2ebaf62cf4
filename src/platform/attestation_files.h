/* The files of /dev/attestation as Gramine has them, without the system calls: what opening each of
 * them means for the process that does. Contents are fixed when a file is opened; what is written
 * is padded with zeros or cut to the size of the field. Source: Gramine's documentation,
 * "Attestation and Secret Provisioning", "Low-level /dev/attestation interface".
 *
 * One difference remains, because writes go to a memory file and are looked at later: a key of the
 * wrong length is not refused by the write() but by the next open() of that key, and a value
 * written in pieces counts as the whole of the pieces. */
#ifndef QUOTH_PLATFORM_ATTESTATION_FILES_H
#define QUOTH_PLATFORM_ATTESTATION_FILES_H

#include "base/bytes.h"
#include "platform/device.h"

#define ATTESTATION_FOLDER "/dev/attestation"
#define ATTESTATION_KEYS_MAX 16u /* named keys of one process */
#define ATTESTATION_KEY_NAME_MAX 63u

/* The files with fixed names. */
enum attestation_file {
    ATTESTATION_TYPE,
    ATTESTATION_USER_REPORT_DATA,
    ATTESTATION_QUOTE,
    ATTESTATION_MY_TARGET_INFO,
    ATTESTATION_TARGET_INFO,
    ATTESTATION_REPORT,
    ATTESTATION_KEY_MRENCLAVE,
    ATTESTATION_KEY_MRSIGNER,
    ATTESTATION_FILE_COUNT,
};

struct attestation_file_row {
    const char *path;
    bool writable;
};

extern const struct attestation_file_row attestation_files[ATTESTATION_FILE_COUNT];

/* Brings an absolute path into normal form without looking at the file system: no empty, "." or
 * ".." parts. False if it does not fit in size or is not absolute. */
bool attestation_path_normal(const char *path, char *ret_path, size_t size);

/* Whether a normal path is the folder or lies in it: the supervisor's affair, whatever it names. */
bool attestation_path_guarded(const char *path);

/* A file that a process may write: the memory file it writes to, and what that held when it last
 * mattered. */
struct attestation_field {
    int fd; /* -1 until opened for writing */
    bool set;
    uint8_t value[SGX_TARGET_INFO_SIZE];
};

/* What one process has written so far. */
struct attestation_state {
    struct attestation_field user_report_data, target_info;
    struct attestation_key {
        char name[ATTESTATION_KEY_NAME_MAX + 1];
        struct attestation_field field;
    } keys[ATTESTATION_KEYS_MAX];
    size_t key_count;
};

void attestation_state_init(struct attestation_state *state);
void attestation_state_clear(struct attestation_state *state); /* closes and wipes */

/* Opens a guarded normal path with the flags of open(2) on behalf of a process. Returns 0 and a
 * descriptor to hand over, or the errno that the process gets: ENOENT for other names, EACCES for
 * what Gramine refuses and for every failure behind it, which err then explains. */
int attestation_open(const struct device *device, const struct enclave_identity *identity,
                     struct attestation_state *state, const char *path, int flags, int *ret_fd,
                     struct quoth_error *err);

#endif
