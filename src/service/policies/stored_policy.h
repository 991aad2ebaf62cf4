/* Policies and policy signers as sealed records, one version for each change:
 *
 *     kind "policy",  id "SgxEnclave" ...        {"operation":"set","jws":"...","who":"...",
 *                                                 "time":N,"iat":N,"signers":N}
 *     kind "signers", id "signers"               {"operation":"add","who":"...","time":N,"iat":N,
 *                                                 "certificates":["base64url of DER", ...]}
 *     kind "spent",   id "SgxEnclave/SHA-256"    {"version":N}
 *
 * A reset is a version too, and its policy is the default. "signers" is the version of the signers
 * that were trusted when the policy was set: by those, and as of that instant, the signature is
 * verified again whenever it is loaded on an isolated tenant (THREATS 20). So a policy neither
 * enters by another way nor falls because its signer expires or is removed. "spent" remembers for
 * good, on isolated tenants, what was stored once: an older policy cannot be set again. */
#ifndef QUOTH_SERVICE_STORED_POLICY_H
#define QUOTH_SERVICE_STORED_POLICY_H

#include "codec/json.h"
#include "keys/master.h"
#include "policy/policy.h"
#include "service/policies/attestation_types.h"
#include "service/policies/trust_model.h"
#include "store/store.h"

#define RECORD_POLICY "policy"
#define RECORD_SIGNERS "signers"
#define RECORD_SPENT "spent"
#define SIGNERS_ID "signers"
#define POLICY_VERSIONS_KEPT                                                                       \
    200u /* older ones are forgotten; signers and what is spent never are */

#define STORED_WHO_MAX 160
#define TENANT_SIGNERS_MAX 32u

/* A text member of a record, with its NUL. QUOTH_STORE_BROKEN. */
bool stored_text(struct json object, const char *name, char *to, size_t size,
                 struct quoth_error *err);

/* ---- signers */

struct stored_signers {                             /* owned: stored_signers_clear */
    struct buffer certificates[TENANT_SIGNERS_MAX]; /* DER, the oldest first */
    size_t count;
    int64_t version;    /* of the record; 0: there is none */
    char operation[16]; /* "init", "add", "remove" */
    char who[STORED_WHO_MAX];
    int64_t time;
    int64_t iat; /* the greatest that any change up to this one named; 0: none did */
};

void stored_signers_clear(struct stored_signers *s);
DEFINE_AUTO_VALUE(stored_signers, struct stored_signers, stored_signers_clear)

/* version 0: the newest. Blocks. */
bool stored_signers_load(struct store *store, const struct master_key *master, const char *issuer,
                         int64_t version, struct stored_signers *ret_signers,
                         struct quoth_error *err);

/* Appends the value of a record. */
bool stored_signers_write(const struct stored_signers *s, struct buffer *to,
                          struct quoth_error *err);

/* For init: the certificates of a PEM file, each fit to be a signer. Operation, who and time are the
 * caller's to set. QUOTH_SIGNER_UNFIT, QUOTH_SIGNER_LIMIT, QUOTH_PEM. */
bool stored_signers_from_pem(struct bytes pem, struct stored_signers *ret_signers,
                             struct quoth_error *err);

/* ---- policies */

/* The policy of one attestation type. */
struct tenant_policy {
    struct policy *policy;    /* NULL: there is none, and nothing is attested (Tpm) */
    struct buffer jws;        /* as it was uploaded, byte for byte; of a default: unsigned */
    struct buffer signer;     /* certificate, DER; empty unless it was signed */
    struct buffer signer_jwk; /* the same as tokens tell it: x-ms-policy-signer */
    int64_t version;          /* of the record; 0: none was ever set */
    int64_t since;            /* when it was set; 0 for a default that never changed */
    bool is_default;
};

void tenant_policy_clear(struct tenant_policy *p);
DEFINE_AUTO_VALUE(tenant_policy, struct tenant_policy, tenant_policy_clear)

/* The policy that holds while none was set; without one for types that have no default. */
bool stored_policy_default(enum attest_type type, struct tenant_policy *ret_policy,
                           struct quoth_error *err);

/* What a version of a policy says. */
struct stored_policy {  /* owned: stored_policy_clear */
    struct buffer jws;  /* as it was uploaded */
    char operation[16]; /* "set", "reset", "rollback" */
    char who[STORED_WHO_MAX];
    int64_t time;
    int64_t iat;             /* the greatest that any version up to this one named; 0: none did */
    int64_t signers_version; /* 0: nobody was asked for a signature */
};

void stored_policy_clear(struct stored_policy *p);
DEFINE_AUTO_VALUE(stored_policy, struct stored_policy, stored_policy_clear)

/* Appends the value of a record. */
bool stored_policy_write(const struct stored_policy *p, struct buffer *to, struct quoth_error *err);

/* QUOTH_STORE_BROKEN. */
bool stored_policy_read(struct bytes value, struct stored_policy *ret_policy,
                        struct quoth_error *err);

/* The newest version, or *ret_version 0 and nothing. Blocks. */
bool stored_policy_load(struct store *store, const struct master_key *master, const char *issuer,
                        enum attest_type type, int64_t *ret_version,
                        struct stored_policy *ret_policy, struct quoth_error *err);

/* The policies in force, of every type, defaults included: what tenant_reload publishes.
 * ret_policies is zeroed by the caller, who clears it, also on failure. QUOTH_STORE_BROKEN,
 * QUOTH_SEAL_BROKEN or QUOTH_JWS_* within "TYPE": nothing takes the place of a policy that cannot be
 * believed. Blocks. */
bool stored_policies_load(struct store *store, const struct master_key *master, const char *issuer,
                          enum trust_model model, struct tenant_policy ret_policies[ATTEST_TYPES],
                          struct quoth_error *err);

#endif
