/* OpenID Connect Discovery 1.0 metadata, as far as a relying party needs it: where the keys are. */
#ifndef QUOTH_RELYING_DISCOVERY_H
#define QUOTH_RELYING_DISCOVERY_H

#include "base/bytes.h"

#define DISCOVERY_PATH "/.well-known/openid-configuration" /* after the issuer */

/* The document must name exactly this issuer (section 4.3), and its jwks_uri must have the issuer's
 * origin, so that nobody else's keys come in. The URL is malloc'd. QUOTH_DISCOVERY otherwise. */
bool discovery_read(struct bytes text, const char *issuer, char **ret_jwks_uri,
                    struct quoth_error *err);

/* Whether the document lists this algorithm in id_token_signing_alg_values_supported. */
bool discovery_announces(struct bytes text, const char *algorithm);

#endif
