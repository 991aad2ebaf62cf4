/* quoth audit: is a trail whole, from its first line to what a checkpoint was signed over? */
#include "audit/checkpoint.h"
#include "base/file.h"
#include "cli/nouns.h"
#include "cli/output.h"
#include "cli/sheet.h"
#include "relying/issuer_keys.h"

struct verify_args {
    struct option_list files;
    const char *checkpoint, *verifier, *ca, *keys;
};

#define AT(member) offsetof(struct verify_args, member)

static const struct option_row verify_options[] = {
    {0, "FILE",       OPT_LIST | OPT_REQUIRED, AT(files),      "the files of one trail, the oldest first"           },
    {0, "checkpoint", OPT_FILE,                AT(checkpoint), "answer of GET /audit/checkpoint, or its token"      },
    {0, "verifier",   OPT_URL,                 AT(verifier),
     "who must have signed the checkpoint, as it names itself"                                                      },
    {0, "ca",         OPT_FILE,                AT(ca),         "PEM of the CA of its TLS certificate (the system's)"},
    {0, "keys",       OPT_FILE,                AT(keys),       "its key set as a file, instead of asking for it"    },
};

static bool check_issuer(const struct token *t, const char *verifier, struct quoth_error *err)
{
    struct json iss;
    return (json_member(json_root(&t->payload), "iss", &iss) && json_text_is(iss, verifier)) ||
           quoth_fail(err, QUOTH_TOKEN_ISSUER, "checkpoint.iss", QUOTH_NO_OFFSET, "is not \"%s\"",
                      verifier);
}

static bool open_keys(const struct verify_args *a, struct issuer_keys **ret_keys,
                      struct quoth_error *err)
{
    if (!a->verifier)
        return quoth_fail(err, QUOTH_USAGE, "--verifier", QUOTH_NO_OFFSET,
                          "is missing: a checkpoint is worth as much as who has signed it");
    return a->keys ? issuer_keys_open_file(a->verifier, a->keys, ret_keys, err)
                   : issuer_keys_open(a->verifier, a->ca, 0, ret_keys, err);
}

static bool read_checkpoints(const struct verify_args *a,
                             struct audit_checkpoint ret_list[CHECKPOINTS_MAX], size_t *ret_count,
                             struct quoth_error *err)
{
    AUTO(issuer_keys) struct issuer_keys *keys = NULL;
    AUTO(buffer) struct buffer text = {0}, compact = {0};
    AUTO(token) struct token t = {0};
    const struct public_key *key = NULL;
    return open_keys(a, &keys, err) && file_read(a->checkpoint, CHECKPOINT_FILE_MAX, &text, err) &&
           checkpoint_token(buffer_bytes(&text), &compact, err) &&
           token_read(buffer_bytes(&compact), &t, err) &&
           issuer_keys_find(keys, t.kid, &key, err) && token_signed_by(&t, key, err) &&
           check_issuer(&t, a->verifier, err) &&
           checkpoints_read(json_root(&t.payload), ret_list, ret_count, err);
}

static bool print(struct cli *cli, const struct audit_report *r, bool with_checkpoint,
                  struct quoth_error *err)
{
    AUTO(sheet) struct sheet s = sheet_for(cli);
    if (cli->json)
        sheet_cstring(&s, "verdict", "accepted");
    else
        buffer_printf(&s.out, "%saccepted%s\n", output_color(cli, COLOR_GOOD),
                      output_color(cli, COLOR_PLAIN));
    sheet_cstring(&s, "stream", r->stream);
    sheet_cstring(&s, "id", r->last.id);
    sheet_uint(&s, "firstLine", r->first);
    sheet_uint(&s, "lastLine", r->last.head.count);
    sheet_hex(&s, "head", BYTES_OF(r->last.head.hash.bytes));
    sheet_uint(&s, "linesLost", r->lost);
    sheet_uint(&s, "linesTorn", r->torn);
    sheet_bool(&s, "checkpoint", with_checkpoint);
    return sheet_print(&s, err);
}

static bool verify(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct verify_args *a = args;
    struct audit_checkpoint checkpoints[CHECKPOINTS_MAX];
    struct audit_report report;
    size_t count = 0;
    if (!a->checkpoint && (a->keys || a->ca))
        return quoth_fail(err, QUOTH_USAGE, "--checkpoint", QUOTH_NO_OFFSET,
                          "is missing: there is nothing to check with keys");
    if (a->checkpoint && !read_checkpoints(a, checkpoints, &count, err))
        return false;
    return audit_verify(a->files.items, a->files.count, checkpoints, count, &report, err) &&
           print(cli, &report, count > 0, err);
}

static const struct cli_verb verbs[] = {
    {"verify",
     "tell whether nothing was changed in a trail, or taken out", sizeof(struct verify_args),
     verify, {CLI_OPTIONS(verify_options, 0)}},
};

const struct cli_noun cli_audit = {"audit", "what a verifier has written down", verbs,
                                   COUNT(verbs)};
