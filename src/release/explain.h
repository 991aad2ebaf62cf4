/* The trace of a judgement for people and for programs: which entries name the issuer, which clauses
 * held with what was found, and what decided. */
#ifndef QUOTH_RELEASE_EXPLAIN_H
#define QUOTH_RELEASE_EXPLAIN_H

#include "release/evaluate.h"

/* "released", "refused" or "error". */
const char *release_outcome_name(enum quoth_code code);

/* A line for each entry, list and clause: "+" held, "-" did not, neither if the issuer is another
 * one; the last line is the outcome. */
void release_explain_text(struct buffer *to, const struct release_policy *p,
                          const struct release_evaluation *e);

/* {"outcome":"refused","entries":[{"number":1,"line":2,"column":3,"authority":"https://...",
 *   "issuer":true,"held":false,"conditions":CONDITION}],"marks":["x-quoth-simulated"],
 *   "error":{...}} with CONDITION one of {"allOf":[CONDITION...]}, {"anyOf":[CONDITION...]} and
 * {"claim":"...","operator":"equals","expected":...,"found":...}, each with "line", "column" and,
 * where the entry names the issuer, "held". found is left out where nothing, or nothing unambiguous,
 * was found. The first entry has the number 1; error stands there unless released. */
void release_explain_json(struct buffer *to, const struct release_policy *p,
                          const struct release_evaluation *e);

#endif
