#include "service/state/new_tenant.h"

#include "base/file.h"
#include "codec/base64.h"
#include "codec/json_write.h"
#include "codec/pem.h"
#include "crypto/random.h"
#include "keys/local_ca.h"
#include "keys/signing_key.h"
#include "service/access/admin_token.h"
#include "service/policies/stored_policy.h"
#include "service/state/trusted.h"

#include <stdio.h>

#define ADMIN_DAYS 90
#define PEM_MAX (256u << 10)

void new_tenant_clear(struct new_tenant *t)
{
    kept_key_clear(&t->token_key);
    kept_key_clear(&t->ca);
    kept_key_clear(&t->leaf);
    for (size_t i = 0; i < COUNT(t->values); i++)
        buffer_clear(&t->values[i]);
    buffer_clear(&t->ca_pem);
    buffer_clear(&t->admin_token);
}

bool admin_token_make(int64_t now, struct buffer *ret_token, struct buffer *ret_record,
                      struct quoth_error *err)
{
    uint8_t random[32];
    if (!random_fill(random, sizeof random, err))
        return false;
    base64url_encode(BYTES_OF(random), ret_token);
    bytes_wipe(random, sizeof random);
    const struct sha256 hash = sha256_of(buffer_bytes(ret_token));
    buffer_u8(ret_token, '\n');
    json_object_begin(ret_record);
    json_named_hex(ret_record, "sha256", BYTES_OF(hash.bytes));
    json_named_int(ret_record, "expires", now + ADMIN_DAYS * 86400LL);
    json_object_end(ret_record);
    return buffer_ok(ret_token, err) && buffer_ok(ret_record, err);
}

/* The value for the next record. */
static struct buffer *next_value(struct new_tenant *t)
{
    return &t->values[t->record_count];
}

/* Adds the record of a kind that a tenant has one of, with that value. */
static bool add_record(struct new_tenant *t, const char *kind, const char *id,
                       struct quoth_error *err)
{
    struct buffer *value = next_value(t);
    if (!buffer_ok(value, err))
        return false;
    t->records[t->record_count++] = (struct store_put){
        .record = {.kind = kind,
                   .tenant = t->issuer,
                   .id = id,
                   .version = 1,
                   .value = buffer_bytes(value)},
        .keep = strcmp(kind, RECORD_SIGNERS) == 0 ? STORE_KEEP_ALL : 0,
    };
    return true;
}

static bool add_key(struct new_tenant *t, const char *purpose, const struct kept_key *k,
                    struct quoth_error *err)
{
    if (!key_record(t->issuer, purpose, k, next_value(t), &t->records[t->record_count], err))
        return false;
    t->record_count++;
    return true;
}

static bool add_keys(struct new_tenant *t, int64_t now, struct quoth_error *err)
{
    if (!signing_key_make(t->issuer, now, now, &t->token_key, err) ||
        !local_ca_make(t->host, now, &t->ca, err) ||
        !local_ca_issue(&t->ca, t->host, now, &t->leaf, err))
        return false;
    pem_encode("CERTIFICATE", buffer_bytes(&t->ca.certificate), &t->ca_pem);
    return buffer_ok(&t->ca_pem, err) && add_key(t, KEY_FOR_TOKENS, &t->token_key, err) &&
           add_key(t, KEY_FOR_CA, &t->ca, err) && add_key(t, KEY_FOR_TLS, &t->leaf, err);
}

static bool add_facts(struct new_tenant *t, const struct tenant_settings *settings,
                      enum trust_model model, int64_t now, struct quoth_error *err)
{
    AUTO(trusted) struct trusted trusted = {0};
    AUTO(buffer) struct buffer trust = {0};
    struct buffer *to = next_value(t);
    if (!trusted_from_config(settings, &trusted, err) || !trusted_write(&trusted, &trust, err))
        return false;
    json_object_begin(to);
    json_named_cstring(to, "model", trust_model_name(model));
    json_name(to, "trust");
    json_raw(to, buffer_bytes(&trust));
    json_named_int(to, "created", now);
    json_object_end(to);
    return add_record(t, RECORD_TENANT, RECORD_TENANT, err);
}

static bool read_signers(const struct setting_list *files, struct stored_signers *ret_signers,
                         struct quoth_error *err)
{
    AUTO(buffer) struct buffer pem = {0};
    for (size_t i = 0; i < files->count; i++) {
        AUTO(buffer) struct buffer one = {0};
        if (!file_read(files->items[i], PEM_MAX, &one, err))
            return false;
        buffer_add(&pem, buffer_bytes(&one));
        buffer_u8(&pem, '\n');
    }
    return buffer_ok(&pem, err) && stored_signers_from_pem(buffer_bytes(&pem), ret_signers, err);
}

/* Who may sign policies is decided here for the first time, as nobody could sign that. */
static bool add_signers(struct new_tenant *t, const struct tenant_settings *settings,
                        enum trust_model model, int64_t now, struct quoth_error *err)
{
    AUTO(stored_signers) struct stored_signers signers = {.count = 0};
    const size_t given = settings->policy_signer.count;
    if ((given > 0) != (model == MODEL_ISOLATED))
        return quoth_fail(err, QUOTH_USAGE, "policy-signer", QUOTH_NO_OFFSET,
                          given > 0 ? "is for --trust-model isolated alone"
                                    : "is missing: an isolated tenant has one to begin with");
    if (given == 0)
        return true;
    if (!read_signers(&settings->policy_signer, &signers, err))
        return quoth_within(err, "policy-signer");
    snprintf(signers.operation, sizeof signers.operation, "init");
    snprintf(signers.who, sizeof signers.who, "init");
    signers.time = now;
    return stored_signers_write(&signers, next_value(t), err) &&
           add_record(t, RECORD_SIGNERS, SIGNERS_ID, err);
}

bool new_tenant_make(struct new_tenant *t, const char *issuer,
                     const struct tenant_settings *settings, int64_t now, struct quoth_error *err)
{
    const char *name = settings->trust_model;
    enum trust_model model = MODEL_AAD;
    snprintf(t->issuer, sizeof t->issuer, "%s", issuer);
    return state_check_issuer(issuer, t->host, err) &&
           (!name || trust_model_of(bytes_of_text(name), &model, err)) &&
           add_facts(t, settings, model, now, err) && add_signers(t, settings, model, now, err) &&
           add_keys(t, now, err) && admin_token_make(now, &t->admin_token, next_value(t), err) &&
           add_record(t, KIND_ADMIN, ADMIN_TOKEN_ID, err);
}
