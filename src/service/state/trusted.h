/* Which roots this service believes, and the word of init about it: a store made for simulated
 * evidence never serves hardware, nor the other way round (THREATS 5). */
#ifndef QUOTH_SERVICE_TRUSTED_H
#define QUOTH_SERVICE_TRUSTED_H

#include "service/config/config.h"
#include "tee/trust.h"

struct trusted { /* owned: trusted_clear */
    struct trust trust;
    bool simulated;
    bool built_in;                          /* the vendors' roots, and no other */
    struct buffer roots[TRUST_ANCHORS_MAX]; /* DER of those that are named */
    size_t root_count;
};

void trusted_clear(struct trusted *t);
DEFINE_AUTO_VALUE(trusted, struct trusted, trusted_clear)

/* From --trust and --trust-root; hardware when nothing is said. Every fingerprint of --trust is
 * that of a certificate in a --trust-root file, and every certificate there is named.
 * QUOTH_USAGE, QUOTH_TRUST_ROOT. */
bool trusted_from_config(const struct tenant_settings *s, struct trusted *ret_trusted,
                         struct quoth_error *err);

/* As init writes it into the store and serve reads it: {"class":"simulated","roots":["..."]}. */
bool trusted_write(const struct trusted *t, struct buffer *to, struct quoth_error *err);
bool trusted_read(struct bytes json, struct trusted *ret_trusted, struct quoth_error *err);

/* What holds for this run: what the settings say if they say anything, and else what was recorded.
 * QUOTH_TRUST_MIXED when the settings would turn the store's class into the other. */
bool trusted_choose(const struct tenant_settings *s, struct bytes recorded,
                    struct trusted *ret_trusted, struct quoth_error *err);

#endif
