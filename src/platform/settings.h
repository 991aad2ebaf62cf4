/* What the vendor remembers of a platform, in platform.json: who it is, and the state of what is
 * published about it. A plain value. */
#ifndef QUOTH_PLATFORM_SETTINGS_H
#define QUOTH_PLATFORM_SETTINGS_H

#include "tee/tcb.h"

#define SETTINGS_SERVICE_MAX 200 /* characters of the service's URL */

enum revocable { REVOCABLE_PCK, REVOCABLE_PLATFORM_CA, REVOCABLE_TCB_SIGNING, REVOCABLE_COUNT };

/* "pck", "platform-ca", "tcb-signing" */
extern const char *const revocable_names[REVOCABLE_COUNT];

struct settings {
    uint8_t ppid[16], fmspc[6];
    char service[SETTINGS_SERVICE_MAX + 1]; /* base URL in the certificates' distribution points */
    int64_t created;
    enum tcb_status status; /* of the TCB level that the platform meets */
    int64_t status_since;   /* when that status was set */
    uint32_t evaluation_data_number;
    uint64_t crl_number;
    int64_t issued;                   /* when documents and CRLs were last issued */
    int64_t revoked[REVOCABLE_COUNT]; /* since when; 0: not revoked */
};

/* QUOTH_PLATFORM_ABSENT if the folder holds no platform. */
bool settings_read(const char *folder, struct settings *ret_settings, struct quoth_error *err);
bool settings_write(const char *folder, const struct settings *s, struct quoth_error *err);

/* What names the platform in logs: 16 lower-case hex digits, the front of x-quoth-platform-id. */
#define PLATFORM_ID_SIZE 17
void settings_platform_id(const struct settings *s, char ret_id[PLATFORM_ID_SIZE]);

#endif
