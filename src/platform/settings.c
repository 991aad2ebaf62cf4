#include "platform/settings.h"

#include "base/time.h"
#include "codec/hex.h"
#include "codec/json.h"
#include "codec/json_write.h"
#include "platform/layout.h"
#include "tee/dcap/pck.h"

#define VERSION 1u

const char *const revocable_names[REVOCABLE_COUNT] = {"pck", "platform-ca", "tcb-signing"};

static bool read_service(struct json root, struct settings *s, struct quoth_error *err)
{
    struct bytes service;

    if (!json_need_plain(root, "service", &service, err))
        return false;
    if (service.len > SETTINGS_SERVICE_MAX)
        return quoth_fail(err, QUOTH_JSON_VALUE, "service", QUOTH_NO_OFFSET,
                          "has %zu characters, limit is %d", service.len, SETTINGS_SERVICE_MAX);
    bytes_copy((uint8_t *)s->service, service);
    s->service[service.len] = '\0';
    return true;
}

static bool read_status(struct json root, struct settings *s, struct quoth_error *err)
{
    struct bytes status;

    if (!json_need_plain(root, "tcbStatus", &status, err))
        return false;
    if (!tcb_status_find(status, &s->status))
        return quoth_fail(err, QUOTH_JSON_VALUE, "tcbStatus", QUOTH_NO_OFFSET,
                          "is not a TCB status");
    return true;
}

static bool read_revoked(struct json root, struct settings *s, struct quoth_error *err)
{
    struct json revoked, since;

    if (!json_need_object(root, "revoked", &revoked, err))
        return false;
    for (size_t i = 0; i < REVOCABLE_COUNT; i++)
        if (json_member(revoked, revocable_names[i], &since) &&
            !json_get_time(since, &s->revoked[i], err))
            return false;
    return true;
}

static bool read_numbers(struct json root, struct settings *s, struct quoth_error *err)
{
    uint64_t number, version;

    if (!json_need_uint(root, "version", UINT32_MAX, &version, err))
        return false;
    if (version != VERSION)
        return quoth_fail(err, QUOTH_UNSUPPORTED, "version", QUOTH_NO_OFFSET,
                          "this platform is of version %u, this program makes version %u",
                          (unsigned)version, VERSION);
    if (!json_need_uint(root, "tcbEvaluationDataNumber", UINT32_MAX, &number, err) ||
        !json_need_uint(root, "crlNumber", UINT32_MAX, &s->crl_number, err))
        return false;
    s->evaluation_data_number = (uint32_t)number;
    return true;
}

bool settings_read(const char *folder, struct settings *ret_settings, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    struct settings s = {0};

    if (!layout_has(folder, FILE_SETTINGS))
        return quoth_fail(err, QUOTH_PLATFORM_ABSENT, folder, QUOTH_NO_OFFSET,
                          "holds no simulated platform");
    if (!layout_read(folder, FILE_SETTINGS, &text, err) ||
        !json_parse(buffer_bytes(&text), NULL, &doc, err))
        return quoth_within(err, FILE_SETTINGS);

    const struct json root = json_root(&doc);
    if (!read_numbers(root, &s, err) || !read_service(root, &s, err) ||
        !read_status(root, &s, err) || !read_revoked(root, &s, err) ||
        !json_need_hex(root, "ppid", s.ppid, sizeof s.ppid, err) ||
        !json_need_hex(root, "fmspc", s.fmspc, sizeof s.fmspc, err) ||
        !json_need_time(root, "created", &s.created, err) ||
        !json_need_time(root, "tcbStatusSince", &s.status_since, err) ||
        !json_need_time(root, "issued", &s.issued, err))
        return quoth_within(err, FILE_SETTINGS);
    *ret_settings = s;
    return true;
}

static void write_revoked(struct buffer *to, const struct settings *s)
{
    json_name(to, "revoked");
    json_object_begin(to);
    for (size_t i = 0; i < REVOCABLE_COUNT; i++)
        if (s->revoked[i])
            json_named_time(to, revocable_names[i], s->revoked[i]);
    json_object_end(to);
}

bool settings_write(const char *folder, const struct settings *s, struct quoth_error *err)
{
    AUTO(buffer) struct buffer to = {0};

    json_object_begin(&to);
    json_named_uint(&to, "version", VERSION);
    json_named_hex(&to, "ppid", BYTES_OF(s->ppid));
    json_named_hex(&to, "fmspc", BYTES_OF(s->fmspc));
    json_named_cstring(&to, "service", s->service);
    json_named_time(&to, "created", s->created);
    json_named_cstring(&to, "tcbStatus", tcb_status_name(s->status));
    json_named_time(&to, "tcbStatusSince", s->status_since);
    json_named_uint(&to, "tcbEvaluationDataNumber", s->evaluation_data_number);
    json_named_uint(&to, "crlNumber", s->crl_number);
    json_named_time(&to, "issued", s->issued);
    write_revoked(&to, s);
    json_object_end(&to);
    buffer_text(&to, "\n");
    return buffer_ok(&to, err) && layout_write(folder, FILE_SETTINGS, buffer_bytes(&to), err);
}

void settings_platform_id(const struct settings *s, char ret_id[PLATFORM_ID_SIZE])
{
    const struct sha256 id = pck_platform_id(s->ppid);

    hex_text(bytes_slice(BYTES_OF(id.bytes), 0, (PLATFORM_ID_SIZE - 1) / 2), ret_id,
             PLATFORM_ID_SIZE);
}
