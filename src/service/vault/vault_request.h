/* One request to the vault's interface: what every handler begins and ends with. In the pool.
 *
 *     static bool get_key(struct vault_request *r, struct quoth_error *err)
 *     {
 *         ...
 *         vault_json_key(&r->x->response.body, &r->vault, &item, version);
 *         return true;
 *     }
 *     VAULT_HANDLER(get, VAULT_KEY, get_key)
 *
 * What changes something is told of before it is done (vault_request_intend); what uses a key or
 * reads a secret is told of once it is done and before it is answered (vault_request_record). Both are in
 * the stream of administration, synced, and without a line there is no answer: nobody has ever
 * read a secret of which the trail says nothing. No secret, plain text or key enters a line. */
#ifndef QUOTH_SERVICE_VAULT_REQUEST_H
#define QUOTH_SERVICE_VAULT_REQUEST_H

#include "service/admin/admin.h"
#include "service/run/service.h"
#include "service/vault/vault_query.h"
#include "vault/vault.h"

struct vault_request {
    struct http_exchange *x;
    const struct admin *who;
    struct vault vault;
    struct vault_query query;
    enum vault_kind kind;
    struct bytes name, version; /* of the path; empty if it has none */
    int64_t now;
};

typedef bool vault_work(struct vault_request *r, struct quoth_error *err);

/* Reads the query, does the work, and finishes the answer: content type, and fields that keep it out
 * of caches. An admin_work. */
bool vault_request_run(struct http_exchange *x, const struct admin *who, enum vault_kind kind,
                       vault_work *work, struct quoth_error *err);

/* The end of it: content type, and what every answer says. */
bool vault_request_finish(struct http_exchange *x, struct quoth_error *err);

/* What every answer says, a refusal too: the client's own name for the request, and fields that keep it
 * out of caches. */
bool vault_request_mark(const struct http_exchange *x, struct http_response *response,
                        struct quoth_error *err);

/* Defines the http_handler `handler`. */
#define VAULT_HANDLER(handler, kind, work)                                                         \
    static bool handler##_in_pool(struct http_exchange *x, const struct admin *who,                \
                                  struct quoth_error *err)                                         \
    {                                                                                              \
        return vault_request_run(x, who, kind, work, err);                                         \
    }                                                                                              \
    static enum http_outcome handler(struct http_exchange *x, struct quoth_error *err)             \
    {                                                                                              \
        return admin_run(x, handler##_in_pool, err);                                               \
    }

/* QUOTH_VAULT_FORBIDDEN unless who asks has all of these roles. */
bool vault_request_needs(const struct vault_request *r, unsigned roles, struct quoth_error *err);

/* The line of an event ("create" becomes "vault.key.create"), with name and version of the path. */
struct audit_line vault_request_line(const struct vault_request *r, const char *event);

/* admin_intend for that line, with what changes are asked for; changes may be NULL. */
bool vault_request_intend(const struct vault_request *r, const char *event,
                          const struct vault_changes *changes, struct quoth_error *err);

/* Writes that something was done with a version, or was not: err then has the reason, and keeps it.
 * Returns done, or false if nothing can be written. algorithm may be empty. */
bool vault_request_record(const struct vault_request *r, const char *event,
                          const struct vault_version *version, struct bytes algorithm, bool done,
                          struct quoth_error *err);

#endif
