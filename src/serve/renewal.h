/* When to renew (THREATS 27): a fleet that started together does not come back together, neither
 * when all is well nor after the verifier was away. */
#ifndef QUOTH_SERVE_RENEWAL_H
#define QUOTH_SERVE_RENEWAL_H

#include <stdint.h>

/* Milliseconds until a thing that is valid from now to expires (seconds) is due for renewal: 50 to
 * 80 % of its life, by a random number of 32 bits; a second at least. */
int64_t renewal_delay_ms(int64_t now, int64_t expires, uint32_t random);

/* Milliseconds to wait after so many failures in a row (from 1): between half and all of 1 s,
 * doubled with each, 60 s at most. */
int64_t retry_delay_ms(unsigned failures, uint32_t random);

#endif
