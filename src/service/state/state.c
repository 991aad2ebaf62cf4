#include "service/state/state.h"

#include "base/file.h"
#include "codec/json.h"
#include "keys/watermark.h"
#include "net/url.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

bool state_check_issuer(const char *issuer, char ret_host[STATE_HOST_MAX], struct quoth_error *err)
{
    struct url url;
    const struct bytes text = bytes_of_text(issuer);
    if (!url_read(text, &url, err))
        return quoth_within(err, "issuer");
    AUTO(buffer) struct buffer canonical = {0};
    buffer_text(&canonical, strchr(url.host, ':') ? "https://[" : "https://");
    buffer_text(&canonical, url.host);
    buffer_text(&canonical, strchr(url.host, ':') ? "]" : "");
    if (url.port != 443)
        buffer_printf(&canonical, ":%u", url.port);
    if (!buffer_ok(&canonical, err))
        return false;
    if (text.len >= STATE_ISSUER_MAX || !bytes_equal(text, buffer_bytes(&canonical))) {
        char expected[STATE_ISSUER_MAX];
        snprintf(expected, sizeof expected, "%.*s", (int)canonical.len,
                 (const char *)canonical.data);
        return quoth_mismatch(err, QUOTH_USAGE, "issuer", QUOTH_NO_OFFSET, issuer, expected);
    }
    snprintf(ret_host, STATE_HOST_MAX, "%s", url.host);
    return true;
}

bool state_lock(const char *folder, int *ret_fd, struct quoth_error *err)
{
    AUTO(text) char *path = path_join(folder, "lock", err);
    if (!path)
        return false;
    AUTO(fd) int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return quoth_fail(err, QUOTH_IO, path, QUOTH_NO_OFFSET, "cannot be opened: %s",
                          strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return quoth_fail(err, QUOTH_STATE_IN_USE, folder, QUOTH_NO_OFFSET,
                          "another process uses this state folder");
    *ret_fd = fd_take(&fd);
    return true;
}

/* ---- tenants */

static bool broken(struct quoth_error *err, const char *where, const char *what)
{
    return quoth_fail(err, QUOTH_STORE_BROKEN, where, QUOTH_NO_OFFSET, "%s", what);
}

static bool read_tenant(struct state_tenant *t, struct bytes record, struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    struct bytes model;
    struct json trust;
    if (!json_parse(record, NULL, &doc, err) ||
        !json_need_plain(json_root(&doc), "model", &model, err) ||
        !trust_model_of(model, &t->model, err) ||
        !json_need_object(json_root(&doc), "trust", &trust, err))
        return false;
    buffer_add(&t->trust, json_span(trust));
    return buffer_ok(&t->trust, err) && state_check_issuer(t->issuer, t->host, err);
}

static bool load_tenant(struct state *s, const struct master_key *master, struct bytes issuer,
                        struct quoth_error *err)
{
    AUTO(buffer) struct buffer record = {0};
    int64_t version;
    if (s->tenant_count == STATE_TENANTS_MAX)
        return broken(err, "tenants", "has more tenants than this build serves");
    struct state_tenant *t = &s->tenants[s->tenant_count++];
    snprintf(t->issuer, sizeof t->issuer, "%.*s", (int)issuer.len, (const char *)issuer.data);
    if (!record_load(s->store, master, RECORD_TENANT, t->issuer, RECORD_TENANT, 0, &version,
                     &record, err))
        return false;
    if (version == 0)
        return broken(err, t->issuer, "has no record of this tenant");
    return read_tenant(t, buffer_bytes(&record), err) || quoth_within(err, t->issuer);
}

bool state_load_tenants(struct state *s, const struct master_key *master, struct quoth_error *err)
{
    AUTO(buffer) struct buffer made = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    struct json list;
    if (!setting_load(s->store, master, "made", &s->version, &made, err))
        return quoth_within(err, "store");
    if (s->version == 0)
        return true;
    if (!json_parse(buffer_bytes(&made), NULL, &doc, err) ||
        !json_need_array(json_root(&doc), "tenants", &list, err))
        return quoth_within(err, "store");
    for (struct json i = json_first(list); json_exists(i); i = json_next(i))
        if (!load_tenant(s, master, json_plain(i), err))
            return quoth_within(err, "store");
    return s->tenant_count > 0 || broken(err, "store", "names no tenant");
}

bool state_tenant_folder(const char *folder, const struct state_tenant *t, bool is_first,
                         struct buffer *ret_path, struct quoth_error *err)
{
    buffer_text(ret_path, folder);
    if (!is_first)
        buffer_printf(ret_path, "/tenants/%s", t->host);
    return buffer_ok(ret_path, err);
}

/* ---- opening */

bool state_is_made(const struct config *s, struct quoth_error *err)
{
    AUTO(text) char *lock = path_join(s->state, "lock", err);
    if (!lock)
        return false;
    const bool has_store = store_is_shared(s->store) || file_exists(s->store);
    return (file_exists(lock) && has_store) ||
           quoth_fail(err, QUOTH_STORE_MISSING, s->state, QUOTH_NO_OFFSET,
                      "this state folder was not initialised");
}

bool state_open(const struct config *config, const struct slots_listener *listener,
                struct master_key *ret_master, struct state *ret_state, struct quoth_error *err)
{
    const struct slots_sources sources = {config->master_key.items, config->master_key.count,
                                          config->state, false};
    AUTO(state) struct state s = {.lock = -1};
    AUTO(master_key) struct master_key master = {NULL};
    int64_t watermark;
    if (!state_is_made(config, err) || !state_lock(config->state, &s.lock, err) ||
        !store_open(config->store, &s.store, err) ||
        !slots_open(s.store, &sources, listener, &master, err) ||
        !watermark_check(s.store, &master, &watermark, err) ||
        !state_load_tenants(&s, &master, err))
        return false;
    if (s.version == 0)
        return quoth_fail(err, QUOTH_STORE_MISSING, "store", QUOTH_NO_OFFSET,
                          "was not initialised to the end");
    if (config->issuer && strcmp(config->issuer, s.tenants[0].issuer) != 0)
        return quoth_mismatch(err, QUOTH_USAGE, "issuer", QUOTH_NO_OFFSET, config->issuer,
                              s.tenants[0].issuer);
    *ret_state = take_value(s);
    *ret_master = take_value(master);
    s.lock = -1;
    return true;
}

void state_close(struct state *s)
{
    store_close(s->store);
    for (size_t i = 0; i < s->tenant_count; i++)
        buffer_clear(&s->tenants[i].trust);
    fd_close(s->lock);
    *s = (struct state){.lock = -1};
}
