/* Filling a struct collateral: every form of bundle, folder and service hands its parts to one
 * builder, which brings them to the one form that struct collateral promises. */
#ifndef QUOTH_COLLATERAL_PART_H
#define QUOTH_COLLATERAL_PART_H

#include "collateral/collateral.h"

struct collateral_builder { /* a zeroed struct is empty */
    struct {
        size_t at, len; /* in memory; len 0: not there yet */
    } part[COLLATERAL_PARTS];
    struct buffer memory;
};

void collateral_builder_clear(struct collateral_builder *b);
DEFINE_AUTO_VALUE(collateral_builder, struct collateral_builder, collateral_builder_clear)

/* Adds a part as it was found. NULs after a text are cut off; a NUL inside one is refused. CRLs
 * come as DER (first byte 0x30, with at most one NUL behind), as PEM, or as hex digits of either
 * case, and become DER: dcap.md 2.3. What is empty then counts as missing. False: QUOTH_BUNDLE for
 * a part that is there already, is larger than COLLATERAL_PART_MAX or is no CRL; where names the
 * part. */
bool collateral_add(struct collateral_builder *b, enum collateral_part part, struct bytes raw,
                    struct quoth_error *err);

/* As collateral_add for TCB info and identity in halves: the signed object and the hexadecimal
 * signature become the body that a service would have sent. */
bool collateral_add_signed(struct collateral_builder *b, enum collateral_part part,
                           struct bytes object, struct bytes signature, struct quoth_error *err);

/* The name of the signed member of such a body: "tcbInfo" or "enclaveIdentity". */
const char *collateral_signed_member(enum collateral_part part);

/* Moves everything to ret_collateral, which must be empty. */
bool collateral_finish(struct collateral_builder *b, struct collateral *ret_collateral,
                       struct quoth_error *err);

#endif
