#include "keys/signing_key.h"

#include "codec/base64.h"
#include "crypto/x509_make.h"

#define LIFETIME (10LL * 365 * 86400)
#define CLOCK_SLACK 86400 /* so that a client whose clock is behind can use the certificate */

bool signing_key_id(const struct private_key *key, char ret_id[64], struct quoth_error *err)
{
    AUTO(public_key) struct public_key *public = NULL;
    AUTO(buffer) struct buffer pem = {0}, id = {0};
    if (!private_key_public(key, &public, err) || !public_key_to_pem(public, &pem, err))
        return false;
    buffer_u8(&pem, 0);
    const struct sha256 digest = sha256_of(buffer_bytes(&pem));
    base64_encode(BYTES_OF(digest.bytes), &id);
    buffer_u8(&id, 0);
    if (!buffer_ok(&pem, err) || !buffer_ok(&id, err))
        return false;
    bytes_copy((uint8_t *)ret_id, buffer_bytes(&id));
    return true;
}

static bool make_certificate(const char *issuer, int64_t now, struct private_key *key,
                             struct buffer *ret_der, struct quoth_error *err)
{
    AUTO(public_key) struct public_key *public = NULL;
    AUTO(buffer) struct buffer name = {0};
    struct sha1 key_id;
    const struct x509_name_part cn = {"CN", issuer};
    if (!x509_name_write(&cn, 1, &name, err) || !private_key_public(key, &public, err) ||
        !x509_key_id(public, &key_id, err))
        return false;
    const struct x509_extension extensions[] = {
        {.kind = X509_BASIC_CONSTRAINTS, .path_len = CERT_NO_PATH_LEN},
        {.kind = X509_SUBJECT_KEY_ID,    .id = BYTES_OF(key_id.bytes)},
        {.kind = X509_AUTHORITY_KEY_ID,  .id = BYTES_OF(key_id.bytes)},
    };
    const struct x509_spec spec = {
        .serial = BYTES_LITERAL("\x01"),
        .subject = buffer_bytes(&name),
        .not_before = now - CLOCK_SLACK,
        .not_after = now + LIFETIME,
        .extensions = extensions,
        .extension_count = COUNT(extensions),
    };
    return x509_make(&spec, public, key, ret_der, err);
}

bool signing_key_make(const char *issuer, int64_t now, int64_t signs_from, struct kept_key *ret_key,
                      struct quoth_error *err)
{
    AUTO(kept_key) struct kept_key k = {.version = 1, .created = now, .signs_from = signs_from};
    if (!private_key_generate(KEY_TYPE_RSA_2048, &k.key, err) ||
        !signing_key_id(k.key, k.id, err) ||
        !make_certificate(issuer, now, k.key, &k.certificate, err))
        return quoth_within(err, "signing-key");
    *ret_key = take_value(k);
    return true;
}

/* A clock that is a little behind that of the machine which made the first key finds no key that
 * signs already: the first one to do so does it now. */
const struct kept_key *signing_key_active(const struct kept_keys *set, int64_t now)
{
    const struct kept_key *first = NULL;
    for (size_t i = 0; i < set->count; i++) {
        const struct kept_key *k = &set->keys[i];
        if (k->distrusted)
            continue;
        if (k->signs_from <= now)
            return k;
        first = k;
    }
    return first;
}

int64_t signing_key_shown_until(const struct kept_keys *set, const struct kept_key *k)
{
    int64_t superseded = INT64_MAX;
    if (k->distrusted)
        return 0;
    for (const struct kept_key *later = set->keys; later < k; later++)
        if (!later->distrusted)
            superseded = later->signs_from; /* of the last one before k: that which follows it */
    return superseded == INT64_MAX ? INT64_MAX : superseded + SIGNING_KEY_SHOWN_AFTER;
}

int64_t signing_key_next_change(const struct kept_keys *set, int64_t now)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < set->count; i++) {
        const struct kept_key *k = &set->keys[i];
        const int64_t instants[] = {k->distrusted ? 0 : k->signs_from,
                                    signing_key_shown_until(set, k)};
        for (size_t n = 0; n < COUNT(instants); n++)
            if (instants[n] > now && instants[n] < next)
                next = instants[n];
    }
    return next;
}
