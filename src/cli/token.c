/* quoth token: asks a verifier for a token, looks into one, and checks one as a relying party does.
 */
#include <quoth/attester.h>
#include <quoth/relying.h>

#include "attester/attester.h"
#include "base/file.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/evidence_file.h"
#include "cli/nouns.h"
#include "cli/output.h"
#include "cli/sheet.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "codec/json_write.h"
#include "token/token.h"
#include "verifier/verifier.h"

DEFINE_AUTO(attester, struct quoth_attester *, quoth_attester_close)
DEFINE_AUTO(relying, struct quoth_relying *, quoth_relying_close)
DEFINE_AUTO_VALUE(verified, struct quoth_verified, quoth_verified_clear)

/* --- get --- */

struct get_args {
    const char *verifier, *ca, *runtime_data, *type, *evidence, *attester, *nonce;
};

static const struct option_row get_options[] = {
    {0,   "verifier",                      OPT_URL | OPT_REQUIRED, offsetof(struct get_args, verifier),     "whom to ask"},
    {0,   "ca",                            OPT_FILE,               offsetof(struct get_args, ca),
     "PEM of the CA of its TLS certificate (the system's)"                                                               },
    {'r', "runtime-data",                  OPT_FILE,               offsetof(struct get_args, runtime_data),
     "data that the evidence binds by its hash"                                                                          },
    {0,   "runtime-data-type=binary|json", OPT_CHOICE,             offsetof(struct get_args, type),
     "what that data is (binary)"                                                                                        },
    {0,   "evidence",                      OPT_FILE,               offsetof(struct get_args, evidence),
     "evidence that was made before; without it, that of this program"                                                   },
    {0,   "attester=NAME",                 OPT_TEXT,               offsetof(struct get_args, attester),
     "gramine or tdx, and no other; without it, what is found"                                                           },
    {0,   "nonce=TEXT",                    OPT_TEXT,               offsetof(struct get_args, nonce),
     "copied into the token; it says nothing about the evidence"                                                         },
};

static bool get_token(const struct get_args *a, const struct quoth_token_request *request,
                      char **ret_token, struct quoth_error *err)
{
    AUTO(attester) struct quoth_attester *attester = NULL;
    AUTO(buffer) struct buffer evidence = {0};
    if (a->evidence)
        return evidence_file_read(a->evidence, &evidence, err) &&
               attester_post(buffer_bytes(&evidence), request, NULL, ret_token, err);
    return quoth_attester_open(a->attester, &attester, err) &&
           quoth_attester_token(attester, request, ret_token, err);
}

static bool get(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct get_args *a = args;
    AUTO(buffer) struct buffer data = {0}, out = {0};
    AUTO(text) char *token = NULL;
    if (a->runtime_data && !file_read(a->runtime_data, HELD_DATA_MAX, &data, err))
        return false;
    if (!a->runtime_data && !a->evidence)
        return quoth_fail(err, QUOTH_USAGE, "--runtime-data", QUOTH_NO_OFFSET,
                          "is missing: evidence is made over data, such as a certificate");
    const bool json = a->type && strcmp(a->type, "json") == 0;
    const struct quoth_token_request request = {
        .verifier = a->verifier,
        .ca_file = a->ca,
        .data_type = json ? QUOTH_DATA_JSON : QUOTH_DATA_BINARY,
        .data = a->runtime_data ? (data.data ? data.data : (const uint8_t *)"") : NULL,
        .data_len = data.len,
        .nonce = a->nonce};
    if (!get_token(a, &request, &token, err))
        return false;
    if (!cli->json) {
        buffer_printf(&out, "%s\n", token);
        return output_write(&out, err);
    }
    json_object_begin(&out);
    json_named_cstring(&out, "token", token);
    json_object_end(&out);
    return output_json(&out, err);
}

/* --- show --- */

static bool read_text(const char *path, struct buffer *ret_text, struct quoth_error *err)
{
    if (!file_read(path, TOKEN_MAX + 2, ret_text, err))
        return false;
    while (ret_text->len > 0 &&
           (ret_text->data[ret_text->len - 1] == '\n' || ret_text->data[ret_text->len - 1] == '\r'))
        ret_text->len--; /* editors and shells end files so */
    return true;
}

struct show_args {
    const char *file;
};

static const struct option_row show_options[] = {
    {0, "FILE", OPT_FILE | OPT_REQUIRED, offsetof(struct show_args, file), "a compact token"},
};

static bool is_time(const char *name)
{
    return strcmp(name, "exp") == 0 || strcmp(name, "iat") == 0 || strcmp(name, "nbf") == 0;
}

/* A member for people: times as dates, texts as they are, the rest as JSON. */
static void show_member(struct sheet *s, const char *name, struct json value)
{
    char title[64];
    int64_t time = 0;
    struct quoth_error ignored = {0};
    AUTO(buffer) struct buffer text = {0};
    text_escape(title, sizeof title, bytes_of_text(name));
    if (is_time(name) && json_get_int(value, 0, INT64_MAX, &time, &ignored)) {
        sheet_time(s, title, time);
        return;
    }
    if (json_type(value) == JSON_STRING)
        json_text(value, &text);
    else
        json_write_canonical(value, &text);
    sheet_text(s, title, buffer_bytes(&text));
}

static bool show_part(struct sheet *s, const char *title, struct json object,
                      struct quoth_error *err)
{
    if (s->json) {
        json_name(&s->out, title);
        json_write_canonical(object, &s->out);
        return true;
    }
    sheet_begin(s, title);
    for (struct json v = json_first(object); json_exists(v); v = json_next(v)) {
        AUTO(buffer) struct buffer name = {0};
        json_text(json_member_name(v), &name);
        AUTO(text) char *text = buffer_take_text(&name, err);
        if (!text)
            return false;
        show_member(s, text, v);
    }
    sheet_end(s);
    return true;
}

static bool show(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct show_args *a = args;
    AUTO(buffer) struct buffer text = {0};
    AUTO(token) struct token t = {0};
    AUTO(sheet) struct sheet s = sheet_for(cli);
    if (!read_text(a->file, &text, err) || !token_read(buffer_bytes(&text), &t, err))
        return false;
    if (!show_part(&s, "header", json_root(&t.header), err) ||
        !show_part(&s, "payload", json_root(&t.payload), err))
        return false;
    sheet_uint(&s, "signatureBytes", t.signature.len);
    sheet_bool(&s, "verified", false); /* nothing was: that is another verb */
    return sheet_print(&s, err);
}

/* --- verify --- */

struct verify_args {
    const char *file, *verifier, *ca, *keys;
    const char *signer_id, *unique_id, *nonce, *policy_hash, *policy_signer, *statuses;
    struct option_uint product_id, security_version, max_age;
    struct option_time at;
    bool allow_debug, allow_simulated;
};

#define AT(member) offsetof(struct verify_args, member)

static const struct option_row verify_options[] = {
    {0,   "FILE",                 OPT_FILE | OPT_REQUIRED, AT(file),             "a compact token"                                    },
    {0,   "verifier",             OPT_URL | OPT_REQUIRED,  AT(verifier),
     "whose token it must be, as it names itself in iss"                                                                              },
    {0,   "ca",                   OPT_FILE,                AT(ca),               "PEM of the CA of its TLS certificate (the system's)"},
    {0,   "keys",                 OPT_FILE,                AT(keys),             "its key set as a file, instead of asking for it"    },
    {'t', "at",                   OPT_TIME,                AT(at),               "judge as of this moment; without it, now"           },
    {'s', "signer-id=HEX",        OPT_TEXT,                AT(signer_id),        "who must have signed the program"                   },
    {'u', "unique-id=HEX",        OPT_TEXT,                AT(unique_id),        "exactly this build of it"                           },
    {0,   "product-id",           OPT_UINT,                AT(product_id),       "its product id"                                     },
    {0,   "security-version",     OPT_UINT,                AT(security_version), "at least this one"                                  },
    {0,   "nonce=BASE64URL",      OPT_TEXT,                AT(nonce),            "the challenge that the hashed data must carry"      },
    {0,   "policy-hash=TEXT",     OPT_TEXT,                AT(policy_hash),      "of the policy that must have judged"                },
    {0,   "policy-signer=SHA256", OPT_TEXT,                AT(policy_signer),
     "certificate that must have signed the policy"                                                                                   },
    {0,   "accept-status=LIST",   OPT_TEXT,                AT(statuses),
     "TCB statuses that pass (those the verifier accepts)"                                                                            },
    {0,   "max-age=SECONDS",      OPT_UINT,                AT(max_age),          "since it was issued"                                },
    {0,   "allow-debug",          OPT_FLAG,                AT(allow_debug),      "accept a debug TEE"                                 },
    {0,   "allow-simulated",      OPT_FLAG,                AT(allow_simulated),
     "accept a simulated TEE: it protects nothing"                                                                                    },
};

/* What the options expect, and the bytes that it points at. */
struct expectation {
    struct quoth_expected is;
    uint8_t signer_id[32], unique_id[32], policy_signer[32];
    struct buffer nonce;
};

static void expectation_clear(struct expectation *e)
{
    buffer_clear(&e->nonce);
}

DEFINE_AUTO_VALUE(expectation, struct expectation, expectation_clear)

static bool read_id(const char *option, const char *text, uint8_t to[32], const uint8_t **ret_id,
                    struct quoth_error *err)
{
    struct quoth_error inner = {0};
    if (!text)
        return true;
    if (!hex_decode_fixed(bytes_of_text(text), to, 32, &inner))
        return quoth_fail(err, QUOTH_USAGE, option, QUOTH_NO_OFFSET, "%s", inner.message);
    *ret_id = to;
    return true;
}

static bool read_nonce(const char *text, struct expectation *e, struct quoth_error *err)
{
    struct quoth_error inner = {0};
    if (!text)
        return true;
    if (!base64url_decode(bytes_of_text(text), &e->nonce, &inner))
        return quoth_fail(err, QUOTH_USAGE, "--nonce", inner.offset, "%s", inner.message);
    e->is.nonce = e->nonce.data;
    e->is.nonce_len = e->nonce.len;
    return true;
}

static bool read_u16(const char *option, const struct option_uint *from, uint16_t *to,
                     struct quoth_error *err)
{
    if (from->given && from->value > UINT16_MAX)
        return quoth_fail(err, QUOTH_USAGE, option, QUOTH_NO_OFFSET, "is a number up to 65535");
    *to = (uint16_t)from->value;
    return true;
}

static bool expectation_from(const struct verify_args *a, struct expectation *e,
                             struct quoth_error *err)
{
    e->is.has_product_id = a->product_id.given;
    e->is.policy_hash = a->policy_hash;
    e->is.tcb_statuses = a->statuses;
    e->is.allow_debug = a->allow_debug;
    e->is.max_age = a->max_age.value > INT32_MAX ? INT32_MAX : (int64_t)a->max_age.value;
    return read_id("--signer-id", a->signer_id, e->signer_id, &e->is.signer_id, err) &&
           read_id("--unique-id", a->unique_id, e->unique_id, &e->is.unique_id, err) &&
           read_id("--policy-signer", a->policy_signer, e->policy_signer, &e->is.policy_signer,
                   err) &&
           read_u16("--product-id", &a->product_id, &e->is.product_id, err) &&
           read_u16("--security-version", &a->security_version, &e->is.security_version, err) &&
           read_nonce(a->nonce, e, err);
}

/* Without an identity to compare, the program is whoever it says it is; the rest is still checked.
 */
static bool check(const struct quoth_verified *v, const struct quoth_expected *expected,
                  int64_t now, struct quoth_error *err)
{
    struct quoth_expected e = *expected;
    if (!e.signer_id && !e.unique_id)
        e.unique_id = v->unique_id;
    return quoth_relying_check(v, &e, now, err);
}

static const char *verdict_name(const struct quoth_error *why)
{
    static const char *const names[] = {"accepted", "refused", "refused", "unavailable",
                                        "malformed"};
    const int status = quoth_code_exit(why->code);
    return names[status >= 0 && status < (int)COUNT(names) ? status : 1];
}

static void write_json(struct buffer *to, const struct token *t, const struct quoth_verified *v,
                       int64_t now, const struct quoth_error *why)
{
    const bool accepted = why->code == QUOTH_OK;
    json_object_begin(to);
    json_named_cstring(to, "verdict", verdict_name(why));
    json_named_time(to, "time", now);
    json_named_bool(to, "simulated", v->simulated || why->code == QUOTH_TOKEN_SIMULATED);
    json_name(to, accepted ? "claims" : "unverified");
    if (t->payload.count > 0)
        json_write_canonical(json_root(&t->payload), to);
    else
        json_raw(to, BYTES_LITERAL("{}"));
    if (!accepted) {
        json_name(to, "error");
        json_error(to, why);
    }
    json_object_end(to);
}

static void show_facts(const struct cli *cli, const struct quoth_verified *v,
                       const struct expectation *e, struct sheet *s)
{
    buffer_printf(&s->out, "%saccepted%s\n", output_color(cli, COLOR_GOOD),
                  output_color(cli, COLOR_PLAIN));
    sheet_cstring(s, "attestation type", v->attestation_type);
    sheet_hex(s, "unique id", BYTES_OF(v->unique_id));
    sheet_hex(s, "signer id", BYTES_OF(v->signer_id));
    if (!e->is.signer_id && !e->is.unique_id)
        sheet_cstring(s, "", "(compared with nothing: give --signer-id or --unique-id)");
    sheet_uint(s, "product id", v->product_id);
    sheet_uint(s, "security version", v->security_version);
    sheet_bool(s, "debug", v->debug);
    sheet_bool(s, "simulated", v->simulated);
    if (v->tcb_status[0])
        sheet_cstring(s, "TCB status", v->tcb_status);
    sheet_time(s, "issued", v->issued_at);
    sheet_time(s, "expires", v->expires_at);
    if (v->held_data)
        sheet_cstring(s, "held data", v->held_json ? "JSON" : "Binary");
    if (v->certificate)
        sheet_uint(s, "certificate, bytes", v->certificate_len);
}

static bool print_outcome(struct cli *cli, const struct token *t, const struct quoth_verified *v,
                          const struct expectation *e, int64_t now, const struct quoth_error *why,
                          struct quoth_error *err)
{
    AUTO(sheet) struct sheet s = {0};
    AUTO(buffer) struct buffer json = {0};
    cli->status = quoth_code_exit(why->code);
    if (cli->json) {
        write_json(&json, t, v, now, why);
        return output_json(&json, err);
    }
    if (why->code != QUOTH_OK) {
        output_error(cli, why);
        return true;
    }
    show_facts(cli, v, e, &s);
    return sheet_print(&s, err);
}

static bool verify(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct verify_args *a = args;
    const int64_t now = a->at.given ? a->at.value : time_now();
    const struct quoth_relying_options options = {.verifier = a->verifier,
                                                  .ca_file = a->ca,
                                                  .keys_file = a->keys,
                                                  .allow_simulated = a->allow_simulated};
    AUTO(relying) struct quoth_relying *relying = NULL;
    AUTO(expectation) struct expectation expected = {0};
    AUTO(verified) struct quoth_verified v = {0};
    AUTO(buffer) struct buffer text = {0};
    AUTO(token) struct token t = {0};
    struct quoth_error why = {0};
    if (!expectation_from(a, &expected, err) || !quoth_relying_open(&options, &relying, err) ||
        !read_text(a->file, &text, err))
        return false;
    if (token_read(buffer_bytes(&text), &t, &why) &&
        quoth_relying_verify(relying, (const char *)text.data, text.len, now, &v, &why))
        (void)check(&v, &expected.is, now, &why);
    return print_outcome(cli, &t, &v, &expected, now, &why, err);
}

static const struct cli_verb verbs[] = {
    {"get",
     "ask a verifier for a token about this program", sizeof(struct get_args),
     get,    {CLI_OPTIONS(get_options, 0)}   },
    {"show",
     "tell what a token says, without checking it",   sizeof(struct show_args),
     show,   {CLI_OPTIONS(show_options, 0)}  },
    {"verify",
     "check a token as a relying party must",         sizeof(struct verify_args),
     verify, {CLI_OPTIONS(verify_options, 0)}},
};

const struct cli_noun cli_token = {"token", "what a verifier says of evidence", verbs,
                                   COUNT(verbs)};
