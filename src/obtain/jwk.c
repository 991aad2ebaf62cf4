/* A released key as a JSON Web Key, private members and all (RFC 7517, RFC 7518 6). */
#include <quoth/fetch.h>

#include "codec/json_write.h"
#include "crypto/pkcs8.h"

static void begin(struct buffer *to, const struct quoth_fetched *f, const char *kty)
{
    json_object_begin(to);
    json_named_cstring(to, "kid", f->id);
    json_named_cstring(to, "kty", kty);
}

static void write_rsa(struct buffer *to, const struct pkcs8_private *p)
{
    json_named_base64url(to, "n", buffer_bytes(&p->public.a));
    json_named_base64url(to, "e", buffer_bytes(&p->public.b));
    json_named_base64url(to, "d", buffer_bytes(&p->d));
    json_named_base64url(to, "p", buffer_bytes(&p->p));
    json_named_base64url(to, "q", buffer_bytes(&p->q));
    json_named_base64url(to, "dp", buffer_bytes(&p->dp));
    json_named_base64url(to, "dq", buffer_bytes(&p->dq));
    json_named_base64url(to, "qi", buffer_bytes(&p->qi));
}

static void write_ec(struct buffer *to, const struct pkcs8_private *p)
{
    json_named_cstring(to, "crv", p->public.curve);
    json_named_base64url(to, "x", buffer_bytes(&p->public.a));
    json_named_base64url(to, "y", buffer_bytes(&p->public.b));
    json_named_base64url(to, "d", buffer_bytes(&p->d));
}

static bool write_pair(struct buffer *to, const struct quoth_fetched *f, struct quoth_error *err)
{
    AUTO(pkcs8_private) struct pkcs8_private p = {0};
    if (!pkcs8_private_read((struct bytes){f->data, f->len}, &p, err))
        return false;
    begin(to, f, p.public.curve ? "EC" : "RSA");
    if (p.public.curve)
        write_ec(to, &p);
    else
        write_rsa(to, &p);
    return true;
}

bool quoth_fetched_jwk(const struct quoth_fetched *f, char **ret_json, struct quoth_error *err)
{
    AUTO(buffer) struct buffer json = {0};
    if (f->type == QUOTH_FETCHED_SECRET)
        return quoth_fail(err, QUOTH_USAGE, "jwk", QUOTH_NO_OFFSET, "a secret is no key");
    if (f->type == QUOTH_FETCHED_OCT) {
        begin(&json, f, "oct");
        json_named_base64url(&json, "k", (struct bytes){f->data, f->len});
    } else if (!write_pair(&json, f, err)) {
        return false;
    }
    json_object_end(&json);
    char *text = buffer_take_text(&json, err);
    if (text)
        *ret_json = text;
    return text != NULL;
}
