/* What an answer says of a key or secret beside what is wrapped (key-release.md 2.5): what GET says. */
#ifndef QUOTH_SERVICE_VAULT_RELEASE_BUNDLE_H
#define QUOTH_SERVICE_VAULT_RELEASE_BUNDLE_H

#include "service/vault/release_judge.h"

/* Signs and appends the body of the answer to a case that was won. wrapped: for its recipient. */
bool release_bundle_answer(struct release_signing *signing, const struct vault *v,
                           const struct release_case *c, const char *api_version,
                           struct bytes wrapped, struct buffer *ret_body, struct quoth_error *err);

#endif
