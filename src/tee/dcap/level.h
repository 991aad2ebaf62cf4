/* What the vendor says of a security version: the status, its date, the advisories that apply. */
#ifndef QUOTH_TEE_DCAP_LEVEL_H
#define QUOTH_TEE_DCAP_LEVEL_H

#include "codec/json.h"
#include "tee/tcb.h"

struct level { /* owns its advisories */
    enum tcb_status status;
    int64_t date; /* tcbDate */
    struct tcb_advisory *advisories;
    size_t advisory_count;
};

/* Reads tcbDate, tcbStatus and advisoryIDs (optional) of a TCB level. of_platform tells which
 * statuses may stand there: all that a platform can have, or those of an enclave or module. */
bool level_read(struct json object, bool of_platform, struct level *ret_level,
                struct quoth_error *err);
void level_clear(struct level *l);

/* The levels of an enclave or a TDX module, by ISVSVN, newest first. */
struct isv_level {
    uint16_t isvsvn;
    struct level level;
};

#define LEVELS_MAX 256

struct isv_levels {
    struct isv_level *items;
    size_t count;
};

/* Reads the member tcbLevels of parent: not empty, no ISVSVN twice, in any order. */
bool isv_levels_read(struct json parent, struct isv_levels *ret_levels, struct quoth_error *err);
void isv_levels_clear(struct isv_levels *l);

/* The highest level that isvsvn reaches, or NULL. */
const struct level *isv_levels_match(const struct isv_levels *l, uint16_t isvsvn);

/* Refuses a value with its path: QUOTH_JSON_VALUE. Returns false. */
bool level_refuse(struct json value, const char *expected, struct quoth_error *err);

#endif
