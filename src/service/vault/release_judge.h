/* From a request to a verdict: which token, whose, about what, under which policy (key-release.md
 * 2.2). What may be told of it, and to whom, is for the caller. */
#ifndef QUOTH_SERVICE_VAULT_RELEASE_JUDGE_H
#define QUOTH_SERVICE_VAULT_RELEASE_JUDGE_H

#include "service/release/release_decide.h"
#include "service/release/release_request.h"
#include "service/release/release_subject.h"
#include "service/tenants/tenant.h"

struct release_case { /* owned: release_case_clear; cannot be copied */
    enum vault_kind kind;
    struct bytes name, version; /* as they were asked for: views */
    struct release_request request;

    bool read; /* then token is taken apart */
    struct token token;
    bool verified; /* then what it says is what its issuer says */

    bool found; /* then subject is what was asked for */
    struct release_subject subject;

    bool judged; /* then verdict is one */
    struct release_verdict verdict;
    bool granted; /* by it */
};

void release_case_clear(struct release_case *c);
DEFINE_AUTO_VALUE(release_case, struct release_case, release_case_clear)

struct release_court { /* by whose word; borrowed */
    const struct tenant_snapshot *snapshot;
    const struct trust *trust; /* of the tenant */
    tcb_status_set accept;     /* statuses that pass */
    const struct vault *vault;
    int64_t now;
};

/* kind, name, version and request are filled. The token is judged before what was asked for, and
 * without it: whoever has no token of an authority learns the same of every name, there or not, and
 * makes no work for the store. Only if an authority's keys that are here do not do is the release
 * policy looked for that must name it before it is asked for others. True: c->verdict.recipient is
 * whom to wrap for. Blocks. */
bool release_judge(const struct release_court *court, struct release_case *c,
                   struct quoth_error *err);

#endif
