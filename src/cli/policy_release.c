/* quoth policy --kind release: the same verbs for the policies of keys. */
#include "cli/policy_verbs.h"

#include "base/file.h"
#include "cli/output.h"
#include "codec/json_write.h"
#include "release/check.h"
#include "release/explain.h"
#include "release/policy_signed.h"

#define CLAIMS_FILE_MAX (1u << 20)
#define POLICY_FILE_MAX (1u << 20) /* more than the reader takes: its own words are better */

bool policy_is_release(const char *kind)
{
    return kind && strcmp(kind, "release") == 0;
}

static bool open_file(const char *path, struct release_policy *ret_policy, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    return file_read(path, POLICY_FILE_MAX, &text, err) &&
           release_policy_read(buffer_bytes(&text), ret_policy, err);
}

bool policy_release_check(const char *path, struct policy_finding to[POLICY_FINDINGS_MAX],
                          size_t *ret_count, struct quoth_error *err)
{
    AUTO(release_policy) struct release_policy p = {0};
    if (!open_file(path, &p, err))
        return false;
    *ret_count = release_policy_check(&p, to);
    return true;
}

bool policy_release_hash(const struct cli *cli, const char *path, struct quoth_error *err)
{
    AUTO(release_policy) struct release_policy p = {0};
    AUTO(buffer) struct buffer out = {0};
    struct sha256 hash;
    if (!open_file(path, &p, err) || !release_policy_hash(&p, &hash, err))
        return false;
    if (!cli->json) {
        for (size_t i = 0; i < sizeof hash.bytes; i++)
            buffer_printf(&out, "%02x", hash.bytes[i]);
        buffer_text(&out, "\n");
        return output_write(&out, err);
    }
    json_object_begin(&out);
    json_named_hex(&out, "sha256", BYTES_OF(hash.bytes));
    json_object_end(&out);
    return output_json(&out, err);
}

bool policy_release_payload(const char *path, const char *name, const char *issuer, int64_t iat,
                            struct buffer *to, struct quoth_error *err)
{
    AUTO(release_policy) struct release_policy p = {0};
    return open_file(path, &p, err) &&
           policy_signed_payload(buffer_bytes(&p.text), name, issuer, iat, to, err);
}

static bool print_trace(const struct cli *cli, const struct release_policy *p,
                        const struct release_evaluation *e, struct quoth_error *err)
{
    AUTO(buffer) struct buffer out = {0};
    if (cli->json) {
        release_explain_json(&out, p, e);
        return output_json(&out, err);
    }
    release_explain_text(&out, p, e);
    if (!output_write(&out, err))
        return false;
    if (e->error.code != QUOTH_OK)
        output_error(cli, &e->error);
    return true;
}

bool policy_release_explain(struct cli *cli, const char *path, const char *claims,
                            const struct release_facts *facts, struct quoth_error *err)
{
    AUTO(release_policy) struct release_policy p = {0};
    AUTO(release_evaluation) struct release_evaluation e = {0};
    AUTO(buffer) struct buffer text = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    struct quoth_error refused = {0};
    if (!open_file(path, &p, err) || !file_read(claims, CLAIMS_FILE_MAX, &text, err) ||
        !json_parse(buffer_bytes(&text), NULL, &doc, err))
        return false;
    if (!release_evaluate(&p, json_root(&doc), facts, &e, &refused) && !e.steps) {
        *err = refused;
        return false;
    }
    cli->status = quoth_code_exit(e.error.code);
    return print_trace(cli, &p, &e, err);
}
