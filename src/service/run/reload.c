#include "service/run/reload.h"

#include "service/run/notify.h"

/* One line of the log for each problem. */
static void log_problems(struct service *s, const struct config_report *report)
{
    const struct bytes text = buffer_bytes(&report->problems);
    for (size_t at = 0; at < text.len;) {
        const uint8_t *end = memchr(text.data + at, '\n', text.len - at);
        const size_t len = end ? (size_t)(end - text.data) - at : text.len - at;
        struct log_line line = log_begin(s->log, LOG_ERROR, "config.refused");
        log_bytes(&line, "problem", bytes_slice(text, at, len));
        log_end(&line);
        at += len + 1;
    }
}

static void log_failed(struct service *s, const struct quoth_error *why)
{
    struct log_line line = log_begin(s->log, LOG_ERROR, "config.refused");
    log_failure(&line, why);
    log_end(&line);
}

static void log_done(struct service *s, const struct config *config)
{
    AUTO(buffer) struct buffer waiting = {0};
    config_share_differences(s->config, config, &waiting);
    struct log_line line = log_begin(s->log, LOG_INFO, "config.reloaded");
    if (waiting.len > 0)
        log_bytes(&line, "at_next_start", buffer_bytes(&waiting));
    log_end(&line);
}

/* Sources of the master key that are new get a slot. One that cannot have it is told of in the log,
 * and tried again at the next SIGHUP. */
static void add_slots(struct service *s, const struct config *config, int64_t now)
{
    struct quoth_error err = {0};
    const struct slots_listener listener = service_slots_listener(s);
    const struct slots_sources sources = {config->master_key.items, config->master_key.count,
                                          s->config->state, false};
    if (!slots_add(s->state.store, s->master, &sources, now, &listener, &err))
        log_failed(s, &err);
}

static void reload(struct service *s, int64_t now)
{
    struct quoth_error err = {0};
    AUTO(config_report) struct config_report report = {0};
    AUTO(config_share) struct config_share *config = NULL;
    tcb_status_set accept;
    if (!config_share_again(s->share, &config, &report)) {
        log_problems(s, &report);
        return;
    }
    if (!tcb_status_set_parse(bytes_of_text(config->config.accept_status), &accept, &err) ||
        !tenants_configure(s->tenants, s->tenant_count, config, s->state.store, s->master, now,
                           &err)) {
        log_failed(s, &err);
        return;
    }
    add_slots(s, &config->config, now);
    atomic_store(&s->accept, accept);
    service_show_certificates(s, now);
    log_done(s, &config->config);
    if (!service_record(s, "config.reloaded", &err))
        log_failed(s, &err);
}

void service_reload(struct service *s, int64_t now)
{
    notify_reloading();
    reload(s, now);
    notify("READY=1");
}
