/* What must survive, as records: a value of a kind, of a tenant, under an id, in versions from 1.
 * The store gives back what it was given and knows no meaning: what decides anything is sealed by
 * keys/records.h before it comes, with its place bound to it.
 *
 * Two places, one behaviour, one test suite: a file (SQLite, WAL, synchronous=FULL), or PostgreSQL,
 * which several processes share. A write that was acknowledged is still there after kill -9 or a
 * power cut. A store is used by any thread; calls are taken one after the other and block: a
 * database that does not answer makes them fail with QUOTH_STORE_UNAVAILABLE within seconds, and
 * the next one tries again. */
#ifndef QUOTH_STORE_STORE_H
#define QUOTH_STORE_STORE_H

#include "base/bytes.h"

struct store; /* opaque */

/* Makes the tables in a new file of mode 0600, or in a PostgreSQL database that has none of ours.
 * at is a path, or "postgresql://..." in any form that libpq reads; over a network it must say
 * sslmode=verify-full (THREATS 21). QUOTH_STORE_EXISTS if they are there already. */
bool store_create(const char *at, struct quoth_error *err);

/* Opens a store and brings its tables up to this build. QUOTH_STORE_MISSING; QUOTH_STORE_VERSION if
 * another build has written it in a way that this one does not know; QUOTH_STORE_BROKEN if it is no
 * store of ours; QUOTH_STORE_UNAVAILABLE. */
bool store_open(const char *at, struct store **ret_store, struct quoth_error *err);
void store_close(struct store *s);
DEFINE_AUTO(store, struct store *, store_close)

/* Whether at names PostgreSQL, which other processes may share. */
bool store_is_shared(const char *at);

#define STORE_KIND_MAX 31
#define STORE_TENANT_MAX 319
#define STORE_ID_MAX 255
#define STORE_VALUE_MAX (1u << 20)
#define STORE_KEEP_ALL SIZE_MAX

struct store_record { /* a plain value; the views are the caller's, or live for one call of each */
    const char *kind; /* "policy", "key.token" ...; all three are printable ASCII */
    const char *tenant; /* an issuer, or "" for what is nobody's */
    const char *id;
    int64_t version; /* from 1 */
    struct bytes value;
};

struct store_put {
    struct store_record record;
    size_t keep; /* how many older versions stay, or STORE_KEEP_ALL */
    bool quiet;  /* nobody else acts on it: it does not move the revision */
    bool remove; /* instead: no version of it stays, nor any byte in the pages of a file. Neither
                    version nor value are looked at; that there is none is no failure */
};

/* Puts them all or none, and moves the revision on. Each version must follow the newest there is:
 * QUOTH_STORE_CONFLICT names the record otherwise. After QUOTH_STORE_UNAVAILABLE it may have been
 * done all the same: read again. */
bool store_put(struct store *s, const struct store_put *puts, size_t count,
               struct quoth_error *err);

/* What belongs to a put, in its transaction; a member that is zero asks for nothing. */
struct store_also {
    /* The newest version of this record of nobody's must be this one, and no value anywhere may
     * begin with these bytes: QUOTH_STORE_STALE. */
    const char *guard_kind, *guard_id;
    int64_t guard_version;
    struct bytes absent;
    /* A record of nobody's that gets a next version with every such put: tally makes its next value
     * of the newest version there is (0: none) and its value, and of the versions that were the
     * newest of each record that is put, in their order (0: none). It must not use the store, and is
     * called again if a connection was lost. */
    const char *tally_kind, *tally_id;
    size_t tally_keep;
    bool (*tally)(void *context, const int64_t *newest, int64_t version, struct bytes there,
                  struct buffer *ret_value, struct quoth_error *err);
    void *context;
};

bool store_put_also(struct store *s, const struct store_put *puts, size_t count,
                    const struct store_also *also, struct quoth_error *err);

/* Puts record->value in the place of old, in the same version, if old is still there: only for what
 * means the same in other bytes. The revision stays. Of also the guard counts. */
bool store_replace(struct store *s, const struct store_record *record, struct bytes old,
                   const struct store_also *also, bool *ret_replaced, struct quoth_error *err);

/* version 0: the newest. *ret_version is 0 when there is none. Appends the value. */
bool store_get(struct store *s, const char *kind, const char *tenant, const char *id,
               int64_t version, int64_t *ret_version, struct buffer *ret_value,
               struct quoth_error *err);

/* Calls it until it says false; without a reason in err that is no failure. It must not use the
 * store. */
typedef bool store_each_fn(void *context, const struct store_record *record,
                           struct quoth_error *err);

/* The newest version of each id of a kind, in order of tenants, then ids, as memcmp has it. tenant
 * NULL: those of every tenant. */
bool store_each(struct store *s, const char *kind, const char *tenant, store_each_fn *each,
                void *context, struct quoth_error *err);

/* The same for ids of one tenant after `after` ("": from the first), at most limit. */
bool store_page(struct store *s, const char *kind, const char *tenant, const char *after,
                size_t limit, store_each_fn *each, void *context, struct quoth_error *err);

/* All versions of one id that are kept, the newest first, at most limit. */
bool store_history(struct store *s, const char *kind, const char *tenant, const char *id,
                   size_t limit, store_each_fn *each, void *context, struct quoth_error *err);

/* All versions of everything, at most limit, in order of kinds, tenants, ids, versions, after that
 * place (a kind of "": from the first). */
bool store_scan(struct store *s, const struct store_record *after, size_t limit,
                store_each_fn *each, void *context, struct quoth_error *err);

/* The newest version of everything, in the same order, without values, as of one instant. */
bool store_newest(struct store *s, store_each_fn *each, void *context, struct quoth_error *err);

/* Grows with every put that is not quiet, whoever makes it. */
bool store_revision(struct store *s, int64_t *ret_revision, struct quoth_error *err);

#endif
