/* What the parts of the backend for PostgreSQL share. */
#ifndef QUOTH_STORE_POSTGRES_H
#define QUOTH_STORE_POSTGRES_H

#include "store/database.h"

#include <libpq-fe.h>

struct server {
    struct database base;
    PGconn *connection;
    bool lost; /* an answer did not come: what it would be to is not known any more */
};

/* QUOTH_USAGE for a URL that libpq cannot read,
 * QUOTH_STORE_INSECURE for a way over a network without sslmode=verify-full (THREATS 21), judged on
 * what libpq has made of URL, environment and service files before anything is sent;
 * QUOTH_STORE_UNAVAILABLE. Not later than the deadline, but for the resolution of names. */
bool postgres_connect(struct server *s, const char *at, struct quoth_error *err);

/* Until the socket is ready for events (poll); QUOTH_STORE_UNAVAILABLE at the deadline. */
bool postgres_wait(struct server *s, short events, struct quoth_error *err);

/* What the server says is data: its first line, made harmless. Returns false. */
bool postgres_explain(enum quoth_code code, const char *what, const char *said,
                      struct quoth_error *err);

#endif
