/* Values of settings: from text into the member that a row names, and away again. */
#ifndef QUOTH_SERVICE_CONFIG_VALUES_H
#define QUOTH_SERVICE_CONFIG_VALUES_H

#include "service/config/config_rows.h"

/* The member of the row; of the tenant's settings when the row is a tenant's. */
void *setting_member(struct config *s, size_t tenant, const struct setting_row *row);
const void *setting_value(const struct config *s, size_t tenant, const struct setting_row *row);

/* Judges a value and puts it there; to a list it is added. QUOTH_USAGE at where. */
bool setting_put(struct config *s, size_t tenant, const struct setting_row *row, const char *value,
                 const char *where, struct quoth_error *err);

/* Room for the settings of one more tenant. QUOTH_USAGE beyond SETTING_TENANTS_MAX. */
bool setting_add_tenant(struct config *s, struct bytes issuer, size_t *ret_tenant,
                        struct quoth_error *err);

#endif
