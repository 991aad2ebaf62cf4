/* Choosing without branches: what is chosen, and why, does not show in the time it takes. Numbers
 * are below 2^31; masks are all ones for true, else zero. */
#ifndef QUOTH_CRYPTO_MASK_H
#define QUOTH_CRYPTO_MASK_H

#include <stdint.h>

static inline uint32_t mask_less(uint32_t a, uint32_t b)
{
    return 0 - ((a - b) >> 31);
}

static inline uint32_t mask_zero(uint32_t a)
{
    return mask_less(a, 1);
}

static inline uint32_t mask_choose(uint32_t mask, uint32_t yes, uint32_t no)
{
    return (mask & yes) | (~mask & no);
}

#endif
