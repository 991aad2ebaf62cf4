#include "service/vault/vault_path.h"

#include "base/text.h"

const char *const vault_paths[] = {"keys", "deletedkeys", "secrets", "deletedsecrets", "rng", NULL};

/* The first segment that is not empty. */
static struct bytes first_segment(struct bytes path)
{
    size_t from = 0, to;
    while (from < path.len && path.data[from] == '/')
        from++;
    for (to = from; to < path.len && path.data[to] != '/';)
        to++;
    return bytes_slice(path, from, to - from);
}

bool vault_path_is(struct bytes path)
{
    const struct bytes first = first_segment(path);
    for (const char *const *p = vault_paths; *p; p++)
        if (text_equal_fold(first, bytes_of_text(*p)))
            return true;
    return false;
}

bool vault_path_is_secret(struct bytes path)
{
    const struct bytes first = first_segment(path);
    return text_equal_fold(first, BYTES_LITERAL("secrets")) ||
           text_equal_fold(first, BYTES_LITERAL("deletedsecrets"));
}

bool vault_path_is_deleted(struct bytes path)
{
    return text_equal_fold(bytes_slice(first_segment(path), 0, strlen("deleted")),
                           BYTES_LITERAL("deleted"));
}

const char *vault_path_of(enum vault_kind kind, bool deleted)
{
    static const char *const names[][2] = {
        [VAULT_KEY] = {"keys",    "deletedkeys"   },
        [VAULT_SECRET] = {"secrets", "deletedsecrets"},
    };
    return names[kind][deleted];
}

void vault_path_write_id(struct buffer *to, const char *issuer, enum vault_kind kind, bool deleted,
                         const char *name, const char *version)
{
    buffer_printf(to, "%s/%s/%s%s%s", issuer, vault_path_of(kind, deleted), name,
                  version[0] ? "/" : "", version);
}
