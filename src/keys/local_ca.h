/* A certificate authority for one service (THREATS 22): it can vouch for the issuer's host and for
 * nothing else, so that who trusts its certificate trusts it for that alone. */
#ifndef QUOTH_KEYS_LOCAL_CA_H
#define QUOTH_KEYS_LOCAL_CA_H

#include "keys/keep.h"

#define KEY_FOR_CA "ca"
#define KEY_FOR_TLS "tls"
#define KEY_FOR_RELEASE "release"

#define LOCAL_CA_LEAF_DAYS 365
#define LOCAL_CA_RENEW_DAYS 30 /* before its end a leaf is made anew */

/* Whether host is localhost, 127.0.0.1 or ::1: whoever is one is all three. */
bool local_ca_is_local(const char *host);

/* Makes a P-256 CA. host is that of the issuer, in lower case, a name or an address; for a local
 * one (localhost, 127.0.0.1, ::1) the CA may vouch for all three. */
bool local_ca_make(const char *host, int64_t now, struct kept_key *ret_ca, struct quoth_error *err);

/* Makes a P-256 key and a server certificate for the host, signed by the CA; id "leaf", version 1.
 */
bool local_ca_issue(struct kept_key *ca, const char *host, int64_t now, struct kept_key *ret_leaf,
                    struct quoth_error *err);

/* The same with an RSA-2048 key, which signs what a vault releases: clients judge it as they judge the
 * vault's TLS certificate (key-release.md 2.5). Takes a while. */
bool local_ca_issue_rsa(struct kept_key *ca, const char *host, int64_t now,
                        struct kept_key *ret_leaf, struct quoth_error *err);

/* When a leaf should be made anew. */
int64_t local_ca_renew_at(const struct kept_key *leaf);

#endif
