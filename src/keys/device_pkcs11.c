/* An AES-256 key in a PKCS #11 token. The wrapped form, all of fixed size:
 *
 *      0   4   "QP1\1"
 *      4  12   IV: random, ours, unless the token put another one in its place
 *     16  32   the secret, encrypted with CKM_AES_GCM; the label is its additional data
 *     48  16   tag of 128 bits */
#include "crypto/random.h"
#include "keys/device.h"
#include "keys/pkcs11_session.h"
#include "net/url.h"

#define MAGIC "QP1\1"
#define MAGIC_SIZE 4
#define IV_SIZE 12
#define TAG_SIZE 16
#define SEALED_SIZE (DEVICE_SECRET_SIZE + TAG_SIZE)
#define LABEL_MAX 1024

struct pkcs11_device {
    struct pkcs11_uri uri;
    const char *state_folder; /* borrowed: of the device */
};

struct wrapped {
    uint8_t iv[IV_SIZE];
    uint8_t sealed[SEALED_SIZE];
};

static bool refuse(struct quoth_error *err, const char *why)
{
    return quoth_fail(err, QUOTH_DEVICE_REFUSED, "object", QUOTH_NO_OFFSET, "%s", why);
}

/* What a key must be so that it never comes out. */
static const struct {
    ck_attribute_type_t type;
    unsigned long wanted;
    bool is_number;
    const char *otherwise;
} demands[] = {
    {CKA_KEY_TYPE,          CKK_AES, true,  "is not an AES key"                                  },
    {CKA_VALUE_LEN,         32,      true,  "does not have 256 bits"                             },
    {CKA_SENSITIVE,         1,       false, "is not sensitive: its value can be read"            },
    {CKA_EXTRACTABLE,       0,       false, "is extractable: it can be taken out of the token"   },
    {CKA_ALWAYS_SENSITIVE,  1,       false, "was not always sensitive: somebody may have read it"},
    {CKA_NEVER_EXTRACTABLE, 1,       false, "was extractable once: somebody may have taken it"   },
    {CKA_PRIVATE,           1,       false, "can be used without a PIN"                          },
    {CKA_ENCRYPT,           1,       false, "does not encrypt"                                   },
    {CKA_DECRYPT,           1,       false, "does not decrypt"                                   },
};

static bool check_key(const struct pkcs11_session *s, ck_object_handle_t key,
                      struct quoth_error *err)
{
    for (size_t i = 0; i < COUNT(demands); i++) {
        unsigned long number = 0;
        unsigned char truth = 0;
        struct ck_attribute a = {demands[i].type, &truth, sizeof truth};
        if (demands[i].is_number)
            a = (struct ck_attribute){demands[i].type, &number, sizeof number};
        const unsigned long len = a.value_len;
        const ck_rv_t rv = s->functions->C_GetAttributeValue(s->handle, key, &a, 1);
        if (rv != CKR_OK && rv != CKR_ATTRIBUTE_TYPE_INVALID && rv != CKR_ATTRIBUTE_SENSITIVE &&
            rv != CKR_BUFFER_TOO_SMALL)
            return pkcs11_fail(err, "C_GetAttributeValue", rv);
        if (rv != CKR_OK || a.value_len != len ||
            (demands[i].is_number ? number : truth) != demands[i].wanted)
            return quoth_fail(err, QUOTH_DEVICE_REFUSED, "object", QUOTH_NO_OFFSET,
                              "the key %s; remove it, or name another", demands[i].otherwise);
    }
    return true;
}

/* *ret_key is CK_INVALID_HANDLE if there is none. */
static bool find_key(const struct pkcs11_session *s, struct pkcs11_uri *uri,
                     ck_object_handle_t *ret_key, struct quoth_error *err)
{
    ck_object_class_t class = CKO_SECRET_KEY;
    unsigned char yes = 1;
    struct ck_attribute template[] = {
        {CKA_CLASS, &class,      sizeof class       },
        {CKA_TOKEN, &yes,        sizeof yes         },
        {CKA_LABEL, uri->object, strlen(uri->object)},
        {CKA_ID,    uri->id,     uri->id_len        },
    };
    ck_object_handle_t keys[2] = {CK_INVALID_HANDLE};
    unsigned long count = 0;
    ck_rv_t rv = s->functions->C_FindObjectsInit(s->handle, template,
                                                 COUNT(template) - (uri->id_len ? 0 : 1));
    if (rv != CKR_OK)
        return pkcs11_fail(err, "C_FindObjectsInit", rv);
    rv = s->functions->C_FindObjects(s->handle, keys, COUNT(keys), &count);
    s->functions->C_FindObjectsFinal(s->handle);
    if (rv != CKR_OK)
        return pkcs11_fail(err, "C_FindObjects", rv);
    if (count > 1)
        return refuse(err, "several keys have this label: tell them apart with id=, or remove one");
    *ret_key = count ? keys[0] : CK_INVALID_HANDLE;
    return true;
}

/* For encrypting and decrypting, nothing else; it never leaves the token (PKCS #11 v2.40 4.8.2). */
static bool make_key(const struct pkcs11_session *s, struct pkcs11_uri *uri,
                     ck_object_handle_t *ret_key, struct quoth_error *err)
{
    struct ck_mechanism mechanism = {CKM_AES_KEY_GEN, NULL, 0};
    ck_object_class_t class = CKO_SECRET_KEY;
    ck_key_type_t type = CKK_AES;
    unsigned long len = 32;
    unsigned char yes = 1, no = 0;
    struct ck_attribute template[] = {
        {CKA_CLASS,       &class,      sizeof class       },
        {CKA_KEY_TYPE,    &type,       sizeof type        },
        {CKA_VALUE_LEN,   &len,        sizeof len         },
        {CKA_LABEL,       uri->object, strlen(uri->object)},
        {CKA_TOKEN,       &yes,        sizeof yes         },
        {CKA_PRIVATE,     &yes,        sizeof yes         },
        {CKA_SENSITIVE,   &yes,        sizeof yes         },
        {CKA_EXTRACTABLE, &no,         sizeof no          },
        {CKA_ENCRYPT,     &yes,        sizeof yes         },
        {CKA_DECRYPT,     &yes,        sizeof yes         },
        {CKA_SIGN,        &no,         sizeof no          },
        {CKA_VERIFY,      &no,         sizeof no          },
        {CKA_WRAP,        &no,         sizeof no          },
        {CKA_UNWRAP,      &no,         sizeof no          },
        {CKA_DERIVE,      &no,         sizeof no          },
        {CKA_ID,          uri->id,     uri->id_len        },
    };
    const ck_rv_t rv = s->functions->C_GenerateKey(
        s->handle, &mechanism, template, COUNT(template) - (uri->id_len ? 0 : 1), ret_key);
    return rv == CKR_OK || pkcs11_fail(err, "C_GenerateKey", rv);
}

static bool visit(struct pkcs11_device *d, struct pkcs11_session *ret_session,
                  ck_object_handle_t *ret_key, struct quoth_error *err)
{
    AUTO(pkcs11_session) struct pkcs11_session s = {0};
    if (!pkcs11_session_open(&d->uri, d->state_folder, false, &s, err) ||
        !find_key(&s, &d->uri, ret_key, err))
        return false;
    if (*ret_key == CK_INVALID_HANDLE)
        return refuse(err, "the token has no such key; another token may bear the same label");
    if (!check_key(&s, *ret_key, err))
        return false;
    *ret_session = take_value(s);
    return true;
}

/* The tag did not fit. Tokens tell it in different words, some in one that means anything (SoftHSM: a
 * general error): then the session tells whether the token is still there. */
static bool is_broken(const struct pkcs11_session *s, ck_rv_t rv)
{
    struct ck_session_info info = {0};
    if (rv == CKR_GENERAL_ERROR || rv == CKR_FUNCTION_FAILED)
        return s->functions->C_GetSessionInfo(s->handle, &info) == CKR_OK;
    return rv == CKR_ENCRYPTED_DATA_INVALID || rv == CKR_ENCRYPTED_DATA_LEN_RANGE ||
           rv == CKR_DATA_INVALID;
}

static bool altered(struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_SEAL_BROKEN, "wrapped", QUOTH_NO_OFFSET,
                      "was wrapped by another key or for another purpose, or was altered");
}

static struct ck_gcm_params gcm_of(struct wrapped *w, struct buffer *label)
{
    return (struct ck_gcm_params){.iv_ptr = w->iv,
                                  .iv_len = IV_SIZE,
                                  .iv_bits = IV_SIZE * 8UL,
                                  .aad_ptr = label->data,
                                  .aad_len = label->len,
                                  .tag_bits = TAG_SIZE * 8UL};
}

static bool decrypt(const struct pkcs11_session *s, ck_object_handle_t key, struct buffer *label,
                    struct wrapped *w, uint8_t ret_secret[DEVICE_SECRET_SIZE],
                    struct quoth_error *err)
{
    uint8_t plain[SEALED_SIZE]; /* some modules want room for the tag as well */
    unsigned long len = sizeof plain;
    struct ck_gcm_params gcm = gcm_of(w, label);
    struct ck_mechanism mechanism = {CKM_AES_GCM, &gcm, sizeof gcm};
    ck_rv_t rv = s->functions->C_DecryptInit(s->handle, &mechanism, key);
    if (rv != CKR_OK)
        return pkcs11_fail(err, "C_DecryptInit", rv);
    rv = s->functions->C_Decrypt(s->handle, w->sealed, sizeof w->sealed, plain, &len);
    const bool fits = rv == CKR_OK && len == DEVICE_SECRET_SIZE;
    if (fits)
        bytes_copy(ret_secret, (struct bytes){plain, DEVICE_SECRET_SIZE});
    bytes_wipe(plain, sizeof plain);
    if (fits)
        return true;
    return rv == CKR_OK || is_broken(s, rv) ? altered(err) : pkcs11_fail(err, "C_Decrypt", rv);
}

static bool encrypt(const struct pkcs11_session *s, ck_object_handle_t key, struct buffer *label,
                    uint8_t secret[DEVICE_SECRET_SIZE], struct wrapped *w, struct quoth_error *err)
{
    unsigned long len = sizeof w->sealed;
    struct ck_gcm_params gcm = gcm_of(w, label);
    struct ck_mechanism mechanism = {CKM_AES_GCM, &gcm, sizeof gcm};
    if (!random_fill(w->iv, sizeof w->iv, err))
        return false;
    ck_rv_t rv = s->functions->C_EncryptInit(s->handle, &mechanism, key);
    if (rv != CKR_OK)
        return pkcs11_fail(err, "C_EncryptInit", rv);
    rv = s->functions->C_Encrypt(s->handle, secret, DEVICE_SECRET_SIZE, w->sealed, &len);
    if (rv != CKR_OK)
        return pkcs11_fail(err, "C_Encrypt", rv);
    return len == SEALED_SIZE || refuse(err, "the token's AES-GCM gives no tag of 128 bits");
}

/* What was wrapped is unwrapped at once: a token that does not give back what it was given must not
 * be found out on the day it is needed. */
static bool proves(const struct pkcs11_session *s, ck_object_handle_t key, struct buffer *label,
                   struct wrapped *w, struct bytes secret, struct quoth_error *err)
{
    uint8_t again[DEVICE_SECRET_SIZE];
    const bool same = decrypt(s, key, label, w, again, err) &&
                      (bytes_equal_secret(BYTES_OF(again), secret) ||
                       refuse(err, "the token does not give back what it was given"));
    bytes_wipe(again, sizeof again);
    return same;
}

static bool copy_label(struct bytes label, struct buffer *to, struct quoth_error *err)
{
    if (label.len > LABEL_MAX)
        return quoth_fail(err, QUOTH_TOO_LARGE, "label", QUOTH_NO_OFFSET,
                          "has %zu bytes, limit is %d", label.len, LABEL_MAX);
    buffer_add(to, label); /* the module wants it writable */
    return buffer_ok(to, err);
}

static bool pkcs11_wrap(void *self, struct bytes label, const uint8_t *secret,
                        struct buffer *ret_wrapped, struct quoth_error *err)
{
    AUTO(buffer) struct buffer aad = {0}, copy = {0};
    AUTO(pkcs11_session) struct pkcs11_session s = {0};
    ck_object_handle_t key = CK_INVALID_HANDLE;
    struct wrapped w;
    const struct bytes plain = {secret, DEVICE_SECRET_SIZE};

    buffer_add(&copy, plain);
    if (!buffer_ok(&copy, err) || !copy_label(label, &aad, err) || !visit(self, &s, &key, err) ||
        !encrypt(&s, key, &aad, copy.data, &w, err) || !proves(&s, key, &aad, &w, plain, err))
        return false;
    buffer_add(ret_wrapped, BYTES_LITERAL(MAGIC));
    buffer_add(ret_wrapped, BYTES_OF(w.iv));
    buffer_add(ret_wrapped, BYTES_OF(w.sealed));
    return buffer_ok(ret_wrapped, err);
}

static bool read_wrapped(struct bytes wrapped, struct wrapped *ret_wrapped, struct quoth_error *err)
{
    struct quoth_error ignored = {0};
    struct reader r = {.in = wrapped, .err = &ignored};
    const struct bytes magic = reader_take(&r, MAGIC_SIZE, "magic");
    const struct bytes iv = reader_take(&r, IV_SIZE, "iv");
    const struct bytes sealed = reader_take(&r, SEALED_SIZE, "sealed");
    if (!reader_end(&r, "wrapped") || !bytes_equal(magic, BYTES_LITERAL(MAGIC)))
        return quoth_fail(err, QUOTH_SEAL_BROKEN, "wrapped", 0,
                          "was not wrapped by a PKCS #11 token, or was altered");
    bytes_copy(ret_wrapped->iv, iv);
    bytes_copy(ret_wrapped->sealed, sealed);
    return true;
}

static bool pkcs11_unwrap(void *self, struct bytes label, struct bytes wrapped, uint8_t *ret_secret,
                          struct quoth_error *err)
{
    AUTO(buffer) struct buffer aad = {0};
    AUTO(pkcs11_session) struct pkcs11_session s = {0};
    ck_object_handle_t key = CK_INVALID_HANDLE;
    struct wrapped w;
    return read_wrapped(wrapped, &w, err) && copy_label(label, &aad, err) &&
           visit(self, &s, &key, err) && decrypt(&s, key, &aad, &w, ret_secret, err);
}

static bool pkcs11_prepare(void *self, struct quoth_error *err)
{
    struct pkcs11_device *d = self;
    AUTO(pkcs11_session) struct pkcs11_session s = {0};
    ck_object_handle_t key = CK_INVALID_HANDLE;
    return pkcs11_session_open(&d->uri, d->state_folder, true, &s, err) &&
           find_key(&s, &d->uri, &key, err) &&
           (key != CK_INVALID_HANDLE || make_key(&s, &d->uri, &key, err)) &&
           check_key(&s, key, err); /* also one just made: tokens may overrule a template */
}

static void pkcs11_close(void *self)
{
    free(self);
}

/* "pkcs11:LABEL/LABEL", with escapes as in a URI so that it can be told apart from any other. */
static bool write_name(const struct pkcs11_uri *uri, char ret_name[DEVICE_NAME_SIZE],
                       struct quoth_error *err)
{
    AUTO(buffer) struct buffer name = {0};
    buffer_text(&name, "pkcs11:");
    url_encode(bytes_of_text(uri->token), &name);
    buffer_u8(&name, '/');
    url_encode(bytes_of_text(uri->object), &name);
    if (name.len >= DEVICE_NAME_SIZE)
        return quoth_fail(err, QUOTH_USAGE, "object", QUOTH_NO_OFFSET,
                          "the labels of token and key make a name of %zu bytes, limit is %d",
                          name.len, DEVICE_NAME_SIZE - 1);
    buffer_u8(&name, '\0');
    if (!buffer_ok(&name, err))
        return false;
    bytes_copy((uint8_t *)ret_name, buffer_bytes(&name));
    return true;
}

static bool pkcs11_open(const char *source, const char *state_folder, void **ret_self,
                        char ret_name[DEVICE_NAME_SIZE], struct quoth_error *err)
{
    struct pkcs11_device d = {.state_folder = state_folder};
    if (!pkcs11_uri_read(bytes_of_text(source), &d.uri, err) || !write_name(&d.uri, ret_name, err))
        return false;
    struct pkcs11_device *self = malloc(sizeof *self);
    if (!self)
        return quoth_fail(err, QUOTH_MEMORY, "pkcs11", QUOTH_NO_OFFSET, "out of memory");
    *self = d;
    *ret_self = self;
    return true;
}

const struct device_driver device_pkcs11 = {
    .scheme = "pkcs11:",
    .open = pkcs11_open,
    .close = pkcs11_close,
    .prepare = pkcs11_prepare,
    .wrap = pkcs11_wrap,
    .unwrap = pkcs11_unwrap,
};
