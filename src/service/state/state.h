/* The state folder of a node, and what init puts into the store (DESIGN, "settings"; THREATS 19).
 *
 *     quoth.db            the store, unless it is PostgreSQL; what decides is sealed
 *     ca.pem              the local CA's certificate of the first tenant, for clients
 *     admin.token         its administrator's bearer token, mode 0600; the store has its hash
 *     tenants/HOST/       the same two of every other tenant
 *     lock                held while a service runs
 *
 * In the store, sealed:
 *
 *     kind "setting", id "made"                {"tenants":["https://...", ...]}: all, the first first
 *     kind "tenant", tenant issuer             {"model":"aad","trust":{...},"created":N}
 *     kind "admin"                             service/access/admin_token.h
 *     kinds "key.token", "key.ca", "key.tls"   keys/keep.h
 *     kind "signers"                           service/policies/stored_policy.h
 *     kinds "keyring", "slot", "watermark"     keys/slots.h, keys/watermark.h */
#ifndef QUOTH_SERVICE_STATE_H
#define QUOTH_SERVICE_STATE_H

#include "keys/keep.h"
#include "keys/slots.h"
#include "service/config/config.h"
#include "service/policies/trust_model.h"

#define STATE_ISSUER_MAX 300
#define STATE_HOST_MAX 256

/* Whether issuer is https://host[:port] in canonical form: no path, no slash at the end, lower
 * case. Gives its host. QUOTH_USAGE. */
bool state_check_issuer(const char *issuer, char ret_host[STATE_HOST_MAX], struct quoth_error *err);

/* Holds the folder for this process until the descriptor is closed. QUOTH_STATE_IN_USE. */
bool state_lock(const char *folder, int *ret_fd, struct quoth_error *err);

#define RECORD_TENANT "tenant" /* kind and id */

#define STATE_TENANTS_MAX 32u

struct state_tenant { /* as init recorded it */
    char issuer[STATE_ISSUER_MAX], host[STATE_HOST_MAX];
    enum trust_model model;
    struct buffer trust; /* for trusted_read */
};

/* What init has done. */
struct state_report { /* owned: state_report_clear */
    enum { STATE_MADE, STATE_ADDED, STATE_JOINED, STATE_RENEWED } what;
    char issuer[STATE_ISSUER_MAX]; /* of the tenant in question; the first one's when joined */
    char ca_fingerprint[65];       /* hex; of a tenant that was made or added */
    bool new_master_key;
    struct buffer folder; /* where ca.pem and admin.token lie */
};

static inline void state_report_clear(struct state_report *r)
{
    buffer_clear(&r->folder);
}
DEFINE_AUTO_VALUE(state_report, struct state_report, state_report_clear)

/* Makes what there is not: master key, folder, store and first tenant; with add_tenant another
 * tenant; with renew_admin_token that alone; and in a store that others have made, a folder for one
 * more node. Whole or not at all: everything that is put into the store is put at once. It can be
 * run again after a failure. QUOTH_STORE_EXISTS if there is nothing to do; QUOTH_TENANT_EXISTS;
 * QUOTH_MASTER_KEY when the store was made with another. */
bool state_init(const struct config *s, int64_t now, struct state_report *ret_report,
                struct quoth_error *err);

struct state { /* owned: state_close */
    int lock;
    struct store *store;
    struct state_tenant tenants[STATE_TENANTS_MAX]; /* in the order in which init made them */
    size_t tenant_count;
    int64_t version; /* of the list of them; 0: init has not been here */
};

/* Reads the list of tenants and what init recorded of each. None if init has not been here, or not
 * to its end. QUOTH_SEAL_BROKEN with another master key. */
bool state_load_tenants(struct state *s, const struct master_key *master, struct quoth_error *err);

/* Where the files of a tenant lie: the state folder, or one below it. */
bool state_tenant_folder(const char *folder, const struct state_tenant *t, bool is_first,
                         struct buffer *ret_path, struct quoth_error *err);

/* QUOTH_STORE_MISSING unless init has made this state folder. */
bool state_is_made(const struct config *s, struct quoth_error *err);

/* Opens what init made; the folder belongs to this process alone. QUOTH_STORE_MISSING without init,
 * or with one that was cut off; QUOTH_STATE_IN_USE; QUOTH_USAGE when the settings name another
 * issuer than init did; QUOTH_MASTER_KEY when no source opens the keyring; QUOTH_STORE_ROLLED_BACK
 * when records are missing or were put back. */
bool state_open(const struct config *s, const struct slots_listener *listener,
                struct master_key *ret_master, struct state *ret_state, struct quoth_error *err);
void state_close(struct state *s);
DEFINE_AUTO_VALUE(state, struct state, state_close)

#endif
