/* What is wrong with a configuration, and where it was said. */
#ifndef QUOTH_SERVICE_CONFIG_REPORT_H
#define QUOTH_SERVICE_CONFIG_REPORT_H

#include "service/config/config_rows.h"

enum setting_source { SAID_NOWHERE, SAID_BY_OPTION, SAID_BY_VARIABLE, SAID_IN_FILE };

struct setting_said {
    enum setting_source by;
    size_t offset; /* in the file */
};

struct config_report {
    struct buffer path, file; /* the configuration file and what it says; empty without one */
    struct buffer problems;   /* one line each: "FILE:LINE:COLUMN: rate: ..." */
    size_t count;             /* of problems */
    struct setting_said said[SETTING_TENANTS_MAX][SETTINGS_MAX]; /* by tenant and row */
    size_t tenant_at[SETTING_TENANTS_MAX];                       /* offsets of their objects */
};

void config_report_clear(struct config_report *r);
DEFINE_AUTO_VALUE(config_report, struct config_report, config_report_clear)

/* Adds a line about err. offset: where in the file, or QUOTH_NO_OFFSET. */
void config_report_add(struct config_report *r, size_t offset, const struct quoth_error *err);

/* The same, of a value of a setting: named as it was given, by option, variable or member. */
void config_report_value(struct config_report *r, const struct config *s, size_t tenant,
                         const struct setting_row *row, const char *value,
                         const struct quoth_error *err);

#endif
