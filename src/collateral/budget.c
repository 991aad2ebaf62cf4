#include "collateral/budget.h"

#define PERIOD 60 /* seconds */

static size_t place_of(struct budget *b, const char *url)
{
    size_t i = 0;
    while (i < BUDGET_UPSTREAMS_MAX - 1 && b->upstreams[i].url &&
           strcmp(b->upstreams[i].url, url) != 0)
        i++;
    b->upstreams[i].url = url;
    return i;
}

bool budget_spend(struct budget *b, const char *url, unsigned limit, int64_t now,
                  struct quoth_error *err)
{
    const size_t i = place_of(b, url);
    const bool over = now - b->upstreams[i].since >= PERIOD || now < b->upstreams[i].since;
    if (over) {
        b->upstreams[i].since = now;
        b->upstreams[i].spent = 0;
    }
    if (b->upstreams[i].spent >= limit)
        return quoth_fail(err, QUOTH_SOURCE_BUSY, url, QUOTH_NO_OFFSET,
                          "was asked %u times in a minute, which is the limit", limit);
    b->upstreams[i].spent++;
    return true;
}
