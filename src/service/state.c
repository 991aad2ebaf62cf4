#include "service/state.h"

#include "base/file.h"
#include "codec/json.h"
#include "codec/json_write.h"
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

static bool read_made(struct state *s, struct bytes made, struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    struct bytes issuer;
    struct json trust;
    struct state_tenant *t = calloc(1, sizeof *t);
    if (!t)
        return quoth_fail(err, QUOTH_MEMORY, "store", QUOTH_NO_OFFSET, "out of memory");
    s->tenants = t;
    s->tenant_count = 1;
    if (!json_parse(made, NULL, &doc, err) ||
        !json_need_plain(json_root(&doc), "issuer", &issuer, err) ||
        !json_need_object(json_root(&doc), "trust", &trust, err))
        return quoth_within(err, "store");
    snprintf(t->issuer, sizeof t->issuer, "%.*s", (int)issuer.len, (const char *)issuer.data);
    buffer_add(&t->trust, json_span(trust));
    return buffer_ok(&t->trust, err) && state_check_issuer(t->issuer, t->host, err);
}

/* Init writes this setting last: a store without it was never finished. */
static bool load_made(struct state *s, const struct master_key *master, struct quoth_error *err)
{
    AUTO(buffer) struct buffer made = {0};
    int64_t version;
    if (!setting_load(s->store, master, "made", &version, &made, err))
        return false;
    if (version == 0)
        return quoth_fail(err, QUOTH_STORE_MISSING, "store", QUOTH_NO_OFFSET,
                          "was not initialised to the end");
    return read_made(s, buffer_bytes(&made), err);
}

bool state_is_made(const struct config *s, struct quoth_error *err)
{
    AUTO(text) char *path = path_join(s->state, "quoth.db", err);
    if (!path)
        return false;
    return file_exists(path) || quoth_fail(err, QUOTH_STORE_MISSING, s->state, QUOTH_NO_OFFSET,
                                           "this state folder was not initialised");
}

bool state_open(const struct config *config, const struct master_key *master,
                struct state *ret_state, struct quoth_error *err)
{
    AUTO(state) struct state s = {.lock = -1};
    AUTO(text) char *path = path_join(config->state, "quoth.db", err);
    if (!path || !state_is_made(config, err) || !state_lock(config->state, &s.lock, err) ||
        !store_open(path, &s.store, err) || !load_made(&s, master, err))
        return false;
    if (config->issuer && strcmp(config->issuer, s.tenants[0].issuer) != 0)
        return quoth_mismatch(err, QUOTH_USAGE, "issuer", QUOTH_NO_OFFSET, config->issuer,
                              s.tenants[0].issuer);
    *ret_state = take_value(s);
    s.lock = -1;
    return true;
}

void state_close(struct state *s)
{
    store_close(s->store);
    for (size_t i = 0; i < s->tenant_count; i++)
        buffer_clear(&s->tenants[i].trust);
    free(s->tenants);
    fd_close(s->lock);
    *s = (struct state){.lock = -1};
}
