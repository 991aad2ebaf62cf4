/* What keys of the vault are used for (key-release.md 1.10), and random bytes. Private keys and plain
 * texts leave nothing behind in a log, the trail, or memory that is given back. */
#include "crypto/random.h"
#include "service/vault/vault_body.h"
#include "service/vault/vault_json.h"
#include "service/vault/vault_path.h"
#include "service/vault/vault_request.h"

struct operation; /* a row below */

/* What an operation gives. */
struct outcome {
    struct buffer value, iv, tag;
    bool valid; /* of verify */
};

static void outcome_clear(struct outcome *o)
{
    buffer_clear(&o->value);
    buffer_clear(&o->iv);
    buffer_clear(&o->tag);
}
DEFINE_AUTO_VALUE(outcome, struct outcome, outcome_clear)

typedef bool apply(struct material *m, const struct material_algorithm *a,
                   const struct vault_operand *in, struct outcome *out, struct quoth_error *err);

static bool encrypt(struct material *m, const struct material_algorithm *a,
                    const struct vault_operand *in, struct outcome *out, struct quoth_error *err)
{
    const struct material_text plain = {buffer_bytes(&in->value), buffer_bytes(&in->iv),
                                        buffer_bytes(&in->aad), buffer_bytes(&in->tag)};
    return material_encrypt(m, a, &plain, &out->value, &out->iv, &out->tag, err);
}

static bool decrypt(struct material *m, const struct material_algorithm *a,
                    const struct vault_operand *in, struct outcome *out, struct quoth_error *err)
{
    const struct material_text sealed = {buffer_bytes(&in->value), buffer_bytes(&in->iv),
                                         buffer_bytes(&in->aad), buffer_bytes(&in->tag)};
    return material_decrypt(m, a, &sealed, &out->value, err);
}

static bool sign(struct material *m, const struct material_algorithm *a,
                 const struct vault_operand *in, struct outcome *out, struct quoth_error *err)
{
    return material_sign(m, a, buffer_bytes(&in->value), &out->value, err);
}

static bool verify(struct material *m, const struct material_algorithm *a,
                   const struct vault_operand *in, struct outcome *out, struct quoth_error *err)
{
    return material_verify(m, a, buffer_bytes(&in->digest), buffer_bytes(&in->value), &out->valid,
                           err);
}

static const struct operation {
    const char *event;
    enum vault_operation operation;
    enum material_use use;
    apply *apply;
} encrypting = {"encrypt", VAULT_ENCRYPT, MATERIAL_ENCRYPTS, encrypt},
  decrypting = {"decrypt", VAULT_DECRYPT, MATERIAL_ENCRYPTS, decrypt},
  wrapping = {"wrapkey", VAULT_WRAP, MATERIAL_WRAPS, encrypt},
  unwrapping = {"unwrapkey", VAULT_UNWRAP, MATERIAL_WRAPS, decrypt},
  signing = {"sign", VAULT_SIGN, MATERIAL_SIGNS, sign},
  verifying = {"verify", VAULT_VERIFY, MATERIAL_SIGNS, verify};

static bool use_key(struct vault_request *r, const struct operation *o,
                    const struct vault_item *item, const struct vault_version *version,
                    const struct vault_operand *in, struct outcome *out, struct quoth_error *err)
{
    AUTO(material) struct material *material = NULL;
    const struct material_algorithm *algorithm;
    return vault_may(item, version, o->operation, r->now, err) &&
           vault_key_material(&r->vault, item, version, &material, err) &&
           material_algorithm_for(material, buffer_bytes(&in->algorithm), o->use, &algorithm,
                                  err) &&
           o->apply(material, algorithm, in, out, err);
}

static void write_if(struct buffer *to, const char *name, const struct buffer *value)
{
    if (value->len == 0)
        return;
    json_named_base64url(to, name, buffer_bytes(value));
}

/* KeyOperationResult; of verify {"value": true}. */
static void write_outcome(struct vault_request *r, const struct operation *o,
                          const struct vault_item *item, const struct vault_version *version,
                          const struct vault_operand *in, const struct outcome *out)
{
    AUTO(buffer) struct buffer id = {0};
    struct buffer *to = &r->x->response.body;
    json_object_begin(to);
    if (o->operation == VAULT_VERIFY) {
        json_named_bool(to, "value", out->valid);
        json_object_end(to);
        return;
    }
    vault_path_write_id(&id, r->vault.tenant, VAULT_KEY, false, item->name, version->id);
    json_named_string(to, "kid", buffer_bytes(&id));
    json_named_base64url(to, "value", buffer_bytes(&out->value));
    write_if(to, "iv", out->iv.len > 0 ? &out->iv : &in->iv);
    write_if(to, "tag", &out->tag);
    write_if(to, "aad", &in->aad);
    json_object_end(to);
}

static bool operate(struct vault_request *r, const struct operation *o, struct quoth_error *err)
{
    AUTO(vault_operand) struct vault_operand in = {0};
    AUTO(vault_item) struct vault_item item = {0};
    AUTO(outcome) struct outcome out = {0};
    if (!vault_body_operand(r->x->body, &in, err) ||
        !vault_find(&r->vault, VAULT_KEY, r->name, &item, err))
        return false;
    const struct vault_version *version = vault_version(&item, r->version, err);
    if (!version)
        return false;
    const bool good = use_key(r, o, &item, version, &in, &out, err);
    if (!vault_request_record(r, o->event, version, buffer_bytes(&in.algorithm), good, err))
        return false;
    write_outcome(r, o, &item, version, &in, &out);
    return true;
}

static bool give_random(struct vault_request *r, struct quoth_error *err)
{
    uint8_t bytes[VAULT_RANDOM_MAX];
    size_t count = 0;
    struct buffer *to = &r->x->response.body;
    if (!vault_body_random(r->x->body, &count, err) || !random_fill(bytes, count, err))
        return false;
    json_object_begin(to);
    json_named_base64url(to, "value", (struct bytes){bytes, count});
    json_object_end(to);
    bytes_wipe(bytes, sizeof bytes);
    return true;
}

#define OPERATION(handler, row)                                                                    \
    static bool handler##_with_key(struct vault_request *r, struct quoth_error *err)               \
    {                                                                                              \
        return operate(r, &row, err);                                                              \
    }                                                                                              \
    VAULT_HANDLER(handler, VAULT_KEY, handler##_with_key)

OPERATION(do_encrypt, encrypting)
OPERATION(do_decrypt, decrypting)
OPERATION(do_wrap, wrapping)
OPERATION(do_unwrap, unwrapping)
OPERATION(do_sign, signing)
OPERATION(do_verify, verifying)
VAULT_HANDLER(random_bytes, VAULT_KEY, give_random)

#define JSON "application/json"

/* clang-format off */
const struct http_route vault_operation_routes[] = {
    {HTTP_POST, "/keys/{key-name}/encrypt",                 ROLE_USER, VAULT_BODY_MAX, do_encrypt,   "encrypt with the newest version", JSON},
    {HTTP_POST, "/keys/{key-name}/decrypt",                 ROLE_USER, VAULT_BODY_MAX, do_decrypt,   "decrypt with the newest version", JSON},
    {HTTP_POST, "/keys/{key-name}/wrapkey",                 ROLE_USER, VAULT_BODY_MAX, do_wrap,      "wrap a key with the newest version", JSON},
    {HTTP_POST, "/keys/{key-name}/unwrapkey",               ROLE_USER, VAULT_BODY_MAX, do_unwrap,    "unwrap a key with the newest version", JSON},
    {HTTP_POST, "/keys/{key-name}/sign",                    ROLE_USER, VAULT_BODY_MAX, do_sign,      "sign a digest with the newest version", JSON},
    {HTTP_POST, "/keys/{key-name}/verify",                  ROLE_USER, VAULT_BODY_MAX, do_verify,    "verify a signature with the newest version", JSON},
    {HTTP_POST, "/keys/{key-name}/{key-version}/encrypt",   ROLE_USER, VAULT_BODY_MAX, do_encrypt,   "encrypt", JSON},
    {HTTP_POST, "/keys/{key-name}/{key-version}/decrypt",   ROLE_USER, VAULT_BODY_MAX, do_decrypt,   "decrypt", JSON},
    {HTTP_POST, "/keys/{key-name}/{key-version}/wrapkey",   ROLE_USER, VAULT_BODY_MAX, do_wrap,      "wrap a key", JSON},
    {HTTP_POST, "/keys/{key-name}/{key-version}/unwrapkey", ROLE_USER, VAULT_BODY_MAX, do_unwrap,    "unwrap a key", JSON},
    {HTTP_POST, "/keys/{key-name}/{key-version}/sign",      ROLE_USER, VAULT_BODY_MAX, do_sign,      "sign a digest", JSON},
    {HTTP_POST, "/keys/{key-name}/{key-version}/verify",    ROLE_USER, VAULT_BODY_MAX, do_verify,    "verify a signature", JSON},
    {HTTP_POST, "/rng",                                     ROLE_USER, VAULT_BODY_MAX, random_bytes, "give random bytes", JSON},
    {0},
};
/* clang-format on */
