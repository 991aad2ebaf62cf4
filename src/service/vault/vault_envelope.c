#include "service/vault/vault_envelope.h"

#include "base/text.h"
#include "codec/json_write.h"
#include "service/run/envelope.h"
#include "service/vault/vault_path.h"
#include "service/vault/vault_request.h"

#define HELP "https://go.microsoft.com/fwlink/?linkid=2125182"

/* Words that clients and their users know. inner NULL: there is none. */
struct words {
    const char *code, *inner;
};

static struct words words_of(enum quoth_code code, bool secret)
{
    switch (code) {
    case QUOTH_VAULT_KEY_MISSING:
        return (struct words){"KeyNotFound", NULL};
    case QUOTH_VAULT_SECRET_MISSING:
        return (struct words){"SecretNotFound", NULL};
    case QUOTH_VAULT_DELETED:
        return (struct words){"Conflict", "ObjectIsDeletedButRecoverable"};
    case QUOTH_VAULT_DISABLED:
        return (struct words){"Forbidden", secret ? "SecretDisabled" : "KeyDisabled"};
    case QUOTH_VAULT_FORBIDDEN:
    case QUOTH_VAULT_RELEASE_ONLY:
        return (struct words){"Forbidden", "ForbiddenByPolicy"};
    case QUOTH_RELEASE_UNVERIFIED:
        return (struct words){"Forbidden", "AccessDenied"};
    default:
        break;
    }
    switch (quoth_code_http(code)) {
    case 400:
        return (struct words){"BadParameter", NULL};
    case 403:
        return (struct words){"Forbidden", NULL};
    case 429:
        return (struct words){"Throttled", NULL};
    default:
        return (struct words){envelope_code(code), NULL};
    }
}

/* NAME or NAME/VERSION, as the client has written them. */
static void write_names(struct buffer *to, const struct http_exchange *x)
{
    char text[160];
    buffer_text(to, text_escape(text, sizeof text, x->params[0]));
    if (x->params[1].len > 0)
        buffer_printf(to, "/%s", text_escape(text, sizeof text, x->params[1]));
}

static void write_missing(struct buffer *to, const struct http_exchange *x, const char *kind)
{
    if (vault_path_is_deleted(x->head.path)) {
        buffer_printf(to, "Deleted %s not found: ", kind);
        write_names(to, x);
        return;
    }
    buffer_printf(to, "A %s with (name/id) ", kind);
    write_names(to, x);
    buffer_printf(to,
                  " was not found in this key vault. If you recently deleted this %s you may be "
                  "able to recover it using the correct recovery command. For help resolving this "
                  "issue, please see " HELP,
                  kind);
}

static void write_deleted(struct buffer *to, const struct http_exchange *x, bool secret)
{
    char name[160];
    buffer_printf(to,
                  "%s %s is currently in a deleted but recoverable state, and its name cannot be "
                  "reused; in this state, the %s can only be recovered or purged.",
                  secret ? "Secret" : "Key", text_escape(name, sizeof name, x->params[0]),
                  secret ? "secret" : "key");
}

/* Whether a message is a sentence of its own, and not what is wrong with a place. */
static bool is_sentence(const struct quoth_error *why)
{
    return why->where[0] == '\0' || strncmp(why->message, "AKV", 3) == 0 ||
           why->code == QUOTH_VAULT_DISABLED || why->code == QUOTH_VAULT_OPERATION ||
           why->code == QUOTH_VAULT_WINDOW || why->code == QUOTH_RELEASE_UNVERIFIED ||
           why->code == QUOTH_RELEASE_REFUSED;
}

static void write_text(struct buffer *to, const struct http_exchange *x,
                       const struct quoth_error *why, bool secret)
{
    if (why->code == QUOTH_VAULT_KEY_MISSING || why->code == QUOTH_VAULT_SECRET_MISSING)
        write_missing(to, x, secret ? "secret" : "key");
    else if (why->code == QUOTH_VAULT_DELETED)
        write_deleted(to, x, secret);
    else if (why->code == QUOTH_ADMIN_UNAUTHENTICATED && !http_head_find(&x->head, "Authorization"))
        buffer_text(to, "AKV10000: Request is missing a Bearer or PoP token.");
    else if (is_sentence(why))
        buffer_text(to, why->message);
    else
        buffer_printf(to, "%s: %s", why->where, why->message);
}

void vault_envelope_fill(const struct http_exchange *x, const struct quoth_error *error,
                         struct http_response *ret_response)
{
    const struct quoth_error told = envelope_told(error), *why = &told;
    struct quoth_error ignored = {0};
    AUTO(buffer) struct buffer text = {0};
    struct buffer *to = &ret_response->body;
    const bool secret = vault_path_is_secret(x->head.path);
    const struct words words = words_of(why->code, secret);
    write_text(&text, x, why, secret);
    ret_response->content_type = "application/json; charset=utf-8";
    http_response_field(ret_response, "x-ms-error-code", words.code, &ignored);
    vault_request_mark(x, ret_response, &ignored);
    json_object_begin(to);
    json_name(to, "error");
    json_object_begin(to);
    json_named_cstring(to, "code", words.code);
    json_named_string(to, "message", buffer_bytes(&text));
    if (words.inner) {
        json_name(to, "innererror");
        json_object_begin(to);
        json_named_cstring(to, "code", words.inner);
        json_object_end(to);
    }
    json_name(to, "details");
    envelope_write_details(to, why, x->id);
    json_object_end(to);
    json_object_end(to);
}
