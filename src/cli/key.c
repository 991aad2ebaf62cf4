/* quoth key: keys that only an attested program gets, and those who keep them. */
#include <quoth/fetch.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/fetch.h"
#include "cli/nouns.h"
#include "cli/output.h"
#include "cli/vault_admin.h"
#include "cli/vault_body.h"
#include "codec/base64.h"
#include "codec/json_write.h"
#include "codec/pem.h"

#define KEY_FILE_MAX (64u << 10)

/* ---- create and import */

struct create_args {
    const char *name, *type, *curve, *file;
    struct option_uint bits;
    struct option_list ops;
    bool exportable;
    struct vault_body_args body;
    struct admin_args admin;
};

#define AT(member) offsetof(struct create_args, member)

/* clang-format off */
#define OPS_ROW {0, "op=NAME", OPT_LIST, AT(ops), "an operation that it is for (encrypt, sign, wrapKey ...); may be repeated"}
#define EXPORTABLE_ROW {0, "exportable", OPT_FLAG, AT(exportable), "it may be released, as --release-policy says"}

static const struct option_row create_options[] = {
    {0, "NAME", OPT_TEXT | OPT_REQUIRED, AT(name), "its name"},
    {'t', "type=RSA|EC|oct|RSA-HSM|EC-HSM|oct-HSM", OPT_CHOICE | OPT_REQUIRED, AT(type), "the kind of key; -HSM is what Azure's clients ask for, and claims no hardware"},
    {0, "bits=N", OPT_UINT, AT(bits), "size of an RSA key (2048, 3072, 4096) or an oct key (128, 192, 256)"},
    {0, "curve=P-256|P-384|P-521|P-256K", OPT_CHOICE, AT(curve), "of an EC key (P-256)"},
    OPS_ROW, EXPORTABLE_ROW,
};
static const struct option_row import_options[] = {
    {0, "NAME", OPT_TEXT | OPT_REQUIRED, AT(name), "its name"},
    {0, "FILE", OPT_FILE | OPT_REQUIRED, AT(file), "PKCS #8 as PEM, a JSON Web Key, or the bytes of an oct key; - reads standard input"},
    OPS_ROW, EXPORTABLE_ROW,
};
/* clang-format on */

static void write_ops(const struct option_list *ops, struct buffer *to)
{
    if (ops->count == 0)
        return;
    json_name(to, "key_ops");
    json_array_begin(to);
    for (size_t i = 0; i < ops->count; i++)
        json_cstring(to, ops->items[i]);
    json_array_end(to);
}

static bool send(struct cli *cli, const struct create_args *a, const char *method, const char *tail,
                 struct buffer *body, struct quoth_error *err)
{
    AUTO(buffer) struct buffer answer = {0};
    if (!vault_body_write(&a->body, a->exportable, body, err))
        return false;
    json_object_end(body);
    return buffer_ok(body, err) &&
           vault_ask(&a->admin, NOUN_KEY, method, a->name, tail, body, &answer, err) &&
           vault_print(cli, &answer, err);
}

static bool create(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct create_args *a = args;
    AUTO(buffer) struct buffer body = {0};
    json_object_begin(&body);
    json_named_cstring(&body, "kty", a->type);
    if (a->bits.given) {
        json_named_uint(&body, "key_size", a->bits.value);
    }
    if (a->curve) {
        json_named_cstring(&body, "crv", a->curve);
    }
    write_ops(&a->ops, &body);
    return send(cli, a, "POST", "/create", &body, err);
}

/* Of a JWK all members but key_ops, when others are asked for. */
static bool copy_jwk(const struct create_args *a, struct bytes text, struct buffer *to,
                     struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    if (!json_parse(text, NULL, &doc, err))
        return quoth_within(err, "FILE");
    json_object_begin(to);
    for (struct json m = json_first(json_root(&doc)); json_exists(m); m = json_next(m)) {
        AUTO(buffer) struct buffer name = {0};
        json_text(json_member_name(m), &name);
        if (a->ops.count > 0 && bytes_equal(buffer_bytes(&name), BYTES_LITERAL("key_ops")))
            continue;
        json_name_bytes(to, buffer_bytes(&name));
        json_raw(to, json_span(m));
    }
    write_ops(&a->ops, to);
    json_object_end(to);
    return buffer_ok(to, err);
}

static bool copy_key(const struct create_args *a, enum quoth_fetched_type type, struct bytes data,
                     struct buffer *to, struct quoth_error *err)
{
    AUTO(buffer) struct buffer held = {0};
    AUTO(text) char *name = strdup(a->name);
    buffer_add(&held, data);
    const struct quoth_fetched key = {.type = type, .id = name, .data = held.data, .len = held.len};
    char *jwk = NULL;
    if (!name || !quoth_fetched_jwk(&key, &jwk, err))
        return quoth_within(err, "FILE");
    const bool ok = copy_jwk(a, bytes_of_text(jwk), to, err);
    quoth_wipe(jwk, strlen(jwk));
    free(jwk);
    return ok;
}

/* As many bytes as an oct key has. No JWK and no PEM is as short, and one key in 256 begins with '{'.
 */
static bool is_oct(struct bytes file)
{
    return file.len == 16 || file.len == 24 || file.len == 32;
}

static bool write_jwk(const struct create_args *a, struct bytes file, struct buffer *to,
                      struct quoth_error *err)
{
    const struct bytes text = text_trim(file), begin = BYTES_LITERAL("-----BEGIN ");
    AUTO(buffer) struct buffer der = {0};
    if (!is_oct(file) && text.len > 0 && text.data[0] == '{')
        return copy_jwk(a, text, to, err);
    if (!bytes_equal(bytes_slice(text, 0, begin.len), begin))
        return copy_key(a, QUOTH_FETCHED_OCT, file, to, err);
    struct reader r = {.in = text, .err = err};
    return pem_next_lenient(&r, "PRIVATE KEY", &der)
               ? copy_key(a, QUOTH_FETCHED_RSA, buffer_bytes(&der), to, err)
               : quoth_within(err, "FILE");
}

static bool import(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct create_args *a = args;
    AUTO(buffer) struct buffer file = {0}, body = {0};
    if (!file_read(a->file, KEY_FILE_MAX, &file, err))
        return false;
    json_object_begin(&body);
    json_name(&body, "key");
    return write_jwk(a, buffer_bytes(&file), &body, err) && send(cli, a, "PUT", "", &body, err);
}

/* ---- release policy */

struct policy_args {
    const char *name, *file;
    bool immutable;
    struct admin_args admin;
};

/* clang-format off */
static const struct option_row policy_options[] = {
    {0, "NAME", OPT_TEXT | OPT_REQUIRED, offsetof(struct policy_args, name), "whose policy it is"},
    {0, "FILE", OPT_FILE, offsetof(struct policy_args, file), "the policy to set; without it, the present one is printed"},
    {0, "immutable", OPT_FLAG, offsetof(struct policy_args, immutable), "nobody can ever change it again"},
};
/* clang-format on */

static bool print_policy(const struct policy_args *a, struct quoth_error *err)
{
    AUTO(buffer) struct buffer answer = {0}, text = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    struct json policy;
    struct bytes data;
    return vault_ask(&a->admin, NOUN_KEY, "GET", a->name, "", NULL, &answer, err) &&
           json_parse(buffer_bytes(&answer), NULL, &doc, err) &&
           json_need_object(json_root(&doc), "release_policy", &policy, err) &&
           json_need_plain(policy, "data", &data, err) && base64_decode_any(data, &text, err) &&
           output_write(&text, err);
}

static bool release_policy(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct policy_args *a = args;
    AUTO(buffer) struct buffer body = {0}, answer = {0};
    if (!a->file)
        return a->immutable ? quoth_fail(err, QUOTH_USAGE, "FILE", QUOTH_NO_OFFSET, "is missing")
                            : print_policy(a, err);
    json_object_begin(&body);
    if (!vault_policy_write(a->file, a->immutable, &body, err))
        return false;
    json_object_end(&body);
    return buffer_ok(&body, err) &&
           vault_ask(&a->admin, NOUN_KEY, "PATCH", a->name, "", &body, &answer, err) &&
           vault_print(cli, &answer, err);
}

#define ADMIN CLI_OPTIONS(admin_options, offsetof(struct vault_admin_args, admin))
#define NAMED CLI_OPTIONS(vault_name_options, 0)
#define SIZE sizeof(struct vault_admin_args)
#define MADE CLI_OPTIONS(vault_body_options, AT(body)), CLI_OPTIONS(admin_options, AT(admin))

/* clang-format off */
static const struct cli_verb verbs[] = {
    {"fetch", "prove what this program is, and get a key for it", sizeof(struct fetch_args), key_fetch_run,
     {CLI_OPTIONS(fetch_options, 0), CLI_OPTIONS(sink_options, offsetof(struct fetch_args, sink))}},
    {"create", "have the vault make a key, or a new version of it", sizeof(struct create_args), create, {CLI_OPTIONS(create_options, 0), MADE}},
    {"import", "bring a key along", sizeof(struct create_args), import, {CLI_OPTIONS(import_options, 0), MADE}},
    {"list", "list keys, or the versions of one", SIZE, key_list_run, {CLI_OPTIONS(vault_list_options, 0), ADMIN}},
    {"show", "tell what is known of a key", SIZE, key_show_run, {NAMED, CLI_OPTIONS(vault_show_options, 0), ADMIN}},
    {"rotate", "make a new version of a key, like the one before", SIZE, key_rotate_run, {NAMED, ADMIN}},
    {"release-policy", "print or set who gets a key", sizeof(struct policy_args), release_policy,
     {CLI_OPTIONS(policy_options, 0), CLI_OPTIONS(admin_options, offsetof(struct policy_args, admin))}},
    {"delete", "take a key away, so that it can be recovered", SIZE, key_delete_run, {NAMED, ADMIN}},
    {"recover", "bring a deleted key back", SIZE, key_recover_run, {NAMED, ADMIN}},
    {"purge", "take a deleted key away for good", SIZE, key_purge_run, {NAMED, ADMIN}},
    {"backup", "write a sealed copy with all versions", SIZE, key_backup_run, {CLI_OPTIONS(vault_backup_options, 0), ADMIN}},
    {"restore", "bring a sealed copy back", SIZE, key_restore_run, {CLI_OPTIONS(vault_restore_options, 0), ADMIN}},
};
/* clang-format on */

const struct cli_noun cli_key = {"key", "keys that only an attested program gets", verbs,
                                 COUNT(verbs)};
