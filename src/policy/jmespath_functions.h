/* The functions of JMESPath. Private to its modules. */
#ifndef QUOTH_POLICY_JMESPATH_FUNCTIONS_H
#define QUOTH_POLICY_JMESPATH_FUNCTIONS_H

#include "policy/jmespath_tree.h"

/* An evaluation. Its functions give NULL when it cannot go on: err says why, or the work is spent.
 */
struct jmespath_run {
    struct work *work;
    struct quoth_error *err;
};

const struct jmespath_value *jmespath_run(struct jmespath_run *run,
                                          const struct jmespath_node *node,
                                          const struct jmespath_value *current);

/* Calls the function of a JP_CALL node on values. */
const struct jmespath_value *jmespath_call(struct jmespath_run *run,
                                           const struct jmespath_node *call,
                                           const struct jmespath_value *const *args);

#endif
