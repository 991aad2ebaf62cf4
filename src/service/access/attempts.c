#include "service/access/attempts.h"

#include "crypto/digest.h"
#include "crypto/random.h"

#include <arpa/inet.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>

#define SLOTS 4096u /* two sources share one by chance, and nobody can choose with whom */

struct slot {
    int64_t since; /* when spent was last reckoned */
    unsigned spent;
};

struct attempts {
    pthread_mutex_t lock;
    uint8_t seed[16];
    struct slot slots[SLOTS];
};

bool attempts_open(struct attempts **ret_attempts, struct quoth_error *err)
{
    AUTO(attempts) struct attempts *a = calloc(1, sizeof *a);
    if (!a)
        return quoth_fail(err, QUOTH_MEMORY, "attempts", QUOTH_NO_OFFSET, "out of memory");
    pthread_mutex_init(&a->lock, NULL);
    if (!random_fill(a->seed, sizeof a->seed, err))
        return false;
    *ret_attempts = take(a);
    return true;
}

void attempts_close(struct attempts *a)
{
    if (!a)
        return;
    pthread_mutex_destroy(&a->lock);
    free(a);
}

/* The address without its port; of IPv6 the first half. */
static struct bytes source_of(const char *peer, char text[64], uint8_t address[16])
{
    snprintf(text, 64, "%s", peer + (peer[0] == '['));
    char *end = peer[0] == '[' ? strchr(text, ']') : strrchr(text, ':');
    if (end)
        *end = '\0';
    if (inet_pton(AF_INET6, text, address) == 1)
        return (struct bytes){address, 8};
    return bytes_of_text(text);
}

static struct slot *slot_of(struct attempts *a, const char *peer, int64_t now)
{
    char text[64];
    uint8_t address[16];
    const struct bytes parts[] = {BYTES_OF(a->seed), source_of(peer, text, address)};
    const struct sha256 hash = sha256_of_parts(parts, COUNT(parts));
    struct slot *s = &a->slots[bytes_u32le(BYTES_OF(hash.bytes), 0) % SLOTS];
    const int64_t seconds =
        now > s->since ? now - s->since : 0; /* a clock set back gives nothing */
    const unsigned back =
        seconds < ATTEMPTS_BURST ? (unsigned)seconds * ATTEMPTS_PER_SECOND : UINT_MAX;
    *s = (struct slot){now, s->spent > back ? s->spent - back : 0};
    return s;
}

bool attempts_may(struct attempts *a, const char *peer, int64_t now, unsigned *ret_wait)
{
    pthread_mutex_lock(&a->lock);
    const bool may = slot_of(a, peer, now)->spent < ATTEMPTS_BURST;
    pthread_mutex_unlock(&a->lock);
    *ret_wait = 1;
    return may;
}

void attempts_failed(struct attempts *a, const char *peer, int64_t now)
{
    pthread_mutex_lock(&a->lock);
    struct slot *s = slot_of(a, peer, now);
    s->spent += s->spent < ATTEMPTS_BURST;
    pthread_mutex_unlock(&a->lock);
}
