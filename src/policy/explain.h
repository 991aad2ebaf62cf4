/* The trace of an evaluation for people and for programs: each rule, which conditions held with
 * which claims, what it made, and what decided. */
#ifndef QUOTH_POLICY_EXPLAIN_H
#define QUOTH_POLICY_EXPLAIN_H

#include "policy/evaluate.h"

/* Both want an evaluation that was traced and is over. */
void policy_explain_text(struct buffer *to, const struct policy *policy,
                         const struct policy_evaluation *e);

#define POLICY_EXPLAINED_MAX (4u << 20) /* bytes of JSON after which no more claims are shown */

/* {"outcome":"permitted","decided":N,"rules":[{"number":1,"section":"authorizationrules","line":2,
 *   "column":3,"text":"...","reached":true,"fired":true,"conditions":[{"text":"...","held":true,
 *   "claims":[{"type":"...","value":...,"issuer":"..."}]}],"made":[...]}],"issued":{...},
 *   "error":{...}}. The first rule has the number 1; error stands there unless permitted. A trace that
 * grows too long says "cut":true, and leaves claims out. */
void policy_explain_json(struct buffer *to, const struct policy *policy,
                         const struct policy_evaluation *e);

/* "permitted", "denied", "not-permitted", "refused" (by a precondition) or "error". */
const char *policy_outcome_name(enum quoth_code code);

#endif
