#include "codec/base64.h"
#include "codec/json_write.h"
#include "crypto/x509.h"
#include "token/token.h"

#define JWKS_MAX (1u << 20)

/* Whatever is wrong inside a set is a fault of the set, told with its place there. */
static bool malformed(const struct quoth_error *inner, struct quoth_error *err)
{
    const enum quoth_code code = inner->code == QUOTH_MEMORY ? QUOTH_MEMORY : QUOTH_JWKS_MALFORMED;
    quoth_fail(err, code, inner->where, inner->offset, "%s", inner->message);
    return quoth_within(err, "jwks");
}

static bool refuse(struct json at, const char *what, struct quoth_error *err)
{
    char path[64];
    return quoth_fail(err, QUOTH_JWKS_MALFORMED, json_path(at, path, sizeof path), json_offset(at),
                      "%s", what);
}

/* A key from the first certificate of x5c (standard base 64 of DER, RFC 7517 4.7). The certificate
 * is a wrapper here: the set's own way to us is what vouches for the key. */
static bool key_from_x5c(struct json x5c, struct public_key **ret_key, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0}, der = {0};
    AUTO(x509_cert) struct x509_cert *cert = NULL;
    return json_get_text(json_first(x5c), &text, err) &&
           base64_decode(buffer_bytes(&text), &der, err) &&
           x509_cert_from_der(buffer_bytes(&der), &cert, err) &&
           x509_cert_public_key(cert, ret_key, err);
}

static bool number(struct json member, struct buffer *ret_number, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    return json_get_text(member, &text, err) &&
           base64url_decode(buffer_bytes(&text), ret_number, err);
}

static bool key_from_numbers(struct json n, struct json e, struct public_key **ret_key,
                             struct quoth_error *err)
{
    AUTO(buffer) struct buffer modulus = {0}, exponent = {0};
    return number(n, &modulus, err) && number(e, &exponent, err) &&
           public_key_from_rsa(buffer_bytes(&modulus), buffer_bytes(&exponent), ret_key, err);
}

/* P-256 from crv, x and y (RFC 7518 6.2.1); a certificate beside them must hold the same key. */
static bool read_p256(struct json jwk, struct public_key **ret_key, struct quoth_error *err)
{
    AUTO(public_key) struct public_key *certified = NULL, *plain = NULL;
    AUTO(buffer) struct buffer x = {0}, y = {0};
    struct json x5c = {0}, member = {0};
    if (!json_need(jwk, "x", &member, err) || !number(member, &x, err) ||
        !json_need(jwk, "y", &member, err) || !number(member, &y, err) ||
        !public_key_from_p256(buffer_bytes(&x), buffer_bytes(&y), &plain, err))
        return false;
    if (json_member(jwk, "x5c", &x5c) && !key_from_x5c(x5c, &certified, err))
        return false;
    if (certified && !public_key_equal(plain, certified))
        return refuse(x5c, "holds another key than x and y", err);
    *ret_key = take(plain);
    return true;
}

/* The key of a JWK; where it is told twice, both must say the same. */
static bool read_rsa(struct json jwk, struct public_key **ret_key, struct quoth_error *err)
{
    AUTO(public_key) struct public_key *certified = NULL, *plain = NULL;
    struct json x5c = {0}, n = {0}, e = {0};
    json_member(jwk, "x5c", &x5c);
    if (json_exists(x5c) && !key_from_x5c(x5c, &certified, err))
        return false;
    const bool has_n = json_member(jwk, "n", &n), has_e = json_member(jwk, "e", &e);
    if (has_n != has_e || (!has_n && !certified))
        return refuse(jwk, "has neither x5c nor both n and e", err);
    if (has_n && !key_from_numbers(n, e, &plain, err))
        return false;
    if (plain && certified && !public_key_equal(plain, certified))
        return refuse(x5c, "holds another key than n and e", err);
    *ret_key = certified ? take(certified) : take(plain);
    return true;
}

static bool says_other(struct json jwk, const char *name, const char *wanted)
{
    struct json member;
    return json_member(jwk, name, &member) && !json_text_is(member, wanted);
}

static bool is_p256(struct json jwk)
{
    struct json kty, crv;
    return json_member(jwk, "kty", &kty) && json_text_is(kty, "EC") &&
           json_member(jwk, "crv", &crv) && json_text_is(crv, "P-256");
}

/* A key that this reader has no use for: of another type than those wanted, not for signatures, for
 * another algorithm, without a name to be called by. */
static bool is_for_others(struct json jwk, bool with_p256)
{
    struct json kty, kid;
    const bool rsa = json_member(jwk, "kty", &kty) && json_text_is(kty, "RSA");
    const bool p256 = with_p256 && is_p256(jwk);
    return (!rsa && !p256) || says_other(jwk, "use", "sig") ||
           says_other(jwk, "alg", rsa ? "RS256" : "ES256") || !json_member(jwk, "kid", &kid);
}

static bool read_kid(struct json jwk, char ret_kid[128], struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    if (!json_need_text(jwk, "kid", &text, err))
        return false;
    if (text.len == 0 || text.len > 127)
        return refuse(jwk, "has a kid that is empty or longer than 127 bytes", err);
    bytes_copy((uint8_t *)ret_kid, buffer_bytes(&text));
    ret_kid[text.len] = '\0';
    return true;
}

static bool add_key(struct jwks *set, struct json jwk, bool with_p256, struct quoth_error *err)
{
    AUTO(public_key) struct public_key *key = NULL;
    struct quoth_error inner = {0};
    struct json secret;
    char kid[128] = {0};
    if (json_type(jwk) != JSON_OBJECT)
        return refuse(jwk, "is not an object", err);
    if (is_for_others(jwk, with_p256))
        return true;
    if (json_member(jwk, "d", &secret))
        return refuse(secret, "is a private key, published: it vouches for nothing", err);
    if (!read_kid(jwk, kid, err))
        return false;
    if (jwks_find(set, kid))
        return refuse(jwk, "has the kid of another key", err);
    const enum key_kind kind = is_p256(jwk) ? KEY_KIND_P256 : KEY_KIND_RSA;
    if (!(kind == KEY_KIND_RSA ? read_rsa : read_p256)(jwk, &key, &inner)) {
        if (inner.code == QUOTH_KEY_UNSUPPORTED) /* of a size that others may take */
            return true;
        return inner.code == QUOTH_MEMORY
                   ? quoth_fail(err, inner.code, NULL, QUOTH_NO_OFFSET, "%s", inner.message)
                   : refuse(jwk, inner.message, err);
    }
    if (public_key_kind(key) != kind)
        return refuse(jwk, "says RSA, and its certificate is for another kind of key", err);
    struct jwk *to = &set->keys[set->count++];
    bytes_copy((uint8_t *)to->kid, BYTES_OF(kid));
    to->key = take(key);
    return true;
}

static bool add_keys(struct jwks *set, struct json root, bool with_p256, struct quoth_error *err)
{
    struct json keys;
    if (!json_need_array(root, "keys", &keys, err))
        return false;
    if (json_count(keys) > JWKS_KEYS_MAX)
        return refuse(keys, "has more than 32 keys", err);
    for (struct json jwk = json_first(keys); json_exists(jwk); jwk = json_next(jwk))
        if (!add_key(set, jwk, with_p256, err))
            return false;
    return set->count > 0 || refuse(keys,
                                    with_p256 ? "has no RSA or P-256 key for signatures"
                                              : "has no RSA key for signatures",
                                    err);
}

static bool read_set(struct bytes text, bool with_p256, struct jwks *ret_set,
                     struct quoth_error *err)
{
    const struct json_limits limits = {.max_len = JWKS_MAX, .max_depth = 8};
    AUTO(json_doc) struct json_doc doc = {0};
    AUTO(jwks) struct jwks set = {0};
    struct quoth_error inner = {0};
    if (!json_parse(text, &limits, &doc, &inner) ||
        !add_keys(&set, json_root(&doc), with_p256, &inner))
        return malformed(&inner, err);
    *ret_set = take_value(set);
    return true;
}

bool jwks_read(struct bytes text, struct jwks *ret_set, struct quoth_error *err)
{
    return read_set(text, false, ret_set, err);
}

bool jwks_read_with_p256(struct bytes text, struct jwks *ret_set, struct quoth_error *err)
{
    return read_set(text, true, ret_set, err);
}

void jwks_clear(struct jwks *set)
{
    for (size_t i = 0; i < set->count; i++)
        public_key_free(set->keys[i].key);
    *set = (struct jwks){0};
}

const struct public_key *jwks_find(const struct jwks *set, const char *kid)
{
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->keys[i].kid, kid) == 0)
            return set->keys[i].key;
    return NULL;
}

void jwk_write_chain(struct buffer *to, const struct bytes *chain_der, size_t count)
{
    json_name(to, "x5c");
    json_array_begin(to);
    for (size_t i = 0; i < count; i++) {
        AUTO(buffer) struct buffer text = {0};
        base64_encode(chain_der[i], &text);
        json_string(to, buffer_bytes(&text));
    }
    json_array_end(to);
}

void jwk_write(struct buffer *to, const char *kid, const struct public_key *key,
               const struct bytes *chain_der, size_t chain_count)
{
    struct quoth_error ignored = {0};
    AUTO(buffer) struct buffer n = {0}, e = {0};
    if (!public_key_to_rsa(key, &n, &e, &ignored)) {
        to->failed = true; /* as if memory had run out: the writer asks once, at the end */
        return;
    }
    json_object_begin(to);
    if (chain_count > 0)
        jwk_write_chain(to, chain_der, chain_count);
    json_named_cstring(to, "kid", kid);
    json_named_cstring(to, "kty", "RSA");
    json_named_base64url(to, "n", buffer_bytes(&n));
    json_named_base64url(to, "e", buffer_bytes(&e));
    json_named_cstring(to, "alg", "RS256");
    json_named_cstring(to, "use", "sig");
    json_object_end(to);
}
