/* quoth issuer: the keys that sign a verifier's tokens. */
#include "base/text.h"
#include "cli/admin_client.h"
#include "cli/nouns.h"
#include "cli/output.h"
#include "codec/json_write.h"

struct keys_args {
    struct admin_args admin;
};

struct rotate_args {
    const char *distrust;
    struct admin_args admin;
};

static const struct option_row rotate_options[] = {
    {0, "distrust=KID", OPT_TEXT, offsetof(struct rotate_args, distrust),
     "show this key no more, from now on: no token of it is valid any longer"},
};

static void member_text(struct json object, const char *name, char to[64])
{
    struct json member = {0};
    AUTO(buffer) struct buffer text = {0};
    (void)json_member(object, name, &member);
    json_text(member, &text);
    text_escape(to, 64, buffer_bytes(&text));
}

static bool print_keys(const struct cli *cli, const struct buffer *answer, struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(buffer) struct buffer out = {0};
    struct json keys;
    if (!json_parse(buffer_bytes(answer), NULL, &doc, err) ||
        !json_need_array(json_root(&doc), "keys", &keys, err))
        return quoth_within(err, "verifier");
    if (cli->json) {
        json_write_canonical(json_root(&doc), &out);
        return output_json(&out, err);
    }
    for (struct json k = json_first(keys); json_exists(k); k = json_next(k)) {
        char kid[64], state[64], from[64], until[64];
        member_text(k, "kid", kid);
        member_text(k, "state", state);
        member_text(k, "signsFrom", from);
        member_text(k, "shownUntil", until);
        buffer_printf(&out, "%s  %-11s signs from %s%s%s\n", kid, state, from,
                      until[0] ? ", shown until " : "", until);
    }
    return output_write(&out, err);
}

static bool keys(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct keys_args *a = args;
    const struct admin_request request = {.method = "GET", .path = "/signing-keys"};
    AUTO(buffer) struct buffer answer = {0};
    return admin_ask(&a->admin, &request, &answer, err) && print_keys(cli, &answer, err);
}

static bool rotate(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct rotate_args *a = args;
    AUTO(buffer) struct buffer body = {0}, answer = {0};
    json_object_begin(&body);
    if (a->distrust) {
        json_named_cstring(&body, "distrust", a->distrust);
    }
    json_object_end(&body);
    const struct admin_request request = {.method = "POST",
                                          .path = "/signing-keys:rotate",
                                          .content_type = "application/json",
                                          .body = buffer_bytes(&body)};
    return buffer_ok(&body, err) && admin_ask(&a->admin, &request, &answer, err) &&
           print_keys(cli, &answer, err);
}

static const struct cli_verb verbs[] = {
    {"keys",
     "list the keys that sign tokens, and when they do",                      sizeof(struct keys_args),
     keys,   {CLI_OPTIONS(admin_options, offsetof(struct keys_args, admin))}      },
    {"rotate",
     "make a new signing key: it is shown first, and signs when all know it", sizeof(struct rotate_args),
     rotate, {CLI_OPTIONS(rotate_options, 0),
      CLI_OPTIONS(admin_options, offsetof(struct rotate_args, admin))}},
};

const struct cli_noun cli_issuer = {"issuer", "a verifier's keys, administered from here", verbs,
                                    COUNT(verbs)};
