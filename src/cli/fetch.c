#include "cli/fetch.h"

#include <quoth/fetch.h>

#include "cli/admin_client.h"
#include "cli/output.h"
#include "codec/base64.h"
#include "codec/json_write.h"
#include "codec/pem.h"
#include "net/url.h"

#include <sys/prctl.h>

DEFINE_AUTO(attester, struct quoth_attester *, quoth_attester_close)
DEFINE_AUTO_VALUE(fetched, struct quoth_fetched, quoth_fetched_clear)

#define AT(member) offsetof(struct fetch_args, member)

/* clang-format off */
const struct option_row fetch_options[] = {
    {0, "NAME", OPT_TEXT | OPT_REQUIRED, AT(what), "its name, or its URL with or without version"},
    {0, "vault", OPT_URL, AT(vault), "who has it; without it, the verifier"},
    {0, "verifier", OPT_URL, AT(verifier), "who judges our evidence; without it, the vault"},
    {0, "ca", OPT_FILE | OPT_REQUIRED, AT(ca), "PEM of the CAs of the vault's certificates: whom to believe about keys"},
    {0, "verifier-ca=FILE", OPT_FILE, AT(verifier_ca), "PEM of the CA of the verifier's TLS certificate (that of --ca)"},
    {0, "version=ID", OPT_TEXT, AT(version), "exactly this version; without it, the newest"},
    {0, "attester=NAME", OPT_TEXT, AT(attester), "gramine or tdx, and no other; without it, what is found"},
    {0, "wrap=sha384|sha256|sha1", OPT_CHOICE, AT(wrap), "hash of the RSA-OAEP that it travels under (sha384)"},
    {0, "recipient-bits=2048|3072|4096", OPT_UINT, AT(recipient_bits), "size of the key that it travels to (2048)"},
    {0, "patience=SECONDS", OPT_UINT, AT(patience), "how long to try while vault or verifier are busy (60)"},
    {0, "access-token-file=FILE", OPT_FILE, AT(token_file), "holds a bearer token, for vaults that want one besides"},
    {0, "format=raw|base64|pem|jwk", OPT_CHOICE, AT(format), "raw: a secret's text, the bytes of an oct key, PKCS #8 of others (in an environment, jwk)"},
};

const struct option_row sink_options[] = {
    {0, "fd=N", OPT_UINT, offsetof(struct sink_args, fd), "write it to this descriptor"},
    {0, "env=VAR", OPT_TEXT, offsetof(struct sink_args, env), "run COMMAND with it in this variable, in that environment alone"},
    {0, "stdout", OPT_FLAG, offsetof(struct sink_args, to_stdout), "write it to standard output even if that is a terminal"},
    {0, "COMMAND", OPT_COMMAND, offsetof(struct sink_args, command), "a program and its arguments, after --"},
};
/* clang-format on */

/* ---- what is asked for */

struct asked { /* owned */
    struct buffer vault, name, version, access_token;
};

static void asked_clear(struct asked *a)
{
    buffer_clear(&a->vault);
    buffer_clear(&a->name);
    buffer_clear(&a->version);
    buffer_clear(&a->access_token);
}
DEFINE_AUTO_VALUE(asked, struct asked, asked_clear)

static void keep(struct buffer *to, struct bytes text)
{
    buffer_add(to, text);
    buffer_u8(to, 0);
}

/* "https://HOST/keys/NAME[/VERSION]". */
static bool split_url(const struct fetch_args *a, enum quoth_fetch_kind kind, struct asked *to,
                      struct quoth_error *err)
{
    const struct bytes folder =
        kind == QUOTH_FETCH_SECRET ? BYTES_LITERAL("/secrets/") : BYTES_LITERAL("/keys/");
    struct url url;
    if (!url_read(bytes_of_text(a->what), &url, err))
        return quoth_within(err, "NAME");
    if (a->vault || a->version)
        return quoth_fail(err, QUOTH_USAGE, a->vault ? "--vault" : "--version", QUOTH_NO_OFFSET,
                          "is given, and a URL that says it too");
    if (!bytes_equal(bytes_slice(url.target, 0, folder.len), folder))
        return quoth_fail(err, QUOTH_USAGE, "NAME", QUOTH_NO_OFFSET,
                          "is no URL of a %s: https://HOST%sNAME is",
                          kind == QUOTH_FETCH_SECRET ? "secret" : "key", (const char *)folder.data);
    const struct bytes path = bytes_slice(url.target, folder.len, url.target.len);
    const uint8_t *slash = path.len ? memchr(path.data, '/', path.len) : NULL;
    const size_t name = slash ? (size_t)(slash - path.data) : path.len;
    buffer_text(&to->vault, "https://");
    keep(&to->vault, url.authority);
    keep(&to->name, bytes_slice(path, 0, name));
    if (slash)
        keep(&to->version, bytes_slice(path, name + 1, path.len));
    return true;
}

static bool read_asked(const struct fetch_args *a, enum quoth_fetch_kind kind, struct asked *to,
                       struct quoth_error *err)
{
    if (a->token_file && !admin_token_read(a->token_file, &to->access_token, err))
        return false;
    if (strncmp(a->what, "https:", 6) == 0 || strncmp(a->what, "http:", 5) == 0) {
        if (!split_url(a, kind, to, err))
            return false;
    } else {
        const char *vault = a->vault ? a->vault : a->verifier;
        if (!vault)
            return quoth_fail(err, QUOTH_USAGE, "--vault", QUOTH_NO_OFFSET, "is missing");
        keep(&to->vault, bytes_of_text(vault));
        keep(&to->name, bytes_of_text(a->what));
        if (a->version)
            keep(&to->version, bytes_of_text(a->version));
    }
    return buffer_ok(&to->vault, err) && buffer_ok(&to->name, err) && buffer_ok(&to->version, err);
}

static enum quoth_wrap wrap_of(const char *name)
{
    return !name || strcmp(name, "sha384") == 0 ? QUOTH_WRAP_SHA384
           : strcmp(name, "sha256") == 0        ? QUOTH_WRAP_SHA256
                                                : QUOTH_WRAP_SHA1;
}

static bool fetch(const struct fetch_args *a, enum quoth_fetch_kind kind,
                  struct quoth_fetched *ret_fetched, struct quoth_error *err)
{
    AUTO(asked) struct asked asked = {0};
    AUTO(attester) struct quoth_attester *attester = NULL;
    if (!read_asked(a, kind, &asked, err))
        return false;
    if (a->patience.value > 86400 || a->recipient_bits.value > 4096)
        return quoth_fail(err, QUOTH_USAGE,
                          a->patience.value > 86400 ? "--patience" : "--recipient-bits",
                          QUOTH_NO_OFFSET, "is too large");
    const struct quoth_fetch_request request = {
        .kind = kind,
        .vault = (const char *)asked.vault.data,
        .vault_ca = a->ca,
        .name = (const char *)asked.name.data,
        .version = (const char *)asked.version.data,
        .verifier = a->verifier,
        .verifier_ca = a->verifier_ca ? a->verifier_ca : a->ca,
        .access_token = (const char *)asked.access_token.data,
        .wrap = wrap_of(a->wrap),
        .recipient_bits = (unsigned)a->recipient_bits.value,
        .patience_ms = (unsigned)a->patience.value * 1000,
    };
    return quoth_attester_open(a->attester, &attester, err) &&
           quoth_fetch(attester, &request, ret_fetched, err);
}

/* ---- in which form it is handed over */

static bool write_jwk(const struct quoth_fetched *f, struct buffer *to, struct quoth_error *err)
{
    char *json = NULL;
    if (!quoth_fetched_jwk(f, &json, err))
        return false;
    buffer_text(to, json);
    quoth_wipe(json, strlen(json));
    free(json);
    return buffer_ok(to, err);
}

static bool write_formatted(const struct fetch_args *a, const struct quoth_fetched *f,
                            struct buffer *to, struct quoth_error *err)
{
    const bool secret = f->type == QUOTH_FETCHED_SECRET;
    const struct bytes data = {f->data, f->len};
    const char *format = a->format ? a->format : a->sink.env && !secret ? "jwk" : "raw";
    if (strcmp(format, "jwk") == 0)
        return write_jwk(f, to, err);
    if (strcmp(format, "pem") == 0) {
        if (secret || f->type == QUOTH_FETCHED_OCT)
            return quoth_fail(err, QUOTH_USAGE, "--format", QUOTH_NO_OFFSET,
                              "only RSA and EC keys have a PEM form");
        pem_encode("PRIVATE KEY", data, to);
    } else if (strcmp(format, "base64") == 0) {
        base64_encode(data, to);
    } else {
        buffer_add(to, data);
    }
    return buffer_ok(to, err);
}

/* With --output json: what it is, and it. */
static bool write_json(const struct quoth_fetched *f, struct buffer *to, struct quoth_error *err)
{
    json_object_begin(to);
    json_named_cstring(to, "id", f->id);
    if (f->content_type) {
        json_named_cstring(to, "contentType", f->content_type);
    }
    if (f->type == QUOTH_FETCHED_SECRET) {
        json_named_string(to, "value", (struct bytes){f->data, f->len});
    } else {
        AUTO(buffer) struct buffer jwk = {0};
        if (!write_jwk(f, &jwk, err))
            return false;
        json_name(to, "key");
        json_raw(to, buffer_bytes(&jwk));
    }
    json_object_end(to);
    buffer_text(to, "\n");
    return buffer_ok(to, err);
}

static bool run(struct cli *cli, const struct fetch_args *a, enum quoth_fetch_kind kind,
                struct quoth_error *err)
{
    AUTO(fetched) struct quoth_fetched fetched = {0};
    AUTO(buffer) struct buffer out = {0};
    if (!sink_check(&a->sink, err))
        return false;
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* no core file, no debugger of the same user */
    if (!fetch(a, kind, &fetched, err))
        return false;
    const bool json = cli->json && !a->format && !a->sink.env;
    return (json ? write_json(&fetched, &out, err) : write_formatted(a, &fetched, &out, err)) &&
           sink_write(&a->sink, buffer_bytes(&out), err);
}

bool key_fetch_run(struct cli *cli, const void *args, struct quoth_error *err)
{
    return run(cli, args, QUOTH_FETCH_KEY, err);
}

bool secret_fetch_run(struct cli *cli, const void *args, struct quoth_error *err)
{
    return run(cli, args, QUOTH_FETCH_SECRET, err);
}
