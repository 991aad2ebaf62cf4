/* What reads as an address can stand in a request: nothing in it breaks a line or ends a field. */
#include "net/url.h"
#include "tests/fuzz/fuzz.h"

static void no_controls(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        require(text.data[i] > ' ' && text.data[i] < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct bytes in = {data, len};
    struct quoth_error err = {0}, authority_err = {0}, query_err = {0};
    struct url u = {0}, a = {0};
    struct buffer value = {0};
    if (url_read(in, &u, &err)) {
        no_controls(u.authority);
        no_controls(u.target);
        no_controls(bytes_of_text(u.host));
        require(u.port > 0 && u.host[0] != '\0' && u.target.data[0] == '/');
    } else {
        require(err.code == QUOTH_URL && err.offset <= len && u.target.data == NULL);
    }
    if (url_read_authority(in, &a, &authority_err))
        no_controls(in);
    else
        require(authority_err.code == QUOTH_URL);
    if (!url_query(in, "s", &value, &query_err))
        require(query_err.code == QUOTH_OK || query_err.code == QUOTH_URL);
    buffer_clear(&value);
    return 0;
}
