/* The vendor's revocation lists: the root CA's, for CAs and signers, and the platform CA's. */
#ifndef QUOTH_PLATFORM_REVOCATION_H
#define QUOTH_PLATFORM_REVOCATION_H

#include "platform/settings.h"

/* Issues both from settings.revoked: the root's for 365 days, the platform CA's for 30. */
bool revocation_issue(const char *folder, const struct settings *s, int64_t now,
                      struct quoth_error *err);

#endif
