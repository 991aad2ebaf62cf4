/* JMESPath, the query language for JSON, to its public specification (jmespath.org), and the one
 * function that Azure Attestation adds: equals_ignore_case(a, b), true if both are strings that are
 * equal once ASCII letters lose their case.
 *
 * Where the specification leaves room: a backslash in a raw string stands for itself unless a quote
 * follows; a literal between backticks is strict JSON; no comma ends a list; strings are counted
 * and reversed by code points; numbers without a fraction that fit in 64 bits are exact, all others
 * are doubles. */
#ifndef QUOTH_POLICY_JMESPATH_H
#define QUOTH_POLICY_JMESPATH_H

#include "codec/json.h"
#include "policy/work.h"

#define JMESPATH_QUERY_MAX 16384u /* bytes */
#define JMESPATH_DEPTH_MAX 128u   /* operators inside each other, a chain of them included */
#define JMESPATH_VALUE_DEPTH 64u  /* arrays and objects inside each other in a result */
#define JMESPATH_TEXT_MAX (1u << 20)

struct jmespath_value; /* a JSON value; lives in the arena of the work */
struct jmespath_node;  /* a query; lives there too */

/* Takes JSON text in. Views of it stay in the value, so it must live as long as the work. False:
 * QUOTH_JSON and its kin, QUOTH_POLICY_COST, QUOTH_MEMORY. */
bool jmespath_read(struct bytes json, struct work *w, const struct jmespath_value **ret_value,
                   struct quoth_error *err);

/* QUOTH_JMESPATH_SYNTAX with the offset in the query and what stands there. */
bool jmespath_compile(struct bytes query, struct work *w, const struct jmespath_node **ret_node,
                      struct quoth_error *err);

/* QUOTH_JMESPATH_EVALUATION: unknown function, wrong number or type of arguments, a step of 0. */
bool jmespath_evaluate(const struct jmespath_node *query, const struct jmespath_value *document,
                       struct work *w, const struct jmespath_value **ret_value,
                       struct quoth_error *err);

/* Compact JSON text of a value; with bare, a string without its quotes and escapes. */
bool jmespath_write(const struct jmespath_value *value, bool bare, struct work *w,
                    struct buffer *to, struct quoth_error *err);

#endif
