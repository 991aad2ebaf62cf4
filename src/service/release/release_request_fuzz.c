/* What strangers send to be given a key, up to where a signature is asked for: the request, the token in
 * it, its header and times; and a release policy with a signature around it. */
#include "service/release/release_request.h"

#include "release/policy_signed.h"
#include "service/release/release_token.h"
#include "tests/fuzz/fuzz.h"

static void check_token(struct bytes text)
{
    struct quoth_error err = {0};
    AUTO(token) struct token t = {0};
    int64_t issued = -1;
    if (!token_read(text, &t, &err) || !release_token_form(&t, &err) ||
        !release_token_check(json_root(&t.payload), true, 1790000000, &issued, &err)) {
        require(err.code != QUOTH_OK && err.message[0] != '\0' && issued == -1);
        return;
    }
    require(t.kid[0] != '\0' && issued >= 0 && issued <= 1790000000 + RELEASE_TOKEN_LEEWAY);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct bytes in = {data, len};
    struct quoth_error err = {0}, unsigned_err = {0};
    AUTO(release_request) struct release_request r = {0};
    AUTO(buffer) struct buffer text = {0};
    if (release_request_read(in, &r, &err)) {
        require(r.target.len > 0 && r.nonce.len <= RELEASE_NONCE_MAX);
        require((r.has_nonce || r.nonce.len == 0) && r.algorithm < RSA_WRAP_COUNT);
        check_token(buffer_bytes(&r.target));
    } else {
        require(err.code != QUOTH_OK && err.message[0] != '\0' && r.target.data == NULL);
    }
    check_token(in);
    if (!policy_signed_text(in, &text, &unsigned_err))
        require(unsigned_err.code != QUOTH_OK && text.len == 0);
    return 0;
}
