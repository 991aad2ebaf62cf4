#include "keys/master.h"

#include "keys/master_file.h"

void master_key_clear(struct master_key *key)
{
    bytes_wipe(key, sizeof *key);
}

bool master_key_create(const char *path, const char *state_folder, struct quoth_error *err)
{
    return master_file_create(path, state_folder, err);
}

bool master_key_read(const char *path, const char *state_folder, struct master_key *ret_key,
                     struct quoth_error *err)
{
    AUTO(master_file) struct master_file file = {0};
    if (!master_file_read(path, state_folder, &file, err))
        return false;
    bytes_copy(ret_key->bytes, BYTES_OF(file.bytes));
    return true;
}
