#include "base/file.h"
#include "codec/hex.h"
#include "codec/json_write.h"
#include "codec/pem.h"
#include "keys/local_ca.h"
#include "keys/signing_key.h"
#include "keys/slots.h"
#include "keys/watermark.h"
#include "service/access/admin_token.h"
#include "service/state/new_tenant.h"
#include "service/state/trusted.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#define CA_FILE "ca.pem"
#define TOKEN_FILE "admin.token"

/* One init at work. */
struct making {
    const struct config *config;
    struct master_key master;
    struct state state; /* store and tenants, where there are some */
    int64_t now;
};

static void making_clear(struct making *m)
{
    master_key_clear(&m->master);
    state_close(&m->state);
}
DEFINE_AUTO_VALUE(making, struct making, making_clear)

/* ---- files */

static bool make_state_folder(const char *path, struct quoth_error *err)
{
    if (!file_make_folders(path, err))
        return false;
    return chmod(path, 0700) == 0 || quoth_fail(err, QUOTH_IO, path, QUOTH_NO_OFFSET,
                                                "cannot be made private: %s", strerror(errno));
}

static bool folder_of(const struct making *m, const struct state_tenant *t, bool is_first,
                      struct buffer *ret_path, struct quoth_error *err)
{
    return state_tenant_folder(m->config->state, t, is_first, ret_path, err);
}

/* The path of one of the files of a tenant, below a folder that is made if it is not there. */
static bool tenant_file(const struct making *m, const struct state_tenant *t, bool is_first,
                        const char *name, char **ret_path, struct quoth_error *err)
{
    AUTO(buffer) struct buffer hold = {0};
    if (!folder_of(m, t, is_first, &hold, err))
        return false;
    AUTO(text) char *folder = buffer_take_text(&hold, err);
    if (!folder || !file_make_folders(folder, err))
        return false;
    *ret_path = path_join(folder, name, err);
    return *ret_path != NULL;
}

static bool write_ca(const struct making *m, const struct state_tenant *t, bool is_first,
                     struct bytes pem, struct quoth_error *err)
{
    AUTO(text) char *path = NULL;
    return tenant_file(m, t, is_first, CA_FILE, &path, err) && file_write(path, pem, 0644, err);
}

/* A token that the store does not know yet takes the place of the old one only when it does. */
static bool write_new_token(const struct making *m, const struct state_tenant *t, bool is_first,
                            struct bytes token, struct quoth_error *err)
{
    AUTO(text) char *path = NULL;
    return tenant_file(m, t, is_first, TOKEN_FILE ".new", &path, err) &&
           file_write(path, token, 0600, err);
}

static bool show_new_token(const struct making *m, const struct state_tenant *t, bool is_first,
                           struct quoth_error *err)
{
    AUTO(text) char *from = NULL;
    AUTO(text) char *to = NULL;
    return tenant_file(m, t, is_first, TOKEN_FILE ".new", &from, err) &&
           tenant_file(m, t, is_first, TOKEN_FILE, &to, err) && file_move(from, to, err);
}

/* ---- the keyring */

static struct slots_sources sources_of(const struct making *m)
{
    const struct setting_list *list = &m->config->master_key;
    return (struct slots_sources){
        .items = list->items, .count = list->count, .state_folder = m->config->state, .make = true};
}

/* The keyring that is there, if another node or an init that was cut off has made it. */
static bool open_keyring(struct making *m, struct quoth_error *err)
{
    const struct slots_sources sources = sources_of(m);
    int64_t watermark;
    return slots_open(m->state.store, &sources, NULL, &m->master, err) &&
           watermark_check(m->state.store, &m->master, &watermark, err);
}

static bool make_keyring(struct making *m, bool *ret_new, struct quoth_error *err)
{
    const struct slots_sources sources = sources_of(m);
    bool there, is_new = false;
    for (size_t i = 0; i < sources.count; i++)
        is_new = is_new || (device_is_file(sources.items[i]) && !file_exists(sources.items[i]));
    if (!slots_are_there(m->state.store, &there, err))
        return false;
    *ret_new = is_new && !there;
    return there ? open_keyring(m, err)
                 : slots_make(m->state.store, &sources, m->now, &m->master, err);
}

/* What is there already was sealed with a keyring that must be opened. */
static bool load_made(struct making *m, struct quoth_error *err)
{
    return open_keyring(m, err) && state_load_tenants(&m->state, &m->master, err);
}

/* ---- tenants */

static bool write_made(const struct making *m, const char *added, struct buffer *to,
                       struct quoth_error *err)
{
    json_object_begin(to);
    json_name(to, "tenants");
    json_array_begin(to);
    for (size_t i = 0; i < m->state.tenant_count; i++)
        json_cstring(to, m->state.tenants[i].issuer);
    json_cstring(to, added);
    json_array_end(to);
    json_object_end(to);
    return buffer_ok(to, err);
}

/* All records of a tenant at once, with the list of tenants among them: whoever changes that list at
 * the same time comes second and is told. */
static bool put_tenant(struct making *m, const struct new_tenant *t, struct quoth_error *err)
{
    AUTO(buffer) struct buffer made = {0};
    struct store_put puts[NEW_TENANT_RECORDS + 1];
    if (!write_made(m, t->issuer, &made, err))
        return false;
    puts[0] = (struct store_put){
        .record = {.kind = KIND_SETTING,
                   .tenant = "",
                   .id = "made",
                   .version = m->state.version + 1,
                   .value = buffer_bytes(&made)}
    };
    for (size_t i = 0; i < t->record_count; i++)
        puts[i + 1] = t->records[i];
    return record_keep_all(m->state.store, &m->master, puts, t->record_count + 1, err);
}

static bool make_tenant(struct making *m, const struct new_tenant *t, struct state_report *report,
                        struct quoth_error *err)
{
    const bool is_first = m->state.tenant_count == 0;
    struct state_tenant place = {0};
    snprintf(place.issuer, sizeof place.issuer, "%s", t->issuer);
    snprintf(place.host, sizeof place.host, "%s", t->host);
    const struct sha256 fingerprint = sha256_of(buffer_bytes(&t->ca.certificate));
    hex_text(BYTES_OF(fingerprint.bytes), report->ca_fingerprint, sizeof report->ca_fingerprint);
    snprintf(report->issuer, sizeof report->issuer, "%s", t->issuer);
    return write_ca(m, &place, is_first, buffer_bytes(&t->ca_pem), err) &&
           write_new_token(m, &place, is_first, buffer_bytes(&t->admin_token), err) &&
           put_tenant(m, t, err) && show_new_token(m, &place, is_first, err) &&
           folder_of(m, &place, is_first, &report->folder, err);
}

static bool make_first(struct making *m, struct state_report *report, struct quoth_error *err)
{
    const struct config *s = m->config;
    AUTO(new_tenant) struct new_tenant t = {.record_count = 0};
    report->what = STATE_MADE;
    if (!s->issuer)
        return quoth_fail(err, QUOTH_USAGE, "issuer", QUOTH_NO_OFFSET,
                          "is missing: --issuer https://host[:port]");
    return new_tenant_make(&t, s->issuer, &s->tenants[TENANT_FIRST], m->now, err) &&
           (m->state.store ||
            (store_create(s->store, err) && store_open(s->store, &m->state.store, err))) &&
           make_keyring(m, &report->new_master_key, err) && make_tenant(m, &t, report, err);
}

static bool is_same_host(const char *a, const char *b)
{
    return strcmp(a, b) == 0 || (local_ca_is_local(a) && local_ca_is_local(b));
}

/* A token names its key by kid alone; no two tenants may show one kid (THREATS 17). */
static bool has_own_kid(struct making *m, const struct new_tenant *t, struct quoth_error *err)
{
    for (size_t i = 0; i < m->state.tenant_count; i++) {
        AUTO(kept_keys) struct kept_keys keys = {0};
        const char *issuer = m->state.tenants[i].issuer;
        if (!keys_load(m->state.store, &m->master, issuer, KEY_FOR_TOKENS, &keys, err))
            return false;
        for (size_t k = 0; k < keys.count; k++)
            if (strcmp(keys.keys[k].id, t->token_key.id) == 0)
                return quoth_fail(err, QUOTH_TENANT_EXISTS, issuer, QUOTH_NO_OFFSET,
                                  "has a key of the same kid already");
    }
    return true;
}

static bool add_tenant(struct making *m, struct state_report *report, struct quoth_error *err)
{
    AUTO(new_tenant) struct new_tenant t = {.record_count = 0};
    report->what = STATE_ADDED;
    if (m->state.tenant_count == STATE_TENANTS_MAX)
        return quoth_fail(err, QUOTH_TENANT_EXISTS, "add-tenant", QUOTH_NO_OFFSET,
                          "there are %u tenants, which is the limit", STATE_TENANTS_MAX);
    if (!state_check_issuer(m->config->add_tenant, t.host, err))
        return false;
    for (size_t i = 0; i < m->state.tenant_count; i++)
        if (is_same_host(m->state.tenants[i].host, t.host))
            return quoth_fail(err, QUOTH_TENANT_EXISTS, m->config->add_tenant, QUOTH_NO_OFFSET,
                              "%s is the host of %s", t.host, m->state.tenants[i].issuer);
    return new_tenant_make(&t, m->config->add_tenant,
                           config_tenant(m->config, m->config->add_tenant), m->now, err) &&
           has_own_kid(m, &t, err) && make_tenant(m, &t, report, err);
}

/* ---- other things that init does */

static bool put_admin(struct making *m, const char *issuer, struct bytes record,
                      struct quoth_error *err)
{
    AUTO(buffer) struct buffer old = {0};
    int64_t version;
    if (!record_load(m->state.store, &m->master, KIND_ADMIN, issuer, ADMIN_TOKEN_ID, 0, &version,
                     &old, err))
        return false;
    const struct store_record r = {.kind = KIND_ADMIN,
                                   .tenant = issuer,
                                   .id = ADMIN_TOKEN_ID,
                                   .version = version + 1,
                                   .value = record};
    return record_keep(m->state.store, &m->master, &r, 0, err);
}

static bool renew_admin(struct making *m, struct state_report *report, struct quoth_error *err)
{
    AUTO(buffer) struct buffer token = {0}, record = {0};
    const char *issuer = m->config->issuer;
    size_t i = 0;
    report->what = STATE_RENEWED;
    while (issuer && i < m->state.tenant_count && strcmp(m->state.tenants[i].issuer, issuer) != 0)
        i++;
    if (i == m->state.tenant_count)
        return quoth_fail(err, QUOTH_USAGE, "issuer", QUOTH_NO_OFFSET,
                          "is no tenant of this store");
    const struct state_tenant *t = &m->state.tenants[i];
    snprintf(report->issuer, sizeof report->issuer, "%s", t->issuer);
    return admin_token_make(m->now, &token, &record, err) &&
           write_new_token(m, t, i == 0, buffer_bytes(&token), err) &&
           put_admin(m, t->issuer, buffer_bytes(&record), err) &&
           show_new_token(m, t, i == 0, err) && folder_of(m, t, i == 0, &report->folder, err);
}

/* A node of a store that others have made: nothing in it changes but slots
 * for devices that have none, and there is no new token. */
static bool join(struct making *m, struct state_report *report, struct quoth_error *err)
{
    const char *issuer = m->config->issuer;
    report->what = STATE_JOINED;
    if (issuer && strcmp(issuer, m->state.tenants[0].issuer) != 0)
        return quoth_mismatch(err, QUOTH_USAGE, "issuer", QUOTH_NO_OFFSET, issuer,
                              m->state.tenants[0].issuer);
    for (size_t i = 0; i < m->state.tenant_count; i++) {
        AUTO(kept_keys) struct kept_keys cas = {0};
        AUTO(buffer) struct buffer pem = {0};
        const struct state_tenant *t = &m->state.tenants[i];
        if (!keys_load(m->state.store, &m->master, t->issuer, KEY_FOR_CA, &cas, err))
            return false;
        if (cas.count == 0)
            return quoth_fail(err, QUOTH_STORE_BROKEN, t->issuer, QUOTH_NO_OFFSET,
                              "has no local CA");
        pem_encode("CERTIFICATE", buffer_bytes(&cas.keys[0].certificate), &pem);
        if (!buffer_ok(&pem, err) || !write_ca(m, t, i == 0, buffer_bytes(&pem), err))
            return false;
    }
    snprintf(report->issuer, sizeof report->issuer, "%s", m->state.tenants[0].issuer);
    const struct slots_sources sources = sources_of(m);
    return slots_add(m->state.store, &m->master, &sources, m->now, NULL, err) &&
           folder_of(m, &m->state.tenants[0], true, &report->folder, err);
}

/* ---- init */

/* Opens the store if there is one; m->state.version says whether init was there before. */
static bool open_store(struct making *m, struct quoth_error *err)
{
    struct quoth_error why = {0};
    AUTO(buffer) struct buffer sealed = {0};
    if (!store_open(m->config->store, &m->state.store, &why)) {
        if (why.code == QUOTH_STORE_MISSING)
            return true;
        *err = why;
        return false;
    }
    return store_get(m->state.store, KIND_SETTING, "", "made", 0, &m->state.version, &sealed,
                     err) &&
           (m->state.version == 0 || load_made(m, err));
}

static bool do_it(struct making *m, struct state_report *report, struct quoth_error *err)
{
    const struct config *s = m->config;
    const bool made = m->state.tenant_count > 0;
    if ((s->renew_admin_token || s->add_tenant) && !made)
        return quoth_fail(err, QUOTH_STORE_MISSING, s->state, QUOTH_NO_OFFSET,
                          "was not initialised yet");
    if (s->renew_admin_token)
        return renew_admin(m, report, err);
    if (s->add_tenant)
        return add_tenant(m, report, err);
    if (!made)
        return make_first(m, report, err);
    return store_is_shared(s->store)
               ? join(m, report, err)
               : quoth_fail(err, QUOTH_STORE_EXISTS, s->store, QUOTH_NO_OFFSET,
                            "this state folder was initialised already");
}

bool state_init(const struct config *s, int64_t now, struct state_report *ret_report,
                struct quoth_error *err)
{
    AUTO(making) struct making m = {.config = s, .now = now, .state = {.lock = -1}};
    AUTO(state_report) struct state_report report = {.what = STATE_MADE};
    char host[STATE_HOST_MAX];
    if ((s->issuer && !state_check_issuer(s->issuer, host, err)) ||
        !make_state_folder(s->state, err) || !state_lock(s->state, &m.state.lock, err) ||
        !open_store(&m, err) || !do_it(&m, &report, err))
        return false;
    *ret_report = take_value(report);
    return true;
}
