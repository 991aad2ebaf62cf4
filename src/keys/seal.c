#include "keys/seal.h"

#include "crypto/aead.h"
#include "crypto/kdf.h"

#define LABEL "quoth seal 1"

/* Lengths stand before texts, so that no two places give the same bytes. */
static void add_part(struct buffer *to, struct bytes part)
{
    buffer_u64le(to, part.len);
    buffer_add(to, part);
}

static bool derive(const struct master_key *master, const struct seal_place *place,
                   struct aead_key *ret_key, struct quoth_error *err)
{
    AUTO(buffer) struct buffer info = {0};
    add_part(&info, BYTES_LITERAL(LABEL));
    add_part(&info, bytes_of_text(place->use));
    add_part(&info, bytes_of_text(place->issuer));
    return buffer_ok(&info, err) &&
           hkdf_sha256((struct bytes){0}, BYTES_OF(master->bytes), buffer_bytes(&info),
                       ret_key->bytes, sizeof ret_key->bytes, err);
}

static bool bind(const struct seal_place *place, struct buffer *ret_aad, struct quoth_error *err)
{
    add_part(ret_aad, bytes_of_text(place->use));
    add_part(ret_aad, bytes_of_text(place->issuer));
    add_part(ret_aad, bytes_of_text(place->id));
    buffer_u64le(ret_aad, (uint64_t)place->version);
    add_part(ret_aad, place->beside);
    return buffer_ok(ret_aad, err);
}

bool seal(const struct master_key *master, const struct seal_place *place, struct bytes plain,
          struct buffer *ret_sealed, struct quoth_error *err)
{
    AUTO(aead_key) struct aead_key key = {0};
    AUTO(buffer) struct buffer aad = {0};
    return derive(master, place, &key, err) && bind(place, &aad, err) &&
           aead_seal(&key, buffer_bytes(&aad), plain, ret_sealed, err);
}

bool unseal(const struct master_key *master, const struct seal_place *place, struct bytes sealed,
            struct buffer *ret_plain, struct quoth_error *err)
{
    AUTO(aead_key) struct aead_key key = {0};
    AUTO(buffer) struct buffer aad = {0};
    if (derive(master, place, &key, err) && bind(place, &aad, err) &&
        aead_open(&key, buffer_bytes(&aad), sealed, ret_plain, err))
        return true;
    return quoth_within(err, place->use);
}
