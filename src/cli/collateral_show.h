/* What a set of collateral says, and whether it leads to a trusted root. */
#ifndef QUOTH_CLI_COLLATERAL_SHOW_H
#define QUOTH_CLI_COLLATERAL_SHOW_H

#include "cli/sheet.h"
#include "collateral/source.h"
#include "tee/trust.h"

/* Lists the parts; says for which platform and until when the set is good, or why it is not
 * verified. What cannot be read is listed with its error. */
void collateral_show(struct sheet *s, const struct collateral *c, const struct trust *trust,
                     int64_t at);

/* For which platform, from which root, and until when. */
void collateral_show_summary(struct sheet *s, const struct collateral_key *key,
                             const struct collateral_facts *facts, int64_t at);

#endif
