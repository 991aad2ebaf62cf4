#include "tee/tcb.h"

#include <stdio.h>

static const char *const names[TCB_STATUS_COUNT] = {
    [TCB_UNKNOWN] = "Unknown",
    [TCB_UP_TO_DATE] = "UpToDate",
    [TCB_SW_HARDENING_NEEDED] = "SWHardeningNeeded",
    [TCB_CONFIGURATION_NEEDED] = "ConfigurationNeeded",
    [TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED] = "ConfigurationAndSWHardeningNeeded",
    [TCB_OUT_OF_DATE] = "OutOfDate",
    [TCB_OUT_OF_DATE_CONFIGURATION_NEEDED] = "OutOfDateConfigurationNeeded",
    [TCB_TD_RELAUNCH_ADVISED] = "TDRelaunchAdvised",
    [TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED] = "TDRelaunchAdvisedConfigurationNeeded",
    [TCB_REVOKED] = "Revoked",
};

const char *tcb_status_name(enum tcb_status status)
{
    return status < TCB_STATUS_COUNT ? names[status] : names[TCB_UNKNOWN];
}

bool tcb_status_find(struct bytes name, enum tcb_status *ret_status)
{
    for (int s = TCB_UP_TO_DATE; s < TCB_STATUS_COUNT; s++) {
        if (bytes_equal(bytes_of_text(names[s]), name)) {
            *ret_status = (enum tcb_status)s;
            return true;
        }
    }
    return false;
}

bool tcb_status_accepted(tcb_status_set set, enum tcb_status status)
{
    return status > TCB_UNKNOWN && status < TCB_REVOKED && (set >> status & 1u);
}

static bool add_status(struct bytes word, size_t at, tcb_status_set *set, struct quoth_error *err)
{
    enum tcb_status status;
    if (!tcb_status_find(word, &status))
        return quoth_fail(err, QUOTH_USAGE, "accept-status", at, "\"%.*s\" is not a TCB status",
                          (int)word.len, word.len ? (const char *)word.data : "");
    if (status == TCB_REVOKED)
        return quoth_fail(err, QUOTH_USAGE, "accept-status", at, "Revoked can't be accepted");
    *set |= 1u << status;
    return true;
}

bool tcb_status_set_parse(struct bytes list, tcb_status_set *ret_set, struct quoth_error *err)
{
    tcb_status_set set = 0;
    size_t start = 0;
    for (size_t i = 0; i <= list.len; i++) {
        if (i < list.len && list.data[i] != ',')
            continue;
        if (!add_status(bytes_slice(list, start, i - start), start, &set, err))
            return false;
        start = i + 1;
    }
    *ret_set = set;
    return true;
}

char *tcb_status_set_text(tcb_status_set set, char *to, size_t size)
{
    size_t len = 0;
    to[0] = '\0';
    for (int s = TCB_UP_TO_DATE; s < TCB_REVOKED && len < size; s++)
        if (set >> s & 1u)
            len += (size_t)snprintf(to + len, size - len, "%s%s", len ? "," : "", names[s]);
    return to;
}

bool tcb_add_advisory(struct tcb *tcb, const struct tcb_advisory *advisory)
{
    size_t at = 0;
    int order = 1;
    while (at < tcb->advisory_count &&
           (order = strcmp(advisory->text, tcb->advisories[at].text)) > 0)
        at++;
    if (at < tcb->advisory_count && order == 0)
        return true;
    if (tcb->advisory_count == TCB_ADVISORIES_MAX)
        return false;
    for (size_t i = tcb->advisory_count; i > at; i--)
        tcb->advisories[i] = tcb->advisories[i - 1];
    tcb->advisories[at] = *advisory;
    tcb->advisory_count++;
    return true;
}
