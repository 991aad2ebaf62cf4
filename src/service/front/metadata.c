/* GET /certs and /.well-known/openid-configuration (maa.md 1.8, 3.1). Both may be read by scripts
 * of any origin: they are public and the same for everybody. */
#include "service/run/service.h"

#define DOCUMENT_TYPE "application/json; charset=utf-8"

static enum http_outcome answer(struct http_exchange *x, const struct buffer *document,
                                struct quoth_error *err)
{
    x->response.content_type = DOCUMENT_TYPE;
    buffer_add(&x->response.body, buffer_bytes(document));
    return http_response_field(&x->response, "Access-Control-Allow-Origin", "*", err) &&
                   http_response_field(&x->response, "Cache-Control", "public, max-age=300", err) &&
                   buffer_ok(&x->response.body, err)
               ? HTTP_DONE
               : HTTP_REFUSED;
}

static enum http_outcome certs(struct http_exchange *x, struct quoth_error *err)
{
    const struct tenant_view *view;
    return service_view(x, &view, err) ? answer(x, &view->snapshot->keys_document, err)
                                       : HTTP_REFUSED;
}

static enum http_outcome configuration(struct http_exchange *x, struct quoth_error *err)
{
    const struct tenant *t = x->scope;
    return answer(x, &t->metadata_document, err);
}

const struct http_route metadata_routes[] = {
    {HTTP_GET,          "/certs", HTTP_ROLE_ANYONE, 0, certs, "list signing keys", NULL},
    {HTTP_GET, "/.well-known/openid-configuration", HTTP_ROLE_ANYONE, 0, configuration,
     "say who issues, and where the keys are", NULL},
    {0           },
};
