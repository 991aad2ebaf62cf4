#include "vault/item.h"

#include "vault/item_parts.h"

static const char *const operation_names[] = {
    [VAULT_ENCRYPT] = "encrypt", [VAULT_DECRYPT] = "decrypt", [VAULT_SIGN] = "sign",
    [VAULT_VERIFY] = "verify",   [VAULT_WRAP] = "wrapKey",    [VAULT_UNWRAP] = "unwrapKey",
    [VAULT_IMPORT] = "import",   [VAULT_EXPORT] = "export",   [VAULT_RELEASE] = "release",
    [VAULT_GET] = "get",
};

const char *vault_operation_name(enum vault_operation operation)
{
    return operation_names[operation];
}

enum vault_operation vault_operation_find(struct bytes name)
{
    unsigned i = 0;
    while (i < VAULT_KEY_OPS && !bytes_equal(name, bytes_of_text(operation_names[i])))
        i++;
    return (enum vault_operation)i;
}

void vault_version_clear(struct vault_version *version)
{
    buffer_clear(&version->tags);
    buffer_clear(&version->a);
    buffer_clear(&version->b);
    buffer_clear(&version->content_type);
    *version = (struct vault_version){0};
}

void vault_item_clear(struct vault_item *item)
{
    for (size_t i = 0; i < item->version_count; i++)
        vault_version_clear(&item->versions[i]);
    free(item->versions);
    buffer_clear(&item->policy);
    buffer_clear(&item->policy_type);
    *item = (struct vault_item){0};
}

struct vault_version *vault_item_extend(struct vault_item *item, struct quoth_error *err)
{
    if (item->version_count == VAULT_VERSIONS_MAX) {
        quoth_fail(err, QUOTH_VAULT_VERSIONS, item->name, QUOTH_NO_OFFSET,
                   "has %u versions, and can have no more", VAULT_VERSIONS_MAX);
        return NULL;
    }
    struct vault_version *versions =
        realloc(item->versions, (item->version_count + 1) * sizeof *versions);
    if (!versions) {
        quoth_fail(err, QUOTH_MEMORY, item->name, QUOTH_NO_OFFSET, "out of memory");
        return NULL;
    }
    item->versions = versions;
    versions[item->version_count] = (struct vault_version){0};
    return &versions[item->version_count++];
}

struct vault_version *vault_item_newest(const struct vault_item *item)
{
    return item->version_count > 0 ? &item->versions[item->version_count - 1] : NULL;
}

enum vault_state vault_item_state(const struct vault_item *item)
{
    if (item->version_count == 0)
        return VAULT_GONE;
    return item->deleted_at != 0 ? VAULT_DELETED : VAULT_LIVE;
}

bool vault_missing(enum vault_kind kind, const char *name, struct bytes version,
                   struct quoth_error *err)
{
    char text[64];
    return quoth_fail(err, kind == VAULT_KEY ? QUOTH_VAULT_KEY_MISSING : QUOTH_VAULT_SECRET_MISSING,
                      name, QUOTH_NO_OFFSET, "there is no such %s%s%s here", vault_kind_name(kind),
                      version.len > 0 ? " with version " : "",
                      text_escape(text, sizeof text, version));
}

const struct vault_version *vault_version(const struct vault_item *item, struct bytes version,
                                          struct quoth_error *err)
{
    if (version.len == 0 && item->version_count > 0)
        return vault_item_newest(item);
    for (size_t i = 0; i < item->version_count; i++)
        if (text_equal_fold(bytes_of_text(item->versions[i].id), version))
            return &item->versions[i];
    vault_missing(item->kind, item->name, version, err);
    return NULL;
}

/* ---- names */

const char *vault_kind_name(enum vault_kind kind)
{
    return kind == VAULT_KEY ? "key" : "secret";
}

static bool is_name_character(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

bool vault_name_copy(struct bytes name, char ret_name[VAULT_NAME_MAX + 1], struct quoth_error *err)
{
    if (name.len < 1 || name.len > VAULT_NAME_MAX)
        return quoth_fail(err, QUOTH_VAULT_NAME, "name", QUOTH_NO_OFFSET,
                          "has %zu characters, may have 1 to %d", name.len, VAULT_NAME_MAX);
    for (size_t i = 0; i < name.len; i++)
        if (!is_name_character(name.data[i]))
            return quoth_fail(err, QUOTH_VAULT_NAME, "name", i,
                              "has a character that is no letter, digit or hyphen");
    bytes_copy((uint8_t *)ret_name, name);
    ret_name[name.len] = '\0';
    return true;
}

void vault_name_fold(char *name)
{
    for (; *name; name++)
        if (*name >= 'A' && *name <= 'Z')
            *name = (char)(*name - 'A' + 'a');
}
