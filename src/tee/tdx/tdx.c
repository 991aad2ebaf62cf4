#include "tee/tdx/tdx.h"

#include "codec/hex.h"
#include "tee/dcap/dcap.h"

static bool detect(struct bytes evidence)
{
    enum dcap_tee tee;
    return quote_peek_tee(evidence, &tee) && tee == DCAP_TDX;
}

static void add_measurements(const struct td_report *t, struct claims *c)
{
    const struct {
        const char *name;
        struct bytes value;
    } rows[] = {
        {"tdx_tee_tcb_svn",     t->tee_tcb_svn    },
        {"tdx_mrseam",          t->mrseam         },
        {"tdx_mrsignerseam",    t->mrsignerseam   },
        {"tdx_seam_attributes", t->seam_attributes},
        {"tdx_td_attributes",   t->td_attributes  },
        {"tdx_xfam",            t->xfam           },
        {"tdx_mrtd",            t->mrtd           },
        {"tdx_mrconfigid",      t->mrconfigid     },
        {"tdx_mrowner",         t->mrowner        },
        {"tdx_mrownerconfig",   t->mrownerconfig  },
        {"tdx_rtmr0",           t->rtmr[0]        },
        {"tdx_rtmr1",           t->rtmr[1]        },
        {"tdx_rtmr2",           t->rtmr[2]        },
        {"tdx_rtmr3",           t->rtmr[3]        },
        {"tdx_report_data",     t->report_data    },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        claims_add_hex(c, CLAIM_FROM_EVIDENCE, rows[i].name, rows[i].value);
    if (!t->is_15)
        return;
    claims_add_hex(c, CLAIM_FROM_EVIDENCE, "x-quoth-tdx-tee-tcb-svn2", t->tee_tcb_svn2);
    claims_add_hex(c, CLAIM_FROM_EVIDENCE, "x-quoth-tdx-mrservicetd", t->mrservicetd);
}

static void add_attributes(const struct td_report *t, struct claims *c)
{
    const struct {
        const char *name;
        uint64_t bit;
    } rows[] = {
        {"tdx_td_attributes_debug",           TD_ATTRIBUTE_DEBUG          },
        {"tdx_td_attributes_septve_disable",  TD_ATTRIBUTE_SEPT_VE_DISABLE},
        {"tdx_td_attributes_protection_keys", TD_ATTRIBUTE_PKS            },
        {"tdx_td_attributes_key_locker",      TD_ATTRIBUTE_KEY_LOCKER     },
        {"tdx_td_attributes_perfmon",         TD_ATTRIBUTE_PERFMON        },
    };
    const bool debug = t->attributes & TD_ATTRIBUTES_TUD;
    for (size_t i = 0; i < COUNT(rows); i++)
        claims_add_bool(c, CLAIM_FROM_EVIDENCE, rows[i].name, t->attributes & rows[i].bit);
    claims_add_int(c, CLAIM_FROM_EVIDENCE, "tdx_seamsvn", t->tee_tcb_svn.data[0]);
    claims_add_text(c, CLAIM_FROM_EVIDENCE, "dbgstat",
                    debug ? BYTES_LITERAL("enabled") : BYTES_LITERAL("disabled"));
}

static void add_status(const struct evaluation *e, struct claims *c)
{
    if (!e->tcb.computed)
        return;
    claims_add_text(c, CLAIM_FROM_COLLATERAL, "attester_tcb_status",
                    bytes_of_text(tcb_status_name(e->tcb.status)));
    /* A worse status of the module that runs now does not lower the result, as Intel has it; a
     * policy may want the worse of the two (dcap.md 4.7). */
    if (e->current != TCB_UNKNOWN)
        claims_add_text(c, CLAIM_FROM_COLLATERAL, "x-quoth-tcb-current-status",
                        bytes_of_text(tcb_status_name(e->current)));
}

static void check_reserved(const struct td_report *t, struct appraisal *ret)
{
    struct quoth_error err = {0};
    char found[24];
    if (t->attributes & TD_ATTRIBUTES_RESERVED)
        quoth_fail(&err, QUOTH_TEE_ATTRIBUTES, "quote.td_report.td_attributes", QUOTH_NO_OFFSET,
                   "reserved bits are set in %s", hex_text(t->td_attributes, found, sizeof found));
    else if ((t->features & TD_XFAM_FIXED) != TD_XFAM_FIXED || (t->features & ~TD_XFAM_POSSIBLE))
        quoth_fail(&err, QUOTH_TEE_ATTRIBUTES, "quote.td_report.xfam", QUOTH_NO_OFFSET,
                   "%s is not a set of features that a TD can have",
                   hex_text(t->xfam, found, sizeof found));
    appraisal_record(ret, "tdx.attributes", &err);
    if (t->attributes & TD_ATTRIBUTE_MIGRATABLE)
        appraisal_note(ret, "tdx.migratable", "the TD may move to another platform");
}

/* Any bit of the TUD group means that the TD's state may be seen from outside. */
static void check_debug(const struct tee_input *in, const struct td_report *t,
                        struct appraisal *ret)
{
    struct quoth_error err = {0};
    if ((t->attributes & TD_ATTRIBUTES_TUD) == 0) {
        appraisal_pass(ret, "debug");
    } else if (in->allow_debug) {
        appraisal_note(ret, "debug", "a debug TD, allowed by choice");
    } else {
        quoth_mismatch(&err, QUOTH_TEE_DEBUG, "quote.td_report.td_attributes", QUOTH_NO_OFFSET,
                       "a debug TD", "a TD that cannot be debugged");
        appraisal_fail(ret, "debug", &err);
    }
}

static bool verify(const struct tee_input *in, struct appraisal *ret)
{
    struct dcap_facts facts;
    struct quoth_error err = {0};
    struct claims *c = ret->claims;
    ret->tee = tee_tdx.name;
    if (!dcap_verify(in, DCAP_TDX, ret, &facts))
        return false;
    check_reserved(&facts.quote.td, ret);
    check_debug(in, &facts.quote.td, ret);
    claims_add_text(c, CLAIM_FROM_EVIDENCE, "x-ms-attestation-type", BYTES_LITERAL("tdxvm"));
    claims_add_text(c, CLAIM_FROM_SERVICE, "eat_profile",
                    BYTES_LITERAL("https://aka.ms/maa-eat-profile-tdxvm"));
    claims_add_text(c, CLAIM_FROM_SERVICE, "intuse", BYTES_LITERAL("generic"));
    add_measurements(&facts.quote.td, c);
    add_attributes(&facts.quote.td, c);
    add_status(&facts.evaluation, c);
    dcap_add_claims(&facts, ret);
    if (!claims_ok(c, &err))
        return appraisal_fail(ret, "claims", &err);
    return ret->error.code == QUOTH_OK;
}

static bool locate(const struct tee_input *in, struct tee_platform *ret, struct quoth_error *err)
{
    return dcap_locate(in, DCAP_TDX, ret, err);
}

static bool platform(const struct tee_input *in, struct tee_platform *ret, struct quoth_error *err)
{
    return dcap_platform(in, DCAP_TDX, ret, err);
}

static bool bindings(struct bytes evidence, struct tee_bindings *ret, struct quoth_error *err)
{
    struct dcap_quote quote;
    if (!quote_read(evidence, &quote, err))
        return false;
    *ret = (struct tee_bindings){.report_data = quote.td.report_data,
                                 .init_data = quote.td.mrconfigid};
    return true;
}

/* Azure publishes no claim for Binary runtime data of a TD: it is hashed and compared. */
static const char *const binary_claims[] = {NULL};

const struct tee_driver tee_tdx = {
    .name = "tdx",
    .detect = detect,
    .verify = verify,
    .locate = locate,
    .platform = platform,
    .bindings = bindings,
    .binary_claims = binary_claims,
};
