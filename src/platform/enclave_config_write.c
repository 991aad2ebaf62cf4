/* The forms of an enclave's settings that we write. */
#include "base/file.h"
#include "codec/base64.h"
#include "codec/json_write.h"
#include "platform/enclave_config.h"

bool enclave_config_load_files(struct enclave_config *config, const char *folder,
                               struct quoth_error *err)
{
    size_t left = ENCLAVE_CONFIG_LIMIT / 2;

    for (size_t i = 0; i < config->file_count; i++) {
        struct enclave_file *f = &config->files[i];
        const bool relative = f->source[0] != '/' && folder[0] != '\0';
        AUTO(text) char *path = relative ? path_join(folder, f->source, err) : strdup(f->source);
        if (!path)
            return quoth_fail(err, QUOTH_MEMORY, "files", QUOTH_NO_OFFSET, "out of memory");
        buffer_clear(&f->content);
        if (!file_read(path, left, &f->content, err))
            return false;
        left -= f->content.len;
    }
    return true;
}

/* The order of members is that of json_write_canonical: bytewise by name. */
static void env_write(const struct enclave_env *e, struct buffer *to)
{
    json_object_begin(to);
    json_named_bool(to, "fromHost", e->from_host);
    json_named_cstring(to, "name", e->name);
    if (e->value) {
        json_named_cstring(to, "value", e->value);
    }
    json_object_end(to);
}

static void file_entry_write(const struct enclave_file *f, struct buffer *to)
{
    AUTO(buffer) struct buffer content = {0};
    base64_encode(buffer_bytes(&f->content), &content);
    to->failed |= content.failed;
    json_object_begin(to);
    json_named_string(to, "content", buffer_bytes(&content));
    json_named_cstring(to, "target", f->target);
    json_object_end(to);
}

static void mount_write(const struct enclave_mount *m, struct buffer *to)
{
    json_object_begin(to);
    json_named_bool(to, "readOnly", m->read_only);
    if (m->source) {
        json_named_cstring(to, "source", m->source);
    }
    json_named_cstring(to, "target", m->target);
    json_named_cstring(to, "type", m->source ? "hostfs" : "memfs");
    json_object_end(to);
}

bool enclave_config_write_measured(const struct enclave_config *config, struct buffer *ret_json,
                                   struct quoth_error *err)
{
    struct buffer *to = ret_json;

    json_object_begin(to);
    json_named_bool(to, "debug", config->debug);
    json_name(to, "env");
    json_array_begin(to);
    for (size_t i = 0; i < config->env_count; i++)
        env_write(&config->env[i], to);
    json_array_end(to);
    json_named_bool(to, "executableHeap", config->executable_heap);
    json_name(to, "files");
    json_array_begin(to);
    for (size_t i = 0; i < config->file_count; i++)
        file_entry_write(&config->files[i], to);
    json_array_end(to);
    json_named_uint(to, "heapSize", config->heap_mib);
    json_name(to, "mounts");
    json_array_begin(to);
    for (size_t i = 0; i < config->mount_count; i++)
        mount_write(&config->mounts[i], to);
    json_array_end(to);
    json_named_uint(to, "productID", config->product_id);
    json_named_uint(to, "securityVersion", config->security_version);
    json_object_end(to);
    return buffer_ok(to, err);
}

bool enclave_config_write_default(const char *exe, struct buffer *ret_json, struct quoth_error *err)
{
    AUTO(buffer) struct buffer name = {0};

    json_cstring(&name, exe);
    if (!buffer_ok(&name, err))
        return false;
    buffer_text(ret_json, "{\n \"exe\": ");
    buffer_add(ret_json, buffer_bytes(&name));
    buffer_text(ret_json, ",\n \"key\": \"private.pem\",\n"
                          " \"debug\": true,\n"
                          " \"heapSize\": 512,\n"
                          " \"executableHeap\": false,\n"
                          " \"productID\": 1,\n"
                          " \"securityVersion\": 1,\n"
                          " \"mounts\": null,\n"
                          " \"env\": null,\n"
                          " \"files\": null\n"
                          "}\n");
    return buffer_ok(ret_json, err);
}
