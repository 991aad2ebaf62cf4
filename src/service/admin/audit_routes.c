/* GET /audit/checkpoint: what the audit trails of this tenant on this node have come to, and how far
 * the store has, signed, so that whoever keeps it can tell later that nothing was cut off or put back
 * (THREATS 21, 23). */
#include "service/run/service.h"

#include "audit/checkpoint.h"
#include "base/time.h"
#include "claims/claims.h"
#include "crypto/random.h"
#include "keys/watermark.h"
#include "service/admin/admin.h"
#include "service/tenants/result_token.h"
#include "token/token.h"

#include <stdio.h>

static void write_stream(struct buffer *to, const struct tenant *t, const char *name,
                         struct audit_checkpoint at)
{
    char text[AUDIT_STREAM_MAX];
    snprintf(text, sizeof text, "%s %s", t->issuer, name);
    checkpoint_write(to, text, &at);
}

/* The trails lie beside the store. One that does not answer has come as far at least as when it was
 * heard last, which is all that a checkpoint says; but not for longer than anything is signed without
 * it. */
static bool how_far(const struct service *s, int64_t *ret_watermark, struct quoth_error *err)
{
    struct quoth_error why = {0};
    if (watermark_version(s->state.store, s->master, ret_watermark, &why))
        return true;
    if (why.code != QUOTH_STORE_UNAVAILABLE) {
        *err = why;
        return false;
    }
    *ret_watermark = keyring_watermark(s->master->keyring);
    return follow_is_current(&s->follow, err);
}

static bool add_claims(const struct service *s, const struct tenant *t, struct claims *to,
                       struct quoth_error *err)
{
    AUTO(buffer) struct buffer streams = {0};
    uint8_t id[16];
    int64_t watermark;
    if (!random_fill(id, sizeof id, err) || !how_far(s, &watermark, err))
        return false;
    json_array_begin(&streams);
    write_stream(&streams, t, "administration", audit_checkpoint(t->administration));
    write_stream(&streams, t, "decisions", decisions_checkpoint(t->decisions));
    json_array_end(&streams);
    claims_add_text(to, CLAIM_FROM_SERVICE, "iss", bytes_of_text(t->issuer));
    claims_add_int(to, CLAIM_FROM_SERVICE, "iat", time_now());
    claims_add_hex(to, CLAIM_FROM_SERVICE, "jti", BYTES_OF(id));
    claims_add_written(to, CLAIM_FROM_SERVICE, CHECKPOINT_CLAIM, &streams);
    claims_add_int(to, CLAIM_FROM_SERVICE, CHECKPOINT_WATERMARK, watermark);
    return claims_ok(to, err);
}

static bool sign(struct tenant *t, const struct tenant_snapshot *snapshot,
                 const struct claims *claims, struct buffer *ret_token, struct quoth_error *err)
{
    AUTO(private_key) struct private_key *key = NULL; /* this thread's own */
    return private_key_dup(snapshot->active->key, &key, err) &&
           token_sign(claims, key, snapshot->active->id, t->jku, ret_token, err);
}

static bool checkpoint(struct http_exchange *x, const struct admin *who, struct quoth_error *err)
{
    struct tenant *t = x->scope;
    AUTO(claims) struct claims *claims = claims_open();
    AUTO(buffer) struct buffer token = {0};
    (void)who;
    if (!claims)
        return quoth_fail(err, QUOTH_MEMORY, "checkpoint", QUOTH_NO_OFFSET, "out of memory");
    AUTO(tenant_snapshot) struct tenant_snapshot *snapshot = tenant_hold(t);
    return add_claims(x->service, t, claims, err) && sign(t, snapshot, claims, &token, err) &&
           result_answer_token(&x->response, &token, err);
}

static enum http_outcome get_checkpoint(struct http_exchange *x, struct quoth_error *err)
{
    return admin_run(x, checkpoint, err);
}

const struct http_route audit_routes[] = {
    {HTTP_GET,                    "/audit/checkpoint", ROLE_READER | ROLE_AUDITOR, 0, get_checkpoint,
     "sign what the audit trails have come to", NULL},
    {0},
};
