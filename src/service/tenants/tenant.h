/* A tenant: an issuer with its own host, keys, policies, signers, TLS certificate and audit trail
 * (DESIGN decision 7, THREATS 17). What changes while the service runs is a snapshot that is
 * swapped whole; serving threads hold views of it and take no lock unless it has changed. */
#ifndef QUOTH_SERVICE_TENANT_H
#define QUOTH_SERVICE_TENANT_H

#include "audit/audit.h"
#include "keys/signing_key.h"
#include "policy/policy.h"
#include "service/access/access.h"
#include "service/config/config_share.h"
#include "service/policies/stored_policy.h"
#include "service/release/authorities.h"
#include "service/release/release_challenge.h"
#include "service/release/release_signing.h"
#include "service/state/state.h"
#include "service/state/trusted.h"
#include "service/tenants/decisions.h"

#include <pthread.h>
#include <stdatomic.h>

/* All that is decided with, at one revision of the store and under one configuration. Immutable
 * once published. */
struct tenant_snapshot {
    atomic_size_t holders;
    struct config_share *config;
    const struct tenant_settings *settings; /* in config */
    int64_t revision;
    struct tenant_policy policies[ATTEST_TYPES];
    struct buffer signers[TENANT_SIGNERS_MAX]; /* DER */
    size_t signer_count;
    int64_t signers_version;
    struct kept_keys keys;         /* all there are; /certs shows some */
    const struct kept_key *active; /* in keys: the one that signs */
    int64_t next_change;           /* of active and keys_document, by time alone; or INT64_MAX */
    struct buffer keys_document;
    struct admin_token admin_token;
    struct access *access;           /* who may administer */
    struct authorities *authorities; /* whose tokens release keys */
    struct release_challenge_key challenge_key;
    struct release_signing *signing; /* NULL: */
    struct quoth_error no_signing;   /* why nothing can be released */
};

struct tenant {   /* owned: tenant_clear */
    size_t index; /* among the tenants of the service */
    char issuer[STATE_ISSUER_MAX], host[STATE_HOST_MAX], jku[STATE_ISSUER_MAX + 8];
    enum trust_model model;
    struct trusted trusted;
    struct config_share *config; /* that the next snapshot is made under; guarded by reloading */
    struct buffer metadata_document;
    int64_t leaf_renewal;    /* of its TLS certificate; 0: never, as that is the operator's */
    int64_t signing_renewal; /* of the key that signs what is released */
    struct audit *administration;
    struct decisions *decisions;
    void (*report)(void *context, const struct quoth_error *why); /* of its identity provider */
    void (*report_authority)(void *context, const struct quoth_error *why);
    void *report_context;

    pthread_mutex_t changing;  /* one change by an administrator after the other */
    pthread_mutex_t reloading; /* one reload after the other */
    pthread_mutex_t lock;
    struct tenant_snapshot *current;        /* under lock */
    atomic_int_fast64_t generation;         /* grows with every swap */
    atomic_uint_fast64_t next_draft_us;     /* service/attest/draft.h */
    atomic_uint_fast64_t next_turn_us;      /* service/policies/admission.h */
    atomic_uint_fast64_t next_challenge_us; /* service/vault/release.c */
    atomic_bool unreadable;                 /* the store has something that could not be loaded */
};

/* Fills t (zeroed) with what never changes: issuer and host must be there already. Nothing is
 * published yet. */
bool tenant_init(struct tenant *t, struct quoth_error *err);
void tenant_clear(struct tenant *t);

/* By what names clients call the tenant: its host; for a local one localhost, 127.0.0.1 and ::1. */
#define TENANT_HOSTS_MAX 3u
size_t tenant_hosts(const struct tenant *t, const char *ret_hosts[TENANT_HOSTS_MAX]);

/* Whether host, without port and brackets, is one of those, in any case. */
bool tenant_has_host(const struct tenant *t, struct bytes host);

/* Reads everything of a tenant from the store and publishes it. Stored policies of an isolated
 * tenant are verified again (THREATS 20). On failure what was published stays, for those who ask
 * what it was; unless the store only did not answer, t->unreadable then stops decisions, as the
 * policy that they would follow may have changed. Blocks. */
bool tenant_reload(struct tenant *t, struct store *store, const struct master_key *master,
                   int64_t now, struct quoth_error *err);

/* Puts all tenants under another configuration, or none of them: reads the store as tenant_reload
 * does and publishes what came of it. Blocks. */
bool tenants_configure(struct tenant *tenants, size_t count, struct config_share *config,
                       struct store *store, const struct master_key *master, int64_t now,
                       struct quoth_error *err);

/* QUOTH_TENANT_UNREADABLE while the store has something of it that does not open or hold. */
bool tenant_is_readable(const struct tenant *t, struct quoth_error *err);

/* What a configuration says of the tenant. */
const struct tenant_settings *tenant_settings_in(const struct tenant *t,
                                                 const struct config_share *config);

/* Borrowed until tenant_release; for whoever is no serving thread. NULL: nothing of the tenant was
 * loaded yet, for which tenant_hold_loaded has QUOTH_TENANT_UNREADABLE. */
struct tenant_snapshot *tenant_hold(struct tenant *t);
bool tenant_hold_loaded(struct tenant *t, struct tenant_snapshot **ret_snapshot,
                        struct quoth_error *err);
void tenant_release(struct tenant_snapshot *snapshot); /* accepts NULL */
DEFINE_AUTO(tenant_snapshot, struct tenant_snapshot *, tenant_release)

/* What a serving thread has of a tenant; renewed when the generation has moved on. */
struct tenant_view {
    int_fast64_t generation;
    struct tenant_snapshot *snapshot;
    struct private_key *key; /* the thread's own copy of the active key */
};

/* Makes the view current; keeps it when nothing has changed. */
bool tenant_look(struct tenant *t, struct tenant_view *view, struct quoth_error *err);
void tenant_view_clear(struct tenant_view *view);

#endif
