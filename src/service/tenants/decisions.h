/* One line of the tenant's decision trail for each attestation, and counts where a stranger could
 * fill the disk with refusals (THREATS 23). Lines are posted: nothing here waits for a disk. */
#ifndef QUOTH_SERVICE_DECISIONS_H
#define QUOTH_SERVICE_DECISIONS_H

#include "audit/audit.h"
#include "http/server.h"
#include "tee/appraisal.h"

#define DECISIONS_REFUSALS 10 /* refusals in one second that get a line each; the others a count */

struct decisions; /* opaque, used by any thread */

bool decisions_open(const struct audit_options *options, struct decisions **ret_decisions,
                    struct quoth_error *err);
void decisions_close(struct decisions *d);
DEFINE_AUTO(decisions, struct decisions *, decisions_close)

struct decision {
    const struct http_exchange *x;
    const char *type; /* attestation type */
    const struct appraisal *appraisal;
    int64_t policy_version;        /* 0: the default */
    bool by_draft;                 /* by a draft policy, in place of that one */
    const struct quoth_error *why; /* QUOTH_OK: a token was issued */
};

/* "attested": who asked, what was found out about whom, by which policy. What is told of evidence
 * that was refused is what was proven of it. No held data, nonce or token enters it. */
void decisions_post(struct decisions *d, const struct decision *what, int64_t now);

/* The same for a refusal of another kind: whether it gets a line, which it then posts; else it was
 * counted. */
bool decisions_has_line(struct decisions *d, enum quoth_code code, int64_t now);
void decisions_post_line(struct decisions *d, struct audit_line *line);

/* Counts a refusal of somebody unknown that is no decision about evidence. */
void decisions_count(struct decisions *d, enum quoth_code code, int64_t now);

/* Writes the counts of seconds that are over. */
void decisions_tick(struct decisions *d, int64_t now);

struct audit_checkpoint decisions_checkpoint(struct decisions *d);
uint64_t decisions_lost(struct decisions *d);

#endif
