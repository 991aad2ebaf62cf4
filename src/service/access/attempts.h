/* How often a source may show wrong credentials, so that guessing, and work for nothing, are bounded
 * per source. It is generous, as those behind one proxy are one source: nobody guesses 32 random
 * bytes, and whoever shares an address with an attacker should still get in. */
#ifndef QUOTH_SERVICE_ATTEMPTS_H
#define QUOTH_SERVICE_ATTEMPTS_H

#include "base/bytes.h"

#define ATTEMPTS_BURST 100u
#define ATTEMPTS_PER_SECOND 10u /* are given back */

struct attempts; /* opaque, used by any thread */

bool attempts_open(struct attempts **ret_attempts, struct quoth_error *err);
void attempts_close(struct attempts *a);
DEFINE_AUTO(attempts, struct attempts *, attempts_close)

/* peer is "192.0.2.1:1234" or "[2001:db8::1]:1234": an IPv4 address, or a /64 of IPv6, is one
 * source. now in seconds, as *ret_wait: how long until
 * the next. */
bool attempts_may(struct attempts *a, const char *peer, int64_t now, unsigned *ret_wait);
void attempts_failed(struct attempts *a, const char *peer, int64_t now);

#endif
