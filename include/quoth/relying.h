/* The relying party's side: is this token from the verifier I trust, does it speak of the program I
 * expect, and a TLS connection to exactly that program.
 *
 * Keys come from the pinned issuer's OpenID metadata over verified TLS, or from a file that the
 * caller names, and from nowhere else: never from jku, jwk or x5c of the token. There is no trust
 * on first use and no switch that turns verification off. A context serves one thread at a time. */
#ifndef QUOTH_RELYING_H
#define QUOTH_RELYING_H

#include <quoth/error.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct quoth_relying; /* opaque */

struct quoth_relying_options {
    const char *verifier;  /* issuer URL, https, byte for byte what tokens must say in iss */
    const char *ca_file;   /* PEM of the CA of the verifier's TLS certificate; NULL: system roots */
    const char *keys_file; /* the issuer's key set (JWKS) as a file, for old tokens and machines
                              without a network: nothing is fetched then. NULL: its metadata */
    unsigned timeout_ms;   /* of each request; 0: 5 000 */
    bool allow_simulated;  /* false: tokens with x-quoth-simulated true are refused */
};

/* Touches no network: keys are fetched when the first token comes. */
bool quoth_relying_open(const struct quoth_relying_options *options,
                        struct quoth_relying **ret_relying, struct quoth_error *err);
void quoth_relying_close(struct quoth_relying *r); /* accepts NULL */

/* What the relying party expects of the program. Zeroed members are not checked, except that a
 * debug TEE is refused unless allow_debug, and that at least unique_id or signer_id must be given
 * to quoth_relying_check. */
struct quoth_expected {
    const uint8_t *unique_id; /* MRENCLAVE, 32 bytes */
    const uint8_t *signer_id; /* MRSIGNER, 32 bytes */
    bool has_product_id;
    uint16_t product_id;
    uint16_t security_version; /* least that is accepted */
    bool allow_debug;
    const uint8_t *nonce;         /* challenge that the hashed runtime data must carry, or NULL */
    size_t nonce_len;             /* 16 to 64 */
    const char *policy_hash;      /* x-ms-policy-hash that the token must carry, or NULL */
    const uint8_t *policy_signer; /* SHA-256 of the certificate (DER) whose key must have signed the
                                     policy, 32 bytes, or NULL */
    const char *tcb_statuses;     /* comma list accepted in x-quoth-tcb-status, or NULL */
    int64_t max_age;              /* seconds since iat; 0: exp alone counts */
};

#define QUOTH_HELD_NONCE_MAX 64u

/* A verified token's facts. Owned by the caller: quoth_verified_clear. */
struct quoth_verified {
    char attestation_type[16]; /* "sgx" */
    uint8_t unique_id[32], signer_id[32];
    uint16_t product_id, security_version;
    bool debug, simulated;
    int64_t issued_at, expires_at;
    char tcb_status[64];  /* x-quoth-tcb-status, or empty */
    char policy_hash[64]; /* x-ms-policy-hash, or empty */
    bool has_policy_signer;
    uint8_t policy_signer[32]; /* SHA-256 of its certificate */
    uint8_t *held_data; /* the data whose hash the evidence carries, NUL-terminated: bytes, or
                           compact JSON as the verifier re-emits it. NULL if there is none */
    size_t held_data_len;
    bool held_json;
    uint8_t *certificate; /* DER: the held data itself if it is Binary, or that of a "quoth-1"
                             envelope. NULL if it holds none */
    size_t certificate_len;
    uint8_t nonce[QUOTH_HELD_NONCE_MAX]; /* of the envelope; never one that was merely sent along */
    size_t nonce_len;                    /* 0 without an envelope */
};

void quoth_verified_clear(struct quoth_verified *v);

/* Verifies signature, algorithm (RS256), typ, issuer, times (60 s leeway at instant now, in seconds
 * since 1970), key from the issuer's metadata, that it is an attestation token of a type that is
 * known ("sgx"), and that simulated evidence is allowed. An unknown key makes it fetch the key set
 * anew, at most once a minute. */
bool quoth_relying_verify(struct quoth_relying *r, const char *token, size_t len, int64_t now,
                          struct quoth_verified *ret_verified, struct quoth_error *err);

/* Compares what was verified with what is expected. The error's where names the claim. */
bool quoth_relying_check(const struct quoth_verified *v, const struct quoth_expected *expected,
                         int64_t now, struct quoth_error *err);

/* An HTTPS exchange with a peer that must present exactly this certificate (DER) and prove its key.
 * method is "GET" or "POST"; url is https://host:port/path; a body is sent as
 * application/octet-stream. The answer's body is malloc'd, NUL-terminated.
 * QUOTH_TLS_CERTIFICATE_CHANGED when the peer presents another one: start again from its token. */
bool quoth_attested_exchange(const uint8_t *certificate, size_t certificate_len, const char *method,
                             const char *url, const uint8_t *body, size_t body_len,
                             unsigned timeout_ms, int *ret_status, char **ret_body,
                             struct quoth_error *err);

/* An HTTPS GET whose TLS certificate is not verified: for fetching a token, which needs no trust in
 * the way it came. */
bool quoth_untrusted_get(const char *url, unsigned timeout_ms, int *ret_status, char **ret_body,
                         struct quoth_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
