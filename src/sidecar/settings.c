#include "sidecar/settings.h"

#include "net/url.h"

#include <stdio.h>

enum kind { TEXT, PEERS, FLAG };

/* clang-format off */
static const struct row {
    const char *option, *value, *variable;
    enum kind kind;
    size_t at;
    const char *help;
} rows[] = {
    {"listen",        "ADDRESS", "QUOTH_SIDECAR_LISTEN",        TEXT,  offsetof(struct sidecar_settings, listen),
     "a loopback address (127.0.0.1:8080)"},
    {"verifier",      "URL",     "QUOTH_SIDECAR_VERIFIERS",     PEERS, offsetof(struct sidecar_settings, verifiers),
     "a verifier that may be asked; may be repeated"},
    {"verifier-ca",   "FILE",    "QUOTH_SIDECAR_VERIFIER_CA",   TEXT,  offsetof(struct sidecar_settings, verifier_ca),
     "PEM of the CAs of their TLS certificates (the system's)"},
    {"vault",         "URL",     "QUOTH_SIDECAR_VAULTS",        PEERS, offsetof(struct sidecar_settings, vaults),
     "a vault that may be asked; may be repeated"},
    {"vault-ca",      "FILE",    "QUOTH_SIDECAR_VAULT_CA",      TEXT,  offsetof(struct sidecar_settings, vault_ca),
     "PEM of the CAs that speak for the vaults"},
    {"open-loopback", NULL,      "QUOTH_SIDECAR_OPEN_LOOPBACK", FLAG,  offsetof(struct sidecar_settings, open_loopback),
     "serve in a TEE that is one process, where the loopback is the host's: for trials"},
};
/* clang-format on */

void sidecar_settings_clear(struct sidecar_settings *s)
{
    for (size_t i = 0; i < s->copy_count; i++)
        free(s->copies[i]);
    *s = (struct sidecar_settings){0};
}

void sidecar_settings_help(const char *command, struct buffer *to)
{
    buffer_printf(
        to,
        "Usage: %s [OPTIONS]\n\n"
        "Gets tokens and keys for the programs beside it in this TEE, over plain HTTP on\n"
        "a loopback address (docs/sidecar.md).\n\nOptions:\n",
        command);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char left[40];
        snprintf(left, sizeof left, "--%s %s", rows[i].option, rows[i].value ? rows[i].value : "");
        buffer_printf(to, "  %-20s %s [%s]\n", left, rows[i].help, rows[i].variable);
    }
    buffer_printf(to, "  %-20s explain the command\n", "--help");
}

/* ---- values */

/* "https://HOST[:PORT]", as it is compared and contacted: one slash behind it is forgiven. */
static bool add_peer(struct sidecar_settings *s, struct sidecar_peers *to, const char *option,
                     struct bytes text, struct quoth_error *err)
{
    struct url url;
    AUTO(buffer) struct buffer copy = {0};
    if (!url_read(text, &url, err))
        return quoth_within(err, option);
    if (url.target.len != 1)
        return quoth_fail(err, QUOTH_USAGE, option, QUOTH_NO_OFFSET,
                          "has a path: https://HOST[:PORT] is wanted");
    if (to->count == SIDECAR_PEERS_MAX)
        return quoth_fail(err, QUOTH_USAGE, option, QUOTH_NO_OFFSET, "is given more than %u times",
                          SIDECAR_PEERS_MAX);
    buffer_text(&copy, "https://");
    buffer_add(&copy, url.authority);
    char *owned = buffer_take_text(&copy, err);
    if (!owned)
        return false;
    s->copies[s->copy_count++] = owned;
    to->urls[to->count++] = owned;
    return true;
}

/* Several in a variable: commas or blanks between them. */
static bool add_peers(struct sidecar_settings *s, struct sidecar_peers *to, const char *option,
                      const char *text, struct quoth_error *err)
{
    static const char between[] = ", \t\n";
    for (text += strspn(text, between); *text; text += strspn(text, between)) {
        const size_t len = strcspn(text, between);
        if (!add_peer(s, to, option, (struct bytes){(const uint8_t *)text, len}, err))
            return false;
        text += len;
    }
    return true;
}

static bool put(struct sidecar_settings *s, const struct row *row, const char *value,
                struct quoth_error *err)
{
    void *to = (char *)s + row->at;
    switch (row->kind) {
    case TEXT:
        if (*(const char **)to)
            return quoth_fail(err, QUOTH_USAGE, row->option, QUOTH_NO_OFFSET, "is given twice");
        *(const char **)to = value;
        return value[0] != '\0' ||
               quoth_fail(err, QUOTH_USAGE, row->option, QUOTH_NO_OFFSET, "is empty");
    case PEERS:
        return add_peers(s, to, row->option, value, err);
    default:
        *(bool *)to = strcmp(value, "1") == 0;
        return strcmp(value, "1") == 0 || strcmp(value, "0") == 0 ||
               quoth_fail(err, QUOTH_USAGE, row->option, QUOTH_NO_OFFSET, "is 1 or 0");
    }
}

/* ---- where they come from */

/* "--option value" or "--option=value"; *ret_used is how many arguments it took. */
static bool read_option(char *const *argv, int count, struct sidecar_settings *s, uint32_t *given,
                        int *ret_used, struct quoth_error *err)
{
    const char *word = argv[0];
    const bool is_option = word[0] == '-' && word[1] == '-';
    const size_t len = is_option ? strcspn(word + 2, "=") : 0;
    const char *equals = is_option && word[2 + len] == '=' ? word + 3 + len : NULL;
    for (size_t i = 0; len > 0 && i < COUNT(rows); i++) {
        const struct row *row = &rows[i];
        if (strlen(row->option) != len || memcmp(row->option, word + 2, len) != 0)
            continue;
        *given |= 1u << i;
        *ret_used = row->kind == FLAG || equals ? 1 : 2;
        if (row->kind == FLAG)
            return !equals ? put(s, row, "1", err)
                           : quoth_fail(err, QUOTH_USAGE, row->option, QUOTH_NO_OFFSET,
                                        "takes no value");
        if (!equals && count < 2)
            return quoth_fail(err, QUOTH_USAGE, row->option, QUOTH_NO_OFFSET, "needs a value");
        return put(s, row, equals ? equals : argv[1], err);
    }
    return quoth_fail(err, QUOTH_USAGE, NULL, QUOTH_NO_OFFSET, "there is no option %.60s", word);
}

static bool read_arguments(int argc, char *const *argv, struct sidecar_settings *s, uint32_t *given,
                           struct quoth_error *err)
{
    for (int i = 0, used = 0; i < argc; i += used) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            s->help = true;
            used = 1;
        } else if (!read_option(argv + i, argc - i, s, given, &used, err)) {
            return false;
        }
    }
    return true;
}

static bool read_environment(struct sidecar_settings *s, uint32_t given, struct quoth_error *err)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *value = given & 1u << i ? NULL : getenv(rows[i].variable);
        if (value && value[0] && !put(s, &rows[i], value, err))
            return quoth_within(err, rows[i].variable);
    }
    return true;
}

/* ---- the whole */

static bool check_loopback(const char *listen, struct quoth_error *err)
{
    struct url at;
    if (!url_read_authority(bytes_of_text(listen), &at, err))
        return quoth_within(err, "listen");
    return (at.numeric && (strncmp(at.host, "127.", 4) == 0 || strcmp(at.host, "::1") == 0)) ||
           quoth_fail(
               err, QUOTH_USAGE, "listen", QUOTH_NO_OFFSET,
               "%s is no loopback address (127.0.0.1 or [::1]), and keys leave here in plain",
               at.host);
}

static bool check(const struct sidecar_settings *s, struct quoth_error *err)
{
    if (!check_loopback(s->listen, err))
        return false;
    if (s->verifiers.count == 0)
        return quoth_fail(err, QUOTH_USAGE, "verifier", QUOTH_NO_OFFSET, "is missing");
    return s->vaults.count == 0 || s->vault_ca ||
           quoth_fail(err, QUOTH_USAGE, "vault-ca", QUOTH_NO_OFFSET,
                      "is missing: who may speak for the vaults must be named");
}

bool sidecar_settings_read(int argc, char *const *argv, struct sidecar_settings *ret_settings,
                           struct quoth_error *err)
{
    AUTO(sidecar_settings) struct sidecar_settings s = {0};
    uint32_t given = 0;
    if (!read_arguments(argc, argv, &s, &given, err) ||
        (!s.help && !read_environment(&s, given, err)))
        return false;
    if (!s.listen)
        s.listen = "127.0.0.1:8080";
    if (!s.help && !check(&s, err))
        return false;
    *ret_settings = take_value(s);
    return true;
}
