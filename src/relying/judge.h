/* What a relying party makes of a token whose signature holds: who issued it, when, for what, and
 * the facts in it, each typed strictly. Pure. */
#ifndef QUOTH_RELYING_JUDGE_H
#define QUOTH_RELYING_JUDGE_H

#include <quoth/relying.h>

#include "base/auto.h"
#include "token/token.h"

#define JUDGE_LEEWAY_S 60 /* between our clock and the issuer's */

struct judge_rules {
    const char *issuer;
    bool allow_simulated;
    int64_t now;
};

DEFINE_AUTO_VALUE(verified, struct quoth_verified, quoth_verified_clear)

/* What the header must say before it is worth looking for its key: RS256, JWT, a kid. */
bool judge_form(const struct token *t, struct quoth_error *err);

/* That, the signature under key, then the claims. This is all of quoth_relying_verify but
 * finding the key. */
bool judge_token(const struct token *t, const struct public_key *key,
                 const struct judge_rules *rules, struct quoth_verified *ret_verified,
                 struct quoth_error *err);

#endif
