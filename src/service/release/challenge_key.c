#include "service/release/challenge_key.h"

#include "crypto/random.h"

#define KIND_CHALLENGE "challenge"
#define ID "key"

static bool load(struct store *store, const struct master_key *master, const char *issuer,
                 bool *ret_found, struct release_challenge_key *ret_key, struct quoth_error *err)
{
    AUTO(buffer) struct buffer value = {0};
    int64_t version;
    if (!record_load(store, master, KIND_CHALLENGE, issuer, ID, 0, &version, &value, err))
        return false;
    *ret_found = version > 0;
    if (version > 0 && value.len != sizeof ret_key->bytes)
        return quoth_fail(err, QUOTH_STORE_BROKEN, KIND_CHALLENGE, QUOTH_NO_OFFSET,
                          "has %zu bytes, expected %zu", value.len, sizeof ret_key->bytes);
    if (version > 0)
        bytes_copy(ret_key->bytes, buffer_bytes(&value));
    return true;
}

/* Whoever comes second finds the key of who came first. */
static bool make(struct store *store, const struct master_key *master, const char *issuer,
                 struct quoth_error *err)
{
    AUTO(release_challenge_key) struct release_challenge_key key;
    struct quoth_error why = {0};
    if (!random_fill(key.bytes, sizeof key.bytes, err))
        return false;
    const struct store_put put = {
        .record = {.kind = KIND_CHALLENGE,
                   .tenant = issuer,
                   .id = ID,
                   .version = 1,
                   .value = BYTES_OF(key.bytes)},
        .quiet = true,
    };
    if (record_keep_all(store, master, &put, 1, &why) || why.code == QUOTH_STORE_CONFLICT)
        return true;
    *err = why;
    return false;
}

bool challenge_key_load(struct store *store, const struct master_key *master, const char *issuer,
                        struct release_challenge_key *ret_key, struct quoth_error *err)
{
    bool found = false;
    return load(store, master, issuer, &found, ret_key, err) &&
           (found || (make(store, master, issuer, err) &&
                      load(store, master, issuer, &found, ret_key, err)));
}
