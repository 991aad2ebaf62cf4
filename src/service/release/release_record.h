/* What the audit trail tells of a release (key-release.md 6.8): who got what, by which token and
 * policy, or which clause kept it back. No token, key or nonce enters it. */
#ifndef QUOTH_SERVICE_VAULT_RELEASE_RECORD_H
#define QUOTH_SERVICE_VAULT_RELEASE_RECORD_H

#include "audit/line.h"
#include "http/server.h"
#include "service/release/release_decide.h"
#include "service/release/release_request.h"
#include "service/release/release_subject.h"
#include "token/token.h"

struct release_record { /* views; what is not known (yet) is NULL or empty */
    const struct http_exchange *x;
    const char *who; /* NULL: anonymous */
    enum vault_kind kind;
    struct bytes name, version; /* as they were asked for */
    const struct release_request *request;
    const struct release_subject *subject; /* NULL: nothing of this name may be released */
    const struct token *token;             /* NULL: it could not be taken apart */
    bool verified;                         /* what the token says may be told */
    const struct release_verdict *verdict;
    const struct quoth_error *why; /* QUOTH_OK: released */
};

/* "KeyRelease" or "SecretRelease", with "decision" released or refused. */
struct audit_line release_record_line(const struct release_record *r, int64_t now);

#endif
