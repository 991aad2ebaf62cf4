/* Claims of our own, common to SGX and TDX (DESIGN decision 11). */
#include "base/time.h"
#include "codec/hex.h"
#include "codec/json_write.h"
#include "tee/dcap/dcap.h"

static void add_tcb(const struct evaluation *e, struct claims *c)
{
    const enum claim_origin from = CLAIM_FROM_COLLATERAL;
    AUTO(buffer) struct buffer list = {0};
    char date[TIME_TEXT_SIZE];
    json_array_begin(&list);
    for (size_t i = 0; i < e->tcb.advisory_count; i++)
        json_cstring(&list, e->tcb.advisories[i].text);
    json_array_end(&list);
    claims_add_text(c, from, "x-quoth-tcb-status", bytes_of_text(tcb_status_name(e->tcb.status)));
    claims_add_written(c, from, "x-quoth-tcb-advisories", &list);
    claims_add_text(c, from, "x-quoth-tcb-date", bytes_of_text(time_format(e->tcb.date, date)));
    claims_add_int(c, from, "x-quoth-tcb-evaluation-number", e->tcb.evaluation_data_number);
}

/* How old the vendor's word is that this rests on. */
static void add_age(const struct dcap_facts *facts, struct claims *c)
{
    char date[TIME_TEXT_SIZE];
    claims_add_text(c, CLAIM_FROM_COLLATERAL, "x-quoth-collateral-date",
                    bytes_of_text(time_format(facts->collateral_date, date)));
    if (facts->in_grace) /* a policy that wants none: ![type=="x-quoth-collateral-grace"] */
        claims_add_bool(c, CLAIM_FROM_COLLATERAL, "x-quoth-collateral-grace", true);
}

void dcap_add_claims(const struct dcap_facts *facts, struct appraisal *ret)
{
    struct claims *c = ret->claims;
    claims_add_bool(c, CLAIM_FROM_COLLATERAL, "x-quoth-simulated", ret->simulated);
    if (facts->has_pck) {
        const struct sha256 id = pck_platform_id(facts->pck.ppid);
        claims_add_hex(c, CLAIM_FROM_EVIDENCE, "x-quoth-platform-id", BYTES_OF(id.bytes));
    }
    if (facts->evaluation.tcb.computed)
        add_tcb(&facts->evaluation, c);
    if (facts->has_collateral)
        add_age(facts, c);
    /* A root that is not built in is named in what is said about it (THREATS 6). */
    if (ret->root_class != TRUST_BUILT_IN)
        claims_add_hex(c, CLAIM_FROM_COLLATERAL, "x-quoth-root", BYTES_OF(ret->root.bytes));
}
