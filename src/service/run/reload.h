/* SIGHUP: the configuration is read anew, all or nothing. */
#ifndef QUOTH_SERVICE_RELOAD_H
#define QUOTH_SERVICE_RELOAD_H

#include "service/run/service.h"

/* Reads the file again and checks everything; then puts every tenant under what it says, and reads
 * the TLS files. If anything is wrong, all of it is logged and nothing changes. Settings that count
 * at the next start alone are named in the log if they differ. Blocks; on the clockwork's thread. */
void service_reload(struct service *s, int64_t now);

#endif
