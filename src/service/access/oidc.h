/* The signing keys of a configured issuer (OpenID Connect Discovery 1.0), be it an identity provider
 * or an attestation service: fetched from the issuer of the configuration over verified TLS and from
 * nowhere else (THREATS 30: metadata that names exactly this issuer, keys at the same origin, no
 * redirects), kept, and fetched anew beside the requests. Whoever sends tokens does not decide how often that is: an unknown key makes one
 * request in a minute ask, and a provider that has just failed is left alone for a while. */
#ifndef QUOTH_SERVICE_OIDC_H
#define QUOTH_SERVICE_OIDC_H

#include "token/token.h"

#define OIDC_REFRESH 3600   /* seconds after which keys are fetched anew, beside the requests */
#define OIDC_KEEP 86400     /* seconds that they serve while that fails */
#define OIDC_UNKNOWN_KEY 60 /* seconds between two fetches that unknown keys cause */
#define OIDC_FAILED 10      /* seconds after a fetch that failed */

struct oidc; /* opaque, used by any thread */

struct oidc_options {    /* texts are copied */
    const char *setting; /* that names the issuer, for errors; static */
    const char *issuer;  /* https, as its metadata names it; with or without a path */
    const char *ca_file; /* PEM; NULL: the system's roots */
    unsigned timeout_ms; /* of each of the two requests; 0: 5 000 */
    bool public_only;    /* not from addresses that are private, link-local or loopback */
    bool direct;         /* past no proxy */
    bool announced_only; /* ES256 only if the metadata lists it; RS256 in any case */
    enum quoth_code refused, unavailable; /* what becomes of a token, and of a failure to fetch */
    /* How a fetch went: NULL if it went well. From any thread; may be NULL. */
    void (*report)(void *context, const struct quoth_error *why);
    void *context;
};

/* Touches no network. QUOTH_USAGE unless issuer is an https URL without a query. */
bool oidc_open(const struct oidc_options *options, struct oidc **ret_oidc, struct quoth_error *err);
void oidc_close(struct oidc *o); /* nobody uses it any more */
DEFINE_AUTO(oidc, struct oidc *, oidc_close)

/* True if the token is signed by the key that it names. May fetch, or wait for somebody who does:
 * blocks. The codes are those of the options: refused; unavailable if the keys cannot be had. */
bool oidc_verify(struct oidc *o, const struct token *t, int64_t now, struct quoth_error *err);

/* The same by the keys that are here, without fetching or waiting. */
bool oidc_verify_known(struct oidc *o, const struct token *t, int64_t now, struct quoth_error *err);

/* False for what is wrong for certain: a key that is here has not signed it. Neither fetches nor
 * waits; true says nothing. */
bool oidc_may_verify(struct oidc *o, const struct token *t, int64_t now, struct quoth_error *err);

/* Fetches if it is time to. Blocks: for the pool. */
void oidc_refresh(struct oidc *o, int64_t now);

/* Whether oidc_refresh has something to do. */
bool oidc_is_due(struct oidc *o, int64_t now);

#endif
