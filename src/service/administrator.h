/* Who administers, and what they may. */
#ifndef QUOTH_SERVICE_ADMINISTRATOR_H
#define QUOTH_SERVICE_ADMINISTRATOR_H

#include "http/router.h"

/* Roles of routes, each with those below it. Azure's words: Attestation Reader, Attestation
 * Contributor. */
enum service_role { ROLE_ANYONE = HTTP_ROLE_ANYONE, ROLE_READER, ROLE_CONTRIBUTOR };

struct admin {
    char name[160]; /* for logs, audit and histories: "token:ID", "oidc:SUBJECT", "cert:SHA256" */
    enum service_role role;
};

#endif
