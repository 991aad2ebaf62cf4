/* A released key as a JSON Web Key, private members and all (RFC 7517, RFC 7518 6). */
#include <quoth/fetch.h>

#include "codec/json_write.h"
#include "crypto/pkcs8.h"

static void member(struct buffer *to, const char *name, const struct buffer *number)
{
    json_name(to, name);
    json_base64url(to, buffer_bytes(number));
}

static void begin(struct buffer *to, const struct quoth_fetched *f, const char *kty)
{
    json_object_begin(to);
    json_name(to, "kid");
    json_cstring(to, f->id);
    json_name(to, "kty");
    json_cstring(to, kty);
}

static void write_rsa(struct buffer *to, const struct pkcs8_private *p)
{
    member(to, "n", &p->public.a);
    member(to, "e", &p->public.b);
    member(to, "d", &p->d);
    member(to, "p", &p->p);
    member(to, "q", &p->q);
    member(to, "dp", &p->dp);
    member(to, "dq", &p->dq);
    member(to, "qi", &p->qi);
}

static void write_ec(struct buffer *to, const struct pkcs8_private *p)
{
    json_name(to, "crv");
    json_cstring(to, p->public.curve);
    member(to, "x", &p->public.a);
    member(to, "y", &p->public.b);
    member(to, "d", &p->d);
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
        json_name(&json, "k");
        json_base64url(&json, (struct bytes){f->data, f->len});
    } else if (!write_pair(&json, f, err)) {
        return false;
    }
    json_object_end(&json);
    char *text = buffer_take_text(&json, err);
    if (text)
        *ret_json = text;
    return text != NULL;
}
