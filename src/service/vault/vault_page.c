#include "service/vault/vault_page.h"

#include "codec/base64.h"
#include "keys/seal.h"
#include "service/vault/vault_json.h"
#include "service/vault/vault_path.h"

#include <stdio.h>

/* Which list a token is for: "keys", "deletedsecrets", "keys/NAME/versions". */
struct list {
    char path[VAULT_NAME_MAX + 40];
};

static bool open_token(const struct vault_request *r, const struct list *list,
                       struct buffer *ret_after, struct quoth_error *err)
{
    const struct seal_place place = {
        .use = "vault.page", .issuer = r->vault.tenant, .id = list->path};
    AUTO(buffer) struct buffer sealed = {0};
    struct quoth_error inner = {0};
    if (r->query.skip.len == 0)
        return true;
    return (base64url_decode(buffer_bytes(&r->query.skip), &sealed, &inner) &&
            unseal(r->vault.master, &place, buffer_bytes(&sealed), ret_after, &inner)) ||
           quoth_fail(err, QUOTH_VAULT_SKIP, "$skiptoken", QUOTH_NO_OFFSET,
                      "was not made by this service for this list");
}

static bool write_next(const struct vault_request *r, const struct list *list, const char *last,
                       struct buffer *to, struct quoth_error *err)
{
    const struct seal_place place = {
        .use = "vault.page", .issuer = r->vault.tenant, .id = list->path};
    AUTO(buffer) struct buffer sealed = {0}, link = {0};
    if (!seal_lasting(r->vault.master, &place, bytes_of_text(last), &sealed, err))
        return false;
    buffer_printf(&link, "%s/%s?api-version=%s&$skiptoken=", r->vault.tenant, list->path,
                  r->query.api_version);
    base64url_encode(buffer_bytes(&sealed), &link);
    buffer_printf(&link, "&maxresults=%u", r->query.results);
    json_named_string(to, "nextLink", buffer_bytes(&link));
    return buffer_ok(&link, err);
}

/* ---- names */

struct names {
    struct vault_request *r;
    char last[VAULT_NAME_MAX + 1];
};

static bool write_name(void *context, const struct vault_item *item, struct quoth_error *err)
{
    struct names *n = context;
    struct buffer *to = &n->r->x->response.body;
    vault_json_item(to, &n->r->vault, item, NULL);
    snprintf(n->last, sizeof n->last, "%s", item->name);
    return buffer_ok(to, err);
}

static void tell_left_out(const struct vault_request *r, const struct quoth_error *why)
{
    const struct service *s = r->x->service;
    struct log_line line = log_begin(s->log, LOG_ERROR, "vault.left-out");
    log_text(&line, "tenant", r->vault.tenant);
    log_failure(&line, why);
    log_end(&line);
}

bool vault_page_names(struct vault_request *r, bool deleted, struct quoth_error *err)
{
    struct list list;
    struct names names = {.r = r};
    struct buffer *to = &r->x->response.body;
    AUTO(buffer) struct buffer after = {0};
    struct quoth_error broken = {0};
    bool more = false;
    snprintf(list.path, sizeof list.path, "%s", vault_path_of(r->kind, deleted));
    if (!open_token(r, &list, &after, err))
        return false;
    json_object_begin(to);
    json_name(to, "value");
    json_array_begin(to);
    if (!vault_list(&r->vault, r->kind, deleted, buffer_bytes(&after), r->query.results, write_name,
                    &names, &more, &broken, err))
        return false;
    if (broken.code != QUOTH_OK)
        tell_left_out(r, &broken);
    json_array_end(to);
    if (more && !write_next(r, &list, names.last, to, err))
        return false;
    json_object_end(to);
    return true;
}

/* ---- versions */

/* The place behind the version `after`; 0 without one. */
static size_t place_after(const struct vault_item *item, struct bytes after)
{
    size_t i = 0;
    while (i < item->version_count && !bytes_equal(bytes_of_text(item->versions[i].id), after))
        i++;
    return i < item->version_count ? i + 1 : 0;
}

bool vault_page_versions(struct vault_request *r, struct quoth_error *err)
{
    struct list list;
    struct buffer *to = &r->x->response.body;
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(buffer) struct buffer after = {0};
    if (!vault_find(&r->vault, r->kind, r->name, &item, err))
        return false;
    snprintf(list.path, sizeof list.path, "%s/%s/versions", vault_path_of(r->kind, false),
             item.name);
    if (!open_token(r, &list, &after, err))
        return false;
    size_t at = place_after(&item, buffer_bytes(&after));
    const size_t left = item.version_count - at;
    const size_t end = at + (left < r->query.results ? left : r->query.results);
    json_object_begin(to);
    json_name(to, "value");
    json_array_begin(to);
    for (; at < end; at++)
        vault_json_item(to, &r->vault, &item, &item.versions[at]);
    json_array_end(to);
    if (end < item.version_count && !write_next(r, &list, item.versions[end - 1].id, to, err))
        return false;
    json_object_end(to);
    return true;
}
