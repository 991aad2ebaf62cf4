/* enclave.json, the file in which an author says how a program is to run as an enclave, and
 * EXE.enclave, the part of it that is measured. The members and rules are those of EGo's
 * configuration file, so that a file written for it means the same here.
 *
 *     exe, key          paths of the program and of its signing key; relative ones start at the
 *                       folder of enclave.json
 *     debug             whether the enclave has the DEBUG attribute
 *     heapSize          MiB, from 1 to 1048576
 *     executableHeap    whether the program may make memory executable
 *     productID, securityVersion    ISVPRODID and ISVSVN, 0 to 65535
 *     mounts            [{source, target, type: "hostfs" or "memfs", readOnly}]; the root is a
 * memfs env               [{name, value, fromHost}]: all of the environment the program gets files
 * [{source, target}]: contents become part of the enclave
 *
 * Stricter than EGo: a host directory is never the root, targets are absolute and normal (no "..",
 * no doubled slash), targets of files do not lie inside a host directory, and an unknown member is
 * refused, because a misspelt one would otherwise silently not be measured. */
#ifndef QUOTH_PLATFORM_ENCLAVE_CONFIG_H
#define QUOTH_PLATFORM_ENCLAVE_CONFIG_H

#include "base/bytes.h"

#define ENCLAVE_CONFIG_LIMIT (16u << 20) /* bytes of enclave.json and of EXE.enclave */
#define ENCLAVE_HEAP_MAX_MIB 1048576u
#define ENCLAVE_LIST_MAX 256u /* entries of mounts, env and files each */

struct enclave_mount {
    char *source; /* NULL for a memfs */
    char *target;
    bool read_only;
};

struct enclave_env {
    char *name;
    char *value;    /* NULL if there is none */
    bool from_host; /* the host's value, if it has one, goes before value */
};

struct enclave_file {
    char *source; /* NULL in what was read from EXE.enclave */
    char *target;
    struct buffer content; /* empty until enclave_config_load_files */
};

/* Owned; a zeroed struct is empty. */
struct enclave_config {
    char *exe, *key; /* NULL in what was read from EXE.enclave */
    bool debug, executable_heap;
    uint32_t heap_mib;
    uint16_t product_id, security_version;
    struct enclave_mount *mounts;
    size_t mount_count;
    struct enclave_env *env;
    size_t env_count;
    struct enclave_file *files;
    size_t file_count;
};

void enclave_config_clear(struct enclave_config *config);
DEFINE_AUTO_VALUE(enclave_config, struct enclave_config, enclave_config_clear)

/* Reads enclave.json. Lines that warn the author (a memfs with a source, a read-only memfs, an
 * entry of env without value and without fromHost) are appended to ret_warnings. False:
 * QUOTH_ENCLAVE_CONFIG with the path of the member, or what json_parse says. */
bool enclave_config_read(struct bytes json, struct enclave_config *ret_config,
                         struct buffer *ret_warnings, struct quoth_error *err);

/* Reads the files that config names (relative sources start at folder, which may be "") into their
 * content. Together they may have ENCLAVE_CONFIG_LIMIT / 2 bytes. */
bool enclave_config_load_files(struct enclave_config *config, const char *folder,
                               struct quoth_error *err);

/* Appends EXE.enclave: canonical JSON (json_write_canonical) of everything that has an effect at
 * run time; exe, key and the sources of files have none. Contents of files are base 64. */
bool enclave_config_write_measured(const struct enclave_config *config, struct buffer *ret_json,
                                   struct quoth_error *err);

/* Reads EXE.enclave; refuses bytes that enclave_config_write_measured would not write. */
bool enclave_config_read_measured(struct bytes json, struct enclave_config *ret_config,
                                  struct quoth_error *err);

/* Appends the enclave.json that `quoth enclave sign EXE` writes when there is none: key
 * "private.pem", debug on, a heap of 512 MiB, product 1, security version 1. */
bool enclave_config_write_default(const char *exe, struct buffer *ret_json,
                                  struct quoth_error *err);

#endif
