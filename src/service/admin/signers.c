/* The certificates of those whose signed policies are taken on an isolated tenant (maa.md 1.7, 5).
 * Everything here runs in the pool, for somebody who has the role of the route. */
#include "service/run/service.h"

#include "codec/json_write.h"
#include "service/admin/policy_store.h"
#include "service/attest/attest_request.h"
#include "service/policies/change_body.h"
#include "service/tenants/result_token.h"

#define BODY_MAX (1u << 20)

static void write_signers(struct buffer *to, const struct tenant_snapshot *snapshot,
                          struct quoth_error *err)
{
    json_object_begin(to);
    json_name(to, "keys");
    json_array_begin(to);
    for (size_t i = 0; i < snapshot->signer_count; i++)
        jws_signer_write(to, buffer_bytes(&snapshot->signers[i]), err);
    json_array_end(to);
    json_object_end(to);
}

static bool get_signers(struct http_exchange *x, const struct admin *who, struct quoth_error *err)
{
    struct change_place p;
    if (!attest_check_version(x->head.target, err) || !change_place_of(x, who, &p, err))
        return false;
    AUTO(tenant_snapshot) struct tenant_snapshot *snapshot = tenant_hold(p.tenant);
    AUTO(claims) struct claims *result = claims_open();
    AUTO(buffer) struct buffer keys = {0};
    write_signers(&keys, snapshot, err);
    if (err->code != QUOTH_OK)
        return false;
    claims_add_written(result, CLAIM_FROM_SERVICE, "x-ms-policy-certificates", &keys);
    return result_answer(x, p.tenant, snapshot, result, p.now, err);
}

static bool change(struct http_exchange *x, const struct admin *who,
                   enum change_operation operation, const char *told, struct quoth_error *err)
{
    struct change_place p;
    char thumbprint[THUMBPRINT_SIZE];
    AUTO(buffer) struct buffer jws = {0};
    AUTO(signer_change) struct signer_change c = {0};
    if (!attest_check_version(x->head.target, err) || !change_body_jws(x->body, &jws, err) ||
        !change_place_of(x, who, &p, err) ||
        !signers_store_change(&p, operation, buffer_bytes(&jws), &c, err))
        return false;
    AUTO(claims) struct claims *result = claims_open();
    signer_thumbprint(buffer_bytes(&c.certificate), thumbprint);
    claims_add_text(result, CLAIM_FROM_SERVICE, "x-ms-certificate-thumbprint",
                    bytes_of_text(thumbprint));
    claims_add_text(result, CLAIM_FROM_SERVICE, "x-ms-policycertificates-result",
                    bytes_of_text(told));
    return change_answer(&p, result, err);
}

static bool add_signer(struct http_exchange *x, const struct admin *who, struct quoth_error *err)
{
    return change(x, who, CHANGE_ADD, "IsPresent", err);
}

static bool remove_signer(struct http_exchange *x, const struct admin *who, struct quoth_error *err)
{
    return change(x, who, CHANGE_REMOVE, "IsAbsent", err);
}

/* ---- routes */

static enum http_outcome get(struct http_exchange *x, struct quoth_error *err)
{
    return admin_run(x, get_signers, err);
}

static enum http_outcome add(struct http_exchange *x, struct quoth_error *err)
{
    return admin_run(x, add_signer, err);
}

static enum http_outcome remove_one(struct http_exchange *x, struct quoth_error *err)
{
    return admin_run(x, remove_signer, err);
}

#define JWS_TYPES "application/json, text/plain"

/* clang-format off */
const struct http_route signer_routes[] = {
    {HTTP_GET,  "/certificates",        ROLE_READER,      0,        get,        "list the trusted policy signers", NULL},
    {HTTP_POST, "/certificates:add",    ROLE_CONTRIBUTOR, BODY_MAX, add,        "trust another policy signer", JWS_TYPES},
    {HTTP_POST, "/certificates:remove", ROLE_CONTRIBUTOR, BODY_MAX, remove_one, "trust a policy signer no more", JWS_TYPES},
    {0},
};
/* clang-format on */
