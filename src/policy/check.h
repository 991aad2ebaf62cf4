/* What can be said of a policy without any evidence: names nobody gives, rules that never fire or
 * always do, and debug TEEs that nothing refuses. */
#ifndef QUOTH_POLICY_CHECK_H
#define QUOTH_POLICY_CHECK_H

#include "policy/policy.h"

enum policy_level { POLICY_NOTE, POLICY_WARNING };

struct policy_finding {
    enum policy_level level;
    const char *code;      /* static: "never-fires" */
    unsigned line, column; /* of the rule; 0: of the policy as a whole */
    struct bytes name;     /* the claim that it is about, or empty; a view of the policy */
    char text[176];
};

#define POLICY_FINDINGS_MAX 128u

/* Fills to in the order of the text and gives the count; findings beyond the room are left out. */
size_t policy_check(const struct policy *policy, struct policy_finding to[POLICY_FINDINGS_MAX]);

/* {"findings":[{"level":"warning","code":"never-fires","line":2,"column":3,"message":"..."}]} */
void policy_findings_write(struct buffer *to, const struct policy_finding *findings, size_t count);

const char *policy_level_name(enum policy_level level); /* "note", "warning" */

/* The names that evidence may give: by index from 0, empty behind the last. */
struct bytes policy_known_claim(size_t index);

#endif
