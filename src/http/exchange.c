#include "base/time.h"
#include "codec/hex.h"
#include "crypto/random.h"
#include "http/worker.h"

#include <stdio.h>

/* Wait at least so long, where nobody knows better. */
#define RETRY_SECONDS 2

struct memory { /* one allocation for both sides */
    struct http_exchange x;
    struct http_life life;
};

static bool make_id(char id[HTTP_ID_SIZE])
{
    uint8_t random[24];
    char trace[33], span[17];
    struct quoth_error ignored = {0};
    if (!random_fill(random, sizeof random, &ignored))
        return false;
    snprintf(id, HTTP_ID_SIZE, "00-%s-%s-00",
             hex_text(bytes_slice(BYTES_OF(random), 0, 16), trace, sizeof trace),
             hex_text(bytes_slice(BYTES_OF(random), 16, 8), span, sizeof span));
    return true;
}

struct http_exchange *exchange_open(struct worker *w, struct connection *c)
{
    struct memory *m = calloc(1, sizeof *m);
    if (!m || !make_id(m->x.id)) {
        free(m);
        return NULL;
    }
    m->life = (struct http_life){.worker = w,
                                 .connection = c,
                                 .began_us = time_monotonic_us(),
                                 .waited_us = worker_waited_us(w)};
    m->x.life = &m->life;
    m->x.service = w->config->service;
    m->x.local = w->local;
    return &m->x;
}

void exchange_close(struct http_exchange *x)
{
    if (!x)
        return;
    http_response_clear(&x->response);
    buffer_clear(&x->life->head_bytes);
    buffer_clear(&x->life->body_bytes);
    free(x); /* the first member of its memory */
}

static bool admitted_to_route(struct http_exchange *x, struct quoth_error *err)
{
    const struct http_config *config = x->life->worker->config;
    if (config->admit)
        return config->admit(config->service, x, err);
    return x->route->role == HTTP_ROLE_ANYONE ||
           quoth_fail(err, QUOTH_HTTP_UNAUTHORIZED, "Authorization", QUOTH_NO_OFFSET,
                      "nobody has the role that this route wants");
}

static bool admitted(struct http_life *life, struct limit_row *row, struct quoth_error *err)
{
    if (limit_request(life->worker->limit, row, time_monotonic_us(), &life->wait))
        return true;
    return quoth_fail(err, QUOTH_HTTP_RATE, "source", QUOTH_NO_OFFSET,
                      "this address has sent too many requests, wait %u s", life->wait);
}

/* Under overload the answers that are given come in time, and the others are refused at little
 * cost. What has no body to work on, such as a probe of our health, is always answered. */
static bool has_time(const struct http_life *life, const struct http_route *route,
                     struct quoth_error *err)
{
    const unsigned limit = life->worker->config->times.queue;
    return route->body_limit == 0 || limit == 0 || life->waited_us / 1000 <= limit ||
           quoth_fail(err, QUOTH_HTTP_BUSY, "queue", QUOTH_NO_OFFSET,
                      "the request has waited for %u ms already",
                      (unsigned)(life->waited_us / 1000));
}

bool http_exchange_is_pressed(const struct http_exchange *x)
{
    const struct http_life *life = x->life;
    return life->waited_us / 500 > life->worker->config->times.queue &&
           life->worker->config->times.queue != 0;
}

static size_t body_limit(const struct http_config *config, const struct http_match *match)
{
    const struct http_route *route = match->route;
    if (route->body_limit == 0)
        return match->lenient && route->method != HTTP_GET ? HTTP_BODY_OVERLOOKED : 0;
    const bool less = config->body_limit > 0 && config->body_limit < route->body_limit;
    return less ? config->body_limit : route->body_limit;
}

static bool decide(struct http_exchange *x, struct limit_row *row, struct quoth_error *err)
{
    struct http_life *life = x->life;
    const struct http_config *config = life->worker->config;
    struct http_match match;
    if (!admitted(life, row, err) ||
        !http_route_find(config->routes, config->lenient, &x->head, &match, life->allow, err))
        return false;
    x->route = match.route;
    for (size_t i = 0; i < match.param_count; i++)
        x->params[i] = match.params[i];
    return has_time(life, match.route, err) && admitted_to_route(x, err) &&
           http_route_accepts(match.route, &x->head, err) &&
           http_body_init(&life->framing, &x->head, body_limit(config, &match), err);
}

/* A refused request keeps its connection if its body is short enough to be read and dropped, and if
 * its client does not wait to be asked for it. */
static void drop_body(struct http_exchange *x)
{
    const size_t limit = 64u << 10;
    struct http_life *life = x->life;
    struct quoth_error ignored = {0};
    const bool has_body = x->head.chunked || x->head.length > 0;
    if (has_body &&
        (x->head.expects_continue || !http_body_init(&life->framing, &x->head, limit, &ignored)))
        life->close = life->body_pending = true;
    else if (!has_body)
        life->framing = (struct http_body){.state = HTTP_BODY_DONE};
}

void exchange_admit(struct http_exchange *x, struct limit_row *row)
{
    struct http_life *life = x->life;
    life->refused = !decide(x, row, &life->error);
    if (life->refused)
        drop_body(x);
}

void exchange_refuse(struct http_exchange *x)
{
    struct http_life *life = x->life;
    const struct http_config *config = life->worker->config;
    struct quoth_error ignored = {0};
    if (life->error.code == QUOTH_OK) /* a handler that refuses without a reason */
        quoth_fail(&life->error, QUOTH_INTERNAL, "handler", QUOTH_NO_OFFSET, "gave no reason");
    const unsigned wait = x->response.retry_after ? x->response.retry_after : life->wait;
    struct buffer extras = take_value(x->response.extras);
    http_response_clear(&x->response);
    x->response.extras = extras; /* fields that go with the refusal, such as a challenge */
    config->refuse(config->service, x, &life->error, &x->response);
    x->response.status = quoth_code_http(life->error.code);
    if (x->response.status == 429 || x->response.status == 503)
        x->response.retry_after = wait ? wait : RETRY_SECONDS;
    if (x->response.status == 405)
        http_response_field(&x->response, "Allow", life->allow, &ignored);
}

void exchange_write(struct http_exchange *x, struct buffer *to)
{
    const bool omit_body = x->life->has_head && x->head.method == HTTP_HEAD;
    x->life->sent = omit_body ? 0 : x->response.body.len;
    http_response_write(&x->response, worker_date(x->life->worker), x->id, x->life->close,
                        omit_body, to);
}

void exchange_record(const struct http_exchange *x)
{
    const struct http_life *life = x->life;
    const struct http_config *config = life->worker->config;
    if (!config->record)
        return;
    const struct http_record record = {
        .head = life->has_head ? &x->head : NULL,
        .route = x->route,
        .scope = x->scope,
        .id = x->id,
        .peer = x->peer,
        .status = x->response.status ? x->response.status : 200,
        .error = life->refused ? &life->error : NULL,
        .duration_us = time_monotonic_us() - life->began_us,
        .received = life->received,
        .sent = life->sent,
    };
    config->record(config->service, &record);
}

void exchange_run(struct http_exchange *x, http_handler *handler)
{
    struct http_life *life = x->life;
    const enum http_outcome outcome = handler(x, &life->error);
    if (outcome == HTTP_LATER) {
        life->worker->kept++;
        return;
    }
    life->refused = outcome == HTTP_REFUSED;
    if (life->connection) {
        connection_answer(life->connection, x);
    } else { /* the client is gone: the record is all that is left of it */
        struct worker *w = life->worker;
        if (life->refused)
            exchange_refuse(x);
        exchange_record(x);
        exchange_close(x);
        worker_ended_one(w);
    }
}

static void resumed(void *arg)
{
    struct http_exchange *x = arg;
    struct http_life *life = x->life;
    life->worker->kept--;
    exchange_run(x, life->resume_with);
}

void http_exchange_resume(struct http_exchange *x, http_handler *handler)
{
    struct http_life *life = x->life;
    life->resume_with = handler;
    life->task = (struct loop_task){.run = resumed, .arg = x};
    loop_post(life->worker->loop, &life->task);
}

uint64_t http_exchange_age_us(const struct http_exchange *x)
{
    return time_monotonic_us() - x->life->began_us;
}

struct bufferevent *http_exchange_stream(const struct http_exchange *x)
{
    return x->life->connection ? connection_stream(x->life->connection) : NULL;
}
