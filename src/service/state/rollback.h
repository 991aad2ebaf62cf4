/* Finding a store that was put back whole while nobody ran, by a counter that never goes back
 * (keys/device.h; key-release.md 6.5). A sealed record holds what the counter will say; it is put
 * first and the counter raised then, so that a crash between the two leaves the record one ahead,
 * which is good. A counter that is ahead of the record has seen a later store than this one. What was
 * written since the counter was raised last is not protected: it is raised at start and at stop, and
 * each hour in which something was written. Blocks: store and TPM. */
#ifndef QUOTH_SERVICE_ROLLBACK_H
#define QUOTH_SERVICE_ROLLBACK_H

#include "keys/records.h"

#define KIND_COUNTER "counter" /* id: SHA-256 of the source; value: 8 bytes, little-endian */

#define ROLLBACK_SECONDS 3600

/* Compares the counter with the store and raises both. accept: what the counter says is taken as it
 * is, and it is made if there is none; otherwise QUOTH_STORE_ROLLED_BACK when the store is older, or
 * knows nothing of this counter. QUOTH_DEVICE_UNAVAILABLE, QUOTH_DEVICE_REFUSED. */
bool rollback_check(const char *source, bool accept, struct store *store,
                    const struct master_key *master, struct quoth_error *err);

#endif
