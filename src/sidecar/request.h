/* What a program asks of its sidecar, in the words of Azure's (key-release.md 2.6 d). A caller
 * chooses among the peers of the settings, and never names one of its own. */
#ifndef QUOTH_SIDECAR_REQUEST_H
#define QUOTH_SIDECAR_REQUEST_H

#include "sidecar/settings.h"

#define SIDECAR_BODY_MAX (64u << 10)         /* bytes of a request */
#define SIDECAR_RUNTIME_DATA_MAX (32u << 10) /* decoded (THREATS 14) */

/* POST /attest/maa: {"maa_endpoint","runtime_data"}; POST /attest/raw: {"runtime_data"}.
 *
 * runtime_data, in base 64 of either alphabet, is one JSON object of the caller's own members, and
 * becomes the hashed data as it is: a JWK set for a key release, or whatever else a relying party
 * looks for in x-ms-runtime. Other bytes are refused, and so is a member "v", in any case: it marks
 * the forms that Quoth itself gives a meaning to (token/held.h), and evidence over one of these is
 * for the program alone that they speak of (THREATS 2). Members no reader has in common with
 * another, doubled ones, are refused as well. */
struct sidecar_attest {   /* owned: sidecar_attest_clear */
    const char *verifier; /* of the settings; NULL for raw */
    struct buffer runtime_data;
};

void sidecar_attest_clear(struct sidecar_attest *a);
DEFINE_AUTO_VALUE(sidecar_attest, struct sidecar_attest, sidecar_attest_clear)

/* verifiers NULL: /attest/raw. QUOTH_JSON and its kin, QUOTH_JSON_VALUE, QUOTH_SIDECAR_ENDPOINT,
 * QUOTH_SIDECAR_RUNTIME_DATA. */
bool sidecar_attest_read(struct bytes body, const struct sidecar_peers *verifiers,
                         struct sidecar_attest *ret_attest, struct quoth_error *err);

/* POST /key/release: {"maa_endpoint","akv_endpoint","kid","access_token"?}; kid is NAME or
 * NAME/VERSION, and what stands in it is for quoth_fetch to judge. */
struct sidecar_release {                       /* owned: sidecar_release_clear */
    const char *verifier, *vault;              /* of the settings */
    struct buffer name, version, access_token; /* texts with a NUL; the last two may be empty */
};

void sidecar_release_clear(struct sidecar_release *r);
DEFINE_AUTO_VALUE(sidecar_release, struct sidecar_release, sidecar_release_clear)

bool sidecar_release_read(struct bytes body, const struct sidecar_settings *settings,
                          struct sidecar_release *ret_release, struct quoth_error *err);

/* Whether a Host field names this machine's loopback: a page in a browser, to which somebody's name
 * server said that its host is here, names its own (DNS rebinding). */
bool sidecar_host_is_loopback(struct bytes host);

#endif
