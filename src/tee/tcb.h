/* How up to date a platform's trusted computing base is, in the vendor's words. */
#ifndef QUOTH_TEE_TCB_H
#define QUOTH_TEE_TCB_H

#include "base/bytes.h"

enum tcb_status {
    TCB_UNKNOWN, /* not computed, or the vendor knows no such platform */
    TCB_UP_TO_DATE,
    TCB_SW_HARDENING_NEEDED,
    TCB_CONFIGURATION_NEEDED,
    TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED,
    TCB_OUT_OF_DATE,
    TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
    TCB_TD_RELAUNCH_ADVISED,
    TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED,
    TCB_REVOKED,
    TCB_STATUS_COUNT
};

const char *tcb_status_name(enum tcb_status status); /* as Intel writes it: "UpToDate" */
bool tcb_status_find(struct bytes name, enum tcb_status *ret_status); /* never TCB_UNKNOWN */

/* A set of statuses, bit (1u << status). Revoked and unknown never pass, whatever the set says. */
typedef uint32_t tcb_status_set;
#define TCB_ACCEPT_DEFAULT ((1u << TCB_UP_TO_DATE) | (1u << TCB_SW_HARDENING_NEEDED))

bool tcb_status_accepted(tcb_status_set set, enum tcb_status status);

/* "UpToDate,SWHardeningNeeded"; QUOTH_USAGE names the word that is not a status or can't pass. */
bool tcb_status_set_parse(struct bytes list, tcb_status_set *ret_set, struct quoth_error *err);

/* The set as such a list, NUL-terminated, cut if size is short. Returns to. */
char *tcb_status_set_text(tcb_status_set set, char *to, size_t size);

#define TCB_ADVISORIES_MAX 64

struct tcb_advisory {
    char text[24]; /* "INTEL-SA-00615" */
};

/* A plain value; zeroed is "not computed". */
struct tcb {
    bool computed;
    enum tcb_status status;
    int64_t date; /* least of the dates involved */
    uint32_t evaluation_data_number;
    struct tcb_advisory advisories[TCB_ADVISORIES_MAX]; /* sorted, each once */
    size_t advisory_count;
};

/* Adds an advisory at its place unless it is there. False when there is no room. */
bool tcb_add_advisory(struct tcb *tcb, const struct tcb_advisory *advisory);

#endif
