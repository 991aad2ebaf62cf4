/* What must survive, in SQLite: WAL, synchronous=FULL, so that a write that was acknowledged is
 * still there after kill -9 or a power cut. The rows are opaque here: what decides anything is
 * sealed by src/keys before it comes, with its place bound to it, so that a row that was changed or
 * moved does not open.
 *
 * A store is used by any thread; calls are taken one after the other and block. */
#ifndef QUOTH_STORE_STORE_H
#define QUOTH_STORE_STORE_H

#include "base/bytes.h"
#include "collateral/marks.h"

struct store; /* opaque */

/* Makes a new, empty store. QUOTH_STORE_EXISTS if there is a file already. */
bool store_create(const char *path, struct quoth_error *err);

/* Opens a store and brings its tables up to this build. QUOTH_STORE_MISSING; QUOTH_STORE_VERSION if
 * a newer build has written it; QUOTH_STORE_BROKEN if it is no store of ours. */
bool store_open(const char *path, struct store **ret_store, struct quoth_error *err);
void store_close(struct store *s);
DEFINE_AUTO(store, struct store *, store_close)

#define STORE_VALUE_MAX (1u << 20)

/* Settings that were made by init or changed by an operator. version counts the changes of a name,
 * from 1. */
bool store_setting_put(struct store *s, const char *name, int64_t version, struct bytes value,
                       struct quoth_error *err);
/* *ret_version is 0 when there is no such setting. */
bool store_setting_get(struct store *s, const char *name, int64_t *ret_version,
                       struct buffer *ret_value, struct quoth_error *err);

#define STORE_TEXT_SIZE 320

struct store_key { /* a plain value; the views are the caller's, or live for one call of each */
    char issuer[STORE_TEXT_SIZE];
    char purpose[16]; /* "token", "ca", "tls" */
    char id[64];      /* kid, or a serial */
    int64_t version;  /* counts the changes of the row, from 1 */
    int64_t created;
    char state[16];           /* "active", "retired" */
    struct bytes certificate; /* DER */
    struct bytes sealed;      /* the private key */
};

/* Adds the row, or replaces the one with the same issuer, purpose and id if its version is one
 * less: QUOTH_STORE_CONFLICT otherwise. */
bool store_key_put(struct store *s, const struct store_key *key, struct quoth_error *err);

/* Calls each for every key of that issuer and purpose, the youngest first, until it says false. */
bool store_key_list(struct store *s, const char *issuer, const char *purpose,
                    bool (*each)(void *context, const struct store_key *key,
                                 struct quoth_error *err),
                    void *context, struct quoth_error *err);

/* The high-water marks of collateral (THREATS 9), as struct collateral_marks wants them. */
struct collateral_marks store_marks(struct store *s);

/* The latest instant that the service has seen (THREATS 11); 0 before the first. */
bool store_clock_put(struct store *s, int64_t time, struct quoth_error *err);
bool store_clock_get(struct store *s, int64_t *ret_time, struct quoth_error *err);

#endif
