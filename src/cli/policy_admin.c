/* quoth policy get, set, reset, history and rollback: policies of a verifier, administered from
 * here. */
#include "cli/policy_admin.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/admin_client.h"
#include "cli/output.h"
#include "cli/policy_file.h"
#include "codec/json_write.h"

#include <stdio.h>

#define TYPE_ROW                                                                                   \
    {                                                                                              \
        't', "type=SgxEnclave|OpenEnclave|TdxVm|SevSnpVm|Tpm|AzureGuest",                          \
            OPT_CHOICE | OPT_REQUIRED, offsetof(struct policy_admin_args, type),                   \
            "the attestation type whose policy it is"                                              \
    }

const struct option_row policy_get_options[] = {
    TYPE_ROW,
    {0, "jws", OPT_FLAG, offsetof(struct policy_admin_args, jws),
      "give the JWS, as it was uploaded"},
};

const struct option_row policy_set_options[] = {
    {0, "FILE", OPT_FILE | OPT_REQUIRED, offsetof(struct policy_admin_args, file),
     "the policy; or a JWS of it, as quoth policy sign makes them"},
    TYPE_ROW,
};

const struct option_row policy_reset_options[] = {
    {0, "FILE", OPT_FILE, offsetof(struct policy_admin_args, file),
     "a signed reset, where the verifier wants one (quoth policy sign --operation reset)"},
    TYPE_ROW,
};

const struct option_row policy_history_options[] = {TYPE_ROW};

const struct option_row policy_rollback_options[] = {
    TYPE_ROW,
    {0, "version=N", OPT_UINT | OPT_REQUIRED, offsetof(struct policy_admin_args, version),
      "which of the history to set again"},
};

static bool ask(const struct policy_admin_args *a, const char *method, const char *verb,
                const char *content_type, struct bytes body, struct buffer *ret_answer,
                struct quoth_error *err)
{
    char path[64];
    snprintf(path, sizeof path, "/policies/%s%s", a->type, verb);
    const struct admin_request request = {
        .method = method, .path = path, .content_type = content_type, .body = body};
    return admin_ask(&a->admin, &request, ret_answer, err);
}

/* ---- get */

static bool print_policy(const struct cli *cli, const struct policy_admin_args *a, struct bytes jws,
                         struct quoth_error *err)
{
    AUTO(jws) struct jws parts = {0};
    AUTO(policy_binding) struct policy_binding binding = {0};
    AUTO(buffer) struct buffer text = {0}, out = {0};
    if (!jws_read(jws, &parts, err) || !policy_jws_text(&parts, &text, &binding, err))
        return quoth_within(err, "verifier");
    if (cli->json) {
        json_object_begin(&out);
        json_named_string(&out, "policy", buffer_bytes(&text));
        json_named_string(&out, "jws", jws);
        json_object_end(&out);
        return output_json(&out, err);
    }
    buffer_add(&out, a->jws ? jws : buffer_bytes(&text));
    if (a->jws)
        buffer_u8(&out, '\n');
    return output_write(&out, err);
}

bool policy_get_run(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct policy_admin_args *a = args;
    AUTO(buffer) struct buffer answer = {0}, claims = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    struct bytes jws;
    return ask(a, "GET", "", NULL, (struct bytes){0}, &answer, err) &&
           admin_result(buffer_bytes(&answer), &claims, err) &&
           json_parse(buffer_bytes(&claims), NULL, &doc, err) &&
           json_need_plain(json_root(&doc), "x-ms-policy", &jws, err) &&
           print_policy(cli, a, jws, err);
}

/* ---- changes */

/* What the verifier says it has done; of a set, also that it is what was sent. */
static bool print_result(const struct cli *cli, const struct buffer *answer, const char *sent_hash,
                         struct quoth_error *err)
{
    AUTO(buffer) struct buffer claims = {0}, out = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    struct bytes result, hash;
    if (!admin_result(buffer_bytes(answer), &claims, err) ||
        !json_parse(buffer_bytes(&claims), NULL, &doc, err) ||
        !json_need_plain(json_root(&doc), "x-ms-policy-result", &result, err))
        return quoth_within(err, "verifier");
    if (sent_hash && !json_need_plain(json_root(&doc), "x-ms-policy-token-hash", &hash, err))
        return quoth_within(err, "verifier");
    if (sent_hash && !bytes_equal(hash, bytes_of_text(sent_hash)))
        return quoth_mismatch(err, QUOTH_HTTP_ANSWER, "verifier.x-ms-policy-token-hash",
                              QUOTH_NO_OFFSET, "the hash of another policy", sent_hash);
    if (cli->json) {
        json_write_canonical(json_root(&doc), &out);
        return output_json(&out, err);
    }
    char shown[64];
    buffer_printf(&out, "%s\n", text_escape(shown, sizeof shown, result));
    return output_write(&out, err);
}

/* A JWS as it is, or the text unsigned. */
static bool take_jws(const char *path, struct buffer *ret_jws, struct quoth_error *err)
{
    AUTO(policy_file) struct policy_file f = {0};
    AUTO(buffer) struct buffer payload = {0};
    if (!policy_file_read(path, &f, err))
        return false;
    if (f.token.len > 0) {
        buffer_add(ret_jws, buffer_bytes(&f.token));
        return buffer_ok(ret_jws, err);
    }
    return policy_jws_payload(buffer_bytes(&f.text), NULL, &payload, err) &&
           jws_write(buffer_bytes(&payload), NULL, NULL, 0, ret_jws, err);
}

bool policy_set_run(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct policy_admin_args *a = args;
    AUTO(buffer) struct buffer jws = {0}, answer = {0};
    char hash[POLICY_HASH_SIZE];
    return take_jws(a->file, &jws, err) && policy_token_hash(buffer_bytes(&jws), hash, err) &&
           ask(a, "PUT", "", "text/plain", buffer_bytes(&jws), &answer, err) &&
           print_result(cli, &answer, hash, err);
}

bool policy_reset_run(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct policy_admin_args *a = args;
    AUTO(buffer) struct buffer jws = {0}, answer = {0};
    if (a->file ? !file_read(a->file, JWS_MAX, &jws, err)
                : !jws_write((struct bytes){0}, NULL, NULL, 0, &jws, err))
        return false;
    return ask(a, "POST", ":reset", "text/plain", buffer_bytes(&jws), &answer, err) &&
           print_result(cli, &answer, NULL, err);
}

bool policy_rollback_run(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct policy_admin_args *a = args;
    AUTO(buffer) struct buffer body = {0}, answer = {0};
    json_object_begin(&body);
    json_named_uint(&body, "version", a->version.value);
    json_object_end(&body);
    return buffer_ok(&body, err) &&
           ask(a, "POST", ":rollback", "application/json", buffer_bytes(&body), &answer, err) &&
           print_result(cli, &answer, NULL, err);
}

/* ---- history */

static void write_version(struct json version, struct buffer *to)
{
    static const char *const names[] = {"version", "time", "operation", "who", "policyHash"};
    for (size_t i = 0; i < COUNT(names); i++) {
        AUTO(buffer) struct buffer text = {0};
        struct json member = {0};
        char shown[200];
        (void)json_member(version, names[i], &member);
        if (json_type(member) == JSON_NUMBER)
            buffer_add(&text, json_span(member));
        else
            json_text(member, &text);
        buffer_printf(to, "%s%s", i ? "  " : "",
                      text_escape(shown, sizeof shown, buffer_bytes(&text)));
    }
    buffer_text(to, "\n");
}

bool policy_history_run(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct policy_admin_args *a = args;
    AUTO(buffer) struct buffer answer = {0}, out = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    struct json versions;
    if (!ask(a, "GET", "/versions", NULL, (struct bytes){0}, &answer, err) ||
        !json_parse(buffer_bytes(&answer), NULL, &doc, err) ||
        !json_need_array(json_root(&doc), "versions", &versions, err))
        return false;
    if (cli->json) {
        json_write_canonical(json_root(&doc), &out);
        return output_json(&out, err);
    }
    for (struct json v = json_first(versions); json_exists(v); v = json_next(v))
        write_version(v, &out);
    return output_write(&out, err);
}
