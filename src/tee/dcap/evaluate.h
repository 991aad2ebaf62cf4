/* From security versions to a TCB status: which of the vendor's levels a platform, its quoting
 * enclave and its TDX module reach, and what they come to together. Pure; everything that goes in
 * is authenticated already. Source: Intel QVL, EvaluateTcb.cpp, TcbLevelCheck.cpp,
 * TDRelaunchCheck.cpp; dcap.md 4.6 and 4.7. */
#ifndef QUOTH_TEE_DCAP_EVALUATE_H
#define QUOTH_TEE_DCAP_EVALUATE_H

#include "tee/dcap/pck.h"
#include "tee/dcap/qe_identity.h"
#include "tee/dcap/quote.h"
#include "tee/dcap/tcb_info.h"

struct evaluation {
    struct tcb tcb;           /* status, date, advisories and number of all parts together */
    enum tcb_status platform; /* of the matching level alone */
    enum tcb_status qe;
    enum tcb_status module;  /* TCB_UNKNOWN without a TDX module identity */
    enum tcb_status current; /* TD 1.5: with the module that runs now; else TCB_UNKNOWN */
};

/* The SVNs of the platform come from its PCK certificate, those of the TDX module from the body.
 * QUOTH_TCB_UNSUPPORTED if no level is reached; where says by what. */
bool evaluate_tcb(const struct dcap_quote *quote, const struct pck *pck,
                  const struct tcb_info *info, const struct qe_identity *identity,
                  struct evaluation *ret_evaluation, struct quoth_error *err);

/* What a platform's status comes to when its quoting enclave or TDX module has another. */
enum tcb_status tcb_converge(enum tcb_status platform, enum tcb_status qe, enum tcb_status module);

/* The status of a TD whose module was updated while it ran. */
enum tcb_status tcb_relaunch(enum tcb_status launch, enum tcb_status current);

/* Whether the TD's module is one that the vendor signs, and was set up as the vendor says.
 * QUOTH_TDX_MODULE. */
bool tdx_module_check(const struct td_report *report, const struct tcb_info *info,
                      struct quoth_error *err);

#endif
