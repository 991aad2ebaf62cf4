/* Keys and secrets for a program that proves what it is.
 *
 * A vault releases a key to an attested program: the program makes an RSA key that lives in its
 * memory alone, has evidence made over its public half and the vault's challenge, has a verifier
 * judge the evidence, and hands the token to the vault. If the release policy of the key is met by
 * the token, the answer holds the key, wrapped so that only this program opens it.
 *
 *     quoth_fetch             program             verifier             vault
 *                                POST /challenge ---------------------->
 *                                <---------------------------- nonce, lifetime
 *       RSA key, evidence        POST /attest --->
 *       over it and the nonce    <--------- token
 *                                POST /keys/NAME/release: token ------->
 *       checks, unwraps          <----- signed answer, the key wrapped for the RSA key
 *
 * Nothing is believed that the vault's certificate has not signed, and nothing is handed on that is
 * not the answer to this very request: host, signer, key, nonce, algorithm, recipient, and that the
 * public half of what was unwrapped is the one the answer names. Nothing is written to a file, and
 * neither token nor key stands in any error. Source: Azure Key Vault's REST, key/release.
 *
 * Whoever chooses the vault and its CA chooses the key: in an enclave both belong into what is
 * measured, never into arguments or the environment of the host (docs/enclave.md). The verifier the
 * host may choose: a vault that does not know it releases nothing. */
#ifndef QUOTH_FETCH_H
#define QUOTH_FETCH_H

#include <quoth/attester.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

enum quoth_fetch_kind { QUOTH_FETCH_KEY, QUOTH_FETCH_SECRET };

/* How the key travels: AES-256 key wrap under a key that RSA-OAEP carries with this hash. */
enum quoth_wrap { QUOTH_WRAP_SHA384, QUOTH_WRAP_SHA256, QUOTH_WRAP_SHA1 };

struct quoth_fetch_request {
    enum quoth_fetch_kind kind;
    const char *vault;    /* base URL, https, no trailing slash */
    const char *vault_ca; /* PEM, up to 32 CAs: who may have signed the vault's TLS certificate and
                             that of its answers. Required: the system's roots say nothing of keys */
    const char *name;     /* of the key or secret: 1 to 127 of [0-9a-zA-Z-] */
    const char *version;  /* 32 hexadecimal digits; NULL: the newest */
    const char *verifier; /* as in struct quoth_token_request; NULL: the vault, which often is it */
    const char *verifier_ca;  /* PEM; NULL: vault_ca if verifier is NULL, else the system's */
    const char *access_token; /* for vaults that want one besides: a bearer token, or NULL */
    enum quoth_wrap wrap;
    unsigned recipient_bits; /* 2048 (also 0), 3072 or 4096 */
    unsigned timeout_ms;     /* of each exchange; 0: 10 000 */
    unsigned patience_ms;    /* of all of it, pauses included: begun anew while verifier or vault is
                                busy (429, 503), with growing pauses at random. 0: 60 000 */
};

enum quoth_fetched_type {
    QUOTH_FETCHED_OCT,
    QUOTH_FETCHED_RSA,
    QUOTH_FETCHED_EC,
    QUOTH_FETCHED_SECRET
};

/* Owned by the caller: quoth_fetched_clear. */
struct quoth_fetched {
    enum quoth_fetched_type type;
    char *id;           /* its URL, with the version */
    char *content_type; /* of a secret; NULL if it has none */
    uint8_t *data;      /* the bytes of an oct key or a secret; PKCS #8, DER, of the others. A NUL
                           follows, which len does not count */
    size_t len;
};

void quoth_fetched_clear(struct quoth_fetched *f); /* wipes what it held */

/* The errors of quoth_attester_token, and: QUOTH_RELEASE_REFUSED with the vault's reason,
 * QUOTH_PEER_BUSY when patience is over, QUOTH_RELEASE_ANSWER, QUOTH_RELEASE_SIGNER,
 * QUOTH_RELEASE_MISMATCH, QUOTH_KEY_WRAP_BROKEN, QUOTH_TLS_UNTRUSTED, QUOTH_NET_TIMEOUT. A redirect
 * is an answer of another form: nothing is followed. The attester may be shared by threads. */
bool quoth_fetch(struct quoth_attester *a, const struct quoth_fetch_request *request,
                 struct quoth_fetched *ret_fetched, struct quoth_error *err);

/* A key, private members and all, as a JSON Web Key (RFC 7517) with the id as its kid; malloc'd,
 * NUL-terminated: quoth_wipe it before free. QUOTH_USAGE for a secret. */
bool quoth_fetched_jwk(const struct quoth_fetched *f, char **ret_json, struct quoth_error *err);

/* Overwrites memory so that the compiler cannot leave it out. Accepts NULL. */
void quoth_wipe(void *data, size_t len);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
