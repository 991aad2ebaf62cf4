#include "keys/seal.h"

#include "crypto/kdf.h"
#include "crypto/random.h"
#include "keys/keyring.h"

#define LABEL "quoth seal 2"
#define FORM 1

/* Lengths stand before texts, so that no two places give the same bytes. */
static void add_part(struct buffer *to, struct bytes part)
{
    buffer_u64le(to, part.len);
    buffer_add(to, part);
}

static bool derive(const struct term *term, const struct seal_place *place, struct bytes salt,
                   struct aead_key *ret_key, struct quoth_error *err)
{
    AUTO(buffer) struct buffer info = {0};
    add_part(&info, BYTES_LITERAL(LABEL));
    add_part(&info, bytes_of_text(place->use));
    add_part(&info, bytes_of_text(place->issuer));
    return buffer_ok(&info, err) && hkdf_sha256(salt, BYTES_OF(term->key), buffer_bytes(&info),
                                                ret_key->bytes, sizeof ret_key->bytes, err);
}

static bool bind(struct bytes head, const struct seal_place *place, struct buffer *ret_aad,
                 struct quoth_error *err)
{
    add_part(ret_aad, head);
    add_part(ret_aad, bytes_of_text(place->use));
    add_part(ret_aad, bytes_of_text(place->issuer));
    add_part(ret_aad, bytes_of_text(place->id));
    buffer_u64le(ret_aad, (uint64_t)place->version);
    add_part(ret_aad, place->beside);
    return buffer_ok(ret_aad, err);
}

void seal_head(uint32_t term, uint8_t ret_head[SEAL_SALT_AT])
{
    const uint8_t head[SEAL_SALT_AT] = {'Q',
                                        'R',
                                        'E',
                                        'C',
                                        FORM,
                                        (uint8_t)(term >> 24),
                                        (uint8_t)(term >> 16),
                                        (uint8_t)(term >> 8),
                                        (uint8_t)term};
    bytes_copy(ret_head, BYTES_OF(head));
}

static bool seal_under(const struct term *term, const struct seal_place *place, struct bytes plain,
                       struct buffer *ret_sealed, struct quoth_error *err)
{
    AUTO(aead_key) struct aead_key key = {0};
    AUTO(buffer) struct buffer aad = {0};
    uint8_t head[SEAL_HEAD_SIZE];
    seal_head(term->number, head);
    if (!random_fill(head + SEAL_SALT_AT, SEAL_SALT_SIZE, err) ||
        !derive(term, place, bytes_slice(BYTES_OF(head), SEAL_SALT_AT, SEAL_SALT_SIZE), &key,
                err) ||
        !bind(BYTES_OF(head), place, &aad, err))
        return false;
    buffer_add(ret_sealed, BYTES_OF(head));
    return aead_seal(&key, buffer_bytes(&aad), plain, ret_sealed, err);
}

bool seal(const struct master_key *master, const struct seal_place *place, struct bytes plain,
          struct buffer *ret_sealed, struct quoth_error *err)
{
    AUTO(term) struct term term;
    int64_t version;
    keyring_latest(master->keyring, &term, &version);
    return seal_under(&term, place, plain, ret_sealed, err);
}

bool seal_lasting(const struct master_key *master, const struct seal_place *place,
                  struct bytes plain, struct buffer *ret_sealed, struct quoth_error *err)
{
    AUTO(term) struct term term = {0};
    return keyring_find(master->keyring, TERM_LASTING, &term, err) &&
           seal_under(&term, place, plain, ret_sealed, err);
}

static bool read_head(struct bytes sealed, uint32_t *ret_term, struct quoth_error *err)
{
    if (sealed.len < SEAL_OVERHEAD)
        return quoth_fail(err, QUOTH_SEAL_BROKEN, "sealed", 0,
                          "has %zu bytes, head, nonce and tag alone have %d", sealed.len,
                          SEAL_OVERHEAD);
    struct reader r = {.in = sealed, .err = err};
    const struct bytes magic = reader_take(&r, SEAL_TERM_AT, "sealed.form");
    *ret_term = reader_u32be(&r, "sealed.term");
    return bytes_equal(magic, BYTES_LITERAL("QREC\1")) ||
           quoth_fail(err, QUOTH_SEAL_BROKEN, "sealed.form", 0,
                      "is none that this build has sealed");
}

static bool open_sealed(const struct master_key *master, const struct seal_place *place,
                        struct bytes sealed, struct buffer *ret_plain, struct quoth_error *err)
{
    AUTO(term) struct term term = {0};
    AUTO(aead_key) struct aead_key key = {0};
    AUTO(buffer) struct buffer aad = {0};
    uint32_t number = 0;
    return read_head(sealed, &number, err) && keyring_find(master->keyring, number, &term, err) &&
           derive(&term, place, bytes_slice(sealed, SEAL_SALT_AT, SEAL_SALT_SIZE), &key, err) &&
           bind(bytes_slice(sealed, 0, SEAL_HEAD_SIZE), place, &aad, err) &&
           aead_open(&key, buffer_bytes(&aad), bytes_slice(sealed, SEAL_HEAD_SIZE, sealed.len),
                     ret_plain, err);
}

bool unseal(const struct master_key *master, const struct seal_place *place, struct bytes sealed,
            struct buffer *ret_plain, struct quoth_error *err)
{
    return open_sealed(master, place, sealed, ret_plain, err) || quoth_within(err, place->use);
}
