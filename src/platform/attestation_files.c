#include "platform/attestation_files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "platform/memory_file.h"
#include "platform/processor.h"

#define KEYS_FOLDER ATTESTATION_FOLDER "/keys"

const struct attestation_file_row attestation_files[ATTESTATION_FILE_COUNT] = {
    [ATTESTATION_TYPE] = {ATTESTATION_FOLDER "/attestation_type", false},
    [ATTESTATION_USER_REPORT_DATA] = {ATTESTATION_FOLDER "/user_report_data", true },
    [ATTESTATION_QUOTE] = {ATTESTATION_FOLDER "/quote",            false},
    [ATTESTATION_MY_TARGET_INFO] = {ATTESTATION_FOLDER "/my_target_info",   false},
    [ATTESTATION_TARGET_INFO] = {ATTESTATION_FOLDER "/target_info",      true },
    [ATTESTATION_REPORT] = {ATTESTATION_FOLDER "/report",           false},
    [ATTESTATION_KEY_MRENCLAVE] = {KEYS_FOLDER "/_sgx_mrenclave",          false},
    [ATTESTATION_KEY_MRSIGNER] = {KEYS_FOLDER "/_sgx_mrsigner",           false},
};

bool attestation_path_normal(const char *path, char *ret_path, size_t size)
{
    size_t len = 0;

    if (path[0] != '/')
        return false;
    while (*path) {
        path += strspn(path, "/");
        const size_t part = strcspn(path, "/");
        if (part == 2 && path[0] == '.' && path[1] == '.') {
            while (len > 0 && ret_path[--len] != '/')
                ;
        } else if (part > 0 && !(part == 1 && path[0] == '.')) {
            if (part + 2 > size - len) /* '/' before, NUL after */
                return false;
            ret_path[len++] = '/';
            bytes_copy((uint8_t *)ret_path + len, (struct bytes){(const uint8_t *)path, part});
            len += part;
        }
        path += part;
    }
    if (len == 0)
        ret_path[len++] = '/';
    ret_path[len] = '\0';
    return true;
}

bool attestation_path_guarded(const char *path)
{
    const size_t len = strlen(ATTESTATION_FOLDER);
    return strncmp(path, ATTESTATION_FOLDER, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

static void field_clear(struct attestation_field *field)
{
    fd_close(field->fd);
    bytes_wipe(field, sizeof *field);
    field->fd = -1;
}

void attestation_state_init(struct attestation_state *state)
{
    *state = (struct attestation_state){.user_report_data.fd = -1, .target_info.fd = -1};
}

void attestation_state_clear(struct attestation_state *state)
{
    field_clear(&state->user_report_data);
    field_clear(&state->target_info);
    for (size_t i = 0; i < state->key_count; i++)
        field_clear(&state->keys[i].field);
    attestation_state_init(state);
}

/* What the process is told: Gramine says EACCES, except when something ran out. */
static int reason_of(int error)
{
    return error == ENOMEM || error == EMFILE || error == ENFILE ? error : EACCES;
}

static int failed(struct quoth_error *err, const char *what)
{
    const int error = errno;
    quoth_fail(err, QUOTH_UNAVAILABLE, ATTESTATION_FOLDER, QUOTH_NO_OFFSET, "%s: %s", what,
               strerror(error));
    return reason_of(error);
}

/* A file that holds content for good. */
static int content_open(struct bytes content, int *ret_fd, struct quoth_error *err)
{
    return memory_file_of(content, ret_fd, err) ? 0 : reason_of(errno);
}

/* Takes over what has been written to the field, if anything was: size bytes, padded or cut, or
 * with exact size bytes and no other number. */
static int field_commit(struct attestation_field *field, size_t size, bool exact,
                        struct quoth_error *err)
{
    struct stat st;

    if (field->fd < 0)
        return 0;
    if (fstat(field->fd, &st) != 0)
        return failed(err, "a memory file cannot be examined");
    if (st.st_size == 0)
        return 0;
    if (exact && st.st_size != (off_t)size) {
        const long long found = st.st_size;
        if (ftruncate(field->fd, 0) != 0)
            return failed(err, "a memory file cannot be emptied");
        quoth_fail(err, QUOTH_MALFORMED, KEYS_FOLDER, QUOTH_NO_OFFSET,
                   "a key of %lld bytes was written, expected %zu", found, size);
        return EACCES;
    }
    bytes_wipe(field->value, sizeof field->value);
    if (pread(field->fd, field->value, size, 0) < 0)
        return failed(err, "a memory file cannot be read");
    field->set = true;
    return 0;
}

/* For writing: an empty file, whose contents replace the value once there are any. */
static int field_write(struct attestation_field *field, int access, int *ret_fd,
                       struct quoth_error *err)
{
    if (field->fd < 0 && !memory_file_empty(&field->fd, err))
        return reason_of(errno);
    if (ftruncate(field->fd, 0) != 0)
        return failed(err, "a memory file cannot be emptied");
    return memory_file_reopen(field->fd, access, ret_fd, err) ? 0 : reason_of(errno);
}

/* user_report_data and target_info read as empty, as nothing but report and quote reads them. */
static int input_open(struct attestation_field *field, size_t size, int access, int *ret_fd,
                      struct quoth_error *err)
{
    const int reason = field_commit(field, size, false, err);
    if (reason)
        return reason;
    return access == O_RDONLY ? content_open((struct bytes){0}, ret_fd, err)
                              : field_write(field, access, ret_fd, err);
}

/* The field of a named key, made when it is first asked for; NULL if the name cannot be one. */
static struct attestation_field *key_field(struct attestation_state *state, const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_-.";
    const size_t len = strlen(name);

    if (len == 0 || len > ATTESTATION_KEY_NAME_MAX || strspn(name, letters) != len ||
        strncmp(name, "_sgx_", 5) == 0)
        return NULL;
    for (size_t i = 0; i < state->key_count; i++)
        if (strcmp(state->keys[i].name, name) == 0)
            return &state->keys[i].field;
    if (state->key_count == ATTESTATION_KEYS_MAX)
        return NULL;
    struct attestation_key *key = &state->keys[state->key_count++];
    *key = (struct attestation_key){.field.fd = -1};
    bytes_copy((uint8_t *)key->name, bytes_of_text(name));
    return &key->field;
}

static int key_open(struct attestation_state *state, const char *name, int access, int *ret_fd,
                    struct quoth_error *err)
{
    struct attestation_field *field = key_field(state, name);
    if (!field)
        return ENOENT;
    const int reason = field_commit(field, SGX_KEY_SIZE, true, err);
    if (reason)
        return reason;
    if (access != O_RDONLY)
        return field_write(field, access, ret_fd, err);
    return content_open((struct bytes){field->value, field->set ? SGX_KEY_SIZE : 0}, ret_fd, err);
}

static int target_info_open(const struct enclave_identity *identity, int *ret_fd,
                            struct quoth_error *err)
{
    uint8_t target_info[SGX_TARGET_INFO_SIZE];
    processor_target_info(identity, target_info);
    return content_open(BYTES_OF(target_info), ret_fd, err);
}

static int report_open(const struct device *device, const struct enclave_identity *identity,
                       const struct attestation_state *state, int *ret_fd, struct quoth_error *err)
{
    uint8_t own[SGX_TARGET_INFO_SIZE], report[SGX_REPORT_SIZE];
    struct bytes target = BYTES_OF(state->target_info.value);

    if (bytes_all_zero(target)) { /* Gramine then makes a report for the enclave itself */
        processor_target_info(identity, own);
        target = BYTES_OF(own);
    }
    if (!device->report(
            device->platform, identity, target,
            bytes_slice(BYTES_OF(state->user_report_data.value), 0, SGX_REPORT_DATA_SIZE), report,
            err))
        return EACCES;
    return content_open(BYTES_OF(report), ret_fd, err);
}

static int quote_open(const struct device *device, const struct enclave_identity *identity,
                      const struct attestation_state *state, int *ret_fd, struct quoth_error *err)
{
    AUTO(buffer) struct buffer quote = {0};
    if (!device->quote(
            device->platform, identity,
            bytes_slice(BYTES_OF(state->user_report_data.value), 0, SGX_REPORT_DATA_SIZE), &quote,
            err))
        return EACCES;
    return content_open(buffer_bytes(&quote), ret_fd, err);
}

static int seal_key_open(const struct device *device, const struct enclave_identity *identity,
                         enum seal_policy policy, int *ret_fd, struct quoth_error *err)
{
    uint8_t key[SGX_KEY_SIZE];
    if (!device->seal_key(device->platform, identity, policy, key, err))
        return EACCES;
    const int reason = content_open(BYTES_OF(key), ret_fd, err);
    bytes_wipe(key, sizeof key);
    return reason;
}

static int inputs_commit(struct attestation_state *state, struct quoth_error *err)
{
    const int reason = field_commit(&state->user_report_data, SGX_REPORT_DATA_SIZE, false, err);
    return reason ? reason : field_commit(&state->target_info, SGX_TARGET_INFO_SIZE, false, err);
}

static int known_open(const struct device *device, const struct enclave_identity *identity,
                      struct attestation_state *state, enum attestation_file file, int access,
                      int *ret_fd, struct quoth_error *err)
{
    if (access != O_RDONLY && !attestation_files[file].writable)
        return EACCES;
    if (file == ATTESTATION_USER_REPORT_DATA)
        return input_open(&state->user_report_data, SGX_REPORT_DATA_SIZE, access, ret_fd, err);
    if (file == ATTESTATION_TARGET_INFO)
        return input_open(&state->target_info, SGX_TARGET_INFO_SIZE, access, ret_fd, err);
    const int reason = inputs_commit(state, err);
    if (reason)
        return reason;
    switch (file) {
    case ATTESTATION_TYPE:
        return content_open(BYTES_LITERAL("dcap"), ret_fd, err);
    case ATTESTATION_QUOTE:
        return quote_open(device, identity, state, ret_fd, err);
    case ATTESTATION_MY_TARGET_INFO:
        return target_info_open(identity, ret_fd, err);
    case ATTESTATION_REPORT:
        return report_open(device, identity, state, ret_fd, err);
    case ATTESTATION_KEY_MRENCLAVE:
        return seal_key_open(device, identity, SEAL_TO_ENCLAVE, ret_fd, err);
    case ATTESTATION_KEY_MRSIGNER:
        return seal_key_open(device, identity, SEAL_TO_SIGNER, ret_fd, err);
    default:
        return ENOENT;
    }
}

int attestation_open(const struct device *device, const struct enclave_identity *identity,
                     struct attestation_state *state, const char *path, int flags, int *ret_fd,
                     struct quoth_error *err)
{
    const int access = flags & O_ACCMODE;
    const size_t keys = strlen(KEYS_FOLDER "/");

    if (strcmp(path, ATTESTATION_FOLDER) == 0 || strcmp(path, KEYS_FOLDER) == 0)
        return EACCES; /* names are known, not listed */
    if ((flags & O_PATH) || access == O_ACCMODE)
        return EACCES;
    if (flags & O_DIRECTORY)
        return ENOTDIR;
    if ((flags & O_CREAT) && (flags & O_EXCL))
        return EEXIST;
    for (size_t i = 0; i < ATTESTATION_FILE_COUNT; i++)
        if (strcmp(path, attestation_files[i].path) == 0)
            return known_open(device, identity, state, (enum attestation_file)i, access, ret_fd,
                              err);
    if (strncmp(path, KEYS_FOLDER "/", keys) == 0)
        return key_open(state, path + keys, access, ret_fd, err);
    return ENOENT;
}
