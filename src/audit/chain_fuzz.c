/* Whatever is read as a trail, in whatever pieces: what is believed begins with the line that says
 * whose it is, and its last line's number counts every newline. */
#include "audit/chain.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct bytes in = {data, len};
    const size_t cut = len > 0 ? data[len / 2] % (len + 1) : 0;
    struct quoth_error err = {0}, whole_err = {0};
    struct chain_walk pieces = {0}, whole = {0};
    size_t newlines = 0;
    for (size_t i = 0; i < len; i++)
        newlines += data[i] == '\n';
    const bool good = chain_walk_feed(&pieces, bytes_slice(in, 0, cut), &err) &&
                      chain_walk_feed(&pieces, bytes_slice(in, cut, len), &err) &&
                      chain_walk_end_file(&pieces, &err);
    require(good ==
            (chain_walk_feed(&whole, in, &whole_err) && chain_walk_end_file(&whole, &whole_err)));
    if (good) {
        const struct audit_report *r = &pieces.report;
        require(r->first > 0 && r->stream[0] != '\0' && data[len - 1] == '\n');
        require(r->last.head.count - r->first + 1 == newlines);
        require(sha256_equal(&r->last.head.hash, &whole.report.last.head.hash));
    } else {
        require(err.code == whole_err.code && err.message[0] != '\0');
    }
    chain_walk_clear(&pieces);
    chain_walk_clear(&whole);
    return 0;
}
