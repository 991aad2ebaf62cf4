#include "service/config/config_rows.h"

#include <stddef.h>
#include <stdio.h>

#define AT(member) offsetof(struct config, member)
#define OF(member) offsetof(struct tenant_settings, member)
#define DAY UINT64_C(86400)

#define START SETTING_AT_START
#define INIT SETTING_AT_INIT
#define TENANT SETTING_OF_TENANT

/* clang-format off */
const struct setting_row setting_rows[] = {
    {"config", "FILE", TOPIC_PLACES, SETTING_TEXT, START | SETTING_NOT_IN_FILE, AT(config), NULL, 0, 0, "read settings from a JSON object"},
    {"issuer", "URL", TOPIC_PLACES, SETTING_TEXT, START, AT(issuer), NULL, 0, 0, "https://host[:port]; what tokens of the first tenant name as iss"},
    {"listen", "ADDRESS:PORT", TOPIC_PLACES, SETTING_TEXT, START, AT(listen), "127.0.0.1:8443", 0, 0, "where to serve; port 0 takes a free one"},
    {"state", "FOLDER", TOPIC_PLACES, SETTING_TEXT, START, AT(state), NULL, 0, 0, "keys, policies and audit trail (default: /var/lib/quoth, for users below XDG_STATE_HOME)"},
    {"master-key", "SOURCE", TOPIC_PLACES, SETTING_LIST, 0, AT(master_key), NULL, 0, 0, "what opens the keyring that seals everything: a file of 32 bytes outside the state folder, pkcs11:... or tpm:...; of several one that opens is enough, and each gets a slot (default: /etc/quoth/master.key, for users below XDG_CONFIG_HOME)"},
    {"ready-file", "FILE", TOPIC_PLACES, SETTING_TEXT, START, AT(ready_file), NULL, 0, 0, "written with the address once requests are served"},

    {"add-tenant", "URL", TOPIC_INIT, SETTING_TEXT, INIT, AT(add_tenant), NULL, 0, 0, "add a tenant of this issuer to the store that is there; options speak of it then"},
    {"renew-admin-token", NULL, TOPIC_INIT, SETTING_FLAG, INIT, AT(renew_admin_token), NULL, 0, 0, "make nothing but a new admin token, which takes the place of the old one"},
    {"trust-model", "aad|isolated|shared", TOPIC_INIT, SETTING_CHOICE, INIT | TENANT, OF(trust_model), "aad", 0, 0, "who may change policies: who has the role; that and a trusted signature; nobody"},
    {"policy-signer", "FILE", TOPIC_INIT, SETTING_LIST, INIT | TENANT, OF(policy_signer), NULL, 0, 0, "PEM certificates whose keys sign policies of an isolated tenant"},

    {"trust", "CLASS", TOPIC_TRUST, SETTING_TEXT, START | TENANT, OF(trust), NULL, 0, 0, "hardware, hardware:SHA256,... or simulated:SHA256,... (default: as initialised)"},
    {"trust-root", "FILE", TOPIC_TRUST, SETTING_LIST, START | TENANT, OF(trust_root), NULL, 0, 0, "PEM certificates that --trust names"},
    {"accept-status", "LIST", TOPIC_TRUST, SETTING_TEXT, 0, AT(accept_status), "UpToDate,SWHardeningNeeded", 0, 0, "TCB statuses that pass"},
    {"collateral", "PATH|URL", TOPIC_TRUST, SETTING_LIST, START, AT(collateral), NULL, 0, 0, "where endorsements come from, in this order (default: Intel's service for its own root)"},
    {"collateral-refresh", "SECONDS", TOPIC_TRUST, SETTING_NUMBER, START, AT(collateral_refresh), "14400", 60, 7 * DAY, "age at which endorsements are fetched anew"},
    {"collateral-grace", "SECONDS", TOPIC_TRUST, SETTING_NUMBER, START, AT(collateral_grace), "0", 0, 7 * DAY, "how long expired endorsements still serve"},
    {"collateral-allow-older", NULL, TOPIC_TRUST, SETTING_FLAG, START, AT(collateral_allow_older), NULL, 0, 0, "accept endorsements older than those seen before; each use is logged"},
    {"platform-allow", "ID", TOPIC_TRUST, SETTING_LIST, TENANT, OF(platform_allow), NULL, 0, 0, "x-quoth-platform-id of a machine that may be attested; without any, all may"},
    {"platform-deny", "ID", TOPIC_TRUST, SETTING_LIST, TENANT, OF(platform_deny), NULL, 0, 0, "x-quoth-platform-id of a machine that may not"},

    {"closed-type", "TYPE", TOPIC_POLICIES, SETTING_LIST, TENANT, OF(closed_type), NULL, 0, 0, "attestation type that is not served: SgxEnclave, OpenEnclave, TdxVm, ..."},
    {"siblings", "warn|strict", TOPIC_POLICIES, SETTING_CHOICE, TENANT, OF(siblings), "warn", 0, 0, "SgxEnclave and OpenEnclave judge the same quotes: warn when one of them has a policy of its own and the other the default, or refuse on the other"},
    {"signing", "plain|strict", TOPIC_POLICIES, SETTING_CHOICE, TENANT, OF(signing), "plain", 0, 0, "strict: signed policies of an isolated tenant must say aud, iat, type and operation"},
    {"draft-policies", NULL, TOPIC_POLICIES, SETTING_FLAG, TENANT, OF(draft_policies), "true", 0, 0, "let attest requests try a policy of their own, for an unsecured token"},

    {"release-authority", "URL [FILE]", TOPIC_RELEASE, SETTING_LIST, TENANT, OF(release_authority), NULL, 0, 0, "whose attestation tokens release keys, beside this tenant's own; FILE: PEM certificates for its TLS (default: those of the system)"},
    {"release-authority-private", "HOST", TOPIC_RELEASE, SETTING_LIST, TENANT, OF(release_private), NULL, 0, 0, "host of such an authority that may have a private, link-local or loopback address"},
    {"release-challenge", "policy|required", TOPIC_RELEASE, SETTING_CHOICE, TENANT, OF(release_challenge), "policy", 0, 0, "whether every release must answer a fresh challenge, or those whose release policy says so"},
    {"release-policies", "any|immutable|signed", TOPIC_RELEASE, SETTING_CHOICE, TENANT, OF(release_policies), "any", 0, 0, "which release policies are taken, and release: any, those that can never be changed, those that a policy signer has signed"},
    {"release-cert", "FILE", TOPIC_RELEASE, SETTING_TEXT, TENANT, OF(release_cert), NULL, 0, 0, "PEM chain, root included, whose RSA key signs what is released (default: that of tls-cert if it is RSA, else one of the local CA)"},
    {"release-key", "FILE", TOPIC_RELEASE, SETTING_TEXT, TENANT, OF(release_key), NULL, 0, 0, "its private key"},

    {"oidc-issuer", "URL", TOPIC_ADMINISTRATION, SETTING_TEXT, TENANT, OF(oidc_issuer), NULL, 0, 0, "OpenID provider whose bearer tokens administer"},
    {"oidc-audience", "TEXT", TOPIC_ADMINISTRATION, SETTING_TEXT, TENANT, OF(oidc_audience), NULL, 0, 0, "aud of such a token (default: the tenant's issuer)"},
    {"oidc-ca", "FILE", TOPIC_ADMINISTRATION, SETTING_TEXT, TENANT, OF(oidc_ca), NULL, 0, 0, "PEM certificates for the provider's TLS (default: those of the system)"},
    {"oidc-role-claim", "NAME", TOPIC_ADMINISTRATION, SETTING_TEXT, TENANT, OF(oidc_role_claim), "roles", 0, 0, "claim that lists roles"},
    {"oidc-reader", "VALUE", TOPIC_ADMINISTRATION, SETTING_TEXT, TENANT, OF(oidc_reader), "reader", 0, 0, "its value for those who may read"},
    {"oidc-contributor", "VALUE", TOPIC_ADMINISTRATION, SETTING_TEXT, TENANT, OF(oidc_contributor), "contributor", 0, 0, "its value for those who may also change"},
    {"oidc-officer", "VALUE", TOPIC_ADMINISTRATION, SETTING_TEXT, TENANT, OF(oidc_officer), "vault-officer", 0, 0, "its value for those who make, change and delete keys and secrets"},
    {"oidc-policy", "VALUE", TOPIC_ADMINISTRATION, SETTING_TEXT, TENANT, OF(oidc_policy), "vault-policy", 0, 0, "its value for those who set release policies"},
    {"oidc-user", "VALUE", TOPIC_ADMINISTRATION, SETTING_TEXT, TENANT, OF(oidc_user), "vault-user", 0, 0, "its value for those who use keys and read secrets"},
    {"oidc-auditor", "VALUE", TOPIC_ADMINISTRATION, SETTING_TEXT, TENANT, OF(oidc_auditor), "vault-auditor", 0, 0, "its value for those who see what there is, without values, and the state of the audit trail"},
    {"client-certificate", "ROLE:SHA256", TOPIC_ADMINISTRATION, SETTING_LIST, TENANT, OF(client_certificate), NULL, 0, 0, "a role, or several as officer+user, a colon, and the hash of a TLS client certificate, in hexadecimal"},

    {"vault-resource", "URL", TOPIC_VAULT, SETTING_TEXT, TENANT, OF(vault_resource), NULL, 0, 0, "https://host[:port] that clients of the vault ask tokens for (default: the parent domain of the issuer's host, or the issuer)"},
    {"vault-retention", "DAYS", TOPIC_VAULT, SETTING_NUMBER, TENANT, OF(vault_retention), "90", 7, 90, "how long what is deleted can be recovered"},
    {"vault-purge-protection", NULL, TOPIC_VAULT, SETTING_FLAG, TENANT, OF(vault_purge_protection), NULL, 0, 0, "let nobody purge before that time is over"},

    {"tls-cert", "FILE", TOPIC_TLS, SETTING_TEXT, TENANT, OF(tls_cert), NULL, 0, 0, "PEM chain to serve with (default: one of the local CA)"},
    {"tls-key", "FILE", TOPIC_TLS, SETTING_TEXT, TENANT, OF(tls_key), NULL, 0, 0, "its private key"},

    {"store", "PATH|URL", TOPIC_STORE, SETTING_TEXT, START, AT(store), NULL, 0, 0, "SQLite file, or postgresql://... that several quothd share (default: quoth.db in the state folder)"},
    {"store-grace", "SECONDS", TOPIC_STORE, SETTING_NUMBER, START, AT(store_grace), "60", 3, 3600, "how long to serve from memory while the database does not answer"},
    {"rollback-counter", "SOURCE", TOPIC_STORE, SETTING_TEXT, START, AT(rollback_counter), NULL, 0, 0, "counter of a TPM, tpm:...?nv=0x01800001, by which a store that was put back whole is found"},
    {"rollback-accept", NULL, TOPIC_STORE, SETTING_FLAG, START, AT(rollback_accept), NULL, 0, 0, "take the store for the newest there is, whatever the counter says: once, for a new counter or after a restore"},
    {"rollback-checkpoint", "FILE", TOPIC_STORE, SETTING_TEXT, START, AT(rollback_checkpoint), NULL, 0, 0, "answer of GET /audit/checkpoint of this service: a store older than that is refused"},
    {"rotation-delay", "SECONDS", TOPIC_STORE, SETTING_NUMBER, START, AT(rotation_delay), "600", 0, DAY, "how long a new signing key is shown before it signs"},

    {"workers", "N", TOPIC_LIMITS, SETTING_NUMBER, START, AT(workers), "0", 0, 256, "threads that serve; 0: one per core"},
    {"connections", "N", TOPIC_LIMITS, SETTING_NUMBER, START, AT(connections), "16384", 1, 1 << 20, "open at once"},
    {"connections-per-source", "N", TOPIC_LIMITS, SETTING_NUMBER, START, AT(connections_per_source), "1024", 1, 1 << 20, "open at once from one source"},
    {"rate", "N", TOPIC_LIMITS, SETTING_NUMBER, START, AT(rate), "1000", 0, 1 << 24, "requests per second from one source; 0: any number"},
    {"rate-burst", "N", TOPIC_LIMITS, SETTING_NUMBER, START, AT(rate_burst), "2000", 1, 1 << 24, "requests that one source may send at once"},
    {"source-prefix4", "BITS", TOPIC_LIMITS, SETTING_NUMBER, START, AT(source_prefix4), "32", 1, 32, "bits of an IPv4 address that make a source"},
    {"source-prefix6", "BITS", TOPIC_LIMITS, SETTING_NUMBER, START, AT(source_prefix6), "64", 1, 128, "bits of an IPv6 address that make a source"},
    {"tenant-rate", "N", TOPIC_LIMITS, SETTING_NUMBER, TENANT, OF(rate), "0", 0, 1 << 20, "attestations per second that all sources together may ask of the tenant; 0: any number"},
    {"body-limit", "BYTES", TOPIC_LIMITS, SETTING_NUMBER, START, AT(body_limit), "131072", 4096, 8 << 20, "longest body of a request; restoring keys and secrets with many versions wants more"},
    {"header-timeout", "MS", TOPIC_LIMITS, SETTING_NUMBER, START, AT(header_timeout), "5000", 10, 600000, "for a whole request head"},
    {"body-timeout", "MS", TOPIC_LIMITS, SETTING_NUMBER, START, AT(body_timeout), "10000", 10, 600000, "for a whole body"},
    {"idle-timeout", "MS", TOPIC_LIMITS, SETTING_NUMBER, START, AT(idle_timeout), "60000", 10, 3600000, "between requests"},
    {"queue-delay", "MS", TOPIC_LIMITS, SETTING_NUMBER, START, AT(queue_delay), "250", 0, 60000, "after which waiting evidence is refused with 503; 0: never"},
    {"drain-timeout", "MS", TOPIC_LIMITS, SETTING_NUMBER, START, AT(drain_timeout), "15000", 0, 600000, "for what is in flight at SIGTERM"},

    {"log-format", "json|text", TOPIC_LOG, SETTING_CHOICE, START, AT(log_format), "json", 0, 0, "form of the log on standard error"},
    {"clock-reset", NULL, TOPIC_LOG, SETTING_FLAG, START, AT(clock_reset), NULL, 0, 0, "forget the latest instant seen, after a run with a clock that was ahead"},
};
/* clang-format on */

const size_t setting_count = COUNT(setting_rows);
_Static_assert(COUNT(setting_rows) <= SETTINGS_MAX, "said[] has room for every setting");

const struct setting_row *setting_find(struct bytes name)
{
    for (size_t i = 0; i < COUNT(setting_rows); i++)
        if (bytes_equal(bytes_of_text(setting_rows[i].name), name))
            return &setting_rows[i];
    return NULL;
}

size_t setting_index(const struct setting_row *row)
{
    size_t i = 0;
    while (&setting_rows[i] != row)
        i++;
    return i;
}

const char *setting_topic_name(enum setting_topic topic)
{
    static const char *const names[] = {
        [TOPIC_PLACES] = "Places",
        [TOPIC_INIT] = "For quothd init",
        [TOPIC_TRUST] = "Trust and collateral",
        [TOPIC_POLICIES] = "Policies",
        [TOPIC_RELEASE] = "Release of keys and secrets",
        [TOPIC_ADMINISTRATION] = "Administration",
        [TOPIC_VAULT] = "Keys and secrets",
        [TOPIC_TLS] = "TLS",
        [TOPIC_STORE] = "Store and signing keys",
        [TOPIC_LIMITS] = "Limits",
        [TOPIC_LOG] = "Log and clock",
    };
    return names[topic];
}

char *setting_variable(const struct setting_row *row, char to[SETTING_VARIABLE_SIZE])
{
    snprintf(to, SETTING_VARIABLE_SIZE, "QUOTH_%s", row->name);
    for (char *c = to; *c; c++) {
        if (*c == '-')
            *c = '_';
        else if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    }
    return to;
}

bool setting_is_choice(const char *choices, const char *word)
{
    const size_t len = strlen(word);
    for (const char *at = choices; *at; at += strcspn(at, "|"), at += *at == '|')
        if (strcspn(at, "|") == len && strncmp(at, word, len) == 0)
            return true;
    return false;
}
