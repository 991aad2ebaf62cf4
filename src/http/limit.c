#include "http/limit.h"

#include "crypto/random.h"

#include <netinet/in.h>
#include <pthread.h>

/* A source's row may stand in any place of its set; a set whose places are all in use sends further
 * sources to the row that all of them share. */
#define SETS 1024
#define PLACES 8

struct source { /* the prefix; IPv4 as ::ffff:a.b.c.d */
    uint8_t prefix[16];
};

struct limit_row {
    struct source source;
    size_t connections;
    double tokens;     /* requests that may come at once */
    uint64_t since_us; /* when tokens was computed; 0: the row was never used */
};

struct limit {
    struct limit_config config;
    uint64_t seed; /* so that nobody can aim at a set */
    pthread_mutex_t lock;
    size_t connections;
    struct limit_row shared;
    struct limit_row rows[SETS][PLACES];
};

const struct limit_config limit_config_default = {
    .connections = 16384,
    .connections_per_source = 1024,
    .rate = 1000,
    .burst = 2000,
    .prefix4 = 32,
    .prefix6 = 64,
};

struct limit *limit_open(const struct limit_config *config, struct quoth_error *err)
{
    struct limit *l = calloc(1, sizeof *l);
    if (!l || !random_fill(&l->seed, sizeof l->seed, err)) {
        quoth_fail(err, QUOTH_MEMORY, "limit", QUOTH_NO_OFFSET, "out of memory");
        free(l);
        return NULL;
    }
    l->config = *config;
    pthread_mutex_init(&l->lock, NULL);
    return l;
}

void limit_close(struct limit *l)
{
    if (!l)
        return;
    pthread_mutex_destroy(&l->lock);
    free(l);
}

static void mask(uint8_t *prefix, size_t size, unsigned bits)
{
    for (size_t i = 0; i < size; i++, bits -= bits < 8 ? bits : 8)
        if (bits < 8)
            prefix[i] &= (uint8_t)(0xFF00u >> bits);
}

static struct source source_of(const struct limit *l, const struct sockaddr *address)
{
    struct source s = {
        .prefix = {[10] = 0xFF, [11] = 0xFF}
    };
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)address;
        memcpy(&s.prefix[12], &in->sin_addr, 4);
        mask(&s.prefix[12], 4, l->config.prefix4);
    } else if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const void *)address;
        memcpy(s.prefix, &in->sin6_addr, 16);
        if (IN6_IS_ADDR_V4MAPPED(&in->sin6_addr))
            mask(&s.prefix[12], 4, l->config.prefix4);
        else
            mask(s.prefix, 16, l->config.prefix6);
    }
    return s;
}

/* FNV-1a over seed and prefix, its halves folded together. */
static size_t set_of(const struct limit *l, const struct source *s)
{
    uint64_t h = 0xcbf29ce484222325u ^ l->seed;
    for (size_t i = 0; i < sizeof s->prefix; i++)
        h = (h ^ s->prefix[i]) * 0x100000001b3u;
    return (size_t)(h ^ h >> 32) % SETS;
}

static double tokens_at(const struct limit *l, const struct limit_row *row, uint64_t now_us)
{
    const double burst = (double)l->config.burst;
    const uint64_t passed = now_us > row->since_us ? now_us - row->since_us : 0;
    const double tokens = row->tokens + (double)passed * (double)l->config.rate / 1e6;
    return tokens < burst ? tokens : burst;
}

/* A row without connections and with all its tokens says nothing that a new one would not. */
static bool is_idle(const struct limit *l, const struct limit_row *row, uint64_t now_us)
{
    return row->connections == 0 && (row->since_us == 0 || l->config.rate == 0 ||
                                     tokens_at(l, row, now_us) >= (double)l->config.burst);
}

static struct limit_row *row_of(struct limit *l, const struct source *s, uint64_t now_us)
{
    struct limit_row *const set = l->rows[set_of(l, s)];
    struct limit_row *idle = NULL;
    for (size_t i = 0; i < PLACES; i++) {
        if (set[i].since_us != 0 && memcmp(&set[i].source, s, sizeof *s) == 0)
            return &set[i];
        if (!idle && is_idle(l, &set[i], now_us))
            idle = &set[i];
    }
    struct limit_row *row = idle ? idle : &l->shared;
    if (idle || row->since_us == 0)
        *row =
            (struct limit_row){.source = *s, .tokens = (double)l->config.burst, .since_us = now_us};
    return row;
}

struct limit_row *limit_enter(struct limit *l, const struct sockaddr *source, uint64_t now_us)
{
    const struct source from = source_of(l, source);
    pthread_mutex_lock(&l->lock);
    struct limit_row *row = row_of(l, &from, now_us);
    const bool admitted = l->connections < l->config.connections &&
                          row->connections < l->config.connections_per_source;
    if (admitted) {
        l->connections++;
        row->connections++;
    }
    pthread_mutex_unlock(&l->lock);
    return admitted ? row : NULL;
}

void limit_leave(struct limit *l, struct limit_row *row)
{
    pthread_mutex_lock(&l->lock);
    l->connections--;
    row->connections--;
    pthread_mutex_unlock(&l->lock);
}

bool limit_request(struct limit *l, struct limit_row *row, uint64_t now_us, unsigned *ret_wait)
{
    if (l->config.rate == 0)
        return true;
    pthread_mutex_lock(&l->lock);
    row->tokens = tokens_at(l, row, now_us);
    row->since_us = now_us;
    const bool admitted = row->tokens >= 1;
    if (admitted)
        row->tokens -= 1;
    else
        *ret_wait = (unsigned)((1 - row->tokens) / (double)l->config.rate) + 1;
    pthread_mutex_unlock(&l->lock);
    return admitted;
}

size_t limit_connections(struct limit *l)
{
    pthread_mutex_lock(&l->lock);
    const size_t connections = l->connections;
    pthread_mutex_unlock(&l->lock);
    return connections;
}
