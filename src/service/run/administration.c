/* What is opened for each tenant so that it can be administered, and kept going beside requests. */
#include "service/run/service.h"

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

/* The path of a stream's file, and the name that its first line gives it. */
struct names {
    char *path, *stream;
};

static void names_clear(struct names *n)
{
    free(n->path);
    free(n->stream);
}
DEFINE_AUTO_VALUE(names, struct names, names_clear)

static bool name_stream(const struct tenant *t, const char *folder, const char *name,
                        struct names *ret_names, struct audit_options *ret_options,
                        struct quoth_error *err)
{
    AUTO(buffer) struct buffer path = {0}, stream = {0};
    buffer_printf(&path, "%s/%s.jsonl", folder, name);
    buffer_printf(&stream, "%s %s", t->issuer, name);
    ret_names->path = buffer_take_text(&path, err);
    ret_names->stream = buffer_take_text(&stream, err);
    *ret_options = (struct audit_options){
        .path = ret_names->path, .stream = ret_names->stream, .clock = time_now};
    return ret_names->path && ret_names->stream;
}

static bool open_streams(struct tenant *t, const char *folder, struct quoth_error *err)
{
    AUTO(names) struct names administration = {0}, decisions = {0};
    struct audit_options options;
    return name_stream(t, folder, "administration", &administration, &options, err) &&
           audit_open(&options, &t->administration, err) &&
           name_stream(t, folder, "decisions", &decisions, &options, err) &&
           decisions_open(&options, &t->decisions, err);
}

static void report_provider(void *context, const struct quoth_error *why)
{
    struct service *s = context;
    struct log_line line =
        log_begin(s->log, why ? LOG_WARN : LOG_INFO, why ? "oidc.failed" : "oidc.keys-fetched");
    log_failure(&line, why);
    log_end(&line);
}

static void report_authority(void *context, const struct quoth_error *why)
{
    struct service *s = context;
    struct log_line line = log_begin(s->log, why ? LOG_WARN : LOG_INFO,
                                     why ? "authority.failed" : "authority.keys-fetched");
    log_failure(&line, why);
    log_end(&line);
}

bool service_open_administration(struct service *s, struct tenant *t, struct quoth_error *err)
{
    AUTO(text) char *folder = make_folder(s, t, err);
    t->report = report_provider;
    t->report_authority = report_authority;
    t->report_context = s;
    return folder && open_streams(t, folder, err);
}

/* By what rules administrators are known from now on. */
static void add_rules(struct audit_line *line, const struct tenant_snapshot *s)
{
    char id[ADMIN_TOKEN_NAME_SIZE], expires[TIME_TEXT_SIZE];
    if (s->admin_token.exists) {
        audit_text(line, "adminToken", admin_token_name(&s->admin_token, id));
        audit_text(line, "adminTokenExpires", time_format(s->admin_token.expires, expires));
    }
    audit_text(line, "oidcIssuer", s->settings->oidc_issuer);
    audit_number(line, "clientCertificates", (int64_t)s->settings->client_certificate.count);
}

bool service_record(struct service *s, const char *event, struct quoth_error *err)
{
    for (size_t i = 0; i < s->tenant_count; i++) {
        struct tenant *t = &s->tenants[i];
        if (!t->administration) /* of a service that was not opened to its end */
            continue;
        struct audit_line line = audit_begin(event, time_now());
        audit_text(&line, "version", QUOTH_VERSION);
        struct tenant_snapshot *snapshot = tenant_hold(t);
        if (snapshot)
            add_rules(&line, snapshot);
        tenant_release(snapshot);
        if (!audit_write(t->administration, &line, err))
            return false;
    }
    return true;
}

void service_tick_administration(struct service *s, int64_t now)
{
    for (size_t i = 0; i < s->tenant_count; i++) {
        struct tenant_snapshot *snapshot = tenant_hold(&s->tenants[i]);
        if (snapshot) {
            access_tick(snapshot->access, s->pool, now);
            authorities_tick(snapshot->authorities, s->pool, now);
        }
        tenant_release(snapshot);
        decisions_tick(s->tenants[i].decisions, now);
    }
}
