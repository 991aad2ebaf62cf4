/* What can be said of settings before anything is done with them: whether files are there and can
 * be read, addresses are addresses, and names are names. Nothing is opened that a running service
 * holds, so it can be asked beside one. */
#ifndef QUOTH_SERVICE_CONFIG_CHECK_H
#define QUOTH_SERVICE_CONFIG_CHECK_H

#include "service/config/config_report.h"

/* Reads everything, as config_read does, and goes on after what is wrong, to tell it all; then
 * checks what was read. True if there is nothing to complain of; otherwise report->problems has it
 * line by line and ret_config is left alone. */
bool config_examine(int argc, char *const *argv, enum config_command *ret_command,
                    struct config *ret_config, struct config_report *report);

/* Adds what is wrong with s to the report. */
void config_check(const struct config *s, struct config_report *report);

#endif
