/* Who administers, and what they may. */
#ifndef QUOTH_SERVICE_ADMINISTRATOR_H
#define QUOTH_SERVICE_ADMINISTRATOR_H

#include "base/bytes.h"
#include "http/router.h"

/* Roles are bits. What somebody has is a set of them, and a route names the set of which one is
 * enough. Azure's words for the first two: Attestation Reader, Attestation Contributor. */
enum service_role {
    ROLE_ANYONE =
        HTTP_ROLE_ANYONE, /* of a route: no role is asked for. Of a person: there is none */
    ROLE_READER = 1,
    ROLE_CONTRIBUTOR = 2, /* who has it has ROLE_READER too */
    ROLE_OFFICER = 4,     /* makes, changes, deletes and backs up keys and secrets */
    ROLE_POLICY = 8, /* sets release policies, the officer's work included where one comes along */
    ROLE_USER = 16,  /* uses keys, reads secrets */
    ROLE_AUDITOR = 32, /* sees lists, public parts and what is deleted */
    ROLE_ALL = 63,
    ROLE_VAULT = ROLE_OFFICER | ROLE_POLICY | ROLE_USER | ROLE_AUDITOR
};

#define ROLE_COUNT 6u

struct role_row {     /* of the one table, in the order of the bits */
    const char *name; /* "reader": in settings, documents and answers */
    unsigned role;
    unsigned has; /* the bits of whoever is given it */
};
extern const struct role_row role_rows[ROLE_COUNT];

/* The bits of "officer", or of several: "officer+user". 0 if one of them is none, or is empty. */
unsigned roles_read(struct bytes names);

#define ROLES_TEXT_SIZE 64
/* "reader, user", of none "none". Returns text. */
char *roles_write(unsigned roles, char text[ROLES_TEXT_SIZE]);

struct admin {
    char name[160]; /* for logs, audit and histories: "token:ID", "oidc:SUBJECT", "cert:SHA256" */
    unsigned roles; /* bits */
};

#endif
