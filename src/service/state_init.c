#include "base/file.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "codec/json_write.h"
#include "codec/pem.h"
#include "crypto/random.h"
#include "keys/local_ca.h"
#include "keys/signing_key.h"
#include "service/admin_token.h"
#include "service/state.h"
#include "service/trusted.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define ADMIN_DAYS 90

/* One init at work. */
struct making {
    const struct config *config;
    struct master_key master;
    struct trusted trusted;
    struct store *store;
    char host[STATE_HOST_MAX];
    int64_t now;
};

static void making_clear(struct making *m)
{
    master_key_clear(&m->master);
    trusted_clear(&m->trusted);
    store_close(m->store);
}
DEFINE_AUTO_VALUE(making, struct making, making_clear)

/* Makes a folder and those above it, for this user alone. One that is there stays as it is. */
static bool make_folders(const char *path, struct quoth_error *err)
{
    AUTO(text) char *copy = strdup(path);
    if (!copy)
        return quoth_fail(err, QUOTH_MEMORY, path, QUOTH_NO_OFFSET, "out of memory");
    for (size_t i = 1, len = strlen(path); i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        copy[i] = '\0';
        if (mkdir(copy, 0700) != 0 && errno != EEXIST)
            return quoth_fail(err, QUOTH_IO, copy, QUOTH_NO_OFFSET, "cannot be made: %s",
                              strerror(errno));
        copy[i] = path[i];
    }
    return true;
}

static bool make_state_folder(const char *path, struct quoth_error *err)
{
    if (!make_folders(path, err))
        return false;
    return chmod(path, 0700) == 0 || quoth_fail(err, QUOTH_IO, path, QUOTH_NO_OFFSET,
                                                "cannot be made private: %s", strerror(errno));
}

/* Takes the key that is there, or makes one. */
static bool take_master_key(struct making *m, bool *ret_new, struct quoth_error *err)
{
    const char *path = m->config->master_key, *slash = strrchr(path, '/');
    *ret_new = !file_exists(path);
    if (*ret_new && slash && slash != path) {
        AUTO(text) char *folder = strndup(path, (size_t)(slash - path));
        if (!folder || !make_folders(folder, err))
            return false;
    }
    if (*ret_new && !master_key_create(path, m->config->state, err))
        return false;
    return master_key_read(path, m->config->state, &m->master, err);
}

static bool keep(struct making *m, const char *purpose, const struct kept_key *k,
                 struct quoth_error *err)
{
    return key_keep(m->store, &m->master, m->config->issuer, purpose, k, err);
}

static bool write_file(struct making *m, const char *name, struct bytes data, mode_t mode,
                       struct quoth_error *err)
{
    AUTO(text) char *path = path_join(m->config->state, name, err);
    return path && file_write(path, data, mode, err);
}

static bool make_ca(struct making *m, struct state_report *report, struct quoth_error *err)
{
    AUTO(kept_key) struct kept_key ca = {0}, leaf = {0};
    AUTO(buffer) struct buffer pem = {0};
    if (!local_ca_make(m->host, m->now, &ca, err) || !keep(m, KEY_FOR_CA, &ca, err) ||
        !local_ca_issue(&ca, m->host, m->now, &leaf, err) || !keep(m, KEY_FOR_TLS, &leaf, err))
        return false;
    const struct sha256 fingerprint = sha256_of(buffer_bytes(&ca.certificate));
    hex_text(BYTES_OF(fingerprint.bytes), report->ca_fingerprint, sizeof report->ca_fingerprint);
    pem_encode("CERTIFICATE", buffer_bytes(&ca.certificate), &pem);
    return buffer_ok(&pem, err) && write_file(m, "ca.pem", buffer_bytes(&pem), 0644, err);
}

static bool make_signing_key(struct making *m, struct quoth_error *err)
{
    AUTO(kept_key) struct kept_key key = {0};
    return signing_key_make(m->config->issuer, m->now, m->now, &key, err) &&
           keep(m, KEY_FOR_TOKENS, &key, err);
}

/* The token goes into a file; the store knows it by its hash, and until when. */
static bool make_admin(struct making *m, struct quoth_error *err)
{
    uint8_t random[32];
    AUTO(buffer) struct buffer token = {0}, record = {0};
    if (!random_fill(random, sizeof random, err))
        return false;
    base64url_encode(BYTES_OF(random), &token);
    bytes_wipe(random, sizeof random);
    const struct sha256 hash = sha256_of(buffer_bytes(&token));
    json_object_begin(&record);
    json_name(&record, "sha256");
    json_hex(&record, BYTES_OF(hash.bytes));
    json_name(&record, "expires");
    json_int(&record, m->now + ADMIN_DAYS * 86400LL);
    json_object_end(&record);
    buffer_u8(&token, '\n');
    const struct store_record kept = {KIND_ADMIN, m->config->issuer, ADMIN_TOKEN_ID, 1,
                                      buffer_bytes(&record)};
    return buffer_ok(&token, err) && buffer_ok(&record, err) &&
           record_keep(m->store, &m->master, &kept, 0, err) &&
           write_file(m, "admin.token", buffer_bytes(&token), 0600, err);
}

static bool record_made(struct making *m, struct quoth_error *err)
{
    AUTO(buffer) struct buffer record = {0}, trust = {0};
    if (!trusted_write(&m->trusted, &trust, err))
        return false;
    json_object_begin(&record);
    json_name(&record, "issuer");
    json_cstring(&record, m->config->issuer);
    json_name(&record, "trust");
    json_raw(&record, buffer_bytes(&trust));
    json_name(&record, "created");
    json_int(&record, m->now);
    json_object_end(&record);
    return buffer_ok(&record, err) &&
           setting_keep(m->store, &m->master, "made", 1, buffer_bytes(&record), err);
}

/* What an init that was cut off has left. */
static void remove_unfinished(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < COUNT(ends); i++) {
        AUTO(buffer) struct buffer name = {0};
        struct quoth_error ignored = {0};
        buffer_printf(&name, "%s%s", path, ends[i]);
        AUTO(text) char *file = buffer_take_text(&name, &ignored);
        if (file)
            unlink(file);
    }
}

/* Beside its place, and moved there when it is complete. */
static bool make_store(struct making *m, struct state_report *report, struct quoth_error *err)
{
    AUTO(text) char *path = path_join(m->config->state, "quoth.db", err);
    AUTO(text) char *beside = path_join(m->config->state, "quoth.db.new", err);
    if (!path || !beside)
        return false;
    if (file_exists(path))
        return quoth_fail(err, QUOTH_STORE_EXISTS, path, QUOTH_NO_OFFSET,
                          "this state folder was initialised already");
    remove_unfinished(beside);
    if (!store_create(beside, err) || !store_open(beside, &m->store, err) ||
        !make_signing_key(m, err) || !make_ca(m, report, err) || !make_admin(m, err) ||
        !record_made(m, err))
        return false;
    store_close(take(m->store));
    return file_move(beside, path, err);
}

bool state_init(const struct config *s, int64_t now, struct state_report *ret_report,
                struct quoth_error *err)
{
    AUTO(making) struct making m = {.config = s, .now = now};
    AUTO(fd) int lock = -1;
    struct state_report report;
    if (!s->issuer)
        return quoth_fail(err, QUOTH_USAGE, "issuer", QUOTH_NO_OFFSET,
                          "is missing: --issuer https://host[:port]");
    if (!state_check_issuer(s->issuer, m.host, err) ||
        !trusted_from_config(&s->tenants[TENANT_FIRST], &m.trusted, err) ||
        !make_state_folder(s->state, err) || !state_lock(s->state, &lock, err) ||
        !take_master_key(&m, &report.new_master_key, err) || !make_store(&m, &report, err))
        return false;
    *ret_report = report;
    return true;
}
