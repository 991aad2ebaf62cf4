/* Which claims the trails tell of evidence and of tokens: what says which program on which machine it
 * was, by which policy, and which token has it. */
#ifndef QUOTH_SERVICE_TOLD_CLAIMS_H
#define QUOTH_SERVICE_TOLD_CLAIMS_H

extern const char *const told_claims[]; /* names; ends with NULL */

#endif
