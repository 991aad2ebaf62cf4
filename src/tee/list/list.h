/* The TEEs that this build judges. --tee, detection, metrics and docs read this list; nothing
 * registers itself. */
#ifndef QUOTH_TEE_LIST_LIST_H
#define QUOTH_TEE_LIST_LIST_H

#include "tee/tee.h"

extern const struct tee_driver *const tee_list[]; /* ends with NULL */

const struct tee_driver *tee_named(const char *name);       /* or NULL */
const struct tee_driver *tee_detect(struct bytes evidence); /* first match, or NULL */

#endif
