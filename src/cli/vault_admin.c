#include "cli/vault_admin.h"

#include "base/file.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/output.h"
#include "cli/sheet.h"
#include "codec/json_write.h"
#include "net/url.h"

#include <stdio.h>

#define PATH_SIZE 2300        /* a next link of URL_MAX, or a name and what belongs to it */
#define BACKUP_MAX (6u << 20) /* bytes of its text (docs/vault.md) */
#define AT(member) offsetof(struct vault_admin_args, member)

/* clang-format off */
const struct option_row vault_name_options[] = {
    {0, "NAME", OPT_TEXT | OPT_REQUIRED, AT(name), "its name"},
};
const struct option_row vault_show_options[] = {
    {0, "version=ID", OPT_TEXT, AT(version), "this version; without it, the newest"},
    {0, "deleted", OPT_FLAG, AT(deleted), "one that is deleted and can be recovered"},
};
const struct option_row vault_list_options[] = {
    {0, "NAME", OPT_TEXT, AT(name), "list the versions of this one"},
    {0, "deleted", OPT_FLAG, AT(deleted), "list what is deleted and can be recovered"},
};
const struct option_row vault_value_options[] = {
    {0, "value", OPT_FLAG, AT(value), "print its value, and nothing else"},
};
const struct option_row vault_backup_options[] = {
    {0, "NAME", OPT_TEXT | OPT_REQUIRED, AT(name), "its name"},
    {0, "FILE", OPT_FILE | OPT_REQUIRED, AT(file), "where to write it: a sealed text that only this vault reads"},
};
const struct option_row vault_restore_options[] = {
    {0, "FILE", OPT_FILE | OPT_REQUIRED, AT(file), "what backup wrote"},
};
/* clang-format on */

static const char *const folders[] = {[NOUN_KEY] = "keys", [NOUN_SECRET] = "secrets"};

/* ---- asking */

/* Letters, digits and hyphens: whatever else stood in a path would be another path. */
static bool check_word(const char *what, const char *word, struct quoth_error *err)
{
    const size_t len =
        strspn(word, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-");
    return (len >= 1 && len <= 127 && word[len] == '\0') ||
           quoth_fail(err, QUOTH_USAGE, what, QUOTH_NO_OFFSET,
                      "is not of 1 to 127 letters, digits and hyphens");
}

static bool ask(const struct admin_args *admin, const char *method, const char *path,
                const struct buffer *body, struct buffer *ret_answer, struct quoth_error *err)
{
    const struct admin_request request = {.method = method,
                                          .path = path,
                                          .content_type = body ? "application/json" : NULL,
                                          .body = body ? buffer_bytes(body) : (struct bytes){0}};
    return admin_ask(admin, &request, ret_answer, err);
}

bool vault_ask(const struct admin_args *admin, enum vault_noun noun, const char *method,
               const char *name, const char *tail, const struct buffer *body,
               struct buffer *ret_answer, struct quoth_error *err)
{
    char path[PATH_SIZE];
    if (!check_word("NAME", name, err))
        return false;
    snprintf(path, sizeof path, "/%s/%s%s", folders[noun], name, tail);
    return ask(admin, method, path, body, ret_answer, err);
}

static bool ask_deleted(const struct vault_admin_args *a, enum vault_noun noun, const char *method,
                        const char *tail, struct buffer *ret_answer, struct quoth_error *err)
{
    char path[PATH_SIZE];
    if (!check_word("NAME", a->name, err))
        return false;
    snprintf(path, sizeof path, "/deleted%s/%s%s", folders[noun], a->name, tail);
    return ask(&a->admin, method, path, NULL, ret_answer, err);
}

/* ---- telling */

static struct json find(struct json object, const char *name)
{
    struct json member = {0};
    (void)json_member(object, name, &member);
    return member;
}

static void tell_text(struct sheet *s, const char *title, struct json member)
{
    AUTO(buffer) struct buffer text = {0};
    if (json_type(member) != JSON_STRING)
        return;
    json_text(member, &text);
    sheet_text(s, title, buffer_bytes(&text));
}

static void tell_time(struct sheet *s, const char *title, struct json member)
{
    int64_t time = 0;
    struct quoth_error ignored = {0};
    if (json_get_int(member, 0, INT64_MAX, &time, &ignored))
        sheet_time(s, title, time);
}

static void tell_flag(struct sheet *s, const char *title, struct json member)
{
    if (json_type(member) == JSON_TRUE || json_type(member) == JSON_FALSE)
        sheet_bool(s, title, json_type(member) == JSON_TRUE);
}

/* What people want to know of a bundle of either kind; what it lacks is left out. */
static void tell(struct sheet *s, struct json bundle)
{
    const struct json key = find(bundle, "key"), attributes = find(bundle, "attributes");
    tell_text(s, "id", find(bundle, "id"));
    tell_text(s, "id", find(bundle, "kid"));
    tell_text(s, "id", find(key, "kid"));
    tell_text(s, "type", find(key, "kty"));
    tell_text(s, "curve", find(key, "crv"));
    tell_text(s, "content type", find(bundle, "contentType"));
    tell_flag(s, "enabled", find(attributes, "enabled"));
    tell_flag(s, "exportable", find(attributes, "exportable"));
    tell_flag(s, "policy immutable", find(find(bundle, "release_policy"), "immutable"));
    tell_time(s, "created", find(attributes, "created"));
    tell_time(s, "not before", find(attributes, "nbf"));
    tell_time(s, "expires", find(attributes, "exp"));
    tell_time(s, "deleted", find(bundle, "deletedDate"));
    tell_time(s, "gone for good", find(bundle, "scheduledPurgeDate"));
}

/* As the vault says it, but for the value of a secret. */
static void write_bundle(struct buffer *to, struct json bundle)
{
    json_object_begin(to);
    for (struct json m = json_first(bundle); json_exists(m); m = json_next(m)) {
        AUTO(buffer) struct buffer name = {0};
        json_text(json_member_name(m), &name);
        if (bytes_equal(buffer_bytes(&name), BYTES_LITERAL("value")))
            continue;
        json_name_bytes(to, buffer_bytes(&name));
        json_raw(to, json_span(m));
    }
    json_object_end(to);
}

static bool read_answer(const struct buffer *answer, struct json_doc *doc, struct quoth_error *err)
{
    static const struct json_limits limits = {.max_len = 8u << 20};
    return json_parse(buffer_bytes(answer), &limits, doc, err) || quoth_within(err, "vault");
}

bool vault_print(const struct cli *cli, const struct buffer *answer, struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(buffer) struct buffer out = {0};
    AUTO(sheet) struct sheet s = {0};
    if (!read_answer(answer, &doc, err))
        return false;
    if (cli->json) {
        write_bundle(&out, json_root(&doc));
        return output_json(&out, err);
    }
    tell(&s, json_root(&doc));
    return sheet_print(&s, err);
}

/* ---- list */

/* The path of the next page: of the vault that was asked, and of no other. False if there is none. */
static bool next_path(const struct admin_args *admin, struct json page, char path[PATH_SIZE],
                      bool *ret_more, struct quoth_error *err)
{
    struct json link;
    struct url to, from;
    struct bytes text;
    *ret_more = json_member(page, "nextLink", &link) && !json_is_null(link);
    if (!*ret_more)
        return true;
    if (!json_get_plain(link, &text, err) || !url_read(text, &to, err) ||
        !url_read(bytes_of_text(admin->verifier), &from, err))
        return quoth_within(err, "vault.nextLink");
    if (!url_same_origin(&to, &from) || to.target.len >= PATH_SIZE)
        return quoth_fail(err, QUOTH_HTTP_ANSWER, "vault.nextLink", QUOTH_NO_OFFSET,
                          "leads elsewhere");
    snprintf(path, PATH_SIZE, "%.*s", (int)to.target.len, (const char *)to.target.data);
    return true;
}

static void write_entry(const struct cli *cli, struct json entry, struct buffer *to)
{
    if (cli->json) {
        write_bundle(to, entry);
        return;
    }
    AUTO(buffer) struct buffer id = {0};
    char shown[400], time[TIME_TEXT_SIZE];
    int64_t created = 0;
    struct quoth_error ignored = {0};
    const struct json attributes = find(entry, "attributes");
    json_text(find(entry, "kid"), &id);
    if (id.len == 0)
        json_text(find(entry, "id"), &id);
    (void)json_get_int(find(attributes, "created"), 0, INT64_MAX, &created, &ignored);
    buffer_printf(to, "%s  %s%s\n", time_format(created, time),
                  text_escape(shown, sizeof shown, buffer_bytes(&id)),
                  json_type(find(attributes, "enabled")) == JSON_FALSE ? "  (disabled)" : "");
}

/* Told of each entry of a list, in the order of the vault. */
typedef void each_fn(void *context, struct json entry);

static bool each_of_page(const struct admin_args *admin, char path[PATH_SIZE], each_fn *each,
                         void *context, bool *ret_more, struct quoth_error *err)
{
    AUTO(buffer) struct buffer answer = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    struct json entries;
    if (!ask(admin, "GET", path, NULL, &answer, err) || !read_answer(&answer, &doc, err) ||
        !json_need_array(json_root(&doc), "value", &entries, err))
        return false;
    for (struct json e = json_first(entries); json_exists(e); e = json_next(e))
        each(context, e);
    return next_path(admin, json_root(&doc), path, ret_more, err);
}

static bool each_of(const struct admin_args *admin, char path[PATH_SIZE], each_fn *each,
                    void *context, struct quoth_error *err)
{
    bool more = true;
    while (more)
        if (!each_of_page(admin, path, each, context, &more, err))
            return false;
    return true;
}

struct listing {
    const struct cli *cli;
    struct buffer *to;
};

static void list_entry(void *context, struct json entry)
{
    const struct listing *l = context;
    write_entry(l->cli, entry, l->to);
}

static bool list(struct cli *cli, enum vault_noun noun, const void *args, struct quoth_error *err)
{
    const struct vault_admin_args *a = args;
    AUTO(buffer) struct buffer out = {0};
    struct listing listing = {cli, &out};
    char path[PATH_SIZE];
    if (a->name && a->deleted)
        return quoth_fail(err, QUOTH_USAGE, "--deleted", QUOTH_NO_OFFSET,
                          "lists names; versions are gone with theirs");
    if (a->name && !check_word("NAME", a->name, err))
        return false;
    snprintf(path, sizeof path, "/%s%s%s%s%s", a->deleted ? "deleted" : "", folders[noun],
             a->name ? "/" : "", a->name ? a->name : "", a->name ? "/versions" : "");
    if (cli->json) {
        json_object_begin(&out);
        json_name(&out, "value");
        json_array_begin(&out);
    }
    if (!each_of(&a->admin, path, list_entry, &listing, err))
        return false;
    if (!cli->json)
        return output_write(&out, err);
    json_array_end(&out);
    json_object_end(&out);
    return output_json(&out, err);
}

/* ---- one object */

static bool print_value(const struct buffer *answer, struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(buffer) struct buffer value = {0};
    return read_answer(answer, &doc, err) &&
           json_need_text(json_root(&doc), "value", &value, err) && output_write(&value, err);
}

/* The version that is asked for, or the newest of those that were seen. */
struct choice {
    const char *version; /* or NULL */
    int64_t created;
    struct buffer bundle;
};

static void choose(void *context, struct json entry)
{
    struct choice *c = context;
    AUTO(buffer) struct buffer id = {0};
    int64_t created = 0;
    struct quoth_error ignored = {0};
    json_text(find(entry, "id"), &id);
    (void)json_get_int(find(find(entry, "attributes"), "created"), 0, INT64_MAX, &created,
                       &ignored);
    const struct bytes wanted = bytes_of_text(c->version ? c->version : "");
    const size_t from = id.len > wanted.len ? id.len - wanted.len : 0;
    if (c->version ? !text_equal_fold(bytes_slice(buffer_bytes(&id), from, id.len), wanted)
                   : created < c->created)
        return;
    c->created = created;
    buffer_clear(&c->bundle);
    buffer_add(&c->bundle, json_span(entry));
}

/* From the list of its versions, as the value need not travel, and need not be ours to read. */
static bool show_secret(struct cli *cli, const struct vault_admin_args *a, struct quoth_error *err)
{
    struct choice choice = {.version = a->version};
    char path[PATH_SIZE];
    if (!check_word("NAME", a->name, err))
        return false;
    snprintf(path, sizeof path, "/secrets/%s/versions", a->name);
    bool ok = each_of(&a->admin, path, choose, &choice, err);
    if (ok && choice.bundle.len == 0)
        ok = quoth_fail(err, QUOTH_ADMIN_REFUSED, a->name, QUOTH_NO_OFFSET, "there is none");
    ok = ok && vault_print(cli, &choice.bundle, err);
    buffer_clear(&choice.bundle);
    return ok;
}

static bool show(struct cli *cli, enum vault_noun noun, const void *args, struct quoth_error *err)
{
    const struct vault_admin_args *a = args;
    AUTO(buffer) struct buffer answer = {0};
    char tail[130] = "";
    if (a->version && !check_word("--version", a->version, err))
        return false;
    if (noun == NOUN_SECRET && !a->value && !a->deleted)
        return show_secret(cli, a, err);
    if (a->version)
        snprintf(tail, sizeof tail, "/%s", a->version);
    if (!(a->deleted ? ask_deleted(a, noun, "GET", "", &answer, err)
                     : vault_ask(&a->admin, noun, "GET", a->name, tail, NULL, &answer, err)))
        return false;
    return a->value ? print_value(&answer, err) : vault_print(cli, &answer, err);
}

static bool act(struct cli *cli, enum vault_noun noun, const void *args, const char *method,
                const char *tail, struct quoth_error *err)
{
    const struct vault_admin_args *a = args;
    AUTO(buffer) struct buffer answer = {0};
    return vault_ask(&a->admin, noun, method, a->name, tail, NULL, &answer, err) &&
           vault_print(cli, &answer, err);
}

static bool recover(struct cli *cli, enum vault_noun noun, const void *args,
                    struct quoth_error *err)
{
    AUTO(buffer) struct buffer answer = {0};
    return ask_deleted(args, noun, "POST", "/recover", &answer, err) &&
           vault_print(cli, &answer, err);
}

static bool purge(enum vault_noun noun, const void *args, struct quoth_error *err)
{
    AUTO(buffer) struct buffer answer = {0};
    return ask_deleted(args, noun, "DELETE", "", &answer, err);
}

static bool backup(enum vault_noun noun, const void *args, struct quoth_error *err)
{
    const struct vault_admin_args *a = args;
    AUTO(buffer) struct buffer answer = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    struct bytes value;
    return vault_ask(&a->admin, noun, "POST", a->name, "/backup", NULL, &answer, err) &&
           read_answer(&answer, &doc, err) &&
           json_need_plain(json_root(&doc), "value", &value, err) &&
           file_write(a->file, value, 0600, err);
}

static bool restore(struct cli *cli, enum vault_noun noun, const void *args,
                    struct quoth_error *err)
{
    const struct vault_admin_args *a = args;
    AUTO(buffer) struct buffer text = {0}, body = {0}, answer = {0};
    char path[32];
    if (!file_read(a->file, BACKUP_MAX, &text, err))
        return false;
    json_object_begin(&body);
    json_named_string(&body, "value", text_trim(buffer_bytes(&text)));
    json_object_end(&body);
    snprintf(path, sizeof path, "/%s/restore", folders[noun]);
    return buffer_ok(&body, err) && ask(&a->admin, "POST", path, &body, &answer, err) &&
           vault_print(cli, &answer, err);
}

/* ---- the verbs of both nouns */

bool key_list_run(struct cli *cli, const void *args, struct quoth_error *err)
{
    return list(cli, NOUN_KEY, args, err);
}

bool key_show_run(struct cli *cli, const void *args, struct quoth_error *err)
{
    return show(cli, NOUN_KEY, args, err);
}

bool key_rotate_run(struct cli *cli, const void *args, struct quoth_error *err)
{
    return act(cli, NOUN_KEY, args, "POST", "/rotate", err);
}

bool key_delete_run(struct cli *cli, const void *args, struct quoth_error *err)
{
    return act(cli, NOUN_KEY, args, "DELETE", "", err);
}

bool key_recover_run(struct cli *cli, const void *args, struct quoth_error *err)
{
    return recover(cli, NOUN_KEY, args, err);
}

bool key_purge_run(struct cli *cli, const void *args, struct quoth_error *err)
{
    (void)cli;
    return purge(NOUN_KEY, args, err);
}

bool key_backup_run(struct cli *cli, const void *args, struct quoth_error *err)
{
    (void)cli;
    return backup(NOUN_KEY, args, err);
}

bool key_restore_run(struct cli *cli, const void *args, struct quoth_error *err)
{
    return restore(cli, NOUN_KEY, args, err);
}

bool secret_list_run(struct cli *cli, const void *args, struct quoth_error *err)
{
    return list(cli, NOUN_SECRET, args, err);
}

bool secret_show_run(struct cli *cli, const void *args, struct quoth_error *err)
{
    return show(cli, NOUN_SECRET, args, err);
}

bool secret_delete_run(struct cli *cli, const void *args, struct quoth_error *err)
{
    return act(cli, NOUN_SECRET, args, "DELETE", "", err);
}

bool secret_recover_run(struct cli *cli, const void *args, struct quoth_error *err)
{
    return recover(cli, NOUN_SECRET, args, err);
}

bool secret_purge_run(struct cli *cli, const void *args, struct quoth_error *err)
{
    (void)cli;
    return purge(NOUN_SECRET, args, err);
}

bool secret_backup_run(struct cli *cli, const void *args, struct quoth_error *err)
{
    (void)cli;
    return backup(NOUN_SECRET, args, err);
}

bool secret_restore_run(struct cli *cli, const void *args, struct quoth_error *err)
{
    return restore(cli, NOUN_SECRET, args, err);
}
