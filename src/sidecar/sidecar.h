/* The sidecar: programs beside it in one TEE get tokens and keys from it over plain HTTP, as from
 * Azure's (key-release.md 2.6 d). */
#ifndef QUOTH_SIDECAR_SIDECAR_H
#define QUOTH_SIDECAR_SIDECAR_H

#include "sidecar/routes.h"

struct sidecar_server; /* opaque */

/* Binds and serves, in threads of its own, with this attester. settings and attester must outlive
 * it. QUOTH_SIDECAR_LOOPBACK if the TEE is one process, whose loopback is the host's, and the
 * settings do not accept that. */
bool sidecar_server_open(const struct sidecar_settings *settings, struct quoth_attester *attester,
                         struct sidecar_server **ret_server, struct quoth_error *err);
const char *sidecar_server_address(const struct sidecar_server *s);
void sidecar_server_close(struct sidecar_server *s); /* answers what is in flight first */
DEFINE_AUTO(sidecar_server, struct sidecar_server *, sidecar_server_close)

/* A whole program: settings, the TEE's attester, serving until SIGINT or SIGTERM. Gives the exit
 * status. command is how help names it; arguments without the command's own name. */
int sidecar_main(const char *command, int argc, char *const *argv);

#endif
