/* The state folder: made once by init, opened by the service (DESIGN, "settings"; THREATS 19).
 *
 *     quoth.db      keys, settings, marks; what decides is sealed under the master key
 *     ca.pem        the local CA's certificate, for clients
 *     admin.token   the administrator's bearer token, mode 0600; the store has its hash
 *     lock          held while a service runs */
#ifndef QUOTH_SERVICE_STATE_H
#define QUOTH_SERVICE_STATE_H

#include "keys/keep.h"
#include "service/config.h"

#define STATE_ISSUER_MAX 300
#define STATE_HOST_MAX 256

/* Whether issuer is https://host[:port] in canonical form: no path, no slash at the end, lower
 * case. Gives its host. QUOTH_USAGE. */
bool state_check_issuer(const char *issuer, char ret_host[STATE_HOST_MAX], struct quoth_error *err);

/* Holds the folder for this process until the descriptor is closed. QUOTH_STATE_IN_USE. */
bool state_lock(const char *folder, int *ret_fd, struct quoth_error *err);

/* What init tells about what it made. */
struct state_report {
    char ca_fingerprint[65]; /* hex */
    bool new_master_key;
};

/* Makes master key (unless it is there), folder and store. Whole, or, if it fails, without a store:
 * it can be run again. QUOTH_STORE_EXISTS if there is a store. */
bool state_init(const struct config *s, int64_t now, struct state_report *ret_report,
                struct quoth_error *err);

#define STATE_TENANTS_MAX 32u

struct state_tenant { /* as init recorded it */
    char issuer[STATE_ISSUER_MAX], host[STATE_HOST_MAX];
    struct buffer trust; /* for trusted_read */
};

struct state { /* owned: state_close */
    int lock;
    struct store *store;
    struct state_tenant *tenants; /* in the order in which init made them */
    size_t tenant_count;
};

/* QUOTH_STORE_MISSING unless init has been here. */
bool state_is_made(const struct config *s, struct quoth_error *err);

/* Opens what init made, alone. QUOTH_STORE_MISSING without init; QUOTH_STATE_IN_USE; QUOTH_USAGE
 * when the settings name another issuer than init did. */
bool state_open(const struct config *s, const struct master_key *master, struct state *ret_state,
                struct quoth_error *err);
void state_close(struct state *s);
DEFINE_AUTO_VALUE(state, struct state, state_close)

#endif
