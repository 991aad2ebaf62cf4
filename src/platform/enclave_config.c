#include "platform/enclave_config.h"

#include "codec/base64.h"
#include "codec/json.h"

/* The two forms of the same settings. */
enum form { AUTHORS, MEASURED };

void enclave_config_clear(struct enclave_config *config)
{
    free(config->exe);
    free(config->key);
    for (size_t i = 0; i < config->mount_count; i++) {
        free(config->mounts[i].source);
        free(config->mounts[i].target);
    }
    for (size_t i = 0; i < config->env_count; i++) {
        free(config->env[i].name);
        free(config->env[i].value);
    }
    for (size_t i = 0; i < config->file_count; i++) {
        free(config->files[i].source);
        free(config->files[i].target);
        buffer_clear(&config->files[i].content);
    }
    free(config->mounts);
    free(config->env);
    free(config->files);
    *config = (struct enclave_config){0};
}

struct path_text {
    char text[96];
};

static struct path_text path_of(struct json at)
{
    struct path_text path = {0};
    json_path(at, path.text, sizeof path.text);
    return path;
}

#define refuse(at, err, ...)                                                                       \
    quoth_fail(err, QUOTH_ENCLAVE_CONFIG, path_of(at).text, json_offset(at), __VA_ARGS__)

/* Refuses members that are not in names, which ends with NULL. */
static bool members_check(struct json object, const char *const *names, struct quoth_error *err)
{
    if (json_type(object) != JSON_OBJECT)
        return refuse(object, err, "is %s, expected an object", json_type_text(json_type(object)));
    for (struct json m = json_first(object); json_exists(m); m = json_next(m)) {
        size_t i = 0;
        while (names[i] && !json_text_is(json_member_name(m), names[i]))
            i++;
        if (!names[i])
            return refuse(m, err, "is not a setting of an enclave");
    }
    return true;
}

/* A member that is absent or null leaves *ret_value as it is. */
static bool present(struct json object, const char *name, struct json *ret_value)
{
    return json_member(object, name, ret_value) && !json_is_null(*ret_value);
}

static bool bool_read(struct json object, const char *name, bool *ret_value,
                      struct quoth_error *err)
{
    struct json value;
    return !present(object, name, &value) || json_get_bool(value, ret_value, err);
}

static bool number_read(struct json object, const char *name, uint64_t max, uint64_t *ret_value,
                        struct quoth_error *err)
{
    struct json value;
    return !present(object, name, &value) || json_get_uint(value, max, ret_value, err);
}

static bool text_read(struct json object, const char *name, char **ret_text,
                      struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    struct json value;

    if (!present(object, name, &value))
        return true;
    if (!json_get_text(value, &text, err))
        return false;
    *ret_text = buffer_take_text(&text, err);
    return *ret_text != NULL;
}

/* As text_read, for a member that must be there and not be empty. */
static bool text_need(struct json object, const char *name, char **ret_text,
                      struct quoth_error *err)
{
    if (!text_read(object, name, ret_text, err))
        return false;
    if (!*ret_text || **ret_text == '\0')
        return refuse(object, err, "\"%s\" is not set", name);
    return true;
}

/* Begins with '/', and no part of it is empty, "." or "..". */
static bool normal_path(const char *path)
{
    const char *part = path;
    if (*part != '/')
        return false;
    while (*part == '/') {
        part++;
        const size_t len = strcspn(part, "/");
        if (len == 0)
            return part[0] == '\0' && part == path + 1; /* "/" alone */
        if ((len == 1 && part[0] == '.') || (len == 2 && part[0] == '.' && part[1] == '.'))
            return false;
        part += len;
    }
    return true;
}

static bool inside(const char *path, const char *folder)
{
    const size_t len = strlen(folder);
    return strncmp(path, folder, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

static bool target_check(struct json at, const char *target, const struct enclave_config *config,
                         struct quoth_error *err)
{
    if (!normal_path(target))
        return refuse(at, err,
                      "\"target\" is not an absolute path without \".\", \"..\" or \"//\"");
    if (inside(target, "/dev"))
        return refuse(at, err, "\"target\" lies in /dev, which belongs to the enclave");
    for (size_t i = 0; i < config->mount_count; i++) {
        const struct enclave_mount *m = &config->mounts[i];
        if (m->target && strcmp(m->target, target) == 0)
            return refuse(at, err, "\"target\" is taken already");
        if (m->target && m->source && inside(target, m->target))
            return refuse(at, err, "\"target\" lies inside a folder of the host");
    }
    for (size_t i = 0; i < config->file_count; i++)
        if (config->files[i].target &&
            (inside(config->files[i].target, target) || inside(target, config->files[i].target)))
            return refuse(at, err, "\"target\" is taken already");
    return true;
}

static void warn(struct buffer *warnings, const char *what, const char *which)
{
    if (warnings)
        buffer_printf(warnings, "%s: %s\n", which, what);
}

static bool mount_read(struct json at, struct enclave_config *config, struct buffer *warnings,
                       struct quoth_error *err)
{
    static const char *const names[] = {"source", "target", "type", "readOnly", NULL};
    struct enclave_mount *m = &config->mounts[config->mount_count];
    AUTO(text) char *type = NULL, *target = NULL;

    if (!members_check(at, names, err) || !text_need(at, "target", &target, err) ||
        !text_need(at, "type", &type, err) || !text_read(at, "source", &m->source, err) ||
        !bool_read(at, "readOnly", &m->read_only, err) || !target_check(at, target, config, err))
        return false;
    const bool hostfs = strcmp(type, "hostfs") == 0;
    if (!hostfs && strcmp(type, "memfs") != 0)
        return refuse(at, err, "\"type\" is neither \"hostfs\" nor \"memfs\"");
    if (hostfs && (!m->source || *m->source == '\0'))
        return refuse(at, err, "a hostfs needs a \"source\"");
    if (hostfs && strcmp(target, "/") == 0)
        return refuse(at, err, "the whole of the host as root is no confinement; list its folders");
    if (!hostfs && m->source)
        warn(warnings, "the source of a memfs means nothing", target);
    if (!hostfs && m->read_only)
        warn(warnings, "a read-only memfs stays empty", target);
    if (!hostfs) {
        free(m->source);
        m->source = NULL;
    }
    m->target = take(target);
    return true;
}

static bool env_read(struct json at, struct enclave_config *config, struct buffer *warnings,
                     struct quoth_error *err)
{
    static const char *const names[] = {"name", "value", "fromHost", NULL};
    struct enclave_env *e = &config->env[config->env_count];

    if (!members_check(at, names, err) || !text_need(at, "name", &e->name, err) ||
        !text_read(at, "value", &e->value, err) || !bool_read(at, "fromHost", &e->from_host, err))
        return false;
    if (strchr(e->name, '='))
        return refuse(at, err, "\"name\" contains '='");
    for (size_t i = 0; i < config->env_count; i++)
        if (strcmp(config->env[i].name, e->name) == 0)
            return refuse(at, err, "\"name\" is listed already");
    if (!e->value && !e->from_host)
        warn(warnings, "has neither a value nor fromHost, and will be empty", e->name);
    return true;
}

static bool content_read(struct json at, struct buffer *ret_content, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    return json_need_text(at, "content", &text, err) &&
           base64_decode(buffer_bytes(&text), ret_content, err);
}

static bool file_read_entry(struct json at, enum form form, struct enclave_config *config,
                            struct quoth_error *err)
{
    static const char *const authors[] = {"source", "target", NULL};
    static const char *const measured[] = {"content", "target", NULL};
    struct enclave_file *f = &config->files[config->file_count];
    AUTO(text) char *target = NULL;

    if (!members_check(at, form == AUTHORS ? authors : measured, err) ||
        !text_need(at, "target", &target, err) || !target_check(at, target, config, err))
        return false;
    if (strcmp(target, "/") == 0)
        return refuse(at, err, "\"target\" is the root");
    if (form == AUTHORS ? !text_need(at, "source", &f->source, err)
                        : !content_read(at, &f->content, err))
        return false;
    f->target = take(target);
    return true;
}

/* An absent or null list is empty. */
static bool list_open(struct json root, const char *name, size_t size, struct json *ret_list,
                      void **ret_entries, struct quoth_error *err)
{
    struct json list;

    *ret_list = (struct json){0};
    if (!present(root, name, &list))
        return true;
    if (json_type(list) != JSON_ARRAY)
        return refuse(list, err, "is %s, expected an array", json_type_text(json_type(list)));
    if (json_count(list) > ENCLAVE_LIST_MAX)
        return refuse(list, err, "has more than %u entries", ENCLAVE_LIST_MAX);
    *ret_list = list;
    *ret_entries = calloc(ENCLAVE_LIST_MAX, size);
    return *ret_entries || quoth_fail(err, QUOTH_MEMORY, name, QUOTH_NO_OFFSET, "out of memory");
}

/* Entries are counted after they are whole or not: clear frees what a refused one holds. */
static bool lists_read(struct json root, enum form form, struct enclave_config *config,
                       struct buffer *warnings, struct quoth_error *err)
{
    struct json list;
    void *entries = NULL;
    bool ok;

    if (!list_open(root, "mounts", sizeof *config->mounts, &list, &entries, err))
        return false;
    config->mounts = entries;
    for (struct json v = json_first(list); entries && json_exists(v); v = json_next(v)) {
        ok = mount_read(v, config, warnings, err);
        config->mount_count++;
        if (!ok)
            return false;
    }
    entries = NULL;
    if (!list_open(root, "env", sizeof *config->env, &list, &entries, err))
        return false;
    config->env = entries;
    for (struct json v = json_first(list); entries && json_exists(v); v = json_next(v)) {
        ok = env_read(v, config, warnings, err);
        config->env_count++;
        if (!ok)
            return false;
    }
    entries = NULL;
    if (!list_open(root, "files", sizeof *config->files, &list, &entries, err))
        return false;
    config->files = entries;
    for (struct json v = json_first(list); entries && json_exists(v); v = json_next(v)) {
        ok = file_read_entry(v, form, config, err);
        config->file_count++;
        if (!ok)
            return false;
    }
    return true;
}

static bool numbers_read(struct json root, struct enclave_config *config, struct quoth_error *err)
{
    uint64_t heap = 0, product = 0, version = 0;

    if (!number_read(root, "heapSize", ENCLAVE_HEAP_MAX_MIB, &heap, err) ||
        !number_read(root, "productID", UINT16_MAX, &product, err) ||
        !number_read(root, "securityVersion", UINT16_MAX, &version, err))
        return false;
    if (heap == 0)
        return refuse(root, err, "\"heapSize\" is not set");
    config->heap_mib = (uint32_t)heap;
    config->product_id = (uint16_t)product;
    config->security_version = (uint16_t)version;
    return true;
}

static bool config_read(struct bytes text, enum form form, struct enclave_config *ret_config,
                        struct buffer *warnings, struct quoth_error *err)
{
    /* the measured form has all but the first two */
    static const char *const names[] = {
        "exe",    "key", "debug", "heapSize", "executableHeap", "productID", "securityVersion",
        "mounts", "env", "files", NULL};
    const struct json_limits limits = {.max_len = ENCLAVE_CONFIG_LIMIT};
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(enclave_config) struct enclave_config config = {0};

    if (!json_parse(text, &limits, &doc, err))
        return false;
    const struct json root = json_root(&doc);
    if (!members_check(root, form == AUTHORS ? names : names + 2, err))
        return false;
    if (form == AUTHORS &&
        (!text_need(root, "exe", &config.exe, err) || !text_need(root, "key", &config.key, err)))
        return false;
    if (!bool_read(root, "debug", &config.debug, err) ||
        !bool_read(root, "executableHeap", &config.executable_heap, err) ||
        !numbers_read(root, &config, err) || !lists_read(root, form, &config, warnings, err))
        return false;
    *ret_config = take_value(config);
    return true;
}

bool enclave_config_read(struct bytes json, struct enclave_config *ret_config,
                         struct buffer *ret_warnings, struct quoth_error *err)
{
    return config_read(json, AUTHORS, ret_config, ret_warnings, err) ||
           quoth_within(err, "enclave.json");
}

bool enclave_config_read_measured(struct bytes json, struct enclave_config *ret_config,
                                  struct quoth_error *err)
{
    AUTO(enclave_config) struct enclave_config config = {0};
    AUTO(buffer) struct buffer again = {0};

    if (!config_read(json, MEASURED, &config, NULL, err) ||
        !enclave_config_write_measured(&config, &again, err))
        return quoth_within(err, "EXE.enclave");
    if (!bytes_equal(json, buffer_bytes(&again)))
        return quoth_fail(err, QUOTH_ENCLAVE_CONFIG, "EXE.enclave", QUOTH_NO_OFFSET,
                          "is not in the canonical form that signing writes");
    *ret_config = take_value(config);
    return true;
}
