#include "tee/dcap/evaluate.h"

#include "codec/hex.h"

/* TEE_TCB_SVN: byte 0 is the module's ISVSVN, byte 1 its version. From version 1 on the module has
 * an identity and levels of its own, and the two bytes are no components of the platform. */
static uint8_t module_svn(struct bytes tee_tcb_svn)
{
    return tee_tcb_svn.data[0];
}

static uint8_t module_version(struct bytes tee_tcb_svn)
{
    return tee_tcb_svn.data[1];
}

static bool reaches_sgx(const struct pck *pck, const struct platform_level *l)
{
    for (size_t i = 0; i < COUNT(l->sgx); i++)
        if (pck->components[i] < l->sgx[i])
            return false;
    return pck->pcesvn >= l->pcesvn;
}

static bool reaches_tdx(struct bytes tee_tcb_svn, const struct platform_level *l)
{
    for (size_t i = module_version(tee_tcb_svn) > 0 ? 2 : 0; i < COUNT(l->tdx); i++)
        if (tee_tcb_svn.data[i] < l->tdx[i])
            return false;
    return true;
}

/* The newest level every component of which is reached. An empty tee_tcb_svn is that of SGX. */
static const struct level *match_platform(const struct pck *pck, struct bytes tee_tcb_svn,
                                          const struct tcb_info *info)
{
    for (size_t i = 0; i < info->level_count; i++) {
        const struct platform_level *l = &info->levels[i];
        if (reaches_sgx(pck, l) && (tee_tcb_svn.len == 0 || reaches_tdx(tee_tcb_svn, l)))
            return &l->level;
    }
    return NULL;
}

static bool is_out_of_date(enum tcb_status s)
{
    return s == TCB_OUT_OF_DATE || s == TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;
}

enum tcb_status tcb_converge(enum tcb_status platform, enum tcb_status qe, enum tcb_status module)
{
    if (platform == TCB_REVOKED || qe == TCB_REVOKED || module == TCB_REVOKED)
        return TCB_REVOKED;
    if (qe != TCB_OUT_OF_DATE && module != TCB_OUT_OF_DATE)
        return platform;
    switch (platform) {
    case TCB_UP_TO_DATE:
    case TCB_SW_HARDENING_NEEDED:
        return TCB_OUT_OF_DATE;
    case TCB_CONFIGURATION_NEEDED:
    case TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED:
        return TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;
    default:
        return platform;
    }
}

enum tcb_status tcb_relaunch(enum tcb_status launch, enum tcb_status current)
{
    if (!is_out_of_date(launch))
        return launch;
    switch (current) {
    case TCB_UP_TO_DATE:
    case TCB_SW_HARDENING_NEEDED:
        return launch == TCB_OUT_OF_DATE ? TCB_TD_RELAUNCH_ADVISED
                                         : TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED;
    case TCB_CONFIGURATION_NEEDED:
    case TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED:
        return TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED;
    default:
        return launch;
    }
}

/* The levels that one set of SVNs reaches. module is NULL when the module has none of its own. */
struct levels {
    const struct level *platform, *qe, *module;
};

static bool unsupported(struct quoth_error *err, const char *where, const char *what)
{
    return quoth_fail(err, QUOTH_TCB_UNSUPPORTED, where, QUOTH_NO_OFFSET,
                      "no TCB level is reached by %s", what);
}

static bool match_module(struct bytes tee_tcb_svn, const struct tcb_info *info,
                         const struct level **ret_module, struct quoth_error *err)
{
    *ret_module = NULL;
    if (module_version(tee_tcb_svn) == 0)
        return true;
    const struct tdx_module_identity *identity = tcb_info_module(info, module_version(tee_tcb_svn));
    if (identity)
        *ret_module = isv_levels_match(&identity->levels, module_svn(tee_tcb_svn));
    return *ret_module || unsupported(err, "tdx_module", "the TDX module");
}

static bool match_levels(const struct pck *pck, struct bytes tee_tcb_svn,
                         const struct tcb_info *info, const struct level *qe,
                         struct levels *ret_levels, struct quoth_error *err)
{
    struct levels l = {.qe = qe};
    if (tee_tcb_svn.len > 0 && !match_module(tee_tcb_svn, info, &l.module, err))
        return false;
    l.platform = match_platform(pck, tee_tcb_svn, info);
    if (!l.platform) {
        unsupported(err, "platform", "the platform");
        return false;
    }
    *ret_levels = l;
    return true;
}

static enum tcb_status converge(const struct levels *l)
{
    return tcb_converge(l->platform->status, l->qe->status,
                        l->module ? l->module->status : TCB_UP_TO_DATE);
}

static bool add_level(struct tcb *tcb, const struct level *l, struct quoth_error *err)
{
    if (!l)
        return true;
    if (l->date < tcb->date)
        tcb->date = l->date;
    for (size_t i = 0; i < l->advisory_count; i++)
        if (!tcb_add_advisory(tcb, &l->advisories[i]))
            return quoth_fail(err, QUOTH_COLLATERAL_MALFORMED, "advisoryIDs", QUOTH_NO_OFFSET,
                              "more than %d advisories apply", TCB_ADVISORIES_MAX);
    return true;
}

bool evaluate_tcb(const struct dcap_quote *quote, const struct pck *pck,
                  const struct tcb_info *info, const struct qe_identity *identity,
                  struct evaluation *ret_evaluation, struct quoth_error *err)
{
    struct evaluation e = {.tcb.date = INT64_MAX};
    struct levels launch, current;
    const struct bytes svn = quote->tee == DCAP_TDX ? quote->td.tee_tcb_svn : (struct bytes){0};
    const struct level *qe = isv_levels_match(&identity->levels, quote->qe_report.isv_svn);
    if (!qe)
        return unsupported(err, "qe_identity", "the quoting enclave");
    if (!match_levels(pck, svn, info, qe, &launch, err))
        return false;

    e.tcb.status = converge(&launch);
    if (quote->tee == DCAP_TDX && quote->td.is_15) {
        if (!match_levels(pck, quote->td.tee_tcb_svn2, info, qe, &current, err))
            return quoth_within(err, "current");
        e.current = converge(&current);
        e.tcb.status = tcb_relaunch(e.tcb.status, e.current);
    }
    if (!add_level(&e.tcb, launch.platform, err) || !add_level(&e.tcb, qe, err) ||
        !add_level(&e.tcb, launch.module, err))
        return false;
    e.platform = launch.platform->status;
    e.qe = qe->status;
    e.module = launch.module ? launch.module->status : TCB_UNKNOWN;
    e.tcb.evaluation_data_number = info->evaluation_data_number < identity->evaluation_data_number
                                       ? info->evaluation_data_number
                                       : identity->evaluation_data_number;
    e.tcb.computed = true;
    *ret_evaluation = e;
    return true;
}

static bool mismatch(const char *field, struct bytes found, struct bytes expected,
                     struct quoth_error *err)
{
    char f[100], e[100];
    return quoth_mismatch(err, QUOTH_TDX_MODULE, field, QUOTH_NO_OFFSET,
                          hex_text(found, f, sizeof f), hex_text(expected, e, sizeof e));
}

bool tdx_module_check(const struct td_report *report, const struct tcb_info *info,
                      struct quoth_error *err)
{
    static const uint8_t zeros[8];
    const uint8_t version = module_version(report->tee_tcb_svn);
    const struct tdx_module *module = &info->tdx_module;
    if (version > 0) {
        const struct tdx_module_identity *identity = tcb_info_module(info, version);
        if (!identity)
            return quoth_fail(err, QUOTH_TDX_MODULE, "td_report.tee_tcb_svn", QUOTH_NO_OFFSET,
                              "the TCB info knows no module TDX_%02X", version);
        module = &identity->module;
    }
    if (!bytes_equal(report->mrsignerseam, BYTES_OF(module->mrsigner)))
        return mismatch("td_report.mrsignerseam", report->mrsignerseam, BYTES_OF(module->mrsigner),
                        err);
    if (!bytes_all_zero(report->seam_attributes))
        return mismatch("td_report.seam_attributes", report->seam_attributes, BYTES_OF(zeros), err);
    if (!bytes_equal(report->seam_attributes, BYTES_OF(module->attributes)))
        return mismatch("td_report.seam_attributes", report->seam_attributes,
                        BYTES_OF(module->attributes), err);
    return true;
}
