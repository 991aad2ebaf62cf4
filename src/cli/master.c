/* quoth master: the keyring that a verifier seals everything with. */
#include "base/text.h"
#include "cli/admin_client.h"
#include "cli/nouns.h"
#include "cli/output.h"
#include "codec/json_write.h"

struct show_args {
    struct admin_args admin;
};

struct remove_args {
    const char *slot;
    struct admin_args admin;
};

static const struct option_row remove_options[] = {
    {0, "slot=NAME", OPT_TEXT, offsetof(struct remove_args, slot),
     "the slot, as quoth master show names it"},
};

static void member_text(struct json object, const char *name, char to[96])
{
    struct json member = {0};
    AUTO(buffer) struct buffer text = {0};
    (void)json_member(object, name, &member);
    json_text(member, &text);
    text_escape(to, 96, buffer_bytes(&text));
}

static void print_list(struct json list, const char *what, struct buffer *out)
{
    for (struct json i = json_first(list); json_exists(i); i = json_next(i)) {
        char created[96], name[96];
        struct json number = {0};
        member_text(i, "created", created);
        member_text(i, "name", name);
        if (json_member(i, "number", &number))
            buffer_printf(out, "%s %.*s  since %s\n", what, (int)json_span(number).len,
                          (const char *)json_span(number).data, created);
        else
            buffer_printf(out, "%s %s  since %s\n", what, name, created);
    }
}

static bool print_master(const struct cli *cli, const struct buffer *answer,
                         struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(buffer) struct buffer out = {0};
    struct json terms, slots;
    if (!json_parse(buffer_bytes(answer), NULL, &doc, err) ||
        !json_need_array(json_root(&doc), "terms", &terms, err) ||
        !json_need_array(json_root(&doc), "slots", &slots, err))
        return quoth_within(err, "verifier");
    if (cli->json) {
        json_write_canonical(json_root(&doc), &out);
        return output_json(&out, err);
    }
    print_list(terms, "term", &out);
    print_list(slots, "slot", &out);
    return output_write(&out, err);
}

static bool ask(const struct cli *cli, const struct admin_args *admin, const char *method,
                const char *path, struct bytes body, struct quoth_error *err)
{
    const struct admin_request request = {.method = method,
                                          .path = path,
                                          .content_type = body.len ? "application/json" : NULL,
                                          .body = body};
    AUTO(buffer) struct buffer answer = {0};
    return admin_ask(admin, &request, &answer, err) && print_master(cli, &answer, err);
}

static bool show(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct show_args *a = args;
    return ask(cli, &a->admin, "GET", "/master", (struct bytes){0}, err);
}

static bool rotate(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct show_args *a = args;
    return ask(cli, &a->admin, "POST", "/master:rotate", (struct bytes){0}, err);
}

static bool remove_slot(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct remove_args *a = args;
    AUTO(buffer) struct buffer body = {0};
    if (!a->slot)
        return quoth_fail(err, QUOTH_USAGE, "--slot", QUOTH_NO_OFFSET, "is missing");
    json_object_begin(&body);
    json_named_cstring(&body, "slot", a->slot);
    json_object_end(&body);
    return buffer_ok(&body, err) &&
           ask(cli, &a->admin, "POST", "/master:remove", buffer_bytes(&body), err);
}

/* clang-format off */
static const struct cli_verb verbs[] = {
    {"show", "list the terms of the keyring, and the slots that open it", sizeof(struct show_args), show,
     {CLI_OPTIONS(admin_options, offsetof(struct show_args, admin))}},
    {"rotate", "add a term that seals from now on; what older ones have sealed is sealed anew", sizeof(struct show_args), rotate,
     {CLI_OPTIONS(admin_options, offsetof(struct show_args, admin))}},
    {"remove", "remove a slot, so that its device opens the keyring no more", sizeof(struct remove_args), remove_slot,
     {CLI_OPTIONS(remove_options, 0), CLI_OPTIONS(admin_options, offsetof(struct remove_args, admin))}},
};
/* clang-format on */

const struct cli_noun cli_master = {"master", "the keyring that a verifier seals with", verbs,
                                    COUNT(verbs)};
