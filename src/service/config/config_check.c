#include "service/config/config_check.h"

#include "base/file.h"
#include "codec/hex.h"
#include "collateral/folder.h"
#include "crypto/digest.h"
#include "crypto/x509.h"
#include "keys/device.h"
#include "net/tls_server.h"
#include "net/url.h"
#include "service/access/client_certificate.h"
#include "service/access/vault_challenge.h"
#include "service/config/config_values.h"
#include "service/policies/attestation_types.h"
#include "service/release/authorities.h"
#include "service/release/release_signing.h"
#include "service/state/rollback_checkpoint.h"
#include "service/state/state.h"
#include "service/state/trusted.h"
#include "store/store.h"
#include "tee/tcb.h"

#include <sys/stat.h>

struct checking {
    const struct config *config;
    const struct tenant_settings *tenant;
};

/* Judges one value of a setting. */
typedef bool check_value(const struct checking *c, const char *value, struct quoth_error *err);

static bool wrong(struct quoth_error *err, const char *what)
{
    return quoth_fail(err, QUOTH_USAGE, NULL, QUOTH_NO_OFFSET, "%s", what);
}

/* ---- places */

static bool check_issuer(const struct checking *c, const char *value, struct quoth_error *err)
{
    char host[STATE_HOST_MAX];
    (void)c;
    return state_check_issuer(value, host, err);
}

static bool check_listen(const struct checking *c, const char *value, struct quoth_error *err)
{
    struct url url;
    struct quoth_error why = {0};
    (void)c;
    return (url_read_authority(bytes_of_text(value), &url, &why) &&
            (url.numeric || strcmp(url.host, "localhost") == 0)) ||
           wrong(err, "is not ADDRESS:PORT or [ADDRESS]:PORT");
}

static bool check_state(const struct checking *c, const char *value, struct quoth_error *err)
{
    struct stat st;
    (void)c;
    if (stat(value, &st) != 0)
        return wrong(err, "is not there: quothd init makes it");
    return S_ISDIR(st.st_mode) || wrong(err, "is no folder");
}

/* In a folder that is not there nothing can lie: the state is complained of by itself. A device that
 * does not answer now is no fault of the settings: one that was pulled must not keep a service from
 * hearing of others. Who uses it says so. */
static bool check_master_key(const struct checking *c, const char *value, struct quoth_error *err)
{
    AUTO(device) struct device *device = NULL;
    struct quoth_error why = {0};
    if (!file_exists(c->config->state))
        return true;
    if (device_is_file(value) && !file_exists(value))
        return wrong(err, "is not there");
    if (device_open(value, c->config->state, &device, &why) || why.code == QUOTH_DEVICE_UNAVAILABLE)
        return true;
    *err = why;
    return false;
}

static bool check_ready_file(const struct checking *c, const char *value, struct quoth_error *err)
{
    const char *slash = strrchr(value, '/');
    (void)c;
    if (!slash || slash == value)
        return true;
    AUTO(text) char *folder = strndup(value, (size_t)(slash - value));
    return (folder && file_exists(folder)) || wrong(err, "names a folder that is not there");
}

static bool check_rollback(const struct checking *c, const char *value, struct quoth_error *err)
{
    (void)c;
    return rollback_checkpoint_examine(value, err);
}

static bool check_store(const struct checking *c, const char *value, struct quoth_error *err)
{
    (void)c;
    return store_is_shared(value) || file_exists(value) ||
           wrong(err, "is not there: quothd init makes it");
}

/* ---- trust */

static bool check_trust(const struct checking *c, const char *value, struct quoth_error *err)
{
    AUTO(trusted) struct trusted trusted = {0};
    (void)value;
    return trusted_from_config(c->tenant, &trusted, err);
}

/* With --trust the files are read for it. */
static bool check_trust_root(const struct checking *c, const char *value, struct quoth_error *err)
{
    return c->tenant->trust || check_trust(c, value, err);
}

static bool check_statuses(const struct checking *c, const char *value, struct quoth_error *err)
{
    tcb_status_set set;
    (void)c;
    return tcb_status_set_parse(bytes_of_text(value), &set, err);
}

static bool check_collateral(const struct checking *c, const char *value, struct quoth_error *err)
{
    AUTO(collateral) struct collateral collateral = {0};
    struct quoth_error why = {0};
    struct url url;
    (void)c;
    if (strncmp(value, "https://", 8) == 0)
        return url_read(bytes_of_text(value), &url, err);
    if (strncmp(value, "http://", 7) == 0 || collateral_load(value, NULL, &collateral, &why) ||
        why.code == QUOTH_SOURCE_UNKNOWN) /* a folder that has one for each platform */
        return true;
    *err = why;
    return false;
}

static bool check_platform(const struct checking *c, const char *value, struct quoth_error *err)
{
    struct sha256 id;
    (void)c;
    return hex_decode_fixed(bytes_of_text(value), id.bytes, sizeof id.bytes, err);
}

/* ---- policies and administration */

static bool check_type(const struct checking *c, const char *value, struct quoth_error *err)
{
    enum attest_type type;
    (void)c;
    return attest_type_of(bytes_of_text(value), &type, err);
}

static bool check_certificates(const struct checking *c, const char *value, struct quoth_error *err)
{
    AUTO(buffer) struct buffer pem = {0};
    AUTO(x509_cert) struct x509_cert *first = NULL;
    (void)c;
    return file_read(value, X509_SIZE_MAX, &pem, err) &&
           x509_cert_from_pem(buffer_bytes(&pem), &first, err);
}

static bool check_url(const struct checking *c, const char *value, struct quoth_error *err)
{
    struct url url;
    (void)c;
    return url_read(bytes_of_text(value), &url, err);
}

static bool check_client(const struct checking *c, const char *value, struct quoth_error *err)
{
    struct sha256 hash;
    unsigned roles;
    (void)c;
    return client_certificate_read(value, &hash, &roles, err);
}

static bool check_resource(const struct checking *c, const char *value, struct quoth_error *err)
{
    (void)c;
    return vault_challenge_check(value, err);
}

/* ---- TLS */

/* Chain and key are read as they are when connections are served with them. */
static bool check_tls(const struct checking *c, const char *value, struct quoth_error *err)
{
    AUTO(buffer) struct buffer chain = {0}, pem = {0};
    AUTO(private_key) struct private_key *key = NULL;
    AUTO(tls_server) struct tls_server *server = NULL;
    (void)value;
    if (!c->tenant->tls_key)
        return true; /* that is complained of already */
    return file_read(c->tenant->tls_cert, X509_SIZE_MAX, &chain, err) &&
           file_read(c->tenant->tls_key, X509_SIZE_MAX, &pem, err) &&
           private_key_from_pem(buffer_bytes(&pem), &key, err) &&
           tls_server_open(buffer_bytes(&chain), key, &server, err);
}

/* ---- release */

static bool check_authority(const struct checking *c, const char *value, struct quoth_error *err)
{
    AUTO(buffer) struct buffer url = {0}, file = {0};
    if (!authority_setting_read(value, &url, &file, err))
        return false;
    const bool has_file = file.len > 0;
    AUTO(text) char *path = buffer_take_text(&file, err);
    return path && (!has_file || check_certificates(c, path, err));
}

static bool check_release(const struct checking *c, const char *value, struct quoth_error *err)
{
    return !c->tenant->release_key || /* that is complained of already */
           release_signing_check_files(value, c->tenant->release_key, err);
}

/* ---- all of them */

static const struct {
    const char *setting;
    check_value *check;
} checks[] = {
    {"issuer",              check_issuer      },
    {"listen",              check_listen      },
    {"state",               check_state       },
    {"master-key",          check_master_key  },
    {"ready-file",          check_ready_file  },
    {"store",               check_store       },
    {"rollback-checkpoint", check_rollback    },
    {"policy-signer",       check_certificates},
    {"trust",               check_trust       },
    {"trust-root",          check_trust_root  },
    {"accept-status",       check_statuses    },
    {"collateral",          check_collateral  },
    {"platform-allow",      check_platform    },
    {"platform-deny",       check_platform    },
    {"closed-type",         check_type        },
    {"oidc-issuer",         check_url         },
    {"oidc-ca",             check_certificates},
    {"client-certificate",  check_client      },
    {"vault-resource",      check_resource    },
    {"tls-cert",            check_tls         },
    {"release-authority",   check_authority   },
    {"release-cert",        check_release     },
};

/* The values of a setting, one after the other; NULL after the last. */
static const char *value_at(const void *at, enum setting_kind kind, size_t i)
{
    const struct setting_list *list = at;
    if (kind == SETTING_LIST)
        return i < list->count ? list->items[i] : NULL;
    return i == 0 ? *(char *const *)at : NULL;
}

static void check_row(struct checking *c, size_t tenant, const struct setting_row *row,
                      check_value *check, struct config_report *report)
{
    const void *at = setting_value(c->config, tenant, row);
    const char *value;
    for (size_t i = 0; (value = value_at(at, row->kind, i)); i++) {
        struct quoth_error err = {0};
        if (!check(c, value, &err))
            config_report_value(report, c->config, tenant, row, value, &err);
        if (check == check_trust_root)
            break; /* the first stands for all */
    }
}

static void check_name(const struct config *s, size_t tenant, struct config_report *report)
{
    struct quoth_error err = {0};
    char host[STATE_HOST_MAX];
    const char *issuer = s->tenants[tenant].issuer;
    if (issuer && !state_check_issuer(issuer, host, &err)) {
        quoth_within(&err, "tenants");
        config_report_add(report, report->tenant_at[tenant], &err);
    }
}

void config_check(const struct config *s, struct config_report *report)
{
    for (size_t tenant = 0; tenant < s->tenant_count; tenant++) {
        struct checking c = {s, &s->tenants[tenant]};
        check_name(s, tenant, report);
        for (size_t i = 0; i < COUNT(checks); i++) {
            const struct setting_row *row = setting_find(bytes_of_text(checks[i].setting));
            if (tenant == TENANT_FIRST || row->use & SETTING_OF_TENANT)
                check_row(&c, tenant, row, checks[i].check, report);
        }
    }
}
