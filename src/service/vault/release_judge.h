/* From a request to a verdict: which token, whose, about what, under which policy (key-release.md
 * 2.2). What may be told of it, and to whom, is for the caller. */
#ifndef QUOTH_SERVICE_VAULT_RELEASE_JUDGE_H
#define QUOTH_SERVICE_VAULT_RELEASE_JUDGE_H

#include "service/tenant.h"
#include "service/vault/release_decide.h"
#include "service/vault/release_request.h"
#include "service/vault/release_subject.h"

struct release_case { /* owned: release_case_clear; cannot be copied */
    enum vault_kind kind;
    struct bytes name, version; /* as they were asked for: views */
    struct release_request request;

    bool found; /* then subject is what was asked for; else missing tells why it is not */
    struct release_subject subject;
    struct quoth_error missing;

    bool read; /* then token is taken apart */
    struct token token;
    bool verified; /* then what it says is what its issuer says */
    struct quoth_error unverified;

    bool judged; /* then verdict is one */
    struct release_verdict verdict;
};

void release_case_clear(struct release_case *c);
DEFINE_AUTO_VALUE(release_case, struct release_case, release_case_clear)

struct release_court { /* by whose word; borrowed */
    const struct tenant_snapshot *snapshot;
    const struct trust *trust; /* of the tenant */
    const struct vault *vault;
    int64_t now;
};

/* kind, name, version and request are filled. The token is judged before what was asked for, so that
 * whoever has no token of an authority learns the same of every name, there or not: only keys that
 * are in memory are asked unless a release policy names the issuer. True: c->verdict.recipient is
 * whom to wrap for. False: err is unverified, missing, or the verdict's, in this order. Blocks. */
bool release_judge(const struct release_court *court, struct release_case *c,
                   struct quoth_error *err);

#endif
