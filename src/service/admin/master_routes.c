/* GET /master, POST /master:rotate and :remove: the keyring that everything is sealed with, for the
 * officers of the first tenant, as it is the whole service's (docs/master-key.md). */
#include "service/admin/admin.h"
#include "service/run/service.h"

#include "base/time.h"
#include "codec/json.h"
#include "codec/json_write.h"
#include "keys/slots.h"

#define BODY_MAX 4096

static bool is_first(struct http_exchange *x, struct quoth_error *err)
{
    const struct service *s = x->service;
    return x->scope == (void *)&s->tenants[0] ||
           quoth_fail(err, QUOTH_ADMIN_FORBIDDEN, "master", QUOTH_NO_OFFSET,
                      "is the first tenant's officers' business");
}

static void write_ring(struct buffer *to, const struct ring *ring)
{
    json_name(to, "terms");
    json_array_begin(to);
    for (size_t i = 0; i < ring->term_count; i++) {
        json_object_begin(to);
        json_named_int(to, "number", ring->terms[i].number);
        json_named_time(to, "created", ring->terms[i].created);
        json_object_end(to);
    }
    json_array_end(to);
    json_name(to, "slots");
    json_array_begin(to);
    for (size_t i = 0; i < ring->slot_count; i++) {
        json_object_begin(to);
        json_named_cstring(to, "name", ring->slots[i].name);
        json_named_time(to, "created", ring->slots[i].created);
        json_object_end(to);
    }
    json_array_end(to);
}

/* done: a rotation; NULL: something else. */
static bool answer(struct http_exchange *x, const struct slots_rotation *done,
                   struct quoth_error *err)
{
    const struct service *s = x->service;
    struct buffer *body = &x->response.body;
    AUTO(ring) struct ring ring;
    AUTO(ring_place) struct ring_place place;
    if (!slots_reload(s->state.store, s->master, err))
        return false;
    keyring_get(s->master->keyring, &ring, &place);
    x->response.content_type = "application/json; charset=utf-8";
    json_object_begin(body);
    if (done) {
        json_named_bool(body, "rekeyed", done->rekeyed);
    }
    write_ring(body, &ring);
    json_object_end(body);
    return buffer_ok(body, err) &&
           http_response_field(&x->response, "Cache-Control", "no-store", err);
}

static bool show(struct http_exchange *x, const struct admin *who, struct quoth_error *err)
{
    (void)who;
    return is_first(x, err) && answer(x, NULL, err);
}

static bool rotate(struct http_exchange *x, const struct admin *who, struct quoth_error *err)
{
    struct service *s = x->service;
    const struct slots_listener listener = service_slots_listener(s);
    struct slots_rotation done;
    if (!is_first(x, err))
        return false;
    struct audit_line line = admin_line(x, who, "master.rotate");
    return admin_intend(x, &line, err) &&
           slots_rotate(s->state.store, s->master, time_now(), &listener, &done, err) &&
           answer(x, &done, err);
}

static bool remove_slot(struct http_exchange *x, const struct admin *who, struct quoth_error *err)
{
    struct service *s = x->service;
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(buffer) struct buffer text = {0};
    struct json slot = {0};
    if (!is_first(x, err) || !json_parse(x->body, NULL, &doc, err) ||
        !json_member(json_root(&doc), "slot", &slot) || !json_get_text(slot, &text, err))
        return quoth_fail(err, QUOTH_JSON_VALUE, "slot", QUOTH_NO_OFFSET,
                          "the body is not {\"slot\":\"NAME\"}");
    AUTO(text) char *name = buffer_take_text(&text, err);
    if (!name)
        return false;
    struct audit_line line = admin_line(x, who, "master.remove");
    audit_text(&line, "slot", name);
    return admin_intend(x, &line, err) && slots_remove(s->state.store, s->master, name, err) &&
           answer(x, NULL, err);
}

static enum http_outcome get_master(struct http_exchange *x, struct quoth_error *err)
{
    return admin_run(x, show, err);
}

static enum http_outcome rotate_master(struct http_exchange *x, struct quoth_error *err)
{
    return admin_run(x, rotate, err);
}

static enum http_outcome remove_from_master(struct http_exchange *x, struct quoth_error *err)
{
    return admin_run(x, remove_slot, err);
}

const struct http_route master_routes[] = {
    {HTTP_GET,                     "/master", ROLE_OFFICER | ROLE_AUDITOR, 0, get_master,
     "list the terms of the keyring and what opens it", NULL},
    {HTTP_POST, "/master:rotate", ROLE_OFFICER, 0, rotate_master,
     "add a term to the keyring, which seals from now on", NULL},
    {HTTP_POST,                  "/master:remove", ROLE_OFFICER, BODY_MAX, remove_from_master,
     "remove what opens the keyring, unless it is the last", "application/json"},
    {0                       },
};
