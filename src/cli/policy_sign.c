/* quoth policy sign: the JWS that changes a policy or the certificates that may sign one, as
 * services of Azure Attestation's kind take it (PUT and :reset of /policies/TYPE, :add and :remove
 * of /certificates); and of a release policy, that which stands for it in a vault that wants it
 * signed (release/policy_signed.h). */
#include "base/file.h"
#include "base/time.h"
#include "cli/output.h"
#include "cli/pem_file.h"
#include "cli/policy_file.h"
#include "cli/policy_verbs.h"
#include "codec/json_write.h"

const struct option_row policy_sign_options[] = {
    {0,   "FILE",                                                      OPT_FILE,   offsetof(struct policy_sign_args, file),
     "the policy; to add or remove a signer, its certificate in PEM; of a reset, none"                                                                              },
    {0,   "kind=attest|release",                                       OPT_CHOICE, offsetof(struct policy_sign_args, kind),
     "what the policy is for: attestation (attest), or the release of a key or secret"                                                                              },
    {0,   "name=keys/NAME",                                            OPT_TEXT,   offsetof(struct policy_sign_args, name),
     "with --kind release: the key or secret (secrets/NAME) whose policy it is"                                                                                     },
    {'k', "key",                                                       OPT_FILE,   offsetof(struct policy_sign_args, key),
     "the signer's private key in PEM"                                                                                                                              },
    {'c', "cert",                                                      OPT_FILE,   offsetof(struct policy_sign_args, cert),
     "the signer's certificate in PEM, then what leads to one that the service trusts"                                                                              },
    {0,   "unsigned",                                                  OPT_FLAG,   offsetof(struct policy_sign_args, is_unsigned),
     "sign with nothing: only services that trust whoever has the role take it"                                                                                     },
    {0,   "operation=set|reset|add|remove",                            OPT_CHOICE, offsetof(struct policy_sign_args, operation),
     "set or reset a policy, add or remove the certificate of a signer (set)"                                                                                       },
    {0,   "aud=ISSUER",                                                OPT_URL,    offsetof(struct policy_sign_args, aud),         "bind it to one service"         },
    {0,   "type=SgxEnclave|OpenEnclave|TdxVm|SevSnpVm|Tpm|AzureGuest", OPT_CHOICE,
     offsetof(struct policy_sign_args,                                                                               type),        "bind it to one attestation type"},
    {0,   "iat=now|TIME",                                              OPT_TEXT,   offsetof(struct policy_sign_args, iat),
     "say when it was made: an older one cannot take its place again"                                                                                               },
};

static bool usage(const char *where, const char *what, struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_USAGE, where, QUOTH_NO_OFFSET, "%s", what);
}

static bool is(const struct policy_sign_args *a, const char *operation)
{
    return strcmp(a->operation ? a->operation : "set", operation) == 0;
}

static bool names_something(const char *name)
{
    return name && (strncmp(name, "keys/", 5) == 0 || strncmp(name, "secrets/", 8) == 0) &&
           strchr(name, '/')[1] != '\0' && !strchr(strchr(name, '/') + 1, '/');
}

static bool check_kind(const struct policy_sign_args *a, struct quoth_error *err)
{
    if (!policy_is_release(a->kind))
        return !a->name || usage("--name", "is for --kind release", err);
    if (!names_something(a->name))
        return usage("--name", "says whose release policy it is: keys/NAME or secrets/NAME", err);
    return (!a->operation && !a->type) ||
           usage("--kind", "release policies have neither --operation nor --type", err);
}

static bool check_args(const struct policy_sign_args *a, struct quoth_error *err)
{
    if (!check_kind(a, err))
        return false;
    if (is(a, "reset") ? a->file != NULL : a->file == NULL)
        return usage("FILE",
                     is(a, "reset") ? "is one too many: a reset has no policy"
                     : is(a, "add") || is(a, "remove")
                         ? "is missing: the certificate to add or remove"
                         : "is missing: the policy to sign",
                     err);
    if (a->is_unsigned ? a->key || a->cert : !a->key || !a->cert)
        return usage("--key", "sign with --key and --cert, or with --unsigned", err);
    if (a->type && (is(a, "add") || is(a, "remove")))
        return usage("--type", "means nothing here: signers sign policies of every type", err);
    return true;
}

/* What the payload says of itself. The operation is said where anything is: a bare reset stays an
 * empty payload, which every service understands. */
static bool bind(const struct policy_sign_args *a, struct policy_binding *b,
                 struct quoth_error *err)
{
    b->has_aud = a->aud != NULL;
    b->has_type = a->type != NULL;
    b->has_iat = a->iat != NULL;
    b->has_operation = a->aud || a->type || a->iat;
    buffer_text(&b->aud, a->aud ? a->aud : "");
    buffer_text(&b->type, a->type ? a->type : "");
    buffer_text(&b->operation, a->operation ? a->operation : "set");
    if (a->iat && strcmp(a->iat, "now") == 0)
        b->iat = time_now();
    else if (a->iat && !time_parse_rfc3339(bytes_of_text(a->iat), &b->iat, err))
        return quoth_within(err, "--iat");
    return buffer_ok(&b->aud, err) && buffer_ok(&b->type, err) && buffer_ok(&b->operation, err);
}

static bool write_certificate(const char *path, const struct policy_binding *b,
                              struct buffer *payload, struct quoth_error *err)
{
    AUTO(pem_chain) struct pem_chain chain = {0};
    if (!pem_chain_read(path, &chain, err))
        return false;
    if (chain.count > 1)
        return usage(path, "holds several certificates: which is it?", err);
    return policy_jws_certificate_payload(buffer_bytes(&chain.der[0]), b, payload, err);
}

static bool write_policy(const char *path, const struct policy_binding *b, struct buffer *payload,
                         struct quoth_error *err)
{
    AUTO(policy_file) struct policy_file f = {0};
    AUTO(policy) struct policy *policy = NULL;
    return policy_file_read(path, &f, err) &&
           policy_open(buffer_bytes(&f.text), &policy, NULL, err) &&
           policy_jws_payload(buffer_bytes(&f.text), b, payload, err);
}

static bool write_payload(const struct policy_sign_args *a, struct buffer *payload,
                          struct quoth_error *err)
{
    AUTO(policy_binding) struct policy_binding binding = {0};
    if (!bind(a, &binding, err))
        return false;
    const struct policy_binding *b = binding.has_operation ? &binding : NULL;
    if (policy_is_release(a->kind))
        return policy_release_payload(a->file, a->name, a->aud, binding.iat, payload, err);
    if (is(a, "add") || is(a, "remove"))
        return write_certificate(a->file, b, payload, err);
    return a->file ? write_policy(a->file, b, payload, err)
                   : policy_jws_payload((struct bytes){0}, b, payload, err);
}

static bool sign(const struct policy_sign_args *a, struct bytes payload, struct buffer *to,
                 struct quoth_error *err)
{
    AUTO(private_key) struct private_key *key = NULL;
    AUTO(pem_chain) struct pem_chain chain = {0};
    AUTO(x509_cert) struct x509_cert *first = NULL;
    struct bytes der[JWS_CHAIN_MAX];
    if (a->is_unsigned)
        return jws_write(payload, NULL, NULL, 0, to, err);
    if (!pem_key_read(a->key, &key, err) || !pem_chain_read(a->cert, &chain, err) ||
        !x509_cert_from_der(buffer_bytes(&chain.der[0]), &first, err))
        return false;
    if (!x509_cert_matches(first, key))
        return usage("--cert", "begins with a certificate of another key than --key", err);
    for (size_t i = 0; i < chain.count; i++)
        der[i] = buffer_bytes(&chain.der[i]);
    return jws_write(payload, key, der, chain.count, to, err);
}

bool policy_sign_run(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct policy_sign_args *a = args;
    AUTO(buffer) struct buffer payload = {0}, token = {0}, out = {0};
    if (!check_args(a, err) || !write_payload(a, &payload, err) ||
        !sign(a, buffer_bytes(&payload), &token, err))
        return false;
    if (!cli->json) {
        buffer_u8(&token, '\n');
        return buffer_ok(&token, err) && output_write(&token, err);
    }
    json_object_begin(&out);
    json_named_string(&out, "jws", buffer_bytes(&token));
    json_object_end(&out);
    return output_json(&out, err);
}
