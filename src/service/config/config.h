/* What the operator decides: one table of settings (service/config/config_rows.h), each given by option,
 * environment variable or configuration file, in that order, under one name: --master-key FILE,
 * QUOTH_MASTER_KEY and the member "master-key" of a JSON object. A setting that nobody knows is an
 * error, wherever it stands. */
#ifndef QUOTH_SERVICE_CONFIG_H
#define QUOTH_SERVICE_CONFIG_H

#include "base/bytes.h"

#define SETTING_ITEMS_MAX 4096u
#define SETTING_TENANTS_MAX 33u /* of one service, and those that nothing is said of */
#define CONFIG_FILE_MAX (1u << 20)

struct setting_list { /* for settings that may be given more than once */
    char **items;
    size_t count;
};

/* What is decided for one tenant. In the configuration file each has an object in "tenants", under
 * its issuer; what stands at the top level, in options and in the environment is said of the first
 * tenant alone, so that nobody is an administrator of two by accident (THREATS 19). (Options of
 * `quothd init --add-tenant URL` speak of the tenant that is added.) */
struct tenant_settings {
    char *issuer; /* NULL: the first tenant */
    char *trust;
    struct setting_list trust_root;
    char *tls_cert, *tls_key;             /* both or neither */
    char *trust_model;                    /* "aad", "isolated" or "shared"; for init */
    struct setting_list policy_signer;    /* PEM files; for init of an isolated tenant */
    char *oidc_issuer;                    /* whose bearer tokens administer; NULL: nobody's */
    char *oidc_audience;                  /* "aud" of such a token; NULL: the tenant's issuer */
    char *oidc_ca;                        /* PEM file for its TLS; NULL: the system's roots */
    char *oidc_role_claim;                /* "roles" */
    char *oidc_reader, *oidc_contributor; /* values of that claim; never NULL */
    char *oidc_officer, *oidc_policy, *oidc_user, *oidc_auditor; /* of the vault; the same */
    struct setting_list client_certificate; /* "reader:SHA256", "officer+user:SHA256" */
    char *vault_resource;     /* what clients ask tokens for; NULL: what follows from the issuer */
    uint64_t vault_retention; /* days that what is deleted can be recovered */
    bool vault_purge_protection;     /* nothing is purged before that */
    char *siblings;                  /* "warn" or "strict" (THREATS 16) */
    char *signing;                   /* of isolated tenants: "plain" or "strict" (20) */
    struct setting_list closed_type; /* attestation types that are not served */
    struct setting_list platform_allow, platform_deny; /* x-quoth-platform-id (THREATS 4) */
    struct setting_list release_authority;             /* "URL" or "URL CAFILE" (THREATS 30) */
    struct setting_list release_private; /* hosts of authorities that may have private addresses */
    char *release_challenge;             /* "policy" or "required" */
    char *release_policies;              /* "any", "immutable" or "signed" (THREATS 33) */
    char *release_cert, *release_key;    /* both or neither: who signs what is released */
    bool draft_policies;                 /* THREATS 18; true unless switched off */
    uint64_t rate;                       /* attestations per second; 0: any number (THREATS 26) */
};

enum { TENANT_FIRST, TENANT_OTHERS /* nothing is said of them: the defaults */, TENANT_NAMED };

struct config { /* owned: config_clear. A text that was not given is NULL unless it has a
                     default */
    char *config, *issuer, *listen, *state, *accept_status;
    struct setting_list master_key; /* where the keyring's key is wrapped (keys/device.h); never
                                       empty */
    char *store;                    /* a path or postgresql://...; never NULL */
    char *rollback_counter, *rollback_checkpoint; /* NULL: none */
    char *log_format, *ready_file;
    char *add_tenant;       /* issuer that init adds to a store; NULL: init makes a new one */
    bool renew_admin_token; /* of init: nothing but a new admin token */
    struct setting_list collateral;
    uint64_t workers;
    uint64_t connections, connections_per_source, rate, rate_burst, source_prefix4, source_prefix6;
    uint64_t body_limit; /* bytes of a request body, for every route that takes one */
    uint64_t header_timeout, body_timeout, idle_timeout, drain_timeout,
        queue_delay;                               /* milliseconds */
    uint64_t collateral_grace, collateral_refresh; /* seconds */
    uint64_t store_grace;    /* seconds that a snapshot serves without its database */
    uint64_t rotation_delay; /* seconds that a new signing key is shown before it signs */
    bool collateral_allow_older, clock_reset, rollback_accept;
    struct tenant_settings tenants[SETTING_TENANTS_MAX]; /* TENANT_FIRST, TENANT_OTHERS, then those
                                                            that the file names */
    size_t tenant_count;
};

enum config_command { CONFIG_SERVE, CONFIG_INIT, CONFIG_CHECK, CONFIG_HELP, CONFIG_VERSION };

/* Reads everything. QUOTH_USAGE names the option, variable or member that is wrong. */
bool config_read(int argc, char *const *argv, enum config_command *ret_command,
                 struct config *ret_config, struct quoth_error *err);
void config_clear(struct config *s);
DEFINE_AUTO_VALUE(config, struct config, config_clear)

/* The settings of a tenant other than the first, by its issuer; never NULL. Those of the first are
 * &s->tenants[TENANT_FIRST]. */
const struct tenant_settings *config_tenant(const struct config *s, const char *issuer);

/* From the table, appended: the help text; quothd(8); docs/settings.md; completion for bash. */
void config_help(struct buffer *to);
void config_man(struct buffer *to);
void config_markdown(struct buffer *to);
void config_bash(struct buffer *to);

#endif
