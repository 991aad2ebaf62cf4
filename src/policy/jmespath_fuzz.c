/* A query, a NUL, and a document: nothing goes on without end, and what comes out is JSON. */
#include "policy/jmespath.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const uint8_t *nul = len ? memchr(data, 0, len) : NULL;
    const struct bytes all = {data, len};
    const size_t at = nul ? (size_t)(nul - data) : len;
    const struct bytes json =
        nul ? bytes_slice(all, at + 1, len) : BYTES_LITERAL("{\"a\":[1,\"b\"]}");
    AUTO(work) struct work w = WORK_INIT;
    AUTO(buffer) struct buffer text = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    struct quoth_error err = {0}, again = {0};
    const struct jmespath_value *in, *out;
    const struct jmespath_node *tree;
    if (jmespath_read(json, &w, &in, &err) &&
        jmespath_compile(bytes_slice(all, 0, at), &w, &tree, &err) &&
        jmespath_evaluate(tree, in, &w, &out, &err) &&
        jmespath_write(out, false, &w, &text, &err)) {
        const struct json_limits deep = {.max_depth = 256};
        require(err.code == QUOTH_OK);
        require(json_parse(buffer_bytes(&text), &deep, &doc, &again) || again.code != QUOTH_JSON ||
                memmem(data, len, "\\u0000", 6) != NULL || memchr(text.data, 0, text.len) == NULL);
    } else {
        require(err.code != QUOTH_OK && err.message[0] != '\0');
    }
    return 0;
}
