/* The attester's side: what machine is this, evidence about this program, and a token for it from a
 * verifier. A context may serve several threads at once. Needs OpenSSL and libevent, nothing else.
 *
 * The library never quotes bytes as they are: it quotes the SHA-256 of data whose form it defines
 * or names (Binary or JSON), so that evidence made for one purpose is useless for another. */
#ifndef QUOTH_ATTESTER_H
#define QUOTH_ATTESTER_H

#include <quoth/error.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct quoth_attester; /* opaque */

enum quoth_data_type { QUOTH_DATA_BINARY, QUOTH_DATA_JSON };

#define QUOTH_NONCE_MIN 16u /* bytes of a challenge */
#define QUOTH_NONCE_MAX 64u

/* Finds the TEE this program runs in, first match wins:
 *
 *     "gramine"  Gramine's /dev/attestation: SGX
 *     "tdx"      Linux's configfs-tsm, /sys/kernel/config/tsm/report: an Intel TDX guest, as root
 *
 * The software TEE offers both. platform names one, and then nothing else is tried; NULL detects.
 * Never falls back to something insecure: QUOTH_TEE_ABSENT when there is none,
 * QUOTH_EVIDENCE_FAILED when there is one that this program may not use. Close with
 * quoth_attester_close. */
bool quoth_attester_open(const char *platform, struct quoth_attester **ret_attester,
                         struct quoth_error *err);
void quoth_attester_close(struct quoth_attester *a); /* accepts NULL */

/* One of these names, static. */
const char *quoth_attester_platform(const struct quoth_attester *a);

/* Evidence whose report data is SHA-256(data) followed by 32 zero bytes. The evidence (a quote of
 * SGX or TDX) is malloc'd: free it. Blocks while the machine works on it: up to 30 s for TDX. */
bool quoth_attester_evidence(struct quoth_attester *a, const uint8_t *data, size_t len,
                             uint8_t **ret_evidence, size_t *ret_len, struct quoth_error *err);

/* The runtime data of a certificate bound to a challenge:
 * {"v":"quoth-1","cert":base64url DER,"nonce":base64url nonce}; malloc'd, NUL-terminated. nonce has
 * QUOTH_NONCE_MIN to QUOTH_NONCE_MAX bytes. */
bool quoth_runtime_data(const uint8_t *certificate, size_t certificate_len, const uint8_t *nonce,
                        size_t nonce_len, char **ret_json, struct quoth_error *err);

struct quoth_token_request {
    const char *verifier; /* base URL, https, no trailing slash */
    const char
        *ca_file; /* PEM of the CA that signed the verifier's TLS certificate; NULL: system */
    enum quoth_data_type data_type;
    const uint8_t *data; /* held data: a certificate, or JSON */
    size_t data_len;
    const char *nonce;   /* copied into the token's claim nonce, or NULL. It says nothing about the
                            evidence: a challenge that counts is inside the data (quoth_runtime_data) */
    unsigned timeout_ms; /* 0: 10 000 */
};

/* Makes evidence over the held data, posts both to {verifier}/attest/OpenEnclave (SGX) or
 * /attest/TdxVm (TDX) and gives the token, malloc'd and NUL-terminated. A refusal by the verifier is QUOTH_ATTESTATION_REFUSED with
 * its code and message; a verifier that does not answer is QUOTH_UNAVAILABLE, one that says that it
 * is busy QUOTH_PEER_BUSY. */
bool quoth_attester_token(struct quoth_attester *a, const struct quoth_token_request *request,
                          char **ret_token, struct quoth_error *err);

/* A key of 16 bytes that only this enclave ("mrenclave") or this signer's enclaves ("mrsigner")
 * get on this platform. Wipe it after use. QUOTH_UNSUPPORTED for TEEs that have none: TDX. */
bool quoth_attester_sealing_key(struct quoth_attester *a, const char *policy, uint8_t ret_key[16],
                                struct quoth_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
