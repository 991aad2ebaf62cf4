/* quoth secret: secrets that only an attested program gets, and those who keep them. */
#include "base/file.h"
#include "base/text.h"
#include "cli/fetch.h"
#include "cli/nouns.h"
#include "cli/vault_admin.h"
#include "cli/vault_body.h"
#include "codec/json_write.h"

#define SECRET_MAX 25600u /* bytes (key-release.md 4) */

struct set_args {
    const char *name, *file, *content_type;
    struct vault_body_args body;
    struct admin_args admin;
};

#define AT(member) offsetof(struct set_args, member)

/* clang-format off */
static const struct option_row set_options[] = {
    {0, "NAME", OPT_TEXT | OPT_REQUIRED, AT(name), "its name"},
    {0, "FILE", OPT_FILE | OPT_REQUIRED, AT(file), "holds the value, all of it, line ends too; - reads standard input"},
    {0, "content-type=TYPE", OPT_TEXT, AT(content_type), "what kind of text it is"},
};
/* clang-format on */

/* JSON holds text alone, and whoever gets the secret must get what was set. */
static bool check_text(struct bytes value, struct quoth_error *err)
{
    if (value.len == 0)
        return quoth_fail(err, QUOTH_MALFORMED, "FILE", 0, "is empty");
    for (struct bytes rest = value; rest.len > 0;) {
        const size_t len = rest.data[0] ? text_utf8_len(rest) : 0;
        if (len == 0)
            return quoth_fail(err, QUOTH_MALFORMED, "FILE", value.len - rest.len,
                              "is not UTF-8 text without NUL: encode it, or make it an oct key");
        rest = bytes_slice(rest, len, rest.len);
    }
    return true;
}

static bool set(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct set_args *a = args;
    AUTO(buffer) struct buffer value = {0}, body = {0}, answer = {0};
    if (!file_read(a->file, SECRET_MAX, &value, err) || !check_text(buffer_bytes(&value), err))
        return false;
    json_object_begin(&body);
    json_named_string(&body, "value", buffer_bytes(&value));
    if (a->content_type) {
        json_named_cstring(&body, "contentType", a->content_type);
    }
    if (!vault_body_write(&a->body, false, &body, err))
        return false;
    json_object_end(&body);
    return buffer_ok(&body, err) &&
           vault_ask(&a->admin, NOUN_SECRET, "PUT", a->name, "", &body, &answer, err) &&
           vault_print(cli, &answer, err);
}

#define ADMIN CLI_OPTIONS(admin_options, offsetof(struct vault_admin_args, admin))
#define NAMED CLI_OPTIONS(vault_name_options, 0)
#define SIZE sizeof(struct vault_admin_args)

/* clang-format off */
static const struct cli_verb verbs[] = {
    {"fetch", "prove what this program is, and get a secret for it", sizeof(struct fetch_args), secret_fetch_run,
     {CLI_OPTIONS(fetch_options, 0), CLI_OPTIONS(sink_options, offsetof(struct fetch_args, sink))}},
    {"set", "keep a secret, or a new version of it", sizeof(struct set_args), set,
     {CLI_OPTIONS(set_options, 0), CLI_OPTIONS(vault_body_options, AT(body)), CLI_OPTIONS(admin_options, AT(admin))}},
    {"list", "list secrets, or the versions of one", SIZE, secret_list_run, {CLI_OPTIONS(vault_list_options, 0), ADMIN}},
    {"show", "tell what is known of a secret, but not its value", SIZE, secret_show_run,
     {NAMED, CLI_OPTIONS(vault_show_options, 0), CLI_OPTIONS(vault_value_options, 0), ADMIN}},
    {"delete", "take a secret away, so that it can be recovered", SIZE, secret_delete_run, {NAMED, ADMIN}},
    {"recover", "bring a deleted secret back", SIZE, secret_recover_run, {NAMED, ADMIN}},
    {"purge", "take a deleted secret away for good", SIZE, secret_purge_run, {NAMED, ADMIN}},
    {"backup", "write a sealed copy with all versions", SIZE, secret_backup_run, {CLI_OPTIONS(vault_backup_options, 0), ADMIN}},
    {"restore", "bring a sealed copy back", SIZE, secret_restore_run, {CLI_OPTIONS(vault_restore_options, 0), ADMIN}},
};
/* clang-format on */

const struct cli_noun cli_secret = {"secret", "secrets that only an attested program gets", verbs,
                                    COUNT(verbs)};
