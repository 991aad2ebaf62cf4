/* Telling the service manager how it goes: sd_notify(3), a datagram to the socket that NOTIFY_SOCKET
 * names (a path, or '@' and an abstract name). Without one, nothing is said; a manager that does not
 * listen is no failure. */
#ifndef QUOTH_SERVICE_NOTIFY_H
#define QUOTH_SERVICE_NOTIFY_H

#include <stdint.h>

/* "READY=1", "STOPPING=1", "WATCHDOG=1" ... */
void notify(const char *state);

/* "RELOADING=1", with the instant that Type=notify-reload asks for; "READY=1" ends it. */
void notify_reloading(void);

/* Microseconds within which "WATCHDOG=1" is wanted again and again (WATCHDOG_USEC, if it is meant
 * for this process); 0: never. */
uint64_t notify_watchdog_us(void);

#endif
