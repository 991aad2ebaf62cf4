/* What is opened for each tenant so that it can be administered, and kept going beside requests. */
#include "service/service.h"

#include "base/file.h"
#include "base/time.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

/* A folder of its own for each tenant: STATE/audit/HOST, with the port if the issuer has one. */
static char *make_folder(const struct service *s, const struct tenant *t, struct quoth_error *err)
{
    const char *name = t->issuer + strlen("https://");
    AUTO(text) char *audit = path_join(s->config->state, "audit", err);
    AUTO(text) char *folder = audit ? path_join(audit, name, err) : NULL;
    if (!folder)
        return NULL;
    if ((mkdir(audit, 0700) != 0 && errno != EEXIST) ||
        (mkdir(folder, 0700) != 0 && errno != EEXIST)) {
        quoth_fail(err, QUOTH_IO, folder, QUOTH_NO_OFFSET, "cannot be made: %s", strerror(errno));
        return NULL;
    }
    return take(folder);
}

static bool open_stream(const struct tenant *t, const char *folder, const char *name,
                        struct audit **ret_audit, struct quoth_error *err)
{
    AUTO(buffer) struct buffer path_text = {0}, stream_text = {0};
    buffer_printf(&path_text, "%s/%s.jsonl", folder, name);
    buffer_printf(&stream_text, "%s %s", t->issuer, name);
    AUTO(text) char *path = buffer_take_text(&path_text, err);
    AUTO(text) char *stream = buffer_take_text(&stream_text, err);
    if (!path || !stream)
        return false;
    const struct audit_options options = {.path = path, .stream = stream, .clock = time_now};
    return audit_open(&options, ret_audit, err);
}

static void report_provider(void *context, const struct quoth_error *why)
{
    struct service *s = context;
    struct log_line line =
        log_begin(s->log, why ? LOG_WARN : LOG_INFO, why ? "oidc.failed" : "oidc.keys-fetched");
    log_failure(&line, why);
    log_end(&line);
}

static bool record_start(struct tenant *t, struct quoth_error *err)
{
    struct audit_line line = audit_begin("service.started", time_now());
    audit_text(&line, "version", QUOTH_VERSION);
    return audit_write(t->administration, &line, err);
}

bool service_open_administration(struct service *s, struct tenant *t, struct quoth_error *err)
{
    AUTO(text) char *folder = make_folder(s, t, err);
    t->report = report_provider;
    t->report_context = s;
    return folder && open_stream(t, folder, "administration", &t->administration, err) &&
           open_stream(t, folder, "decisions", &t->decisions, err) && record_start(t, err);
}

void service_tick_administration(struct service *s, int64_t now)
{
    for (size_t i = 0; i < s->tenant_count; i++) {
        struct tenant_snapshot *snapshot = tenant_hold(&s->tenants[i]);
        if (snapshot)
            access_tick(snapshot->access, s->pool, now);
        tenant_release(snapshot);
    }
}
