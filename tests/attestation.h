/* An attestation token as a verifier issues it, with any of its claims changed or left out. */
#ifndef QUOTH_TESTS_ATTESTATION_H
#define QUOTH_TESTS_ATTESTATION_H

#include "crypto/digest.h"
#include "tests/forge.h"
#include "token/held.h"

#define ATTESTATION_NOW INT64_C(1800000000)
#define ATTESTATION_ISSUER "https://verifier.example:8443"
#define ATTESTATION_HEADER                                                                         \
    "{\"alg\":\"RS256\",\"jku\":\"https://verifier.example:8443/"                                  \
    "certs\",\"kid\":\"k\",\"typ\":\"JWT\"}"
#define ATTESTATION_UNIQUE "1111111111111111111111111111111111111111111111111111111111111111"
#define ATTESTATION_SIGNER "2222222222222222222222222222222222222222222222222222222222222222"

/* A change to one claim: value is JSON, NULL leaves the claim out. A name that is not there yet is
 * added. */
struct edit {
    const char *name, *value;
};

static const struct edit attestation_claims[] = {
    {"iss",                    "\"" ATTESTATION_ISSUER "\""},
    {"iat",                    "1799999900"                },
    {"nbf",                    "1799999900"                },
    {"exp",                    "1800028700"                },
    {"jti",                    "\"00\""                    },
    {"x-ms-ver",               "\"1.0\""                   },
    {"x-ms-attestation-type",  "\"sgx\""                   },
    {"x-ms-policy-hash",       "\"thePolicyHash\""         },
    {"x-ms-sgx-is-debuggable", "false"                     },
    {"x-ms-sgx-mrenclave",     "\"" ATTESTATION_UNIQUE "\""},
    {"x-ms-sgx-mrsigner",      "\"" ATTESTATION_SIGNER "\""},
    {"x-ms-sgx-product-id",    "1234"                      },
    {"x-ms-sgx-svn",           "2"                         },
    {"x-quoth-simulated",      "false"                     },
    {"x-quoth-tcb-status",     "\"UpToDate\""              },
};

/* The payload with edits applied; edits ends with a row without a name. */
static inline void attestation_payload(const struct edit *edits, struct buffer *to)
{
    json_object_begin(to);
    for (size_t i = 0; i < COUNT(attestation_claims); i++) {
        const struct edit *claim = &attestation_claims[i];
        for (const struct edit *e = edits; e && e->name; e++)
            if (strcmp(e->name, claim->name) == 0)
                claim = e;
        if (!claim->value)
            continue;
        json_name(to, claim->name);
        buffer_text(to, claim->value);
    }
    for (const struct edit *e = edits; e && e->name; e++) {
        bool known = false;
        for (size_t i = 0; i < COUNT(attestation_claims); i++)
            known = known || strcmp(e->name, attestation_claims[i].name) == 0;
        if (known || !e->value)
            continue;
        json_name(to, e->name);
        buffer_text(to, e->value);
    }
    json_object_end(to);
    buffer_u8(to, 0); /* a text for forge() */
    forge_must(!to->failed);
}

static inline void attestation_token(const char *header, const struct edit *edits,
                                     struct private_key *key, struct buffer *to)
{
    AUTO(buffer) struct buffer payload = {0};
    attestation_payload(edits, &payload);
    forge(to, header ? header : ATTESTATION_HEADER, (const char *)payload.data, key);
}

/* The claims of Binary held data: x-ms-sgx-ehd, and the report data that binds it. */
struct binary_held {
    struct buffer ehd, report_data;
};

static inline void binary_held_of(struct bytes data, struct binary_held *to)
{
    const struct sha256 digest = sha256_of(data);
    json_base64url(&to->ehd, data);
    buffer_u8(&to->ehd, 0);
    buffer_u8(&to->report_data, '"');
    for (size_t i = 0; i < 64; i++)
        buffer_printf(&to->report_data, "%02x", i < 32 ? digest.bytes[i] : 0u);
    buffer_text(&to->report_data, "\"");
    buffer_u8(&to->report_data, 0);
    forge_must(!to->ehd.failed && !to->report_data.failed);
}

static inline void binary_held_clear(struct binary_held *h)
{
    buffer_clear(&h->ehd);
    buffer_clear(&h->report_data);
}

DEFINE_AUTO_VALUE(binary_held, struct binary_held, binary_held_clear)

#endif
