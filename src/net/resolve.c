#include "net/resolve.h"

#include "base/time.h"

#include <arpa/inet.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>

static void event_base_release(struct event_base *base)
{
    if (base)
        event_base_free(base);
}

static void dns_release(struct evdns_base *dns)
{
    if (dns)
        evdns_base_free(dns, 0);
}

static void config_release(struct event_config *config)
{
    if (config)
        event_config_free(config);
}

DEFINE_AUTO(event_base, struct event_base *, event_base_release)
DEFINE_AUTO(dns, struct evdns_base *, dns_release)
DEFINE_AUTO(config, struct event_config *, config_release)

static void add(struct addresses *to, const struct sockaddr *name, size_t len, uint16_t port)
{
    if (to->count == RESOLVE_MAX || len > sizeof to->at[0].name)
        return;
    struct sockaddr_storage *copy = &to->at[to->count].name;
    bytes_copy((uint8_t *)copy, (struct bytes){(const uint8_t *)name, len});
    if (copy->ss_family == AF_INET)
        ((struct sockaddr_in *)copy)->sin_port = htons(port);
    else if (copy->ss_family == AF_INET6)
        ((struct sockaddr_in6 *)copy)->sin6_port = htons(port);
    else
        return;
    to->at[to->count++].len = (socklen_t)len;
}

static bool add_numeric(struct addresses *to, const char *host, uint16_t port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, host, &v4.sin_addr) == 1)
        add(to, (const struct sockaddr *)&v4, sizeof v4, port);
    else if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1)
        add(to, (const struct sockaddr *)&v6, sizeof v6, port);
    else
        return false;
    return true;
}

struct lookup {
    struct event_base *base;
    struct addresses found;
    uint16_t port;
    bool done;
    int result;
};

static void looked_up(int result, struct evutil_addrinfo *list, void *arg)
{
    struct lookup *l = arg;
    for (const struct evutil_addrinfo *a = list; a; a = a->ai_next)
        add(&l->found, a->ai_addr, a->ai_addrlen, l->port);
    if (list)
        evutil_freeaddrinfo(list);
    l->result = result;
    l->done = true;
    event_base_loopbreak(l->base);
}

/* Runs the lookup to its end or to the deadline; the request never outlives l. */
static void run(struct lookup *l, struct evdns_base *dns, const char *host, uint64_t deadline_us)
{
    const struct evutil_addrinfo hints = {.ai_family = AF_UNSPEC,
                                          .ai_socktype = SOCK_STREAM,
                                          .ai_protocol = IPPROTO_TCP,
                                          .ai_flags = EVUTIL_AI_ADDRCONFIG};
    const uint64_t now = time_monotonic_us();
    const uint64_t left = deadline_us > now ? deadline_us - now : 0;
    const struct timeval until = {.tv_sec = (time_t)(left / 1000000),
                                  .tv_usec = (suseconds_t)(left % 1000000)};

    struct evdns_getaddrinfo_request *request =
        evdns_getaddrinfo(dns, host, NULL, &hints, looked_up, l);
    if (l->done)
        return; /* answered from /etc/hosts, or refused at once */
    event_base_loopexit(l->base, &until);
    event_base_dispatch(l->base);
    if (!l->done && request) {
        evdns_getaddrinfo_cancel(request);
        while (!l->done && event_base_loop(l->base, EVLOOP_NONBLOCK) == 0)
            continue;
        l->result = EVUTIL_EAI_CANCEL;
    }
}

static bool look_up(const struct url *to, uint64_t deadline_us, struct addresses *ret_addresses,
                    struct quoth_error *err)
{
    AUTO(config) struct event_config *config = event_config_new();
    if (config) /* the environment is the host's */
        event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV | EVENT_BASE_FLAG_NOLOCK);
    AUTO(event_base)
    struct event_base *base = config ? event_base_new_with_config(config) : NULL;
    AUTO(dns) struct evdns_base *dns = base ? evdns_base_new(base, 0) : NULL;
    if (!dns)
        return quoth_fail(err, QUOTH_UNAVAILABLE, "net.resolver", QUOTH_NO_OFFSET,
                          "the resolver does not start");
    /* Without the file it asks the name server on this machine (resolv.conf(5)). */
    (void)evdns_base_resolv_conf_parse(dns, DNS_OPTIONS_ALL, "/etc/resolv.conf");

    struct lookup l = {.base = base, .port = to->port};
    run(&l, dns, to->host, deadline_us);
    if (l.result == EVUTIL_EAI_CANCEL)
        return quoth_fail(err, QUOTH_NET_TIMEOUT, "net.resolver", QUOTH_NO_OFFSET,
                          "no name server answered for %s", to->host);
    if (l.result != 0 || l.found.count == 0)
        return quoth_fail(err, QUOTH_UNAVAILABLE, "net.resolver", QUOTH_NO_OFFSET,
                          "the name %s has no address: %s", to->host,
                          evutil_gai_strerror(l.result ? l.result : EVUTIL_EAI_NONAME));
    *ret_addresses = l.found;
    return true;
}

bool resolve(const struct url *to, uint64_t deadline_us, struct addresses *ret_addresses,
             struct quoth_error *err)
{
    struct addresses known = {0};
    if (strcmp(to->host, "localhost") == 0) {
        add_numeric(&known, "127.0.0.1", to->port);
        add_numeric(&known, "::1", to->port);
    } else if (!add_numeric(&known, to->host, to->port)) {
        return look_up(to, deadline_us, ret_addresses, err);
    }
    *ret_addresses = known;
    return true;
}
