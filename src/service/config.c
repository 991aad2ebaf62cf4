#include "service/config.h"

#include "base/file.h"
#include "codec/json.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

enum kind { KIND_TEXT, KIND_LIST, KIND_NUMBER, KIND_FLAG };

struct row {
    const char *name, *value; /* "master-key", "FILE" */
    enum kind kind;
    size_t offset;
    const char *standard; /* what holds when nobody says anything; NULL: nothing */
    uint64_t least, most; /* of a number */
    const char *help;
};

#define AT(member) offsetof(struct config, member)
#define DAY UINT64_C(86400)

/* clang-format off */
static const struct row rows[] = {
    {"config", "FILE", KIND_TEXT, AT(config), NULL, 0, 0, "read settings from a JSON object"},
    {"issuer", "URL", KIND_TEXT, AT(issuer), NULL, 0, 0, "https://host[:port]; what tokens name as iss"},
    {"listen", "ADDRESS:PORT", KIND_TEXT, AT(listen), "127.0.0.1:8443", 0, 0, "where to serve; port 0 takes a free one"},
    {"state", "FOLDER", KIND_TEXT, AT(state), NULL, 0, 0, "keys and marks (default: /var/lib/quoth, for users below XDG_STATE_HOME)"},
    {"master-key", "FILE", KIND_TEXT, AT(master_key), NULL, 0, 0, "32 bytes that seal the keys; never in the state folder (default: /etc/quoth/master.key, for users below XDG_CONFIG_HOME)"},
    {"trust", "CLASS", KIND_TEXT, AT(trust), NULL, 0, 0, "hardware, hardware:SHA256,... or simulated:SHA256,... (default: as initialised)"},
    {"trust-root", "FILE", KIND_LIST, AT(trust_root), NULL, 0, 0, "PEM certificates that --trust names"},
    {"collateral", "PATH|URL", KIND_LIST, AT(collateral), NULL, 0, 0, "where endorsements come from, in this order (default: Intel's service for its own root)"},
    {"accept-status", "LIST", KIND_TEXT, AT(accept_status), "UpToDate,SWHardeningNeeded", 0, 0, "TCB statuses that pass"},
    {"tls-cert", "FILE", KIND_TEXT, AT(tls_cert), NULL, 0, 0, "PEM chain to serve with (default: one of the local CA)"},
    {"tls-key", "FILE", KIND_TEXT, AT(tls_key), NULL, 0, 0, "its private key"},
    {"log-format", "json|text", KIND_TEXT, AT(log_format), "json", 0, 0, "form of the log on standard error"},
    {"ready-file", "FILE", KIND_TEXT, AT(ready_file), NULL, 0, 0, "written with the address once requests are served"},
    {"workers", "N", KIND_NUMBER, AT(workers), "0", 0, 256, "threads that serve; 0: one per core"},
    {"connections", "N", KIND_NUMBER, AT(connections), "16384", 1, 1 << 20, "open at once"},
    {"connections-per-source", "N", KIND_NUMBER, AT(connections_per_source), "1024", 1, 1 << 20, "open at once from one source"},
    {"rate", "N", KIND_NUMBER, AT(rate), "1000", 0, 1 << 24, "requests per second from one source; 0: any number"},
    {"rate-burst", "N", KIND_NUMBER, AT(rate_burst), "2000", 1, 1 << 24, "requests that one source may send at once"},
    {"source-prefix4", "BITS", KIND_NUMBER, AT(source_prefix4), "32", 1, 32, "bits of an IPv4 address that make a source"},
    {"source-prefix6", "BITS", KIND_NUMBER, AT(source_prefix6), "64", 1, 128, "bits of an IPv6 address that make a source"},
    {"header-timeout", "MS", KIND_NUMBER, AT(header_timeout), "5000", 10, 600000, "for a whole request head"},
    {"body-timeout", "MS", KIND_NUMBER, AT(body_timeout), "10000", 10, 600000, "for a whole body"},
    {"idle-timeout", "MS", KIND_NUMBER, AT(idle_timeout), "60000", 10, 3600000, "between requests"},
    {"queue-delay", "MS", KIND_NUMBER, AT(queue_delay), "250", 0, 60000, "after which waiting evidence is refused with 503; 0: never"},
    {"drain-timeout", "MS", KIND_NUMBER, AT(drain_timeout), "15000", 0, 600000, "for what is in flight at SIGTERM"},
    {"collateral-refresh", "SECONDS", KIND_NUMBER, AT(collateral_refresh), "14400", 60, 7 * DAY, "age at which endorsements are fetched anew"},
    {"collateral-grace", "SECONDS", KIND_NUMBER, AT(collateral_grace), "0", 0, 7 * DAY, "how long expired endorsements still serve"},
    {"collateral-allow-older", NULL, KIND_FLAG, AT(collateral_allow_older), NULL, 0, 0, "accept endorsements older than those seen before; each use is logged"},
    {"clock-reset", NULL, KIND_FLAG, AT(clock_reset), NULL, 0, 0, "forget the latest instant seen, after a run with a clock that was ahead"},
};
/* clang-format on */

/* Where a setting was read: a stronger source is read first, and later ones leave it alone. */
struct reading {
    struct config config;
    bool given[COUNT(rows)];
};

static bool usage(struct quoth_error *err, const char *where, const char *what)
{
    return quoth_fail(err, QUOTH_USAGE, where, QUOTH_NO_OFFSET, "%s", what);
}

static void *member(struct config *s, const struct row *row)
{
    return (uint8_t *)s + row->offset;
}

static bool set_text(char **to, const char *value, struct quoth_error *err)
{
    free(*to);
    *to = strdup(value);
    return *to || quoth_fail(err, QUOTH_MEMORY, "settings", QUOTH_NO_OFFSET, "out of memory");
}

static bool set_number(uint64_t *to, const struct row *row, const char *value, const char *where,
                       struct quoth_error *err)
{
    char *end;
    const bool digits = value[0] >= '0' && value[0] <= '9';
    const unsigned long long number = digits ? strtoull(value, &end, 10) : 0;
    if (!digits || *end != '\0' || number < row->least || number > row->most)
        return quoth_fail(err, QUOTH_USAGE, where, QUOTH_NO_OFFSET,
                          "is not a number from %llu to %llu", (unsigned long long)row->least,
                          (unsigned long long)row->most);
    *to = number;
    return true;
}

static bool set(struct config *s, const struct row *row, const char *value, const char *where,
                struct quoth_error *err)
{
    struct setting_list *list = member(s, row);
    switch (row->kind) {
    case KIND_TEXT:
        return value[0] ? set_text(member(s, row), value, err) : usage(err, where, "is empty");
    case KIND_NUMBER:
        return set_number(member(s, row), row, value, where, err);
    case KIND_FLAG:
        *(bool *)member(s, row) = strcmp(value, "true") == 0;
        return strcmp(value, "true") == 0 || strcmp(value, "false") == 0 ||
               usage(err, where, "is neither true nor false");
    case KIND_LIST:
        if (list->count == SETTING_ITEMS_MAX)
            return usage(err, where, "is given too often");
        if (!set_text(&list->items[list->count], value, err))
            return false;
        list->count++;
        return true;
    }
    return false;
}

static const struct row *find_row(struct bytes name)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if (bytes_equal(bytes_of_text(rows[i].name), name))
            return &rows[i];
    return NULL;
}

static size_t index_of(const struct row *row)
{
    size_t i = 0;
    while (&rows[i] != row)
        i++;
    return i;
}

/* One of "--name value", "--name=value" and, for a flag, "--name". *i moves to the last argument
 * that was taken. */
static bool read_option(struct reading *r, int argc, char *const *argv, int *i,
                        struct quoth_error *err)
{
    const char *text = argv[*i], *equals = strchr(text, '=');
    const struct bytes whole = bytes_slice(bytes_of_text(text), 2, SIZE_MAX);
    const struct bytes name = equals ? bytes_slice(whole, 0, (size_t)(equals - text) - 2) : whole;
    const struct row *row = strncmp(text, "--", 2) == 0 ? find_row(name) : NULL;
    if (!row)
        return usage(err, text, "is not an option; see quothd --help");
    const size_t index = index_of(row);
    const char *value = equals ? equals + 1 : NULL;
    if (!value && row->kind == KIND_FLAG)
        value = "true";
    if (!value && *i + 1 < argc)
        value = argv[++*i];
    if (!value)
        return usage(err, text, "wants a value");
    if (r->given[index] && row->kind != KIND_LIST)
        return usage(err, text, "is given twice");
    r->given[index] = true;
    return set(&r->config, row, value, text, err);
}

static bool read_options(struct reading *r, int argc, char *const *argv,
                         enum config_command *ret_command, struct quoth_error *err)
{
    *ret_command = CONFIG_SERVE;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            *ret_command = CONFIG_HELP;
        else if (strcmp(argv[i], "--version") == 0)
            *ret_command = CONFIG_VERSION;
        else if (i == 1 && strcmp(argv[i], "init") == 0)
            *ret_command = CONFIG_INIT;
        else if (!read_option(r, argc, argv, &i, err))
            return false;
    }
    return true;
}

static void variable_of(const struct row *row, char *to, size_t size)
{
    snprintf(to, size, "QUOTH_%s", row->name);
    for (char *c = to; *c; c++) {
        if (*c == '-')
            *c = '_';
        else if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    }
}

static bool read_environment(struct reading *r, struct quoth_error *err)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        char variable[64];
        variable_of(&rows[i], variable, sizeof variable);
        const char *value = getenv(variable);
        if (!value || r->given[i])
            continue;
        r->given[i] = true;
        if (!set(&r->config, &rows[i], value, variable, err))
            return false;
    }
    return true;
}

static bool set_from_json(struct reading *r, const struct row *row, struct json value,
                          struct quoth_error *err)
{
    AUTO(buffer) struct buffer hold = {0};
    const enum json_type type = json_type(value);
    const bool number = row->kind == KIND_NUMBER, flag = row->kind == KIND_FLAG;
    if ((type == JSON_NUMBER) != number || (type == JSON_TRUE || type == JSON_FALSE) != flag)
        return usage(err, row->name, "has the wrong type in the configuration file");
    if (number || flag)
        buffer_add(&hold, json_span(value));
    else if (!json_get_text(value, &hold, err))
        return false;
    AUTO(text) char *text = buffer_take_text(&hold, err);
    return text && set(&r->config, row, text, row->name, err);
}

static bool set_member(struct reading *r, struct json value, struct quoth_error *err)
{
    const struct json key = json_member_name(value);
    const struct row *row = find_row(json_plain(key));
    if (!row || row->offset == AT(config)) {
        char path[64];
        return usage(err, json_path(value, path, sizeof path), "is no setting");
    }
    bool *given = &r->given[index_of(row)];
    if (*given)
        return true; /* an option or a variable has said it already */
    *given = true;
    if (row->kind != KIND_LIST || json_type(value) != JSON_ARRAY)
        return set_from_json(r, row, value, err);
    for (struct json item = json_first(value); json_exists(item); item = json_next(item))
        if (!set_from_json(r, row, item, err))
            return false;
    return true;
}

static bool read_file(struct reading *r, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    if (!r->config.config)
        return true;
    if (!file_read(r->config.config, CONFIG_FILE_MAX, &text, err) ||
        !json_parse(buffer_bytes(&text), NULL, &doc, err))
        return quoth_within(err, "config");
    if (json_type(json_root(&doc)) != JSON_OBJECT)
        return usage(err, "config", "is not a JSON object");
    for (struct json m = json_first(json_root(&doc)); json_exists(m); m = json_next(m))
        if (!set_member(r, m, err))
            return quoth_within(err, "config");
    return true;
}

/* ROOT for the superuser; below what VARIABLE names, or HOME and the usual place, for users. */
static bool set_place(char **to, const char *root, const char *variable, const char *below_home,
                      const char *name, struct quoth_error *err)
{
    char path[PATH_MAX];
    const char *xdg = getenv(variable), *home = getenv("HOME");
    if (*to)
        return true;
    if (geteuid() == 0)
        snprintf(path, sizeof path, "%s", root);
    else if (xdg && xdg[0] == '/')
        snprintf(path, sizeof path, "%s/quoth%s", xdg, name);
    else if (home && home[0] == '/')
        snprintf(path, sizeof path, "%s/%s/quoth%s", home, below_home, name);
    else
        return usage(err, variable, "is not set, and neither is HOME: where is the state to lie?");
    return set_text(to, path, err);
}

static bool set_defaults(struct reading *r, struct quoth_error *err)
{
    struct config *s = &r->config;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (!r->given[i] && rows[i].standard &&
            !set(s, &rows[i], rows[i].standard, rows[i].name, err))
            return false;
    return set_place(&s->state, "/var/lib/quoth", "XDG_STATE_HOME", ".local/state", "", err) &&
           set_place(&s->master_key, "/etc/quoth/master.key", "XDG_CONFIG_HOME", ".config",
                     "/master.key", err);
}

static bool check(const struct config *s, struct quoth_error *err)
{
    if (strcmp(s->log_format, "json") != 0 && strcmp(s->log_format, "text") != 0)
        return usage(err, "log-format", "is neither json nor text");
    if (!s->tls_cert != !s->tls_key)
        return usage(err, "tls-cert", "and tls-key belong together");
    return true;
}

bool config_read(int argc, char *const *argv, enum config_command *ret_command,
                 struct config *ret_config, struct quoth_error *err)
{
    struct reading r = {0};
    const bool good = read_options(&r, argc, argv, ret_command, err);
    const bool asks = good && (*ret_command == CONFIG_HELP || *ret_command == CONFIG_VERSION);
    if (asks || (good && read_environment(&r, err) && read_file(&r, err) && set_defaults(&r, err) &&
                 check(&r.config, err))) {
        *ret_config = r.config;
        return true;
    }
    config_clear(&r.config);
    return false;
}

void config_clear(struct config *s)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct setting_list *list = member(s, &rows[i]);
        if (rows[i].kind == KIND_TEXT)
            free(*(char **)member(s, &rows[i]));
        for (size_t n = 0; rows[i].kind == KIND_LIST && n < list->count; n++)
            free(list->items[n]);
    }
    *s = (struct config){0};
}

void config_help(struct buffer *to)
{
    buffer_text(to, "usage: quothd init --issuer URL [OPTION]...   make keys, local CA and store\n"
                    "       quothd [OPTION]...                     serve\n\n"
                    "Each option may also be given as an environment variable (--master-key as\n"
                    "QUOTH_MASTER_KEY) or as a member of the configuration file.\n\n");
    for (size_t i = 0; i < COUNT(rows); i++) {
        char option[64];
        snprintf(option, sizeof option, "--%s%s%s", rows[i].name, rows[i].value ? " " : "",
                 rows[i].value ? rows[i].value : "");
        buffer_printf(to, "  %-28s %s", option, rows[i].help);
        if (rows[i].standard)
            buffer_printf(to, " (default: %s)", rows[i].standard);
        buffer_text(to, "\n");
    }
}
