#include "serve/server.h"

#include "base/file.h"
#include "base/text.h"
#include "base/time.h"
#include "codec/json_write.h"
#include "codec/pem.h"
#include "crypto/random.h"
#include "net/url.h"
#include "relying/channel.h"
#include "serve/challenge.h"
#include "serve/renewal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define CERTIFICATE_SECONDS 3600u
#define DRAIN_MS 5000u

DEFINE_AUTO(server, struct quoth_server *, quoth_server_close)

/* --- what the listener asks
 * ------------------------------------------------------------------------ */

static struct bufferevent *wrap(void *service, struct event_base *base, int fd)
{
    const struct quoth_server *s = service;
    return tls_server_accept(s->tls, base, fd);
}

static void refuse(void *service, const struct http_exchange *x, const struct quoth_error *why,
                   struct http_response *ret_response)
{
    struct buffer *to = &ret_response->body;
    (void)service;
    (void)x;
    json_object_begin(to);
    json_name(to, "error");
    json_object_begin(to);
    json_named_cstring(to, "code", quoth_code_dotted(why->code));
    json_named_cstring(to, "message", why->message);
    json_object_end(to);
    json_object_end(to);
    ret_response->content_type = "application/json";
}

/* The program's handler for a request that one of its rows has let in. */
static enum http_outcome serve_program(struct http_exchange *x, struct quoth_error *err)
{
    struct quoth_server *s = x->service;
    const struct http_route *rows = s->routes + SERVE_OWN_ROUTES;
    const struct quoth_request request = {
        .peer = x->peer, .body = x->body.data, .body_len = x->body.len, .internal = x};
    const enum http_method method = x->head.method == HTTP_HEAD ? HTTP_GET : x->head.method;
    size_t i = 0;
    while (i < s->handler_count && (rows[i].method != method ||
                                    !text_equal_fold(x->head.path, bytes_of_text(rows[i].path))))
        i++;
    if (i == s->handler_count) {
        quoth_fail(err, QUOTH_INTERNAL, "route", QUOTH_NO_OFFSET, "the route has no handler");
        return HTTP_REFUSED;
    }
    struct quoth_answer answer = {0};
    s->handlers[i](s->options.user, &request, &answer);
    x->response.status = answer.status;
    x->response.content_type = answer.content_type;
    buffer_add(&x->response.body,
               (struct bytes){(const uint8_t *)answer.body, answer.body ? answer.body_len : 0});
    free(answer.body);
    return HTTP_DONE;
}

bool quoth_request_query(const struct quoth_request *request, const char *name, char **ret_value,
                         struct quoth_error *err)
{
    const struct http_exchange *x = request->internal;
    AUTO(buffer) struct buffer value = {0};
    char *text = NULL;
    if (url_query(x->head.target, name, &value, err))
        text = buffer_take_text(&value, err);
    if (err->code != QUOTH_OK)
        return false;
    *ret_value = text;
    return true;
}

/* --- putting it together
 * --------------------------------------------------------------------------- */

/* The copy is freed with the server. */
static bool copy_text(struct quoth_server *s, const char *text, const char **ret_copy,
                      struct quoth_error *err)
{
    char **copy = s->texts;
    *ret_copy = NULL;
    if (!text)
        return true;
    while (*copy)
        copy++;
    *copy = strdup(text);
    *ret_copy = *copy;
    return *copy || quoth_fail(err, QUOTH_MEMORY, "server", QUOTH_NO_OFFSET, "out of memory");
}

static bool copy_options(const struct quoth_server_options *from, struct quoth_server *s,
                         struct quoth_error *err)
{
    struct quoth_server_options *to = &s->options;
    *to = *from;
    if (!copy_text(s, from->verifier, &to->verifier, err) ||
        !copy_text(s, from->ca_file, &to->ca_file, err) ||
        !copy_text(s, from->listen, &to->listen, err) ||
        !copy_text(s, from->name ? from->name : "localhost", &to->name, err))
        return false;
    if (!to->certificate_seconds)
        to->certificate_seconds = CERTIFICATE_SECONDS;
    s->verifier = (struct quoth_token_request){.verifier = to->verifier, .ca_file = to->ca_file};
    return true;
}

static bool new_identity(const struct quoth_server *s, struct identity *ret_identity,
                         struct quoth_error *err)
{
    const struct quoth_server_options *o = &s->options;
    const enum key_type type = o->key == QUOTH_KEY_RSA_2048 ? KEY_TYPE_RSA_2048 : KEY_TYPE_P256;
    struct private_key *key = NULL;
    return (s->given ? private_key_dup(s->given, &key, err)
                     : private_key_generate(type, &key, err)) &&
           identity_make(key, o->name, time_now(), o->certificate_seconds, ret_identity, err);
}

/* The options keep no view of it: the caller may wipe its copy. */
static bool keep_key(struct quoth_server *s, struct quoth_error *err)
{
    const struct bytes der = {s->options.private_key, s->options.private_key_len};
    s->options.private_key = NULL;
    s->options.private_key_len = 0;
    return !der.data || private_key_from_der(der, &s->given, err) ||
           quoth_within(err, "private key");
}

static bool certificate_pem(const struct identity *i, struct buffer *ret_pem,
                            struct quoth_error *err)
{
    pem_encode("CERTIFICATE", buffer_bytes(&i->certificate), ret_pem);
    return buffer_ok(ret_pem, err);
}

static bool open_challenges(struct quoth_server *s, struct quoth_error *err)
{
    const struct limit_config one_for_all = {.connections = 1,
                                             .connections_per_source = 1,
                                             .rate = CHALLENGES_PER_SECOND,
                                             .burst = CHALLENGES_PER_SECOND};
    const struct sockaddr anybody = {.sa_family = AF_INET};
    s->challenges = limit_open(&one_for_all, err);
    if (!s->challenges)
        return false;
    s->challenger = limit_enter(s->challenges, &anybody, time_monotonic_us());
    return s->challenger ||
           quoth_fail(err, QUOTH_INTERNAL, "server", QUOTH_NO_OFFSET, "no row for challenges");
}

static bool open_listener(struct quoth_server *s, struct quoth_error *err)
{
    s->routes[0] = (struct http_route){
        .method = HTTP_GET, .path = "/token", .handler = serve_token, .summary = "proof"};
    s->routes[1] = (struct http_route){.method = HTTP_GET,
                                       .path = CHANNEL_ROUTE,
                                       .handler = serve_channel,
                                       .summary = "proof for this connection"};
    s->tables[0] = s->routes;
    const struct http_config config = {.listen = s->options.listen,
                                       .threads = 1,
                                       .times = http_times_default,
                                       .limit = limit_config_default,
                                       .routes = s->tables,
                                       .service = s,
                                       .wrap = wrap,
                                       .goodbye = tls_server_goodbye,
                                       .refuse = refuse};
    return http_server_open(&config, &s->http, err);
}

bool quoth_server_open(const struct quoth_server_options *options, struct quoth_server **ret_server,
                       struct quoth_error *err)
{
    AUTO(server) struct quoth_server *s = calloc(1, sizeof *s);
    AUTO(buffer) struct buffer pem = {0};
    if (!s)
        return quoth_fail(err, QUOTH_MEMORY, "server", QUOTH_NO_OFFSET, "out of memory");
    s->wake[0] = s->wake[1] = -1;
    pthread_mutex_init(&s->lock, NULL);
    if (pipe2(s->wake, O_CLOEXEC | O_NONBLOCK) != 0)
        return quoth_fail(err, QUOTH_IO, "server", QUOTH_NO_OFFSET, "pipe: %s", strerror(errno));
    if (!copy_options(options, s, err) || !keep_key(s, err) ||
        !new_identity(s, &s->identity, err) || !certificate_pem(&s->identity, &pem, err) ||
        !tls_server_open(buffer_bytes(&pem), s->identity.key, &s->tls, err) ||
        !open_challenges(s, err) || !open_listener(s, err))
        return false;
    *ret_server = take(s);
    return true;
}

bool quoth_server_route(struct quoth_server *s, const char *method, const char *path,
                        size_t body_max, quoth_handler *handler, struct quoth_error *err)
{
    const bool post = strcmp(method, "POST") == 0;
    if (s->handler_count == SERVE_ROUTES_MAX || (!post && strcmp(method, "GET") != 0))
        return quoth_fail(err, QUOTH_USAGE, "route", QUOTH_NO_OFFSET,
                          "up to %u routes of GET or POST, not %s %s", SERVE_ROUTES_MAX, method,
                          path);
    s->routes[SERVE_OWN_ROUTES + s->handler_count] =
        (struct http_route){.method = post ? HTTP_POST : HTTP_GET,
                            .path = path,
                            .body_limit = body_max,
                            .handler = serve_program,
                            .summary = "the program's"};
    s->handlers[s->handler_count++] = handler;
    return true;
}

const char *quoth_server_address(const struct quoth_server *s)
{
    return http_server_address(s->http);
}

/* --- life
 * ------------------------------------------------------------------------------------------ */

bool quoth_server_attest(struct quoth_server *s, struct quoth_error *err)
{
    return identity_attest(&s->identity, s->options.attester, &s->verifier, err);
}

/* The new identity is complete before the old one goes: whoever connects meanwhile is served. */
static bool renew(struct quoth_server *s, struct quoth_error *err)
{
    AUTO(identity) struct identity fresh = {0};
    AUTO(buffer) struct buffer pem = {0};
    if (!new_identity(s, &fresh, err) ||
        !identity_attest(&fresh, s->options.attester, &s->verifier, err) ||
        !certificate_pem(&fresh, &pem, err))
        return false;
    pthread_mutex_lock(&s->lock);
    const bool ok = tls_server_replace(s->tls, buffer_bytes(&pem), fresh.key, err);
    if (ok) {
        const struct identity old = s->identity;
        s->identity = fresh;
        fresh = old;
    }
    pthread_mutex_unlock(&s->lock);
    return ok;
}

static uint32_t any_number(void)
{
    uint32_t number = 0;
    struct quoth_error ignored = {0}; /* without randomness the delay is the least */
    (void)random_fill(&number, sizeof number, &ignored);
    return number;
}

/* True when it is time, false when the server is to stop. */
static bool wait_ms(struct quoth_server *s, int64_t milliseconds)
{
    const uint64_t until = time_monotonic_us() + (uint64_t)milliseconds * 1000;
    for (;;) {
        const uint64_t now = time_monotonic_us();
        struct pollfd stop = {.fd = s->wake[0], .events = POLLIN};
        if (now >= until)
            return true;
        if (poll(&stop, 1, (int)((until - now + 999) / 1000)) > 0)
            return false;
    }
}

static void live(struct quoth_server *s)
{
    unsigned failures = 0;
    int64_t delay = renewal_delay_ms(time_now(), s->identity.expires, any_number());
    while (wait_ms(s, delay)) {
        struct quoth_error err = {0};
        failures = renew(s, &err) ? 0 : failures + 1;
        delay = failures ? retry_delay_ms(failures, any_number())
                         : renewal_delay_ms(time_now(), s->identity.expires, any_number());
        if (s->options.renewed)
            s->options.renewed(s->options.user, &err);
    }
}

bool quoth_server_run(struct quoth_server *s, struct quoth_error *err)
{
    if (s->identity.token.len == 0)
        return quoth_fail(err, QUOTH_USAGE, "server", QUOTH_NO_OFFSET,
                          "there is no token to show yet: call quoth_server_attest first");
    s->pool = pool_open(1, CHALLENGES_WAITING, err);
    if (!s->pool || !http_server_start(s->http, err))
        return false;
    live(s);
    http_server_drain(s->http, DRAIN_MS);
    return true;
}

void quoth_server_stop(struct quoth_server *s)
{
    const int saved = errno; /* a signal handler may be running */
    if (write(s->wake[1], "", 1) < 0) {
        /* the pipe is full of such bytes: it is stopping already */
    }
    errno = saved;
}

void quoth_server_close(struct quoth_server *s)
{
    if (!s)
        return;
    pool_close(s->pool); /* first: it resumes what the listener holds */
    http_server_close(s->http);
    limit_close(s->challenges);
    tls_server_close(s->tls);
    identity_clear(&s->identity);
    private_key_free(s->given);
    fd_close(s->wake[0]);
    fd_close(s->wake[1]);
    for (size_t i = 0; i < COUNT(s->texts); i++)
        free(s->texts[i]);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
