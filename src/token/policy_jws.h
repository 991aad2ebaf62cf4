/* The forms in which policies and policy signers travel (maa.md 1.7, 5): the payloads of the JWS
 * that operators upload. Optional members "aud", "iat", "x-quoth-type" and "x-quoth-operation" bind
 * one to an issuer, an instant, an attestation type and an operation (THREATS 20). */
#ifndef QUOTH_TOKEN_POLICY_JWS_H
#define QUOTH_TOKEN_POLICY_JWS_H

#include "token/jws.h"

struct policy_binding { /* what the payload says beside; owned: policy_binding_clear */
    bool has_aud, has_iat, has_type, has_operation;
    struct buffer aud, type, operation;
    int64_t iat;
};

void policy_binding_clear(struct policy_binding *b);
DEFINE_AUTO_VALUE(policy_binding, struct policy_binding, policy_binding_clear)

/* {"AttestationPolicy": base64url of the text}; appends the text. The 2018 form, the text itself, is
 * taken where the value is no base 64. A reset gives an empty text: an empty payload, or, so that a
 * reset can be bound too, an object that says "x-quoth-operation":"reset" and has no policy. Member
 * names in any case. QUOTH_JWS_PAYLOAD names the member. */
bool policy_jws_text(const struct jws *j, struct buffer *ret_text,
                     struct policy_binding *ret_binding, struct quoth_error *err);

/* {"policyCertificate":{"x5c":[...]}}, also by the names "maa-policyCertificate" and
 * "x-ms-policyCertificate", the first of which counts; appends the DER of the certificate to add or
 * remove. Of a chain, which may begin with the leaf or with the root, the leaf is meant: the one
 * that issued none of the others. */
bool policy_jws_certificate(const struct jws *j, struct buffer *ret_der,
                            struct policy_binding *ret_binding, struct quoth_error *err);

/* Payloads to be signed; binding may be NULL, and names of it that has_* leaves out are not said. An
 * empty text without a binding is an empty payload; with one it must say the operation. Appended. */
bool policy_jws_payload(struct bytes text, const struct policy_binding *binding, struct buffer *to,
                        struct quoth_error *err);
bool policy_jws_certificate_payload(struct bytes certificate_der,
                                    const struct policy_binding *binding, struct buffer *to,
                                    struct quoth_error *err);

#endif
