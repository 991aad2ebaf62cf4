/* Typed claims, each knowing where it came from. A set of claims owns its names and values; names
 * are unique. The order is that of addition; writers sort where a format wants it. */
#ifndef QUOTH_CLAIMS_CLAIMS_H
#define QUOTH_CLAIMS_CLAIMS_H

#include "base/bytes.h"
#include "codec/json_write.h"

enum claim_kind { CLAIM_BOOL, CLAIM_INT, CLAIM_TEXT, CLAIM_JSON };

enum claim_origin {
    CLAIM_FROM_EVIDENCE,   /* signed by the TEE */
    CLAIM_FROM_COLLATERAL, /* signed by the vendor, or computed from what the vendor signed */
    CLAIM_FROM_REQUEST,    /* held data whose hash the evidence binds, or merely sent along */
    CLAIM_FROM_POLICY,     /* issued by a rule */
    CLAIM_FROM_SERVICE,    /* said by the verifier itself: issuer, times, ids */
};

struct claim { /* borrowed from its set */
    const char *name;
    enum claim_kind kind;
    enum claim_origin origin;
    bool boolean;
    int64_t integer;
    struct bytes text; /* CLAIM_TEXT: UTF-8; CLAIM_JSON: one compact JSON value */
};

struct claims; /* opaque */

struct claims *claims_open(void); /* NULL when out of memory */
void claims_close(struct claims *c);
DEFINE_AUTO(claims, struct claims *, claims_close)

/* Additions copy name and value. The first failed one sticks: ask claims_ok once at the end. Adding
 * a name twice fails with QUOTH_INTERNAL: a producer that does so has a fault. */
void claims_add_bool(struct claims *c, enum claim_origin from, const char *name, bool value);
void claims_add_int(struct claims *c, enum claim_origin from, const char *name, int64_t value);
void claims_add_text(struct claims *c, enum claim_origin from, const char *name,
                     struct bytes value);
void claims_add_hex(struct claims *c, enum claim_origin from, const char *name, struct bytes value);
void claims_add_base64url(struct claims *c, enum claim_origin from, const char *name,
                          struct bytes value);
void claims_add_json(struct claims *c, enum claim_origin from, const char *name, struct bytes json);
/* JSON from a writer's buffer: one that failed fails the set. */
void claims_add_written(struct claims *c, enum claim_origin from, const char *name,
                        const struct buffer *json);
void claims_add(struct claims *c, const struct claim *claim);
bool claims_ok(const struct claims *c, struct quoth_error *err);

size_t claims_count(const struct claims *c);
const struct claim *claims_at(const struct claims *c, size_t index);
const struct claim *claims_find(const struct claims *c, const char *name); /* NULL if absent */

/* Writes the value of one claim, and all claims as one object with members in bytewise order. */
void claim_write(struct buffer *to, const struct claim *claim);
void claims_write(struct buffer *to, const struct claims *c);

/* The closed table of names that a policy or an attester never brings to the top level of a token:
 * JWT's own, x-ms-*, tdx_*, x-quoth-* (THREATS 12). */
bool claim_name_is_reserved(struct bytes name);

#endif
