#include "service/config/config.h"

#include "base/file.h"
#include "base/suggest.h"
#include "base/text.h"
#include "codec/json.h"
#include "service/config/config_check.h"
#include "service/config/config_values.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

/* A stronger source is read first, and later ones leave alone what it has said. */
struct reading {
    struct config config;
    struct config_report *report;
    bool go_on;  /* after a problem: all of them are wanted */
    bool placed; /* the error says already where in the file it is */
};

static bool usage(struct quoth_error *err, const char *where, const char *what)
{
    return quoth_fail(err, QUOTH_USAGE, where, QUOTH_NO_OFFSET, "%s", what);
}

/* Notes a problem; true if reading is to go on. offset: in the file. */
static bool passed_over(struct reading *r, size_t offset, struct quoth_error *err)
{
    if (r->go_on) {
        config_report_add(r->report, offset, err);
        *err = (struct quoth_error){0};
        return true;
    }
    if (offset != QUOTH_NO_OFFSET && !r->placed) {
        const struct text_place at = text_place(buffer_bytes(&r->report->file), offset);
        char message[sizeof err->message];
        memcpy(message, err->message, sizeof message);
        snprintf(err->message, sizeof err->message, "line %zu, column %zu: %s", at.line, at.column,
                 message);
        quoth_within(err, "config");
        r->placed = true;
    }
    return false;
}

static struct setting_said *said(struct reading *r, size_t tenant, const struct setting_row *row)
{
    return &r->report->said[tenant][setting_index(row)];
}

/* ---- options */

static bool unknown(const char *text, struct bytes name, struct quoth_error *err)
{
    struct suggestion near = suggestion_for(name);
    char more[SUGGESTION_TEXT_SIZE];
    for (size_t i = 0; i < setting_count; i++)
        suggestion_offer(&near, bytes_of_text(setting_rows[i].name));
    return quoth_fail(err, QUOTH_USAGE, text, QUOTH_NO_OFFSET,
                      "is not an option of quothd, see --help%s",
                      suggestion_text(&near, "--", more));
}

/* One of "--name value", "--name=value" and, for a flag, "--name". *i moves to the last argument
 * that was taken. */
static bool read_option(struct reading *r, int argc, char *const *argv, int *i,
                        struct quoth_error *err)
{
    const char *text = argv[*i], *equals = strchr(text, '=');
    const bool dashes = strncmp(text, "--", 2) == 0;
    const struct bytes whole = bytes_slice(bytes_of_text(text), dashes ? 2 : 0, SIZE_MAX);
    const struct bytes name =
        equals && dashes ? bytes_slice(whole, 0, (size_t)(equals - text) - 2) : whole;
    const struct setting_row *row = dashes ? setting_find(name) : NULL;
    if (!row)
        return unknown(text, name, err);
    const char *value = equals ? equals + 1 : NULL;
    if (!value && row->kind == SETTING_FLAG)
        value = "true";
    if (!value && *i + 1 < argc)
        value = argv[++*i];
    if (!value)
        return usage(err, text, "wants a value");
    struct setting_said *given = said(r, TENANT_FIRST, row);
    if (given->by && row->kind != SETTING_LIST)
        return usage(err, text, "is given twice");
    given->by = SAID_BY_OPTION;
    return setting_put(&r->config, TENANT_FIRST, row, value, text, err);
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
        else if (strcmp(argv[i], "--check-config") == 0)
            *ret_command = CONFIG_CHECK;
        else if (i == 1 && strcmp(argv[i], "init") == 0)
            *ret_command = CONFIG_INIT;
        else if (!read_option(r, argc, argv, &i, err) && !passed_over(r, QUOTH_NO_OFFSET, err))
            return false;
    }
    return true;
}

/* What options say of a tenant they say of the one that is added, if one is. */
static bool turn_to_added(struct reading *r, struct quoth_error *err)
{
    size_t added;
    if (!r->config.add_tenant)
        return true;
    if (!setting_add_tenant(&r->config, bytes_of_text(r->config.add_tenant), &added, err))
        return false;
    for (size_t i = 0; i < setting_count; i++)
        if (setting_rows[i].use & SETTING_OF_TENANT) {
            r->report->said[added][i] = r->report->said[TENANT_FIRST][i];
            r->report->said[TENANT_FIRST][i] = (struct setting_said){0};
        }
    char *issuer = r->config.tenants[added].issuer;
    r->config.tenants[added] = r->config.tenants[TENANT_FIRST];
    r->config.tenants[added].issuer = issuer;
    r->config.tenants[TENANT_FIRST] = (struct tenant_settings){0};
    return true;
}

/* ---- environment */

static bool read_environment(struct reading *r, struct quoth_error *err)
{
    for (size_t i = 0; i < setting_count; i++) {
        const struct setting_row *row = &setting_rows[i];
        char variable[SETTING_VARIABLE_SIZE];
        const char *value = getenv(setting_variable(row, variable));
        struct setting_said *given = said(r, TENANT_FIRST, row);
        if (!value || given->by)
            continue;
        given->by = SAID_BY_VARIABLE;
        if (!setting_put(&r->config, TENANT_FIRST, row, value, variable, err) &&
            !passed_over(r, QUOTH_NO_OFFSET, err))
            return false;
    }
    return true;
}

/* ---- file */

static bool put_json(struct reading *r, size_t tenant, const struct setting_row *row,
                     struct json value, struct quoth_error *err)
{
    AUTO(buffer) struct buffer hold = {0};
    const enum json_type type = json_type(value);
    const bool number = row->kind == SETTING_NUMBER, flag = row->kind == SETTING_FLAG;
    char path[96];
    json_path(value, path, sizeof path);
    if ((type == JSON_NUMBER) != number || (type == JSON_TRUE || type == JSON_FALSE) != flag)
        return quoth_fail(err, QUOTH_USAGE, path, QUOTH_NO_OFFSET, "is %s, expected %s",
                          json_type_text(type),
                          number ? "a number"
                          : flag ? "true or false"
                                 : "a string");
    if (number || flag)
        buffer_add(&hold, json_span(value));
    else if (!json_get_text(value, &hold, err))
        return false;
    AUTO(text) char *text = buffer_take_text(&hold, err);
    return text && setting_put(&r->config, tenant, row, text, path, err);
}

static bool no_setting(struct json member, size_t tenant, struct quoth_error *err)
{
    char path[96], more[SUGGESTION_TEXT_SIZE];
    struct suggestion near = suggestion_for(json_plain(json_member_name(member)));
    for (size_t i = 0; i < setting_count; i++)
        if (tenant == TENANT_FIRST || setting_rows[i].use & SETTING_OF_TENANT)
            suggestion_offer(&near, bytes_of_text(setting_rows[i].name));
    if (tenant == TENANT_FIRST)
        suggestion_offer(&near, BYTES_LITERAL("tenants"));
    return quoth_fail(err, QUOTH_USAGE, json_path(member, path, sizeof path), QUOTH_NO_OFFSET,
                      "is no setting%s", suggestion_text(&near, "", more));
}

static bool read_items(struct reading *r, size_t tenant, const struct setting_row *row,
                       struct json array, struct quoth_error *err)
{
    for (struct json item = json_first(array); json_exists(item); item = json_next(item))
        if (!put_json(r, tenant, row, item, err) && !passed_over(r, json_offset(item), err))
            return false;
    return true;
}

static bool read_setting(struct reading *r, size_t tenant, struct json value,
                         struct quoth_error *err)
{
    const struct setting_row *row = setting_find(json_plain(json_member_name(value)));
    char path[96];
    if (!row || row->use & SETTING_NOT_IN_FILE)
        return no_setting(value, tenant, err);
    if (tenant != TENANT_FIRST && !(row->use & SETTING_OF_TENANT))
        return usage(err, json_path(value, path, sizeof path),
                     "is no tenant's: it belongs beside \"tenants\"");
    struct setting_said *given = said(r, tenant, row);
    if (given->by)
        return true; /* an option or a variable has said it already */
    *given = (struct setting_said){SAID_IN_FILE, json_offset(value)};
    return row->kind == SETTING_LIST && json_type(value) == JSON_ARRAY
               ? read_items(r, tenant, row, value, err)
               : put_json(r, tenant, row, value, err);
}

/* Of the one that is added options have spoken already. */
static bool find_or_add(struct reading *r, struct bytes issuer, size_t *ret_tenant,
                        struct quoth_error *err)
{
    for (size_t i = TENANT_NAMED; i < r->config.tenant_count; i++)
        if (bytes_equal(bytes_of_text(r->config.tenants[i].issuer), issuer)) {
            *ret_tenant = i;
            return true;
        }
    return setting_add_tenant(&r->config, issuer, ret_tenant, err);
}

static bool read_tenant(struct reading *r, struct json object, struct quoth_error *err)
{
    size_t tenant;
    AUTO(buffer) struct buffer issuer = {0};
    json_text(json_member_name(object), &issuer);
    if (!buffer_ok(&issuer, err) || !find_or_add(r, buffer_bytes(&issuer), &tenant, err))
        return false;
    r->report->tenant_at[tenant] = json_offset(object);
    if (json_type(object) != JSON_OBJECT)
        return usage(err, "tenants", "has a member that is no object of settings");
    for (struct json m = json_first(object); json_exists(m); m = json_next(m))
        if (!read_setting(r, tenant, m, err) && !passed_over(r, json_offset(m), err))
            return false;
    return true;
}

static bool read_tenants(struct reading *r, struct json object, struct quoth_error *err)
{
    if (json_type(object) != JSON_OBJECT)
        return usage(err, "tenants", "is no object of issuers and their settings");
    for (struct json m = json_first(object); json_exists(m); m = json_next(m))
        if (!read_tenant(r, m, err) && !passed_over(r, json_offset(m), err))
            return false;
    return true;
}

static bool read_members(struct reading *r, struct json root, struct quoth_error *err)
{
    if (json_type(root) != JSON_OBJECT)
        return usage(err, "", "is not a JSON object") || passed_over(r, 0, err);
    for (struct json m = json_first(root); json_exists(m); m = json_next(m)) {
        const bool tenants = json_text_is(json_member_name(m), "tenants");
        if (!(tenants ? read_tenants(r, m, err) : read_setting(r, TENANT_FIRST, m, err)) &&
            !passed_over(r, json_offset(m), err))
            return false;
    }
    return true;
}

static bool read_file(struct reading *r, struct quoth_error *err)
{
    AUTO(json_doc) struct json_doc doc = {0};
    struct buffer *text = &r->report->file;
    if (!r->config.config)
        return true;
    buffer_text(&r->report->path, r->config.config);
    if (!buffer_ok(&r->report->path, err) ||
        !file_read(r->config.config, CONFIG_FILE_MAX, text, err))
        return quoth_within(err, "config") || passed_over(r, QUOTH_NO_OFFSET, err);
    if (!json_parse(buffer_bytes(text), NULL, &doc, err))
        return passed_over(r, err->offset, err);
    return read_members(r, json_root(&doc), err);
}

/* ---- what nobody has said */

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
    *to = strdup(path);
    return *to || quoth_fail(err, QUOTH_MEMORY, "settings", QUOTH_NO_OFFSET, "out of memory");
}

static bool set_master_key(struct config *s, struct quoth_error *err)
{
    AUTO(text) char *path = NULL;
    return s->master_key.count > 0 ||
           (set_place(&path, "/etc/quoth/master.key", "XDG_CONFIG_HOME", ".config", "/master.key",
                      err) &&
            setting_put(s, TENANT_FIRST, setting_find(BYTES_LITERAL("master-key")), path,
                        "master-key", err));
}

static bool set_standards(struct reading *r, size_t tenant, struct quoth_error *err)
{
    for (size_t i = 0; i < setting_count; i++) {
        const struct setting_row *row = &setting_rows[i];
        const bool wanted = row->use & SETTING_OF_TENANT || tenant == TENANT_FIRST;
        if (wanted && row->standard && !said(r, tenant, row)->by &&
            !setting_put(&r->config, tenant, row, row->standard, row->name, err))
            return false;
    }
    return true;
}

static bool set_defaults(struct reading *r, struct quoth_error *err)
{
    struct config *s = &r->config;
    for (size_t i = 0; i < s->tenant_count; i++)
        if (!set_standards(r, i, err))
            return false;
    if (!set_place(&s->state, "/var/lib/quoth", "XDG_STATE_HOME", ".local/state", "", err) ||
        !set_master_key(s, err))
        return false;
    if (!s->store)
        s->store = path_join(s->state, "quoth.db", err);
    return s->store != NULL;
}

/* Where in the file a setting stands, or QUOTH_NO_OFFSET. */
static size_t place_of(struct reading *r, size_t tenant, const char *setting)
{
    const struct setting_said *at = said(r, tenant, setting_find(bytes_of_text(setting)));
    return at->by == SAID_IN_FILE ? at->offset : QUOTH_NO_OFFSET;
}

static bool check_tenant(struct reading *r, size_t tenant, struct quoth_error *err)
{
    const struct config *s = &r->config;
    const struct tenant_settings *t = &s->tenants[tenant];
    if (!t->tls_cert != !t->tls_key && !usage(err, "tls-cert", "and tls-key belong together") &&
        !passed_over(r, place_of(r, tenant, t->tls_cert ? "tls-cert" : "tls-key"), err))
        return false;
    if (!t->release_cert != !t->release_key &&
        !usage(err, "release-cert", "and release-key belong together") &&
        !passed_over(r, place_of(r, tenant, t->release_cert ? "release-cert" : "release-key"), err))
        return false;
    return !t->issuer || !s->issuer || strcmp(t->issuer, s->issuer) != 0 ||
           usage(err, "tenants", "names the first tenant, whose settings stand beside it") ||
           passed_over(r, r->report->tenant_at[tenant], err);
}

static bool check_tenants(struct reading *r, struct quoth_error *err)
{
    for (size_t i = 0; i < r->config.tenant_count; i++)
        if (!check_tenant(r, i, err))
            return false;
    return true;
}

static bool only_of_init(struct reading *r, enum config_command command, struct quoth_error *err)
{
    for (size_t i = 0; i < setting_count; i++)
        if (command != CONFIG_INIT && setting_rows[i].use & SETTING_AT_INIT &&
            r->report->said[TENANT_FIRST][i].by == SAID_BY_OPTION &&
            !usage(err, setting_rows[i].name, "is an option of quothd init") &&
            !passed_over(r, QUOTH_NO_OFFSET, err))
            return false;
    return true;
}

static bool read_all(struct reading *r, int argc, char *const *argv,
                     enum config_command *ret_command, struct quoth_error *err)
{
    r->config.tenant_count = TENANT_NAMED;
    if (!read_options(r, argc, argv, ret_command, err))
        return false;
    if (*ret_command == CONFIG_HELP || *ret_command == CONFIG_VERSION)
        return true;
    return only_of_init(r, *ret_command, err) && turn_to_added(r, err) &&
           read_environment(r, err) && read_file(r, err) && set_defaults(r, err) &&
           check_tenants(r, err);
}

bool config_read(int argc, char *const *argv, enum config_command *ret_command,
                 struct config *ret_config, struct quoth_error *err)
{
    AUTO(config_report) struct config_report report = {0};
    struct reading r = {.report = &report};
    if (read_all(&r, argc, argv, ret_command, err)) {
        *ret_config = r.config;
        return true;
    }
    config_clear(&r.config);
    return false;
}

bool config_examine(int argc, char *const *argv, enum config_command *ret_command,
                    struct config *ret_config, struct config_report *report)
{
    struct quoth_error err = {0};
    struct reading r = {.report = report, .go_on = true};
    if (!read_all(&r, argc, argv, ret_command, &err))
        config_report_add(report, QUOTH_NO_OFFSET, &err);
    else if (*ret_command != CONFIG_HELP && *ret_command != CONFIG_VERSION)
        config_check(&r.config, report);
    if (report->count == 0) {
        *ret_config = r.config;
        return true;
    }
    config_clear(&r.config);
    return false;
}

const struct tenant_settings *config_tenant(const struct config *s, const char *issuer)
{
    for (size_t i = TENANT_NAMED; i < s->tenant_count; i++)
        if (strcmp(s->tenants[i].issuer, issuer) == 0)
            return &s->tenants[i];
    return &s->tenants[TENANT_OTHERS];
}
