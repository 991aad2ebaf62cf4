/* Which addresses are on the public Internet (RFC 6890 and the IANA registries of special-purpose
 * addresses). */
#ifndef QUOTH_FETCH_ADDRESS_H
#define QUOTH_FETCH_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* False for loopback, private, shared, link-local, documentation, multicast and reserved ones, for
 * IPv6 addresses that carry such an IPv4 address, and for families that are neither. */
bool address_is_public(const struct sockaddr *address);

#endif
