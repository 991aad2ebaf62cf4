#include "serve/renewal.h"

#define RETRY_FIRST_MS 1000
#define RETRY_MOST_MS 60000

/* A share of whole between the percentages. */
static int64_t share(int64_t whole, int64_t least, int64_t most, uint32_t random)
{
    const int64_t fraction = random >> 16; /* of 65535: no product overflows */
    return (least * whole + (most - least) * whole * fraction / UINT16_MAX) / 100;
}

int64_t renewal_delay_ms(int64_t now, int64_t expires, uint32_t random)
{
    const int64_t day_s = 86400;
    const int64_t left = expires > now + day_s ? day_s : expires - now;
    const int64_t delay = left > 0 ? share(left * 1000, 50, 80, random) : 0;
    return delay < 1000 ? 1000 : delay;
}

int64_t retry_delay_ms(unsigned failures, uint32_t random)
{
    int64_t most = RETRY_FIRST_MS;
    for (unsigned i = 1; i < failures && most < RETRY_MOST_MS; i++)
        most *= 2;
    return share(most < RETRY_MOST_MS ? most : RETRY_MOST_MS, 50, 100, random);
}
