#include "collateral/folder.h"

#include "base/file.h"
#include "collateral/bundle.h"
#include "collateral/part.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    enum collateral_part part;
    const char *file;
} files[] = {
    {COLLATERAL_TCB_INFO,          "tcb_info.json"        },
    {COLLATERAL_QE_IDENTITY,       "qe_identity.json"     },
    {COLLATERAL_TCB_INFO_CHAIN,    "tcb_signing_chain.pem"},
    {COLLATERAL_QE_IDENTITY_CHAIN, "qe_identity_chain.pem"},
    {COLLATERAL_ROOT_CRL,          "root_ca.crl"          },
    {COLLATERAL_PCK_CRL,           "pck.crl"              },
    {COLLATERAL_PCK_CRL_CHAIN,     "pck_crl_chain.pem"    },
    {COLLATERAL_PCK_CHAIN,         "pck_chain.pem"        },
};

/* Hex of a CRL and the NUL behind it. */
#define FILE_SIZE_MAX (2 * COLLATERAL_PART_MAX + 1)

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool add_file(const char *folder, size_t i, struct collateral_builder *to,
                     struct quoth_error *err)
{
    AUTO(text) char *path = path_join(folder, files[i].file, err);
    AUTO(buffer) struct buffer data = {0};
    if (!path)
        return false;
    if (!file_exists(path))
        return true;
    return file_read(path, FILE_SIZE_MAX, &data, err) &&
           (collateral_add(to, files[i].part, buffer_bytes(&data), err) ||
            quoth_within(err, folder));
}

static bool share_signing_chain(struct collateral_builder *b, struct quoth_error *err)
{
    const struct bytes chain =
        bytes_slice(buffer_bytes(&b->memory), b->part[COLLATERAL_TCB_INFO_CHAIN].at,
                    b->part[COLLATERAL_TCB_INFO_CHAIN].len);
    AUTO(buffer) struct buffer copy = {0};
    if (b->part[COLLATERAL_QE_IDENTITY_CHAIN].len > 0)
        return true;
    buffer_add(&copy, chain); /* the builder's own memory moves when it grows */
    return buffer_ok(&copy, err) &&
           collateral_add(b, COLLATERAL_QE_IDENTITY_CHAIN, buffer_bytes(&copy), err);
}

bool folder_read(const char *path, struct collateral *ret_collateral, struct quoth_error *err)
{
    AUTO(collateral_builder) struct collateral_builder b = {0};
    if (!is_folder(path))
        return quoth_fail(err, QUOTH_IO, path, QUOTH_NO_OFFSET, "is not a folder");
    for (size_t i = 0; i < COUNT(files); i++)
        if (!add_file(path, i, &b, err))
            return false;
    if (b.memory.len == 0)
        return quoth_fail(err, QUOTH_BUNDLE, path, QUOTH_NO_OFFSET,
                          "has no file of collateral, such as tcb_info.json");
    return share_signing_chain(&b, err) && collateral_finish(&b, ret_collateral, err);
}

static bool write_file(const char *folder, size_t i, const struct collateral *c,
                       struct quoth_error *err)
{
    AUTO(text) char *path = path_join(folder, files[i].file, err);
    if (!path)
        return false;
    if (c->part[files[i].part].len > 0)
        return file_write(path, c->part[files[i].part], 0644, err);
    if (unlink(path) != 0 && errno != ENOENT)
        return quoth_fail(err, QUOTH_IO, path, QUOTH_NO_OFFSET, "cannot be removed: %s",
                          strerror(errno));
    return true;
}

bool folder_write(const char *path, const struct collateral *c, struct quoth_error *err)
{
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        return quoth_fail(err, QUOTH_IO, path, QUOTH_NO_OFFSET, "cannot be made: %s",
                          strerror(errno));
    for (size_t i = 0; i < COUNT(files); i++)
        if (!write_file(path, i, c, err))
            return false;
    return true;
}

static bool load_file(const char *path, struct collateral *ret_collateral, struct quoth_error *err)
{
    AUTO(buffer) struct buffer data = {0};
    return file_read(path, BUNDLE_SIZE_MAX, &data, err) &&
           (bundle_read(buffer_bytes(&data), ret_collateral, err) || quoth_within(err, path));
}

static bool has_tcb_info(const char *folder, bool *ret_has, struct quoth_error *err)
{
    AUTO(text) char *path = path_join(folder, "tcb_info.json", err);
    if (path)
        *ret_has = file_exists(path);
    return path != NULL;
}

/* The entry of a folder of many platforms. */
static bool load_entry(const char *folder, const struct collateral_key *key,
                       struct collateral *ret_collateral, struct quoth_error *err)
{
    char name[COLLATERAL_KEY_TEXT_SIZE];
    AUTO(buffer) struct buffer text = {0};
    AUTO(text) char *below = path_join(folder, collateral_key_text(key, name), err);
    buffer_printf(&text, "%s.json", below ? below : "");
    AUTO(text) char *file = buffer_take_text(&text, err);
    if (!below || !file)
        return false;
    if (is_folder(below))
        return folder_read(below, ret_collateral, err);
    if (file_exists(file))
        return load_file(file, ret_collateral, err);
    return quoth_fail(err, QUOTH_SOURCE_UNKNOWN, folder, QUOTH_NO_OFFSET,
                      "has neither tcb_info.json nor anything named %s", name);
}

bool collateral_load(const char *path, const struct collateral_key *key,
                     struct collateral *ret_collateral, struct quoth_error *err)
{
    bool one_platform;
    if (!is_folder(path))
        return load_file(path, ret_collateral, err);
    if (!has_tcb_info(path, &one_platform, err))
        return false;
    return one_platform || !key ? folder_read(path, ret_collateral, err)
                                : load_entry(path, key, ret_collateral, err);
}
