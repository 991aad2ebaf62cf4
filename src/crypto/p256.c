/* EC_KEY over one shared group: the fetched interfaces cost two to eight times as much to make a
 * key from its point and are no faster to verify with. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/p256.h"

#include "crypto/init.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <pthread.h>

DEFINE_AUTO(ecdsa_sig, ECDSA_SIG *, ECDSA_SIG_free)
DEFINE_AUTO(ec_point, EC_POINT *, EC_POINT_free)

struct p256_public {
    EC_KEY *key;
    uint8_t point[P256_POINT_SIZE];
};

/* Building the group costs more than reading a certificate; it is immutable. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static EC_GROUP *group;

static void make_group(void)
{
    struct quoth_error err = {0};
    if (crypto_init(&err))
        group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
}

static bool decode(struct p256_public *p, struct quoth_error *err)
{
    p->key = EC_KEY_new();
    AUTO(ec_point) EC_POINT *point = EC_POINT_new(group);
    if (!p->key || !point || EC_KEY_set_group(p->key, group) != 1)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    if (EC_POINT_oct2point(group, point, p->point, sizeof p->point, NULL) != 1)
        return quoth_fail(err, QUOTH_KEY_MALFORMED, "point", 0, "does not lie on P-256");
    if (EC_KEY_set_public_key(p->key, point) != 1)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    return true;
}

bool p256_public_from_point(struct bytes point, struct p256_public **ret_key,
                            struct quoth_error *err)
{
    if (point.len != P256_POINT_SIZE || point.data[0] != 0x04)
        return quoth_fail(err, QUOTH_KEY_MALFORMED, "point", 0,
                          "is not an uncompressed point of P-256: 65 bytes, the first 04");
    if (pthread_once(&once, make_group) != 0 || !group)
        return quoth_fail(err, QUOTH_UNAVAILABLE, "openssl", QUOTH_NO_OFFSET,
                          "OpenSSL offers no P-256");
    AUTO(p256_public) struct p256_public *p = calloc(1, sizeof *p);
    if (!p)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    bytes_copy(p->point, point);
    if (!decode(p, err)) {
        crypto_forget_errors();
        return false;
    }
    *ret_key = take(p);
    return true;
}

bool p256_public_from_xy(struct bytes xy, struct p256_public **ret_key, struct quoth_error *err)
{
    uint8_t point[P256_POINT_SIZE] = {0x04};
    if (xy.len != P256_POINT_SIZE - 1)
        return quoth_fail(err, QUOTH_KEY_MALFORMED, "point", 0,
                          "has %zu bytes, X and Y of P-256 have 64", xy.len);
    bytes_copy(point + 1, xy);
    return p256_public_from_point(BYTES_OF(point), ret_key, err);
}

void p256_public_free(struct p256_public *p)
{
    if (p)
        EC_KEY_free(p->key);
    free(p);
}

struct bytes p256_public_point(const struct p256_public *p)
{
    return BYTES_OF(p->point);
}

static ECDSA_SIG *signature_of(struct bytes raw)
{
    AUTO(ecdsa_sig) ECDSA_SIG *signature = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw.data, 32, NULL);
    BIGNUM *s = BN_bin2bn(bytes_slice(raw, 32, 32).data, 32, NULL);
    if (signature && r && s && ECDSA_SIG_set0(signature, r, s) == 1)
        return take(signature);
    BN_free(r);
    BN_free(s);
    return NULL;
}

bool p256_verify(const struct p256_public *p, const struct sha256 *digest, struct bytes raw)
{
    if (raw.len != P256_SIGNATURE_SIZE)
        return false;
    AUTO(ecdsa_sig) ECDSA_SIG *signature = signature_of(raw);
    /* which also refuses r and s outside [1, n-1] */
    const bool valid =
        signature && ECDSA_do_verify(digest->bytes, sizeof digest->bytes, signature, p->key) == 1;
    if (!valid)
        crypto_forget_errors();
    return valid;
}
