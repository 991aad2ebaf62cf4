/* The body of POST /attest/{type} (maa.md 1.4): strict JSON, member names in any case, null as if
 * absent, unknown members ignored, binary members in any alphabet of base 64. */
#ifndef QUOTH_SERVICE_ATTEST_REQUEST_H
#define QUOTH_SERVICE_ATTEST_REQUEST_H

#include "verifier/verifier.h"

struct attest_request { /* owned: attest_request_clear */
    struct buffer evidence;
    enum held_kind runtime_kind, init_time_kind;
    struct buffer runtime, init_time;
    bool has_nonce;
    struct buffer nonce; /* text; of a number, its digits */
    bool has_draft;
    struct buffer draft; /* text of a policy */
};

void attest_request_clear(struct attest_request *r);
DEFINE_AUTO_VALUE(attest_request, struct attest_request, attest_request_clear)

/* member holds the evidence: "quote" or "report". False: QUOTH_JSON*, QUOTH_BASE64, QUOTH_TOO_LARGE,
 * with the path of the member. */
bool attest_request_read(struct bytes body, const char *member, struct attest_request *ret_request,
                         struct quoth_error *err);

/* The query parameter api-version must be there and be a date: YYYY-MM-DD or YYYY-MM-DD-preview.
 * Every version gets the same answer. QUOTH_API_VERSION. */
bool attest_check_version(struct bytes target, struct quoth_error *err);

#endif
