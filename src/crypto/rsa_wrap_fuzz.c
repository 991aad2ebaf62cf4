/* Nothing that is not wrapped for the key opens, by either half: the first byte chooses the
 * algorithm, the rest is the text. What unwraps under a known key wraps to the same bytes again. */
#include "crypto/rsa_wrap.h"

#include "crypto/key_wrap.h"
#include "tests/fuzz/fuzz.h"
#include "tests/key_vectors.h"

static struct private_key *recipient(void)
{
    static struct private_key *key;
    struct quoth_error err = {0};
    if (!key)
        require(private_key_from_pem(bytes_of_text(rfc7515_rsa_pem), &key, &err));
    return key;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint8_t kek[32] = {1};
    const struct bytes in = {data, len}, rest = bytes_slice(in, 1, len);
    struct quoth_error err = {0}, none = {0};
    struct buffer plain = {0}, again = {0};
    const enum rsa_wrap algorithm = (enum rsa_wrap)(len ? data[0] % RSA_WRAP_COUNT : 0);

    require(!rsa_unwrap(algorithm, recipient(), rest, &plain, &err));
    require(err.code == QUOTH_KEY_WRAP_BROKEN && plain.len == 0);
    if (key_unwrap(BYTES_OF(kek), in, &plain, &none)) {
        require(key_wrap(BYTES_OF(kek), buffer_bytes(&plain), &again, &none));
        require(bytes_equal(buffer_bytes(&again), in));
    } else {
        require(none.code == QUOTH_KEY_WRAP_BROKEN && plain.len == 0);
    }
    buffer_clear(&plain);
    buffer_clear(&again);
    return 0;
}
