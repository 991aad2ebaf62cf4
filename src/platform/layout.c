#include "platform/layout.h"

#include "base/file.h"

#define SIZE_MAX_OF_FILE 65536u

bool layout_read(const char *folder, const char *name, struct buffer *ret_data,
                 struct quoth_error *err)
{
    AUTO(buffer) struct buffer data = {0};
    AUTO(text) char *path = path_join(folder, name, err);

    if (!path || !file_read(path, SIZE_MAX_OF_FILE, &data, err))
        return false;
    buffer_add(ret_data, buffer_bytes(&data));
    return buffer_ok(ret_data, err);
}

bool layout_write(const char *folder, const char *name, struct bytes data, struct quoth_error *err)
{
    AUTO(text) char *path = path_join(folder, name, err);

    return path && file_write(path, data, 0600, err);
}

bool layout_has(const char *folder, const char *name)
{
    struct quoth_error ignored = {0};
    AUTO(text) char *path = path_join(folder, name, &ignored);

    return path && file_exists(path);
}
