#include "platform/pcs_server.h"

#include "http/server.h"
#include "net/url.h"
#include "platform/pcs_routes.h"
#include "platform/settings.h"

#include <stdio.h>

#define DRAIN_MS 500

struct pcs_server {
    char *folder;
    struct http_server *http;
    char url[96];
};

static bool check_loopback(const char *listen, struct quoth_error *err)
{
    struct url at;

    if (!url_read_authority(bytes_of_text(listen), &at, err))
        return quoth_within(err, "listen");
    if (strncmp(at.host, "127.", 4) == 0 || strcmp(at.host, "::1") == 0)
        if (at.numeric)
            return true;
    return quoth_fail(err, QUOTH_USAGE, "listen", QUOTH_NO_OFFSET,
                      "%s is not a loopback address (127.0.0.1 or [::1])", at.host);
}

static void refuse(void *service, const struct http_exchange *x, const struct quoth_error *why,
                   struct http_response *ret_response)
{
    (void)service, (void)x;
    ret_response->content_type = "text/plain";
    buffer_text(&ret_response->body, why->message);
}

static bool start(struct pcs_server *s, const char *listen, struct quoth_error *err)
{
    static const struct http_route *const tables[] = {pcs_routes, NULL};
    const struct http_config config = {
        .listen = listen,
        .threads = 1,
        .times = http_times_default,
        .limit = limit_config_default,
        .routes = tables,
        .service = s->folder,
        .refuse = refuse,
    };

    return http_server_open(&config, &s->http, err) && http_server_start(s->http, err);
}

bool pcs_server_open(const char *folder, const char *listen, struct pcs_server **ret_server,
                     struct quoth_error *err)
{
    AUTO(pcs_server) struct pcs_server *s = NULL;
    struct settings settings;

    if (!check_loopback(listen, err) || !settings_read(folder, &settings, err))
        return false;
    s = calloc(1, sizeof *s);
    if (!s || !(s->folder = strdup(folder)))
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    if (!start(s, listen, err))
        return false;
    snprintf(s->url, sizeof s->url, "http://%s", http_server_address(s->http));
    *ret_server = take(s);
    return true;
}

void pcs_server_close(struct pcs_server *s)
{
    if (!s)
        return;
    if (s->http)
        http_server_drain(s->http, DRAIN_MS);
    http_server_close(s->http);
    free(s->folder);
    free(s);
}

const char *pcs_server_url(const struct pcs_server *s)
{
    return s->url;
}
